"""A batch under somebody's hand: paused, resumed, cancelled before and after the log sealed it; its columns explained."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.bank import foundation_builders as foundation
from tests.bank.deposit_builders import (
    HEADER,
    NOW,
    World,
    broken_promises,
    deposit,
    errors_of,
    receipt_of,
    receive,
    sheet,
    world,
)
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.deposits import actions, queries, states
from xuefen.bank.deposits.actions.storage import uploads
from xuefen.bank.deposits.models import Batch, ColumnName, Outcome
from xuefen.bank.deposits.types import BatchEvent, BatchFacts, BatchState, OutcomeState
from xuefen.bank.ledger import actions as ledger
from xuefen.bank.ledger import queries as books
from xuefen.bank.ledger.types import BookKind, Posting, TransferKind
from xuefen.bank.shell.models import Node
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.translog import actions as translog


@pytest.fixture
def log(settings: Any, tmp_path: Path) -> None:
    settings.XUEFEN_LOG = tmp_path / "log"
    Node.objects.create(id=1, code="t", name_zh="测试", name_en="Test", origin="test.example/log", created_at=NOW)


ROOT = Path(__file__).resolve().parents[2]


def rows_of(w: World, count: int) -> list[list[str]]:
    return [w.row(n % 3, serial=f"N{n}") for n in range(count)]


def run_until(w: World, batch: BatchFacts, chunk: int, do: Callable[[], Any]) -> BatchFacts:
    """A run of ten rows a chunk in which something happens right behind the given chunk."""

    def moved(done: int, total: int) -> None:
        if done == chunk * 10:
            do()

    return actions.run(batch_id=batch.id, by=w.officer, now=NOW, chunk_rows=10, progress=moved)


def test_the_page_of_states_is_the_table() -> None:
    assert (ROOT / "docs/states/batch.md").read_text(encoding="utf-8") == states.states_markdown()
    for state in BatchState:
        assert states.may(state, BatchEvent.CANCEL) == (state in states.OPEN)


@pytest.mark.django_db(transaction=True)
def test_a_paused_batch_stops_before_its_next_chunk_and_goes_on_there(tmp_path: Path) -> None:
    w = world()
    path = sheet(tmp_path / "a.csv", rows_of(w, 35))
    batch = receive(w, path)
    told = run_until(w, batch, 2, lambda: actions.pause(number=batch.number, by=w.officer, now=NOW))
    assert (told.state, told.counts.read, Outcome.objects.count()) == (BatchState.PAUSED, 20, 20)
    for _ in range(2):  # a queued run, or one by mistake, does nothing
        assert actions.run(batch_id=batch.id, by=w.officer, now=NOW).state is BatchState.PAUSED
    assert receive(w, path).number == batch.number
    assert Batch.objects.get().state == BatchState.PAUSED
    with pytest.raises(Denied) as denied:
        actions.pause(number=batch.number, by=w.officer, now=NOW)
    assert denied.value.code == "batch_move"
    assert actions.resume(number=batch.number, by=w.officer, now=NOW).state is BatchState.RECEIVED
    done = actions.run(batch_id=batch.id, by=w.officer, now=NOW, chunk_rows=10)
    assert (done.state, done.counts.accepted) == (BatchState.DONE, 35)
    for move in (actions.pause, actions.resume, actions.cancel):
        with pytest.raises(Denied) as denied:
            move(number=batch.number, by=w.officer, now=NOW)
        assert denied.value.code == "batch_move"
    acts = AuditEntry.objects.filter(subject_id=batch.number).values_list("action", flat=True)
    assert {"deposits.paused", "deposits.resumed"} <= set(acts)
    assert broken_promises() == []


@pytest.mark.django_db(transaction=True)
def test_a_batch_cancelled_before_the_log_sealed_it_is_withdrawn_and_may_be_sent_again(tmp_path: Path) -> None:
    w = world()
    path = sheet(tmp_path / "a.csv", [*rows_of(w, 30), w.row(0, serial="bad", grade="1")])
    batch = receive(w, path)
    told = run_until(w, batch, 2, lambda: actions.cancel(number=batch.number, by=w.officer, now=NOW))
    assert (told.state, told.counts.accepted) == (BatchState.CANCELLED, 20)
    assert set(Outcome.objects.values_list("state", flat=True)) == {OutcomeState.WITHDRAWN}
    assert [books.balance(BookKind.LEARNER, pk).available for pk in w.learner_ids] == [0, 0, 0]
    facts = queries.batch(w.officer.scope("deposits.read_batches"), batch.number)
    assert facts.withdrawn == 20
    receipt = receipt_of(facts)["receipt"]
    assert (receipt["state"], receipt["accepted"], receipt["withdrawn"], receipt["dropped"]) == (
        "cancelled",
        20,
        20,
        11,
    )
    assert not (uploads() / batch.number).exists()
    assert broken_promises() == []
    again = deposit(w, path)  # the same file: another batch, every row anew
    assert (again.number != batch.number, again.already) == (True, False)
    assert (again.counts.accepted, again.counts.refused, again.counts.duplicates) == (30, 1, 0)
    assert actions.run(batch_id=batch.id, by=w.officer, now=NOW).state is BatchState.CANCELLED
    assert broken_promises() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("log")
def test_what_the_log_has_sealed_stays_when_the_rest_is_cancelled(tmp_path: Path) -> None:
    w = world()
    path = sheet(tmp_path / "a.csv", rows_of(w, 30))
    batch = receive(w, path)

    def sealed_and_cancelled() -> None:
        translog.seal_all(now=NOW)
        actions.cancel(number=batch.number, by=w.officer, now=NOW)

    run_until(w, batch, 1, sealed_and_cancelled)
    facts = queries.batch(w.officer.scope("deposits.read_batches"), batch.number)
    assert (facts.state, facts.counts.accepted, facts.withdrawn) == (BatchState.CANCELLED, 10, 0)
    assert set(Outcome.objects.values_list("state", flat=True)) == {OutcomeState.VALID}
    assert broken_promises() == []
    again = deposit(w, path)
    assert (again.counts.accepted, again.counts.duplicates) == (20, 10)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_withdrawn_while_somebody_uses_some_of_it(tmp_path: Path) -> None:
    w = world()
    batch = receive(w, sheet(tmp_path / "a.csv", rows_of(w, 20)))

    def used_and_cancelled() -> None:
        from django.db import transaction

        outcome = Outcome.objects.order_by("id")[4]
        with transaction.atomic():
            source = ledger.book_ids(BookKind.LEARNER, [outcome.learner_id])[outcome.learner_id]
            target = ledger.book_ids(BookKind.RECEIVER, [w.issuer.pk])[w.issuer.pk]
            held = Posting(TransferKind.RESERVE, source, target, 100, outcome.pk, "held")
            ledger.post(postings=[held], now=NOW)
        actions.cancel(number=batch.number, by=w.officer, now=NOW)

    run_until(w, batch, 1, used_and_cancelled)
    assert Batch.objects.values_list("state", "accepted", "withdrawn").get() == ("cancelled", 10, 0)
    assert set(Outcome.objects.values_list("state", flat=True)) == {OutcomeState.VALID}
    assert broken_promises() == []


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_has_not_begun_is_cancelled_without_a_trace_in_the_books(tmp_path: Path) -> None:
    w = world()
    batch = receive(w, sheet(tmp_path / "a.csv", rows_of(w, 3)))
    other = foundation.at_institution(Role.ISSUER_OFFICER, foundation.institution("other", number=7).pk)
    for move in (actions.pause, actions.resume, actions.cancel):
        with pytest.raises(Denied) as denied:
            move(number=batch.number, by=other, now=NOW)
        assert denied.value.code == "batch_unknown"
    told = actions.cancel(number=batch.number, by=w.officer, now=NOW)
    assert (told.state, told.withdrawn, Outcome.objects.count()) == (BatchState.CANCELLED, 0, 0)
    assert broken_promises() == []


@pytest.mark.django_db(transaction=True)
def test_of_two_uploads_of_one_sheet_at_one_moment_one_wins_and_the_other_is_told(tmp_path: Path) -> None:
    """Real threads, real connections: one batch, every row once; the others are pointed to it or told that it runs."""
    w = world()
    path = sheet(tmp_path / "a.csv", rows_of(w, 60))
    start, told = threading.Barrier(6), []

    def one() -> None:
        try:
            start.wait()
            batch = receive(w, path)
            try:
                done = actions.run(batch_id=batch.id, by=w.officer, now=NOW, chunk_rows=10)
                told.append((batch.number, batch.already, "again" if done.already else "won"))
            except Denied as denied:
                told.append((batch.number, batch.already, f"{denied.code} {denied.params['batch']}"))
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    batch = Batch.objects.get()
    assert {number for number, _, _ in told} == {batch.number}
    assert sorted(already for _, already, _ in told) == [False, True, True, True, True, True]
    ends = [end for _, _, end in told]
    assert ends.count("won") == 1
    assert set(ends) <= {"won", "again", f"batch_running {batch.number}"}
    assert (batch.state, batch.accepted, Outcome.objects.count()) == (BatchState.DONE, 60, 60)
    assert AuditEntry.objects.filter(action="deposits.received").count() == 1
    assert broken_promises() == []


# --- columns ---------------------------------------------------------------------------------------------------------

OWN = ("学号", "学员", "课号", "结课日", "百分制", "学时", "流水")
SAID = [
    ("学号", "account"),
    ("学员", "姓名"),
    ("课号", "item code"),
    ("结课日", "awarded_on"),
    ("百分制", "成绩"),
    ("流水", ""),
]


@pytest.mark.django_db
def test_headings_of_their_own_are_asked_for_remembered_and_forgotten(tmp_path: Path) -> None:
    w = world()
    with pytest.raises(Denied) as denied:
        deposit(w, sheet(tmp_path / "a.csv", [w.row(0), w.row(1, grade="5")], header=OWN))
    assert (denied.value.code, denied.value.place) == ("headers_missing", "header")
    batch = queries.batches(w.officer.scope("deposits.read_batches")).get()
    assert (batch.state, batch.header) == (BatchState.UNMAPPED, list(OWN))
    for pairs, code in (
        ([("学号", "nonsense")], "column_means"),
        ([("学号", "grade"), ("百分制", "grade")], "column_twice"),
        ([("学号", "account")], "headers_missing"),
        ([*SAID, ("学时", "grade")], "column_twice"),
    ):
        with pytest.raises(Denied) as denied:
            actions.choose_columns(number=batch.number, pairs=pairs, by=w.officer, now=NOW)
        assert denied.value.code == code
    assert not ColumnName.objects.exists()
    told = actions.choose_columns(number=batch.number, pairs=SAID, by=w.officer, now=NOW)
    assert (told.state, told.header, told.problem) == (BatchState.RECEIVED, None, None)
    done = actions.run(batch_id=batch.pk, by=w.officer, now=NOW)
    assert (done.counts.accepted, errors_of(done.id)) == (1, {3: [("grade", "grade_below_pass")]})
    # the next sheet needs nobody
    second = deposit(w, sheet(tmp_path / "b.csv", [w.row(2, serial="7")], header=OWN))
    assert second.counts.accepted == 1
    assert Outcome.objects.get(batch_id=second.id).serial == ""  # 流水 is left out
    names = actions.column_names(issuer_code="ylu", by=w.officer)
    assert {(n.heading, n.field, n.chosen_by) for n in names} >= {
        ("学号", "account", w.officer.name),
        ("流水", "", w.officer.name),
    }
    actions.forget_column(issuer_code="ylu", heading=" 学 号", by=w.officer, now=NOW)
    with pytest.raises(Denied) as denied:
        deposit(w, sheet(tmp_path / "c.csv", [w.row(2, serial="8")], header=OWN))
    assert denied.value.code == "headers_missing"
    with pytest.raises(Denied) as denied:
        actions.forget_column(issuer_code="ylu", heading="学号", by=w.officer, now=NOW)
    assert denied.value.code == "column_unknown"


@pytest.mark.django_db
def test_columns_told_with_the_file_go_before_what_is_published_and_what_is_remembered(tmp_path: Path) -> None:
    w = world()
    header = [*HEADER[:4], "平时成绩", "学时", "成绩"]
    path = sheet(tmp_path / "a.csv", [[*w.row(0)[:4], "10", "", "90"]], header=header)
    for pairs, grade in (([], "90"), ([("平时成绩", "grade"), ("成绩", "")], "10")):
        tried = actions.dry_run(path=path, issuer_code="ylu", by=w.officer, now=NOW, pairs=pairs)
        assert (tried.counts.accepted, tried.counts.refused) == ((1, 0) if grade == "90" else (0, 1))
        assert tried.ignored == (("平时成绩",) if grade == "90" else ("成绩",))
    assert not ColumnName.objects.exists()
    batch = actions.receive(
        source="file", file_name="a.csv", path=path, issuer_code="ylu", by=w.officer, now=NOW, pairs=[("平时成绩", "")]
    )
    assert actions.run(batch_id=batch.id, by=w.officer, now=NOW).counts.accepted == 1
    # a call with the published names means them, whatever this issuer's sheets mean
    actions.receive(
        source="file", file_name="b.csv", path=sheet(tmp_path / "b.csv", [w.row(1)]), issuer_code="ylu", by=w.officer,
        now=NOW, pairs=[("grade", ""), ("百分制", "grade")],
    )  # fmt: skip
    row = {"account": w.accounts[2], "item_code": "C1", "awarded_on": "2026-06-30", "grade": "88"}
    one = actions.receive_rows(source="api", rows=[row], issuer_code="ylu", by=w.officer, now=NOW)
    assert actions.run(batch_id=one.id, by=w.officer, now=NOW).counts.accepted == 1


@pytest.mark.django_db
def test_somebody_may_look_at_the_columns_first(tmp_path: Path) -> None:
    w = world()
    path = sheet(tmp_path / "a.csv", [w.row(0)])
    batch = actions.receive(
        source="file", file_name="a.csv", path=path, issuer_code="ylu", by=w.officer, now=NOW, ask_columns=True
    )
    asked = actions.run(batch_id=batch.id, by=w.officer, now=NOW)
    assert (asked.state, asked.header, asked.problem) == (BatchState.UNMAPPED, HEADER, None)
    actions.choose_columns(number=batch.number, pairs=[("证书编号", "")], by=w.officer, now=NOW)
    assert actions.run(batch_id=batch.id, by=w.officer, now=NOW).counts.accepted == 1
    with pytest.raises(Denied) as denied:
        actions.choose_columns(number=batch.number, pairs=[], by=w.officer, now=NOW)
    assert denied.value.code == "batch_move"
