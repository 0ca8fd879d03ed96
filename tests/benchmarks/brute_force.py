"""The best plan of a tiny problem by trying every one: what the referee's model must find too."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from benchmarks.referee import reading
from benchmarks.referee.reading import Application

from xuefen.bank.conversion.types import Node, NodeKind, Problem

Worth = tuple[int, int, int]


def brute_force(p: Problem) -> list[int]:
    """Requirements met, requirement credits, elective credits and outcomes of the best plan."""
    every = list(_applications(p))
    best = max(
        (*value, -sum(len(a.outcomes) for a in plan)) for plan in _plans(p, every, 0, []) for value in [_value(p, plan)]
    )
    return [*best[:3], -best[3]]


def _applications(p: Problem) -> Iterator[Application]:
    for way in reading.ways(p):
        yield from reading.applications(p, way)
        if way.rule.pool is not None:
            mine = sorted(way.accepted, key=lambda o: o.number)
            for size in range(1, len(mine) + 1):
                for outcomes in itertools.combinations(mine, size):
                    if (found := reading.apply(p, way, outcomes)) is not None:
                        yield found


def _plans(p: Problem, every: list[Application], start: int, plan: list[Application]) -> Iterator[list[Application]]:
    if _legal(p, plan):
        yield plan
    for i in range(start, len(every)):
        if _together(p, [*plan, every[i]]):
            yield from _plans(p, every, i + 1, [*plan, every[i]])


def _together(p: Problem, plan: list[Application]) -> bool:
    """What no further line can mend."""
    outcomes = [o for a in plan for o in a.outcomes]
    names = [o.name_key for o in outcomes if o.name_key and p.same_name_once]
    courses = [place.item_id for a in plan for place in a.way.places if place.item_id is not None]
    pools = [a.way.rule.number for a in plan if a.way.rule.pool]
    return all(len(set(x)) == len(x) for x in ([o.number for o in outcomes], names, courses, pools))


def _legal(p: Problem, plan: list[Application]) -> bool:
    given = {place.item_id for a in plan for place in a.way.places}
    if any(b not in given and not reading.holds(p, b) for a in plan for x in a.way.places for b in x.after):
        return False
    for cap in p.caps:
        shares = [s for a in plan for o, s in zip(a.outcomes, a.shares, strict=True) if reading.counts_in(cap, o)]
        if sum(shares) > max(0, cap.limit - cap.used):
            return False
    for node in p.tree.walk():
        below = {n.id for n in node.walk()}
        inside = [(a, g) for a in plan for x, g in zip(a.way.places, a.recognised, strict=True) if x.node in below]
        settled = sum(d.credits for d in p.done if d.converted and d.node in below)
        if node.cap is not None and sum(g for _, g in inside) > max(0, node.cap - settled):
            return False
        if node.cap == 0 and any(not a.way.rule.waives for a, _ in inside):
            return False
    return True


def _value(p: Problem, plan: list[Application]) -> Worth:
    return max(_worth(p, p.tree, plan, elective=False, shared=False))


def _worth(p: Problem, node: Node, plan: list[Application], *, elective: bool, shared: bool) -> set[Worth]:
    """All that the node can be worth, by which children of choose groups count."""
    elective, shared = elective or node.elective, shared or node.shared
    parts = [_worth(p, child, plan, elective=elective, shared=shared) for child in node.children]
    if node.kind is NodeKind.COURSE:
        found = {_course(p, node, plan, elective=elective, shared=shared)}
    else:
        need = {NodeKind.ANY: 1, NodeKind.CHOOSE: node.need}.get(node.kind, len(parts))
        found = {
            tuple(map(sum, zip((0, 0, 0), *values, strict=True)))
            for chosen in itertools.combinations(parts, need)
            for values in itertools.product(*chosen)
        }
        if node.kind is NodeKind.CREDITS:
            found = {_credits(p, node, plan, one, elective=elective) for one in found}
    if elective:
        found = {(0, r, e) for _, r, e in found}
    return {(m, 0, 0) for m, _, _ in found} if node.shared else found


def _course(p: Problem, node: Node, plan: list[Application], *, elective: bool, shared: bool) -> Worth:
    settled = [d for d in p.done if d.item_id == node.item_id and (shared or d.node == node.id)]
    credits, done = sum(d.credits for d in settled), bool(settled)
    for a in plan:
        for place, g, full in zip(a.way.places, a.recognised, a.done, strict=True):
            if place.node == node.id or (shared and place.item_id == node.item_id):
                credits, done = credits + g, done or full
    return (0, 0, credits) if elective else (int(done), credits, 0)


def _credits(p: Problem, node: Node, plan: list[Application], one: Worth, *, elective: bool) -> Worth:
    _, requirement, below = one
    own = sum(d.credits for d in p.done if d.node == node.id and d.item_id is None)
    own += sum(g for a in plan for x, g in zip(a.way.places, a.recognised, strict=True) if x.node == node.id)
    requirement, below = (requirement, below + own) if elective else (requirement + own, below)
    counted = min(requirement, node.need)
    rest = min(below, node.need - counted)
    return int(counted + rest >= node.need), counted, rest
