"""What organisers and learners type: a list of account numbers, short texts."""

from __future__ import annotations

import re

from xuefen.bank.activities.types import LIST_EMPTY, LIST_LONG, TEXT_LENGTH
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import ids
from xuefen.bedrock.names import BadText, clean, reject_controls

LIST_MOST = 2000
_SEPARATORS = re.compile(r"[,，;；、\t]")


def read_list(text: str) -> list[tuple[int, str]]:
    """(line, account number as stored) of a pasted or uploaded list: one person a line, the number in any of its cells.

    A line without a number in it is a heading and is left out; one with a wrong number stays, so that it is told. Raises
    ``Denied``: list_empty, list_long.
    """
    found: list[tuple[int, str]] = []
    for line, cells in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        numbers = [ids.normalise(cell) for cell in _SEPARATORS.split(cells)]
        wanted = next((n for n in numbers if n.isdigit() and n.isascii() and len(n) > 8), "")
        if wanted:
            found.append((line, wanted))
        if len(found) > LIST_MOST:
            raise Denied(LIST_LONG, place="accounts", most=LIST_MOST)
    if not found:
        raise Denied(LIST_EMPTY, place="accounts")
    return found


def short_text(text: str, *, place: str, most: int) -> str:
    """A text for people in stored form. Raises ``Denied(activity_text)``."""
    try:
        reject_controls(text.replace("\r\n", "\n").replace("\n", " "))
    except BadText:
        raise Denied(TEXT_LENGTH, place=place, most=most) from None
    kept = clean(text)
    if not 1 <= len(kept) <= most:
        raise Denied(TEXT_LENGTH, place=place, most=most)
    return kept
