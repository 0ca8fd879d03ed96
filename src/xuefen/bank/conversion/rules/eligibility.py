"""Which rule may be applied to which outcomes, what it would give, and why the others may not.

The smaller of source and course credit is recognised unless the rule states a result.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from xuefen.bank.conversion.rules.ground import Ground, ended, ground_of
from xuefen.bank.conversion.types import MAX_USES, PROBLEM_TOO_LARGE, Node, PlanOutcome, PlanRule, Problem
from xuefen.bank.shell.problems import Denied

MAX_TRIES = 4 * MAX_USES
"""Combinations of outcomes looked at, those that give nothing included."""


@dataclass(frozen=True, slots=True)
class Use:
    """One rule applied to certain outcomes: what it gives, and which part of it each outcome carries (hundredths).

    ``outcomes`` index the problem's outcomes; ``grants`` are (node id, credits), each with its ``done``; ``items`` its targets.
    """

    rule: int
    outcomes: tuple[int, ...]
    grants: tuple[tuple[str, int], ...]
    done: tuple[bool, ...]
    items: tuple[int, ...]
    shares: tuple[int, ...]
    credits: int


@dataclass(frozen=True, slots=True)
class PoolUse:
    """A pool rule at certain places: any of ``members`` (outcomes) that carry together at least ``least``."""

    rule: int
    place: tuple[Node, ...]
    members: tuple[int, ...]
    least: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a rule does not take an outcome. ``condition`` names it; ``needed`` and ``has`` are its two sides; ``misses``
    counts the conditions that fail together, so that the nearest rule can be told. ``rule``: the one that says so.
    """

    rule: int
    condition: str
    needed: int | str = ""
    has: int | str = ""
    misses: int = 1


@dataclass(frozen=True, slots=True)
class Field:
    """All that can be done (``uses``, ``pools``) on the ground, and the failures of each outcome."""

    ground: Ground
    uses: tuple[Use, ...]
    pools: tuple[PoolUse, ...]
    failures: dict[int, list[Failure]]


def years_before(day: date, years: int) -> date:
    """The same day ``years`` earlier; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def failed_conditions(rule: PlanRule, index: int, outcome: PlanOutcome, on: date) -> list[Failure]:
    """Every condition of ``rule`` the outcome does not meet, in a fixed order. An unknown mark, level or hours meet none."""
    c, found = rule.conditions, []

    def at_least(name: str, needed: int | None, has: int | None) -> None:
        if needed is not None and (has is None or has < needed):
            found.append(Failure(index, name, needed, "" if has is None else has))

    at_least("min_mark", c.min_mark, outcome.mark)
    at_least("min_level", c.min_level, outcome.level)
    if c.max_age_years is not None and outcome.awarded_on < years_before(on, c.max_age_years):
        found.append(Failure(index, "max_age_years", c.max_age_years, outcome.awarded_on.isoformat()))
    if c.min_quality is not None and outcome.quality > c.min_quality:  # A < B < C as letters
        found.append(Failure(index, "min_quality", c.min_quality, outcome.quality))
    at_least("min_assurance", c.min_assurance, outcome.assurance)
    if not c.online and outcome.online:
        found.append(Failure(index, "online"))
    at_least("min_hours", c.min_hours, outcome.hours)
    if c.issuer_kinds and outcome.issuer_kind not in c.issuer_kinds:
        found.append(Failure(index, "issuer_kinds", "、".join(c.issuer_kinds), outcome.issuer_kind))
    if c.earned_from is not None and ended(outcome) < c.earned_from:
        found.append(Failure(index, "earned_from", c.earned_from.isoformat(), ended(outcome).isoformat()))
    if c.earned_until is not None and ended(outcome) >= c.earned_until:
        found.append(Failure(index, "earned_until", c.earned_until.isoformat(), ended(outcome).isoformat()))
    return found


def share_out(total: int, credits: Sequence[int]) -> tuple[int, ...]:
    """Attribute ``total`` to sources in order, each up to its own credits; what a stated result adds goes to the last."""
    shares, rest = [], total
    for c in credits:
        shares.append(min(c, rest))
        rest -= shares[-1]
    shares[-1] += rest
    return tuple(shares)


def full_grant(size: int, problem: Problem) -> int:
    """The fewest hundredths with which a course of ``size`` counts as done."""
    return min(size, max(problem.grain, size - problem.tolerance))


def least_grant(size: int, problem: Problem) -> int:
    """The fewest hundredths that may be given for a course of ``size``."""
    return min(size, problem.grain) if problem.shortfall == "award" else full_grant(size, problem)


def least_carried(rule: PlanRule, place: Sequence[Node], problem: Problem) -> tuple[int, int]:
    """What the sources must carry for these courses: (for the credits themselves, for the direction)."""
    if rule.waives or rule.elective:
        return 0, 0
    sizes = [n.credits for n, t in zip(place, rule.targets, strict=True) if t.credits is None]
    direction = max(0, sum(sizes) - problem.tolerance) if problem.direction else 0
    return sum(least_grant(size, problem) for size in sizes), direction


def grant(available: int, courses: Sequence[tuple[int, int | None]], problem: Problem) -> list[int] | None:
    """Credits recognised for each course, or None when the sources fall short.

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


def apply(problem: Problem, index: int, outcomes: tuple[int, ...], place: tuple[Node, ...]) -> Use | Failure:
    """One rule on these outcomes (of which each meets its conditions) at this place."""
    rule = problem.rules[index]
    carried = tuple(problem.outcomes[i].free for i in outcomes)
    items = tuple(t.item_id for t in rule.targets)
    if rule.elective:
        total = rule.result or sum(carried)
        return Use(index, outcomes, ((place[0].id, total),), (False,), items, share_out(total, carried), total)
    if rule.waives:
        none = tuple((n.id, 0) for n in place)
        return Use(index, outcomes, none, (True,) * len(place), items, (0,) * len(carried), 0)
    least, direction = least_carried(rule, place, problem)
    given = grant(sum(carried), [(n.credits, t.credits) for n, t in zip(place, rule.targets, strict=True)], problem)
    if given is None:
        return Failure(index, "credits_short", least, sum(carried))
    if sum(carried) < direction:
        return Failure(index, "direction", direction, sum(carried))
    done = tuple(g >= full_grant(n.credits, problem) for n, g in zip(place, given, strict=True))
    grants = tuple((n.id, g) for n, g in zip(place, given, strict=True))
    return Use(index, outcomes, grants, done, items, share_out(sum(given), carried), sum(given))


class _Finder:
    """Collects uses and failures rule by rule."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.problem = ground.problem
        self.uses: dict[tuple[object, ...], Use] = {}
        self.pools: list[PoolUse] = []
        self.failures: dict[int, list[Failure]] = defaultdict(list)
        self.tries = 0

    def look(self, index: int) -> None:
        rule = self.problem.rules[index]
        blocked = self._blocked(rule, index)
        fit = {item: self._fitting(rule, index, item, blocked) for item in sorted(rule.items())}
        if blocked is not None:
            return
        places = list(self._places(rule))
        if rule.pool is not None:
            self._pool(rule, index, places, [i for item in rule.pool.items for i in fit[item]])
        for items in rule.alternatives():
            if not all(fit[item] for item in items):
                for i in itertools.chain.from_iterable(fit[item] for item in items):
                    self.failures[i].append(Failure(index, "source_missing"))
                continue
            self._count(len(places) * math.prod(len(fit[item]) for item in items))
            for outcomes in itertools.product(*(fit[item] for item in items)):
                for place in places:
                    self._add(index, outcomes, place)

    def _blocked(self, rule: PlanRule, index: int) -> Failure | None:
        """Why the rule takes nothing at all."""
        least = self.problem.min_overlap
        if rule.overlap is not None and least is not None and rule.overlap < least:
            return Failure(index, "overlap", least, rule.overlap)
        if rule.elective:
            found = any(rule.elective in ("*", n.id) for n in self.ground.electives)
        else:
            found = all(t.item_id in self.ground.places for t in rule.targets)
        if not found:
            return Failure(index, "not_in_programme")
        if any(t.item_id in self.ground.settled for t in rule.targets):
            return Failure(index, "course_done")
        return None

    def _fitting(self, rule: PlanRule, index: int, item: int, blocked: Failure | None) -> list[int]:
        """The outcomes of an item the rule takes."""
        good = []
        targets = tuple(t.item_id for t in rule.targets)
        for i in self.ground.holding.get(item, ()):
            if i in self.ground.barred:
                continue
            outcome = self.problem.outcomes[i]
            denial = self.ground.denied(outcome, targets)
            if blocked is not None:
                self.failures[i].append(blocked)
            elif denial is not None:
                self.failures[i].append(Failure(denial, "denied"))
            elif failed := failed_conditions(rule, index, outcome, self.problem.on):
                self.failures[i].append(replace(failed[0], misses=len(failed)))
            else:
                good.append(i)
        return good

    def _places(self, rule: PlanRule) -> Iterator[tuple[Node, ...]]:
        if rule.elective:
            yield from ((n,) for n in self.ground.electives if rule.elective in ("*", n.id))
        else:
            yield from itertools.product(*(self.ground.places[t.item_id] for t in rule.targets))

    def _reversed(self, rule: PlanRule, outcome: int, place: tuple[Node, ...]) -> bool:
        """Whether an elective would replace a required course."""
        return (
            self.problem.direction
            and not rule.waives
            and not rule.elective
            and self.problem.outcomes[outcome].nature == "elective"
            and any(n.id not in self.ground.inside for n in place)
        )

    def _add(self, index: int, outcomes: tuple[int, ...], place: tuple[Node, ...]) -> None:
        rule = self.problem.rules[index]
        wrong_way = [i for i in outcomes if self._reversed(rule, i, place)]
        found = Failure(index, "direction") if wrong_way else apply(self.problem, index, outcomes, place)
        if isinstance(found, Failure):
            for i in wrong_way or outcomes:
                self.failures[i].append(found)
            return
        # Two rules that do exactly the same are one choice; the first by number speaks for both.
        self.uses.setdefault((outcomes, found.grants, found.done, found.shares), found)
        if len(self.uses) > MAX_USES:
            raise Denied(PROBLEM_TOO_LARGE, count=f"> {MAX_USES}", limit=MAX_USES)

    def _pool(self, rule: PlanRule, index: int, places: list[tuple[Node, ...]], fit: list[int]) -> None:
        assert rule.pool is not None
        for place in places:
            members = []
            self._count(len(fit))
            for i in sorted(fit):
                if self._reversed(rule, i, place):
                    self.failures[i].append(Failure(index, "direction"))
                else:
                    members.append(i)
            needed, direction = least_carried(rule, place, self.problem)
            least, carried = (
                max(rule.pool.credits, needed, direction),
                sum(self.problem.outcomes[i].free for i in members),
            )
            stated = [
                (n.credits, t.credits) for n, t in zip(place, rule.targets, strict=False) if t.credits is not None
            ]
            if carried < least or (stated and grant(0, stated, self.problem) is None):
                for i in members:
                    self.failures[i].append(Failure(index, "credits_short", least, carried))
            else:
                self.pools.append(PoolUse(index, place, tuple(members), least))

    def _count(self, more: int) -> None:
        self.tries += more
        if self.tries > MAX_TRIES:
            raise Denied(PROBLEM_TOO_LARGE, count=f"> {MAX_TRIES}", limit=MAX_TRIES)


def survey(problem: Problem) -> Field:
    """Look at every rule of a canonical problem. Raises ``Denied(problem_too_large)`` beyond ``MAX_USES`` uses."""
    finder = _Finder(ground_of(problem))
    for index, rule in enumerate(problem.rules):
        if not rule.denies:
            finder.look(index)
    return Field(finder.ground, tuple(finder.uses.values()), tuple(finder.pools), dict(finder.failures))
