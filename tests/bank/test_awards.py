"""Awards: pushed by an issuer, claimed or declined by the learner, reminded of, lapsed; exactly one effect."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.bank import deposit_builders as deposit_world
from tests.bank import foundation_builders as foundation
from tests.bank import intake_builders as make
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.deposits.models import Batch, Outcome
from xuefen.bank.insight import queries as insight
from xuefen.bank.intake import actions, queries
from xuefen.bank.intake.models import Slip
from xuefen.bank.intake.types import MOST_AWARDS, Form
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.ledger.types import BookKind
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.translog import actions as translog
from xuefen.bedrock.workdays import BEIJING

NOW = foundation.NOW
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(settings: Any, tmp_path: Path) -> deposit_world.World:
    settings.XUEFEN_LOG = tmp_path / "log"
    return make.world()


def denied(call: Callable[[], Any]) -> str:
    with pytest.raises(Denied) as refused:
        call()
    return refused.value.code


def proven() -> bool:
    translog.seal_all(now=NOW)
    return [found for _, room in insight.prove() for found in room] == []


def credit(world: deposit_world.World, which: int = 0) -> int:
    return ledger.balance(BookKind.LEARNER, world.learner_ids[which]).available


# --- claimed, declined, taken back -----------------------------------------------------------------------------------


def test_a_claimed_award_is_an_outcome(world: deposit_world.World) -> None:
    number, me = make.offered(world), make.learner(world)
    assert credit(world) == 0
    outcome = actions.claim(number=number, by=me, now=NOW + timedelta(days=3))
    assert (outcome.credits, outcome.grade, outcome.serial) == (300, "85", "NO-1")
    assert credit(world) == 300
    batch = Batch.objects.get(number=outcome.batch_number)
    assert (batch.source, batch.file_name, batch.uploaded_by) == ("award", number, "")
    assert proven()


def test_two_clicks_are_one_claim(world: deposit_world.World) -> None:
    number, me = make.offered(world), make.learner(world)
    first = actions.claim(number=number, by=me, now=NOW)
    second = actions.claim(number=number, by=me, now=NOW + timedelta(seconds=1))
    assert first.number == second.number
    assert (credit(world), Outcome.objects.count(), Slip.objects.get().version) == (300, 1, 2)


def test_many_clicks_at_once_are_one_claim(world: deposit_world.World) -> None:
    number, me = make.offered(world), make.learner(world)
    found: list[str] = []
    gate = threading.Barrier(6)

    def click() -> None:
        try:
            gate.wait(timeout=60)
            found.append(actions.claim(number=number, by=me, now=NOW).number)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(found) == 6
    assert len(set(found)) == 1
    assert (credit(world), Outcome.objects.count()) == (300, 1)
    assert proven()


def test_a_declined_award_leaves_nothing_and_may_be_offered_again(world: deposit_world.World) -> None:
    number, me = make.offered(world), make.learner(world)
    actions.decline(number=number, note="不是我考的", by=me, now=NOW)
    assert make.state(number) == "declined"
    assert denied(lambda: actions.claim(number=number, by=me, now=NOW)) == "slip_move"
    assert denied(lambda: actions.decline(number=number, by=me, now=NOW)) == "slip_move"
    view = queries.view(queries.one(world.officer, number))
    assert view.moves[-1].note == "不是我考的", "the issuer reads why"
    again = make.offered(world)
    assert again != number
    assert credit(world) == 0
    assert proven()


def test_an_issuer_takes_back_what_nobody_answered(world: deposit_world.World) -> None:
    number, me = make.offered(world), make.learner(world)

    def take_back(**more: Any) -> None:
        given = {"number": number, "version": 1, "note": "发错了人", "by": world.officer, "now": NOW}
        actions.take_back(**given | more)

    assert denied(lambda: take_back(note="")) == "note_needed"
    assert denied(lambda: take_back(by=me)) == "not_allowed"
    assert denied(lambda: take_back(version=4)) == "stale"
    take_back()
    assert denied(lambda: actions.claim(number=number, by=me, now=NOW)) == "slip_move"
    assert proven()


# --- pushing ---------------------------------------------------------------------------------------------------------


def test_the_very_same_award_again_is_that_award(world: deposit_world.World) -> None:
    def push(**more: Any) -> Any:
        return actions.push(issuer_code=world.issuer.code, award=make.award(world, **more), by=world.officer, now=NOW)

    first, again = push(), push()
    assert (again.number, again.already, first.already) == (first.number, True, False)
    assert denied(lambda: push(form=replace(make.GOOD, grade="90"))) == "slip_twice"
    assert push(form=replace(make.GOOD, serial="NO-2")).number != first.number
    actions.claim(number=first.number, by=make.learner(world), now=NOW)
    assert denied(push) == "duplicate"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"account": "4417092680352710"}, "learner_unknown"),
        ({"account": "123"}, "account_number_length"),
        ({"name": "别人"}, "name_mismatch"),
        ({"item_code": "NOPE"}, "item_code_unknown"),
        ({"form": Form(awarded_on="2026-06-30", grade="59")}, "grade_below_pass"),
        ({"form": Form(awarded_on="2027-06-30", grade="85")}, "date_in_future"),
        ({"days": 3}, "claim_days"),
        ({"days": 1000}, "claim_days"),
    ],
)
def test_what_a_sheet_would_not_take_is_not_awarded(
    world: deposit_world.World, changes: dict[str, Any], code: str
) -> None:
    award = replace(make.award(world), **changes)
    assert denied(lambda: actions.push(issuer_code=world.issuer.code, award=award, by=world.officer, now=NOW)) == code
    assert not Slip.objects.exists()


def test_many_awards_of_one_call_answer_one_by_one(world: deposit_world.World) -> None:
    awards = [make.award(world, which=n) for n in range(3)]
    awards.insert(1, replace(awards[0], account="123"))
    found = actions.push_many(issuer_code=world.issuer.code, awards=awards, by=world.officer, now=NOW)
    assert [bool(one.number) for one in found] == [True, False, True, True]
    assert (found[1].code, found[0].credits) == ("account_number_length", 300)
    assert Slip.objects.count() == 3
    assert proven()
    many = [make.award(world)] * (MOST_AWARDS + 1)
    assert (
        denied(lambda: actions.push_many(issuer_code=world.issuer.code, awards=many, by=world.officer, now=NOW))
        == "too_many_awards"
    )


def test_only_its_issuer_awards_and_only_its_holder_answers(world: deposit_world.World) -> None:
    other = foundation.institution("other", number=9)
    stranger = foundation.at_institution(Role.ISSUER_OFFICER, other.pk)
    award = make.award(world)
    for by, code in ((stranger, "not_allowed"), (make.officer(), "not_allowed"), (make.learner(world), "not_allowed")):
        assert denied(lambda by=by: actions.push(issuer_code=world.issuer.code, award=award, by=by, now=NOW)) == code
    number = make.offered(world)
    for which in (1, 2):
        them = make.learner(world, which)
        assert denied(lambda them=them: actions.claim(number=number, by=them, now=NOW)) == "slip_unknown"
        assert denied(lambda them=them: actions.decline(number=number, by=them, now=NOW)) == "slip_unknown"
    assert queries.slips(stranger).count() == 0
    me = make.learner(world)
    assert denied(lambda: actions.withdraw(number=number, version=1, by=me, now=NOW)) == "slip_unknown"
    assert denied(lambda: actions.save_form(number=number, form=Form(), by=me, now=NOW)) == "slip_unknown"


# --- time ------------------------------------------------------------------------------------------------------------


def test_reminded_twice_and_lapsed_at_the_end_of_the_last_day(world: deposit_world.World) -> None:
    number, me = make.offered(world, days=10), make.learner(world)
    slip = Slip.objects.get(number=number)
    assert slip.due_at is not None
    assert slip.due_at.astimezone(BEIJING) == datetime(2026, 12, 1, tzinfo=BEIJING), "ten days, to midnight"
    reports = [actions.sweep(now=NOW + timedelta(days=days)) for days in range(10)]
    assert sum(report.reminded for report in reports) == 2
    assert AuditEntry.objects.filter(action="slip.remind").count() == 2
    slip.refresh_from_db()
    assert (slip.reminders, slip.state) == (2, "offered")
    late = slip.due_at
    assert denied(lambda: actions.claim(number=number, by=me, now=late)) == "slip_late"
    assert denied(lambda: actions.decline(number=number, by=me, now=late)) == "slip_late"
    assert actions.sweep(now=late - timedelta(seconds=1)).lapsed == 0
    assert actions.sweep(now=late).lapsed == 1
    assert make.state(number) == "lapsed"
    assert actions.sweep(now=late).lapsed == 0
    assert proven()


def test_the_last_second_counts(world: deposit_world.World) -> None:
    number, me = make.offered(world, days=7), make.learner(world)
    due_at = Slip.objects.get(number=number).due_at
    assert due_at is not None
    assert actions.claim(number=number, by=me, now=due_at - timedelta(seconds=1)).credits == 300


def test_what_ended_meanwhile_is_not_deposited(world: deposit_world.World) -> None:
    """The issuer's qualification runs out while the award waits: the claim says so, and nothing is half done."""
    number, me = make.offered(world, days=365), make.learner(world)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE qualification SET expires_on = '2026-11-30'")
        cursor.execute("SET session_replication_role = origin")
    later = datetime(2026, 12, 24, tzinfo=UTC)
    assert denied(lambda: actions.claim(number=number, by=me, now=later)) == "issuer_not_qualified"
    assert make.state(number) == "offered"
    assert credit(world) == 0
