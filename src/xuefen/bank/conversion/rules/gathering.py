"""From what other rooms know to a planning problem. Pure: the facts have been read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from xuefen.bank.catalogue.types import ProgrammeFacts
from xuefen.bank.conversion.types import (
    Cap,
    CapKind,
    Node,
    NodeKind,
    PlanOutcome,
    PlanRule,
    PolicyBasis,
    Problem,
    Text,
)
from xuefen.bank.deposits.types import OutcomeFacts, OutcomeState
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.standards.types import Limit, LimitKind, Pack, Period, ShareOf
from xuefen.bedrock.names import course_name_key
from xuefen.bedrock.quantity import format_credits, percent_of

_POLICIES = {
    "tolerance": "tolerance",
    "shortfall": "shortfall",
    "direction": "direction",
    "same_name_once": "same_name_once",
    "content_overlap": "min_overlap",
    "leftover": "leftover",
    "family_highest_once": "family",
    "shelf_life_years": "expires_on",
}
"""A policy of the standard, and what of the problem carries it."""


def outcome_of(facts: OutcomeFacts, *, pack: Pack, shelf_years: Collection[int] = ()) -> PlanOutcome:
    """A deposited outcome for the planner. ``shelf_years``: what its issuer and the receiver set; the shortest counts, and
    never more than the standard allows.
    """
    standard = pack.policy.shelf_life_years
    years = min((*shelf_years, *((standard,) if standard is not None else ())), default=None)
    return PlanOutcome(
        number=facts.number,
        item_id=facts.item_id,
        item_name=facts.item_name,
        issuer=facts.issuer_code,
        issuer_name=facts.issuer_name,
        outcome_class=OutcomeClass(facts.outcome_class),
        credits=facts.credits,
        free=facts.free,
        quality=facts.quality,
        awarded_on=facts.awarded_on,
        level=facts.level,
        mark=facts.mark,
        online=facts.online,
        family=facts.family if pack.policy.family_highest_once else "",
        assurance=facts.assurance,
        convertible=facts.state == OutcomeState.VALID,
        type_code=facts.type_code,
        issuer_kind=facts.issuer_kind,
        name_key=course_name_key(facts.item_name),
        nature=facts.nature,
        hours=facts.hours,
        expires_on=years_after(facts.awarded_on, years) if years is not None else None,
    )


def years_after(day: date, years: int) -> date:
    """The same day ``years`` later; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


# --- the tree --------------------------------------------------------------------------------------------------------


def tree_of(node: Mapping[str, Any], *, barred: Collection[int]) -> Node:
    """A programme's tree; courses in ``barred`` (item ids) cannot be replaced, so nothing may be recognised for them."""
    item_id = node.get("item_id")
    return Node(
        id=node["id"],
        kind=NodeKind(node["kind"]),
        name=node["name"],
        name_en=node.get("name_en", ""),
        need=node.get("need", 0),
        cap=0 if item_id in barred else node.get("cap"),
        elective=node.get("elective", False),
        children=tuple(tree_of(child, barred=barred) for child in node.get("children", ())),
        item_id=item_id,
        item=node.get("item", ""),
        version=node.get("version", ""),
        credits=node.get("credits", 0),
        shared=node.get("shared", False),
        after=tuple(node.get("after_ids", ())),
        tag=node.get("tag", ""),
    )


def limit_groups(tree: Node, limits: Iterable[Limit]) -> Node:
    """The tree with each limit on tagged groups set as the cap of these groups.

    Several groups of one tag under one ``all`` group are put into a group of their own, so that the limit is theirs together;
    that changes nothing else. Groups of one tag in different places are limited each by itself: never more than the standard
    allows in all.
    """
    for limit in limits:
        if limit.kind is LimitKind.TAG:
            tree = _limited(tree, limit)
    return tree


def _limited(node: Node, limit: Limit) -> Node:
    if node.tag == limit.which and not node.shared:
        return replace(node, cap=_smaller(node.cap, _group_limit(limit, asked(node))))
    mine = [child for child in node.children if child.tag == limit.which and not child.shared]
    if node.kind is not NodeKind.ALL or len(mine) < 2:
        return replace(node, children=tuple(_limited(child, limit) for child in node.children))
    together = Node(
        id=f"{node.id}/{limit.code}",
        kind=NodeKind.ALL,
        name=limit.zh,
        name_en=limit.en,
        children=tuple(mine),
        cap=_group_limit(limit, sum(asked(child) for child in mine)),
        tag=limit.which,
    )
    children: list[Node] = []
    for child in node.children:
        if child not in mine:
            children.append(_limited(child, limit))
        elif child is mine[0]:
            children.append(together)
    return replace(node, children=tuple(children))


def _group_limit(limit: Limit, asks: int) -> int:
    return limit.credits if limit.credits is not None else int(percent_of(asks, limit.share or 0))


def _smaller(own: int | None, other: int) -> int:
    return other if own is None else min(own, other)


def asked(node: Node) -> int:
    """Hundredths a node asks for at least: all children, the stated need, or the cheapest choice."""
    if node.kind is NodeKind.COURSE:
        return node.credits
    if node.kind is NodeKind.CREDITS:
        return node.need
    parts = sorted(asked(child) for child in node.children if not child.shared)
    if node.kind is NodeKind.ALL:
        return sum(parts)
    return sum(parts[: 1 if node.kind is NodeKind.ANY else node.need])


# --- caps ------------------------------------------------------------------------------------------------------------


def caps_of(pack: Pack, programme: ProgrammeFacts, outcomes: Iterable[PlanOutcome] = ()) -> tuple[Cap, ...]:
    """The standard's limits for this programme in hundredths, shares rounded down, floors turned into caps on the rest.

    What is limited per year, per term or per institution gives one cap for each that the outcomes touch.
    """
    held = tuple(outcomes)
    caps: list[Cap] = []
    for limit in _in_force(pack, programme):
        if limit.kind is not LimitKind.TAG:
            caps.extend(_caps(limit, pack=pack, programme=programme, outcomes=held))
    return tuple(caps)


def _in_force(pack: Pack, programme: ProgrammeFacts) -> Iterator[Limit]:
    return (limit for limit in pack.limits if not limit.awards or programme.award in limit.awards)


def _caps(limit: Limit, *, pack: Pack, programme: ProgrammeFacts, outcomes: tuple[PlanOutcome, ...]) -> Iterator[Cap]:
    reference = pack.reference(f"limits.{limit.code}")
    for which, name in _counted(limit, programme, outcomes):
        for period in _periods(limit, pack, outcomes):
            amount = _amount(limit, pack, programme)
            kind = CapKind(limit.kind.value)
            if period is not None and limit.kind is LimitKind.TOTAL:
                kind = CapKind.PERIOD
            marks = [limit.code]
            if limit.which == "each":
                marks.append(which)
            if period is not None:
                marks.append(period.starts_on.isoformat())
            yield Cap(
                code=".".join(marks),
                kind=kind,
                limit=programme.total_credits - amount if limit.at_least else amount,
                name=_name(limit, name, period),
                which=which,
                reference=reference,
                outside=limit.at_least,
                starts_on=period.starts_on if period else None,
                ends_on=period.ends_on if period else None,
            )


def _counted(limit: Limit, programme: ProgrammeFacts, outcomes: tuple[PlanOutcome, ...]) -> Iterator[tuple[str, str]]:
    """What the limit counts, as (``which`` of the cap, name to show with it)."""
    if limit.kind is LimitKind.ISSUER and limit.which == "each":
        yield from sorted({(o.issuer, o.issuer_name) for o in outcomes})
    elif limit.kind is LimitKind.ISSUER:
        yield programme.institution_code, ""
    elif limit.which == "programme":
        if programme.level is not None:
            yield str(programme.level), ""
    else:
        yield limit.which, ""


def _periods(limit: Limit, pack: Pack, outcomes: tuple[PlanOutcome, ...]) -> Iterable[Period | None]:
    if not limit.per:
        return (None,)
    days = {o.ended_on or o.awarded_on for o in outcomes}
    return sorted({pack.calendar.period_of(day, limit.per) for day in days}, key=lambda p: p.starts_on)


def _amount(limit: Limit, pack: Pack, programme: ProgrammeFacts) -> int:
    """The limit in hundredths; a floor's share is rounded up, so that what is left for the rest is rounded down."""
    if limit.credits is not None:
        return min(limit.credits, programme.total_credits) if limit.at_least else limit.credits
    share = limit.share or 0
    if limit.share_of is ShareOf.PERIOD:
        return int(percent_of(pack.calendar.norm(limit.per) or 0, share))
    if limit.at_least:
        return programme.total_credits - int(percent_of(programme.total_credits, 100 - share))
    return int(percent_of(programme.total_credits, share))


def _name(limit: Limit, counted: str, period: Period | None) -> Text:
    sign = "≥" if limit.at_least else "≤"
    if limit.credits is not None:
        amount = format_credits(limit.credits)
        most_zh, most_en = f"{sign} {amount} 学分", f"{sign} {amount} credits"
    else:
        most_zh, most_en = f"{sign} {limit.share}%", f"{sign} {limit.share} %"
    when_zh, when_en = (f"{period.zh}：", f"{period.en}: ") if period else ("", "")
    who_zh, who_en = (f"（{counted}）", f" ({counted})") if counted else ("", "")
    return Text(f"{when_zh}{limit.zh}{who_zh} {most_zh}", f"{when_en}{limit.en}{who_en} {most_en}")


# --- rules -----------------------------------------------------------------------------------------------------------


def rule_under(rule: PlanRule, *, pack: Pack, types: Mapping[int, Collection[str]]) -> PlanRule | None:
    """A rule as the standard applies it, None when it does not allow its combination.

    ``types``: the type codes of the outcomes held of each item. A replaced course gets the standard's mark when the rule states
    none; a demand on level falls away when everything held for the rule is of a type whose level is ignored.
    """
    policy = pack.policy
    if rule.denies:
        return rule
    if _combination(rule) not in policy.combinations:
        return None
    if policy.exempt_mark is not None and rule.grade is None and rule.targets:
        rule = replace(rule, grade=policy.exempt_mark)
    codes = {code for item in rule.items() for code in types.get(item, ())}
    if rule.conditions.min_level is not None and codes and all(c.startswith(policy.level_ignored) for c in codes):
        rule = replace(rule, conditions=replace(rule.conditions, min_level=None))
    return rule


def _combination(rule: PlanRule) -> str:
    many_sources = rule.pool is not None or any(len(items) > 1 for items in rule.alternatives())
    many_targets = len(rule.targets) > 1
    if many_sources:
        return "n:m" if many_targets else "n:1"
    return "1:n" if many_targets else "1:1"


# --- the document ----------------------------------------------------------------------------------------------------


def problem_of(
    *,
    outcomes: tuple[PlanOutcome, ...],
    rules: tuple[PlanRule, ...],
    programme: ProgrammeFacts,
    pack: Pack,
    on: date,
    receiver_name: str,
    barred: Collection[int],
) -> Problem:
    """The whole document."""
    records = sorted(q for q in pack.quality if not pack.may(q, "convert"))
    policy = pack.policy
    types: dict[int, set[str]] = {}
    for outcome in outcomes:
        types.setdefault(outcome.item_id, set()).add(outcome.type_code)
    applied = (rule_under(rule, pack=pack, types=types) for rule in rules)
    return Problem(
        on=on,
        programme=f"{programme.institution_code}/{programme.code}",
        programme_version=programme.version,
        programme_name=programme.name,
        receiver_name=receiver_name,
        total_credits=programme.total_credits,
        tree=limit_groups(tree_of(programme.tree, barred=barred), _in_force(pack, programme)),
        outcomes=outcomes,
        rules=tuple(rule for rule in applied if rule is not None),
        caps=caps_of(pack, programme, outcomes),
        standard=f"{pack.code}/{pack.version}",
        tolerance=policy.tolerance,
        grain=pack.degree.grain,
        record_only="".join(records),
        record_only_basis="; ".join(pack.reference(f"quality.{q}") for q in records),
        leftover=policy.leftover,
        shortfall=policy.shortfall,
        direction=policy.direction,
        same_name_once=policy.same_name_once,
        min_overlap=policy.content_overlap,
        basis=tuple(
            PolicyBasis(field, pack.reference(f"policy.{name}"))
            for name, field in _POLICIES.items()
            if f"policy.{name}" in pack.references
        ),
    ).canonical()
