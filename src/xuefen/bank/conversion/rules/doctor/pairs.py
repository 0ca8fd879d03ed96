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
"""Of many rules with the same sources and targets, each is compared with so many that ask a little less."""
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
    """Ways with the same sources and targets, in force at the same time. Each rule is told once, with one it meets."""
    told: set[int] = set()
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.empty(0, dtype=np.int64)
    ends = np.r_[starts[1:], len(ordered)]
    for at in np.flatnonzero(ends - starts > 1).tolist():
        ways = sorted(order[starts[at] : ends[at]].tolist())
        group = [_Asked(register, way) for way in ways]
        group.sort(key=lambda one: (one.weight, one.way))
        for i, later in enumerate(group):
            if later.rule in told:
                continue
            for earlier in group[max(0, i - MOST_TOGETHER) : i]:
                if earlier.rule == later.rule or not _meet(register, earlier.rule, later.rule):
                    continue
                found = _compared(earlier, later) if earlier.question == later.question else None
                if found is not None:
                    told.add(later.rule)
                    yield found
                    break


class _Asked:
    """A way with what its rule answers; made once for all comparisons. ``weight``: how much it asks, the least first.

    Equal keys of ways are only likely to mean the same; equal ``question`` does.
    """

    __slots__ = ("answer", "items", "line", "question", "rule", "way", "weight", "worth")

    def __init__(self, register: Register, way: int) -> None:
        self.way, self.rule = way, register.way_rule[way]
        self.line, self.items = register.line(self.rule), register.items_of(way)
        self.answer, self.worth = _answer(self.line), _worth(register, self.line, self.items)
        goal = (self.line.receiver, self.line.elective, self.line.pool_credits)
        self.question = (goal, sorted(self.items), sorted(t for t, _ in self.line.targets))
        c = self.line.conditions
        asks = (c.min_mark, c.min_level, c.min_hours, c.min_assurance)
        others = (c.min_quality, c.max_age_years, c.earned_from, c.earned_until)
        self.weight = (
            sum(x is not None for x in others) + len(c.issuer_kinds) + (not c.online),
            *(x or 0 for x in asks),
        )


def _meet(register: Register, a: int, b: int) -> bool:
    return register.since[a] < register.until[b] and register.since[b] < register.until[a]


Answer = tuple[Any, ...]


def _answer(line: RuleLine) -> Answer:
    """What a rule says about the same sources and courses: credits, waiver, grade."""
    return tuple(sorted((t, -1 if c is None else c) for t, c in line.targets)), line.result, line.waives, line.grade


def _compared(one: _Asked, other: _Asked) -> Finding | None:
    named = (*one.items, *(t for t, _ in one.line.targets))[:6]
    same = one.answer == other.answer
    ids, size = tuple(sorted((one.line.id, other.line.id))), len(one.items) + len(one.line.targets)
    if one.line.conditions == other.line.conditions:
        if same:
            return Finding(Code.DUPLICATE, ids, named, size=size)
        first, second = (one, other) if one.line.id == ids[0] else (other, one)
        return Finding(Code.CONTRADICTS, ids, named, {"first": first.worth, "second": second.worth}, size=size)
    for easy, strict in ((one, other), (other, one)):
        if not weaker(easy.line.conditions, strict.line.conditions):
            continue
        pair = (strict.line.id, easy.line.id)
        if same or easy.worth == strict.worth:
            return Finding(Code.IMPLIED, pair, named, size=size)
        if easy.worth > strict.worth:
            params = {"strict": strict.worth, "easy": easy.worth}
            return Finding(Code.STRICTER_GETS_LESS, pair, named, params, size=size)
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
