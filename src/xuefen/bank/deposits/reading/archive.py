"""Archives: judged by their own table of contents before a byte is unpacked; workbooks read by ``worker.py`` in bounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Any, NoReturn

from xuefen.bank.deposits.reading.text import NumberedRow
from xuefen.bank.deposits.rules.roster import FILES as ROSTER_FILES
from xuefen.bank.deposits.rules.roster import plain_name
from xuefen.bank.deposits.rules.sheet import MOST_COLUMNS
from xuefen.bank.deposits.types import (
    ARCHIVE_BOMB,
    ARCHIVE_BROKEN,
    FILE_KIND,
    SHEET_TOO_LARGE,
    TOO_MANY_COLUMNS,
    TOO_MANY_ROWS,
    XLSX_BROKEN,
)
from xuefen.bank.shell.problems import Denied, Problem

MOST_UNPACKED = 1024 * 1024 * 1024
MOST_PARTS = 2000
MOST_RATIO = 200  # real sheets compress ten- to thirtyfold
SMALL = 10 * 1024 * 1024  # below this a high ratio does no harm
NO_MEMORY = 75  # exit status of the reader when Python itself ran out


def kind_of(path: Path) -> str:
    """What a sound archive is: "xlsx" or "roster".

    Raises ``Denied``: archive_bomb (unpacked size, ratio, number of parts, archives within, parts over one another),
    xlsx_broken, archive_broken, file_kind (an archive, but neither).
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Denied(_torn(path)) from None
    size = path.stat().st_size
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    nested = any(part.filename.lower().endswith((".zip", ".xlsx", ".xlsm", ".gz", ".7z", ".rar")) for part in parts)
    oversized = unpacked > MOST_UNPACKED or (unpacked > SMALL and unpacked > MOST_RATIO * size)
    if nested or oversized or len(parts) > MOST_PARTS or packed > size:
        raise Denied(ARCHIVE_BOMB)
    is_workbook = any(part.filename == "xl/workbook.xml" for part in parts)
    is_roster = sum(plain_name(part.filename) in ROSTER_FILES for part in parts) >= 2
    if any(part.flag_bits & 1 for part in parts):
        raise Denied(XLSX_BROKEN if is_workbook else ARCHIVE_BROKEN)
    if not is_workbook and not is_roster:
        raise Denied(FILE_KIND)
    return "xlsx" if is_workbook else "roster"


def _torn(path: Path) -> Problem:
    """An archive without its table of contents is told apart by the name of its first part."""
    with path.open("rb") as file:
        start = file.read(512)
    name = start[30 : 30 + int.from_bytes(start[26:28], "little")]
    return ARCHIVE_BROKEN if name.lower().endswith((b".csv", b"/")) else XLSX_BROKEN


def workbook_rows(path: Path, *, memory: int, seconds: int, most_rows: int) -> Generator[NumberedRow, None, None]:
    """The rows of a workbook's first sheet, read in a process of its own."""
    limits = [str(n) for n in (memory, seconds, MOST_COLUMNS, most_rows)]
    worker = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("worker.py")), str(path), *limits],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={
            "PYTHONIOENCODING": "utf-8",
            "MALLOC_ARENA_MAX": "2",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
        encoding="utf-8",
    )
    assert worker.stdout is not None
    try:
        first = worker.stdout.readline()
        told = json.loads(first) if first else _refuse_death(worker.wait())
        if "error" in told:
            _refuse(told, most_rows)
        for line in worker.stdout:
            number, *cells = json.loads(line)
            yield number, cells
        if worker.wait() != 0:
            _refuse_death(worker.returncode)
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()


def _refuse_death(status: int) -> NoReturn:
    """The reader is gone. Its limits killed it (a signal, or its own word for no memory), or it has a defect of ours."""
    if status < 0 or status == NO_MEMORY:
        raise Denied(SHEET_TOO_LARGE)
    raise RuntimeError(f"the sheet reader ended with status {status}")


_WORKER_PROBLEMS: dict[str, Problem] = {
    p.code: p for p in (XLSX_BROKEN, SHEET_TOO_LARGE, TOO_MANY_COLUMNS, TOO_MANY_ROWS)
}


def _refuse(told: dict[str, Any], most_rows: int) -> NoReturn:
    problem = _WORKER_PROBLEMS[str(told.pop("error"))]
    limits = {TOO_MANY_COLUMNS.code: MOST_COLUMNS, TOO_MANY_ROWS.code: most_rows}
    raise Denied(problem, **told, most=limits.get(problem.code, 0))
