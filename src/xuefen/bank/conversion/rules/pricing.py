"""What a cap costs: the credits that would count more if this cap alone were lifted, and nothing else counted less."""

from __future__ import annotations

from xuefen.bank.conversion.rules.abacus import Abacus
from xuefen.bank.conversion.rules.highs import Programme
from xuefen.bank.conversion.rules.model import total
from xuefen.bank.conversion.rules.search import Search
from xuefen.bank.conversion.rules.solve import Solution, Solver, liked

NODES = 1
"""Branch nodes spent on one cap of a large problem; beyond them the cost is at least what was found."""
SMALL = 120
SMALL_NODES = 400
HARDLY = 50
"""Hundredths: where no more than this could still be found, large problems are not branched for it."""


def cap_costs(solver: Solver, best: Solution) -> dict[str, tuple[int, bool]]:
    """Cap → (cost, proven), for the caps the best plan had to be held to.

    The others cost nothing: the best plan is also the best without them.
    """
    return {code: _cost(solver, best, code) for code in best.held}


def _cost(solver: Solver, best: Solution, code: str) -> tuple[int, bool]:
    model = solver.model
    met, requirement, elective = model.objectives
    credit = total([requirement, elective])
    rows = [r for r in model.rows if r.cap != code]
    programme = Programme(model, range(model.size), rows, solver.budget)
    programme.hold(met.coefficients, best.reached[0] - met.constant)
    programme.hold(requirement.coefficients, best.reached[1] // model.grain - requirement.constant)
    now = (best.reached[1] + best.reached[2]) // model.grain - credit.constant
    bound = programme.probed(credit.coefficients)
    if bound <= now:
        return 0, best.proven
    chosen, reached = _search(solver, best, code, programme)
    proven, small = reached >= bound, len(model.choice) <= SMALL
    if not proven and (small or (bound - reached) * model.grain > HARDLY):
        start = {v: float(v in chosen) for v in model.choice}
        found, bound, done = programme.best(credit.coefficients, start, nodes=SMALL_NODES if small else NODES)
        reached = max(reached, found, now)
        proven = done or reached >= bound
    return max(0, reached - now) * model.grain, best.proven and proven


def _search(solver: Solver, best: Solution, code: str, programme: Programme) -> tuple[set[int], int]:
    """A good choice without the cap, and its credit in grains; from the plan, and from what the relaxation likes."""
    model = solver.model
    constant = model.objectives[1].constant + model.objectives[2].constant
    found = set(best.chosen), (best.reached[1] + best.reached[2]) // model.grain - constant
    uses = list(range(len(model.uses)))
    if any(v >= len(uses) for v in best.chosen):
        return found  # pools are left to branching
    rows = [r for r in model.rows[: model.legal] if r.cap != code]
    likes = liked(programme, uses)
    for start in (best.chosen, None):
        search = Search(Abacus(solver.survey.ground), model.uses, uses, rows, fixed={}, pooled=())
        if start is not None:
            search.put(start)
        else:
            search.take(likes)
            search.climb((best.reached[0], -1, -1), lean=True)
        search.climb((*best.reached[:2], 10**9))
        worth = (search.total[1] + search.total[2]) // model.grain - constant
        enough = all(now >= before for now, before in zip(search.total[:2], best.reached[:2], strict=True))
        if enough and worth > found[1]:
            found = {k for k, on in enumerate(search.chosen) if on}, worth
    return found
