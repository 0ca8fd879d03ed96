"""From problem to plan: survey, model, optimum, explanation."""

from __future__ import annotations

from dataclasses import replace

from xuefen.bank.conversion.rules.eligibility import survey
from xuefen.bank.conversion.rules.explain import explain
from xuefen.bank.conversion.rules.model import build
from xuefen.bank.conversion.rules.solve import Solution, Solver
from xuefen.bank.conversion.rules.tree import tally
from xuefen.bank.conversion.types import Plan, Problem
from xuefen.bank.conversion.types.problem import malformed

TIME_LIMIT = 10.0
"""Seconds of solving, in all, before the best plan so far is given with its bound."""


def plan(problem: Problem, *, time_limit: float = TIME_LIMIT) -> Plan:
    """The best legal plan; see docs/conversion-problem.md for what best means.

    Raises ``Denied``: problem_malformed, problem_too_large. When ``time_limit`` seconds of solving run out, the plan is legal
    but ``proof.proven`` is False and the bounds say what could still be gained.
    """
    problem.refuse_if_too_large()
    problem = problem.canonical()
    if faults := list(problem.faults()):
        raise malformed(faults)
    field = survey(problem)
    model = build(problem, field)
    solver = Solver(model, time_limit)
    best = solver.solve()
    recognised: dict[str, int] = {}
    for u in best.chosen:
        for node, credits in model.uses[u].grants:
            recognised[node] = recognised.get(node, 0) + credits
    top = tally(problem.tree, recognised)
    if (top.requirement, top.elective) != (best.requirement, best.elective):
        # Out of time, the solver may hold a choice whose sums it has not yet pushed to what the choice is worth.
        if best.proven:
            raise RuntimeError(f"the model and the tree disagree: {best} against {top.requirement} + {top.elective}")
        best = replace(best, requirement=top.requirement, elective=top.elective)
    return explain(problem, field, best, top, recognised, cap_costs(solver, best))


def cap_costs(solver: Solver, best: Solution) -> dict[str, tuple[int, bool]]:
    """Cap → (credits that would count more if it alone were lifted, proven), for the caps the best plan had to be held to.

    The others cost nothing: the best plan is also the best without them.
    """
    costs = {}
    for code in best.held:
        lifted = solver.solve(without=frozenset({code}), finish=False)
        gain = lifted.requirement + lifted.elective - best.requirement - best.elective
        costs[code] = (max(0, gain), best.proven and lifted.proven)
    return costs
