"""Checking a sheet before it is sent: everything about a row that can be said without looking anybody up.

What only depositing can tell: whether the account is there and open, whether the name is its holder's, whether the outcome
was deposited before.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xuefen.bank.catalogue.types import ItemFacts
from xuefen.bank.deposits.rules.judging import (
    RESULT_FIELDS,
    Context,
    bad_account,
    bad_id_number,
    grade_of,
    item_of,
    worth_of,
)
from xuefen.bank.deposits.rules.sheet import FIELDS, Columns
from xuefen.bank.deposits.types import DUPLICATE_ROW, Row, RowError
from xuefen.bank.shell.problems import Problem
from xuefen.bank.standards.types import Pack

_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class SheetError:
    """One error of a checked sheet: the row as a spreadsheet counts it, the column's letter and heading ("" for the whole
    row), the cell as typed, and why.
    """

    row: int
    letter: str
    heading: str
    field: str
    typed: str = dataclasses.field(repr=False)
    problem: Problem
    params: Mapping[str, object]

    def sentence(self, language: str = "zh") -> str:
        return self.problem.sentence(language, self.params)

    def to_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "column": self.letter,
            "heading": self.heading,
            "field": self.field,
            "code": self.problem.code,
            "zh": self.sentence("zh"),
            "en": self.sentence("en"),
        }


@dataclass(frozen=True, slots=True)
class Checked:
    """A sheet checked without depositing it and without looking anybody up. ``found`` counts all errors, ``errors`` holds
    the first of them; ``credits`` (hundredths) of the sound rows is known when the issuer's catalogue was looked into.
    """

    rows: int
    sound: int
    found: int
    errors: tuple[SheetError, ...]
    codes: Mapping[str, int]
    ignored: tuple[str, ...]
    issuer: str
    credits: int | None
    standard: str

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "sound": self.sound,
            "found": self.found,
            "errors": [error.to_json() for error in self.errors],
            "codes": dict(self.codes),
            "ignored": list(self.ignored),
            "issuer": self.issuer,
            "credits": self.credits,
            "standard": self.standard,
        }


@dataclass(slots=True)
class Sheet:
    """A sheet under check. ``context`` is there when the issuer's public catalogue may be asked; ``seen`` grows."""

    columns: Columns
    pack: Pack
    context: Context | None = None
    seen: dict[tuple[object, ...], int] = dataclasses.field(default_factory=dict, repr=False)


def check(row: Row, sheet: Sheet) -> tuple[tuple[RowError, ...], int]:
    """Every error of a parsed row, and its credit (hundredths; 0 when it is not known or the row is not sound)."""
    errors, spoilt, credits = list(row.errors), {error.field for error in row.errors}, 0
    if "" in spoilt:
        return tuple(errors), 0
    if row.account and "account" not in spoilt and (bad := bad_account(row.account)):
        errors.append(bad)
    if row.id_number and "id_number" not in spoilt and (bad := bad_id_number(row.id_number)):
        errors.append(bad)
    item = item_of(row, sheet.context) if sheet.context is not None else None
    if isinstance(item, RowError):
        errors.append(item)
    if isinstance(item, ItemFacts) and sheet.context is not None and not spoilt & RESULT_FIELDS:
        worth = worth_of(item, grade=row.grade, hours=row.hours, effort=row.effort, context=sheet.context)
        errors.extend(worth.errors)
        credits = worth.credits
    elif "grade" not in spoilt and isinstance(bad_grade := grade_of(row.grade, sheet.pack), RowError):
        errors.append(bad_grade)
    if not errors:
        key = (row.account, row.id_number, row.item_code, row.version, row.awarded_on, row.serial)
        first = sheet.seen.setdefault(key, row.number)
        if first != row.number:
            errors.append(RowError("", DUPLICATE_ROW, {"row": first}))
    return tuple(errors), 0 if errors else credits


def shown(row: Row, errors: Sequence[RowError], cells: Sequence[str], columns: Columns) -> list[SheetError]:
    """Errors with the column they stand in, as the sender sees the sheet."""
    found = []
    for error in errors:
        place = columns.at.get(error.field)
        typed = dict(enumerate(cells)).get(place, "") if place is not None else ""
        found.append(
            SheetError(
                row=row.number,
                letter=letter(place) if place is not None else "",
                heading=columns.header[place]
                if place is not None
                else FIELDS[error.field].zh[0]
                if error.field
                else "",
                field=error.field,
                typed=typed.strip()[:_LONGEST_SHOWN],
                problem=error.problem,
                params=error.params,
            )
        )
    return found


def letter(place: int) -> str:
    """A column's letter in a spreadsheet, counted from 0: A, B, …, Z, AA."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text
