"""Reading a grade as issuers write it, and what it may correspond to elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.types import DISTRIBUTION_EMPTY, GRADE_UNREADABLE, Grade, Pack
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


Distribution = Sequence[tuple[str, int]]
"""Pass grades of a field and cycle over two to three years, from the lowest to the highest, with how many reached each."""


def corresponding_grades(grade: str, own: Distribution, other: Distribution) -> list[tuple[str, Fraction]]:
    """Statistical grade conversion (EGRACONS): a grade is worth what stands at the same place among those who passed.

    The grade covers a stretch of its own distribution; the answer is the other distribution's grades on that stretch with the
    part of it each covers, the largest first, of equal ones the lower. It is a suggestion for a person. Raises
    ``Denied(distribution_empty)``.
    """
    low, high = _stretches(own).get(grade, (Fraction(0), Fraction(0)))
    if high <= low:
        raise Denied(DISTRIBUTION_EMPTY, place="grade")
    found = []
    for name, (start, end) in _stretches(other).items():
        part = min(high, end) - max(low, start)
        if part > 0:
            found.append((name, part / (high - low)))
    return sorted(found, key=lambda one: -one[1])  # stable: of equal ones the lower stays first


def _stretches(distribution: Distribution) -> dict[str, tuple[Fraction, Fraction]]:
    total = sum(count for _, count in distribution)
    names = [name for name, _ in distribution]
    if total <= 0 or any(count < 0 for _, count in distribution) or len(set(names)) < len(names):
        raise Denied(DISTRIBUTION_EMPTY, place="distribution")
    stretches, before = {}, 0
    for name, count in distribution:
        stretches[name] = (Fraction(before, total), Fraction(before + count, total))
        before += count
    return stretches
