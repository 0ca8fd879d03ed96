"""Proven optima: most requirements met, then most requirement credits, then most elective credits; among equals the fewest
outcomes and a fixed order, as far as a fixed effort finds them.

Each component is taken by itself, objective after objective, the earlier ones held. The relaxation says how much there can be at
most, the search finds a choice; only where the two do not meet is branched. Caps that no optimum meets are left out until
one does (a relaxation whose best plan is legal has the best legal plan), so components stay small.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from xuefen.bank.conversion.rules.abacus import Abacus
from xuefen.bank.conversion.rules.eligibility import Failure, Field, Use, apply
from xuefen.bank.conversion.rules.highs import WHOLE, Programme
from xuefen.bank.conversion.rules.model import Model, Row
from xuefen.bank.conversion.rules.search import Search

SMALL = 120
"""Choices of a component up to which the fewest outcomes are branched for."""
SMALL_NODES = 400

Three = tuple[int, int, int]


@dataclass(slots=True)
class Budget:
    """Seconds of solving that are left."""

    left: float


@dataclass(frozen=True, slots=True)
class Part:
    """The best of one component: its binaries that are on, other values it needs, what it reaches and the proven bounds."""

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

    survey: Field
    model: Model
    budget: Budget
    memo: dict[tuple[object, ...], Part | _Run] = field(default_factory=dict)

    def solve(self) -> Solution:
        """The best choice."""
        held: list[Row] = [r for r in self.model.rows if not r.cap]
        waiting = [r for r in self.model.rows if r.cap]
        broken = self._foreseen(held, waiting)
        held, waiting = held + broken, [r for r in waiting if r not in broken]
        finished = False
        while True:
            found = components(self.model, held)
            parts = [self._part(variables, rows, finish=finished) for variables, rows in found]
            values = {v: x for p in parts for v, x in p.values.items()}
            broken = [
                r for r in waiting if sum(c * values.get(v, 0) for v, c in r.coefficients.items()) > r.limit + WHOLE
            ]
            if broken:
                held.extend(broken)
                waiting = [r for r in waiting if r not in broken]
            elif finished:
                return self._union(parts, values, held)
            # The last objectives are only worth their time once the credit objectives meet no further cap.
            finished = not broken

    def _foreseen(self, held: list[Row], waiting: list[Row]) -> list[Row]:
        """The caps that even the relaxation meets: they would be met anyway."""
        if not waiting:
            return []
        met, requirement, _ = self.model.objectives
        weight = max(1, requirement.most)
        terms = dict(requirement.coefficients)
        for v, c in met.coefficients.items():
            terms[v] = terms.get(v, 0) + c * weight
        programme = Programme(self.model, range(self.model.size), held, self.budget)
        found: list[Row] = []
        while True:
            programme.relaxed(terms)
            values = programme.weights()
            broken = [r for r in waiting if sum(c * values[v] for v, c in r.coefficients.items()) > r.limit + WHOLE]
            if not broken:
                return found
            for row in broken:
                programme.limit(row)
            found += broken
            waiting = [r for r in waiting if r not in broken]

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

    def _part(self, variables: list[int], rows: list[Row], *, finish: bool) -> Part:
        key = (tuple(variables), tuple(id(r) for r in rows))
        if key not in self.memo:
            self.memo[key] = self._easy(variables, rows) or _Run(self, variables, rows)
        found = self.memo[key]
        return found if isinstance(found, Part) else found.part(finish=finish)

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
    """One component, objective after objective."""

    def __init__(self, solver: Solver, variables: list[int], rows: list[Row]) -> None:
        self.solver, self.model, self.variables, self.rows = solver, solver.model, variables, rows
        self.uses = [v for v in variables if v < len(self.model.uses)]
        legal = {id(r) for r in self.model.rows[: self.model.legal]}
        self.legal = [r for r in rows if id(r) in legal]
        self.units = (1, self.model.grain, self.model.grain)
        self.programme = Programme(self.model, variables, rows, solver.budget)
        self.fixed: Mapping[int, float] = {}
        self.search = self._searching({})
        self.offset = self._offset()
        stages = [self._stage(k) for k in range(3)]
        self.reached = (stages[0][0], stages[1][0], stages[2][0])
        self.bounds = (stages[0][1], stages[1][1], stages[2][1])
        self.proven = all(stage[0] == stage[1] for stage in stages)
        self.finished = False

    def part(self, *, finish: bool) -> Part:
        """The best so far; with ``finish`` also tidied up: fewest outcomes and the fixed order."""
        if finish and not self.finished:
            self.finished = True
            self.search.climb()
            self._tidy()
        return Part(self._values(), self.reached, self.bounds, self.proven)

    def _tidy(self) -> None:
        """Branch for the fewest outcomes where that is quick; with pools, which the search leaves alone, for their order too."""
        mine = [v for v in self.variables if v in self.model.choice]
        if not self.proven or len(mine) > SMALL:
            return
        pools = any(v >= len(self.model.uses) for v in mine)
        weight = len(mine) * (len(mine) + 1) if pools else 1
        terms = {v: -(self.model.choice[v] * weight + (rank if pools else 0)) for rank, v in enumerate(mine, start=1)}
        start = self._values()
        now = round(sum(c * start[v] for v, c in terms.items()))
        self.programme.best({v: c for v, c in terms.items() if c}, start, nodes=SMALL_NODES)
        found = self.programme.values
        if found and round(sum(c * round(found[v]) for v, c in terms.items())) > now:
            self._adopt(found)
            self.search.climb()

    def _stage(self, k: int) -> tuple[int, int]:
        """(reached, bound) of one objective, then held."""
        terms = self.model.objectives[k].coefficients
        bound = self.programme.probed(terms) if k else self.programme.relaxed(terms)
        likes = liked(self.programme, self.uses)
        if k == 0:
            self.search.take(likes)
        before = self._reached()
        held = [before[j] if j < k else bound if j == k else -1 for j in range(3)]
        target = (
            held[0] + self.offset[0],
            (held[1] + self.offset[1]) * self.units[1],
            (held[2] + self.offset[2]) * self.units[2],
        )
        if before[k] < bound:
            self._seek(k, target, likes)
        reached = self._reached()[k]
        if reached < bound:
            found, bound, proven = self.programme.best(terms, self._values())
            if self.programme.values and found > reached:
                self._adopt(self.programme.values)
                reached = found
            bound = reached if proven else max(reached, bound)
        self.programme.hold(terms, reached)
        return reached, bound

    def _seek(self, k: int, target: Three, likes: Sequence[int]) -> None:
        """Let the search go for the bound of one objective: from where it stands, then from what the relaxation likes."""
        if k == 0:
            self.search.climb(target, lean=True)
            return
        self._reach(self.search, k, target)
        if self.search.total < target:
            other = self._searching(self.fixed)
            other.take(likes)
            other.climb((target[0], -1, -1), lean=True)
            self._reach(other, k, target)
            if other.total > self.search.total:
                self.search = other

    def _reach(self, search: Search, k: int, target: Three) -> None:
        search.climb(target)
        if k == 1 and search.total < target and search.fit(target[1]):
            search.climb(target)

    def _reached(self) -> Three:
        met, requirement, elective = (
            shown // unit - off for shown, unit, off in zip(self.search.total, self.units, self.offset, strict=True)
        )
        return met, requirement, elective

    def _values(self) -> dict[int, float]:
        """The choice: every binary, and whatever else pools need."""
        values = {v: 0.0 for v in self.variables if v in self.model.choice}
        values.update(self.fixed)
        values.update((v, float(on)) for v, on in zip(self.uses, self.search.chosen, strict=True))
        return values

    def _adopt(self, values: Mapping[int, float]) -> None:
        """Go on from a choice of the integer programme; its pools stay."""
        pools = any(x > 0.5 for v, x in values.items() if v in self.model.choice and v >= len(self.model.uses))
        taken = [k for k, v in enumerate(self.uses) if values[v] > 0.5]
        self.fixed = {v: x for v, x in values.items() if v >= len(self.model.uses)} if pools else {}
        self.search = self._searching(self.fixed)
        self.search.put(taken)

    def _searching(self, fixed: Mapping[int, float]) -> Search:
        """A fresh search beside ``fixed`` values of what is not a plain use."""
        return Search(
            Abacus(self.solver.survey.ground),
            [self.model.uses[v] for v in self.uses],
            self.uses,
            self.legal,
            fixed=fixed,
            pooled=pooled_uses(self.solver.survey, self.model, (v for v, x in fixed.items() if x > 0.5)),
        )

    def _offset(self) -> Three:
        """What the abacus shows beyond the component's objectives: settled credit the model counts elsewhere."""
        if not self.solver.survey.ground.problem.done:
            return (0, 0, 0)
        empty = Programme(self.model, self.variables, self.rows, self.solver.budget)
        empty.forbid([v for v in self.variables if v in self.model.choice])
        found = []
        for e, shown, unit in zip(self.model.objectives, self.search.total, self.units, strict=True):
            value, _, _ = empty.best(e.coefficients, {})
            empty.hold(e.coefficients, value)
            found.append(shown // unit - value)
        return found[0], found[1], found[2]


def liked(programme: Programme, uses: Sequence[int]) -> list[int]:
    """Numbers of the uses the last relaxation has chosen, the surest first."""
    weight = programme.weights()
    likes = sorted((-round(weight[programme.place[v]], 6), k) for k, v in enumerate(uses))
    return [k for like, k in likes if like < 0]


def pooled_uses(survey: Field, model: Model, switched: Iterable[int]) -> list[Use]:
    """The pool rules applied when these binaries of the model are on."""
    on, found = set(switched), []
    for columns in model.pools:
        if columns.switch in on:
            taken = tuple(i for i, v in columns.members.items() if v in on)
            use = apply(survey.ground.problem, columns.pool.rule, taken, columns.pool.place)
            if isinstance(use, Failure):
                raise RuntimeError(f"the model and the rules disagree: {use} on {taken}")
            found.append(use)
    return found


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
