"""The peer of ``plan``: reads integer programmes (JSON lines) and answers each with CP-SAT's optima and milliseconds.

A process of its own, because OR-tools and highspy each bring a HiGHS library and cannot be loaded together.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from ortools.sat.python import cp_model

SECONDS = 10.0
"""Time per objective; what is not proven by then is reported as not found."""


def solve(programme: dict[str, Any]) -> dict[str, Any]:
    """Both objectives, one after the other, the first held; one thread, as far as they are proven in time."""
    began = time.perf_counter()
    cp = cp_model.CpModel()
    variables = [cp.new_int_var(0, upper, "") for upper in programme["upper"]]

    def linear(terms: list[list[int]]) -> Any:
        return sum(c * variables[v] for v, c in terms)

    for terms, limit in programme["rows"]:
        cp.add(linear(terms) <= limit)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = SECONDS
    found: list[int] = []
    for terms in programme["objectives"]:
        cp.maximize(linear(terms))
        if solver.solve(cp) != cp_model.OPTIMAL:
            break
        found.append(round(solver.objective_value))
        cp.add(linear(terms) >= found[-1])
    return {"found": found, "ms": 1000 * (time.perf_counter() - began)}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(solve(json.loads(line))))
