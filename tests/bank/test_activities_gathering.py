"""Periods become outcomes: once, explained, through the deposit road, and no kill in between changes the end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.bank import activity_builders as build
from tests.bank import foundation_builders as foundation
from xuefen.bank.activities import actions, queries
from xuefen.bank.activities.actions import gathering as gathering_actions
from xuefen.bank.activities.models import Gathered, Gathering, Participation
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits import queries as outcomes
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.institutions import actions as institutions
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.learners.models import Learner
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.problems import Denied

pytestmark = pytest.mark.django_db
HOUSE = foundation.HOUSE


def refused(code: str) -> Any:
    return pytest.raises(Denied, match=f"^{code}")


def gather(here: build.World, *, by: Actor | None = None, now: datetime = build.GATHER_DAY) -> Any:
    made = actions.gather(institution_code="ylu", period="2026-spring", by=by or here.officer, now=now)
    if made.batch_id:
        deposits.run(batch_id=made.batch_id, by=HOUSE, now=now)
    return made


def no_violations() -> None:
    assert [*queries.violations()] == []
    assert [*outcomes.violations()] == []


def test_a_period_becomes_outcomes_once_and_says_why() -> None:
    here = build.world(3)
    build.lectures(here, 3, 0, 1)
    actions.confirm_deed(number=build.deed(here, 0), by=here.officer, now=datetime(2026, 6, 11, tzinfo=UTC))
    seen = queries.preview(
        EVERYTHING,
        institution_id=here.base.issuer.pk,
        place_path="",
        code="",
        period="2026-spring",
        today=date(2026, 9, 20),
    )
    assert (seen.participations, len(seen.lines), seen.outcomes, seen.credits) == (7, 2, 1, 50)
    made = gather(here)
    assert (made.participations, made.learners, made.outcomes, made.credits) == (7, 2, 1, 50)
    outcome = Outcome.objects.get()
    assert (outcome.learner_id, outcome.credits, outcome.hours) == (here.learners[0], 50, 16)
    assert outcome.awarded_on == date(2026, 8, 31) and outcome.serial == "gongde/2026-spring"
    row = Gathered.objects.get(learner_id=here.learners[0])
    assert (row.points, row.used, row.carried_out) == (9, 8, 1)
    assert row.why["zh"] == "本期 9 分，折合 0.5 学分"
    assert [line["zh"] for line in row.why["children"]][:3] == [
        "讲座 3 次 × 2 分",
        "善行 1 次 × 3 分",
        "8 分折合 16 学时",
    ]
    assert Gathered.objects.get(learner_id=here.learners[1]).carried_out == 6
    again = gather(here)
    assert again.already and again.number == made.number and Outcome.objects.count() == 1
    no_violations()


def test_gathering_waits_until_confirmations_are_over_and_then_nothing_is_confirmed() -> None:
    here = build.world(1)
    build.lectures(here, 4, 0)
    with refused("period_running"):
        gather(here, now=datetime(2026, 9, 14, 15, 0, tzinfo=UTC))
    with refused("period_closed"):
        build.deed(here, 0, on=date(2026, 8, 31)) and actions.confirm_deed(
            number=build.deed(here, 0, on=date(2026, 8, 31)), by=here.officer, now=datetime(2026, 9, 15, tzinfo=UTC)
        )
    with refused("period_unknown"):
        actions.gather(institution_code="ylu", period="2026-winter", by=here.officer, now=build.GATHER_DAY)
    with refused("nothing_gathered"):
        actions.gather(
            institution_code="ylu", period="2026-autumn", by=here.officer, now=build.GATHER_DAY.replace(year=2027)
        )
    with refused("not_allowed"):
        actions.gather(institution_code="ylu", period="2026-spring", by=here.branch, now=build.GATHER_DAY)


def test_points_carried_over_count_in_the_next_period() -> None:
    here = build.world(1)
    build.lectures(here, 3, 0)
    assert gather(here).outcomes == 0
    build.came(here, build.lecture(here, on=date(2026, 10, 5)), 0)
    made = actions.gather(
        institution_code="ylu", period="2026-autumn", by=here.officer, now=datetime(2027, 2, 20, tzinfo=UTC)
    )
    assert (made.outcomes, made.credits) == (1, 50)
    row = Gathered.objects.get(period="2026-autumn")
    assert (row.points, row.carried_in, row.used, row.carried_out) == (2, 6, 8, 0)


def test_whoever_was_frozen_is_gathered_in_a_supplement() -> None:
    here = build.world(2)
    build.lectures(here, 4, 0, 1)
    Learner.objects.filter(pk=here.learners[1]).update(state="frozen")
    assert gather(here).outcomes == 1
    Learner.objects.filter(pk=here.learners[1]).update(state="open")
    second = gather(here, now=build.GATHER_DAY + timedelta(days=1))
    assert not second.already and second.seq == 2 and Outcome.objects.count() == 2
    no_violations()


def test_used_once_and_never_taken_back_after(monkeypatch: pytest.MonkeyPatch) -> None:
    here = build.world(1)
    build.lectures(here, 4, 0)
    gather(here)
    number = Participation.objects.values_list("number", flat=True)[0]
    with refused("participation_used"):
        actions.withdraw(number=number, reason="迟了", by=here.officer, now=build.GATHER_DAY)
    participation = Participation.objects.first()
    assert participation is not None
    statements = [
        ("INSERT INTO gathered_use SELECT participation_id, gathered_id FROM gathered_use LIMIT 1", []),
        ("INSERT INTO participation_withdrawal VALUES (%s, 'x', 'x', now(), 1, NULL)", [participation.pk]),
        ("UPDATE gathered SET credits = 400", []),
        ("DELETE FROM participation", []),
        ("UPDATE gathering SET credits = 1", []),
    ]
    for statement, values in statements:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)


def test_killed_between_sums_and_deposit_the_next_run_makes_the_same_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    here = build.world(1)
    build.lectures(here, 4, 0)
    whole = gathering_actions._name_batch
    with monkeypatch.context() as broken:
        broken.setattr(gathering_actions, "_name_batch", lambda **_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            gather(here)
    assert Gathering.objects.get().batch_id is None and whole is gathering_actions._name_batch
    (made,) = actions.gather_due(by=HOUSE, now=build.GATHER_DAY + timedelta(days=1))
    deposits.run(batch_id=made.batch_id or 0, by=HOUSE, now=build.GATHER_DAY + timedelta(days=1))
    assert Outcome.objects.count() == 1 and Gathering.objects.count() == 1
    no_violations()


def test_the_nightly_round_gathers_what_is_due_and_one_that_cannot_be_stops_nothing() -> None:
    here = build.world(1)
    build.lectures(here, 4, 0)
    assert actions.gather_due(by=HOUSE, now=datetime(2026, 9, 10, tzinfo=UTC)) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE qualification SET ended_on = '2026-09-01' WHERE outcome_class = 'social'")
    assert actions.gather_due(by=HOUSE, now=build.GATHER_DAY) == []  # not qualified any more: noted, not written
    institutions.qualify(
        institution_code="ylu", outcome_class=OutcomeClass.SOCIAL, effective_from=date(2026, 9, 1),
        expires_on=date(2030, 12, 31), basis="复审", by=HOUSE, now=build.GATHER_DAY,
    )  # fmt: skip
    (made,) = actions.gather_due(by=HOUSE, now=build.GATHER_DAY)
    assert made.outcomes == 1
    assert actions.gather_due(by=HOUSE, now=build.GATHER_DAY) == []


def test_the_last_period_of_a_replaced_version_is_still_due_offered_and_carried() -> None:
    """The new version counts by years: what the old one's last term left over goes into the first year."""
    here = build.world(1)
    build.lectures(here, 3, 0)
    years = build.SCHEME.replace("version: 1", "version: 2").replace("2026-02-01", "2026-09-01")
    years = years.replace('  spring: {zh: 春季, en: spring, starts: "02-01"}\n', "").replace(
        "autumn: {zh: 秋季, en: autumn", "year: {zh: 学年, en: year"
    )
    row = actions.propose_scheme(institution_code="ylu", text=years, by=here.officer, now=build.SPRING)
    actions.sign_scheme(scheme_id=row.id, by=here.branch, now=build.SPRING)
    build.came(here, build.lecture(here, on=date(2026, 10, 5)), 0)
    offered = queries.periods(EVERYTHING, today=date(2026, 11, 1), most=4)
    assert [(row.scheme.version, period.code) for row, period in offered] == [(2, "2026-year"), (1, "2026-spring")]
    (made,) = actions.gather_due(by=HOUSE, now=build.GATHER_DAY)
    assert (made.scheme, made.period, made.outcomes) == ("gongde/1", "2026-spring", 0)
    (mine,) = queries.progress(here.learners[0], today=date(2026, 11, 1))
    assert (mine.tally.carried_in, mine.tally.total, mine.tally.makes_outcome) == (6, 8, True)


def test_progress_is_what_a_gathering_would_say() -> None:
    here = build.world(1)
    build.lectures(here, 3, 0)
    (mine,) = queries.progress(here.learners[0], today=date(2026, 6, 20))
    assert (mine.period.code, mine.tally.points, mine.tally.makes_outcome) == ("2026-spring", 6, False)
    assert "不到最低 8 分" in [line["zh"] for line in mine.why["children"]]


@pytest.mark.parametrize("people", [1, 3])
def test_reading_costs_the_same_for_one_and_for_three(people: int, django_assert_num_queries: Any) -> None:
    here = build.world(3)
    for day in range(1, people + 1):
        build.came(here, build.lecture(here, on=date(2026, 6, day)), *range(people))
    with django_assert_num_queries(5):
        assert len(queries.activity_facts(queries.activities(EVERYTHING), learner_id=here.learners[0])) == people
    with django_assert_num_queries(3):
        assert len(queries.taken(Participation.objects.order_by("id"))) == people * people
    with django_assert_num_queries(9):
        seen = queries.preview(
            EVERYTHING,
            institution_id=here.base.issuer.pk,
            place_path="",
            code="",
            period="2026-spring",
            today=date(2026, 9, 20),
        )
        assert len(seen.lines) == people
