"""The row of a form or a call: received, judged and deposited in one transaction, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import Error, connection, connections
from django.test.utils import CaptureQueriesContext

from tests.bank.deposit_builders import NOW, World, broken_promises, deposit, receipt_of, sheet, world
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.deposits import actions, queries
from xuefen.bank.deposits.actions.storage import uploads
from xuefen.bank.deposits.models import Batch, Outcome, RefusedRow
from xuefen.bank.deposits.types import BatchFacts, BatchState
from xuefen.bank.ledger.models import Transfer
from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog.models import QueuedLeaf


def _row(w: World, learner: int = 0, **changes: str) -> dict[str, str]:
    good = {"account": w.accounts[learner], "item_code": "C1", "awarded_on": "2026-06-30", "grade": "85"}
    return good | changes


def _call(w: World, row: dict[str, str], *, key: str = "k", named: bool = False) -> BatchFacts:
    return actions.deposit_row(source="api", row=row, issuer_code="ylu", by=w.officer, now=NOW, key=key, named=named)


def _kept() -> set[str]:
    """The files the bank keeps; other tests have left some."""
    return {path.name for path in uploads().iterdir()}


def _many(one: Callable[[int], Any], count: int) -> list[Any]:
    """So many calls at once, each with a connection of its own."""

    def closing(n: int) -> Any:
        try:
            return one(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(closing, range(count)))


@pytest.mark.django_db(transaction=True)
def test_one_row_is_one_transaction_and_all_a_sheets_row_is(tmp_path: Path) -> None:
    w, kept = world(), _kept()
    with CaptureQueriesContext(connection) as asked:
        done = _call(w, _row(w))
    assert sum(query["sql"] == "COMMIT" for query in asked.captured_queries) == 1
    assert (done.state, done.counts.read, done.counts.accepted, done.counts.credits) == (BatchState.DONE, 1, 1, 300)
    assert receipt_of(done)["receipt"]["accepted"] == 1
    assert done.finished_at == NOW
    made = Outcome.objects.get(batch_id=done.id)
    assert done.leaves == (made.leaf_id, made.leaf_id)
    by_sheet = deposit(w, sheet(tmp_path / "a.csv", [w.row(1)]))
    other = Outcome.objects.get(batch_id=by_sheet.id)
    for name in ("row", "credits", "level", "mark", "quality", "assurance", "standard_version_id", "outcome_class"):
        assert getattr(made, name) == getattr(other, name)
    assert _kept() == kept
    assert broken_promises() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["batch", "outcome", "transfer", "queued_leaf", "audit_entry"])
def test_when_any_part_fails_nothing_stands(table: str) -> None:
    w = world()
    _call(w, _row(w, 1), key="before")
    tables = (Batch, Outcome, Transfer, QueuedLeaf, AuditEntry)
    before = [model.objects.count() for model in tables]
    event = "BEFORE UPDATE ON" if table == "batch" else "BEFORE INSERT ON"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp_fails() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'pulled out'; END $$"
        )
        cursor.execute(f"CREATE TRIGGER fails {event} {table} FOR EACH ROW EXECUTE FUNCTION pg_temp_fails()")
    try:
        with pytest.raises(Error, match="pulled out"):
            _call(w, _row(w))
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER fails ON {table}")
            cursor.execute("DROP FUNCTION pg_temp_fails()")
    assert [model.objects.count() for model in tables] == before
    assert _call(w, _row(w)).counts.accepted == 1
    assert broken_promises() == []


@pytest.mark.django_db
def test_a_refused_row_is_kept_with_its_reasons(tmp_path: Path) -> None:
    w = world()
    done = _call(w, _row(w, item_code="C9"))
    assert (done.state, done.counts.read, done.counts.refused, done.leaves) == (BatchState.DONE, 1, 1, None)
    assert [row.code for row in RefusedRow.objects.filter(batch_id=done.id)] == ["item_code_unknown"]
    actions.write_error_workbook(number=done.number, path=tmp_path / "errors.xlsx", by=w.officer)
    book = openpyxl.load_workbook(tmp_path / "errors.xlsx").worksheets[0]
    assert "C9" in {cell.value for row in book.iter_rows() for cell in row}
    with pytest.raises(Denied) as denied:  # neither account nor identity number: nothing to keep
        _call(w, {"item_code": "C1", "awarded_on": "2026-06-30"})
    assert denied.value.code == "headers_missing"
    assert Batch.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_key_and_content_many_times_at_once_is_one_batch() -> None:
    w = world()
    done = _many(lambda _: _call(w, _row(w), key="K1", named=True), 6)
    assert len({batch.number for batch in done}) == 1
    assert Outcome.objects.count() == Batch.objects.count() == 1
    assert sorted(batch.already for batch in done) == [False, *[True] * 5]
    assert {batch.counts.accepted for batch in done} == {1}


@pytest.mark.django_db(transaction=True)
def test_one_key_with_two_contents_at_once_stands_for_one() -> None:
    w = world()

    def one(n: int) -> str:
        try:
            return _call(w, _row(w, grade=str(80 + n % 2)), key="K1", named=True).number
        except Denied as denied:
            return denied.code

    found = _many(one, 6)
    assert sorted(found)[-3:] == ["idempotency_conflict"] * 3
    assert len(set(found)) == 2
    assert Outcome.objects.count() == Batch.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_outcome_under_many_keys_at_once_is_deposited_once() -> None:
    w = world()
    done = _many(lambda n: _call(w, _row(w), key=f"K{n}", named=True), 6)
    assert sorted(batch.counts.accepted for batch in done) == [*[0] * 5, 1]
    assert sum(batch.counts.duplicates for batch in done) == 5
    assert Outcome.objects.count() == Transfer.objects.count() == 1
    assert broken_promises() == []


@pytest.mark.django_db(transaction=True)
def test_while_a_sheet_is_under_way_the_row_is_kept_for_later() -> None:
    w, kept = world(), _kept()
    other = connections["default"].copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext(current_schema() || '.deposit'), %s)", [w.issuer.pk])
        waiting = _call(w, _row(w), key="K1", named=True)
        assert waiting.state is BatchState.RECEIVED
        assert Outcome.objects.count() == 0
        assert _call(w, _row(w), key="K1", named=True).number == waiting.number
    finally:
        other.close()
    again = _call(w, _row(w), key="K1", named=True)  # asked again when the sheet is through: deposited at once
    assert (again.number, again.state, again.counts.accepted) == (waiting.number, BatchState.DONE, 1)
    assert actions.run(batch_id=waiting.id, by=w.officer, now=NOW).counts.accepted == 1
    assert Outcome.objects.count() == 1
    assert queries.batch(w.officer.scope("deposits.read_batches"), waiting.number).state is BatchState.DONE
    assert _kept() == kept
