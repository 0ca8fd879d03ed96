"""Plans crossing the table: ours as lines for CP-SAT to judge, CP-SAT's as a plan document for our checker to judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from benchmarks.referee import reading
from benchmarks.referee.reading import Application
from xuefen.bank.conversion.types import (
    Give,
    Node,
    NodeKind,
    Plan,
    PlanLine,
    Problem,
    Proof,
    RuleRef,
    Source,
    Text,
    Totals,
)

NOTHING = Text("", "")


def lines_of(problem: Problem, plan: Plan) -> list[tuple[str, list[str], list[str]]]:
    """A plan's lines as ``optimum`` reads them: the rule, its outcomes in order, its places in the order of the targets."""
    rules = {r.number: r for r in problem.rules}
    lines = []
    for line in plan.lines:
        order = {t.item_id: i for i, t in enumerate(rules[line.rule.number].targets)}
        gives = sorted(line.gives, key=lambda g: order.get(g.item_id or -1, 0))
        lines.append((line.rule.number, [u.number for u in line.uses], [g.node for g in gives]))
    return lines


def plan_of(problem: Problem, answer: dict[str, Any]) -> Plan:
    """CP-SAT's answer as a document: what it recognises, whose share that is, and what of it counts."""
    met, requirement, elective, _ = answer["found"]
    applied = [_application(problem, line) for line in answer["lines"]]
    counts = _Counts(problem, applied, set(answer["picks"]))
    lines = tuple(_line(problem, a, [counts.of[i, k] for k in range(len(a.recognised))]) for i, a in enumerate(applied))
    held = sum(o.free for o in problem.outcomes)
    settled = requirement + elective - sum(line.counts for line in lines)
    totals = Totals(
        held=held, requirement=requirement, elective=elective, done=settled, met=met,
        unused=held - sum(line.counts for line in lines), reserved=sum(_reserved(problem, a) for a in applied),
        recognised=sum(line.credits for line in lines), needed=problem.total_credits, rules=0, caps=0,
    )  # fmt: skip
    return Plan(
        problem=problem.digest(), on=problem.on.isoformat(), programme=problem.programme,
        programme_version=problem.programme_version, standard=problem.standard, totals=totals,
        proof=Proof(True, requirement, elective, met), lines=lines, unused=(), caps=(), groups=(),
    )  # fmt: skip


def _application(p: Problem, line: Sequence[Any]) -> Application:
    rule, numbers, nodes = line
    by_number = {o.number: o for o in p.outcomes}
    for way in reading.ways(p):
        if way.rule.number == rule and [place.node for place in way.places] == list(nodes):
            found = reading.apply(p, way, [by_number[n] for n in numbers])
            assert found is not None
            return found
    raise LookupError(line)


def _reserved(p: Problem, a: Application) -> int:
    if p.leftover == "carried" and not a.way.rule.waives:
        return sum(min(o.free, share) for o, share in zip(a.outcomes, a.shares, strict=True))
    return sum(o.free for o in a.outcomes)


def _line(p: Problem, a: Application, counts: Sequence[int]) -> PlanLine:
    rule = a.way.rule
    names = {n.id: n.name for n in p.tree.walk()}
    gives = tuple(
        Give(place.node, names[place.node], credits, counted, item_id=place.item_id)
        for place, credits, counted in zip(a.way.places, a.recognised, counts, strict=True)
    )
    uses = tuple(
        Source(o.number, o.item_name, o.issuer_name, o.outcome_class.value, o.free, share, o.online)
        for o, share in zip(a.outcomes, a.shares, strict=True)
    )
    return PlanLine(
        RuleRef(rule.number, rule.version, rule.clause), "elective" if rule.elective else "requirement", uses, gives,
        sum(a.recognised), sum(counts), NOTHING, NOTHING, rule.basis, rule.grade, rule.waives, rule.contract,
    )  # fmt: skip


class _Counts:
    """What of each give the tree has room for, what is settled first. ``of``: by line and give."""

    def __init__(self, p: Problem, applied: Sequence[Application], picks: set[str]) -> None:
        self.picks = picks
        self.of: dict[tuple[int, int], int] = {}
        self.own: dict[str, list[tuple[tuple[int, int] | None, int]]] = defaultdict(list)
        for d in p.done:
            self.own[d.node].append((None, d.credits))
        for i, a in enumerate(applied):
            for k, (place, credits) in enumerate(zip(a.way.places, a.recognised, strict=True)):
                self.own[place.node].append(((i, k), credits))
                self.of[i, k] = 0
        self._spend(p.tree, 10**12, 10**12, elective=False)

    def _counting(self, node: Node) -> list[Node]:
        pick = node.kind in (NodeKind.CHOOSE, NodeKind.ANY)
        return [c for c in node.children if not c.shared and (not pick or c.id in self.picks)]

    def _worth(self, node: Node, *, elective: bool) -> tuple[int, int]:
        """Requirement and elective credit the node passes upward."""
        elective = elective or node.elective
        own = sum(credits for _, credits in self.own[node.id])
        parts = [self._worth(c, elective=elective) for c in self._counting(node)]
        requirement = sum(r for r, _ in parts) + (0 if elective else own)
        rest = sum(e for _, e in parts) + (own if elective else 0)
        if node.kind is NodeKind.CREDITS:
            requirement = min(requirement, node.need)
            rest = min(rest, node.need - requirement)
        return requirement, rest

    def _spend(self, node: Node, requirement: int, rest: int, *, elective: bool) -> None:
        """Hand out at most so much of what the node is worth, its own first, then child by child."""
        elective = elective or node.elective
        mine = self._worth(node, elective=elective)
        requirement, rest = min(requirement, mine[0]), min(rest, mine[1])
        for key, credits in self.own[node.id]:
            counted = min(credits, rest if elective else requirement)
            if elective:
                rest -= counted
            else:
                requirement -= counted
            if key is not None:
                self.of[key] = counted
        for child in self._counting(node):
            one = self._worth(child, elective=elective)
            given = min(one[0], requirement), min(one[1], rest)
            self._spend(child, *given, elective=elective)
            requirement, rest = requirement - given[0], rest - given[1]
