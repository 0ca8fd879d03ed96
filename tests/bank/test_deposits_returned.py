"""A returned workbook: every bad cell marked, corrected by hand, and the very same file sent again; from every kind of file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.bank import roster_builders as rosters
from tests.bank.deposit_builders import HEADER, NOW, World, broken_promises, deposit, errors_of, sheet, world
from xuefen.bank.deposits import actions
from xuefen.bank.deposits.models import Outcome

pytestmark = pytest.mark.django_db
PINK = "FFFFE1DC"


def as_csv(path: Path, w: World) -> Path:
    return sheet(path, [w.row(0), w.row(1, grade=""), w.row(2, grade="abc"), w.row(0)])


def as_tsv(path: Path, w: World) -> Path:
    return sheet(
        path, [w.row(0), w.row(1, grade=""), w.row(2, grade="abc"), w.row(0)], encoding="utf-16", delimiter="\t"
    )


def as_objects(path: Path, w: World) -> Path:
    rows = [dict(zip(HEADER, row, strict=True)) for row in (w.row(0), w.row(1), w.row(2, grade="abc"), w.row(0))]
    del rows[1]["成绩"]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def as_xlsx(path: Path, w: World) -> Path:
    book = openpyxl.Workbook()
    for row in (HEADER, w.row(0), w.row(1, grade=""), w.row(2, grade="abc"), w.row(0)):
        book.active.append(list(row))
    book.save(path)
    return path


def as_roster(path: Path, w: World) -> Path:
    people = {
        f"u{n}": {"identifier": account, "familyName": "林", "givenName": "秋禾"}
        for n, account in enumerate(w.accounts)
    }
    results = [
        {"studentSourcedId": "u0", "score": "85"},
        {"studentSourcedId": "u1", "scoreStatus": "submitted"},
        {"studentSourcedId": "u2", "score": "abc"},
        {"studentSourcedId": "u0", "score": "85"},
    ]
    return rosters.roster(path, rosters.tables(people, results))


def marked(path: Path) -> dict[str, str]:
    """Heading → value of the marked cells of the first sheet, by row."""
    page = openpyxl.load_workbook(path).worksheets[0]
    heads = [cell.value for cell in page[1]]
    return {
        f"{cell.row} {heads[cell.column - 1]}": cell.value or ""
        for row in page.iter_rows(min_row=2)
        for cell in row
        if cell.fill.fgColor.rgb == PINK
    }


def corrected(path: Path, **cells: str) -> None:
    """What a person does: type into the marked cells, keep everything else."""
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    heads = {cell.value: cell.column for cell in page[1]}
    for row in range(2, page.max_row + 1):
        for heading, value in cells.items():
            page.cell(row, heads[heading]).value = value
    book.save(path)


@pytest.mark.parametrize("make", [as_csv, as_tsv, as_objects, as_xlsx, as_roster])
def test_corrected_and_sent_again_it_deposits_the_rest(tmp_path: Path, make: Callable[[Path, World], Path]) -> None:
    w = world()
    first = deposit(w, make(tmp_path / "sent", w))
    assert (first.counts.accepted, first.counts.refused, first.counts.duplicates) == (1, 2, 1)
    path = tmp_path / "returned.xlsx"
    assert actions.write_error_workbook(number=first.number, path=path, by=w.officer) == 3
    assert marked(path) == {"2 成绩": "", "3 成绩": "abc"}
    untouched = deposit(w, path)  # sent back as it is: the same errors, nothing done
    assert (untouched.counts.accepted, untouched.counts.refused) == (0, 2)
    assert [codes for row, codes in errors_of(untouched.id).items()][1] == [("grade", "grade_unreadable")]
    corrected(path, 成绩="90")
    second = deposit(w, path)
    assert (second.counts.accepted, second.counts.refused, second.counts.duplicates) == (2, 0, 0)
    again = actions.receive(
        source="file", file_name="r.xlsx", path=path, issuer_code="ylu", by=w.officer, now=NOW
    )  # the very same file
    assert (again.number, again.already) == (second.number, True)
    corrected(path, 成绩="91")  # and once more with another grade: they stand already
    third = deposit(w, path)
    assert (third.counts.accepted, third.counts.duplicates) == (0, 2)
    assert Outcome.objects.count() == 3
    assert broken_promises() == []


def test_a_column_the_sheet_lacks_is_there_to_be_filled_in(tmp_path: Path) -> None:
    w = world()
    header = ("证件号码", "成果代码", "取得日期")
    rows = [[w.identities[0], "C1", "2026-06-30"], ["", "Z1", "2026-06-30"], [w.identities[2], "S1", "2026-06-30"]]
    first = deposit(w, sheet(tmp_path / "a.csv", rows, header=header))
    path = tmp_path / "returned.xlsx"
    actions.write_error_workbook(number=first.number, path=path, by=w.officer)
    assert set(marked(path)) == {"2 成绩", "3 证件号码", "4 学时"}
    tried = tmp_path / "tried.xlsx"
    actions.dry_run(path=tmp_path / "a.csv", issuer_code="ylu", by=w.officer, now=NOW, errors=tried)
    assert set(marked(tried)) == {"2 成绩", "3 证件号码", "4 学时"}
    corrected(path, 成绩="90", 学时="64", 证件号码=w.identities[1])
    assert deposit(w, path).counts.accepted == 3


def test_headings_of_their_own_are_returned_as_they_came(tmp_path: Path) -> None:
    w = world()
    own = ("学号", "学员", "课号", "结课日", "百分制", "学时", "流水")
    pairs = [("学号", "account"), ("课号", "item_code"), ("结课日", "awarded_on"), ("百分制", "grade")]
    batch = actions.receive(
        source="file", file_name="a.csv", path=sheet(tmp_path / "a.csv", [w.row(0, grade="x")], header=own),
        issuer_code="ylu", by=w.officer, now=NOW, pairs=pairs,
    )  # fmt: skip
    actions.run(batch_id=batch.id, by=w.officer, now=NOW)
    path = tmp_path / "returned.xlsx"
    actions.write_error_workbook(number=batch.number, path=path, by=w.officer)
    assert marked(path) == {"2 百分制": "x"}
    corrected(path, 百分制="90")
    assert deposit(w, path).counts.accepted == 1
