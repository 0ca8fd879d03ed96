"""What is wrong with a problem whose types are right: bounds, repeated names, trees and rules that mean nothing."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from xuefen.bank.conversion.types.codec import Fault
from xuefen.bank.conversion.types.parts import QUALITIES, Cap, CapKind, Conditions, Node, NodeKind, PlanRule

if TYPE_CHECKING:
    from xuefen.bank.conversion.types.problem import Problem

MAX_AMOUNT = 1_000_000
"""Hundredths: no outcome, course or requirement asks for more than 10,000 credits. A larger figure is a slip."""
MAX_LIMIT = 10**9
MAX_YEARS = 200
MAX_DEPTH = 50
"""Levels of groups a programme may have."""
LEVELS = tuple(str(level) for level in range(1, 11))
TOO_DEEP = Fault("tree", f"专业要求最多 {MAX_DEPTH} 层。", f"A programme has at most {MAX_DEPTH} levels.")

_wrong = functools.partial(Fault, zh="数值超出允许范围。", en="The value is out of bounds.")


def problem_faults(p: Problem) -> Iterator[Fault]:
    """Every fault of a problem that is not too large."""
    if p.tree.depth() > MAX_DEPTH:
        yield TOO_DEEP
        return
    yield from _fields(p)
    yield from _outcomes(p)
    for i, cap in enumerate(p.caps):
        yield from _cap(cap, f"caps[{i}]")
    yield from _repeated("outcomes", (o.number for o in p.outcomes))
    yield from _repeated("rules", (r.number for r in p.rules))
    yield from _repeated("caps", (c.code for c in p.caps))
    yield from _repeated("tree", (n.id for n in p.tree.walk()))
    yield from _repeated("items", (str(i.item_id) for i in p.items))
    yield from _tree(p.tree)
    yield from _done(p)
    for i, rule in enumerate(p.rules):
        yield from rule_faults(rule, f"rules[{i}]")


def _fields(p: Problem) -> Iterator[Fault]:
    if p.v != 1:
        yield Fault("v", "只认识第 1 版文档。", "Only version 1 of the document is known.")
    if p.leftover not in ("not_carried", "carried"):
        yield Fault("leftover", "应为 not_carried 或 carried。", "Expected not_carried or carried.")
    if p.shortfall not in ("refuse", "award"):
        yield Fault("shortfall", "应为 refuse 或 award。", "Expected refuse or award.")
    if not 0 < p.total_credits <= MAX_AMOUNT:
        yield _wrong("total_credits")
    if not 0 <= p.tolerance <= MAX_AMOUNT:
        yield _wrong("tolerance")
    if not 0 < p.grain <= MAX_AMOUNT:
        yield _wrong("grain")
    if p.min_overlap is not None and not 0 <= p.min_overlap <= 100:
        yield _wrong("min_overlap")
    if set(p.record_only) - set(QUALITIES):
        yield _wrong("record_only")


def _outcomes(p: Problem) -> Iterator[Fault]:
    for i, o in enumerate(p.outcomes):
        if not 0 < o.credits <= MAX_AMOUNT or not 0 <= o.free <= o.credits:
            yield _wrong(f"outcomes[{i}].credits")
        if o.quality not in tuple(QUALITIES):
            yield _wrong(f"outcomes[{i}].quality")
        if o.nature not in ("", "required", "elective"):
            yield Fault(f"outcomes[{i}].nature", "应为 required 或 elective。", "Expected required or elective.")


def _cap(cap: Cap, place: str) -> Iterator[Fault]:
    if not 0 <= cap.limit <= MAX_LIMIT or not 0 <= cap.used <= MAX_LIMIT:
        yield _wrong(f"{place}.limit")
    if cap.kind is CapKind.PERIOD and (cap.starts_on is None or cap.ends_on is None):
        yield Fault(
            f"{place}.starts_on", "期间上限要写起止日期。", "A period has its first day and the day after its last."
        )
    if cap.starts_on is not None and cap.ends_on is not None and cap.starts_on >= cap.ends_on:
        yield _wrong(f"{place}.ends_on")
    if cap.kind is CapKind.DEGREE_LEVEL and cap.which not in LEVELS:
        yield _wrong(f"{place}.which")
    if cap.kind is CapKind.TYPE and not cap.which.split():
        yield _wrong(f"{place}.which")
    if cap.outside and cap.kind in (CapKind.TOTAL, CapKind.PERIOD):
        yield Fault(f"{place}.outside", "总量和期间上限没有“其余”。", "A total or a period has nothing outside it.")


def _repeated(place: str, names: Iterable[str]) -> Iterator[Fault]:
    for name, count in Counter(names).items():
        if count > 1:
            yield Fault(place, f"重复出现：{name}。", f"Given more than once: {name}.")


def _tree(tree: Node) -> Iterator[Fault]:
    if not any(n.kind in (NodeKind.COURSE, NodeKind.CREDITS) for n in tree.walk()):
        yield Fault(f"tree.{tree.id}", "没有任何课程或学分要求。", "It asks for no course and no credits.")
    if tree.shared:
        yield Fault(f"tree.{tree.id}", "整个专业不能是共用组。", "The whole programme cannot be a shared group.")
    for node in tree.walk():
        yield from _node(node, f"tree.{node.id}")


def _node(node: Node, place: str) -> Iterator[Fault]:
    if node.need < 0 or node.credits < 0 or (node.cap is not None and node.cap < 0):
        yield Fault(place, "学分不能为负数。", "Credits cannot be negative.")
    elif max(node.need, node.credits, node.cap or 0) > MAX_AMOUNT:
        yield _wrong(place)
    if node.kind is NodeKind.COURSE:
        # Real plans hold courses of no credit (劳动教育概论, 0.0), so no credit is not a fault.
        if node.item_id is None or node.children or node.shared:
            yield Fault(
                place,
                "课程要有目录项，没有下级，也不是共用组。",
                "A course has an item, no children, and is no shared group.",
            )
    elif node.item_id is not None or node.credits or node.after:
        yield Fault(place, "只有课程才有目录项、学分和先修。", "Only a course has an item, credits and prerequisites.")
    if node.kind is NodeKind.CHOOSE and not 1 <= node.need <= len(node.children):
        yield Fault(place, "选修门数应在 1 和下级数之间。", "The count to choose lies between 1 and the children.")
    if node.kind is NodeKind.ANY and not node.children:
        yield Fault(place, "任选一项的组至少要有一项。", "An any-of group has at least one child.")
    if node.kind is NodeKind.CREDITS and node.need == 0:
        yield Fault(place, "学分组要写明要求学分。", "A credit group states the credits it needs.")


def _done(p: Problem) -> Iterator[Fault]:
    nodes = {n.id: n for n in p.tree.walk()}
    for i, done in enumerate(p.done):
        node = nodes.get(done.node)
        if node is None or (
            node.kind is not NodeKind.CREDITS if done.item_id is None else node.item_id != done.item_id
        ):
            yield Fault(
                f"done[{i}].node", "专业里没有这门课程或学分组。", "The programme has no such course or credit group."
            )
        if not 0 <= done.credits <= MAX_AMOUNT:
            yield _wrong(f"done[{i}].credits")
    yield from _repeated("done", (str(d.item_id) for d in p.done if d.item_id is not None))


def rule_faults(rule: PlanRule, place: str) -> Iterator[Fault]:
    """What is wrong with the shape of one rule, whatever programme it meets."""
    if rule.denies:
        yield from _denial(rule, place)
        return
    yield from _sources(rule, place)
    if bool(rule.targets) == bool(rule.elective):
        yield Fault(place, "目标要么是课程，要么是选修学分。", "The target is either courses or elective credit.")
    if rule.denied_issuer:
        yield Fault(f"{place}.denied_issuer", "只有不予转换的规则写机构。", "Only a denial names an issuer.")
    if rule.waives and (rule.elective or any(t.credits is not None for t in rule.targets)):
        yield Fault(f"{place}.waives", "免修只用于课程，且不写学分。", "A waiver is for courses and states no credit.")
    if rule.overlap is not None and not 0 <= rule.overlap <= 100:
        yield Fault(f"{place}.overlap", "重合度在 0 到 100 之间。", "The overlap lies between 0 and 100.")
    if rule.grade is not None and not 0 <= rule.grade <= 100_00:
        yield Fault(f"{place}.grade", "成绩在 0 到 100 之间。", "A mark lies between 0 and 100.")
    if len({t.item_id for t in rule.targets}) < len(rule.targets):
        yield Fault(f"{place}.targets", "目标课程不能重复。", "No target course twice.")
    stated = [t.credits for t in rule.targets] + [rule.result]
    if any(c is not None and not 0 < c <= MAX_AMOUNT for c in stated) or (
        rule.result is not None and not rule.elective
    ):
        yield Fault(
            place,
            "写明的学分应为正数，选修结果只用于选修规则。",
            "Stated credits are positive; result is for electives.",
        )
    yield from _conditions(rule.conditions, f"{place}.conditions")


def _sources(rule: PlanRule, place: str) -> Iterator[Fault]:
    if bool(rule.sources) + bool(rule.either) + (rule.pool is not None) != 1:
        yield Fault(
            f"{place}.sources",
            "来源写一种：全部、任一组或范围内选修。",
            "Name the sources in one way: all, either or pool.",
        )
    for items in (*rule.alternatives(), *((rule.pool.items,) if rule.pool else ())):
        if not items or len(set(items)) < len(items):
            yield Fault(f"{place}.sources", "来源至少一项且不重复。", "At least one source, none twice.")
    if rule.pool is not None and not 0 < rule.pool.credits <= MAX_AMOUNT:
        yield Fault(f"{place}.pool.credits", "学分应为正数。", "Credits are positive.")


def _conditions(c: Conditions, place: str) -> Iterator[Fault]:
    if c.min_quality is not None and c.min_quality not in tuple(QUALITIES):
        yield Fault(f"{place}.min_quality", "应为 A、B 或 C。", "Expected A, B or C.")
    if c.max_age_years is not None and not 0 <= c.max_age_years <= MAX_YEARS:
        yield _wrong(f"{place}.max_age_years")
    if c.earned_from is not None and c.earned_until is not None and c.earned_from >= c.earned_until:
        yield _wrong(f"{place}.earned_until")


def _denial(rule: PlanRule, place: str) -> Iterator[Fault]:
    if bool(rule.sources) == bool(rule.denied_issuer) or rule.either or rule.pool or rule.elective or not rule.targets:
        yield Fault(
            place,
            "不予转换的规则写明课程，以及来源项目或来源机构之一。",
            "A denial names its courses and either items or one issuer.",
        )
