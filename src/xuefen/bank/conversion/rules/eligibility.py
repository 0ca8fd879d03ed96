"""Which rule may be applied to which outcomes, what it would give, and why the others may not.

Regulations: one outcome is used once and as a whole; of one certificate family only the highest counts; grade C is a record;
the smaller of source and course credit is recognised unless the rule states a result.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from xuefen.bank.conversion.types import (
    MAX_USES,
    PROBLEM_TOO_LARGE,
    CapKind,
    Node,
    NodeKind,
    PlanOutcome,
    PlanRule,
    Problem,
)
from xuefen.bank.conversion.types.problem import Cap
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Denied


@dataclass(frozen=True, slots=True)
class Use:
    """One rule applied to certain outcomes: what it gives, and which part of it each outcome carries (hundredths).

    ``outcomes`` index the problem's outcomes; ``grants`` are (node id, credits); ``items`` the target items taken.
    """

    rule: int
    outcomes: tuple[int, ...]
    grants: tuple[tuple[str, int], ...]
    items: tuple[int, ...]
    shares: tuple[int, ...]
    credits: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a rule does not take an outcome. ``condition`` names it; ``needed`` and ``has`` are its two sides; ``misses``
    counts the conditions that fail together, so that the nearest rule can be told.
    """

    rule: int
    condition: str
    needed: int | str = ""
    has: int | str = ""
    misses: int = 1


@dataclass(frozen=True, slots=True)
class Field:
    """All that can be done (``uses``), the outcomes out of play from the start (``barred``: index → reason), and the failures."""

    uses: tuple[Use, ...]
    barred: dict[int, str]
    failures: dict[int, list[Failure]]
    champions: dict[str, int]  # family → the outcome that counts


def years_before(day: date, years: int) -> date:
    """The same day ``years`` earlier; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def failed_conditions(rule: PlanRule, index: int, outcome: PlanOutcome, on: date) -> list[Failure]:
    """Every condition of ``rule`` the outcome does not meet, in a fixed order. An unknown mark or level meets none."""
    c, found = rule.conditions, []
    if c.min_mark is not None and (outcome.mark is None or outcome.mark < c.min_mark):
        found.append(Failure(index, "min_mark", c.min_mark, "" if outcome.mark is None else outcome.mark))
    if c.min_level is not None and (outcome.level is None or outcome.level < c.min_level):
        found.append(Failure(index, "min_level", c.min_level, "" if outcome.level is None else outcome.level))
    if c.max_age_years is not None and outcome.awarded_on < years_before(on, c.max_age_years):
        found.append(Failure(index, "max_age_years", c.max_age_years, outcome.awarded_on.isoformat()))
    if c.min_quality is not None and outcome.quality > c.min_quality:  # A < B < C as letters
        found.append(Failure(index, "min_quality", c.min_quality, outcome.quality))
    if c.min_assurance is not None and outcome.assurance < c.min_assurance:
        found.append(Failure(index, "min_assurance", c.min_assurance, outcome.assurance))
    if not c.online and outcome.online:
        found.append(Failure(index, "online"))
    return found


def _champions(problem: Problem) -> dict[str, int]:
    """Family → index of its highest outcome: by level, then credits, then award date, then number. One already in use still
    counts as the highest: the family has been counted.
    """
    best: dict[str, int] = {}

    def height(i: int) -> tuple[int, int, date, str]:
        o = problem.outcomes[i]
        return (o.level or 0, o.credits, o.awarded_on, o.number)

    for i, o in enumerate(problem.outcomes):
        usable = o.convertible and o.quality not in problem.record_only
        if o.family and usable and (o.family not in best or height(i) > height(best[o.family])):
            best[o.family] = i
    return best


def _barred(problem: Problem, champions: dict[str, int]) -> dict[int, str]:
    reasons = {}
    for i, o in enumerate(problem.outcomes):
        if not o.convertible:
            reasons[i] = "not_convertible"
        elif o.quality in problem.record_only:
            reasons[i] = "record_only"
        elif o.family and champions[o.family] != i:
            reasons[i] = "lower_in_family"
        elif o.free < o.credits:
            reasons[i] = "in_use"
    return reasons


def share_out(total: int, credits: tuple[int, ...]) -> tuple[int, ...]:
    """Attribute ``total`` to sources in order, each up to its own credits; what a stated result adds goes to the last."""
    shares, rest = [], total
    for c in credits:
        shares.append(min(c, rest))
        rest -= shares[-1]
    shares[-1] += rest
    return tuple(shares)


def least_grant(size: int, problem: Problem) -> int:
    """The fewest hundredths with which a course of ``size`` counts as done."""
    return min(size, max(problem.grain, size - problem.tolerance))


def grant(available: int, courses: list[tuple[int, int | None]], problem: Problem) -> list[int] | None:
    """Credits recognised for each course, or None when the sources fall short of one by more than the tolerance.

    ``courses`` are (course credits, credits the rule states). A stated result stands for itself, never above the course; the
    other courses share ``available``: first what each needs at least, then up to its full credit, in the rule's order.
    """
    least = [least_grant(size, problem) for size, _ in courses]
    if any(stated is not None and stated < low for (_, stated), low in zip(courses, least, strict=True)):
        return None
    given = [low if stated is None else min(stated, size) for (size, stated), low in zip(courses, least, strict=True)]
    rest = available - sum(g for g, (_, stated) in zip(given, courses, strict=True) if stated is None)
    if rest < 0 and any(stated is None for _, stated in courses):
        return None
    for i, (size, stated) in enumerate(courses):
        if stated is None:
            more = min(rest, size - given[i])
            given[i] += more
            rest -= more
    return given


class _Finder:
    """Collects uses and failures rule by rule."""

    def __init__(self, problem: Problem, barred: dict[int, str]) -> None:
        self.problem = problem
        self.barred = barred
        self.holding: dict[int, list[int]] = defaultdict(list)
        for i, outcome in enumerate(problem.outcomes):
            self.holding[outcome.item_id].append(i)
        self.leaves: dict[int, list[Node]] = defaultdict(list)
        for node in problem.tree.walk():
            if node.item_id is not None:
                self.leaves[node.item_id].append(node)
        self.electives = [n for n in problem.tree.walk() if n.elective and n.kind is NodeKind.CREDITS]
        self.uses: dict[tuple[object, ...], Use] = {}
        self.failures: dict[int, list[Failure]] = defaultdict(list)

    def look(self, index: int) -> None:
        rule = self.problem.rules[index]
        held = [self.holding.get(item, []) for item in rule.sources]
        places = list(self._places(rule))
        fit: list[list[int]] = []
        for group in held:
            good = []
            for i in group:
                if i in self.barred:
                    continue
                if not places:
                    self.failures[i].append(Failure(index, "not_in_programme"))
                elif failed := failed_conditions(rule, index, self.problem.outcomes[i], self.problem.on):
                    self.failures[i].append(replace(failed[0], misses=len(failed)))
                else:
                    good.append(i)
            fit.append(good)
        if not all(fit):
            for i in itertools.chain.from_iterable(fit):
                self.failures[i].append(Failure(index, "source_missing"))
            return
        for outcomes in itertools.product(*fit):
            for place in places:
                self._add(index, outcomes, place)

    def _places(self, rule: PlanRule) -> Iterator[tuple[Node, ...]]:
        if rule.elective:
            yield from ((n,) for n in self.electives if rule.elective in ("*", n.id))
        else:
            yield from itertools.product(*(self.leaves.get(t.item_id, []) for t in rule.targets))

    def _add(self, index: int, outcomes: tuple[int, ...], place: tuple[Node, ...]) -> None:
        rule = self.problem.rules[index]
        carried = tuple(self.problem.outcomes[i].credits for i in outcomes)
        if rule.elective:
            given: list[int] | None = [rule.result or sum(carried)]
        else:
            courses = [(n.credits, t.credits) for n, t in zip(place, rule.targets, strict=True)]
            given = grant(sum(carried), courses, self.problem)
        if given is None:
            needed = sum(least_grant(n.credits, self.problem) for n in place)
            for i in outcomes:
                self.failures[i].append(Failure(index, "credits_short", needed, sum(carried)))
            return
        grants = tuple((n.id, g) for n, g in zip(place, given, strict=True))
        items = tuple(t.item_id for t in rule.targets)
        total = sum(given)
        use = Use(index, outcomes, grants, items, share_out(total, carried), total)
        # Two rules that do exactly the same are one choice; the first by number speaks for both.
        self.uses.setdefault((outcomes, grants, use.shares), use)
        if len(self.uses) > MAX_USES:
            raise Denied(PROBLEM_TOO_LARGE, count=f"> {MAX_USES}", limit=MAX_USES)


def survey(problem: Problem) -> Field:
    """Look at every rule of a canonical problem. Raises ``Denied(problem_too_large)`` beyond ``MAX_USES`` uses."""
    champions = _champions(problem)
    barred = _barred(problem, champions)
    finder = _Finder(problem, barred)
    for index in range(len(problem.rules)):
        finder.look(index)
    return Field(tuple(finder.uses.values()), barred, dict(finder.failures), champions)


def parts(cap: Cap, use: Use, problem: Problem) -> Iterator[tuple[int, int]]:
    """The part of ``cap`` each outcome of a use takes: (outcome index, hundredths)."""
    for i, share in zip(use.outcomes, use.shares, strict=True):
        if _inside(cap, problem.outcomes[i]):
            yield i, share


def _inside(cap: Cap, outcome: PlanOutcome) -> bool:
    if cap.kind is CapKind.ONLINE:
        return outcome.online
    if cap.kind is CapKind.CLASS:
        return outcome.outcome_class == cap.which
    if cap.kind is CapKind.DEGREE_LEVEL:
        return outcome.outcome_class == OutcomeClass.DEGREE and (outcome.level or 0) >= int(cap.which)
    return cap.kind is CapKind.TOTAL or outcome.issuer == cap.which
