"""Outcome type codes and their check characters.

The stored form is the bare code (D11); the published form adds a hyphen and a check digit (D11-3). Both are read; a check
digit that is there must be right.
"""

from __future__ import annotations

from functools import lru_cache

from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.types import TYPE_CODE_CHECK
from xuefen.bedrock.ids import check_digit
from xuefen.bedrock.names import clean


@lru_cache(maxsize=4096)  # a sheet repeats a few dozen codes
def read_type_code(text: str) -> str:
    """The stored form of a type code as somebody wrote it. Raises ``Denied(type_code_check)``."""
    written = clean(text).upper()
    code, hyphen, check = written.partition("-")
    if hyphen and not (code.isascii() and code.isalnum() and check == check_digit(code)):
        raise Denied(TYPE_CODE_CHECK, place="type_code", code=text[:40])
    return code
