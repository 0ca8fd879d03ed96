"""Reading a grade as issuers write it."""

from __future__ import annotations

import re
from functools import lru_cache

from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.types import GRADE_UNREADABLE, Grade, Pack
from xuefen.bedrock.names import clean

_MARK = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?0*分?", re.ASCII)
FULL_MARK = 10_000


@lru_cache(maxsize=4096)  # a deposit repeats the same few hundred grades
def read_grade(text: str, pack: Pack) -> Grade:
    """Read a mark from 0 to 100, one of the pack's grade words, or a letter; width, case and spaces do not matter.

    Raises ``Denied(grade_unreadable)``, also for an empty text: whether a grade is needed is ``assess``'s business.
    """
    word = clean(text).upper()
    if match := _MARK.fullmatch(word):
        mark = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
        if mark <= FULL_MARK:
            return Grade(text=text, mark=mark, passed=mark >= pack.pass_mark)
    elif word in pack.grade_words:
        mark = pack.grade_words[word]
        return Grade(text=text, mark=mark, passed=mark >= pack.pass_mark)
    elif word in pack.pass_words or word in pack.fail_words:
        return Grade(text=text, mark=None, passed=word in pack.pass_words)
    raise Denied(GRADE_UNREADABLE, place="grade", grade=text[:40])
