"""The first sheet of a workbook as rows of text. A spreadsheet is a program written by a stranger: call ``sheet_rows`` only
through ``bounded.rows``.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Generator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from xuefen.bank.shell.bounded import (
    DAMAGED,
    FORMULA,
    SHEET_TOO_LARGE,
    TOO_MANY_COLUMNS,
    TOO_MANY_ROWS,
    XLSX_BROKEN,
    NumberedRow,
)
from xuefen.bank.shell.problems import Denied

# A cell and the formula that begins inside it. Attributes may stand in any order, elements may carry a prefix.
_CELL_FORMULA = re.compile(rb"<(?:\w+:)?c\b([^<>]*)>\s*<(?:\w+:)?f\b")
_REFERENCE = re.compile(rb"\br=[\"']([A-Z]+)([0-9]+)[\"']")
_TARGETS = re.compile(rb"<(?:\w+:)?Relationship\b[^<>]*>")
_SHEETS = re.compile(rb"<(?:\w+:)?sheet\b[^<>]*>")


def sheet_rows(path: Path, most_columns: int, most_rows: int) -> Generator[NumberedRow, None, None]:
    """Every row of the first sheet, blank ones too.

    Raises ``Denied``: xlsx_broken, too_many_columns, too_many_rows, sheet_too_large.
    """
    sheet, formulas = _opened(path, most_columns, most_rows)
    left = sheet.start[1] if sheet.start else 0  # rows begin at the sheet's first row, but at its first used column
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells = [value if type(value) is str else text_of(value) for value in row]
        for column in formulas.get(number, ()):
            place = column - left
            if place < 0:
                continue
            cells.extend([""] * (place + 1 - len(cells)))  # a formula never computed has no value and may widen the row
            cells[place] = FORMULA + cells[place]
        yield number, cells


def _opened(path: Path, most_columns: int, most_rows: int) -> tuple[CalamineSheet, dict[int, set[int]]]:
    try:
        workbook = CalamineWorkbook.from_path(path)
        if not workbook.sheet_names:
            raise Denied(XLSX_BROKEN)
        sheet = workbook.get_sheet_by_index(0)
        if sheet.total_width > most_columns:
            raise Denied(TOO_MANY_COLUMNS, found=sheet.total_width, most=most_columns)
        if sheet.total_height > most_rows:
            raise Denied(TOO_MANY_ROWS, most=most_rows)
        return sheet, formula_cells(path)
    except (CalamineError, ValueError, KeyError, *DAMAGED):
        raise Denied(XLSX_BROKEN) from None
    except (Denied, MemoryError):
        raise
    except BaseException as panic:  # the reader's own panic is no Exception: it met the unexpected, or no memory
        if type(panic).__name__ != "PanicException":
            raise
        raise Denied(SHEET_TOO_LARGE if "MemError" in str(panic) else XLSX_BROKEN) from None


def text_of(value: Any) -> str:
    """A cell as a person would have typed it into a csv file."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        # Beyond fifteen digits a spreadsheet has lost the rest: written so that it is noticed, not guessed.
        if abs(value) >= 1e15:
            return f"{value:.5E}"
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def formula_cells(path: Path) -> dict[int, set[int]]:
    """Row number → columns (from 0) of the first sheet's cells that hold a formula: the reader shows only their values."""
    found: dict[int, set[int]] = {}
    with zipfile.ZipFile(path) as archive, archive.open(first_sheet(archive)) as sheet:
        tail = b""
        while data := sheet.read(1 << 20):
            data = tail + data
            cut = data.rfind(b"<")
            cut = data.rfind(b"<", 0, cut) if cut > 0 else 0  # keep a cell together with the formula after it
            note_formulas(data, found)
            tail = data[max(cut, 0) :]
    return found


def note_formulas(data: bytes, found: dict[int, set[int]]) -> None:
    if b"f>" not in data and b"<f" not in data and b":f" not in data:
        return
    for match in _CELL_FORMULA.finditer(data):
        reference = _REFERENCE.search(match[1])
        if reference is None:
            raise ValueError("a formula in a cell without a reference")
        column = 0
        for letter in reference[1]:
            column = column * 26 + letter - 64
        found.setdefault(int(reference[2]), set()).add(column - 1)


def first_sheet(archive: zipfile.ZipFile) -> str:
    """The path of the first sheet's part inside the archive."""
    sheets = _SHEETS.search(archive.read("xl/workbook.xml"))
    wanted = attribute(sheets[0], rb"\w+:id") if sheets else ""
    for match in _TARGETS.finditer(archive.read("xl/_rels/workbook.xml.rels")):
        if attribute(match[0], b"Id") == wanted:
            target = attribute(match[0], b"Target")
            return target[1:] if target.startswith("/") else "xl/" + target
    raise KeyError("first sheet")


def attribute(element: bytes, name: bytes) -> str:
    match = re.search(rb"\s" + name + rb"=[\"']([^\"']*)[\"']", element)
    return match[1].decode() if match else ""
