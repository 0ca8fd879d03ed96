"""The optimum against all selections: every kind of constraint, judged by the check, which shares no code with the solver."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.bank.conversion_builders import rich_problem
from xuefen.bank.conversion import rules
from xuefen.bank.conversion.types import (
    Give,
    Node,
    NodeKind,
    Plan,
    PlanLine,
    PlanOutcome,
    PlanRule,
    Problem,
    RuleRef,
    Source,
)

Triple = tuple[int, int, int]


class Trial:
    """Tries all selections of lines. What a line gives is worked out here from the document alone."""

    def __init__(self, problem: Problem) -> None:
        self.p = problem
        self.nodes = {n.id: n for n in problem.tree.walk()}
        self.empty = rules.plan(replace(problem, rules=()))
        self.digest = problem.digest()

    def lines(self) -> Iterator[PlanLine]:
        """Every line that the check does not refuse by itself."""
        for rule in self.p.rules:
            for outcomes in () if rule.denies else self._sources(rule):
                for place in self._places(rule):
                    made = self._line(rule, outcomes, place)
                    if made and all("builds on" in v for v in self._faults([made])):
                        yield made

    def _sources(self, rule: PlanRule) -> Iterator[tuple[PlanOutcome, ...]]:
        held = sorted(self.p.outcomes, key=lambda o: o.number)
        if rule.pool is not None:
            fit = [o for o in held if o.item_id in rule.pool.items]
            for n in range(1, len(fit) + 1):
                yield from itertools.combinations(fit, n)
        for items in rule.alternatives():
            for outcomes in itertools.product(*([o for o in held if o.item_id == item] for item in items)):
                if len(set(outcomes)) == len(outcomes):
                    yield outcomes

    def _places(self, rule: PlanRule) -> Iterator[tuple[Node, ...]]:
        if rule.elective:
            return iter([(n,) for n in self.nodes.values() if n.elective and n.kind is NodeKind.CREDITS])
        leaves = [[n for n in self.nodes.values() if n.item_id == t.item_id] for t in rule.targets]
        return itertools.product(*leaves)

    def _line(self, rule: PlanRule, outcomes: tuple[PlanOutcome, ...], place: tuple[Node, ...]) -> PlanLine | None:
        amounts = self._amounts(rule, sum(o.free for o in outcomes), place)
        rest, uses = sum(amounts), []
        for k, o in enumerate(outcomes):
            share = rest if k == len(outcomes) - 1 else min(rest, o.free)
            rest -= share
            uses.append(Source(o.number, o.item_name, o.issuer_name, o.outcome_class.value, o.free, share, o.online))
        gives = [Give(n.id, n.name, a, 0, item_id=n.item_id) for n, a in zip(place, amounts, strict=True)]
        basis = rule.basis
        return PlanLine(
            RuleRef(rule.number, rule.version), "", tuple(uses), tuple(gives), sum(amounts), 0, basis, basis, basis,
            rule.grade, rule.waives, rule.contract,
        )  # fmt: skip

    def _amounts(self, rule: PlanRule, carried: int, place: tuple[Node, ...]) -> list[int]:
        if rule.elective:
            return [rule.result or carried]
        if rule.waives:
            return [0] * len(place)
        given = []
        for node, target in zip(place, rule.targets, strict=True):
            least = self.p.grain if self.p.shortfall == "award" else max(self.p.grain, node.credits - self.p.tolerance)
            given.append(min(node.credits, least if target.credits is None else target.credits))
        spare = carried - sum(g for g, t in zip(given, rule.targets, strict=True) if t.credits is None)
        for k, (node, target) in enumerate(zip(place, rule.targets, strict=True)):
            while target.credits is None and spare > 0 and given[k] < node.credits:
                given[k] += 1
                spare -= 1
        return given

    def _faults(self, lines: list[PlanLine]) -> list[str]:
        """What the check says about these lines, apart from totals, which are not worked out here."""
        counted = ("says otherwise", "do not add up to the totals", "held or recognised")
        found = rules.violations(self.p, self._plan(lines))
        return [v for v in found if not any(word in v for word in counted)]

    def _plan(self, lines: list[PlanLine]) -> Plan:
        return replace(self.empty, problem=self.digest, lines=tuple(lines))

    def worth(self, lines: list[PlanLine]) -> Triple:
        at: dict[str, int] = {}
        done: set[str] = {d.node for d in self.p.done if d.item_id is not None}
        for d in self.p.done:
            at[d.node] = at.get(d.node, 0) + d.credits
        for line in lines:
            for g in line.gives:
                at[g.node] = at.get(g.node, 0) + g.credits
                size = self.nodes[g.node].credits
                if line.waives or g.credits >= min(size, max(self.p.grain, size - self.p.tolerance)):
                    done.add(g.node)
        return max(self._worths(self.p.tree, at, done, inside=False, shared=False))

    def _worths(self, node: Node, at: dict[str, int], done: set[str], *, inside: bool, shared: bool) -> set[Triple]:
        """Everything a node can be worth, over all ways to choose which children count."""
        inside, shared = inside or node.elective, shared or node.shared
        if node.kind is NodeKind.COURSE:
            same = {n.id for n in self.nodes.values() if n.item_id == node.item_id} if shared else {node.id}
            met, credits = int(bool(same & done)), sum(at.get(n, 0) for n in same)
            return {(0, 0, credits) if inside else (met, credits, 0)}
        below = [self._worths(c, at, done, inside=inside, shared=shared) for c in node.children]
        count = {NodeKind.CHOOSE: node.need, NodeKind.ANY: 1}.get(node.kind, len(below))
        own, found = at.get(node.id, 0), set()
        for kept in itertools.combinations(below, count):
            for values in itertools.product(*kept):
                met, r, e = (sum(v[k] for v in values) for k in range(3))
                if node.kind is NodeKind.CREDITS:
                    r, e = (r, e + own) if inside else (r + own, e)
                    met = int(r + e >= node.need and not inside)
                    r = min(r, node.need)
                    e = min(e, node.need - r)
                found.add((met, 0, 0) if node.shared else (met, r, e))
        return found

    def best(self) -> tuple[Triple, int]:
        """The most any legal selection is worth, and the fewest outcomes that reach it (negative)."""
        lines = list(self.lines())
        best = (self.worth([]), 0)

        def go(i: int, picked: list[PlanLine], taken: set[object]) -> None:
            nonlocal best
            if i == len(lines):
                worth = (self.worth(picked), -sum(len(line.uses) for line in picked))
                if worth > best and not self._faults(picked):
                    best = worth
                return
            things = {u.number for u in lines[i].uses} | {g.item_id for g in lines[i].gives if g.item_id is not None}
            if not things & taken:
                go(i + 1, [*picked, lines[i]], taken | things)
            go(i + 1, picked, taken)

        go(0, [], set())
        return best


@pytest.mark.parametrize("first", range(0, 240, 60))
def test_no_legal_selection_is_better(first: int) -> None:
    for seed in range(first, first + 60):
        problem = rich_problem(seed)
        plan = rules.plan(problem)
        assert rules.violations(problem, plan) == [], seed
        assert plan.proof.proven, seed
        totals = plan.totals
        found = (totals.met, totals.requirement, totals.elective), -sum(len(line.uses) for line in plan.lines)
        assert found == Trial(problem).best(), seed
