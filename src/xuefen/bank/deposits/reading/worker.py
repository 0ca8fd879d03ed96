"""Reads one xlsx sheet in a process of its own, within hard limits of memory and time. Run by path, never imported.

A spreadsheet is a program written by a stranger: if it makes the reader use too much, the reader dies and the bank does
not. Prints JSON lines: first ``{"rows": height}``, then every row as ``[number, cell, …]``; or ``{"error": code}``.
"""

import json
import re
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

FORMULA = "\ufdd0="
# A cell and the formula that begins inside it. Attributes may stand in any order, elements may carry a prefix.
_CELL_FORMULA = re.compile(rb"<(?:\w+:)?c\b([^<>]*)>\s*<(?:\w+:)?f\b")
_REFERENCE = re.compile(rb"\br=[\"']([A-Z]+)([0-9]+)[\"']")
_TARGETS = re.compile(rb"<(?:\w+:)?Relationship\b[^<>]*>")
_SHEETS = re.compile(rb"<(?:\w+:)?sheet\b[^<>]*>")


def main(path: str, memory: int, seconds: int, most_columns: int, most_rows: int) -> None:
    from python_calamine import CalamineError, CalamineWorkbook  # before the limits: its absence is no large sheet

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        workbook = CalamineWorkbook.from_path(path)
        if not workbook.sheet_names:
            fail("xlsx_broken")
        sheet = workbook.get_sheet_by_index(0)
        if sheet.total_width > most_columns:
            fail("too_many_columns", found=sheet.total_width)
        if sheet.total_height > most_rows:
            fail("too_many_rows")
        formulas = formula_cells(path)
    except MemoryError:
        fail("sheet_too_large")
    except (CalamineError, OSError, ValueError, KeyError, zipfile.BadZipFile):
        fail("xlsx_broken")
    except BaseException as panic:  # the reader's own panic is no Exception: it met the unexpected, or no memory
        if type(panic).__name__ != "PanicException":
            raise
        fail("sheet_too_large" if "MemError" in str(panic) else "xlsx_broken")
    write(sheet, formulas)


def write(sheet: Any, formulas: dict[int, set[int]]) -> None:
    out = sys.stdout
    encode = json.JSONEncoder(ensure_ascii=False).encode
    out.write(encode({"rows": sheet.total_height}) + "\n")
    left = sheet.start[1] if sheet.start else 0  # rows begin at the sheet's first row, but at its first used column
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells = [value if type(value) is str else text_of(value) for value in row]
        for column in formulas.get(number, ()):
            place = column - left
            if place < 0:
                continue
            cells.extend([""] * (place + 1 - len(cells)))  # a formula never computed has no value and may widen the row
            cells[place] = FORMULA + cells[place]
        out.write(encode([number, *cells]) + "\n")
    out.flush()


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


def formula_cells(path: str) -> dict[int, set[int]]:
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


def fail(code: str, **params: object) -> None:
    sys.stdout.write(json.dumps({"error": code, **params}) + "\n")
    sys.stdout.flush()
    raise SystemExit(0)


if __name__ == "__main__":
    try:
        main(sys.argv[1], *(int(argument) for argument in sys.argv[2:6]))
    except MemoryError:
        raise SystemExit(75) from None  # NO_MEMORY of reading.py
