"""What a problem says about its outcomes and courses, looked up once: where a course may be given, what may be used at all.

Regulations: an outcome is used once; of one certificate family only the highest counts, of one name only one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from xuefen.bank.conversion.types import Cap, CapKind, Node, NodeKind, PlanOutcome, Problem
from xuefen.bank.institutions.types import OutcomeClass


@dataclass(slots=True)
class Ground:
    """Facts of a canonical problem. Outcomes and rules are named by their index.

    ``places``: item → the leaves where it may be given. ``leaves``: item → every leaf, shared groups included. ``inside``: ids
    of nodes below an elective one. ``capped``: node id → the capped nodes it lies under. ``barred``: outcome → why it is
    out of play. ``settled``: items done before.
    """

    problem: Problem
    nodes: dict[str, Node] = field(default_factory=dict)
    places: dict[int, list[Node]] = field(default_factory=dict)
    leaves: dict[int, list[Node]] = field(default_factory=dict)
    electives: list[Node] = field(default_factory=list)
    inside: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    capped: dict[str, tuple[Node, ...]] = field(default_factory=dict)
    holding: dict[int, list[int]] = field(default_factory=dict)
    barred: dict[int, str] = field(default_factory=dict)
    settled: frozenset[int] = frozenset()
    known: frozenset[int] = frozenset()
    denials: dict[int, list[int]] = field(default_factory=dict)

    def asked(self, node: Node) -> list[int]:
        """The items a course builds on that only this plan could still give."""
        return [a for a in node.after if a in self.leaves and a not in self.settled and a not in self.known]

    def denied(self, outcome: PlanOutcome, items: tuple[int, ...]) -> int | None:
        """The rule that says this outcome never gives one of these courses, if there is one."""
        for item in items:
            for index in self.denials.get(item, ()):
                rule = self.problem.rules[index]
                if outcome.item_id in rule.sources or (rule.denied_issuer and rule.denied_issuer == outcome.issuer):
                    return index
        return None

    def on_site(self, node_id: str) -> bool:
        """Whether a node is to be done on site: only a waiver reaches it."""
        return any(n.cap == 0 for n in self.capped[node_id])


def ground_of(problem: Problem) -> Ground:
    """Look at the tree, the outcomes and the denials of a canonical problem."""
    ground = Ground(problem)
    _look_at_tree(ground, problem.tree, inside=False, shared=False, capped=())
    for item, leaves in ground.leaves.items():
        own = [n for n in leaves if n.id not in ground.shared]
        ground.places[item] = own or leaves
    for i, outcome in enumerate(problem.outcomes):
        ground.holding.setdefault(outcome.item_id, []).append(i)
    ground.settled = frozenset(d.item_id for d in problem.done if d.item_id is not None)
    ground.known = frozenset(
        o.item_id for o in problem.outcomes if o.convertible and o.quality not in problem.record_only
    )
    for index, rule in enumerate(problem.rules):
        if rule.denies:
            for target in rule.targets:
                ground.denials.setdefault(target.item_id, []).append(index)
    ground.barred = dict(_barred(problem))
    return ground


def _look_at_tree(ground: Ground, node: Node, *, inside: bool, shared: bool, capped: tuple[Node, ...]) -> None:
    inside, shared = inside or node.elective, shared or node.shared
    capped = (*capped, node) if node.cap is not None else capped
    ground.nodes[node.id] = node
    ground.capped[node.id] = capped
    if inside:
        ground.inside.add(node.id)
    if shared:
        ground.shared.add(node.id)
    if node.item_id is not None:
        ground.leaves.setdefault(node.item_id, []).append(node)
    if node.elective and node.kind is NodeKind.CREDITS:
        ground.electives.append(node)
    for child in node.children:
        _look_at_tree(ground, child, inside=inside, shared=shared, capped=capped)


def champions(problem: Problem) -> dict[str, int]:
    """Family → its highest outcome: by level, then credits, then award date, then number. One already in use still counts as
    the highest: the family has been counted.
    """
    best: dict[str, int] = {}

    def height(i: int) -> tuple[int, int, date, str]:
        o = problem.outcomes[i]
        return (o.level or 0, o.credits, o.awarded_on, o.number)

    for i, o in enumerate(problem.outcomes):
        usable = o.convertible and o.quality not in problem.record_only and not _expired(o, problem)
        if o.family and usable and (o.family not in best or height(i) > height(best[o.family])):
            best[o.family] = i
    return best


def _expired(outcome: PlanOutcome, problem: Problem) -> bool:
    return outcome.expires_on is not None and outcome.expires_on < problem.on


def _barred(problem: Problem) -> Iterator[tuple[int, str]]:
    best = champions(problem)
    counted: dict[str, set[int]] = defaultdict(set)
    if problem.same_name_once:
        for i, o in enumerate(problem.outcomes):
            if o.name_key and o.convertible and o.free < o.credits:
                counted[o.name_key].add(i)
    for i, o in enumerate(problem.outcomes):
        if not o.convertible:
            yield i, "not_convertible"
        elif o.quality in problem.record_only:
            yield i, "record_only"
        elif _expired(o, problem):
            yield i, "expired"
        elif o.family and best[o.family] != i:
            yield i, "lower_in_family"
        elif o.free == 0 or (o.free < o.credits and problem.leftover != "carried"):
            yield i, "in_use"
        elif counted[o.name_key] - {i}:
            yield i, "same_name"


def ended(outcome: PlanOutcome) -> date:
    """The day the class ended."""
    return outcome.ended_on or outcome.awarded_on


def falls_under(cap: Cap, outcome: PlanOutcome) -> bool:
    """Whether a cap counts what comes from this outcome."""
    if cap.starts_on is not None and ended(outcome) < cap.starts_on:
        return False
    if cap.ends_on is not None and ended(outcome) >= cap.ends_on:
        return False
    return _of_kind(cap, outcome) != cap.outside


def _of_kind(cap: Cap, outcome: PlanOutcome) -> bool:
    if cap.kind is CapKind.ONLINE:
        return outcome.online
    if cap.kind is CapKind.CLASS:
        return outcome.outcome_class == cap.which
    if cap.kind is CapKind.TYPE:
        return outcome.type_code.startswith(tuple(cap.which.split()))
    if cap.kind is CapKind.DEGREE_LEVEL:
        return outcome.outcome_class == OutcomeClass.DEGREE and (outcome.level or 0) >= int(cap.which)
    if cap.kind is CapKind.ISSUER:
        return outcome.issuer == cap.which
    return True
