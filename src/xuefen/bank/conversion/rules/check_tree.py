"""The half of the independent check that adds up: caps, groups, totals. Shares no code with the solver's tree or model."""

from __future__ import annotations

from collections.abc import Iterator

from xuefen.bank.conversion.types import Cap, CapKind, Node, NodeKind, Plan, PlanOutcome, Problem

Triple = tuple[int, int, int]


def limits(p: Problem, plan: Plan) -> Iterator[str]:
    """Caps of the standard and of the tree that the plan exceeds."""
    outcomes = {o.number: o for o in p.outcomes}
    uses = [u for line in plan.lines for u in line.uses]
    for cap in p.caps:
        total = sum(u.share for u in uses if _counts(cap, outcomes[u.number]))
        if total and total + cap.used > cap.limit:
            yield f"cap {cap.code} is exceeded: {total} + {cap.used} > {cap.limit}"
    for node in p.tree.walk():
        if node.cap is None:
            continue
        below = {n.id for n in node.walk()}
        total = sum(g.credits for line in plan.lines for g in line.gives if g.node in below)
        before = sum(d.credits for d in p.done if d.converted and d.node in below)
        if total and total + before > node.cap:
            yield f"the cap of {node.name} is exceeded: {total} + {before} > {node.cap}"


def _counts(cap: Cap, o: PlanOutcome) -> bool:
    day = o.ended_on or o.awarded_on
    if (cap.starts_on and day < cap.starts_on) or (cap.ends_on and day >= cap.ends_on):
        return False
    degree = o.outcome_class.value == "degree"
    named = {
        CapKind.TOTAL: True,
        CapKind.PERIOD: True,
        CapKind.ONLINE: o.online,
        CapKind.CLASS: o.outcome_class.value == cap.which,
        CapKind.ISSUER: o.issuer == cap.which,
        CapKind.TYPE: any(o.type_code[: len(code)] == code for code in cap.which.split()),
        CapKind.DEGREE_LEVEL: degree and str(o.level or 0).zfill(2) >= cap.which.zfill(2),
    }[cap.kind]
    return not named if cap.outside else named


def counts(p: Problem, plan: Plan) -> Iterator[str]:
    """No group may be said to hold more than the tree counts, and the totals must be the lines'."""
    values = _Values(p, plan)
    best = values.best(p.tree, inside=False, watched=True)
    totals = plan.totals
    if (totals.met, totals.requirement, totals.elective) != best:
        yield f"the programme counts {best}, the plan says otherwise"
    for line in plan.lines:
        if line.counts != sum(g.counts for g in line.gives):
            yield f"{line.rule.number}: the line does not add up to its courses"
        if any(not 0 <= g.counts <= g.credits for g in line.gives):
            yield f"{line.rule.number}: more counts than is recognised"
    counted = sum(g.counts for line in plan.lines for g in line.gives)
    if counted + totals.done != totals.requirement + totals.elective or not 0 <= totals.done <= values.settled:
        yield "the lines do not add up to the totals"
    reserved = 0
    for line in plan.lines:
        for use in line.uses:
            whole = p.leftover != "carried" or line.waives
            reserved += use.credits if whole else min(use.share, use.credits)
    if (totals.reserved, totals.recognised) != (reserved, sum(line.credits for line in plan.lines)):
        yield "the credits held or recognised are not those of the lines"


class _Values:
    """What nodes are worth, as every (met, requirement, elective) that no other reaches."""

    def __init__(self, p: Problem, plan: Plan) -> None:
        nodes = {n.id: n for n in p.tree.walk()}
        self.settled = sum(d.credits for d in p.done)
        self.at: dict[str, int] = {}
        self.done: set[str] = {d.node for d in p.done if d.item_id is not None}
        for d in p.done:
            self.at[d.node] = self.at.get(d.node, 0) + d.credits
        for line in plan.lines:
            for g in line.gives:
                self.at[g.node] = self.at.get(g.node, 0) + g.credits
                size = nodes[g.node].credits
                if g.item_id is not None and (line.waives or g.credits >= min(size, max(p.grain, size - p.tolerance))):
                    self.done.add(g.node)
        self.item_at: dict[int, int] = {}
        for node_id, credits in self.at.items():
            item = nodes[node_id].item_id
            if item is not None:
                self.item_at[item] = self.item_at.get(item, 0) + credits
        self.items_done = {nodes[n].item_id for n in self.done}

    def best(self, tree: Node, *, inside: bool, watched: bool) -> Triple:
        return max(self._of(tree, inside=inside, watched=watched, shared=False))

    def _of(self, node: Node, *, inside: bool, watched: bool, shared: bool) -> list[Triple]:
        """``watched``: no credit group above, so the requirements met below are looked at."""
        inside, shared = inside or node.elective, shared or node.shared
        watched = watched and not inside
        if node.kind is NodeKind.COURSE:
            credits = self.item_at.get(node.item_id or 0, 0) if shared else self.at.get(node.id, 0)
            done = node.item_id in self.items_done if shared else node.id in self.done
            return [(int(done and watched), 0, credits) if inside else (int(done and watched), credits, 0)]
        of_credits = node.kind is NodeKind.CREDITS
        below = [self._of(c, inside=inside, watched=watched and not of_credits, shared=shared) for c in node.children]
        count = {NodeKind.CHOOSE: node.need, NodeKind.ANY: 1}.get(node.kind, len(below))
        own = self.at.get(node.id, 0)
        result = []
        for met, requirement, elective in _select(below, count, watched=watched and not of_credits):
            r, e = (requirement, elective + own) if inside else (requirement + own, elective)
            if of_credits:
                met = int(watched and r + e >= node.need)
                r = min(r, node.need)
                e = min(e, node.need - r)
            result.append((met, 0, 0) if node.shared else (met, r, e))
        return _front(result, watched=watched)


def _front(values: list[Triple], *, watched: bool) -> list[Triple]:
    """Where requirements met are looked at the best triple decides; else pairs that trade are kept."""
    if watched or len(values) == 1:
        return [max(values)]
    kept: list[Triple] = []
    for value in sorted(set(values), reverse=True):
        if not kept or value[2] > kept[-1][2]:
            kept.append(value)
    return kept


def _select(below: list[list[Triple]], count: int, *, watched: bool) -> list[Triple]:
    """The sums of ``count`` children."""
    if all(len(options) == 1 for options in below):
        values = sorted((options[0] for options in below), reverse=True)
        simple = watched or not any(r for _, r, _ in values) or not any(e for _, _, e in values)
        if simple or count >= len(values):
            kept = values[:count]
            return [(sum(m for m, _, _ in kept), sum(r for _, r, _ in kept), sum(e for _, _, e in kept))]
    sums: list[list[Triple]] = [[(0, 0, 0)]] + [[] for _ in range(count)]
    for options in below:
        for taken in range(count - 1, -1, -1):
            grown = [(m + a, r + b, e + c) for m, r, e in sums[taken] for a, b, c in options]
            if grown:
                sums[taken + 1] = _front([*sums[taken + 1], *grown], watched=False)
    return [value for group in sums for value in group]
