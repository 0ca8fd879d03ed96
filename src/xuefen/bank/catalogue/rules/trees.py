"""Pure helpers: the facts a standard judges, and requirement trees."""

from __future__ import annotations

from collections.abc import Iterator

from xuefen.bank.catalogue.types import ItemFacts, Node
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.standards.types import DegreeFacts, Facts, Grade, SocialFacts, VocationalFacts

_KINDS = ("all", "credits", "choose", "course")


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


def needed_credits(node: Node) -> int:
    """Hundredths the node asks for at least: all children, the stated need, or the cheapest choice."""
    if node["kind"] == "course":
        return node["credits"]
    if node["kind"] == "credits":
        return node["need"]
    parts = sorted(needed_credits(child) for child in node["children"])
    return sum(parts if node["kind"] == "all" else parts[: node["need"]])


def find_tree_errors(tree: Node) -> list[tuple[str, str, str]]:
    """Everything wrong with a tree as (node id, Chinese, English): doubled ids, empty groups, needs nobody can meet."""
    found: list[tuple[str, str, str]] = []
    seen: set[str] = set()
    for node in nodes(tree):
        name = node.get("id", "")
        if not name or name in seen:
            found.append((name, "节点编号缺失或重复", "node id missing or used twice"))
        seen.add(name)
        if node.get("kind") not in _KINDS:
            found.append((name, "节点类型未知", "unknown kind of node"))
        elif node["kind"] == "course":
            found.extend((name, zh, en) for zh, en in _course_errors(node))
        else:
            found.extend((name, zh, en) for zh, en in _group_errors(node))
    return found


def _course_errors(node: Node) -> Iterator[tuple[str, str]]:
    if not node.get("item"):
        yield "课程没有目录编码", "course without an item code"
    if node.get("credits", -1) < 0:
        yield "学分缺失或为负", "credits missing or negative"


def _group_errors(node: Node) -> Iterator[tuple[str, str]]:
    children = node.get("children", [])
    if not children:
        yield "空的课程组", "empty group"
        return
    if node.get("cap", 0) < 0:
        yield "上限为负", "negative cap"
    need = node.get("need", 0)
    if node["kind"] == "choose" and not 1 <= need <= len(children):
        yield "任选门数超出课程组", "need must lie between 1 and the number of children"
    if node["kind"] == "credits":
        if need < 0:
            yield "最低学分为负", "negative need"
        elif need > sum_credits(node):
            yield "最低学分超过课程组学分总和", "need exceeds the credits of the group"
