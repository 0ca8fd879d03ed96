"""What two rules say together: a rule and a denial, one question answered twice, one rule that another makes needless.

Rules that could meet share a key, so that sorting one array of integers finds them; nothing is compared with everything.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from xuefen.bank.conversion.rules.doctor.register import Register
from xuefen.bank.conversion.rules.doctor.worth import gives, takes
from xuefen.bank.conversion.types.doctor import Code, Finding, RuleLine
from xuefen.bank.conversion.types.problem import QUALITIES, Conditions

MOST_TOGETHER = 40
"""Rules with the same sources and targets that are compared each with each; of more, each with the next ones only."""
MOST_PARTS = 5
"""Sources of a rule up to which every part of them is looked up as a rule of its own."""


def examine_pairs(register: Register) -> Iterator[Finding]:
    keys = np.frombuffer(register.way_key, dtype=np.int64) if len(register.way_key) else np.empty(0, dtype=np.int64)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    yield from _same_question(register, order, ordered)
    yield from _needless(register, order, ordered)


# --- denials ---------------------------------------------------------------------------------------------------------


class Denials:
    """The denials of the register, found by course and source."""

    def __init__(self, lines: Sequence[RuleLine], register: Register) -> None:
        self.world = register.world
        self.by_item: dict[int, list[RuleLine]] = defaultdict(list)
        for line in lines:
            for target, _ in line.targets:
                self.by_item[target].append(line)

    def against(self, line: RuleLine, items: Sequence[int], since: int, until: int) -> RuleLine | None:
        """The first denial in force in that time that forbids this way of the rule."""
        if not self.by_item:
            return None
        for target, _ in line.targets:
            for denial in self.by_item.get(target, ()):
                if denial.since < until and since < denial.until and self._names(denial, items):
                    return denial
        return None

    def _names(self, denial: RuleLine, items: Sequence[int]) -> bool:
        if denial.denied_issuer:
            codes, notes = self.world.codes, self.world.items
            return any(i in notes and codes.get(notes[i].institution) == denial.denied_issuer for i in items)
        denied = {i for sources in denial.sets for i in sources}
        return any(i in denied for i in items)


def examine_denials(register: Register, denials: Denials) -> tuple[list[Finding], set[int]]:
    """Rules of which a denial forbids every way, and all ways that are forbidden at all."""
    findings: list[Finding] = []
    forbidden: set[int] = set()
    if not denials.by_item:
        return findings, forbidden
    open_ways: dict[int, int] = defaultdict(int)
    hit: dict[int, tuple[int, RuleLine]] = {}
    aimed = np.isin(
        np.frombuffer(register.target, dtype=np.int64), np.fromiter(denials.by_item, dtype=np.int64)
    ).nonzero()[0]
    rules = np.unique(np.searchsorted(np.frombuffer(register.target_at, dtype=np.int64), aimed, side="right") - 1)
    wanted = np.isin(np.frombuffer(register.way_rule, dtype=np.int32), rules.astype(np.int32)).nonzero()[0]
    for way in wanted.tolist():
        rule = register.way_rule[way]
        line = register.line(rule)
        denial = denials.against(line, register.items_of(way), line.since, line.until)
        if denial is None:
            open_ways[rule] += 1
        else:
            forbidden.add(way)
            hit.setdefault(rule, (way, denial))
    for rule, (way, denial) in hit.items():
        if not open_ways[rule]:
            items = register.items_of(way)
            named = (*items, *(t for t, _ in register.targets_of(rule)))
            findings.append(Finding(Code.DENIED, (register.rule_id[rule], denial.id), named[:6], size=len(named)))
    return findings, forbidden


# --- one question, two answers ---------------------------------------------------------------------------------------


def _same_question(register: Register, order: np.ndarray, ordered: np.ndarray) -> Iterator[Finding]:
    """Ways with the same sources and targets, in force at the same time."""
    told: set[tuple[int, int]] = set()
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.empty(0, dtype=np.int64)
    ends = np.r_[starts[1:], len(ordered)]
    for at in np.flatnonzero(ends - starts > 1).tolist():
        group = sorted(order[starts[at] : ends[at]].tolist())
        for i, first in enumerate(group):
            for second in group[i + 1 : i + 1 + MOST_TOGETHER]:
                a, b = register.way_rule[first], register.way_rule[second]
                if a == b or (a, b) in told or not _meet(register, a, b) or not _equal(register, first, second):
                    continue
                found = _compared(register, a, b, register.items_of(first))
                if found is not None:
                    told.add((a, b))
                    yield found


def _meet(register: Register, a: int, b: int) -> bool:
    return register.since[a] < register.until[b] and register.since[b] < register.until[a]


def _equal(register: Register, first: int, second: int) -> bool:
    """Equal keys are only likely; here the sources, the receiver and the goal are compared."""
    a, b = register.way_rule[first], register.way_rule[second]
    return (
        register.receiver[a] == register.receiver[b]
        and register.terms[register.term[a]][0] == register.terms[register.term[b]][0]
        and register.terms[register.term[a]][5] == register.terms[register.term[b]][5]
        and sorted(register.items_of(first)) == sorted(register.items_of(second))
        and sorted(t for t, _ in register.targets_of(a)) == sorted(t for t, _ in register.targets_of(b))
    )


Answer = tuple[Any, ...]


def _answer(line: RuleLine) -> Answer:
    """What a rule says about the same sources and courses: credits, waiver, grade."""
    return tuple(sorted((t, -1 if c is None else c) for t, c in line.targets)), line.result, line.waives, line.grade


def _compared(register: Register, a: int, b: int, items: tuple[int, ...]) -> Finding | None:
    one, other = register.line(a), register.line(b)
    named = (*items, *(t for t, _ in one.targets))[:6]
    same = _answer(one) == _answer(other)
    ids, size = (one.id, other.id), len(items) + len(one.targets)
    if one.conditions == other.conditions:
        if same:
            return Finding(Code.DUPLICATE, tuple(sorted(ids)), named, size=size)
        params = {"first": _worth(register, one, items), "second": _worth(register, other, items)}
        return Finding(Code.CONTRADICTS, ids, named, params, size=size)
    for easy, strict in ((one, other), (other, one)):
        if not weaker(easy.conditions, strict.conditions):
            continue
        least, most = _worth(register, strict, items), _worth(register, easy, items)
        if same or most == least:
            return Finding(Code.IMPLIED, (strict.id, easy.id), named, size=size)
        if most > least:
            params = {"strict": least, "easy": most}
            return Finding(Code.STRICTER_GETS_LESS, (strict.id, easy.id), named, params, size=size)
    return None  # neither is weaker, or the stricter one gives more: two steps of one scale


def _worth(register: Register, line: RuleLine, items: Sequence[int]) -> int:
    carried = takes(line, items, register.world)
    return sum(gives(line, carried, register.world)) if line.targets else line.result or carried


def weaker(easy: Conditions, strict: Conditions) -> bool:
    """Whatever meets ``strict`` meets ``easy``."""

    def least(a: Any, b: Any) -> bool:
        return a is None or (b is not None and a <= b)

    def most(a: Any, b: Any) -> bool:
        return a is None or (b is not None and a >= b)

    def grade(letter: str | None) -> int | None:
        return None if letter is None else -QUALITIES.find(letter)

    return (
        least(easy.min_mark, strict.min_mark)
        and least(easy.min_level, strict.min_level)
        and least(easy.min_hours, strict.min_hours)
        and least(easy.min_assurance, strict.min_assurance)
        and least(grade(easy.min_quality), grade(strict.min_quality))
        and least(easy.earned_from, strict.earned_from)
        and most(easy.earned_until, strict.earned_until)
        and most(easy.max_age_years, strict.max_age_years)
        and (easy.online or not strict.online)
        and (
            not easy.issuer_kinds or (bool(strict.issuer_kinds) and set(strict.issuer_kinds) <= set(easy.issuer_kinds))
        )
    )


# --- fewer sources do as well ----------------------------------------------------------------------------------------


def _needless(register: Register, order: np.ndarray, ordered: np.ndarray) -> Iterator[Finding]:
    """A rule of several sources, where another asks only some of them, on weaker or equal conditions, and gives as much."""
    at = np.frombuffer(register.way_at, dtype=np.int64)
    sizes = np.diff(at)
    keys, asked = [], []
    for way in np.flatnonzero((sizes > 1) & (sizes <= MOST_PARTS)).tolist():
        items = register.items_of(way)
        for length in range(1, len(items)):
            for part in itertools.combinations(items, length):
                keys.append(register.key_of(register.way_rule[way], part))
                asked.append(way)
    if not keys:
        return
    wanted = np.array(keys, dtype=np.int64)
    low, high = np.searchsorted(ordered, wanted), np.searchsorted(ordered, wanted, side="right")
    told: set[int] = set()
    for i in np.flatnonzero(high > low).tolist():
        way = asked[i]
        rule = register.way_rule[way]
        if rule in told:
            continue
        for other in order[low[i] : high[i]].tolist()[:MOST_TOGETHER]:
            found = _implied(register, way, other)
            if found is not None:
                told.add(rule)
                yield found
                break


def _implied(register: Register, way: int, other: int) -> Finding | None:
    rule, easy = register.way_rule[way], register.way_rule[other]
    items, fewer = register.items_of(way), register.items_of(other)
    strict_line, easy_line = register.line(rule), register.line(easy)
    if (
        easy == rule
        or _has_choice(register, way)  # an either/or is only needless when all of it is
        or not set(fewer) < set(items)
        or easy_line.receiver != strict_line.receiver
        or easy_line.elective != strict_line.elective
        or easy_line.pool_credits
        or sorted(t for t, _ in easy_line.targets) != sorted(t for t, _ in strict_line.targets)
        or easy_line.until < strict_line.until
        or not _meet(register, rule, easy)
        or easy_line.waives != strict_line.waives
        or not weaker(easy_line.conditions, strict_line.conditions)
        or _worth(register, easy_line, fewer) < _worth(register, strict_line, items)
    ):
        return None
    named = (*items, *(t for t, _ in strict_line.targets))[:6]
    return Finding(Code.IMPLIED, (strict_line.id, easy_line.id), named, size=len(items) + len(strict_line.targets))


def _has_choice(register: Register, way: int) -> bool:
    """The rule can be used in other ways too; the ways of a rule stand together."""
    rule = register.way_rule[way]
    before = way > 0 and register.way_rule[way - 1] == rule
    return before or (way + 1 < len(register.way_rule) and register.way_rule[way + 1] == rule)
