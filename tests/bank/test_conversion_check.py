"""The check refuses every plan that was bent, whichever way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.bank.conversion_builders import cap, course, elective, group, outcome, problem, rule
from xuefen.bank.conversion import rules
from xuefen.bank.conversion.types import CapKind, Conditions, Plan, PlanLine, Problem

PROBLEM = problem(
    group("r", course(1, 300), course(2, 200), elective("free", 400)),
    [outcome("A", 10, 350, family="f"), outcome("B", 11, 200), outcome("C", 12, 200)],
    [
        rule("GZ1", [10], [1], conditions=Conditions(min_mark=6000)),
        rule("GZ2", [11], [2]),
        rule("GZ3", [12], "free"),
    ],
    [cap("X", CapKind.TOTAL, 700)],
)
PLAN = rules.plan(PROBLEM)


def _line(plan: Plan, index: int, **changes: object) -> Plan:
    lines = list(plan.lines)
    lines[index] = replace(lines[index], **changes)
    return replace(plan, lines=tuple(lines))


def _give(plan: Plan, index: int, **changes: object) -> Plan:
    line: PlanLine = plan.lines[index]
    return _line(plan, index, gives=(replace(line.gives[0], **changes), *line.gives[1:]))


def test_the_plan_itself_passes() -> None:
    assert len(PLAN.lines) == 3
    assert rules.violations(PROBLEM, PLAN) == []


@pytest.mark.parametrize(
    ("bend", "found"),
    [
        (lambda p: replace(p, problem="0" * 64), "another problem"),
        (lambda p: replace(p, lines=(*p.lines, p.lines[0])), "used 2 times"),
        (lambda p: _line(p, 0, uses=p.lines[1].uses), "not the rule's sources"),
        (lambda p: _line(p, 0, uses=(replace(p.lines[0].uses[0], number="Z"),)), "not the learner's"),
        (lambda p: _line(p, 0, rule=replace(p.lines[0].rule, version=2)), "not in force"),
        (lambda p: _line(p, 0, rule=replace(p.lines[0].rule, number="GZ9")), "not in force"),
        (lambda p: _give(p, 0, credits=350), "the rule gives 300"),
        (lambda p: _give(p, 0, credits=250), "the rule gives 300"),
        (lambda p: _give(p, 0, item_id=2), "given 2 times"),
        (lambda p: _line(_give(p, 2, credits=300), 2, credits=300), "elective credit"),
        (lambda p: _give(p, 1, counts=100), "totals"),
        (lambda p: _give(p, 1, counts=300), "more counts"),
        (lambda p: replace(p, totals=replace(p.totals, requirement=600)), "says otherwise"),
        (lambda p: replace(p, lines=p.lines[:2]), "says otherwise"),
        (lambda p: _line(p, 1, credits=100), "does not add up"),
        (lambda p: _give(p, 0, node="nowhere"), "does not know"),
        (lambda p: _line(p, 0, uses=(replace(p.lines[0].uses[0], share=0),)), "carries 300 of 350"),
        (lambda p: _line(p, 0, uses=(replace(p.lines[0].uses[0], credits=300),)), "carries 300 of 350"),
        (lambda p: replace(p, totals=replace(p.totals, reserved=0)), "held or recognised"),
    ],
)  # fmt: skip
def test_a_bent_plan_is_found(bend: Callable[[Plan], Plan], found: str) -> None:
    assert any(found in v for v in rules.violations(PROBLEM, bend(PLAN))), rules.violations(PROBLEM, bend(PLAN))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"caps": (cap("X", CapKind.TOTAL, 600),)}, "cap X is exceeded"),
        ({"caps": (cap("X", CapKind.CLASS, 600, "degree"),)}, "cap X is exceeded"),
        ({"caps": (cap("X", CapKind.ISSUER, 600, "school"),)}, "cap X is exceeded"),
        ({"caps": (cap("X", CapKind.DEGREE_LEVEL, 600, "5"),)}, "cap X is exceeded"),
        ({"tree": group("r", course(1, 300), course(2, 200), elective("free", 400, cap=100))}, "cap of 组free"),
        (
            {"rules": (replace(PROBLEM.rules[0], conditions=Conditions(min_mark=9000)), *PROBLEM.rules[1:])},
            "fails a condition",
        ),
        ({"outcomes": (replace(PROBLEM.outcomes[0], free=0), *PROBLEM.outcomes[1:])}, "may not be converted"),
        ({"outcomes": (replace(PROBLEM.outcomes[0], quality="C"), *PROBLEM.outcomes[1:])}, "may not be converted"),
        ({"outcomes": (*PROBLEM.outcomes, outcome("D", 13, 300, family="f", level=9))}, "highest of its family"),
    ],
)
def test_a_plan_for_looser_regulations_is_found(change: dict[str, object], found: str) -> None:
    stricter: Problem = replace(PROBLEM, **change)
    plan = replace(PLAN, problem=stricter.digest())
    assert any(found in v for v in rules.violations(stricter, plan)), rules.violations(stricter, plan)
