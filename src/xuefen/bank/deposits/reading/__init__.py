"""Opening what was uploaded: what kind of file it is, by its content and never by its name, and its rows as text, streamed.

Never more than a chunk in memory. Archives, workbooks and rosters alike, are read in a bounded process (``shell.bounded``), after
their own table of contents was judged.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from xuefen.bank.deposits.reading import archive, objects, roster, text
from xuefen.bank.deposits.rules.sheet import MOST_COLUMNS
from xuefen.bank.deposits.types import (
    FILE_EMPTY,
    FILE_KIND,
    JSON_LINES_BROKEN,
    NO_ROWS,
    TOO_MANY_COLUMNS,
    TOO_MANY_ROWS,
    WORKBOOK_LOCKED,
)
from xuefen.bank.shell import bounded
from xuefen.bank.shell.bounded import NumberedRow
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.workbook import sheet_rows

MOST_ROWS = 5_000_000  # of a batch; a workbook holds 1,048,576 by itself
WORKER_MEMORY = 1536 * 1024 * 1024
WORKER_SECONDS = 120
__all__ = ["MOST_ROWS", "Bounds", "NumberedRow", "Source", "glance", "open_source"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What reading one file may use: bytes of memory and seconds of a processor where it is read aside, and rows."""

    memory: int
    seconds: int
    rows: int


Reader = Callable[[], Generator[NumberedRow, None, None]]


@dataclass(frozen=True, slots=True)
class Source:
    """A file ready to be read, whole: its kind ("csv", "xlsx", "jsonl", "roster"), its header, the row that holds it (0 when
    none does), how many rows there are that are not blank, and what reads them.
    """

    kind: str
    header: tuple[str, ...]
    header_row: int
    total_rows: int
    read: Reader

    @property
    def asks(self) -> bool:
        """Whether a person named the columns, so that a person can say what they mean."""
        return self.kind != "roster"

    def rows(self, *, after: int = 0) -> Generator[NumberedRow, None, None]:
        """The rows that are not blank, numbered, those up to number ``after`` left out."""
        skip = max(after, self.header_row)
        with closing(self.read()) as reader:
            for number, cells in reader:
                if number > skip and any(cells):
                    yield number, cells


def open_source(path: Path, *, bounds: Bounds | None = None) -> Source:
    """Read the file once from end to end, so that nothing is deposited from a file that breaks off in the middle. Without
    ``bounds`` it may use what a file of somebody signed in may.

    Raises ``Denied`` with the place, "file" or more exactly: file_empty, workbook_locked, file_kind, archive_bomb,
    archive_broken, xlsx_broken, sheet_too_large, encoding_unknown, file_cut_off, csv_broken, json_lines_broken, what
    ``roster.roster_rows`` raises, too_many_columns, too_many_rows, no_rows.
    """
    bounds = bounds or Bounds(WORKER_MEMORY, WORKER_SECONDS, MOST_ROWS)
    try:
        source = _opened(path, bounds)
        if not source.total_rows:
            raise Denied(NO_ROWS)
    except Denied as denied:
        denied.place = denied.place or "file"
        raise
    return source


def glance(path: Path) -> str:
    """Its kind ("xlsx", "roster" or "text") by the first bytes and an archive's list of parts: cheap enough for the door.

    Raises ``Denied`` at "file": file_empty, workbook_locked, file_kind, and what ``archive.kind_of`` raises.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    if not start.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise Denied(FILE_EMPTY, place="file")
    if start.startswith(b"PK"):
        try:
            return archive.kind_of(path)
        except Denied as denied:
            denied.place = denied.place or "file"
            raise
    if start.startswith(text.OLE):  # what Excel wraps around an encrypted workbook, and what an .xls is
        raise Denied(WORKBOOK_LOCKED, place="file")
    if text.is_binary(start):
        raise Denied(FILE_KIND, place="file")
    return "text"


def _opened(path: Path, bounds: Bounds) -> Source:
    kind = glance(path)
    limits = {"memory": bounds.memory, "seconds": bounds.seconds}
    if kind == "roster":
        return _sheet("roster", partial(bounded.rows, roster.roster_rows, path, bounds.rows, **limits), bounds)
    if kind == "xlsx":
        return _sheet("xlsx", partial(bounded.rows, sheet_rows, path, MOST_COLUMNS, bounds.rows, **limits), bounds)

    opener = partial(_open, path)
    encoding = text.find_encoding(opener)
    first = text.first_character(opener, encoding)
    if first.startswith("{"):
        header, total = objects.survey(opener, encoding, most_rows=bounds.rows)
        return Source("jsonl", header, 0, total, partial(objects.rows, opener, encoding, header))
    if first in ("[{", "[\n", "[\r", "[ ", "[]"):  # a whole JSON array: it cannot be read a line at a time
        raise Denied(JSON_LINES_BROKEN, place="line 1", line=1)
    return _sheet("csv", partial(text.csv_rows, opener, encoding, text.find_delimiter(opener, encoding)), bounds)


def _open(path: Path) -> IO[bytes]:
    return path.open("rb")


def _sheet(kind: str, read: Reader, bounds: Bounds) -> Source:
    """A file whose first row that is not blank is its header."""
    header: list[str] | None = None
    header_row = total = 0
    with closing(read()) as reader:
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
    return Source(kind, tuple(header), header_row, total, read)
