"""What desks, learners and the public are shown, at the same number of queries however long the list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bank import foundation_builders as foundations
from tests.bank.recognition_builders import APPLIED, World, another_learner, applied, world
from xuefen.bank.ledger import actions as ledger
from xuefen.bank.ledger.types import TransferKind
from xuefen.bank.recognition import actions, queries
from xuefen.bank.recognition.models import Application, ApplicationUse
from xuefen.bank.recognition.types import Age, Party, State, StepStatus
from xuefen.bank.shell.actor import PUBLIC, Scope
from xuefen.bank.staff.types import Role
from xuefen.bedrock.workdays import BEIJING

pytestmark = pytest.mark.django_db


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def crowd(w: World, count: int, *, apart: timedelta = timedelta(minutes=1)) -> list[Application]:
    learner_ids = [w.learner_id, *(another_learner(w, number) for number in range(2, count + 1))]
    return [applied(w, learner_id=who, now=APPLIED + apart * i) for i, who in enumerate(learner_ids)]


def notice(w: World, application: Application) -> Application:
    actions.approve(number=application.number, version=1, by=w.reviewer, now=application.applied_at)
    return actions.convert(number=application.number, version=2, by=w.reviewer, now=application.applied_at)


def count_queries(read: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        read()
    return len(captured)


@pytest.mark.parametrize("count", [1, 3])
def test_every_list_costs_the_same_however_long(count: int) -> None:
    w = world(outcomes=1)
    applications = crowd(w, count)
    review, branch = w.reviewer.scope("applications.review"), w.branch.scope("applications.read")
    now = APPLIED + timedelta(hours=1)
    assert count_queries(lambda: queries.queue(review, now=now)) == 2
    assert count_queries(lambda: queries.mine(w.learner.scope("applications.read"), now=now)) == 1
    assert count_queries(lambda: queries.applications(branch, now=now)) == 1
    assert count_queries(lambda: queries.neighbours(review, applications[0].number)) == 3
    assert len(queries.queue(review, now=now).rows) == len(queries.applications(branch, now=now)) == count
    for application in applications:
        notice(w, application)
    assert count_queries(lambda: queries.public_notices(now)) == 1
    assert len(queries.public_notices(now)) == count
    assert count_queries(lambda: queries.receiver_records(since=APPLIED, until=now)) == 1
    assert count_queries(lambda: list(queries.violations())) == 19


@pytest.mark.parametrize("outcomes", [1, 3])
def test_one_application_costs_the_same_however_much_it_holds(outcomes: int) -> None:
    w = world(outcomes=outcomes)
    application = notice(w, applied(w))
    for _ in range(outcomes):
        actions.object_(number=application.number, by_name="甲", text="x", contact="y", by=PUBLIC, now=APPLIED)
    scope = w.reviewer.scope("applications.read")
    queries.application(scope, application.number, now=APPLIED)  # the standard's pack is read once per process
    assert count_queries(lambda: queries.application(scope, application.number, now=APPLIED)) == 5


def test_the_queue_counts_by_age_and_shows_the_most_urgent_first() -> None:
    w = world(outcomes=1)
    crowd(w, 4, apart=timedelta(days=2))  # 2, 4, 6 and 8 November: due as the 17th, 19th, 21st and 21st begin
    now = at("2026-11-17T08:00")
    scope = w.reviewer.scope("applications.review")
    found = queries.queue(scope, now=now)
    assert found.counts == {Age.OVERDUE: 1, Age.SOON: 1, Age.WEEK: 2, Age.LATER: 0}
    assert [row.age for row in found.rows] == [Age.OVERDUE, Age.SOON, Age.WEEK, Age.WEEK]
    assert (found.total, found.page, found.pages) == (4, 1, 1)
    first = found.rows[0]
    assert (first.masked_name, first.programme_name, first.outcomes, first.credits) == ("林*禾", "行政管理", 1, 300)
    assert (first.clock.late, first.clock.due_on, first.version) == (True, date(2026, 11, 16), 1)
    week = queries.queue(scope, now=now, age=Age.WEEK, page=9, page_size=1)
    assert (week.total, week.page, week.pages, len(week.rows)) == (2, 2, 2, 1)
    assert week.counts == found.counts
    numbers = [row.number for row in found.rows]
    assert queries.neighbours(scope, numbers[1]) == (numbers[0], numbers[2])
    assert queries.neighbours(scope, numbers[0]) == (None, numbers[1])


def test_a_queue_holds_what_waits_for_its_reader_inside_the_scope() -> None:
    w = world(outcomes=1)
    waiting, decided, disputed = crowd(w, 3)
    actions.refuse(
        number=decided.number,
        version=1,
        reason_code="R-08",
        note="缺大纲",
        by=w.reviewer,
        now=APPLIED + timedelta(hours=1),
    )
    notice(w, disputed)
    actions.object_(number=disputed.number, by_name="甲", text="x", contact="y", by=PUBLIC, now=disputed.applied_at)
    now = APPLIED + timedelta(hours=2)
    assert [r.number for r in queries.queue(w.reviewer.scope("applications.review"), now=now).rows] == [waiting.number]
    objections = queries.queue(w.branch.scope("objections.answer"), now=now, acts=Party.BRANCH)
    assert [(r.number, r.state) for r in objections.rows] == [(disputed.number, State.OBJECTION)]
    other = foundations.at_institution(Role.REVIEWER, w.issuer.pk)
    assert queries.queue(other.scope("applications.review"), now=now).rows == ()
    assert queries.queue(Scope(), now=now).total == 0


def test_a_learner_sees_only_their_own_running_first() -> None:
    w = world(outcomes=1)
    crowd(w, 2)
    old = Application.objects.get(learner_id=w.learner_id)
    actions.withdraw(number=old.number, version=1, by=w.learner, now=APPLIED)
    second = applied(w, now=APPLIED + timedelta(hours=1))
    actions.refuse(
        number=second.number, version=1, reason_code="R-08", note="缺大纲", by=w.reviewer, now=second.applied_at
    )
    third = applied(w, now=APPLIED + timedelta(minutes=30))
    rows = queries.mine(w.learner.scope("applications.read"), now=APPLIED + timedelta(hours=2))
    assert [r.number for r in rows] == [third.number, second.number, old.number]
    assert [r.clock is None for r in rows] == [False, True, True]


def test_the_public_reads_masked_names_and_what_is_converted() -> None:
    w = world()
    application = notice(w, applied(w))
    (shown,) = queries.public_notices(APPLIED)
    assert (shown.number, shown.masked_name, shown.receiver_name) == (application.number, "林*禾", "示例院校2")
    assert sorted(shown.lines) == [("课程A0", "课程B0", 300), ("课程A1", "课程B1", 300)]
    assert (shown.clock.total, shown.clock.left, shown.objected) == (5, 5, False)
    assert "林秋禾" not in repr(shown)
    assert w.account_no not in repr(shown)
    assert queries.public_notices(APPLIED, receiver_code="QH") == ()


def test_refusal_rates_are_public() -> None:
    w = world(outcomes=1)
    first, second, third, _ = crowd(w, 4)
    now = APPLIED + timedelta(hours=1)
    actions.approve(number=first.number, version=1, by=w.reviewer, now=now)
    for application, code in ((second, "R-08"), (third, "R-01")):
        actions.refuse(number=application.number, version=1, reason_code=code, note="依据", by=w.reviewer, now=now)
    actions.sweep(now=at("2026-11-17T00:00"))
    (record,) = queries.receiver_records(since=APPLIED, until=at("2026-12-01T00:00"))
    assert (record.receiver_code, record.approved, record.refused, record.by_silence, record.decided) == (
        "YL",
        1,
        2,
        1,
        4,
    )
    assert record.by_reason == {"R-01": 1, "R-08": 1}
    assert queries.receiver_records(since=at("2026-12-01T00:00"), until=at("2027-01-01T00:00")) == ()


def test_one_application_shows_its_plan_its_clock_and_its_steps() -> None:
    w = world()
    application = applied(w)
    view = queries.application(
        w.learner.scope("applications.read"), application.number.lower(), now=at("2026-11-09T12:00")
    )
    assert (view.row.clock.total, view.row.clock.passed, view.row.clock.left) == (10, 4, 6)
    assert (view.acts, view.programme_code, view.receiver_code) == (Party.RECEIVER, "PB", "YL")
    assert [line.credits for line in view.plan.lines] == [300, 300]
    assert [step.status for step in view.steps] == [StepStatus.DONE, StepStatus.NOW, *[StepStatus.LATER] * 3]


# --- promises --------------------------------------------------------------------------------------------------------


def spoil(sql: str, *values: object) -> None:
    """Change what the guards protect, as somebody with the superuser's console could."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the deferred guards judge what was rightly done until here
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = origin")


@pytest.mark.parametrize(
    ("sql", "invariant", "found"),
    [
        ("UPDATE application SET state = 'archived', due_at = NULL, remind_at = NULL", "I7", "stands at archived (1)"),
        ("UPDATE application SET state = 'archived', due_at = NULL, remind_at = NULL", "I2", "credit should be used"),
        ("UPDATE move SET event = 'silence'", "I7", "move 1 is not in the table of moves"),
        ("UPDATE move SET from_state = 'notice'", "I7", "does not follow the one before"),
        ("UPDATE move SET leaf_id = 0", "I5", "move 1 has no leaf"),
        ("UPDATE move SET at = at - interval '1 day'", "I5", "move 1 is not what leaf"),
        ("UPDATE move SET reason_code = 'R-01'", "I7", "its moves say ['', 'R-01']"),
        ("UPDATE application SET decided_by = 'person'", "I7", "decided by 'person'"),
        ("UPDATE application SET plan = plan || ' '", "I5", "says: plan"),
        ("UPDATE application SET credits = credits + 100", "I5", "says: credits"),
        ("UPDATE application SET learner_id = learner_id + 1", "I5", "says: holder"),
        ("DELETE FROM move; DELETE FROM application", "I5", "tells of move 1, which does not exist"),
        ("DELETE FROM application_use", "I2", "uses no outcome"),
        ("DELETE FROM application_use", "I2", "holds credit for no application"),
        ("DELETE FROM transfer WHERE kind = 'reserve'", "I2", "which does not exist"),
        ("UPDATE application_use SET credits = 200", "I2", "is not what its reservation holds"),
    ],
)
def test_what_was_forged_is_found(sql: str, invariant: str, found: str) -> None:
    w = world(outcomes=1)
    another_learner(w, 2)
    applied(w)
    assert list(queries.violations()) == []
    spoil(sql)
    assert any(v.invariant == invariant and found in v.found for v in queries.violations())


def test_credit_that_was_freed_behind_a_running_application_is_found() -> None:
    applied(world(outcomes=1))
    held = list(ApplicationUse.objects.values_list("reservation_id", flat=True))
    ledger.end_reservations(reservation_ids=held, kind=TransferKind.RELEASE, key="behind", now=APPLIED)
    assert [v.invariant for v in queries.violations()] == ["I2"]
