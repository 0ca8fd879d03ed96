"""The integer programme: one binary per use, rows of whole numbers, and what a programme counts as two linear expressions.

Every row reads ``sum(coefficient * variable) <= limit``. Rows that cannot bind are left out, so that what remains falls apart
into independent components wherever the caps allow.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xuefen.bank.conversion.rules.eligibility import Field, Use, parts
from xuefen.bank.conversion.types import Node, NodeKind, Problem


@dataclass(frozen=True, slots=True)
class Row:
    """One constraint. ``cap`` names the cap it stands for ("" for a structural row)."""

    coefficients: Mapping[int, int]
    limit: int
    cap: str = ""


@dataclass(frozen=True, slots=True)
class Expression:
    """A linear expression over variables and the most it can reach."""

    coefficients: dict[int, int]
    most: int


NOTHING = Expression({}, 0)


@dataclass(slots=True)
class Model:
    """Variables 0..uses-1 are the uses; later ones are auxiliary: (upper bound, integer). Units: hundredths / ``grain``."""

    uses: tuple[Use, ...]
    rows: list[Row] = field(default_factory=list)
    auxiliary: list[tuple[int, bool]] = field(default_factory=list)
    requirement: dict[int, int] = field(default_factory=dict)
    elective: dict[int, int] = field(default_factory=dict)
    grain: int = 1

    def upper(self, variable: int) -> int:
        return 1 if variable < len(self.uses) else self.auxiliary[variable - len(self.uses)][0]

    def is_integer(self, variable: int) -> bool:
        return variable < len(self.uses) or self.auxiliary[variable - len(self.uses)][1]


def node_cap(node: Node) -> str:
    """The code under which the cap of a tree node is reported."""
    return f"node:{node.id}"


def build(problem: Problem, survey: Field) -> Model:
    """The model of a canonical problem, scaled to the grain of its amounts."""
    return _Builder(problem, survey.uses).model


class _Builder:
    def __init__(self, problem: Problem, uses: tuple[Use, ...]) -> None:
        self.model = Model(uses)
        self.granting: dict[str, dict[int, int]] = defaultdict(dict)
        for u, use in enumerate(uses):
            for place, credits in use.grants:
                self.granting[place][u] = credits
        self._once((o, u) for u, use in enumerate(uses) for o in use.outcomes)
        self._once((item, u) for u, use in enumerate(uses) for item in use.items)
        for cap in problem.caps:
            per_outcome = [{i: s for i, s in parts(cap, use, problem) if s} for use in uses]
            self._limit(per_outcome, cap.limit, cap.code)
        for node in problem.tree.walk():
            if node.cap is not None:
                below = {n.id for n in node.walk()}
                given = [sum(c for n, c in use.grants if n in below) for use in uses]
                self._limit([{use.outcomes[0]: g} if g else {} for use, g in zip(uses, given, strict=True)],
                            node.cap, node_cap(node))  # fmt: skip
        requirement, elective = self._count(problem.tree, inside=False)
        self.model.requirement, self.model.elective = requirement.coefficients, elective.coefficients
        self._scale()

    def _once(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Whatever is taken (an outcome, a course) is taken once."""
        takers: dict[int, list[int]] = defaultdict(list)
        for thing, use in pairs:
            takers[thing].append(use)
        for users in takers.values():
            if len(users) > 1:
                self.model.rows.append(Row(dict.fromkeys(users, 1), 1))

    def _limit(self, per_outcome: list[dict[int, int]], limit: int, code: str) -> None:
        most: dict[int, int] = defaultdict(int)
        coefficients = {}
        for u, amounts in enumerate(per_outcome):
            for outcome, amount in amounts.items():
                most[outcome] = max(most[outcome], amount)
            if amounts:
                coefficients[u] = sum(amounts.values())
        if sum(most.values()) > limit:
            # Whole numbers times binaries: dividing by the common divisor and rounding the limit down loses nothing.
            divisor = math.gcd(*coefficients.values())
            self.model.rows.append(Row({u: c // divisor for u, c in coefficients.items()}, limit // divisor, code))

    def _variable(self, upper: int, *, integer: bool = False) -> int:
        self.model.auxiliary.append((upper, integer))
        return len(self.model.uses) + len(self.model.auxiliary) - 1

    def _at_most(self, expression: Expression, upper: int) -> Expression:
        """A new variable below ``expression`` and ``upper``."""
        if not expression.most:
            return NOTHING
        most = min(expression.most, upper)
        variable = self._variable(most)
        self.model.rows.append(Row({variable: 1, **{v: -c for v, c in expression.coefficients.items()}}, 0))
        return Expression({variable: 1}, most)

    def _count(self, node: Node, *, inside: bool) -> tuple[Expression, Expression]:
        inside = inside or node.elective
        own = self.granting.get(node.id, {})
        parts_of = [self._count(child, inside=inside) for child in node.children]
        if node.kind is NodeKind.CHOOSE:
            parts_of = self._choose(parts_of, node.need)
        if own:
            given = Expression(own, self._most(node, own))
            parts_of.append((NOTHING, given) if inside else (given, NOTHING))
        requirement, elective = (_sum(side) for side in zip(*parts_of, strict=True)) if parts_of else (NOTHING, NOTHING)
        if node.kind is NodeKind.CREDITS and requirement.most + elective.most > node.need:
            requirement, elective = self._at_most(requirement, node.need), self._at_most(elective, node.need)
            both = {**requirement.coefficients, **elective.coefficients}
            if len(both) > 1:
                self.model.rows.append(Row(both, node.need))
        return requirement, elective

    def _most(self, node: Node, own: dict[int, int]) -> int:
        if node.kind is NodeKind.COURSE:
            return max(own.values())
        best: dict[int, int] = defaultdict(int)
        for u in own:
            for outcome, share in zip(self.model.uses[u].outcomes, self.model.uses[u].shares, strict=True):
                best[outcome] = max(best[outcome], share)
        return sum(best.values())

    def _choose(self, children: list[tuple[Expression, Expression]], count: int) -> list[tuple[Expression, Expression]]:
        live = [pair for pair in children if pair[0].most + pair[1].most]
        if len(live) <= count:
            return live
        chosen, result = {}, []
        for pair in live:
            switch = self._variable(1, integer=True)
            chosen[switch] = 1
            sides = []
            for side in pair:
                limited = self._at_most(side, side.most)
                for variable in limited.coefficients:
                    self.model.rows.append(Row({variable: 1, switch: -limited.most}, 0))
                sides.append(limited)
            result.append((sides[0], sides[1]))
        self.model.rows.append(Row(chosen, count))
        return result

    def _scale(self) -> None:
        """Bring amounts onto their common divisor. Counts and scaled caps keep their own units."""
        model = self.model
        amounts = [c for use in model.uses for _, c in use.grants]
        amounts += [upper for upper, integer in model.auxiliary if not integer]
        amounts += [r.limit for r in model.rows if not r.cap and self._is_amount(r)]
        grain = math.gcd(*amounts) or 1
        model.grain = grain
        model.auxiliary = [(u if integer else u // grain, integer) for u, integer in model.auxiliary]
        model.rows = [self._scaled(r, grain) for r in model.rows]
        model.requirement = self._scaled_terms(model.requirement, grain)
        model.elective = self._scaled_terms(model.elective, grain)

    def _is_amount(self, row: Row) -> bool:
        """True when the row compares amounts of credit, that is when it holds a continuous variable."""
        return any(not self.model.is_integer(v) for v in row.coefficients)

    def _scaled(self, row: Row, grain: int) -> Row:
        if row.cap or not self._is_amount(row):
            return row
        return Row(self._scaled_terms(row.coefficients, grain), row.limit // grain)

    def _scaled_terms(self, terms: Mapping[int, int], grain: int) -> dict[int, int]:
        # Continuous variables are themselves amounts, already counted in grains; the binaries carry hundredths.
        return {v: c // grain if self.model.is_integer(v) else c for v, c in terms.items()}


def _sum(expressions: Iterable[Expression]) -> Expression:
    merged: dict[int, int] = {}
    most = 0
    for e in expressions:
        for variable, coefficient in e.coefficients.items():
            merged[variable] = merged.get(variable, 0) + coefficient
        most += e.most
    return Expression(merged, most)
