"""An independent check of a plan against its problem: nothing here uses the survey or the model.

``recognition`` asks this before it accepts a plan, whoever made it. It proves legality, not optimality.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from xuefen.bank.conversion.types import CapKind, Node, NodeKind, Plan, PlanLine, PlanOutcome, PlanRule, Problem


def violations(problem: Problem, plan: Plan) -> list[str]:
    """Everything in ``plan`` that ``problem`` does not allow, as English sentences for staff; empty for a legal plan."""
    return list(_all(problem, plan))


def _all(p: Problem, plan: Plan) -> Iterator[str]:
    if plan.problem != p.digest():
        yield "the plan was made for another problem"
    outcomes = {o.number: o for o in p.outcomes}
    rules = {(r.number, r.version): r for r in p.rules}
    nodes = {n.id: n for n in p.tree.walk()}
    used = [u.number for line in plan.lines for u in line.uses]
    yield from (f"outcome {n} is used {c} times" for n, c in Counter(used).items() if c > 1)
    yield from (f"outcome {n} is not the learner's" for n in used if n not in outcomes)
    given = [g.item_id for line in plan.lines for g in line.gives if g.item_id is not None]
    yield from (f"course {i} is given {c} times" for i, c in Counter(given).items() if c > 1)
    if any(n not in outcomes for n in used) or any(g.node not in nodes for line in plan.lines for g in line.gives):
        yield "the plan names what the problem does not know"
        return
    for line in plan.lines:
        rule = rules.get((line.rule.number, line.rule.version))
        if rule is None:
            yield f"rule {line.rule.number} version {line.rule.version} is not in force"
            continue
        yield from _line(p, line, rule, outcomes, nodes)
    yield from _families(p, set(used))
    yield from _caps(p, plan, outcomes)
    yield from _counts(p, plan)


def _line(
    p: Problem, line: PlanLine, rule: PlanRule, outcomes: dict[str, PlanOutcome], nodes: dict[str, Node]
) -> Iterator[str]:
    name = rule.number
    mine = [outcomes[u.number] for u in line.uses]
    if [o.item_id for o in mine] != list(rule.sources):
        yield f"{name}: the outcomes are not the rule's sources"
    rest = line.credits
    for k, (o, use) in enumerate(zip(mine, line.uses, strict=True)):
        # Caps are counted by shares, so a share moved to another outcome would slip past one.
        due = rest if k == len(mine) - 1 else min(rest, o.credits)
        rest -= due
        if use.share != due or use.credits != o.credits:
            yield f"{name}: outcome {o.number} carries {due} of {o.credits}, the plan says otherwise"
    for o in mine:
        if not o.convertible or o.quality in p.record_only or o.free != o.credits:
            yield f"{name}: outcome {o.number} may not be converted"
        if not _meets(rule, o, p.on):
            yield f"{name}: outcome {o.number} fails a condition"
    total = sum(o.credits for o in mine)
    if line.credits != sum(g.credits for g in line.gives) or line.credits != sum(u.share for u in line.uses):
        yield f"{name}: the line does not add up"
    if rule.elective:
        node = nodes[line.gives[0].node]
        fits = node.elective and node.kind is NodeKind.CREDITS and rule.elective in ("*", node.id)
        if len(line.gives) != 1 or not fits or line.credits != (rule.result or total):
            yield f"{name}: not the elective credit the rule gives"
        return
    if sorted(g.item_id or 0 for g in line.gives) != sorted(t.item_id for t in rule.targets):
        yield f"{name}: the courses are not the rule's targets"
        return
    stated = {t.item_id: t.credits for t in rule.targets}
    free_given = 0
    for g in line.gives:
        course = nodes[g.node]
        result = stated[g.item_id or 0]
        least = min(course.credits, max(p.grain, course.credits - p.tolerance))
        if course.item_id != g.item_id or not least <= g.credits <= course.credits:
            yield f"{name}: {course.name} is not fully granted"
        if result is not None and g.credits != min(result, course.credits):
            yield f"{name}: {course.name} is not given the stated result"
        free_given += g.credits if result is None else 0
    if free_given > total:
        yield f"{name}: more credit is given than the sources carry"


def _meets(rule: PlanRule, o: PlanOutcome, on: date) -> bool:
    c = rule.conditions
    anniversary = (on.year - (c.max_age_years or 0), on.month, on.day)
    return (
        (c.min_mark is None or (o.mark is not None and o.mark >= c.min_mark))
        and (c.min_level is None or (o.level is not None and o.level >= c.min_level))
        and (c.min_quality is None or "ABC".index(o.quality) <= "ABC".index(c.min_quality))
        and (c.min_assurance is None or o.assurance >= c.min_assurance)
        and (c.online or not o.online)
        # 29 February less a number of years may be 28 February: the day before the anniversary's tuple.
        and (
            c.max_age_years is None
            or (o.awarded_on.year, o.awarded_on.month, o.awarded_on.day) >= anniversary
            or (
                anniversary[1:] == (2, 29)
                and (o.awarded_on.year, o.awarded_on.month, o.awarded_on.day) == (anniversary[0], 2, 28)
            )
        )
    )


def _families(p: Problem, used: set[str]) -> Iterator[str]:
    for o in p.outcomes:
        if o.number not in used or not o.family:
            continue
        for other in p.outcomes:
            rival = other.family == o.family and other.convertible and other.quality not in p.record_only
            if rival and (other.level or 0, other.credits) > (o.level or 0, o.credits):
                yield f"outcome {o.number} is not the highest of its family"
            if rival and other.number != o.number and other.number in used:
                yield f"two outcomes of family {o.family} are used"


def _caps(p: Problem, plan: Plan, outcomes: dict[str, PlanOutcome]) -> Iterator[str]:
    for cap in p.caps:
        total = 0
        for line in plan.lines:
            for use in line.uses:
                o = outcomes[use.number]
                counts = {
                    CapKind.TOTAL: True,
                    CapKind.ONLINE: o.online,
                    CapKind.CLASS: o.outcome_class.value == cap.which,
                    CapKind.ISSUER: o.issuer == cap.which,
                    CapKind.DEGREE_LEVEL: o.outcome_class.value == "degree"
                    and str(o.level or 0).zfill(2) >= cap.which.zfill(2),
                }[cap.kind]
                total += use.share if counts else 0
        if total > cap.limit:
            yield f"cap {cap.code} is exceeded: {total} > {cap.limit}"
    for node in p.tree.walk():
        below = {n.id for n in node.walk()}
        total = sum(g.credits for line in plan.lines for g in line.gives if g.node in below)
        if node.cap is not None and total > node.cap:
            yield f"the cap of {node.name} is exceeded: {total} > {node.cap}"


def _counts(p: Problem, plan: Plan) -> Iterator[str]:
    """No group may be said to hold more than the tree counts, and the totals must be the lines'."""
    given = {g.node: 0 for line in plan.lines for g in line.gives}
    for line in plan.lines:
        for g in line.gives:
            given[g.node] += g.credits
            if not 0 <= g.counts <= g.credits:
                yield f"{line.rule.number}: more counts than is recognised"
    requirement, elective = _worth(p.tree, given, inside=False)
    if (plan.totals.requirement, plan.totals.elective) != (requirement, elective):
        yield f"the programme counts {requirement} + {elective}, the plan says otherwise"
    said = sum(g.counts for line in plan.lines for g in line.gives)
    if said != plan.totals.requirement + plan.totals.elective:
        yield "the lines do not add up to the totals"
    used = [u.credits for line in plan.lines for u in line.uses]
    if (plan.totals.reserved, plan.totals.recognised) != (sum(used), sum(line.credits for line in plan.lines)):
        yield "the credits held or recognised are not those of the lines"
    if any(line.counts != sum(g.counts for g in line.gives) for line in plan.lines):
        yield "a line does not add up to its courses"


def _worth(node: Node, given: dict[str, int], *, inside: bool) -> tuple[int, int]:
    inside = inside or node.elective
    pairs = sorted((_worth(c, given, inside=inside) for c in node.children), reverse=True)
    if node.kind is NodeKind.CHOOSE:
        pairs = pairs[: node.need]
    own = given.get(node.id, 0)
    requirement = sum(r for r, _ in pairs) + (0 if inside else own)
    elective = sum(e for _, e in pairs) + (own if inside else 0)
    if node.kind is NodeKind.CREDITS:
        requirement = min(requirement, node.need)
        elective = min(elective, node.need - requirement)
    return requirement, elective
