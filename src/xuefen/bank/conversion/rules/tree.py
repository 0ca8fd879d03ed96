"""How much of what is recognised a programme counts: requirements met, then required credit, then electives.

Where a choose group stands, the children that count are those that serve the objective best. Above credit groups that is the
best triple; inside one, where the requirements met below are not looked at, required and elective credit can trade against
each other, so every pair that nothing else beats is kept until the group decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from xuefen.bank.conversion.types import PROBLEM_TOO_LARGE, Node, NodeKind, Problem
from xuefen.bank.shell.problems import Denied

MAX_TRADES = 2_000
"""Most pairs of required and elective credit kept at one group."""


@dataclass(frozen=True, slots=True)
class Score:
    """What is recognised and settled: ``credits`` by node, ``done`` nodes, and for shared groups the same by item."""

    credits: Mapping[str, int]
    done: frozenset[str]
    item_credits: Mapping[int, int]
    items_done: frozenset[int]
    settled: Mapping[str, int]


def score(problem: Problem, credits: Mapping[str, int], done: frozenset[str], nodes: Mapping[str, Node]) -> Score:
    """Add what was settled before the plan. ``credits`` and ``done`` are the plan's, by node."""
    settled: dict[str, int] = {}
    for one in problem.done:
        settled[one.node] = settled.get(one.node, 0) + one.credits
    everything = dict(settled)
    for node, amount in credits.items():
        everything[node] = everything.get(node, 0) + amount
    finished = done | {d.node for d in problem.done if d.item_id is not None}
    by_item: dict[int, int] = {}
    for node_id, amount in everything.items():
        item = nodes[node_id].item_id
        if item is not None:
            by_item[item] = by_item.get(item, 0) + amount
    items_done = frozenset(i for n in finished if (i := nodes[n].item_id) is not None)
    return Score(everything, finished, by_item, items_done, settled)


@dataclass(frozen=True, slots=True)
class Tally:
    """What counts at a node: requirements met, credits as requirement and as elective (hundredths), as far as it passes upward.

    ``counting`` are the children that count. ``group`` is what a shared group itself holds, which it does not pass upward.
    """

    node: Node
    met: int
    requirement: int
    elective: int
    counting: tuple[Tally, ...]
    below: tuple[Tally, ...]
    depth: int
    is_elective: bool
    looked_at: bool
    complete: bool
    group: int = 0
    own: int = 0
    settled: int = 0
    settled_sides: tuple[int, int] = (0, 0)
    worth: tuple[int, int, int] = field(default=(0, 0, 0))

    def walk(self) -> Iterator[Tally]:
        """This node and all below it, also those that do not count."""
        yield self
        for child in self.below:
            yield from child.walk()

    @property
    def total(self) -> int:
        return self.requirement + self.elective

    @property
    def requirements(self) -> int:
        """The requirements there are, of the children that count."""
        if not self.looked_at:
            return 0
        if self.node.kind in (NodeKind.COURSE, NodeKind.CREDITS):
            return 1
        return sum(t.requirements for t in self.counting)


def tally(tree: Node, known: Score) -> Tally:
    """Count in the best way. Raises ``Denied(problem_too_large)`` when a tree mixes too many choices inside credit groups."""
    return _Counter(known).options(tree, inside=False, looked_at=True, shared=False, depth=0)[0]


class _Counter:
    def __init__(self, known: Score) -> None:
        self.known = known

    def options(self, node: Node, *, inside: bool, looked_at: bool, shared: bool, depth: int) -> list[Tally]:
        """The ways to count a node that no other beats; one alone wherever requirements met are looked at."""
        inside, shared = inside or node.elective, shared or node.shared
        looked_at = looked_at and not inside
        below = looked_at and node.kind is not NodeKind.CREDITS
        ways = [
            self.options(child, inside=inside, looked_at=below, shared=shared, depth=depth + 1)
            for child in node.children
        ]
        count = {NodeKind.CHOOSE: node.need, NodeKind.ANY: 1}.get(node.kind, len(ways))
        found = [
            self._tally(node, counting, below_all, inside=inside, looked_at=looked_at, shared=shared, depth=depth)
            for counting, below_all in _selections(ways, count, by_worth=below or inside)
        ]
        return _unbeaten(found)

    def _tally(
        self,
        node: Node,
        counting: tuple[Tally, ...],
        below: tuple[Tally, ...],
        *,
        inside: bool,
        looked_at: bool,
        shared: bool,
        depth: int,
    ) -> Tally:
        known, kind = self.known, node.kind
        if kind is NodeKind.COURSE and shared:
            own, complete = known.item_credits.get(node.item_id or 0, 0), node.item_id in known.items_done
        else:
            own, complete = known.credits.get(node.id, 0), node.id in known.done
        settled = min(own, known.settled.get(node.id, 0))
        met = sum(t.met for t in counting)
        requirement = sum(t.requirement for t in counting) + (0 if inside else own)
        elective = sum(t.elective for t in counting) + (own if inside else 0)
        before = [sum(t.settled_sides[k] for t in counting) + (settled if inside == bool(k) else 0) for k in (0, 1)]
        if kind is NodeKind.CREDITS:
            complete = requirement + elective >= node.need
            requirement = min(requirement, node.need)
            elective = min(elective, node.need - requirement)
            met = int(complete)
        elif kind is NodeKind.COURSE:
            met = int(complete)
        else:
            count = {NodeKind.CHOOSE: node.need, NodeKind.ANY: 1}.get(kind, len(below))
            complete = sum(t.complete for t in below) >= count
        before = [min(before[0], requirement), min(before[1], elective)]
        group = requirement + elective
        if node.shared:
            requirement = elective = 0
            before = [0, 0]
        return Tally(
            node, met if looked_at else 0, requirement, elective, counting, below, depth, inside, looked_at, complete, group,
            own, settled, (before[0], before[1]), (met if looked_at else 0, requirement, elective),
        )  # fmt: skip


def _unbeaten(found: list[Tally]) -> list[Tally]:
    """The best, or inside credit groups every one that is not beaten in both kinds of credit."""
    if len(found) == 1:
        return found
    ordered = sorted(found, key=lambda t: t.worth, reverse=True)
    if ordered[0].looked_at:
        return ordered[:1]
    kept: list[Tally] = []
    for t in ordered:
        if not kept or t.elective > kept[-1].elective:
            kept.append(t)
    _bounded(kept)
    return kept


def _bounded(kept: Sequence[object]) -> None:
    if len(kept) > MAX_TRADES:
        raise Denied(PROBLEM_TOO_LARGE, count=f"> {MAX_TRADES}", limit=MAX_TRADES)


def _selections(
    ways: list[list[Tally]], count: int, *, by_worth: bool
) -> Iterator[tuple[tuple[Tally, ...], tuple[Tally, ...]]]:
    """Which children count, and all of them: one selection, unless credit of both kinds trades inside a credit group."""
    if all(len(options) == 1 for options in ways):
        below = tuple(options[0] for options in ways)
        one_sided = all(not t.elective for t in below) or all(not t.requirement for t in below)
        if count >= len(below):
            yield below, below
            return
        if one_sided or by_worth:
            ranked = sorted(range(len(below)), key=lambda i: (*(-w for w in below[i].worth), not below[i].complete, i))
            keep = set(ranked[:count])
            yield tuple(t for i, t in enumerate(below) if i in keep), below
            return
    yield from _trades(ways, count)


def _trades(ways: list[list[Tally]], count: int) -> Iterator[tuple[tuple[Tally, ...], tuple[Tally, ...]]]:
    """Every selection worth looking at, child by child: of those that took as many, none beaten in both kinds of credit."""
    State = tuple[int, int, tuple[tuple[bool, Tally], ...]]
    states: dict[int, list[State]] = {0: [(0, 0, ())]}
    for options in ways:
        grown: dict[int, list[State]] = {}
        for taken, kept in states.items():
            for requirement, elective, trail in kept:
                grown.setdefault(taken, []).append((requirement, elective, (*trail, (False, options[0]))))
                for t in options if taken < count else ():
                    more = (requirement + t.requirement, elective + t.elective, (*trail, (True, t)))
                    grown.setdefault(taken + 1, []).append(more)
        states = {}
        for taken, kept in grown.items():
            best: list[State] = []
            for state in sorted(kept, key=lambda s: (-s[0], -s[1])):
                if not best or state[1] > best[-1][1]:
                    best.append(state)
            _bounded(best)
            states[taken] = best
    for _, _, trail in states[max(states)]:
        yield tuple(t for chosen, t in trail if chosen), tuple(t for _, t in trail)


def counted(top: Tally) -> tuple[dict[str, int], int]:
    """Node id → the part of the plan's credit that counts there, and what counts of what was settled before.

    What was settled comes first; a group that is full leaves out its last children.
    """
    result: dict[str, int] = {}
    earlier = 0

    def hand_down(t: Tally, rooms: tuple[int, int], first: tuple[int, int]) -> None:
        nonlocal earlier
        side = int(t.is_elective)
        room, before = list(rooms), list(first)
        if t.own:
            old = min(t.settled, before[side])
            new = min(t.own - t.settled, room[side])
            earlier += old
            before[side] -= old
            if t.own > t.settled:
                result[t.node.id] = new
                room[side] -= new
        for child in t.counting:
            had = (min(child.settled_sides[0], before[0]), min(child.settled_sides[1], before[1]))
            fresh = (child.requirement - child.settled_sides[0], child.elective - child.settled_sides[1])
            gets = (min(fresh[0], room[0]), min(fresh[1], room[1]))
            hand_down(child, gets, had)
            room = [room[0] - gets[0], room[1] - gets[1]]
            before = [before[0] - had[0], before[1] - had[1]]

    old = top.settled_sides
    hand_down(top, (top.requirement - old[0], top.elective - old[1]), old)
    return result, earlier


def need_of(node: Node) -> int:
    """Hundredths that complete a node; for a choose node the least that does."""
    if node.kind is NodeKind.COURSE:
        return node.credits
    if node.kind is NodeKind.CREDITS:
        return node.need
    needs = sorted(need_of(c) for c in node.children if not c.shared)
    return sum(needs[: {NodeKind.CHOOSE: node.need, NodeKind.ANY: 1}.get(node.kind, len(needs))])
