"""Checking a sheet before it is sent: every error with row and column, nothing stored, nobody looked up."""

from __future__ import annotations

import re

import pytest
from openpyxl import Workbook

from tests.bank import deposit_builders as build
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.deposits import actions
from xuefen.bank.deposits.actions.checking import BOUNDS
from xuefen.bank.deposits.models import Batch, Outcome
from xuefen.bank.deposits.rules import FIELDS
from xuefen.bank.deposits.rules.checking import Checked, letter
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import ids

pytestmark = pytest.mark.django_db
HEADER = "账号,姓名,成果代码,取得日期,成绩,学时,备注"
GOOD = "4417092680352710"


@pytest.fixture(autouse=True)
def _standards() -> None:
    from xuefen.bank.standards import actions as standards

    standards.load_shipped_packs(by=build.HOUSE, now=build.NOW)


def check(*rows: str, header: str = HEADER, issuer: str = "", encoding: str = "utf-8") -> Checked:
    content = "\n".join([header, *rows]).encode(encoding)
    return actions.check_sheet(content=content, issuer_code=issuer, now=build.NOW)


def told(found: Checked) -> list[tuple[int, str, str]]:
    return [(error.row, error.letter, error.problem.code) for error in found.errors]


def test_the_examples_of_the_model_are_sound() -> None:
    ids.check(ids.NumberClass.ACCOUNT, FIELDS["account"].example)
    ids.ResidentId.parse(FIELDS["id_number"].example)
    header = ",".join(field.zh[0] for field in FIELDS.values() if field.name != "id_number")
    row = ",".join(field.example for field in FIELDS.values() if field.name != "id_number")
    found = check(row, header=header)
    assert (found.rows, found.sound, found.found) == (1, 1, 0)
    for field in FIELDS.values():
        assert not field.pattern or re.fullmatch(field.pattern, field.example), field.name
        assert len(field.example) <= field.longest


def test_every_error_of_every_row_with_its_column() -> None:
    found = check(
        f"{GOOD},林秋禾,KC1,2026-06-30,92,,",
        f"{GOOD[:-1]}9,,KC1,2026-02-30,很好,abc,",
        ",,,,,,有备注",
        f"{GOOD},,KC1,2027-01-01,=1+1,,",
        f"{GOOD},,KC1,2026-06-30,92,,",
    )
    assert told(found) == [
        (3, "D", "date_impossible"),
        (3, "F", "hours_unreadable"),
        (3, "A", "account_number_check"),
        (3, "E", "grade_unreadable"),
        (4, "A", "learner_missing"),
        (4, "C", "cell_missing"),
        (4, "D", "cell_missing"),
        (5, "E", "cell_formula"),
        (5, "D", "date_in_future"),
        (6, "", "duplicate_row"),
    ]
    assert (found.rows, found.sound, found.ignored) == (5, 1, ("备注",))


def test_the_letters_of_a_spreadsheet() -> None:
    assert [letter(n) for n in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


def test_a_wrong_line_of_the_header_says_what_is_missing() -> None:
    for header, code in (
        ("名称,备注", "sheet_wrong"),
        ("账号,成绩", "headers_missing"),
        ("账号,账号", "headers_twice"),
    ):
        with pytest.raises(Denied, match=code):
            check("1,2", header=header)
    for content, code in ((b"", "file_empty"), (b"%PDF-1.7 x", "file_kind"), ("账号".encode("gbk"), "no_rows")):
        with pytest.raises(Denied, match=code):
            actions.check_sheet(content=content, issuer_code="", now=build.NOW)


def test_pasted_rows_with_tabs_in_any_encoding() -> None:
    for encoding in ("utf-8", "gb18030", "utf-16"):
        found = check(f"{GOOD}\tKC1\t2026-06-30", header="账号\t成果代码\t取得日期", encoding=encoding)
        assert (found.rows, found.sound) == (1, 1)


def test_a_workbook_is_read_as_it_will_be_when_deposited(tmp_path) -> None:
    path = tmp_path / "sheet.xlsx"
    book = Workbook()
    for row in (["账号", "成果代码", "取得日期"], [GOOD, "KC1", "2026-06-30"], [GOOD, "KC1", "2026-13-01"]):
        book.active.append(row)
    book.save(path)
    found = actions.check_sheet(content=path.read_bytes(), issuer_code="", now=build.NOW)
    assert told(found) == [(3, "C", "date_impossible")]


def test_more_than_a_check_reads_is_refused() -> None:
    rows = [f"{GOOD},,KC1,2026-06-30,92,,{n}" for n in range(BOUNDS.rows + 1)]
    with pytest.raises(Denied, match="too_many_rows"):
        check(*rows)
    with pytest.raises(Denied, match="file_too_large"):
        actions.check_sheet(content=b"x" * (actions.MOST_CHECKED_BYTES + 1), issuer_code="", now=build.NOW)


def test_all_errors_are_counted_and_the_first_ones_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xuefen.bank.deposits.actions.checking.MOST_ERRORS", 3)
    found = check(*(f"{GOOD},,KC1,2026-02-30,92,," for _ in range(10)))
    assert (found.found, len(found.errors), found.codes) == (10, 3, {"date_impossible": 10})


class TestWithAnIssuer:
    def test_its_public_catalogue_and_the_credit(self) -> None:
        world = build.world(1)
        found = check(
            f"{GOOD},,C1,2026-06-30,85,,",
            f"{GOOD},,NO,2026-06-30,85,,",
            f"{GOOD},,C1,2026-06-30,很好,,",
            f"{GOOD},,S1,2026-06-30,85,,",
            f"{GOOD},,C1,2026-06-30,85,,",
            issuer=world.issuer.code,
        )
        assert told(found) == [
            (3, "C", "item_code_unknown"),
            (4, "E", "grade_unreadable"),
            (5, "F", "hours_missing"),
            (6, "", "duplicate_row"),
        ]
        assert (found.issuer, found.credits, found.sound) == (world.issuer.code, 300, 1)

    def test_nothing_is_stored_and_nobody_is_looked_up(self) -> None:
        """The account of somebody who exists and one of nobody get the same answer: the check must not be an oracle."""
        world = build.world(1)
        before = (Batch.objects.count(), Outcome.objects.count(), AuditEntry.objects.count())
        somebody = check(f"{world.accounts[0]},林秋禾,C1,2026-06-30,85,,", issuer=world.issuer.code)
        wrong_name = check(f"{world.accounts[0]},张三丰,C1,2026-06-30,85,,", issuer=world.issuer.code)
        nobody = check(f"{GOOD},林秋禾,C1,2026-06-30,85,,", issuer=world.issuer.code)
        assert somebody.to_json() == wrong_name.to_json() == nobody.to_json()
        assert before == (Batch.objects.count(), Outcome.objects.count(), AuditEntry.objects.count())

    def test_an_unknown_issuer(self) -> None:
        with pytest.raises(Denied, match="institution_unknown"):
            check(f"{GOOD},,C1,2026-06-30,85,,", issuer="NOBODY")
