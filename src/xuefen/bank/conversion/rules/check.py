"""An independent check of a plan against its problem: nothing here uses the survey, the model or the tally.

``recognition`` asks this before it accepts a plan, whoever made it. It proves legality, not optimality.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from xuefen.bank.conversion.rules.check_tree import counts, limits
from xuefen.bank.conversion.types import Node, NodeKind, Plan, PlanLine, PlanOutcome, PlanRule, Problem


def violations(problem: Problem, plan: Plan) -> list[str]:
    """Everything in ``plan`` that ``problem`` does not allow, as English sentences for staff; empty for a legal plan."""
    return list(_Check(problem, plan).all())


class _Check:
    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.p, self.plan = problem, plan
        self.outcomes = {o.number: o for o in problem.outcomes}
        self.rules = {(r.number, r.version): r for r in problem.rules}
        self.nodes = {n.id: n for n in problem.tree.walk()}
        self.above: dict[str, list[Node]] = {problem.tree.id: [problem.tree]}
        for node in problem.tree.walk():
            for child in node.children:
                self.above[child.id] = [*self.above[node.id], child]
        self.settled = {d.item_id for d in problem.done}

    def all(self) -> Iterator[str]:
        p, plan = self.p, self.plan
        if plan.problem != p.digest():
            yield "the plan was made for another problem"
        used = [u.number for line in plan.lines for u in line.uses]
        yield from (f"outcome {n} is used {c} times" for n, c in Counter(used).items() if c > 1)
        yield from (f"outcome {n} is not the learner's" for n in used if n not in self.outcomes)
        given = [g.item_id for line in plan.lines for g in line.gives if g.item_id is not None]
        yield from (f"course {i} is given {c} times" for i, c in Counter(given).items() if c > 1)
        named = {g.node for line in plan.lines for g in line.gives}
        if any(n not in self.outcomes for n in used) or not named <= set(self.nodes):
            yield "the plan names what the problem does not know"
            return
        for line in plan.lines:
            rule = self.rules.get((line.rule.number, line.rule.version))
            if rule is None or rule.denies:
                yield f"rule {line.rule.number} version {line.rule.version} is not in force"
            elif not line.uses or not line.gives:
                yield f"{rule.number}: a line uses and gives something"
            else:
                yield from self.line(line, rule)
        pools = Counter(line.rule.number for line in plan.lines if (r := self.rule(line)) and r.pool is not None)
        yield from (f"{n}: a pool is applied {c} times" for n, c in pools.items() if c > 1)
        yield from self.kin(set(used))
        yield from self.prerequisites(set(given))
        yield from limits(p, plan)
        yield from counts(p, plan)

    def rule(self, line: PlanLine) -> PlanRule | None:
        return self.rules.get((line.rule.number, line.rule.version))

    # --- one line ------------------------------------------------------------------------------------------------------

    def line(self, line: PlanLine, rule: PlanRule) -> Iterator[str]:
        mine = [self.outcomes[u.number] for u in line.uses]
        carried = sum(o.free for o in mine)
        if (line.waives, line.grade, line.contract) != (rule.waives, rule.grade, rule.contract):
            yield f"{rule.number}: the line is not the rule's in waiver, mark or contract"
        if rule.overlap is not None and self.p.min_overlap is not None and rule.overlap < self.p.min_overlap:
            yield f"{rule.number}: the overlap is too small"
        yield from self.sources(line, rule, mine, carried)
        yield from self.shares(line, rule, mine)
        for o in mine:
            if why := self.unusable(o):
                yield f"{rule.number}: outcome {o.number} may not be converted: {why}"
            if not meets(rule, o, self.p.on):
                yield f"{rule.number}: outcome {o.number} fails a condition"
            if any(d.denies and self.denied(d, rule, o) for d in self.p.rules):
                yield f"{rule.number}: outcome {o.number} is denied for this course"
        if line.credits != sum(g.credits for g in line.gives) or line.credits != sum(u.share for u in line.uses):
            yield f"{rule.number}: the line does not add up"
        if rule.elective:
            yield from self.elective(line, rule, carried)
        else:
            yield from self.courses(line, rule, mine, carried)

    def sources(self, line: PlanLine, rule: PlanRule, mine: list[PlanOutcome], carried: int) -> Iterator[str]:
        items = [o.item_id for o in mine]
        if rule.pool is None:
            if items not in [list(s) for s in rule.either] and items != list(rule.sources):
                yield f"{rule.number}: the outcomes are not the rule's sources"
            return
        if not set(items) <= set(rule.pool.items):
            yield f"{rule.number}: the outcomes are not the rule's sources"
        if carried < rule.pool.credits:
            yield f"{rule.number}: the pool asks for {rule.pool.credits}, the outcomes carry {carried}"
        if [o.number for o in mine] != sorted(o.number for o in mine):
            yield f"{rule.number}: the outcomes of a pool are not in the order of their numbers"

    def shares(self, line: PlanLine, rule: PlanRule, mine: list[PlanOutcome]) -> Iterator[str]:
        # Caps are counted by shares, so a share moved to another outcome would slip past one.
        rest = line.credits
        for k, (o, use) in enumerate(zip(mine, line.uses, strict=True)):
            due = rest if k == len(mine) - 1 else min(rest, o.free)
            rest -= due
            if use.share != due or use.credits != o.free:
                yield f"{rule.number}: outcome {o.number} carries {due} of {o.free}, the plan says otherwise"

    def unusable(self, o: PlanOutcome) -> str:
        if not o.convertible:
            return "revoked"
        if o.quality in self.p.record_only:
            return "a record only"
        if o.expires_on is not None and self.p.on > o.expires_on:
            return "expired"
        if o.free != o.credits and (self.p.leftover != "carried" or o.free == 0):
            return "in use"
        return ""

    def denied(self, denial: PlanRule, rule: PlanRule, o: PlanOutcome) -> bool:
        from_it = o.item_id in denial.sources or (denial.denied_issuer != "" and denial.denied_issuer == o.issuer)
        return from_it and bool({t.item_id for t in denial.targets} & {t.item_id for t in rule.targets})

    def elective(self, line: PlanLine, rule: PlanRule, carried: int) -> Iterator[str]:
        node = self.nodes[line.gives[0].node]
        fits = node.elective and node.kind is NodeKind.CREDITS and rule.elective in ("*", node.id)
        if len(line.gives) != 1 or not fits or line.credits != (rule.result or carried):
            yield f"{rule.number}: not the elective credit the rule gives"
        if any(n.cap == 0 for n in self.above[node.id]):
            yield f"{rule.number}: {node.name} is to be done on site"

    def courses(self, line: PlanLine, rule: PlanRule, mine: list[PlanOutcome], carried: int) -> Iterator[str]:
        if [g.item_id for g in line.gives] != [t.item_id for t in rule.targets]:
            yield f"{rule.number}: the courses are not the rule's targets"
            return
        for g in line.gives:
            course, above = self.nodes[g.node], self.above[g.node]
            if course.item_id != g.item_id:
                yield f"{rule.number}: {g.node} is another course"
            if g.item_id in self.settled:
                yield f"{rule.number}: {course.name} was done before"
            elsewhere = [n for n in self.nodes.values() if n.item_id == g.item_id and not self.in_shared(n)]
            if self.in_shared(course) and elsewhere:
                yield f"{rule.number}: {course.name} is given in a shared group"
            if not rule.waives and any(n.cap == 0 for n in above):
                yield f"{rule.number}: {course.name} is to be done on site"
            wrong_way = any(o.nature == "elective" for o in mine) and not any(n.elective for n in above)
            if self.p.direction and not rule.waives and wrong_way:
                yield f"{rule.number}: an elective does not replace the required {course.name}"
        yield from self.amounts(line, rule, carried)

    def in_shared(self, node: Node) -> bool:
        return any(n.shared for n in self.above[node.id])

    def amounts(self, line: PlanLine, rule: PlanRule, carried: int) -> Iterator[str]:
        p = self.p
        if rule.waives:
            if any(g.credits for g in line.gives):
                yield f"{rule.number}: a waiver recognises no credit"
            return
        sizes = [self.nodes[g.node].credits for g in line.gives]
        full = [min(s, max(p.grain, s - p.tolerance)) for s in sizes]
        least = [min(s, p.grain) for s in sizes] if p.shortfall == "award" else full
        free = [k for k, t in enumerate(rule.targets) if t.credits is None]
        rest = carried - sum(least[k] for k in free)
        if free and rest < 0:
            yield f"{rule.number}: the sources carry too little"
            return
        if p.direction and free and carried < sum(sizes[k] for k in free) - p.tolerance:
            yield f"{rule.number}: a smaller course does not replace a larger one"
        for k, (g, t) in enumerate(zip(line.gives, rule.targets, strict=True)):
            if t.credits is not None:
                due = min(t.credits, sizes[k])
            else:
                more = min(rest, sizes[k] - least[k])
                due, rest = least[k] + more, rest - more
            if g.credits != due or due < least[k]:
                yield f"{rule.number}: {self.nodes[g.node].name} is given {g.credits}, the rule gives {due}"

    # --- between lines ---------------------------------------------------------------------------------------------------

    def kin(self, used: set[str]) -> Iterator[str]:
        """Families and names that count once."""
        p = self.p
        fit = [o for o in p.outcomes if o.convertible and o.quality not in p.record_only]
        for o in p.outcomes:
            if o.number not in used:
                continue
            mine = (o.level or 0, o.credits, o.awarded_on, o.number)
            for other in fit:
                if other.number == o.number:
                    continue
                stale = other.expires_on is not None and p.on > other.expires_on
                if o.family and other.family == o.family and not stale:
                    if (other.level or 0, other.credits, other.awarded_on, other.number) > mine:
                        yield f"outcome {o.number} is not the highest of its family"
                    elif other.number in used:
                        yield f"two outcomes of family {o.family} are used"
                same = p.same_name_once and o.name_key and other.name_key == o.name_key
                if same and (other.number in used or other.free < other.credits):
                    yield f"outcome {o.number}: the name {o.name_key} has been counted"

    def prerequisites(self, given: set[int]) -> Iterator[str]:
        in_tree = {n.item_id for n in self.nodes.values()}
        held = {o.item_id for o in self.p.outcomes if o.convertible and o.quality not in self.p.record_only}
        for line in self.plan.lines:
            for g in line.gives:
                for item in self.nodes[g.node].after:
                    if item in in_tree and item not in given | held | self.settled:
                        yield f"{line.rule.number}: {g.name} builds on course {item}, which is not there"


def meets(rule: PlanRule, o: PlanOutcome, on: date) -> bool:
    """Whether an outcome meets every condition of a rule."""
    c, class_day = rule.conditions, o.ended_on or o.awarded_on
    return (
        (c.min_mark is None or (o.mark is not None and o.mark >= c.min_mark))
        and (c.min_level is None or (o.level is not None and o.level >= c.min_level))
        and (c.min_hours is None or (o.hours is not None and o.hours >= c.min_hours))
        and (c.min_quality is None or "ABC".index(o.quality) <= "ABC".index(c.min_quality))
        and (c.min_assurance is None or o.assurance >= c.min_assurance)
        and (c.online or not o.online)
        and (not c.issuer_kinds or o.issuer_kind in c.issuer_kinds)
        and (c.earned_from is None or class_day >= c.earned_from)
        and (c.earned_until is None or class_day < c.earned_until)
        and (c.max_age_years is None or _young(o.awarded_on, on, c.max_age_years))
    )


def _young(awarded: date, on: date, years: int) -> bool:
    anniversary = (on.year - years, on.month, on.day)
    earned = (awarded.year, awarded.month, awarded.day)
    # 29 February less a number of years may be 28 February: the day before the anniversary's tuple.
    return earned >= anniversary or (anniversary[1:] == (2, 29) and earned == (anniversary[0], 2, 28))
