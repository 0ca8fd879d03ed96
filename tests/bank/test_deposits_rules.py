"""Headers and rows, without a database."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xuefen.bank.deposits import rules
from xuefen.bank.deposits.rules.judging import cells_shown
from xuefen.bank.deposits.rules.sheet import ADDED_COLUMNS, FIELDS
from xuefen.bank.deposits.types import RowError
from xuefen.bank.shell.bounded import FORMULA
from xuefen.bank.shell.problems import Denied

TODAY = date(2026, 11, 20)
COLUMNS = rules.map_columns(["account", "name", "item_code", "awarded_on", "grade", "hours", "serial", "备注"])
GOOD = ["1234567890123456", "林秋禾", "C1", "2026-06-30", "85", "", "", "anything"]


def _codes(cells: list[str]) -> list[tuple[str, str]]:
    return [(e.field, e.problem.code) for e in rules.parse_row(2, cells, COLUMNS, today=TODAY).errors]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-30", date(2026, 6, 30)),
        ("2026/6/3", date(2026, 6, 3)),
        ("2026.6.3", date(2026, 6, 3)),
        ("20260630", date(2026, 6, 30)),
        ("2026年6月30日", date(2026, 6, 30)),
        ("２０２６－０６－３０", date(2026, 6, 30)),
        ("2026-06-30 00:00:00", date(2026, 6, 30)),
        ("2026-11-20", date(2026, 11, 20)),
        ("2026-11-21", "date_in_future"),
        ("2099-01-01", "date_in_future"),
        ("2026-02-29", "date_impossible"),
        ("2024-13-01", "date_impossible"),
        ("1948-12-31", "date_too_early"),
        ("46203", "date_unreadable"),
        ("30/06/2026", "date_unreadable"),
        ("去年", "date_unreadable"),
    ],
)
def test_dates_as_issuers_write_them(text: str, expected: date | str) -> None:
    found = rules.parse_date(text, TODAY)
    assert (found.problem.code if isinstance(found, RowError) else found) == expected


@pytest.mark.parametrize(
    ("place", "text", "codes"),
    [
        (4, "=1+1", [("grade", "cell_formula")]),
        (4, FORMULA + "85", [("grade", "cell_formula")]),
        (1, "@SUM(1)", [("name", "cell_formula")]),
        (1, "林\x00秋", [("name", "cell_controls")]),
        (1, "林\u202e秋", [("name", "cell_controls")]),
        (7, "=1+1", []),  # a column that is not read
        (4, "-", []),  # a dash stands for nothing
        (6, "—", []),
        (5, "无", []),
        (5, "/", []),
        (1, "无名氏", []),
        (0, "", [("account", "learner_missing")]),
        (0, "1.23457E+15", [("account", "number_as_figure")]),
        (2, " ", [("item_code", "cell_missing")]),
        (3, "", [("awarded_on", "cell_missing")]),
        (5, "0", [("hours", "hours_unreadable")]),
        (5, "3.5", [("hours", "hours_unreadable")]),
        (5, "32.0", []),
        (6, "x" * 61, [("serial", "cell_too_long")]),
    ],
)
def test_what_is_wrong_with_one_cell(place: int, text: str, codes: list[tuple[str, str]]) -> None:
    assert _codes([*GOOD[:place], text, *GOOD[place + 1 :]]) == codes


def test_every_error_of_a_row_is_told() -> None:
    cells = ["", "=x", "", "2026-02-30", "85", "x", "", ""]
    assert _codes(cells) == [
        ("name", "cell_formula"),
        ("awarded_on", "date_impossible"),
        ("hours", "hours_unreadable"),
        ("account", "learner_missing"),
        ("item_code", "cell_missing"),
    ]


def test_too_short_and_too_long_rows() -> None:
    assert _codes(GOOD[:5]) == [("", "row_incomplete")]
    assert _codes([*GOOD, "", " "]) == []
    assert _codes([*GOOD, "x"]) == [("", "row_too_long")]


@pytest.mark.parametrize("name", list(FIELDS))
def test_every_name_of_a_column_is_known(name: str) -> None:
    for title in (*FIELDS[name].zh, *FIELDS[name].en):
        others = [n for n in ("account", "item_code", "awarded_on") if n != name]
        columns = rules.map_columns([*others, f" {title.upper()} "])
        assert columns.at[name] == len(others)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (["a", "b"], "sheet_wrong"),
        ([], "sheet_wrong"),
        (["account", "账号", "item_code", "awarded_on"], "headers_twice"),
        (["name", "item_code", "awarded_on"], "headers_missing"),
        (["account"] + ["x"] * 64, "too_many_columns"),
    ],
)
def test_headers_that_cannot_be_used(header: list[str], code: str) -> None:
    with pytest.raises(Denied) as denied:
        rules.map_columns(header)
    assert denied.value.code == code


def test_columns_the_error_workbook_added_are_not_kept() -> None:
    columns = rules.map_columns(["account", "item_code", "awarded_on", *ADDED_COLUMNS])
    assert cells_shown(columns, ["1", "C", "2026-01-01", "2", "x", "y", "z"]) == (
        ("account", "1"),
        ("item_code", "C"),
        ("awarded_on", "2026-01-01"),
    )


def test_the_natural_key_tells_apart_what_differs_and_nothing_else() -> None:
    one = {"issuer_id": 1, "learner_id": 2, "item_version_id": 3, "awarded_on": date(2026, 6, 30), "serial": "ab 1"}
    key = rules.natural_key(**one)
    assert len(key) == 16
    assert rules.natural_key(**{**one, "serial": "AB1"}) == key
    changes = {"issuer_id": 2, "learner_id": 3, "item_version_id": 4, "awarded_on": date(2026, 6, 29), "serial": ""}
    assert len({rules.natural_key(**{**one, name: value}) for name, value in changes.items()} | {key}) == 6


@given(st.lists(st.text(max_size=80), max_size=12))
def test_no_row_makes_the_reader_fall(cells: list[str]) -> None:
    row = rules.parse_row(7, cells, COLUMNS, today=TODAY)
    for error in row.errors:
        assert "{" not in error.sentence("zh") + error.sentence("en")
    assert row.errors or (row.account and row.item_code and row.awarded_on)
