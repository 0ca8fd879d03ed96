"""Opening what was uploaded: what kind of file it is, and its rows as text, streamed. Never more than a chunk in memory.

csv is read here; xlsx by ``worker.py`` in a bounded process, after the archive's own table of contents was judged.
"""

from __future__ import annotations

import codecs
import csv
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from xuefen.bank.deposits.rules.sheet import MOST_COLUMNS
from xuefen.bank.deposits.types import (
    ARCHIVE_BOMB,
    CSV_BROKEN,
    ENCODING_UNKNOWN,
    FILE_EMPTY,
    FILE_KIND,
    NO_ROWS,
    SHEET_TOO_LARGE,
    TOO_MANY_COLUMNS,
    TOO_MANY_ROWS,
    XLSX_BROKEN,
)
from xuefen.bank.shell.problems import Denied, Problem

MOST_ROWS = 1_048_576  # what a spreadsheet can hold; also the most a batch may have
MOST_CELL = 32_767  # characters, the same
MOST_UNPACKED = 1024 * 1024 * 1024
MOST_PARTS = 2000
MOST_RATIO = 200  # real sheets compress ten- to thirtyfold
SMALL = 10 * 1024 * 1024  # below this a high ratio does no harm
WORKER_MEMORY = 1536 * 1024 * 1024
WORKER_SECONDS = 120
NO_MEMORY = 75  # exit status of the reader when Python itself ran out


@dataclass(frozen=True, slots=True)
class Bounds:
    """What reading one file may use: the worker's memory in bytes and seconds, and rows."""

    memory: int
    seconds: int
    rows: int


NumberedRow = tuple[int, list[str]]  # the row number as a spreadsheet shows it, and its cells


@dataclass(frozen=True, slots=True)
class Source:
    """A file ready to be read, whole: its header, how many rows below it are not blank, and how to read them."""

    path: Path
    kind: str  # "csv" | "xlsx"
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    header_row: int
    total_rows: int
    bounds: Bounds

    def rows(self, *, after: int = 0) -> Generator[NumberedRow, None, None]:
        """The rows that are not blank, numbered, those up to number ``after`` left out."""
        if self.kind == "xlsx":
            reader = _xlsx_rows(self.path, self.bounds)
        else:
            reader = _csv_rows(self.path, self.encoding, self.delimiter)
        skip = max(after, self.header_row)
        with closing(reader):
            for number, cells in reader:
                if number > skip and any(cells):
                    yield number, cells


def open_source(path: Path, *, bounds: Bounds | None = None) -> Source:
    """Read the file once from end to end, so that nothing is deposited from a file that breaks off in the middle. Without
    ``bounds`` it may use what a file of somebody signed in may.

    Raises ``Denied``: file_empty, file_kind, archive_bomb, xlsx_broken, sheet_too_large, encoding_unknown, csv_broken,
    too_many_columns, too_many_rows, no_rows.
    """
    bounds = bounds or Bounds(WORKER_MEMORY, WORKER_SECONDS, MOST_ROWS)
    with path.open("rb") as file:
        start = file.read(4096)
    if not start.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise Denied(FILE_EMPTY)
    kind, encoding, delimiter = "csv", "", ""
    if start.startswith(b"PK"):
        kind = "xlsx"
        check_archive(path)
        reader = _xlsx_rows(path, bounds)
    elif _is_binary(start):
        raise Denied(FILE_KIND)
    else:
        encoding = find_encoding(path)
        delimiter = _find_delimiter(path, encoding)
        reader = _csv_rows(path, encoding, delimiter)
    header: list[str] | None = None
    header_row = total = 0
    with closing(reader):
        for number, cells in reader:
            if not any(cells):
                continue
            if header is None:
                header, header_row = cells, number
                if len(cells) > MOST_COLUMNS:
                    raise Denied(TOO_MANY_COLUMNS, found=len(cells), most=MOST_COLUMNS)
                continue
            total += 1
            if number > bounds.rows:
                raise Denied(TOO_MANY_ROWS, most=bounds.rows)
    if header is None:
        raise Denied(FILE_EMPTY)
    if not total:
        raise Denied(NO_ROWS)
    return Source(path, kind, encoding, delimiter, tuple(header), header_row, total, bounds)


# --- csv -------------------------------------------------------------------------------------------------------------


def _is_binary(start: bytes) -> bool:
    """Known binary formats, and anything with control bytes that no text in any encoding has (UTF-16 has a mark)."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    return start.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")) or b"\x00" in start


def find_encoding(path: Path) -> str:
    """The encoding of a text file: by its mark, else UTF-8 if every byte fits, else GB 18030 (which holds GBK and GB 2312).

    Raises ``Denied(encoding_unknown)``.
    """
    with path.open("rb") as file:
        mark = file.read(3)
    is_utf16 = mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while data := file.read(1 << 20):
                    decoder.decode(data)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Denied(ENCODING_UNKNOWN)


def _find_delimiter(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline(1 << 20)
    return "\t" if first.count("\t") > first.count(",") else ","


def _csv_rows(path: Path, encoding: str, delimiter: str) -> Generator[NumberedRow, None, None]:
    csv.field_size_limit(MOST_CELL)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            yield from enumerate(reader, 1)
        except csv.Error:
            raise Denied(CSV_BROKEN, line=reader.line_num, most=MOST_CELL) from None


# --- xlsx ------------------------------------------------------------------------------------------------------------


def check_archive(path: Path) -> None:
    """Judge an archive by its table of contents, before a byte of it is unpacked.

    Raises ``Denied``: archive_bomb (unpacked size, ratio, number of parts, archives within, parts over one another),
    xlsx_broken, file_kind (an archive, but no workbook).
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Denied(XLSX_BROKEN) from None
    size = path.stat().st_size
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    nested = any(part.filename.lower().endswith((".zip", ".xlsx", ".xlsm", ".gz", ".7z", ".rar")) for part in parts)
    oversized = unpacked > MOST_UNPACKED or (unpacked > SMALL and unpacked > MOST_RATIO * size)
    if nested or oversized or len(parts) > MOST_PARTS or packed > size:
        raise Denied(ARCHIVE_BOMB)
    if any(part.flag_bits & 1 for part in parts):
        raise Denied(XLSX_BROKEN)
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Denied(FILE_KIND)


def _xlsx_rows(path: Path, bounds: Bounds) -> Generator[NumberedRow, None, None]:
    limits = [str(n) for n in (bounds.memory, bounds.seconds, MOST_COLUMNS, bounds.rows)]
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
            _refuse(told, bounds)
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


def _refuse(told: dict[str, Any], bounds: Bounds) -> NoReturn:
    problem = _WORKER_PROBLEMS[str(told.pop("error"))]
    limits = {TOO_MANY_COLUMNS.code: MOST_COLUMNS, TOO_MANY_ROWS.code: bounds.rows}
    raise Denied(problem, **told, most=limits.get(problem.code, 0))
