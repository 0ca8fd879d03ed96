"""When a qualification counts, and what an institution's name plate may say."""

from __future__ import annotations

import re
from datetime import date

from xuefen.bank.institutions.types import INSTITUTION_CODE, INSTITUTION_NAME, USCC_PROBLEMS
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.ids import BadNumber, check_uscc
from xuefen.bedrock.names import BadText, clean, reject_controls

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


def counts_on(day: date, *, effective_from: date, expires_on: date, ended_on: date | None) -> bool:
    """True from ``effective_from`` to ``expires_on``, both included; ``ended_on`` is the first day without it."""
    return effective_from <= day <= expires_on and (ended_on is None or day < ended_on)


def checked_code(code: str) -> str:
    """Raise ``Denied(institution_code)`` unless the code is a plain word."""
    if not _CODE.fullmatch(code):
        raise Denied(INSTITUTION_CODE, place="code")
    return code


def checked_uscc(text: str) -> str:
    """The stored form of a social credit code. Raises ``Denied``: uscc_length, uscc_characters, uscc_check."""
    try:
        return check_uscc(text)
    except BadNumber as error:
        raise Denied(USCC_PROBLEMS[error.code], place="uscc") from None


def checked_name(name: str, *, place: str, longest: int) -> str:
    """The stored form of a name. Raises ``Denied(institution_name)``."""
    try:
        reject_controls(name)
    except BadText:
        raise Denied(INSTITUTION_NAME, place=place) from None
    stored = clean(name)
    if not 1 <= len(stored) <= longest:
        raise Denied(INSTITUTION_NAME, place=place)
    return stored
