"""Text files: their encoding, their separator, their rows. Never more than a line in memory, and no line without an end."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Generator
from contextlib import closing
from typing import IO

from xuefen.bank.deposits.types import CSV_BROKEN, ENCODING_UNKNOWN, FILE_CUT_OFF
from xuefen.bank.shell.bounded import NumberedRow
from xuefen.bank.shell.problems import Denied

MOST_CELL = 32_767  # characters; what a cell of a spreadsheet can hold
MOST_LINE = 64 * MOST_CELL  # characters
Opener = Callable[[], IO[bytes]]
"""Opens the same bytes anew each time: a file, or one part of an archive."""

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
OLE = b"\xd0\xcf\x11\xe0"
_BINARY = (
    OLE,
    b"%PDF",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"SQLite format 3",
)


def is_binary(start: bytes) -> bool:
    """Known binary formats, and anything with control bytes that no text in any encoding has."""
    if start.startswith(_BINARY):
        return True
    return b"\x00" in start and not start.startswith(_UTF16) and not _utf16_without_mark(start)


def _utf16_without_mark(start: bytes) -> str:
    """ASCII in UTF-16 has a zero in every second byte and nowhere else; "" when this is no such text."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if not (even or odd) or (even and odd):
        return ""
    return "utf-16-be" if even else "utf-16-le"


def find_encoding(opener: Opener) -> str:
    """The encoding of a text: by its mark, else UTF-8 if every byte fits, else GB 18030 (which holds GBK and GB 2312).

    Raises ``Denied``: encoding_unknown, file_cut_off (it ends in the middle of a character).
    """
    with opener() as file:
        start = file.read(4096)
    utf16 = "utf-16" if start.startswith(_UTF16) else _utf16_without_mark(start)
    for encoding in (utf16,) if utf16 else ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        size, foreign = 0, False
        try:
            with opener() as file:
                while data := file.read(1 << 20):
                    size += len(data)
                    foreign = not decoder.decode(data).isascii() or foreign
                decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            if foreign and error.reason in ("unexpected end of data", "truncated data"):
                raise Denied(FILE_CUT_OFF, byte=size) from None
            continue
        return encoding
    raise Denied(ENCODING_UNKNOWN)


def lines(opener: Opener, encoding: str) -> Generator[str, None, None]:
    """The lines with their ends. A line longer than any row comes in pieces without an end, for the caller to refuse."""
    with io.TextIOWrapper(opener(), encoding=encoding, newline="") as file:
        while line := file.readline(MOST_LINE):
            yield line


def first_character(opener: Opener, encoding: str) -> str:
    """The first character that is not blank."""
    with io.TextIOWrapper(opener(), encoding=encoding) as file:
        return file.read(4096).lstrip("\ufeff \t\r\n")[:2]


def find_delimiter(opener: Opener, encoding: str) -> str:
    with io.TextIOWrapper(opener(), encoding=encoding, newline="") as file:
        first = file.readline(1 << 20)
    return "\t" if first.count("\t") > first.count(",") else ","


def csv_rows(opener: Opener, encoding: str, delimiter: str) -> Generator[NumberedRow, None, None]:
    """The rows as they stand, blank ones too. Raises ``Denied(csv_broken)`` with the line."""
    csv.field_size_limit(MOST_CELL)
    with closing(_whole_lines(opener, encoding)) as whole:
        reader = csv.reader(whole, delimiter=delimiter, strict=True)
        try:
            yield from enumerate(reader, 1)
        except csv.Error:
            raise Denied(CSV_BROKEN, line=reader.line_num, most=MOST_CELL) from None


def _whole_lines(opener: Opener, encoding: str) -> Generator[str, None, None]:
    with closing(lines(opener, encoding)) as found:
        for number, line in enumerate(found, 1):
            if len(line) >= MOST_LINE:
                raise Denied(CSV_BROKEN, line=number, most=MOST_CELL)
            yield line
