"""What the requirement tree counts, as linear expressions: requirements met, requirement credit, elective credit."""

from __future__ import annotations

from dataclasses import dataclass

from xuefen.bank.conversion.rules.eligibility import Field
from xuefen.bank.conversion.rules.model import NOTHING, Builder, Expression, Model, total
from xuefen.bank.conversion.rules.pools import add_pools
from xuefen.bank.conversion.types import Node, NodeKind


def build(survey: Field) -> Model:
    """The model of a surveyed problem."""
    builder = Builder(survey)
    add_pools(builder)
    builder.constrain()
    builder.model.legal = len(builder.model.rows)
    top = _Counter(builder).count(builder.problem.tree, inside=False, looked_at=True)
    builder.model.objectives = (top.met, top.requirement, top.elective)
    builder.scale()
    return builder.model


@dataclass(frozen=True, slots=True)
class _Worth:
    met: Expression
    requirement: Expression
    elective: Expression

    def sides(self) -> tuple[Expression, Expression, Expression]:
        return self.met, self.requirement, self.elective


class _Counter:
    def __init__(self, builder: Builder) -> None:
        self.b = builder
        self.settled: dict[str, int] = {}
        for done in builder.problem.done:
            self.settled[done.node] = self.settled.get(done.node, 0) + done.credits
        targets = [t for rule in builder.problem.rules if len(rule.targets) > 1 for t in rule.targets]
        shared = [n.item_id for n in builder.ground.nodes.values() if n.id in builder.ground.shared]
        asked = [a for n in builder.ground.nodes.values() for a in n.after]
        # Courses that may be given for the sake of something else than the place where they stand.
        self.entangled = {t.item_id for t in targets} | set(shared) | set(asked)

    def count(self, node: Node, *, inside: bool, looked_at: bool) -> _Worth:
        """``inside``: below an elective node. ``looked_at``: no credit group above, so requirements met matter."""
        inside = inside or node.elective
        looked_at = looked_at and not inside
        if node.kind is NodeKind.COURSE:
            return self._course(node, inside=inside, looked_at=looked_at)
        below = looked_at and node.kind is not NodeKind.CREDITS
        worths = [self.count(child, inside=inside, looked_at=below) for child in node.children]
        if node.kind in (NodeKind.CHOOSE, NodeKind.ANY):
            worths = self._choose(node, worths)
        if node.kind is NodeKind.CREDITS:
            own = self._own(node)
            worths.append(_Worth(NOTHING, NOTHING, own) if inside else _Worth(NOTHING, own, NOTHING))
        met, requirement, elective = (total(w.sides()[k] for w in worths) for k in range(3))
        if node.kind is NodeKind.CREDITS:
            met = self._reaches(node, total([requirement, elective])) if looked_at else NOTHING
            if not node.shared:
                requirement, elective = self._room(node, requirement, elective)
        return _Worth(met, NOTHING, NOTHING) if node.shared else _Worth(met, requirement, elective)

    def _own(self, node: Node) -> Expression:
        """Elective credit given to the node itself, with what is settled."""
        given, settled = self.b.tables.grants.get(node.id, {}), self.settled.get(node.id, 0)
        return Expression(given, self.b.most_given(node.id) + settled, settled)

    def _course(self, node: Node, *, inside: bool, looked_at: bool) -> _Worth:
        b, item = self.b, node.item_id or 0
        places = b.ground.places[item] if node.id in b.ground.shared else [node]
        if item in b.ground.settled:
            # A course settled at one place counts there; a shared group sees it wherever it was.
            credits = sum(d.credits for d in b.problem.done if d.item_id == item)
            here = node.id in b.ground.shared or node.id in self.settled
            met = Expression({}, 1, 1) if here and looked_at else NOTHING
            given = Expression({}, credits, credits) if here else NOTHING
        else:
            done = {v: 1 for place in places for v in b.tables.done.get(place.id, ())}
            met = Expression(done, 1) if done and looked_at else NOTHING
            given = total(Expression(b.tables.grants.get(place.id, {}), 0) for place in places)
            given = Expression(given.coefficients, max(b.most_given(place.id) for place in places))
        return _Worth(met, NOTHING, given) if inside else _Worth(met, given, NOTHING)

    def _reaches(self, node: Node, credit: Expression) -> Expression:
        if credit.constant >= node.need:
            return Expression({}, 1, 1)
        if credit.most < node.need:
            return NOTHING
        reached = self.b.variable(1, integer=True)
        self.b.model.reaches.append(reached)
        self.b.row({reached: node.need - credit.constant, **{v: -c for v, c in credit.coefficients.items()}}, 0)
        return Expression({reached: 1}, 1)

    def _room(self, node: Node, requirement: Expression, elective: Expression) -> tuple[Expression, Expression]:
        """At most the need of the group, all in all."""
        if requirement.most + elective.most <= node.need:
            return requirement, elective
        if not (requirement.coefficients or elective.coefficients):
            first = min(requirement.constant, node.need)
            second = min(elective.constant, node.need - first)
            return Expression({}, first, first), Expression({}, second, second)
        # Variables on both sides: what is settled as elective credit, too, makes room for requirement credit.
        sides = [self.b.at_most(requirement, node.need), self.b.at_most(elective, node.need)]
        both = total(sides)
        if sides[0].most and sides[1].most:
            self.b.row(both.coefficients, node.need - both.constant)
        return sides[0], sides[1]

    def _choose(self, node: Node, worths: list[_Worth]) -> list[_Worth]:
        """The ``need`` children that count, by a switch each."""
        count = 1 if node.kind is NodeKind.ANY else node.need
        live = [(c, w) for c, w in zip(node.children, worths, strict=True) if any(side.most for side in w.sides())]
        if len(live) <= count:
            return [w for _, w in live]
        chosen: dict[int, int] = {}
        result = []
        for child, worth in live:
            given = self.b.tables.reaches.get(child.id, {})
            if child.item_id is not None and given and self._for_its_own_sake(child):
                # Giving a course that then does not count only takes from others: the gift itself is the switch.
                chosen.update(given)
                result.append(worth)
                continue
            switch = self.b.variable(1, integer=True)
            chosen[switch] = 1
            met, requirement, elective = (
                self._switched(side, switch, whole=k == 0) for k, side in enumerate(worth.sides())
            )
            result.append(_Worth(met, requirement, elective))
        self.b.row(chosen, count)
        return result

    def _for_its_own_sake(self, child: Node) -> bool:
        item = child.item_id
        return item not in self.entangled and item not in self.b.ground.settled and child.id not in self.b.ground.shared

    def _switched(self, side: Expression, switch: int, *, whole: bool) -> Expression:
        """``side`` when the switch is on, else nothing."""
        if not side.most:
            return NOTHING
        if not side.coefficients:
            return Expression({switch: side.constant}, side.most)
        variable = self.b.variable(side.most, integer=whole)
        self.b.row({variable: 1, **{v: -c for v, c in side.coefficients.items()}}, side.constant)
        self.b.row({variable: 1, switch: -side.most}, 0)
        return Expression({variable: 1}, side.most)
