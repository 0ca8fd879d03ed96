"""Revoking a whole batch: one decision with one reason, done chunk by chunk, and all that rests on it follows."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.bank import foundation_builders as foundations
from tests.bank.recognition_builders import APPLIED, DEPOSITED, HOUSE, World, applied, world
from tests.bank.supervision_builders import arbiter, officer
from tests.faces.desk_builders import node
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits import queries as outcomes
from xuefen.bank.deposits.models import Batch, BatchRevocation, Outcome, OutcomeChange
from xuefen.bank.deposits.types import BatchFacts, BatchState, Correction, OutcomeState
from xuefen.bank.insight import queries as insight
from xuefen.bank.ledger import queries as books
from xuefen.bank.ledger.types import BookKind
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.recognition.models import Application
from xuefen.bank.recognition.types import State
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.supervision import actions, queries
from xuefen.bank.supervision.actions import batches
from xuefen.bank.supervision.types import ArbitrationState, BatchPreview

pytestmark = pytest.mark.django_db
LATER = APPLIED + timedelta(days=60)
REASON = "传成了去年的表"


@pytest.fixture(autouse=True)
def _bank(settings: Any, tmp_path: Path) -> None:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    node()
    certificates.publish_trust(now=APPLIED)
    certificates.publish_status(now=APPLIED)


def broken() -> list[Any]:
    rooms = ("ledger", "deposits", "recognition", "certificates", "supervision")
    return [violation for room in rooms for violation in insight.CHECKS[room]()]


def people(count: int) -> list[Any]:
    return [foundations.account(n, name="钟野甲") for n in range(20, 20 + count)]


def deposited(w: World, accounts: Sequence[Any], *, items: int = 1) -> BatchFacts:
    rows = [
        {"account": one.account_no, "item_code": f"A{i}", "awarded_on": "2026-06-30", "grade": "85"}
        for one in accounts
        for i in range(items)
    ]
    batch = deposits.receive_rows(source="form", rows=rows, issuer_code="QH", by=HOUSE, now=DEPOSITED)
    return deposits.run(batch_id=batch.id, by=HOUSE, now=DEPOSITED)


def revoked(w: World, batch: BatchFacts, **how: Any) -> BatchFacts:
    return actions.revoke_batch(number=batch.number, reason=REASON, by=officer(w), now=LATER, **how)


def states(batch: BatchFacts) -> list[str]:
    return list(Outcome.objects.filter(batch_id=batch.id).order_by("id").values_list("state", flat=True))


def test_what_is_free_is_withdrawn_and_the_same_sheet_may_come_again() -> None:
    w = world(outcomes=0)
    some = people(3)
    batch = deposited(w, some)
    done = revoked(w, batch)
    assert (done.state, done.withdrawn, done.counts.accepted) == (BatchState.REVOKED, 3, 3)
    assert states(batch) == ["withdrawn"] * 3
    assert [books.balance(BookKind.LEARNER, one.learner_id).available for one in some] == [0, 0, 0]
    told = outcomes.revocation(batch.id)
    assert told is not None and told.ended_at == LATER
    assert (told.reason, told.by_name, told.outcomes, told.credits, told.revoked) == (
        REASON,
        officer(w).name,
        3,
        900,
        0,
    )
    (change,) = outcomes.history(Outcome.objects.filter(batch_id=batch.id)[0].pk).changes
    assert (change.reason, change.by_name) == (REASON, officer(w).name)
    assert done.receipt is not None and b'"state":"revoked"' in done.receipt and b'"withdrawn":3' in done.receipt
    assert broken() == []
    again = deposited(w, some)
    assert (again.number != batch.number, again.counts.accepted) == (True, 3)
    assert states(again) == ["valid"] * 3
    assert broken() == []


def used(w: World) -> tuple[BatchFacts, Application, Application]:
    """A batch of four people: one has converted their outcomes, one is applying with one, one had theirs corrected."""
    some = people(4)
    batch = deposited(w, some, items=2)
    settled = applied(w, learner_id=some[0].learner_id)
    recognition.approve(number=settled.number, version=1, by=w.reviewer, now=APPLIED)
    recognition.convert(number=settled.number, version=2, by=w.reviewer, now=APPLIED)
    recognition.sweep(now=LATER)
    running = applied(w, learner_id=some[1].learner_id, only=1, now=LATER)
    theirs = Outcome.objects.filter(batch_id=batch.id, learner_id=some[2].learner_id).order_by("id")
    actions.correct(
        number=theirs[0].number, correction=Correction(grade="91"), reason="登记错误", by=officer(w), now=LATER
    )
    actions.revoke(number=theirs[1].number, reason="重复颁发", by=officer(w), now=LATER)
    return batch, settled, running


def test_the_preview_says_what_it_would_touch_in_three_queries() -> None:
    w = world(outcomes=0)
    batch, _, _ = used(w)
    with CaptureQueriesContext(
        connection,
    ) as ran:
        found = queries.batch_preview(EVERYTHING, batch.number)
    assert len(ran) == 3
    assert found == BatchPreview(
        outcomes=6, learners=3, credits=1800, corrected=1, revoked=1,
        applications=1, held=300, conversions=1, converted=2, used=600,
    )  # fmt: skip


def test_conversions_go_in_doubt_applications_end_and_what_was_corrected_stays() -> None:
    w = world(outcomes=0)
    batch, settled, running = used(w)
    done = revoked(w, batch, chunk=3)
    assert (done.state, done.withdrawn) == (BatchState.REVOKED, 4)
    told = outcomes.revocation(batch.id)
    assert told is not None and (told.outcomes, told.withdrawn, told.revoked) == (6, 4, 2)
    assert (told.ended, told.doubted) == (1, 1)
    assert states(batch) == ["revoked"] * 2 + ["withdrawn"] * 2 + ["corrected", "revoked"] + ["withdrawn"] * 2
    settled.refresh_from_db()
    running.refresh_from_db()
    assert (settled.state, running.state) == (State.IN_DOUBT, State.VOIDED)
    mended = Outcome.objects.get(corrects__outcome__batch_id=batch.id)
    assert (mended.state, mended.grade) == (OutcomeState.VALID, "91")
    assert broken() == []
    cases = queries.arbitrations(EVERYTHING, now=LATER, open_ones=True)
    assert {case.reason for case in cases} == {REASON} and len(cases) == 2
    for case in cases:
        actions.decide_arbitration(number=case.number, uphold=False, grounds="核对无误", by=arbiter(), now=LATER)
    settled.refresh_from_db()
    assert settled.state == State.ARCHIVED
    assert states(batch)[:2] == ["valid", "valid"]
    assert queries.arbitration(EVERYTHING, cases[0].number, now=LATER).state is ArbitrationState.OVERTURNED
    assert broken() == []


def test_a_chunk_costs_the_same_however_many_outcomes_it_has() -> None:
    w = world(outcomes=0)
    some = people(6)
    counts = []
    for part, size in ((some[:2], 2), (some[2:], 4)):
        batch = deposited(w, part)
        actions.begin_batch(number=batch.number, reason=REASON, by=officer(w), now=LATER)
        with CaptureQueriesContext(connection) as ran:
            assert batches._chunk(batch_id=batch.id, now=LATER, size=size).outcomes == size
        counts.append(len(ran))
    assert counts[0] == counts[1]


class _Killed(Exception):
    pass


def test_killed_between_two_chunks_it_goes_on_in_the_name_of_who_decided_it() -> None:
    w = world(outcomes=0)
    batch = deposited(w, people(5))

    def kill(done: int, of: int) -> None:
        assert (done, of) == (2, 5)
        raise _Killed

    with pytest.raises(_Killed):
        revoked(w, batch, chunk=2, progress=kill)
    assert states(batch) == ["withdrawn"] * 2 + ["valid"] * 3
    assert outcomes.batch(EVERYTHING, batch.number).state is BatchState.REVOKING
    assert outcomes.being_revoked() == [batch.id]
    assert broken() == []
    actions.run_batch(batch_id=batch.id, now=LATER)
    assert states(batch) == ["withdrawn"] * 5
    assert set(OutcomeChange.objects.values_list("by_name", "reason")) == {(officer(w).name, REASON)}
    assert outcomes.being_revoked() == []
    actions.run_batch(batch_id=batch.id, now=LATER)  # once more: nothing
    assert OutcomeChange.objects.count() == 5
    assert broken() == []


def test_a_chunk_that_fails_leaves_nothing_behind() -> None:
    w = world(outcomes=0)
    batch = deposited(w, people(4))
    last = Outcome.objects.filter(batch_id=batch.id).order_by("-id")[0].pk
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stumbled'; END $$;"
            f"CREATE TRIGGER stumble BEFORE UPDATE ON outcome FOR EACH ROW WHEN (OLD.id = {last})"
            " EXECUTE FUNCTION stumble()"
        )
    with pytest.raises(DatabaseError, match="stumbled"):
        revoked(w, batch, chunk=3)
    assert states(batch) == ["withdrawn"] * 3 + ["valid"]
    assert broken() == []
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER stumble ON outcome; DROP FUNCTION stumble()")
    assert revoked(w, batch).withdrawn == 4
    assert broken() == []


def test_many_that_are_used_make_small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world(outcomes=0)
    some = people(3)
    batch = deposited(w, some)
    for one in some:
        applied(w, learner_id=one.learner_id)
    monkeypatch.setattr(batches, "MOST_USED", 2)
    seen: list[int] = []
    revoked(w, batch, progress=lambda done, of: seen.append(done))
    assert seen == [2, 3, 3]
    assert {state for (state,) in Application.objects.values_list("state")} == {State.VOIDED}
    assert broken() == []


def test_who_may_and_what_cannot_be() -> None:
    w = world(outcomes=0)
    some = people(2)
    batch = deposited(w, some[:1])
    stranger = foundations.at_institution(Role.ISSUER_OFFICER, w.receiver.pk)
    rows = [{"account": some[1].account_no, "item_code": "A1", "awarded_on": "2026-06-30", "grade": "85"}]
    waiting = deposits.receive_rows(source="form", rows=rows, issuer_code="QH", by=HOUSE, now=DEPOSITED, key="w")
    call = deposits.receive_rows(
        source="api", rows=rows, issuer_code="QH", by=HOUSE, now=DEPOSITED, key="k", named=True
    )
    deposits.run(batch_id=call.id, by=HOUSE, now=DEPOSITED)
    me = officer(w)
    for by, number, reason, code in (
        (w.reviewer, batch.number, REASON, "not_allowed"),
        (w.branch, batch.number, REASON, "not_allowed"),
        (stranger, batch.number, REASON, "batch_unknown"),
        (me, "PC0", REASON, "batch_unknown"),
        (me, batch.number, " ", "reason_missing"),
        (me, waiting.number, REASON, "batch_move"),
        (me, call.number, REASON, "batch_not_whole"),
    ):
        with pytest.raises(Denied) as denied:
            actions.begin_batch(number=number, reason=reason, by=by, now=LATER)
        assert denied.value.code == code, (by.name, number)
    assert not BatchRevocation.objects.exists()
    actions.revoke(number=Outcome.objects.get(batch_id=batch.id).number, reason="x", by=me, now=LATER)
    with pytest.raises(Denied, match="nothing_to_revoke"):
        actions.begin_batch(number=batch.number, reason=REASON, by=me, now=LATER)
    other = deposited(w, some[1:], items=3)
    revoked(w, other)
    with pytest.raises(Denied, match="batch_move"):
        revoked(w, other)


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_decision_is_a_fact_and_prove_sees_a_forged_one() -> None:
    w = world(outcomes=0)
    batch = deposited(w, people(1))
    revoked(w, batch)
    for forbidden in (
        lambda: BatchRevocation.objects.update(reason="y"),
        lambda: BatchRevocation.objects.update(revoked=7),
        lambda: BatchRevocation.objects.all()._raw_delete("default"),
        lambda: run("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE batch_revocation"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            forbidden()
    for forgery, found in (
        ("DELETE FROM batch_revocation", "which its revocation does not say"),
        ("UPDATE batch SET state = 'done'", "which its revocation does not say"),
        ("UPDATE batch_revocation SET leaf_id = leaf_id + 1000", "batch.revoking without its leaf"),
        ("UPDATE outcome SET state = 'valid'; DELETE FROM outcome_change", "still counts"),
    ):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute(forgery)
            told = broken()
            transaction.set_rollback(True)
        assert any(found in v.found for v in told), (forgery, told)


@pytest.mark.django_db(transaction=True)
def test_whoever_applies_at_that_moment_either_was_first_or_is_refused() -> None:
    w = world(outcomes=0)
    some = people(4)
    batch = deposited(w, some)
    refused: list[str] = []
    gate = threading.Barrier(len(some) + 1)

    def applying(learner_id: int) -> None:
        try:
            gate.wait()
            applied(w, learner_id=learner_id)
        except Denied as denied:
            refused.append(denied.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=applying, args=(one.learner_id,)) for one in some]
    for thread in threads:
        thread.start()
    gate.wait()
    done = revoked(w, batch, chunk=2)
    for thread in threads:
        thread.join()
    assert done.state is BatchState.REVOKED and states(batch) == ["withdrawn"] * 4
    ended = list(Application.objects.values_list("state", flat=True))
    assert len(ended) + len(refused) == 4 and set(ended) <= {State.VOIDED}
    assert Batch.objects.get(pk=batch.id).withdrawn == 4
    assert broken() == []
