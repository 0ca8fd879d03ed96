"""Says why: the basis of each line, the reason of each rest, what each cap costs, where each group stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from xuefen.bank.conversion.rules import wording
from xuefen.bank.conversion.rules.eligibility import Failure, Field, Use, parts, share_out
from xuefen.bank.conversion.rules.model import node_cap
from xuefen.bank.conversion.rules.solve import Solution
from xuefen.bank.conversion.rules.tree import Tally, counted, need_of, tally
from xuefen.bank.conversion.types import (
    CapLine,
    Give,
    GroupLine,
    Node,
    NodeKind,
    Plan,
    PlanLine,
    PlanRule,
    Problem,
    Proof,
    RuleRef,
    Source,
    Text,
    Totals,
    Unused,
)

_NEAREST = {"credits_short": 0, "source_missing": 2, "not_in_programme": 3}  # a failed condition is 1


def explain(
    problem: Problem,
    survey: Field,
    best: Solution,
    top: Tally,
    recognised: Mapping[str, int],
    costs: Mapping[str, tuple[int, bool]],
) -> Plan:
    """The plan document of a solution of a canonical problem."""
    return _Explainer(problem, survey, best, top, recognised).plan(costs)


class _Explainer:
    def __init__(
        self, problem: Problem, survey: Field, best: Solution, top: Tally, recognised: Mapping[str, int]
    ) -> None:
        self.problem, self.survey, self.best, self.top = problem, survey, best, top
        self.recognised = dict(recognised)
        self.nodes = {n.id: n for n in problem.tree.walk()}
        self.is_elective = {t.node.id: t.is_elective for t in top.walk()}
        self.chosen = [survey.uses[u] for u in best.chosen]
        self.taker = {o: use for use in self.chosen for o in use.outcomes}
        self.course_taker = {item: use for use in self.chosen for item in use.items}
        self.limits = self._limits()
        self.used = {code: sum(self._wants(code, u) for u in self.chosen) for code in self.limits}

    def plan(self, costs: Mapping[str, tuple[int, bool]]) -> Plan:
        p = self.problem
        lines = self._lines()
        unused = [*self._left_out(), *self._leftovers(lines)]
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
            totals=Totals(
                held=sum(o.free for o in p.outcomes),
                requirement=self.top.requirement,
                elective=self.top.elective,
                unused=sum(u.credits for u in unused),
                reserved=sum(p.outcomes[i].credits for i in self.taker),
                recognised=sum(u.credits for u in self.chosen),
                needed=p.total_credits,
                rules=len(p.rules),
                caps=len(p.caps),
            ),
            proof=Proof(self.best.proven, self.best.requirement_bound, self.best.elective_bound),
            lines=tuple(lines),
            unused=tuple(unused),
            caps=tuple(self._caps(costs, blocked)),
            groups=tuple(self._groups()),
        )

    # --- lines -------------------------------------------------------------------------------------------------------

    def _lines(self) -> list[PlanLine]:
        room = counted(self.top, self.recognised)
        lines = []
        for use in self.chosen:
            gives = []
            for node_id, credits in use.grants:
                counts = min(credits, room.get(node_id, 0))
                room[node_id] = room.get(node_id, 0) - counts
                node = self.nodes[node_id]
                gives.append(
                    Give(node_id, node.name, credits, counts, node.name_en, node.item_id, node.credits or None)
                )
            lines.append(self._line(use, tuple(gives)))
        return lines

    def _line(self, use: Use, gives: tuple[Give, ...]) -> PlanLine:
        rule = self.problem.rules[use.rule]
        counts = sum(g.counts for g in gives)
        stated = rule.result is not None or any(t.credits is not None for t in rule.targets)
        short = sum(max(0, (g.course_credits or 0) - g.credits) for g in gives)
        sums, sentence = wording.arithmetic(
            [self.problem.outcomes[i].credits for i in use.outcomes],
            [g.credits for g in gives],
            counts,
            elective=bool(rule.elective),
            stated=stated,
            short=short,
        )
        return PlanLine(
            rule=_ref(rule),
            kind="elective" if all(self.is_elective[g.node] for g in gives) else "requirement",
            uses=tuple(self._source(i, share) for i, share in zip(use.outcomes, use.shares, strict=True)),
            gives=gives,
            credits=use.credits,
            counts=counts,
            arithmetic=sums,
            sentence=sentence,
            basis=rule.basis,
        )

    def _source(self, index: int, share: int) -> Source:
        o = self.problem.outcomes[index]
        return Source(o.number, o.item_name, o.issuer_name, o.outcome_class.value, o.credits, share, o.online)

    # --- what is not counted -----------------------------------------------------------------------------------------

    def _left_out(self) -> Iterator[Unused]:
        options: dict[int, list[Use]] = defaultdict(list)
        for use in self.survey.uses:
            for i in use.outcomes:
                options[i].append(use)
        for i, o in enumerate(self.problem.outcomes):
            if i in self.taker:
                continue
            rest = Unused(o.number, o.item_name, o.free, "no_rule", wording.NO_RULE)
            if reason := self.survey.barred.get(i):
                says = wording.record_only(o.quality) if reason == "record_only" else wording.BARRED[reason]
                basis = self.problem.record_only_basis if reason == "record_only" else ""
                yield replace(rest, reason=reason, sentence=says, reference=basis)
            elif options[i]:
                yield min((self._why_not(rest, i, use) for use in options[i]), key=lambda found: found[0])[1]
            elif failures := self.survey.failures.get(i):
                yield self._nearest(rest, failures)
            else:
                yield rest

    def _nearest(self, rest: Unused, failures: list[Failure]) -> Unused:
        f = min(failures, key=lambda f: (_NEAREST.get(f.condition, 1), f.misses, f.rule))
        reason = f.condition if f.condition in _NEAREST else "condition"
        return replace(
            rest,
            reason=reason,
            sentence=wording.failure(f),
            condition=f.condition if reason == "condition" else "",
            nearest=_ref(self.problem.rules[f.rule]),
        )

    def _why_not(self, rest: Unused, index: int, use: Use) -> tuple[int, Unused]:
        """(number of obstacles, the first of them) for one way the outcome could have been used."""
        nearest = _ref(self.problem.rules[use.rule])
        found: list[Unused] = []

        def add(reason: str, says: Text, cap: str = "") -> None:
            reference = self.by_code[cap].reference if cap in self.by_code else ""
            found.append(replace(rest, reason=reason, sentence=says, nearest=nearest, cap=cap, reference=reference))

        for code, (name, limit) in self.limits.items():
            wants = self._wants(code, use)
            if self.used[code] + wants > limit and wants:
                add("cap", wording.cap_full(name, limit, self.used[code], wants), code)
        for i in use.outcomes:
            if i != index and i in self.taker:
                add("source_taken", wording.source_taken(self.problem.outcomes[i].item_name))
        for (node_id, _), item in zip(use.grants, use.items, strict=False):
            if item in self.course_taker:
                node, by = self.nodes[node_id], self.course_taker[item]
                names = "、".join(self.problem.outcomes[i].item_name for i in by.outcomes)
                add("course_taken", wording.course_taken(node.name, node.name_en, names))
        if not found:
            full = self._full_group(use)
            if full:
                add("group_full", wording.group_full(full.name, full.name_en))
        if not found:
            add("worse", wording.WORSE)
        return len(found), found[0]

    def _full_group(self, use: Use) -> Node | None:
        """The group that would count nothing of what ``use`` gives, or None when something would count."""
        more = dict(self.recognised)
        for node_id, credits in use.grants:
            more[node_id] = more.get(node_id, 0) + credits
        if tally(self.problem.tree, more).total > self.top.total:
            return None
        target = use.grants[0][0]
        return next((t.node for t in reversed(list(self.top.walk()))
                     if t.node.kind in (NodeKind.CREDITS, NodeKind.CHOOSE) and any(n.id == target for n in t.node.walk())),
                    self.nodes[target])  # fmt: skip

    def _leftovers(self, lines: list[PlanLine]) -> Iterator[Unused]:
        for line in lines:
            carried = tuple(u.credits for u in line.uses)
            for use, share in zip(line.uses, share_out(line.counts, carried), strict=True):
                if share >= use.credits:
                    continue
                rest = use.credits - share
                group = line.gives[-1].name if line.counts < line.credits else ""
                yield Unused(use.number, use.item_name, rest, "leftover", wording.leftover(rest, group=group),
                             nearest=line.rule)  # fmt: skip

    # --- caps and groups ---------------------------------------------------------------------------------------------

    def _limits(self) -> dict[str, tuple[Text, int]]:
        """Every cap with its name and limit: the standard's, then those of tree nodes."""
        limits = {c.code: (c.name, c.limit) for c in self.problem.caps}
        for node in self.problem.tree.walk():
            if node.cap is not None:
                limits[node_cap(node)] = (Text(node.name, node.name_en or node.name), node.cap)
        self.by_code = {c.code: c for c in self.problem.caps}
        self.below = {node_cap(n): {m.id for m in n.walk()} for n in self.problem.tree.walk() if n.cap is not None}
        return limits

    def _wants(self, code: str, use: Use) -> int:
        if code in self.by_code:
            return sum(share for _, share in parts(self.by_code[code], use, self.problem))
        return sum(credits for node, credits in use.grants if node in self.below[code])

    def _caps(self, costs: Mapping[str, tuple[int, bool]], blocked: Mapping[str, list[str]]) -> Iterator[CapLine]:
        for code, (name, limit) in self.limits.items():
            cost, proven = costs.get(code, (0, True))
            reference = self.by_code[code].reference if code in self.by_code else ""
            yield CapLine(code, name, self.used[code], limit, cost, reference, tuple(blocked.get(code, ())), proven)

    def _groups(self) -> Iterator[GroupLine]:
        for t in self.top.walk():
            node = t.node
            if node.kind is NodeKind.COURSE:
                continue
            choose = node.kind is NodeKind.CHOOSE
            yield GroupLine(
                id=node.id,
                name=node.name,
                depth=t.depth,
                have=t.total,
                need=need_of(node),
                name_en=node.name_en,
                elective=t.is_elective,
                have_count=sum(self._done(c) for c in t.below) if choose else None,
                need_count=node.need if choose else None,
                cap=node.cap,
            )

    def _done(self, t: Tally) -> bool:
        if t.node.kind is NodeKind.COURSE:
            return t.node.id in self.recognised
        return t.total >= need_of(t.node)


def _ref(rule: PlanRule) -> RuleRef:
    return RuleRef(rule.number, rule.version, rule.clause)
