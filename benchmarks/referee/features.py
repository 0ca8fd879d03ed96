"""Every constraint kind of the conversion problem: whether a problem uses it, and the problem without it.

A kind *matters* in a problem when the problem without it has another optimum. A referee whose problems never make a kind
matter would say nothing about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from xuefen.bank.conversion.types import Cap, CapKind, Conditions, Node, NodeKind, PlanOutcome, PlanRule, Problem


@dataclass(frozen=True)
class Feature:
    name: str
    without: Callable[[Problem], Problem]

    def used(self, p: Problem) -> bool:
        return self.without(p) != p


def nodes(change: Callable[[Node], Node | None]) -> Callable[[Problem], Problem]:
    """The problem with every node changed, children first; ``None`` takes a node out (never the root)."""

    def walk(node: Node) -> Node | None:
        children = tuple(c for child in node.children if (c := walk(child)) is not None)
        if node.children and not children and not node.elective:
            return None
        need = min(node.need, len(children)) if node.kind is NodeKind.CHOOSE else node.need
        return change(replace(node, children=children, need=need) if children != node.children else node)

    return lambda p: with_tree(p, walk(p.tree) or p.tree)


def with_tree(p: Problem, tree: Node) -> Problem:
    """The problem with another tree, and only what is settled in that one."""
    left = {n.id for n in tree.walk()}
    return replace(p, tree=tree, done=tuple(d for d in p.done if d.node in left))


def _node(**values: Any) -> Callable[[Problem], Problem]:
    return nodes(lambda n: replace(n, **values))


def _outcomes(change: Callable[[PlanOutcome], PlanOutcome]) -> Callable[[Problem], Problem]:
    return lambda p: replace(p, outcomes=tuple(map(change, p.outcomes)))


def _outcome(**values: Any) -> Callable[[Problem], Problem]:
    return _outcomes(lambda o: replace(o, **values))


def _rules(change: Callable[[PlanRule], PlanRule | None]) -> Callable[[Problem], Problem]:
    return lambda p: replace(p, rules=tuple(r for rule in p.rules if (r := change(rule)) is not None))


def _drop(unwanted: Callable[[PlanRule], object]) -> Callable[[Problem], Problem]:
    return _rules(lambda r: None if unwanted(r) else r)


def _caps(change: Callable[[Cap], Cap | None]) -> Callable[[Problem], Problem]:
    return lambda p: replace(p, caps=tuple(c for cap in p.caps if (c := change(cap)) is not None))


def _policy(**values: Any) -> Callable[[Problem], Problem]:
    return lambda p: replace(p, **values)


def _condition(name: str) -> Feature:
    nothing = getattr(Conditions(), name)
    return Feature(
        f"condition {name}", _rules(lambda r: replace(r, conditions=replace(r.conditions, **{name: nothing})))
    )


def _second_places(p: Problem) -> Problem:
    """Each course outside shared groups only where it stands first."""
    seen: set[int] = set()

    def once(node: Node, shared: bool) -> Node | None:
        shared = shared or node.shared
        if node.item_id is not None and not shared:
            if node.item_id in seen:
                return None
            seen.add(node.item_id)
        children = tuple(c for child in node.children if (c := once(child, shared)) is not None)
        need = min(node.need, len(children)) if node.kind is NodeKind.CHOOSE else node.need
        return replace(node, children=children, need=need)

    return with_tree(p, once(p.tree, False) or p.tree)


def _kinds() -> Iterator[Feature]:
    for kind in CapKind:
        yield Feature(f"cap {kind}", _caps(lambda c, kind=kind: None if c.kind is kind else c))  # type: ignore[misc]


FEATURES: tuple[Feature, ...] = (
    # rules
    Feature("one of several sets", _drop(lambda r: r.either)),
    Feature("pool", _drop(lambda r: r.pool)),
    Feature("several sources", _drop(lambda r: any(len(s) > 1 for s in r.alternatives()) and not r.denies)),
    Feature("several targets", _drop(lambda r: len(r.targets) > 1 and not r.denies)),
    Feature("denied items", _drop(lambda r: r.denies and r.sources)),
    Feature("denied issuer", _drop(lambda r: r.denied_issuer)),
    Feature("waiver", _drop(lambda r: r.waives)),
    Feature("elective rule", _drop(lambda r: r.elective)),
    Feature("any elective group", _drop(lambda r: r.elective == "*")),
    Feature("stated elective result", _rules(lambda r: replace(r, result=None))),
    Feature(
        "stated course credits",
        _rules(lambda r: replace(r, targets=tuple(replace(t, credits=None) for t in r.targets))),
    ),
    Feature("content overlap", _policy(min_overlap=None)),
    *(_condition(f.name) for f in fields(Conditions)),
    # outcomes
    Feature("family", _outcome(family="")),
    Feature("same name once", _policy(same_name_once=False)),
    Feature("expiry", _outcome(expires_on=None)),
    Feature("in use", _outcomes(lambda o: replace(o, free=o.credits))),
    Feature("not convertible", _outcome(convertible=True)),
    Feature("record only", _policy(record_only="")),
    Feature("end of class", _outcome(ended_on=None)),
    # standard
    Feature("tolerance", _policy(tolerance=0)),
    Feature("grain", _policy(grain=1)),
    Feature("shortfall award", _policy(shortfall="refuse")),
    Feature("leftover carried", _policy(leftover="not_carried")),
    Feature("direction", _policy(direction=False)),
    Feature("nature", _outcome(nature="")),
    *_kinds(),
    Feature("cap on all others", _caps(lambda c: None if c.outside else c)),
    Feature(
        "cap in a time",
        _caps(lambda c: c if c.kind is CapKind.PERIOD else replace(c, starts_on=None, ends_on=None)),
    ),
    Feature("cap partly used", _caps(lambda c: replace(c, used=0))),
    # programme
    Feature("any of", nodes(lambda n: None if n.kind is NodeKind.ANY else n)),
    Feature("choose", nodes(lambda n: None if n.kind is NodeKind.CHOOSE and n.id != "root" else n)),
    Feature("credit group", nodes(lambda n: None if n.kind is NodeKind.CREDITS and not n.elective else n)),
    Feature("elective group", _node(elective=False)),
    Feature("shared group", nodes(lambda n: None if n.shared else n)),
    Feature("two places", _second_places),
    Feature("prerequisite", _node(after=())),
    Feature("node cap", nodes(lambda n: replace(n, cap=None) if n.cap else n)),
    Feature("on site", nodes(lambda n: replace(n, cap=None) if n.cap == 0 else n)),
    Feature("done", _policy(done=())),
    Feature("done course", lambda p: replace(p, done=tuple(d for d in p.done if d.item_id is None))),
    Feature("done credit of a node", lambda p: replace(p, done=tuple(d for d in p.done if d.item_id is not None))),
    Feature("done by conversion", lambda p: replace(p, done=tuple(replace(d, converted=False) for d in p.done))),
)


def odd(p: Problem) -> bool:
    """Whether credits lie off every usual grid."""
    return any(o.credits % 25 for o in p.outcomes)
