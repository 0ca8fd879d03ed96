"""One HiGHS instance for one component: bounds from its relaxation, and proofs when the search does not reach them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import highspy
import numpy as np

from xuefen.bank.conversion.rules.model import Model, Row

if TYPE_CHECKING:
    from xuefen.bank.conversion.rules.solve import Budget

MOST_PROBED = 6
"""Credit groups tried both ways for one bound."""
WHOLE = 1e-3
"""Objective values are whole numbers; HiGHS hands them back as floats within this."""


class Programme:
    """The rows of a component, objectives given one after the other, what is reached held."""

    def __init__(self, model: Model, variables: Sequence[int], rows: Sequence[Row], budget: Budget) -> None:
        self.model, self.variables, self.budget = model, variables, budget
        self.place = {v: i for i, v in enumerate(variables)}
        self.values: Mapping[int, float] = {}
        self.settled: set[int] = set()
        self.highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in (
            ("output_flag", False),
            ("threads", 1),
            ("random_seed", 0),
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", 1 - 2 * WHOLE),  # whole-numbered objectives: less than one apart is equal
            # The search has found good plans, and rows that cannot bind are left out: these cost more than they bring.
            ("presolve", "off"),
            ("mip_heuristic_effort", 0.0),
        ):
            self.highs.setOptionValue(name, value)
        self.highs.passModel(self._lp(rows))

    def _lp(self, rows: Sequence[Row]) -> highspy.HighsLp:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.variables), len(rows)
        lp.col_cost_ = np.zeros(len(self.variables))
        lp.col_lower_ = np.zeros(len(self.variables))
        lp.col_upper_ = np.array([self.model.upper(v) for v in self.variables], dtype=np.double)
        lp.row_lower_ = np.full(len(rows), -highspy.kHighsInf)
        lp.row_upper_ = np.array([r.limit for r in rows], dtype=np.double)
        lp.sense_ = highspy.ObjSense.kMaximize
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

    def relaxed(self, terms: Mapping[int, int]) -> int:
        """At most this much of ``terms`` (in whole units) is possible; -1 when nothing is."""
        mine = self._mine(terms)
        most = sum(c * self.model.upper(self.variables[i]) for i, c in mine.items() if c > 0)
        if not mine:
            return 0
        self.highs.setOptionValue("solve_relaxation", True)
        if not self._run(mine):
            return -1 if self.highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible else most
        return min(most, math.floor(self.highs.getInfo().objective_function_value + WHOLE))

    def probed(self, terms: Mapping[int, int]) -> int:
        """``relaxed``, tighter: whether a credit group is met is tried both ways, and settled where only one way is left.

        To meet half a group is what makes the relaxation promise too much.
        """
        bound = self.relaxed(terms)
        settled = False
        for v in [v for v in self.model.reaches if v in self.place and v not in self.settled][:MOST_PROBED]:
            found = []
            for value in (0, 1):
                self.highs.changeColBounds(self.place[v], float(value), float(value))
                found.append(self.relaxed(terms))
            bound = min(bound, max(found))
            if min(found) < 0 <= max(found):
                self.settled.add(v)
                settled = True
            free = 0.0 if found[0] >= 0 else 1.0, 1.0 if found[1] >= 0 else 0.0
            self.highs.changeColBounds(self.place[v], *(free if max(found) >= 0 else (0.0, 1.0)))
        if settled:
            bound = min(bound, self.relaxed(terms))
        return bound

    def best(
        self, terms: Mapping[int, int], start: Mapping[int, float], *, nodes: int | None = None
    ) -> tuple[int, int, bool]:
        """Branch for the most of ``terms``: (reached, bound, proven); ``values`` is the choice found, if there is one."""
        mine = self._mine(terms)
        highs = self.highs
        highs.setOptionValue("solve_relaxation", False)
        highs.setOptionValue("mip_max_nodes", nodes if nodes is not None else highspy.kHighsIInf)
        proven = self._run(mine, start)
        info = highs.getInfo()
        self.values = {}
        reached = 0
        if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
            found = highs.getSolution().col_value
            self.values = dict(zip(self.variables, found, strict=True))
            reached = math.ceil(sum(c * found[i] for i, c in mine.items()) - WHOLE)
        bound = info.mip_dual_bound
        # Out of time before the first relaxation there is no bound yet but this one: everything at once.
        most = sum(c * self.model.upper(self.variables[i]) for i, c in mine.items() if c > 0)
        return reached, min(most, math.floor(bound + WHOLE)) if math.isfinite(bound) else most, proven

    def hold(self, terms: Mapping[int, int], least: int) -> None:
        """From now on ``terms`` reach ``least``."""
        mine = self._mine(terms)
        if mine:
            self.highs.addRow(least, highspy.kHighsInf, len(mine), np.array(list(mine), dtype=np.int32),
                              np.array(list(mine.values()), dtype=np.double))  # fmt: skip

    def limit(self, row: Row) -> None:
        """One more row."""
        mine = self._mine(row.coefficients)
        self.highs.addRow(-highspy.kHighsInf, row.limit, len(mine), np.array(list(mine), dtype=np.int32),
                          np.array(list(mine.values()), dtype=np.double))  # fmt: skip

    def forbid(self, variables: Sequence[int]) -> None:
        """Keep variables at zero."""
        for v in variables:
            self.highs.changeColBounds(self.place[v], 0.0, 0.0)

    def weights(self) -> list[float]:
        """The variables in the last relaxation."""
        return list(self.highs.getSolution().col_value)

    def _mine(self, terms: Mapping[int, int]) -> dict[int, int]:
        return {self.place[v]: c for v, c in terms.items() if v in self.place}

    def _run(self, costs: Mapping[int, int], start: Mapping[int, float] | None = None) -> bool:
        """Whether the run ended with an optimum."""
        highs = self.highs
        vector = np.zeros(len(self.variables))
        vector[list(costs)] = list(costs.values())
        highs.changeColsCost(len(vector), np.arange(len(vector), dtype=np.int32), vector)
        if start is not None:  # a changed objective forgets it, so it comes after
            known = {self.place[v]: x for v, x in start.items() if v in self.place}
            numbers = np.array(list(known), dtype=np.int32)
            highs.setSolution(len(known), numbers, np.array(list(known.values()), dtype=np.double))
        highs.setOptionValue("time_limit", max(0.01, self.budget.left))
        before = highs.getRunTime()  # a running total, while the limit above is for one run
        highs.run()
        self.budget.left -= highs.getRunTime() - before
        optimal: bool = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return optimal
