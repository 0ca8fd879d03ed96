"""Pure helpers: the facts a standard judges, walking requirement trees, and adding them up."""

from __future__ import annotations

import math
from collections.abc import Iterator

from xuefen.bank.catalogue.types import ItemFacts, Node
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.standards.types import DegreeFacts, Facts, Grade, SocialFacts, VocationalFacts


def facts_of(
    item: ItemFacts, *, grade: Grade | None = None, hours: int | None = None, quality: str | None = None
) -> Facts:
    """What ``standards.rules.assess`` needs to know about an outcome of this item.

    ``hours`` are the hours really attended; only social learning looks at them, and falls back on the item's own.
    """
    if item.outcome_class is OutcomeClass.DEGREE:
        return DegreeFacts(
            type_code=item.type_code,
            theory_hours=item.theory_hours,
            practice_hours=item.practice_hours,
            practice_weeks=item.practice_weeks,
            declared_credit=item.declared_credit,
            grade=grade,
            level=item.level,
            quality=quality,
        )
    if item.outcome_class is OutcomeClass.VOCATIONAL:
        return VocationalFacts(
            type_code=item.type_code,
            authoritative=item.authoritative,
            grade=grade,
            level=item.level,
            quality=quality,
        )
    attended = hours if hours is not None else item.theory_hours + item.practice_hours
    return SocialFacts(type_code=item.type_code, hours=attended, grade=grade, level=item.level, quality=quality)


def nodes(tree: Node) -> Iterator[Node]:
    """Every node, parents before children, in order."""
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.get("children", [])))


def courses(tree: Node) -> list[Node]:
    """The course leaves, in order."""
    return [node for node in nodes(tree) if node["kind"] == "course"]


def sum_credits(tree: Node) -> int:
    """Hundredths of all courses together, electives not taken included."""
    return sum(course["credits"] for course in courses(tree))


def needed_credits(node: Node, *, shared_too: bool = False) -> int:
    """Hundredths the node asks for at least: all children, the stated need, or the cheapest choice.

    A shared child asks for nothing of its own, its courses count elsewhere; ``shared_too`` counts what it asks for all the same.
    """
    if node["kind"] == "course":
        return node["credits"]
    if node["kind"] == "credits":
        return node["need"]
    parts = sorted(
        0 if child.get("shared") and not shared_too else needed_credits(child, shared_too=shared_too)
        for child in node["children"]
    )
    if node["kind"] == "any":
        return parts[0] if parts else 0
    return sum(parts if node["kind"] == "all" else parts[: node["need"]])


def most_credits(node: Node) -> float:
    """Hundredths the node can count at most; infinite where it is open to courses nobody listed."""
    if node["kind"] == "course":
        return node["credits"]
    children = node["children"]
    parts = sorted((0 if child.get("shared") else most_credits(child) for child in children), reverse=True)
    if node.get("open"):
        parts.insert(0, math.inf)
    if node["kind"] == "credits":
        return min(node["need"], sum(parts))
    if node["kind"] == "all":
        return sum(parts)
    return sum(parts[: 1 if node["kind"] == "any" else node["need"]])
