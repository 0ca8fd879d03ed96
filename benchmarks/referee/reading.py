"""The conversion problem as docs/conversion-problem.md tells it, read by hand: who may be used, by which rule, for how much.

Nothing here looks at ``conversion.rules``: the referee is worth something only as long as it is a second reading of that page.
Numbers in comments are the paragraphs of "What is legal".
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from xuefen.bank.conversion.types import Cap, CapKind, Node, NodeKind, PlanOutcome, PlanRule, Problem


@dataclass(frozen=True)
class Place:
    """Where something can be given: a course node, or an elective credit group."""

    node: str
    credits: int
    item_id: int | None
    elective: bool
    shared: bool
    after: tuple[int, ...]


@dataclass(frozen=True)
class Way:
    """A rule with the places it gives to (one per target, or the one elective group) and the outcomes it may take."""

    rule: PlanRule
    places: tuple[Place, ...]
    accepted: tuple[PlanOutcome, ...]


@dataclass(frozen=True)
class Application:
    """A way applied to outcomes: what each place recognises, which of them are done, and each outcome's share."""

    way: Way
    outcomes: tuple[PlanOutcome, ...]
    recognised: tuple[int, ...]
    done: tuple[bool, ...]
    shares: tuple[int, ...]


def usable(p: Problem) -> list[PlanOutcome]:
    """(1) but for the outcomes of one name in one plan, which is a matter of the whole plan."""
    highest: dict[str, PlanOutcome] = {}
    for o in p.outcomes:
        if o.family and _alive(p, o):
            highest[o.family] = max(o, highest.get(o.family, o), key=_height)
    return [
        o
        for o in p.outcomes
        if _alive(p, o)
        and (o.free == o.credits or (p.leftover == "carried" and o.free > 0))
        and (not o.family or highest[o.family] is o)
        and not (p.same_name_once and _name_counted(p, o))
    ]


def _name_counted(p: Problem, o: PlanOutcome) -> bool:
    return any(
        o.name_key
        and other.name_key == o.name_key
        and other is not o
        and other.convertible
        and other.free < other.credits
        for other in p.outcomes
    )


def _alive(p: Problem, o: PlanOutcome) -> bool:
    return o.convertible and o.quality not in p.record_only and (o.expires_on is None or p.on <= o.expires_on)


def _height(o: PlanOutcome) -> tuple[int, int, date, str]:
    return o.level or 0, o.credits, o.awarded_on, o.number


def meets(rule: PlanRule, o: PlanOutcome, on: date) -> bool:
    """(2) every condition; what is unknown meets none."""
    c = rule.conditions
    ended = o.ended_on or o.awarded_on
    return all(
        (
            c.min_mark is None or (o.mark is not None and o.mark >= c.min_mark),
            c.min_level is None or (o.level is not None and o.level >= c.min_level),
            c.min_hours is None or (o.hours is not None and o.hours >= c.min_hours),
            c.max_age_years is None or o.awarded_on >= years_before(on, c.max_age_years),
            c.min_quality is None or o.quality <= c.min_quality,
            c.min_assurance is None or o.assurance >= c.min_assurance,
            not c.issuer_kinds or o.issuer_kind in c.issuer_kinds,
            c.earned_from is None or ended >= c.earned_from,
            c.earned_until is None or ended < c.earned_until,
            c.online or not o.online,
        )
    )


def years_before(on: date, years: int) -> date:
    try:
        return on.replace(year=on.year - years)
    except ValueError:  # 29 February
        return on.replace(year=on.year - years, day=28)


def places(p: Problem) -> tuple[dict[int, list[Place]], list[Place]]:
    """(4) the places of each course that may still be given, and the elective groups."""
    courses: dict[int, list[Place]] = defaultdict(list)
    groups: list[Place] = []

    def walk(node: Node, elective: bool, shared: bool) -> None:
        shared = shared or node.shared
        if node.kind is NodeKind.CREDITS and node.elective:
            groups.append(Place(node.id, 0, None, True, shared, ()))
        elective = elective or node.elective
        if node.item_id is not None:
            courses[node.item_id].append(Place(node.id, node.credits, node.item_id, elective, shared, node.after))
        for child in node.children:
            walk(child, elective, shared)

    walk(p.tree, False, False)
    listed = {d.item_id for d in p.done}
    return {
        item: [x for x in where if not x.shared] or where for item, where in courses.items() if item not in listed
    }, groups


def ways(p: Problem) -> Iterator[Way]:
    """Every rule with every choice of places, and the outcomes it accepts there."""
    outcomes = usable(p)
    courses, groups = places(p)
    for rule in p.rules:
        if rule.denies or (p.min_overlap is not None and rule.overlap is not None and rule.overlap < p.min_overlap):
            continue
        if rule.elective:
            options: list[tuple[Place, ...]] = [(g,) for g in groups if rule.elective in ("*", g.node)]
        else:
            options = list(itertools.product(*(courses.get(t.item_id, []) for t in rule.targets)))
        fit = [o for o in outcomes if o.item_id in rule.items() and meets(rule, o, p.on) and not _denied(p, rule, o)]
        for chosen in options:
            # (5) an elective outcome does not give a course outside elective groups
            strict = p.direction and not rule.waives and not all(x.elective for x in chosen)
            yield Way(rule, chosen, tuple(o for o in fit if not (strict and o.nature == "elective")))


def _denied(p: Problem, rule: PlanRule, o: PlanOutcome) -> bool:
    """(7)"""
    given = {t.item_id for t in rule.targets}
    return any(
        d.denies
        and given & {t.item_id for t in d.targets}
        and (o.item_id in d.sources or (d.denied_issuer and o.issuer == d.denied_issuer))
        for d in p.rules
    )


def done_from(p: Problem, course: int) -> int:
    """The least recognised credit that makes a course done."""
    return min(course, max(p.grain, course - p.tolerance))


def least(p: Problem, course: int) -> int:
    """The least recognised credit a course is given for at all."""
    return min(course, p.grain) if p.shortfall == "award" else done_from(p, course)


def floor(p: Problem, way: Way) -> int | None:
    """What the outcomes must carry together, or None when no amount of them will do."""
    rule = way.rule
    needed = rule.pool.credits if rule.pool else 0
    if rule.elective:
        return needed
    if rule.waives:
        return needed
    free = []
    for place, target in zip(way.places, rule.targets, strict=True):
        if target.credits is None:
            free.append(place.credits)
        elif min(target.credits, place.credits) < least(p, place.credits):
            return None
    if p.direction:  # (5)
        needed = max(needed, sum(free) - p.tolerance)
    return max(needed, sum(least(p, course) for course in free))


def apply(p: Problem, way: Way, outcomes: Sequence[PlanOutcome]) -> Application | None:
    """The way applied to these outcomes, which come in the order of shares; None when that is not legal."""
    needed, carried = floor(p, way), sum(o.free for o in outcomes)
    if needed is None or carried < needed:
        return None
    recognised = _recognised(p, way, carried)
    done = tuple(
        way.rule.waives or (x.item_id is not None and g >= done_from(p, x.credits))
        for x, g in zip(way.places, recognised, strict=True)
    )
    rest, shares = sum(recognised), []
    for o in outcomes:  # (8)
        shares.append(min(rest, o.free))
        rest -= shares[-1]
    shares[-1] += rest
    return Application(way, tuple(outcomes), recognised, done, tuple(shares))


def _recognised(p: Problem, way: Way, carried: int) -> tuple[int, ...]:
    """(4) per place."""
    rule = way.rule
    if rule.waives:
        return tuple(0 for _ in way.places)
    if rule.elective:
        return (rule.result or carried,)
    given = [
        least(p, x.credits) if t.credits is None else min(t.credits, x.credits)
        for x, t in zip(way.places, rule.targets, strict=True)
    ]
    rest = carried - sum(g for g, t in zip(given, rule.targets, strict=True) if t.credits is None)
    for i, (place, target) in enumerate(zip(way.places, rule.targets, strict=True)):
        if target.credits is None:
            more = min(rest, place.credits - given[i])
            given[i] += more
            rest -= more
    return tuple(given)


def applications(p: Problem, way: Way) -> Iterator[Application]:
    """(3) every application of a way with sets; none for a pool."""
    for items in way.rule.alternatives():
        candidates = [[o for o in way.accepted if o.item_id == item] for item in items]
        for outcomes in itertools.product(*candidates):
            if (found := apply(p, way, outcomes)) is not None:
                yield found


def holds(p: Problem, item_id: int) -> bool:
    """(6) the learner has that very item, or it is settled, or it is no course of the tree."""
    held = any(o.item_id == item_id and o.convertible and o.quality not in p.record_only for o in p.outcomes)
    in_tree = any(n.item_id == item_id for n in p.tree.walk())
    return held or not in_tree or any(d.item_id == item_id for d in p.done)


def counts_in(cap: Cap, o: PlanOutcome) -> bool:
    """(8) whether a cap counts what is recognised from this outcome."""
    ended = o.ended_on or o.awarded_on
    inside = (cap.starts_on is None or cap.starts_on <= ended) and (cap.ends_on is None or ended < cap.ends_on)
    kind = {
        CapKind.TOTAL: not cap.outside,
        CapKind.PERIOD: not cap.outside,
        CapKind.ONLINE: o.online,
        CapKind.CLASS: o.outcome_class.value == cap.which,
        CapKind.ISSUER: o.issuer == cap.which,
        CapKind.TYPE: any(o.type_code.startswith(code) for code in cap.which.split()),
        CapKind.DEGREE_LEVEL: o.outcome_class.value == "degree" and (o.level or 0) >= int(cap.which)
        if cap.kind is CapKind.DEGREE_LEVEL
        else False,
    }[cap.kind]
    return inside and kind != cap.outside


def room(cap: Cap) -> int:
    """What a cap still allows."""
    return max(0, cap.limit - cap.used)


def node_room(p: Problem, node: Node) -> int | None:
    """What a node's cap still allows: conversions that are done already are inside it."""
    if node.cap is None:
        return None
    below = {n.id for n in node.walk()}
    return max(0, node.cap - sum(d.credits for d in p.done if d.converted and d.node in below))
