"""Says why: the basis of each line, the reason of each rest, what each cap costs, where each group stands, what is open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from xuefen.bank.conversion.rules import wording
from xuefen.bank.conversion.rules.eligibility import Field, Use, share_out
from xuefen.bank.conversion.rules.openings import Openings
from xuefen.bank.conversion.rules.solve import Solution
from xuefen.bank.conversion.rules.tree import Tally, counted, need_of
from xuefen.bank.conversion.rules.whynot import WhyNot, ref
from xuefen.bank.conversion.types import (
    CapLine,
    Give,
    GroupLine,
    NodeKind,
    Plan,
    PlanLine,
    Proof,
    Source,
    Totals,
    Unused,
)


def explain(
    field: Field, chosen: Sequence[Use], best: Solution, top: Tally, costs: Mapping[str, tuple[int, bool]]
) -> Plan:
    """The plan document of a solution of a canonical problem."""
    return _Explainer(field, chosen, best, top).plan(costs)


class _Explainer:
    def __init__(self, field: Field, chosen: Sequence[Use], best: Solution, top: Tally) -> None:
        self.field, self.ground, self.problem = field, field.ground, field.ground.problem
        self.chosen, self.best, self.top = chosen, best, top
        self.whynot = WhyNot(field, chosen, top)

    def plan(self, costs: Mapping[str, tuple[int, bool]]) -> Plan:
        p = self.problem
        room, earlier = counted(self.top)
        lines = [self._line(use, room) for use in self.chosen]
        unused = [*self.whynot.all(), *self._leftovers(lines)]
        blocked: dict[str, list[str]] = defaultdict(list)
        for rest in unused:
            if rest.cap:
                blocked[rest.cap].append(rest.number)
        return Plan(
            problem=p.digest(),
            on=p.on.isoformat(),
            programme=p.programme,
            programme_version=p.programme_version,
            standard=p.standard,
            totals=self._totals(unused, earlier),
            proof=Proof(self.best.proven, self.best.bounds[1], self.best.bounds[2], self.best.bounds[0]),
            lines=tuple(lines),
            unused=tuple(unused),
            caps=tuple(self._caps(costs, blocked)),
            groups=tuple(self._groups()),
            open=tuple(Openings(self.field, self.whynot).lines(self.top)),
        )

    def _totals(self, unused: Sequence[Unused], earlier: int) -> Totals:
        p = self.problem
        return Totals(
            held=sum(o.free for o in p.outcomes),
            requirement=self.top.requirement,
            elective=self.top.elective,
            unused=sum(u.credits for u in unused),
            reserved=sum(self._reserved(use) for use in self.chosen),
            recognised=sum(u.credits for u in self.chosen),
            needed=p.total_credits,
            rules=len(p.rules),
            caps=len(p.caps),
            met=self.top.met,
            requirements=self.top.requirements,
            done=earlier,
        )

    def _reserved(self, use: Use) -> int:
        """What an application holds of the sources."""
        carried = [self.problem.outcomes[i].free for i in use.outcomes]
        if self.problem.leftover != "carried" or self.problem.rules[use.rule].waives:
            return sum(carried)
        return sum(min(c, share) for c, share in zip(carried, use.shares, strict=True))

    # --- lines -------------------------------------------------------------------------------------------------------

    def _line(self, use: Use, room: dict[str, int]) -> PlanLine:
        """The line of a use; what counts of it is taken out of ``room``."""
        rule = self.problem.rules[use.rule]
        gives = []
        for node_id, credits in use.grants:
            counts = min(credits, room.get(node_id, 0))
            room[node_id] = room.get(node_id, 0) - counts
            node = self.ground.nodes[node_id]
            gives.append(Give(node_id, node.name, credits, counts, node.name_en, node.item_id, node.credits or None))
        counts = sum(g.counts for g in gives)
        sums, sentence = wording.line(
            self.problem,
            rule,
            [self.ground.nodes[g.node] for g in gives],
            [self.problem.outcomes[i].free for i in use.outcomes],
            [g.credits for g in gives],
            counts,
        )
        return PlanLine(
            rule=ref(rule),
            kind="elective" if all(g.node in self.ground.inside for g in gives) else "requirement",
            uses=tuple(self._source(i, share) for i, share in zip(use.outcomes, use.shares, strict=True)),
            gives=tuple(gives),
            credits=use.credits,
            counts=counts,
            arithmetic=sums,
            sentence=sentence,
            basis=rule.basis,
            grade=rule.grade,
            waives=rule.waives,
            contract=rule.contract,
        )

    def _source(self, index: int, share: int) -> Source:
        o = self.problem.outcomes[index]
        return Source(o.number, o.item_name, o.issuer_name, o.outcome_class.value, o.free, share, o.online)

    def _leftovers(self, lines: Sequence[PlanLine]) -> Iterator[Unused]:
        carries_on = self.problem.leftover == "carried"
        for line in lines:
            carried = tuple(u.credits for u in line.uses)
            for use, share in zip(line.uses, share_out(line.counts, carried), strict=True):
                rest = use.credits - share
                if rest <= 0:
                    continue
                stays = carries_on and not line.waives and use.share <= share
                group = line.gives[-1].name if line.counts < line.credits else ""
                yield Unused(use.number, use.item_name, rest, "leftover", wording.leftover(rest, group=group, carried=stays),
                             nearest=line.rule, reference=self.problem.reference("leftover"))  # fmt: skip

    # --- caps and groups ---------------------------------------------------------------------------------------------

    def _caps(self, costs: Mapping[str, tuple[int, bool]], blocked: Mapping[str, list[str]]) -> Iterator[CapLine]:
        for code, cap in self.whynot.caps.items():
            cost, proven = costs.get(code, (0, True))
            numbers = tuple(blocked.get(code, ()))
            yield CapLine(code, cap.name, cap.used, cap.limit, cost, cap.reference, numbers, proven)

    def _groups(self) -> Iterator[GroupLine]:
        for t in self.top.walk():
            node = t.node
            if node.kind is NodeKind.COURSE:
                continue
            choose = {NodeKind.CHOOSE: node.need, NodeKind.ANY: 1}.get(node.kind)
            yield GroupLine(
                id=node.id,
                name=node.name,
                depth=t.depth,
                have=t.group,
                need=need_of(node),
                name_en=node.name_en,
                elective=t.is_elective,
                have_count=sum(c.complete for c in t.below) if choose is not None else None,
                need_count=choose,
                cap=node.cap,
                met=t.complete,
                shared=node.shared,
            )
