"""From what other rooms know to a planning problem. Pure: the facts have been read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from xuefen.bank.catalogue.types import ProgrammeFacts
from xuefen.bank.conversion.types import Cap, CapKind, Node, NodeKind, PlanOutcome, PlanRule, Problem, Text
from xuefen.bank.deposits.types import OutcomeFacts, OutcomeState
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.standards.types import Pack
from xuefen.bedrock.quantity import percent_of


def outcome_of(facts: OutcomeFacts, *, families: bool) -> PlanOutcome:
    """A deposited outcome for the planner; ``families``: the standard counts only the highest certificate of a family."""
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
        family=facts.family if families else "",
        assurance=facts.assurance,
        convertible=facts.state == OutcomeState.VALID,
    )


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
    )


def caps_of(pack: Pack, programme: ProgrammeFacts) -> tuple[Cap, ...]:
    """The standard's shares of this programme's graduation credit, in hundredths, rounded down."""

    def share(code: str, kind: CapKind, percent: int, zh: str, en: str, which: str = "") -> Cap:
        limit = percent_of(programme.total_credits, percent)
        name = Text(f"{zh} ≤ {percent}%", f"{en} ≤ {percent} %")
        return Cap(code, kind, limit, name, which, pack.reference(f"caps.{code}"))

    caps = [
        share("total_share", CapKind.TOTAL, pack.caps.total_share, "转换总量", "All conversions"),
        share("online_share", CapKind.ONLINE, pack.caps.online_share, "网络课程", "Online courses"),
    ]
    if programme.level is not None:
        percent = pack.caps.same_or_higher_degree_share
        zh, en = "同层次及以上学历学分", "Credit of the same or a higher degree"
        code = "same_or_higher_degree_share"
        caps.append(share(code, CapKind.DEGREE_LEVEL, percent, zh, en, str(programme.level)))
    return tuple(caps)


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
    return Problem(
        on=on,
        programme=f"{programme.institution_code}/{programme.code}",
        programme_version=programme.version,
        programme_name=programme.name,
        receiver_name=receiver_name,
        total_credits=programme.total_credits,
        tree=tree_of(programme.tree, barred=barred),
        outcomes=outcomes,
        rules=rules,
        caps=caps_of(pack, programme),
        standard=f"{pack.code}/{pack.version}",
        tolerance=pack.caps.tolerance,
        grain=pack.degree.grain,
        record_only="".join(records),
        record_only_basis="; ".join(pack.reference(f"quality.{q}") for q in records),
        leftover=pack.leftover,
    ).canonical()
