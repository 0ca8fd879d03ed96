"""The best legal plan by OR-tools CP-SAT, from ``reading`` alone: the paragraph "What is best", as a model.

Runs in a process of its own (``serve``): OR-tools and highspy each bring a HiGHS library and cannot be loaded together.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from ortools.sat.python import cp_model

from benchmarks.referee import reading
from benchmarks.referee.reading import Application, Way
from xuefen.bank.conversion.types import Node, NodeKind, PlanOutcome, Problem

Line = tuple[str, tuple[str, ...], tuple[str, ...]]
"""A line of a plan: rule, outcomes in order, places in the order of the targets."""


class Optimum:
    """One problem as a CP-SAT model. ``fixed``: only these lines, so that the model judges and values a given plan."""

    def __init__(self, problem: Problem, fixed: Sequence[Line] | None = None) -> None:
        self.p = problem
        self.cp = cp_model.CpModel()
        self.zero = self.cp.new_constant(0)
        self.most = sum(n.credits for n in problem.tree.walk()) + sum(o.credits for o in problem.outcomes)
        self.most += sum(r.result or 0 for r in problem.rules) * len(problem.outcomes) + sum(
            d.credits for d in problem.done
        )
        self.sets: list[tuple[Any, Application]] = []
        self.pools: list[tuple[Any, Way, dict[str, Any]]] = []
        self.used: dict[str, list[Any]] = defaultdict(list)
        self.shares: dict[str, list[Any]] = defaultdict(list)
        self.recognised: dict[str, list[Any]] = defaultdict(list)  # by node, from this plan
        self.done: dict[str, list[Any]] = defaultdict(list)  # by node, from this plan
        self.given: dict[int, list[Any]] = defaultdict(list)  # by item
        self.picks: list[tuple[Any, str]] = []  # children of choose groups that count
        self._ways()
        self._legal()
        self.objectives = self._objectives()
        if fixed is not None:
            self._fix(fixed)

    # --- what may be done ------------------------------------------------------------------------------------------

    def _ways(self) -> None:
        by_rule: dict[str, list[Any]] = defaultdict(list)
        for way in reading.ways(self.p):
            if way.rule.pool is not None:
                by_rule[way.rule.number].append(self._pool(way))
            for found in reading.applications(self.p, way):
                x = self.cp.new_bool_var("")
                self.sets.append((x, found))
                for o, share in zip(found.outcomes, found.shares, strict=True):
                    self.used[o.number].append(x)
                    self.shares[o.number].append(share * x)
                for place, credits, done in zip(way.places, found.recognised, found.done, strict=True):
                    self._give(x, place, credits * x, x if done else self.zero)
        for active in by_rule.values():
            self.cp.add_at_most_one(active)

    def _give(self, x: Any, place: reading.Place, credits: Any, done: Any) -> None:
        self.recognised[place.node].append(credits)
        if place.item_id is not None:
            self.done[place.node].append(done)
            self.given[place.item_id].append(x)

    def _pool(self, way: Way) -> Any:
        """A pool takes any outcomes; what it gives and whose share that is follow from their sum."""
        cp, rule = self.cp, way.rule
        active = cp.new_bool_var("")
        takes = {o.number: cp.new_bool_var("") for o in sorted(way.accepted, key=lambda o: o.number)}
        self.pools.append((active, way, takes))
        for number, y in takes.items():
            cp.add_implication(y, active)
            self.used[number].append(y)
        needed = reading.floor(self.p, way)
        carried = sum(o.free * takes[o.number] for o in way.accepted)
        if needed is None or not takes:
            cp.add(active == 0)
            return active
        cp.add(carried >= needed).only_enforce_if(active)
        recognised, done = self._pool_gives(way, active, carried)
        for place, credits, flag in zip(way.places, recognised, done, strict=True):
            self._give(active, place, credits, flag)
        self._pool_shares(way, takes, sum(recognised), stated=bool(rule.result or any(t.credits for t in rule.targets)))
        return active

    def _pool_gives(self, way: Way, active: Any, carried: Any) -> tuple[list[Any], list[Any]]:
        p, cp, rule = self.p, self.cp, way.rule
        if rule.waives:
            return [self.zero] * len(way.places), [active] * len(way.places)
        if rule.elective:
            return [carried if rule.result is None else rule.result * active], [self.zero]
        given, done = [], []
        free = [x for x, t in zip(way.places, rule.targets, strict=True) if t.credits is None]
        rest = carried - active * sum(reading.least(p, x.credits) for x in free)
        for place, target in zip(way.places, rule.targets, strict=True):
            enough = reading.done_from(p, place.credits)
            if target.credits is not None:
                stated = min(target.credits, place.credits)
                given.append(stated * active)
                done.append(active if stated >= enough else self.zero)
                continue
            lowest = reading.least(p, place.credits)
            more = cp.new_int_var(0, place.credits - lowest, "")
            cp.add_min_equality(more, [self._var(rest), place.credits - lowest])
            rest = rest - more
            given.append(lowest * active + more)
            done.append(self._reached(given[-1], enough, active))
        return given, done

    def _pool_shares(self, way: Way, takes: dict[str, Any], recognised: Any, *, stated: bool) -> None:
        """In the order of numbers, each up to its own; what a stated result adds goes to the last that is taken."""
        cp, rest = self.cp, self._var(recognised)
        carries = {o.number: o.free for o in way.accepted}
        for number, y in takes.items():
            share = cp.new_int_var(0, carries[number], "")
            cp.add_min_equality(share, [carries[number] * y, rest])
            rest = self._var(rest - share)
            self.shares[number].append(share)
        if not stated:
            return
        later: list[Any] = []
        for number, y in reversed(takes.items()):
            last = cp.new_bool_var("")
            cp.add_bool_and([y, *(z.negated() for z in later)]).only_enforce_if(last)
            cp.add_bool_or([y.negated(), *later, last])
            bonus = cp.new_int_var(0, self.most, "")
            cp.add(bonus == rest).only_enforce_if(last)
            cp.add(bonus == 0).only_enforce_if(last.negated())
            self.shares[number].append(bonus)
            later.append(y)

    def _var(self, expression: Any) -> Any:
        """An amount as a variable of its own."""
        v = self.cp.new_int_var(0, self.most, "")
        self.cp.add(v == expression)
        return v

    def _reached(self, amount: Any, enough: int, active: Any) -> Any:
        """1 exactly when ``active`` and the amount is enough."""
        flag = self.cp.new_bool_var("")
        self.cp.add_implication(flag, active)
        self.cp.add(amount >= enough).only_enforce_if(flag)
        self.cp.add(amount < enough).only_enforce_if([flag.negated(), active])
        return flag

    def _legal(self) -> None:
        p, cp = self.p, self.cp
        names: dict[str, list[Any]] = defaultdict(list)
        for o in p.outcomes:
            cp.add_at_most_one(self.used[o.number])  # (1)
            if p.same_name_once and o.name_key:
                names[o.name_key] += self.used[o.number]
        for same in names.values():
            cp.add_at_most_one(same)
        for given in self.given.values():
            cp.add_at_most_one(given)  # (4)
        gives = [(x, found.way) for x, found in self.sets] + [(x, way) for x, way, _ in self.pools]
        for x, way in gives:  # (6)
            for item in {item for place in way.places for item in place.after}:
                if not reading.holds(p, item):
                    cp.add_bool_or([x.negated(), *self.given[item]])
        for cap in p.caps:  # (8)
            counted = [s for o in p.outcomes if reading.counts_in(cap, o) for s in self.shares[o.number]]
            cp.add(sum(counted, start=self.zero) <= reading.room(cap))
        for node in p.tree.walk():
            if (room := reading.node_room(p, node)) is not None:
                below = {n.id for n in node.walk()}
                cp.add(sum((c for n in below for c in self.recognised[n]), start=self.zero) <= room)
                if node.cap == 0:
                    for x, way in gives:
                        if not way.rule.waives and any(place.node in below for place in way.places):
                            cp.add(x == 0)

    def _fix(self, lines: Sequence[Line]) -> None:
        """Exactly these lines. Raises ``ValueError`` for a line no way allows."""
        left = list(lines)

        def take(line: Line) -> bool:
            if line in left:
                left.remove(line)
                return True
            return False

        for x, found in self.sets:
            self.cp.add(x == int(take(_line(found.way, found.outcomes))))
        for x, way, takes in self.pools:
            rule, places = way.rule.number, tuple(place.node for place in way.places)
            mine = [line for line in left if line[0] == rule and line[2] == places and set(line[1]) <= set(takes)]
            self.cp.add(x == int(bool(mine)))
            for number, y in takes.items():
                self.cp.add(y == int(bool(mine) and number in mine[0][1]))
            if mine:
                left.remove(mine[0])
        if left:
            raise ValueError(f"no way to apply {left}")

    # --- what it is worth ------------------------------------------------------------------------------------------

    def _objectives(self) -> list[tuple[Any, bool]]:
        """The four objectives in order, each with whether more is better."""
        met, requirement, elective = self._worth(self.p.tree, elective=False, shared=False)
        taken = sum((x for xs in self.used.values() for x in xs), start=self.zero)
        return [(met, True), (requirement, True), (elective, True), (taken, False)]

    def _worth(self, node: Node, *, elective: bool, shared: bool) -> tuple[Any, Any, Any]:
        elective, shared = elective or node.elective, shared or node.shared
        if node.kind is NodeKind.COURSE:
            met, requirement, below = self._course(node, elective=elective, shared=shared)
        else:
            parts = [self._worth(child, elective=elective, shared=shared) for child in node.children]
            if node.kind in (NodeKind.CHOOSE, NodeKind.ANY):
                parts = self._chosen(node, parts)
            met, requirement, below = (
                (sum(part, start=self.zero) for part in zip(*parts, strict=True)) if parts else (0, 0, 0)
            )
            if node.kind is NodeKind.CREDITS:
                met, requirement, below = self._credits(node, requirement, below, elective=elective)
        if elective:
            met = self.zero
        return (met, self.zero, self.zero) if node.shared else (met, requirement, below)

    def _course(self, node: Node, *, elective: bool, shared: bool) -> tuple[Any, Any, Any]:
        same = [n.id for n in self.p.tree.walk() if n.item_id == node.item_id] if shared else [node.id]
        settled = [d for d in self.p.done if d.item_id == node.item_id and (shared or d.node == node.id)]
        credits = sum((c for n in same for c in self.recognised[n]), start=self.zero) + sum(d.credits for d in settled)
        done = self.cp.new_constant(1) if settled else sum((f for n in same for f in self.done[n]), start=self.zero)
        return (self.zero, self.zero, credits) if elective else (done, credits, self.zero)

    def _chosen(self, node: Node, parts: list[tuple[Any, Any, Any]]) -> list[tuple[Any, Any, Any]]:
        picks, chosen = [], []
        for child, part in zip(node.children, parts, strict=True):
            pick = self.cp.new_bool_var("")
            picks.append(pick)
            self.picks.append((pick, child.id))
            gated = []
            for value in part:
                v = self.cp.new_int_var(0, self.most, "")
                self.cp.add(v == value).only_enforce_if(pick)
                self.cp.add(v == 0).only_enforce_if(pick.negated())
                gated.append(v)
            chosen.append((gated[0], gated[1], gated[2]))
        self.cp.add(sum(picks) <= (1 if node.kind is NodeKind.ANY else node.need))
        return chosen

    def _credits(self, node: Node, requirement: Any, below: Any, *, elective: bool) -> tuple[Any, Any, Any]:
        own = sum(d.credits for d in self.p.done if d.node == node.id and d.item_id is None)
        if elective:
            below = below + own + sum(self.recognised[node.id], start=self.zero)
        else:
            requirement = requirement + own
        need = node.need
        counted = self.cp.new_int_var(0, need, "")
        self.cp.add_min_equality(counted, [self._var(requirement), need])
        rest = self.cp.new_int_var(0, need, "")
        self.cp.add_min_equality(rest, [self._var(below), need - counted])
        met = self.cp.new_bool_var("")
        self.cp.add(counted + rest >= need).only_enforce_if(met)
        self.cp.add(counted + rest < need).only_enforce_if(met.negated())
        return met, counted, rest

    # --- the answer ------------------------------------------------------------------------------------------------

    def solve(self, seconds: float) -> dict[str, Any]:
        """The objectives one after the other, each held for the next; the lines of the plan found."""
        until = time.perf_counter() + seconds
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        found: list[int] = []
        for expression, more in self.objectives:
            (self.cp.maximize if more else self.cp.minimize)(expression)
            solver.parameters.max_time_in_seconds = max(0.01, until - time.perf_counter())
            status = solver.solve(self.cp)
            if status != cp_model.OPTIMAL:
                return refused(solver.status_name(status))
            found.append(round(solver.objective_value))
            self.cp.add(expression == found[-1])
        lines = [_line(a.way, a.outcomes) for x, a in self.sets if solver.value(x)]
        for x, way, takes in self.pools:
            if solver.value(x):
                numbers = tuple(n for n, y in takes.items() if solver.value(y))
                lines.append((way.rule.number, numbers, tuple(place.node for place in way.places)))
        picks = [node for pick, node in self.picks if solver.value(pick)]
        return {"found": found, "proven": True, "status": "OPTIMAL", "lines": lines, "picks": picks}


def refused(status: str) -> dict[str, Any]:
    """No answer, or no legal plan."""
    return {"found": [], "proven": False, "status": status, "lines": [], "picks": []}


def _line(way: Way, outcomes: Sequence[PlanOutcome]) -> Line:
    return way.rule.number, tuple(o.number for o in outcomes), tuple(place.node for place in way.places)


def best(problem: Problem, fixed: Sequence[Line] | None = None, *, seconds: float = 60.0) -> dict[str, Any]:
    """CP-SAT's answer, with the milliseconds it took including its model. ``fixed``: the value of a given plan."""
    began = time.perf_counter()
    try:
        answer = Optimum(problem, fixed).solve(seconds)
    except ValueError as error:
        answer = refused(str(error))
    return {**answer, "ms": 1000 * (time.perf_counter() - began)}
