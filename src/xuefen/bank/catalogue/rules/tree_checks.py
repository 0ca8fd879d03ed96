"""Everything that can be wrong with a requirement tree, told node by node. Pure and bounded: a tree may come from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xuefen.bank.catalogue.rules.trees import most_credits
from xuefen.bank.catalogue.types import Node

MAX_NODES = 5_000
MAX_DEPTH = 40
MAX_COURSE_CREDITS = 10_000
"""Hundredths: no course is worth more than a hundred credits."""
MAX_NEED = 100_000
"""Hundredths: no group asks for more than a thousand credits."""

_KINDS = ("all", "any", "credits", "choose", "course")
TreeError = tuple[str, str, str]
"""Node id, Chinese, English."""


def find_tree_errors(tree: Node) -> list[TreeError]:
    """Everything wrong with a tree: doubled ids, empty groups, absurd credits, prerequisites in a circle or of nobody,
    needs nobody can meet. A tree beyond the bounds is refused for that alone.
    """
    found: list[TreeError] = []
    listed: list[Node] = []
    seen: set[str] = set()
    pending = [(tree, 1)]
    while pending:
        node, depth = pending.pop()
        listed.append(node)
        name = node.get("id", "")
        if len(listed) > MAX_NODES:
            return [(name, f"超过 {MAX_NODES} 个节点", f"more than {MAX_NODES} nodes")]
        if depth > MAX_DEPTH:
            return [(name, f"超过 {MAX_DEPTH} 层", f"deeper than {MAX_DEPTH} levels")]
        if not name or name in seen:
            found.append((name, "节点编号缺失或重复", "node id missing or used twice"))
        seen.add(name)
        found.extend((name, zh, en) for zh, en in _node_errors(node))
        pending.extend((child, depth + 1) for child in reversed(node.get("children", [])))
    if not found:
        found.extend(_unmeetable(listed))
    found.extend(_prerequisite_errors([node for node in listed if node.get("kind") == "course"]))
    return found


def reasons_of(errors: Sequence[TreeError]) -> dict[str, object]:
    """The parameters of ``TREE_INVALID``: the first errors, and how many more."""
    shown, more = errors[:10], len(errors) - 10
    reasons_zh = "；".join(f"{node}：{zh}" for node, zh, _ in shown) + (f"；还有 {more} 处" if more > 0 else "")
    reasons = "; ".join(f"{node}: {en}" for node, _, en in shown) + (f"; {more} more" if more > 0 else "")
    return {"reasons": reasons, "reasons_zh": reasons_zh}


def _node_errors(node: Node) -> Iterator[tuple[str, str]]:
    if node.get("kind") not in _KINDS:
        yield "节点类型未知", "unknown kind of node"
    elif node["kind"] == "course":
        yield from _course_errors(node)
    else:
        yield from _group_errors(node)


def _course_errors(node: Node) -> Iterator[tuple[str, str]]:
    if not node.get("item"):
        yield "课程没有目录编码", "course without an item code"
    if node.get("children"):
        yield "课程不能有下级", "course with children"
    credits = node.get("credits", -1)
    if credits < 0:
        yield "学分缺失或为负", "credits missing or negative"
    if credits > MAX_COURSE_CREDITS:
        yield "学分过大", "absurd credits"


def _group_errors(node: Node) -> Iterator[tuple[str, str]]:
    children = node.get("children", [])
    if not children and not node.get("open"):
        yield "空的课程组", "empty group"
        return
    if node.get("cap", 0) < 0:
        yield "上限为负", "negative cap"
    need = node.get("need", 0)
    if max(need, node.get("cap", 0)) > MAX_NEED:
        yield "要求或上限过大", "absurd need or cap"
    if node["kind"] == "choose" and not 1 <= need <= len(children):
        yield "任选门数超出课程组", "need must lie between 1 and the number of children"
    if node["kind"] == "credits" and need < 0:
        yield "最低学分为负", "negative need"
    if node["kind"] == "credits" and need == 0:
        yield "没有写明要求学分", "need missing"
    items = [child["item"] for child in children if child.get("kind") == "course" and child.get("item")]
    for item in sorted({item for item in items if items.count(item) > 1}):
        yield f"课程 {item} 在同一组里出现两次", f"course {item} stands twice in one group"


def _unmeetable(listed: list[Node]) -> Iterator[TreeError]:
    for node in listed:
        if node["kind"] == "credits" and not node.get("open"):
            most = sum(0 if child.get("shared") else most_credits(child) for child in node["children"])
            if node["need"] > most:
                yield node["id"], "最低学分超过课程组学分总和", "need exceeds the credits of the group"


def _prerequisite_errors(leaves: list[Node]) -> Iterator[TreeError]:
    codes = {leaf.get("item", "") for leaf in leaves}
    after: dict[str, list[str]] = {}
    for leaf in leaves:
        asked = leaf.get("after", [])
        after.setdefault(leaf.get("item", ""), []).extend(code for code in asked if code in codes)
        if len(leaf.get("after_ids", [])) != len(asked):
            unknown = [code for code in asked if code not in codes] or asked
            names = "、".join(unknown)
            yield leaf.get("id", ""), f"先修课程不存在：{names}", f"unknown prerequisite: {', '.join(unknown)}"
    circle = find_cycle(after)
    if circle:
        path = " → ".join(circle)
        first = next(leaf for leaf in leaves if leaf.get("item") == circle[0])
        yield first["id"], f"先修关系成环：{path}", f"prerequisites in a circle: {path}"


def find_cycle(after: Mapping[str, list[str]]) -> list[str]:
    """A path of prerequisites that returns to its start, the start named at both ends; empty when there is none."""
    done: set[str] = set()
    for start in after:
        path: list[str] = []
        place: dict[str, int] = {}
        pending: list[tuple[str, bool]] = [(start, False)]
        while pending:
            code, leaving = pending.pop()
            if leaving:
                done.add(code)
                del place[path.pop()]
            elif code in place:
                return [*path[place[code] :], code]
            elif code not in done:
                place[code] = len(path)
                path.append(code)
                pending.append((code, True))
                pending.extend((next_, False) for next_ in after.get(code, ()))
    return []
