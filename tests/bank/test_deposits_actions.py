"""Depositing against a real database: rows, transfers, leaves, audit and receipt, all from one road."""

from __future__ import annotations

import base64
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction

from tests.bank import foundation_builders as foundation
from tests.bank.deposit_builders import (
    HOUSE,
    NOW,
    add_item,
    broken_promises,
    deposit,
    end_state,
    errors_of,
    receipt_of,
    receive,
    sheet,
    world,
)
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.deposits import actions, queries
from xuefen.bank.deposits.actions.storage import uploads
from xuefen.bank.deposits.models import Batch, Outcome, RefusedRow
from xuefen.bank.deposits.types import BatchState, OutcomeState
from xuefen.bank.learners import actions as learners
from xuefen.bank.ledger import actions as ledger
from xuefen.bank.ledger import queries as books
from xuefen.bank.ledger.types import BookKind, Posting, TransferKind
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bedrock import canon
from xuefen.bedrock.gm.signatures import load_public

pytestmark = pytest.mark.django_db


def test_a_mixed_sheet_deposits_what_is_good_and_says_what_is_not(tmp_path: Path) -> None:
    w = world()
    add_item(w.issuer, "C9", version="2025", theory_hours=16)
    rows = [
        w.row(0),  # 2: 48 h / 16 = 3.0
        w.row(1, item_code="C2", grade="优秀"),  # 3: 16/16 + 32/32
        w.row(1, item_code="Z1", grade=""),  # 4: by level
        w.row(2, item_code="S1", hours="64", grade="合格"),  # 5
        w.row(0, account="1234567890123456"),  # 6
        w.row(0, item_code="NOPE", awarded_on="2026-02-30"),  # 7: two errors
        w.row(0, grade="59.5", serial="X1"),  # 8
        w.row(0),  # 9: the same as row 2
        w.row(0, name="=HYPERLINK(1)", serial="X2"),  # 10
        w.row(0, name="林\u202e秋禾", serial="X3"),  # 11
        w.row(0, name="王五", serial="X4"),  # 12
        w.row(2, item_code="S1", hours="", serial="X5"),  # 13
        w.row(2, awarded_on="2099-01-01"),  # 14
    ]
    batch = deposit(w, sheet(tmp_path / "a.csv", rows))
    assert (batch.state, batch.counts.read, batch.counts.accepted) == (BatchState.DONE, 13, 4)
    assert (batch.counts.refused, batch.counts.duplicates) == (8, 1)
    found = errors_of(batch.id)
    assert found.pop(6)[0][0] == "account"
    assert found == {
        7: [("awarded_on", "date_impossible"), ("item_code", "item_code_unknown")],
        8: [("grade", "grade_below_pass")],
        9: [("", "duplicate_row")],
        10: [("name", "cell_formula")],
        11: [("name", "cell_controls")],
        12: [("name", "name_mismatch")],
        13: [("hours", "hours_missing")],
        14: [("awarded_on", "date_in_future")],
    }
    outcomes = {o.row: o for o in Outcome.objects.filter(batch_id=batch.id)}
    assert {row: o.credits for row, o in outcomes.items()} == {2: 300, 3: 200, 4: outcomes[4].credits, 5: 200}
    assert batch.counts.credits == sum(o.credits for o in outcomes.values())
    for i, learner_id in enumerate(w.learner_ids):
        mine = sum(o.credits for o in outcomes.values() if o.learner_id == learner_id)
        assert books.balance(BookKind.LEARNER, learner_id).available == mine, i
    assert books.balance(BookKind.ISSUER, w.issuer.pk).sent == batch.counts.credits
    assert broken_promises() == []


def test_transfers_leaves_audit_and_receipt_say_the_same(tmp_path: Path) -> None:
    w = world()
    batch = deposit(w, sheet(tmp_path / "a.csv", [w.row(0), w.row(1), w.row(2), w.row(2)]), chunk_rows=2)
    end = end_state(batch)
    assert end["transfers"] == [("deposit", w.issuer.pk, learner_id, 300) for learner_id in w.learner_ids]
    assert end["leaves"] == [("C1", 300, "2026-06-30", 2)] * 3
    assert end["audited"] == {"accepted": 3, "refused": 0, "duplicates": 1, "credits": 900}
    acts = AuditEntry.objects.filter(subject_id=batch.number).order_by("id").values_list("action", flat=True)
    assert list(acts) == ["deposits.received", *["deposits.deposited"] * 2, "deposits.finished"]
    receipt = receipt_of(batch)
    assert receipt["receipt"]["accepted"] == 3
    assert receipt["receipt"]["credits"] == 900
    leaf_ids = list(Outcome.objects.order_by("id").values_list("leaf_id", flat=True))
    assert receipt["receipt"]["leaves"] == [leaf_ids[0], leaf_ids[-1]]
    signature = receipt["signature"]
    key = load_public(signature["algorithm"], bytes.fromhex(signature["public_key"]))
    body = canon.canonical(receipt["receipt"])
    assert key.verify(body, base64.b64decode(signature["value"]))
    assert not key.verify(body.replace(b"900", b"901"), base64.b64decode(signature["value"]))


def test_the_same_file_twice_deposits_nothing_twice(tmp_path: Path) -> None:
    w = world()
    path = sheet(tmp_path / "a.csv", [w.row(0), w.row(1)])
    first = deposit(w, path)
    before = end_state(first)
    again = receive(w, path)
    assert (again.number, again.already, again.state) == (first.number, True, BatchState.DONE)
    left_over = uploads() / again.number  # as if the first run had been killed before it removed its file
    left_over.write_bytes(path.read_bytes())
    rerun = actions.run(batch_id=again.id, by=w.officer, now=NOW)
    assert (rerun.already, rerun.receipt) == (True, first.receipt)
    assert not left_over.exists()
    assert end_state(first) == before
    assert Batch.objects.count() == 1


def test_the_same_rows_in_another_file_are_duplicates(tmp_path: Path) -> None:
    w = world()
    first = deposit(w, sheet(tmp_path / "a.csv", [w.row(0), w.row(1)]))
    number = Outcome.objects.get(row=2).number
    second = deposit(w, sheet(tmp_path / "b.csv", [w.row(0), w.row(1), w.row(2)]))
    assert (second.counts.accepted, second.counts.duplicates) == (1, 2)
    assert second.counts.credits == 300
    assert RefusedRow.objects.get(batch_id=second.id, row=2).params == {"number": number}
    assert books.balance(BookKind.LEARNER, w.learner_ids[0]).received == 300
    assert first.number != second.number
    assert broken_promises() == []


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    w = world()
    rows = [w.row(0), w.row(0), w.row(1, grade="10"), w.row(2, item_code="X", awarded_on="?")]
    path = sheet(tmp_path / "a.csv", rows)
    told = actions.dry_run(
        path=path, issuer_code="ylu", by=w.officer, now=NOW, errors=tmp_path / "dry.xlsx", chunk_rows=1
    )
    assert (Batch.objects.count(), Outcome.objects.count(), RefusedRow.objects.count()) == (0, 0, 0)
    done = deposit(w, path)
    assert told.counts == done.counts
    assert told.codes == queries.error_codes(done.id)
    actions.write_error_workbook(number=done.number, path=tmp_path / "done.xlsx", by=w.officer)
    assert _cells(tmp_path / "dry.xlsx") == _cells(tmp_path / "done.xlsx")


def test_a_corrected_error_workbook_is_the_next_upload(tmp_path: Path) -> None:
    w = world()
    batch = deposit(w, sheet(tmp_path / "a.csv", [w.row(0), w.row(1, grade="=59"), w.row(2, item_code="X")]))
    out = tmp_path / "errors.xlsx"
    assert actions.write_error_workbook(number=batch.number, path=out, by=w.officer) == 2
    book = openpyxl.load_workbook(out)
    refused = book.worksheets[0]
    assert [c.value for c in refused[1]][:7] == ["账号", "姓名", "成果代码", "取得日期", "成绩", "学时", "证书编号"]
    assert (refused["E2"].value, refused["E2"].data_type, refused["E2"].quotePrefix) == ("=59", "s", True)
    assert refused["E2"].fill.fgColor.rgb.endswith("FFE1DC")
    assert refused["C2"].fill.fgColor.rgb == "00000000"
    assert [c.value for c in refused[3]][7:9] == ["4", "item_code_unknown"]
    refused["E2"], refused["C3"] = "88", "C2"
    book.save(tmp_path / "corrected.xlsx")
    second = deposit(w, tmp_path / "corrected.xlsx")
    assert (second.counts.read, second.counts.accepted) == (2, 2)
    assert broken_promises() == []


def test_a_form_is_a_batch_of_one() -> None:
    w = world()
    row = {"account": w.accounts[0], "item_code": "C1", "awarded_on": "2026-06-30", "grade": "90"}
    batch = actions.receive_rows(source="form", rows=[row], issuer_code="ylu", by=w.officer, now=NOW)
    done = actions.run(batch_id=batch.id, by=w.officer, now=NOW)
    assert (done.source, done.counts.accepted, done.counts.credits) == ("form", 1, 300)
    with pytest.raises(ValueError, match="names a field"):
        actions.receive_rows(source="api", rows=[{"acount": "1"}], issuer_code="ylu", by=w.officer, now=NOW)


def test_learners_are_found_by_identity_number_and_both_must_agree(tmp_path: Path) -> None:
    w = world()
    wrong = w.identities[2][:-1] + ("0" if w.identities[2][-1] != "0" else "1")
    header = ("身份证号码", "账号", "成果代码", "取得日期", "成绩")
    rows = [
        [w.identities[0], "", "C1", "2026/6/30", "A"],
        [w.identities[1], w.accounts[1], "C1", "20260630", "良好"],
        [w.identities[2], w.accounts[1], "C1", "2026年6月30日", "80"],
        [wrong, "", "C1", "2026-06-30", "80"],
        ["", "", "C1", "2026-06-30", "80"],
        [foundation.identity(999), "", "C1", "2026-06-30", "80"],
        [w.identities[0], "1.23457E+15", "C1", "2026-06-30", "80"],
    ]
    batch = deposit(w, sheet(tmp_path / "a.csv", rows, header=header))
    assert batch.counts.accepted == 2
    assert errors_of(batch.id) == {
        4: [("id_number", "learner_conflict")],
        5: [("id_number", "id_number_check")],
        6: [("account", "learner_missing")],
        7: [("id_number", "learner_unknown")],
        8: [("account", "number_as_figure")],
    }


def test_a_frozen_account_takes_nothing(tmp_path: Path) -> None:
    w = world()
    learners.freeze(account_no=w.accounts[0], reason="核查", by=HOUSE, now=NOW)
    batch = deposit(w, sheet(tmp_path / "a.csv", [w.row(0)]))
    assert errors_of(batch.id) == {2: [("account", "learner_not_open")]}
    assert books.balance(BookKind.LEARNER, w.learner_ids[0]).received == 0


def test_the_named_version_counts_and_without_one_the_latest(tmp_path: Path) -> None:
    w = world()
    add_item(w.issuer, "C1", version="2020", theory_hours=32, effective_from=date(2020, 9, 1))
    header = ("account", "item_code", "version", "awarded_on", "grade")
    rows = [
        [w.accounts[0], "C1", "2020", "2026-06-30", "80"],
        [w.accounts[1], "C1", "", "2026-06-30", "80"],
        [w.accounts[2], "C1", "1999", "2026-06-30", "80"],
    ]
    batch = deposit(w, sheet(tmp_path / "a.csv", rows, header=header))
    assert list(Outcome.objects.order_by("row").values_list("credits", flat=True)) == [200, 300]
    assert errors_of(batch.id) == {4: [("version", "item_version_unknown")]}


def test_a_revoked_outcome_leaves_the_book_and_stays_on_record(tmp_path: Path) -> None:
    w = world()
    path = sheet(tmp_path / "a.csv", [w.row(0), w.row(1)])
    deposit(w, path)
    number = Outcome.objects.get(row=2).number
    with pytest.raises(Denied) as empty:
        actions.revoke_outcome(number=number, reason=" ", by=w.officer, now=NOW)
    assert empty.value.code == "reason_missing"
    facts = actions.revoke_outcome(number=number, reason="成绩录错", by=w.officer, now=NOW)
    assert (facts.state, facts.free, facts.credits) == (OutcomeState.REVOKED, 0, 300)
    assert books.balance(BookKind.LEARNER, w.learner_ids[0]).available == 0
    assert queries.outcomes_of(EVERYTHING, w.learner_ids[0]) == []
    with pytest.raises(Denied) as twice:
        actions.revoke_outcome(number=number, reason="又一次", by=w.officer, now=NOW)
    assert twice.value.code == "outcome_revoked"
    again = deposit(w, sheet(tmp_path / "b.csv", [w.row(0), w.row(0, serial="R-2")]))
    assert (again.counts.refused, again.counts.accepted) == (1, 1)
    assert errors_of(again.id) == {2: [("", "revoked_before")]}
    assert broken_promises() == []


def test_an_outcome_whose_credit_is_reserved_cannot_be_revoked(tmp_path: Path) -> None:
    w = world()
    deposit(w, sheet(tmp_path / "a.csv", [w.row(0)]))
    outcome = Outcome.objects.get()
    with transaction.atomic():
        mine = ledger.book_ids(BookKind.LEARNER, [w.learner_ids[0]])[w.learner_ids[0]]
        theirs = ledger.book_ids(BookKind.RECEIVER, [w.issuer.pk])[w.issuer.pk]
        ledger.post(postings=[Posting(TransferKind.RESERVE, mine, theirs, 100, outcome.pk, "r1")], now=NOW)
    assert queries.outcomes_of(EVERYTHING, w.learner_ids[0])[0].free == 200
    with pytest.raises(Denied) as denied:
        actions.revoke_outcome(number=outcome.number, reason="录错", by=w.officer, now=NOW)
    assert denied.value.code == "credit_not_free"
    outcome.refresh_from_db()
    assert outcome.state == OutcomeState.VALID


def test_only_the_issuers_own_officer_deposits_and_revokes(tmp_path: Path) -> None:
    w = world()
    path = sheet(tmp_path / "a.csv", [w.row(0)])
    stranger = foundation.at_institution(Role.ISSUER_OFFICER, w.issuer.pk + 1)
    clerk = foundation.at_place(Role.POINT_CLERK, foundation.POINT)
    for actor in (stranger, clerk, foundation.as_learner(w.learner_ids[0])):
        with pytest.raises(Denied) as denied:
            receive(w, path, by=actor)
        assert denied.value.code == "not_allowed"
    done = deposit(w, path)
    with pytest.raises(Denied) as running:
        actions.run(batch_id=done.id, by=stranger, now=NOW)
    assert running.value.code == "not_allowed"
    with pytest.raises(Denied) as hidden:
        actions.revoke_outcome(number=Outcome.objects.get().number, reason="x", by=stranger, now=NOW)
    assert hidden.value.code == "outcome_unknown"


def test_facts_are_guarded_by_the_database(tmp_path: Path) -> None:
    w = world()
    deposit(w, sheet(tmp_path / "a.csv", [w.row(0), w.row(1, grade="1")]))
    for change in (
        lambda: Outcome.objects.update(credits=900),
        lambda: Outcome.objects.all().delete(),
        lambda: RefusedRow.objects.update(code="x"),
        lambda: RefusedRow.objects.all()._raw_delete("default"),
        lambda: Batch.objects.update(content_sm3="x"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    actions.revoke_outcome(number=Outcome.objects.get().number, reason="x", by=w.officer, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Outcome.objects.update(state=OutcomeState.VALID)


_BOOKS_MADE_TO_FIT = """
UPDATE transfer SET amount = amount + 100 WHERE kind = 'deposit';
UPDATE outcome SET credits = credits + 100;
UPDATE batch SET credits = credits + 100;
UPDATE book SET received = received + 100 WHERE kind = 'learner';
UPDATE book SET sent = sent + 100 WHERE kind = 'issuer'
"""
_GONE_WITHOUT_TRACE = """
DELETE FROM transfer; DELETE FROM outcome; DELETE FROM lot; DELETE FROM batch; DELETE FROM book
"""


@pytest.mark.parametrize(
    ("forgery", "found"),
    [
        (_BOOKS_MADE_TO_FIT, "says: credits"),
        (_GONE_WITHOUT_TRACE, "speaks of it, but it does not exist"),
        ("UPDATE outcome SET assurance = 3", "says: assurance"),
        ("UPDATE outcome SET awarded_on = awarded_on - 1", "says: awarded_on"),
        ("UPDATE outcome SET learner_id = %(other)s", "says: holder"),
        ("UPDATE outcome SET leaf_id = leaf_id + 1", "says: leaf_id"),
        ("UPDATE outcome SET level = 9", "the standard says"),
        ("UPDATE outcome SET quality = 'C'", "the standard says"),
        ("UPDATE outcome SET grade = '99', mark = 9900", "says: result"),
        ("UPDATE outcome SET hours = 7", "says: result"),
        ("UPDATE outcome SET serial = 'X'", "says: result"),
        ("UPDATE outcome SET state = 'revoked'", "is revoked, its changes lead to None"),
        ("UPDATE transfer SET at = at - interval '1 year'", "300 recognised, 300 deposited, valid"),
    ],
)
def test_prove_compares_outcomes_with_the_log_and_the_standard(tmp_path: Path, forgery: str, found: str) -> None:
    """A superuser who makes all tables agree with one another still disagrees with what was logged."""
    w = world()
    deposit(w, sheet(tmp_path / "a.csv", [w.row(0)]))
    assert broken_promises() == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(forgery, {"other": w.learner_ids[1]})
    assert any(found in v.found for v in broken_promises()), broken_promises()


def _cells(path: Path) -> list[list[list[object]]]:
    return [[[c.value for c in row] for row in ws.iter_rows()] for ws in openpyxl.load_workbook(path).worksheets]
