"""Programmes and outcomes for tests of what a standard limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from tests.bank.conversion_builders import outcome_facts
from xuefen.bank.catalogue.types import Node, ProgrammeFacts
from xuefen.bank.conversion.rules import gathering
from xuefen.bank.conversion.types import Cap, PlanOutcome
from xuefen.bank.deposits.types import OutcomeFacts
from xuefen.bank.standards.types import Pack
from xuefen.bedrock.quantity import parse_credits


def course(name: str, item_id: int, credits: int, **more: Any) -> Node:
    node: Node = {
        "id": name, "kind": "course", "name": name, "item_id": item_id, "item": name, "version": "1", "credits": credits,
    }  # fmt: skip
    return {**node, **more}  # type: ignore[typeddict-item]


def programme(
    *, total: str, level: int | None = None, award: str = "", groups: Sequence[tuple[str, str]] = (), **more: Any
) -> ProgrammeFacts:
    """A programme of one course, or of one tagged group (tag, credits) after the other with a course each."""
    credits = parse_credits(total)
    children: list[Node] = [course("K0", 1, credits)]
    if groups:
        children = [
            {
                "id": f"g{i}",
                "kind": "all",
                "name": tag,
                "tag": tag,
                "children": [course(f"K{i}", 100 + i, parse_credits(amount))],
            }
            for i, (tag, amount) in enumerate(groups)
        ]
    tree: Node = {"id": "root", "kind": "all", "name": "专业", "children": children}
    facts: dict[str, Any] = {
        "id": 1, "institution_id": 1, "institution_code": "TAKER", "code": "P1", "version": "1", "name": "专业",
        "level": level, "total_credits": credits, "tree": tree, "award": award,
    }  # fmt: skip
    return ProgrammeFacts(**facts | more)


def held(number: int, *, issuer: str = "school", ended: str = "2024-07-01", **more: Any) -> OutcomeFacts:
    """A deposited outcome of a class that ended on a day."""
    facts = {"issuer_code": issuer, "issuer_name": issuer, "awarded_on": date.fromisoformat(ended), **more}
    found: OutcomeFacts = outcome_facts(f"CG{number}", number + 1, 300, **facts)
    return found


def caps(pack: Pack, plan: ProgrammeFacts, outcomes: Sequence[OutcomeFacts] = ()) -> tuple[Cap, ...]:
    """The caps of a standard on a programme, for these outcomes."""
    seen: tuple[PlanOutcome, ...] = tuple(gathering.outcome_of(o, pack=pack) for o in outcomes)
    return gathering.caps_of(pack, plan, seen)


def groups_capped(pack: Pack, plan: ProgrammeFacts) -> dict[str, int]:
    """The caps on tagged groups, by tag, added up over the highest groups that carry one."""
    tree = gathering.limit_groups(gathering.tree_of(plan.tree, barred=()), pack.limits)
    found: dict[str, int] = {}
    pending = [tree]
    while pending:
        node = pending.pop()
        if node.tag and node.cap is not None:
            found[node.tag] = found.get(node.tag, 0) + node.cap
        else:
            pending.extend(node.children)
    return found
