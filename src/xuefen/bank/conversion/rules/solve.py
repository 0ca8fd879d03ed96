"""Proven optima with HiGHS: most requirements met, then most requirement credits, then most elective credits, then fewest
outcomes, then a fixed order.

Each component is solved by itself, objective after objective, the earlier ones held. Caps that no optimum meets are left out
until one does (a relaxation whose best plan is legal has the best legal plan), so components stay small. One thread, one seed,
one order of rows: the same model has the same solution.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import highspy
import numpy as np

from xuefen.bank.conversion.rules.model import Model, Row

_WHOLE = 1e-3
"""Objective values are whole numbers; HiGHS hands them back as floats within this."""
ORDER_NODES = 1
"""Branch nodes spent on the last objective, which only chooses among equals: a fixed number, so the choice is repeatable."""

Three = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """The best of one component: values of its variables, what they reach and the proven bounds (met, grains, grains)."""

    values: Mapping[int, float]
    reached: Three
    bounds: Three
    proven: bool


@dataclass(frozen=True, slots=True)
class Solution:
    """The union of all components. ``held``: the caps that had to be held; lifting any other gains nothing.

    ``chosen``: the binaries that are on. ``reached`` and ``bounds``: requirements met, then hundredths.
    """

    chosen: tuple[int, ...]
    reached: Three
    bounds: Three
    proven: bool
    held: tuple[str, ...]


@dataclass(slots=True)
class Solver:
    """Solves one model under different sets of caps, remembering components it has solved. ``time_limit`` is seconds in all."""

    model: Model
    time_limit: float
    spent: float = 0.0
    memo: dict[tuple[object, ...], Part | _Run] = field(default_factory=dict)

    def solve(self, *, without: frozenset[str] = frozenset(), finish: bool = True) -> Solution:
        """The best choice when the caps in ``without`` are lifted. ``finish`` False stops after the credit objectives."""
        held: list[Row] = [r for r in self.model.rows if not r.cap]
        waiting = [r for r in self.model.rows if r.cap and r.cap not in without]
        finished = False
        while True:
            parts = [self._part(variables, rows, finished) for variables, rows in components(self.model, held)]
            values = {v: x for p in parts for v, x in p.values.items()}
            broken = [
                r for r in waiting if sum(c * values.get(v, 0) for v, c in r.coefficients.items()) > r.limit + _WHOLE
            ]
            if broken:
                held.extend(broken)
                waiting = [r for r in waiting if r not in broken]
            elif finished or not finish:
                return self._union(parts, values, held)
            # The last objectives are only worth their time once the credit objectives meet no further cap.
            finished = finish and not broken

    def _union(self, parts: list[Part], values: Mapping[int, float], held: list[Row]) -> Solution:
        constants = [e.constant for e in self.model.objectives]
        units = (1, self.model.grain, self.model.grain)

        def summed(of: str) -> Three:
            sums = [(sum(getattr(p, of)[k] for p in parts) + constants[k]) * units[k] for k in range(3)]
            return sums[0], sums[1], sums[2]

        return Solution(
            tuple(sorted(v for v in self.model.choice if values.get(v, 0) > 0.5)),
            summed("reached"),
            summed("bounds"),
            all(p.proven for p in parts),
            tuple(sorted(r.cap for r in held if r.cap)),
        )

    def _part(self, variables: list[int], rows: list[Row], finish: bool) -> Part:
        key = (tuple(variables), tuple(id(r) for r in rows))
        if key not in self.memo:
            self.memo[key] = self._easy(variables, rows) or _Run(self, variables, rows)
        found = self.memo[key]
        return found if isinstance(found, Part) else found.part(finish)

    def _easy(self, variables: list[int], rows: list[Row]) -> Part | None:
        """A component of which only one use can be chosen: look at each."""
        model = self.model
        if any(v >= len(model.uses) for v in variables) or any(r.cap for r in rows):
            return None
        if len(variables) > 1 and not any(_at_most_one(r) and len(r.coefficients) == len(variables) for r in rows):
            return None
        if any(r.limit < 1 or min(r.coefficients.values()) < 1 for r in rows):
            return None

        def worth(u: int) -> Three:
            met, requirement, elective = (e.coefficients.get(u, 0) for e in model.objectives)
            return met, requirement, elective

        best = max(variables, key=lambda u: (worth(u), -model.choice[u], -u))
        reached = worth(best)
        return Part({best: 1.0} if any(reached) else {}, reached, reached, proven=True)


def _at_most_one(row: Row) -> bool:
    return row.limit == 1 and all(c == 1 for c in row.coefficients.values())


class _Run:
    """One HiGHS instance that goes through the objectives of one component."""

    def __init__(self, solver: Solver, variables: list[int], rows: list[Row]) -> None:
        self.solver = solver
        self.model = solver.model
        self.variables = variables
        self.place = {v: i for i, v in enumerate(variables)}
        self.values = np.zeros(len(variables))
        self.highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in (
            ("output_flag", False),
            ("threads", 1),
            ("random_seed", 0),
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", 1 - 2 * _WHOLE),  # whole-numbered objectives: less than one apart is equal
        ):
            self.highs.setOptionValue(name, value)
        self.highs.passModel(self._lp(rows))
        # Credit is only comparable among plans that meet as many requirements, elective among those with as much required.
        stages = [self.most(e.coefficients) for e in self.model.objectives]
        self.reached = (stages[0][0], stages[1][0], stages[2][0])
        self.bounds = (stages[0][1], stages[1][1], stages[2][1])
        self.proven = all(stage[2] for stage in stages)
        self.finished = False

    def part(self, finish: bool) -> Part:
        """The best so far; with ``finish`` also fewest outcomes and the fixed order."""
        if finish and not self.finished:
            mine = [v for v in self.variables if v in self.model.choice]
            self.least({v: self.model.choice[v] for v in mine})
            self.least({v: rank for rank, v in enumerate(mine, start=1)}, nodes=ORDER_NODES)
            self.finished = True
        values = dict(zip(self.variables, self.values.tolist(), strict=True))
        return Part(values, self.reached, self.bounds, self.proven)

    def _lp(self, rows: list[Row]) -> highspy.HighsLp:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.variables), len(rows)
        lp.col_cost_ = np.zeros(len(self.variables))
        lp.col_lower_ = np.zeros(len(self.variables))
        lp.col_upper_ = np.array([self.model.upper(v) for v in self.variables], dtype=np.double)
        lp.row_lower_ = np.full(len(rows), -highspy.kHighsInf)
        lp.row_upper_ = np.array([r.limit for r in rows], dtype=np.double)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        starts, index, value = [0], list[int](), list[int]()
        for row in rows:
            index.extend(self.place[v] for v in row.coefficients)
            value.extend(row.coefficients.values())
            starts.append(len(index))
        lp.a_matrix_.start_ = np.array(starts, dtype=np.int32)
        lp.a_matrix_.index_ = np.array(index, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(value, dtype=np.double)
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger if self.model.is_integer(v) else kinds.kContinuous for v in self.variables]
        return lp

    def most(self, terms: Mapping[int, int]) -> tuple[int, int, bool]:
        """Maximise and hold ``terms``: (reached, bound, proven) in whole units."""
        mine = {self.place[v]: c for v, c in terms.items() if v in self.place}
        if not mine:
            return 0, 0, True
        value, bound, proven = self._run(mine, highspy.ObjSense.kMaximize)
        reached = math.ceil(value - _WHOLE)
        self._hold(mine, reached, highspy.kHighsInf)
        # Out of time before the first relaxation there is no bound yet but this one: everything at once.
        bound = min(bound, sum(c * self.model.upper(self.variables[i]) for i, c in mine.items() if c > 0))
        return reached, reached if proven else max(reached, math.floor(bound + _WHOLE)), proven

    def least(self, terms: Mapping[int, int], *, nodes: int | None = None) -> None:
        """Minimise and hold ``terms``."""
        mine = {self.place[v]: c for v, c in terms.items()}
        value, _, _ = self._run(mine, highspy.ObjSense.kMinimize, nodes=nodes)
        self._hold(mine, -highspy.kHighsInf, math.floor(value + _WHOLE))

    def _hold(self, terms: Mapping[int, int], low: float, high: float) -> None:
        self.highs.addRow(low, high, len(terms), np.array(list(terms), dtype=np.int32),
                          np.array(list(terms.values()), dtype=np.double))  # fmt: skip

    def _run(
        self, terms: Mapping[int, int], sense: highspy.ObjSense, *, nodes: int | None = None
    ) -> tuple[float, float, bool]:
        costs = np.zeros(len(self.variables))
        for place, coefficient in terms.items():
            costs[place] = coefficient
        highs, solver = self.highs, self.solver
        highs.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), costs)
        highs.changeObjectiveSense(sense)
        highs.setOptionValue("mip_max_nodes", nodes if nodes is not None else highspy.kHighsIInf)
        # The best so far is always legal here (at first: nothing is chosen), so a limit never leaves us without a plan.
        start = highspy.HighsSolution()
        start.col_value = list(self.values)
        highs.setSolution(start)
        highs.setOptionValue("time_limit", max(0.01, solver.time_limit - solver.spent))
        before = highs.getRunTime()  # a running total, while the limit above is for one run
        highs.run()
        solver.spent += highs.getRunTime() - before
        info = highs.getInfo()
        proven = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
            self.values = np.array(highs.getSolution().col_value)
        return float(np.dot(costs, self.values)), info.mip_dual_bound, proven

    def chosen(self) -> tuple[int, ...]:
        uses = len(self.model.uses)
        return tuple(v for v, x in zip(self.variables, self.values, strict=True) if v < uses and x > 0.5)


def components(model: Model, rows: Iterable[Row]) -> list[tuple[list[int], list[Row]]]:
    """Variables and rows that hang together, smallest variable first."""
    parent = list(range(model.size))

    def root(v: int) -> int:
        while parent[v] != v:
            parent[v] = parent[parent[v]]
            v = parent[v]
        return v

    rows = list(rows)
    for row in rows:
        first, *others = row.coefficients
        for other in others:
            a, b = root(first), root(other)
            parent[max(a, b)] = min(a, b)
    variables: dict[int, list[int]] = defaultdict(list)
    for v in range(len(parent)):
        variables[root(v)].append(v)
    belonging: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        belonging[root(next(iter(row.coefficients)))].append(row)
    return [(group, belonging[r]) for r, group in variables.items()]
