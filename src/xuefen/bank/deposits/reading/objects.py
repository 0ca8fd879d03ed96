"""JSON lines: one object a line, its keys the names of columns. Rows are numbered as an editor numbers lines."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from typing import Any, NoReturn

from xuefen.bank.deposits.reading.text import MOST_CELL, MOST_LINE, Opener, lines
from xuefen.bank.deposits.rules.sheet import MOST_COLUMNS
from xuefen.bank.deposits.types import JSON_LINES_BROKEN, TOO_MANY_COLUMNS, TOO_MANY_ROWS
from xuefen.bank.shell.bounded import NumberedRow
from xuefen.bank.shell.problems import Denied


def survey(opener: Opener, encoding: str, *, most_rows: int) -> tuple[tuple[str, ...], int]:
    """Every key in the order they first appear, and the number of objects.

    Raises ``Denied``: json_lines_broken with the line, too_many_columns, too_many_rows.
    """
    keys: dict[str, None] = {}
    total = 0
    for number, found in _objects(opener, encoding):
        total += 1
        if number > most_rows:
            raise Denied(TOO_MANY_ROWS, most=most_rows)
        if not keys.keys() >= found.keys():
            keys |= dict.fromkeys(found)
            if len(keys) > MOST_COLUMNS:
                raise Denied(TOO_MANY_COLUMNS, found=len(keys), most=MOST_COLUMNS)
    return tuple(keys), total


def rows(opener: Opener, encoding: str, header: Sequence[str]) -> Generator[NumberedRow, None, None]:
    """The objects as rows under ``header``; a key that an object lacks is an empty cell."""
    for number, found in _objects(opener, encoding):
        yield number, [found.get(name, "") for name in header]


def _objects(opener: Opener, encoding: str) -> Iterator[tuple[int, dict[str, str]]]:
    for number, line in enumerate(lines(opener, encoding), 1):
        text = line.strip("\ufeff \t\r\n")
        if not text:
            continue
        try:
            if len(line) >= MOST_LINE or not text.startswith("{"):
                raise ValueError
            found = _DECODER.decode(text)
        except (ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
            raise Denied(JSON_LINES_BROKEN, place=f"line {number}", line=number) from None
        yield number, found


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, str]:
    found = {name: _text(value) for name, value in pairs}
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _text(value: Any) -> str:
    """A value as a person would have typed it into a sheet; numbers keep the digits they were written with."""
    if isinstance(value, str):
        if len(value) > MOST_CELL:
            raise ValueError("too long for a cell")
        value.encode()  # half a character, written as an escape, is none
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    raise ValueError("a value that is no text and no number")


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_no_number)
