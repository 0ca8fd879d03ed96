"""A plan made for looser regulations is found out, one regulation at a time: the check knows every kind of constraint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.bank.conversion_builders import BASIS, course, elective, group, outcome, problem, rule
from xuefen.bank.conversion import rules
from xuefen.bank.conversion.types import (
    Cap,
    CapKind,
    Conditions,
    Done,
    Node,
    NodeKind,
    Plan,
    PlanRule,
    Pool,
    Problem,
    Target,
    Text,
)

NAME = Text("上限", "Cap")
TREE = group("r", course(1, 300), course(2, 200), course(3, 100), elective("free", 400))
LOOSE = problem(
    TREE,
    [
        outcome("A", 10, 350, hours=32, issuer_kind="university", name_key="n"),
        outcome("B", 11, 150, name_key="m"),
        outcome("C", 12, 200, type_code="D11", ended_on=date(2025, 5, 1)),
        outcome("D", 13, 100),
        outcome("E", 14, 100),
    ],
    [
        rule("GZ1", [10], [1], overlap=85),
        rule("GZ2", [11], [2]),
        PlanRule("GZ3", 1, BASIS, pool=Pool((12, 13), 250), elective="free"),
        PlanRule("GZ4", 1, BASIS, sources=(14,), targets=(Target(3),), waives=True, grade=6000, contract="HT-1"),
    ],
    tolerance=50,
)
PLAN = rules.plan(LOOSE)


def outcomes(index: int, **facts: Any) -> tuple[Any, ...]:
    return tuple(replace(o, **facts) if i == index else o for i, o in enumerate(LOOSE.outcomes))


def ruled(index: int, **facts: Any) -> tuple[PlanRule, ...]:
    return tuple(replace(r, **facts) if i == index else r for i, r in enumerate(LOOSE.rules))


def denial(**facts: Any) -> tuple[PlanRule, ...]:
    return (*LOOSE.rules, PlanRule("JZ1", 1, BASIS, targets=(Target(1),), denies=True, **facts))


def limit(kind: CapKind, most: int, which: str = "", **more: Any) -> tuple[Cap, ...]:
    return (Cap("X", kind, most, NAME, which, **more),)


def tree(*changed: Node) -> Node:
    by_id = {n.id: n for n in changed}
    return replace(TREE, children=tuple(by_id.get(n.id, n) for n in TREE.children))


def test_the_loose_plan_uses_everything() -> None:
    assert rules.violations(LOOSE, PLAN) == []
    assert [line.rule.number for line in PLAN.lines] == ["GZ1", "GZ2", "GZ3", "GZ4"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"rules": ruled(0, conditions=Conditions(min_hours=33))}, "A fails a condition"),
        ({"rules": ruled(1, conditions=Conditions(min_hours=1))}, "B fails a condition"),
        ({"rules": ruled(0, conditions=Conditions(issuer_kinds=("training",)))}, "A fails a condition"),
        ({"rules": ruled(2, conditions=Conditions(earned_from=date(2025, 5, 2)))}, "C fails a condition"),
        ({"rules": ruled(2, conditions=Conditions(earned_until=date(2025, 5, 1)))}, "C fails a condition"),
        ({"min_overlap": 86}, "GZ1: the overlap is too small"),
        ({"outcomes": outcomes(0, expires_on=date(2026, 11, 19))}, "A may not be converted: expired"),
        ({"outcomes": outcomes(0, free=300), "leftover": "carried"}, "outcome A carries 300 of 300"),
        ({"outcomes": outcomes(1, name_key="n"), "same_name_once": True}, "the name n has been counted"),
        (
            {"outcomes": (*LOOSE.outcomes, outcome("Z", 99, 100, free=0, name_key="n")), "same_name_once": True},
            "the name n has been counted",
        ),
        ({"rules": denial(sources=(10,))}, "A is denied"),
        ({"rules": denial(denied_issuer="school")}, "A is denied"),
        ({"direction": True, "tolerance": 40}, "too little"),
        ({"direction": True, "tolerance": 40, "shortfall": "award"}, "a smaller course does not replace"),
        ({"direction": True, "outcomes": outcomes(0, nature="elective")}, "does not replace the required 课程1"),
        ({"tolerance": 0}, "GZ2: the sources carry too little"),
        ({"rules": ruled(2, pool=Pool((12, 13), 301))}, "the pool asks for 301"),
        ({"rules": ruled(2, pool=Pool((12,), 250))}, "not the rule's sources"),
        ({"rules": ruled(0, sources=(), either=((11,), (12, 13)))}, "not the rule's sources"),
        ({"rules": ruled(3, waives=False)}, "not the rule's in waiver"),
        ({"rules": ruled(3, grade=7000)}, "mark"),
        ({"rules": ruled(3, contract="")}, "contract"),
        ({"tree": tree(course(1, 300, after=(2, 3)), course(2, 200, after=(77,)))}, ""),
        ({"tree": group("r", *TREE.children, course(5, 100), course(6, 100, after=(5,)))}, ""),
        ({"tree": tree(course(1, 300, cap=0))}, "课程1 is to be done on site"),
        ({"tree": tree(course(3, 100, cap=0))}, ""),
        ({"tree": tree(elective("free", 400, cap=0))}, "组free is to be done on site"),
        ({"done": (Done("c1", 300, 1),)}, "课程1 was done before"),
        ({"tree": tree(elective("free", 400, cap=300)), "done": (Done("free", 1),)}, "cap of 组free is exceeded"),
        ({"caps": limit(CapKind.TOTAL, 760, used=11)}, "cap X is exceeded"),
        ({"caps": limit(CapKind.TOTAL, 761, used=11)}, ""),
        ({"caps": limit(CapKind.TYPE, 199, "V D1")}, "cap X is exceeded"),
        ({"caps": limit(CapKind.TYPE, 549, "D1", outside=True)}, "cap X is exceeded"),
        ({"caps": limit(CapKind.ONLINE, 749, outside=True)}, "cap X is exceeded"),
        (
            {"caps": limit(CapKind.PERIOD, 199, starts_on=date(2025, 5, 1), ends_on=date(2025, 5, 2))},
            "cap X is exceeded",
        ),
        ({"caps": limit(CapKind.PERIOD, 0, starts_on=date(2025, 5, 2), ends_on=date(2025, 9, 1))}, ""),
    ],
)
def test_a_plan_for_looser_regulations(change: dict[str, Any], found: str) -> None:
    stricter: Problem = replace(LOOSE, **change)
    said = rules.violations(stricter, replace(PLAN, problem=stricter.digest()))
    other = [v for v in said if not any(w in v for w in ("the programme counts", "the totals", "held or recognised"))]
    assert any(found in v for v in other) if found else other == [], said


def line(index: int, **changes: Any) -> Plan:
    lines = list(PLAN.lines)
    lines[index] = replace(lines[index], **changes)
    return replace(PLAN, lines=tuple(lines))


@pytest.mark.parametrize(
    ("bend", "found"),
    [
        (lambda: line(2, uses=PLAN.lines[2].uses[::-1]), "not in the order of their numbers"),
        (lambda: replace(PLAN, lines=(*PLAN.lines, replace(PLAN.lines[2], uses=()))), "uses and gives something"),
        (lambda: line(3, gives=(replace(PLAN.lines[3].gives[0], credits=100),), credits=100), "a waiver recognises no"),
        (lambda: line(0, gives=(replace(PLAN.lines[0].gives[0], node="c2"),)), "c2 is another course"),
        (lambda: replace(PLAN, totals=replace(PLAN.totals, met=2)), "the programme counts"),
        (lambda: replace(PLAN, totals=replace(PLAN.totals, done=1)), "do not add up to the totals"),
        (lambda: replace(PLAN, totals=replace(PLAN.totals, reserved=0)), "held or recognised"),
    ],
)
def test_a_bent_plan(bend: Callable[[], Plan], found: str) -> None:
    assert any(found in v for v in rules.violations(LOOSE, bend()))


def test_prerequisites_places_and_pools() -> None:
    needs = replace(LOOSE, tree=tree(course(1, 300, after=(4,)), course(2, 200)), rules=LOOSE.rules)
    with_four = replace(needs, tree=replace(needs.tree, children=(*needs.tree.children, course(4, 100))))
    said = rules.violations(with_four, replace(PLAN, problem=with_four.digest()))
    assert any("builds on course 4" in v for v in said)
    shared = group("s", Node("s1", NodeKind.COURSE, "课程1", item_id=1, credits=300), shared=True)
    seen = replace(LOOSE, tree=replace(TREE, children=(*TREE.children, shared)))
    moved = line(0, gives=(replace(PLAN.lines[0].gives[0], node="s1"),))
    assert any("is given in a shared group" in v for v in rules.violations(seen, replace(moved, problem=seen.digest())))
    twice = replace(PLAN, lines=(*PLAN.lines, PLAN.lines[2]))
    assert any("a pool is applied 2 times" in v for v in rules.violations(LOOSE, twice))
