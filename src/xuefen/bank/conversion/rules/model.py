"""The integer programme: one binary per use, rows of whole numbers, and what a programme counts as three linear expressions.

Every row reads ``sum(coefficient * variable) <= limit``. Rows that cannot bind are left out, so that what remains falls apart
into independent components wherever the caps allow. ``pools`` adds the columns of pool rules, ``counting`` the requirement tree.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xuefen.bank.conversion.rules.eligibility import Field, PoolUse, Use
from xuefen.bank.conversion.rules.ground import falls_under
from xuefen.bank.conversion.types import Node


@dataclass(frozen=True, slots=True)
class Row:
    """One constraint. ``cap`` names the cap it stands for ("" for a structural row)."""

    coefficients: Mapping[int, int]
    limit: int
    cap: str = ""


@dataclass(frozen=True, slots=True)
class Expression:
    """A linear expression over variables, a constant, and the most it can reach."""

    coefficients: Mapping[int, int]
    most: int
    constant: int = 0


NOTHING = Expression({}, 0)


def total(expressions: Iterable[Expression]) -> Expression:
    """The sum."""
    merged: dict[int, int] = {}
    most = constant = 0
    for e in expressions:
        for variable, coefficient in e.coefficients.items():
            merged[variable] = merged.get(variable, 0) + coefficient
        most += e.most
        constant += e.constant
    return Expression(merged, most, constant)


@dataclass(frozen=True, slots=True)
class PoolColumns:
    """One way to apply a pool: its switch, and the variable of each member outcome."""

    pool: PoolUse
    switch: int
    members: Mapping[int, int]


@dataclass(slots=True)
class Model:
    """Variables 0..uses-1 are the uses; later ones are auxiliary: (upper bound, integer). Units: hundredths / ``grain``.

    ``choice``: the binaries that say what is done, with the outcomes each takes; ``objectives`` are requirements met,
    requirement credit and elective credit, each with a constant on top. The first ``legal`` rows say what is legal, the others
    what counts. ``reaches``: the binaries that say a credit group is met.
    """

    uses: tuple[Use, ...]
    rows: list[Row] = field(default_factory=list)
    auxiliary: list[tuple[int, bool]] = field(default_factory=list)
    pools: list[PoolColumns] = field(default_factory=list)
    choice: dict[int, int] = field(default_factory=dict)
    objectives: tuple[Expression, Expression, Expression] = (NOTHING, NOTHING, NOTHING)
    grain: int = 1
    legal: int = 0
    reaches: list[int] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.uses) + len(self.auxiliary)

    def upper(self, variable: int) -> int:
        return 1 if variable < len(self.uses) else self.auxiliary[variable - len(self.uses)][0]

    def is_integer(self, variable: int) -> bool:
        return variable < len(self.uses) or self.auxiliary[variable - len(self.uses)][1]


def node_cap(node: Node) -> str:
    """The code under which the cap of a tree node is reported."""
    return f"node:{node.id}"


@dataclass(slots=True)
class Tables:
    """Who takes, gives and grants what: variable → amount. ``most`` bounds what may come of each outcome."""

    takes: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))  # outcome
    gives: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))  # item: switches
    reaches: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))  # node: switches
    replaces: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))  # node: not waivers
    grants: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))  # node: hundredths
    grants_most: dict[str, dict[object, int]] = field(default_factory=lambda: defaultdict(dict))
    done: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))  # node
    shares: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))  # cap: hundredths
    shares_most: dict[str, dict[object, int]] = field(default_factory=lambda: defaultdict(dict))


def raise_to(table: dict[object, int], key: object, amount: int) -> None:
    """Let ``key`` reach at least ``amount``."""
    table[key] = max(table.get(key, 0), amount)


class Builder:
    """Builds the model of a canonical problem, scaled to the grain of its amounts."""

    def __init__(self, survey: Field) -> None:
        self.survey, self.ground, self.problem = survey, survey.ground, survey.ground.problem
        self.model = Model(survey.uses)
        self.tables = Tables()
        # Outcome → the caps that count it, once for all.
        self.under = [[c.code for c in self.problem.caps if falls_under(c, o)] for o in self.problem.outcomes]
        for u, use in enumerate(survey.uses):
            self._tabulate(u, use)

    def variable(self, upper: int, *, integer: bool = False) -> int:
        self.model.auxiliary.append((upper, integer))
        return self.model.size - 1

    def row(self, coefficients: Mapping[int, int], limit: int, *, cap: str = "") -> None:
        """Add a row, unless nothing can break it."""
        model = self.model
        mine = {v: c for v, c in coefficients.items() if c}
        if sum(c * model.upper(v) for v, c in mine.items() if c > 0) <= limit:
            return
        if all(model.is_integer(v) for v in mine):
            # Whole numbers throughout: dividing by the common divisor and rounding the limit down loses nothing.
            divisor = math.gcd(*mine.values())
            mine, limit = {v: c // divisor for v, c in mine.items()}, limit // divisor
        model.rows.append(Row(mine, limit, cap))

    def at_most(self, expression: Expression, upper: int) -> Expression:
        """A new variable below ``expression`` and ``upper``."""
        most = min(expression.most, upper)
        if not most:
            return NOTHING
        variable = self.variable(most)
        self.row({variable: 1, **{v: -c for v, c in expression.coefficients.items()}}, expression.constant)
        return Expression({variable: 1}, most)

    def _tabulate(self, u: int, use: Use) -> None:
        t, rule = self.tables, self.problem.rules[use.rule]
        self.model.choice[u] = len(use.outcomes)
        for i, share in zip(use.outcomes, use.shares, strict=True):
            t.takes[i][u] = 1
            for code in self.under[i]:
                t.shares[code][u] = t.shares[code].get(u, 0) + share
                raise_to(t.shares_most[code], i, share)
        for item in use.items:
            t.gives[item][u] = 1
        for (node, credits), done in zip(use.grants, use.done, strict=True):
            t.reaches[node][u] = 1
            if done:
                t.done[node][u] = 1
            if not rule.waives:
                t.replaces[node][u] = 1
            if credits:
                t.grants[node][u] = credits
                for i, share in zip(use.outcomes, use.shares, strict=True):
                    raise_to(t.grants_most[node], i, share)

    # --- rows ----------------------------------------------------------------------------------------------------------

    def constrain(self) -> None:
        """What is legal, once every column is there."""
        t, p = self.tables, self.problem
        for takers in (*t.takes.values(), *t.gives.values()):
            self.row(takers, 1)
        if p.same_name_once:
            self._names()
        for item, leaves in self.ground.places.items():
            for leaf in leaves:
                self._prerequisites(item, leaf)
        for cap in p.caps:
            room = max(0, cap.limit - cap.used)
            if sum(t.shares_most[cap.code].values()) > room:
                self.row(t.shares[cap.code], room, cap=cap.code)
        for node in self.ground.nodes.values():
            if node.cap is not None:
                self._node_cap(node)

    def _names(self) -> None:
        named: dict[str, dict[int, int]] = defaultdict(dict)
        several: dict[str, int] = defaultdict(int)
        for i, takers in self.tables.takes.items():
            if name := self.problem.outcomes[i].name_key:
                several[name] += 1
                for v in takers:
                    named[name][v] = named[name].get(v, 0) + 1
        for name, takers in named.items():
            if several[name] > 1:
                # Twice in one use is never allowed; a coefficient of one keeps the rest of the row tight.
                for v, count in takers.items():
                    self.row({v: 1}, 1 if count < 2 else 0)
                self.row(dict.fromkeys(takers, 1), 1)

    def _prerequisites(self, item: int, leaf: Node) -> None:
        reached = self.tables.reaches.get(leaf.id)
        for asked in self.ground.asked(leaf) if reached else ():
            if asked != item:
                row = dict(reached or {})
                for v in self.tables.gives.get(asked, ()):
                    row[v] = row.get(v, 0) - 1
                self.row(row, 0)

    def _node_cap(self, node: Node) -> None:
        t, below = self.tables, [n.id for n in node.walk()]
        if node.cap == 0:
            self.row(dict.fromkeys((v for n in below for v in t.replaces[n]), 1), 0, cap=node_cap(node))
            return
        earlier = sum(d.credits for d in self.problem.done if d.converted and d.node in set(below))
        amounts = total(Expression(t.grants[n], self.most_given(n)) for n in below if n in t.grants)
        room = max(0, (node.cap or 0) - earlier)
        if amounts.most > room:
            self.row(amounts.coefficients, room, cap=node_cap(node))

    def most_given(self, node_id: str) -> int:
        """The most credit any plan recognises at a node."""
        node = self.ground.nodes[node_id]
        together = sum(self.tables.grants_most[node_id].values())
        return together if node.item_id is None else min(node.credits, together)

    # --- units -----------------------------------------------------------------------------------------------------------

    def scale(self) -> None:
        """Bring amounts onto their common divisor. Rows of whole numbers only keep their own units."""
        model = self.model
        _, requirement, elective = model.objectives
        amounts = [upper for upper, integer in model.auxiliary if not integer]
        mixed = [r for r in model.rows if any(not model.is_integer(v) for v in r.coefficients)]
        for terms in (*(r.coefficients for r in mixed), requirement.coefficients, elective.coefficients):
            amounts += [c for v, c in terms.items() if model.is_integer(v)]
        amounts += [r.limit for r in mixed] + [requirement.constant, elective.constant]
        grain = math.gcd(*amounts) or 1
        model.grain = grain
        model.auxiliary = [(u if integer else u // grain, integer) for u, integer in model.auxiliary]
        chosen = {id(r) for r in mixed}
        model.rows = [
            Row(self._scaled(r.coefficients, grain), r.limit // grain, r.cap) if id(r) in chosen else r
            for r in model.rows
        ]
        met, *credits = model.objectives
        scaled = [
            Expression(self._scaled(e.coefficients, grain), e.most // grain, e.constant // grain) for e in credits
        ]
        model.objectives = (met, scaled[0], scaled[1])

    def _scaled(self, terms: Mapping[int, int], grain: int) -> dict[int, int]:
        # Continuous variables are themselves amounts, already counted in grains; the whole ones carry hundredths.
        return {v: c // grain if self.model.is_integer(v) else c for v, c in terms.items()}
