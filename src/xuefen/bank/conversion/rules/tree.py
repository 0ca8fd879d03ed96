"""How much of what is recognised a programme counts: requirements first, then electives, no group beyond its need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xuefen.bank.conversion.types import Node, NodeKind


@dataclass(frozen=True, slots=True)
class Tally:
    """Credits counted at a node: as requirement and as elective (hundredths); ``counting`` are the children that count."""

    node: Node
    requirement: int
    elective: int
    counting: tuple[Tally, ...]
    below: tuple[Tally, ...]
    depth: int
    is_elective: bool

    def walk(self) -> Iterator[Tally]:
        """This node and all below it, also those that do not count."""
        yield self
        for child in self.below:
            yield from child.walk()

    @property
    def total(self) -> int:
        return self.requirement + self.elective


def tally(node: Node, recognised: Mapping[str, int], *, elective: bool = False, depth: int = 0) -> Tally:
    """Count ``recognised`` (node id → hundredths) in the tree below ``node``."""
    inside = elective or node.elective
    below = tuple(tally(c, recognised, elective=inside, depth=depth + 1) for c in node.children)
    counting = below
    if node.kind is NodeKind.CHOOSE:
        ranked = sorted(range(len(below)), key=lambda i: (-below[i].requirement, -below[i].elective, i))
        keep = set(ranked[: node.need])
        counting = tuple(t for i, t in enumerate(below) if i in keep)
    own = recognised.get(node.id, 0)
    requirement = sum(t.requirement for t in counting) + (0 if inside else own)
    spare = sum(t.elective for t in counting) + (own if inside else 0)
    if node.kind is NodeKind.CREDITS:
        requirement = min(requirement, node.need)
        spare = min(spare, node.need - requirement)
    return Tally(node, requirement, spare, counting, below, depth, inside)


def counted(top: Tally, recognised: Mapping[str, int]) -> dict[str, int]:
    """Node id → the part of its recognised credit that counts. A group that is full leaves out its last children."""
    result: dict[str, int] = {}

    def hand_down(t: Tally, requirement: int, elective: int) -> None:
        own = recognised.get(t.node.id, 0)
        if own:
            room = elective if t.is_elective else requirement
            result[t.node.id] = min(own, room)
            if t.is_elective:
                elective -= result[t.node.id]
            else:
                requirement -= result[t.node.id]
        for child in t.counting:
            r, e = min(child.requirement, requirement), min(child.elective, elective)
            hand_down(child, r, e)
            requirement, elective = requirement - r, elective - e

    hand_down(top, top.requirement, top.elective)
    return result


def need_of(node: Node) -> int:
    """Hundredths that complete a node; for a choose node the least that does."""
    if node.kind is NodeKind.COURSE:
        return node.credits
    if node.kind is NodeKind.CREDITS:
        return node.need
    needs = sorted(need_of(c) for c in node.children)
    return sum(needs[: node.need] if node.kind is NodeKind.CHOOSE else needs)
