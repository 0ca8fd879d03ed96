"""What earlier conversions into a programme settled: courses and credit that are done, and what they took of the caps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from xuefen.bank.conversion.rules.ground import falls_under
from xuefen.bank.conversion.types import Cap, Done, NodeKind, Plan, PlanOutcome, Problem


def settle(problem: Problem, plans: Iterable[Plan]) -> Problem:
    """The problem with what these plans gave counted as done, and what they took of each cap as used.

    A course is found by its item, whatever the version of the programme; what the present version has no place for is
    not done in it, but still used.
    """
    archived = tuple(plans)
    outcomes = {o.number: o for o in problem.outcomes}
    caps = tuple(replace(cap, used=cap.used + _taken(cap, archived, outcomes)) for cap in problem.caps)
    return replace(problem, done=_done(problem, archived), caps=caps)


def _done(problem: Problem, plans: tuple[Plan, ...]) -> tuple[Done, ...]:
    courses = {n.item_id: n.id for n in problem.tree.walk() if n.item_id is not None}
    groups = {n.id for n in problem.tree.walk() if n.kind is NodeKind.CREDITS}
    given: dict[tuple[str, int | None], int] = defaultdict(int)
    for done in problem.done:
        given[done.node, done.item_id] += done.credits
    for give in (give for plan in plans for line in plan.lines for give in line.gives):
        if give.item_id is None and give.node in groups:
            given[give.node, None] += give.credits
        elif give.item_id in courses:
            given[courses[give.item_id], give.item_id] += give.credits
    return tuple(Done(node, credits, item_id) for (node, item_id), credits in sorted(given.items(), key=str))


def _taken(cap: Cap, plans: tuple[Plan, ...], outcomes: Mapping[str, PlanOutcome]) -> int:
    """Recognised credit that falls under the cap. An outcome that left the account cannot tell: it counts, the safe way."""
    sources = (source for plan in plans for line in plan.lines for source in line.uses)
    return sum(s.share for s in sources if s.number not in outcomes or falls_under(cap, outcomes[s.number]))
