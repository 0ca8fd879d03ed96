"""From problem to plan: survey, model, optimum, explanation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from xuefen.bank.conversion.rules.counting import build
from xuefen.bank.conversion.rules.eligibility import Field, Use, survey
from xuefen.bank.conversion.rules.explain import explain
from xuefen.bank.conversion.rules.model import Model
from xuefen.bank.conversion.rules.pricing import cap_costs
from xuefen.bank.conversion.rules.solve import Budget, Solver, pooled_uses
from xuefen.bank.conversion.rules.tree import Score, score, tally
from xuefen.bank.conversion.types import Plan, Problem

TIME_LIMIT = 10.0
"""Seconds of solving, in all, before the best plan so far is given with its bound."""


def plan(problem: Problem, *, time_limit: float = TIME_LIMIT) -> Plan:
    """The best legal plan; see docs/conversion-problem.md for what best means.

    Raises ``Denied``: problem_malformed, problem_too_large. When ``time_limit`` seconds of solving run out, the plan is legal
    but ``proof.proven`` is False and the bounds say what could still be gained.
    """
    problem.refuse_if_too_large()
    problem.refuse_if_malformed()
    problem = problem.canonical()
    field = survey(problem)
    model = build(field)
    solver = Solver(field, model, Budget(time_limit))
    best = solver.solve()
    chosen = uses_of(field, model, best.chosen)
    top = tally(problem.tree, scored(field, chosen))
    found = (top.met, top.requirement, top.elective)
    if found != best.reached:
        # Out of time, the solver may hold a choice whose sums it has not yet pushed to what the choice is worth.
        if best.proven:
            raise RuntimeError(f"the model and the tree disagree: {best} against {found}")
        best = replace(best, reached=found)
    return explain(field, chosen, best, top, cap_costs(solver, best))


def uses_of(field: Field, model: Model, switched: Iterable[int]) -> list[Use]:
    """The rules applied when these binaries of the model are on, in the order of rules and outcomes."""
    on = list(switched)
    chosen = [model.uses[v] for v in on if v < len(model.uses)] + pooled_uses(field, model, on)
    return sorted(chosen, key=lambda use: (use.rule, use.outcomes))


def scored(field: Field, chosen: Sequence[Use]) -> Score:
    """What these uses recognise and make done, with what was settled before."""
    credits: dict[str, int] = {}
    done = set()
    for use in chosen:
        for (node, amount), finished in zip(use.grants, use.done, strict=True):
            credits[node] = credits.get(node, 0) + amount
            if finished:
                done.add(node)
    return score(field.ground.problem, credits, frozenset(done), field.ground.nodes)
