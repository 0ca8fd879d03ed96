"""The sheets issuers hand in: thousands of good rows and a few of every kind of bad one."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import xlsxwriter

from xuefen.bank.catalogue.types import ItemFacts
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bedrock import ids

HEADER = ("账号", "证件号码", "姓名", "成果代码", "版本", "取得日期", "成绩", "学时", "证书编号")
Row = tuple[str, str, str, str, str, str, str, str, str]
Person = tuple[str, str, str]  # account number, identity number, name


def good_row(person: Person, item: ItemFacts, *, on: date, random: Random) -> Row:
    """One row that passes: a passing grade, hours where the class asks for them, a serial for certificates."""
    account, number, name = person
    by_account = random.random() < 0.8
    hours = serial = ""
    grade = str(random.randint(60, 99))
    if item.outcome_class == OutcomeClass.SOCIAL:
        hours, grade = str(max(16, item.theory_hours + item.practice_hours)), "合格"
    if item.outcome_class == OutcomeClass.VOCATIONAL:
        serial, grade = f"{on:%y%m}{random.randrange(10**8):08d}", "合格"
    return (
        account if by_account else "", "" if by_account else number, name, item.code, item.version, on.isoformat(), grade,
        hours, serial,
    )  # fmt: skip


def good_rows(
    people: Sequence[Person], items: Sequence[ItemFacts], *, count: int, until: date, random: Random
) -> list[Row]:
    """``count`` rows that pass, no two alike, awarded within three years before ``until``."""
    rows: dict[tuple[str, str], Row] = {}
    while len(rows) < count:
        person, item = random.choice(people), random.choice(items)
        on = until - timedelta(days=random.randrange(10, 1000))
        rows.setdefault((person[0], item.code), good_row(person, item, on=on, random=random))
    return list(rows.values())


def bad_rows(good: Sequence[Row]) -> list[Row]:
    """Some of everything that goes wrong, each made from a good row: what an error workbook is for."""
    template = good[0]

    def changed(**cells: str) -> Row:
        names = ("account", "number", "name", "item", "version", "on", "grade", "hours", "serial")
        row = dict(zip(names, template, strict=True)) | cells
        return tuple(row[name] for name in names)  # type: ignore[return-value]

    return [
        changed(account=ids.new_number(ids.NumberClass.ACCOUNT), number=""),  # nobody's account
        changed(account="1234567890123450", number=""),  # a wrong check digit
        changed(account="", number="330604199001011238"),  # wrong check digit
        changed(account="", number="33060419900230123X"),  # the thirtieth of February
        changed(item="NOSUCH101"),
        changed(on="2099-01-01"),
        changed(on="去年夏天"),
        changed(grade="41"),
        changed(grade="很好"),
        changed(name="=HYPERLINK(1)"),
        changed(name="林\u0007秋"),
        changed(account="", number=""),
        good[1],  # the same row a second time
        good[2],
    ]


def write_xlsx(path: Path, rows: Iterable[Row]) -> None:
    """A workbook as a registrar's office saves it: everything as text."""
    workbook = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    sheet = workbook.add_worksheet("成绩")
    for number, row in enumerate([HEADER, *rows]):
        for column, cell in enumerate(row):
            sheet.write_string(number, column, cell)
    workbook.close()


def write_csv(path: Path, rows: Iterable[Row], *, encoding: str) -> None:
    """A csv in the encoding of the office it comes from."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
