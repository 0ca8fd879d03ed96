"""Regulations by hand: each row is a case from the rule books, with the plan it must give and the words it must say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.bank.conversion_builders import cap, course, elective, group, outcome, problem, rule
from xuefen.bank.conversion import rules
from xuefen.bank.conversion.types import CapKind, Conditions, NodeKind, Plan, Problem, Target
from xuefen.bank.institutions.types import OutcomeClass

SOCIAL, VOCATIONAL = OutcomeClass.SOCIAL, OutcomeClass.VOCATIONAL


def planned(p: Problem) -> Plan:
    plan = rules.plan(p)
    assert rules.violations(p, plan) == []
    assert plan.proof.proven
    return plan


def why(plan: Plan) -> dict[str, str]:
    return {u.number: u.reason for u in plan.unused}


def one(source: int, size: int, *, tolerance: int = 0, targets: Any = (1,), **more: Any) -> Plan:
    return planned(
        problem(
            group("r", course(1, size)),
            [outcome("A", 10, source)],
            [rule("GZ1", [10], targets, **more)],
            tolerance=tolerance,
        )
    )


@pytest.mark.parametrize(
    ("source", "size", "tolerance", "stated", "counts", "arithmetic"),
    [
        (350, 300, 0, None, 300, "3.5 → 取较小 → 3.0"),  # the smaller is recognised
        (300, 300, 0, None, 300, "3.0 → 足额 → 3.0"),
        (250, 300, 0, None, 0, ""),  # too small for the course
        (250, 300, 200, None, 250, "2.5 → 差 0.5，在容差内 → 2.5"),  # fewer for more within two credits
        (100, 400, 200, None, 0, ""),  # three short
        (200, 300, 0, 300, 300, "2.0 → 规则写明 → 3.0"),  # the rule itself says so
        (400, 300, 0, 500, 300, "4.0 → 规则写明 → 3.0"),  # never above the course
        (400, 300, 0, 200, 0, ""),  # a stated result that does not grant the course
    ],
)
def test_one_to_one(source: int, size: int, tolerance: int, stated: int | None, counts: int, arithmetic: str) -> None:
    plan = one(source, size, tolerance=tolerance, targets=[Target(1, stated)])
    assert plan.totals.requirement == counts
    assert [line.arithmetic.zh for line in plan.lines] == ([arithmetic] if counts else [])
    if not counts:
        assert why(plan) == {"A": "credits_short"}
        assert plan.unused[0].nearest is not None and plan.unused[0].nearest.number == "GZ1"


def test_the_rest_of_a_used_outcome_is_shown_and_not_carried() -> None:
    plan = one(350, 300)
    assert [(u.number, u.credits, u.reason, u.sentence.zh) for u in plan.unused] == [
        ("A", 50, "leftover", "多出的 0.5 学分不结转。")
    ]
    assert plan.totals.reserved == 350
    assert plan.totals.held == plan.totals.requirement + plan.totals.elective + plan.totals.unused


def test_several_for_one() -> None:
    tree = group("r", course(1, 400))
    held = [outcome("A", 10, 200), outcome("B", 11, 250)]
    plan = planned(problem(tree, held, [rule("GZ1", [10, 11], [1])]))
    assert plan.totals.requirement == 400
    assert plan.lines[0].arithmetic.zh == "2.0 + 2.5 = 4.5 → 取较小 → 4.0"
    assert [(u.number, u.share) for u in plan.lines[0].uses] == [("A", 200), ("B", 200)]
    alone = planned(problem(tree, held[:1], [rule("GZ1", [10, 11], [1])]))
    assert why(alone) == {"A": "source_missing"}


@pytest.mark.parametrize(
    ("source", "tolerance", "gives"),
    [(500, 0, [300, 200]), (600, 0, [300, 200]), (450, 0, []), (450, 100, [300, 150]), (350, 100, [250, 100])],
)
def test_one_for_several(source: int, tolerance: int, gives: list[int]) -> None:
    tree = group("r", course(1, 300), course(2, 200))
    plan = planned(problem(tree, [outcome("A", 10, source)], [rule("GZ1", [10], [1, 2])], tolerance=tolerance))
    assert [g.credits for line in plan.lines for g in line.gives] == gives


@pytest.mark.parametrize(
    ("conditions", "facts", "condition", "sentence"),
    [
        ({"min_mark": 7000}, {"mark": 6500}, "min_mark", "成绩要 70 分以上，您的是 65 分。"),
        ({"min_mark": 7000}, {"mark": None}, "min_mark", "成绩要 70 分以上，您的没有分数。"),
        ({"min_mark": 7000}, {"mark": 7000}, "", ""),
        ({"min_level": 4}, {"level": 3}, "min_level", "要 4 级以上，您的是 3 级。"),
        ({"min_level": 4}, {"level": 4}, "", ""),
        (
            {"max_age_years": 8},
            {"awarded_on": date(2017, 10, 1)},
            "max_age_years",
            "要 8 年内取得，您的是 2017 年 10 月。",
        ),
        ({"max_age_years": 8}, {"awarded_on": date(2018, 11, 20)}, "", ""),
        (
            {"max_age_years": 8},
            {"awarded_on": date(2018, 11, 19)},
            "max_age_years",
            "要 8 年内取得，您的是 2018 年 11 月。",
        ),
        ({"min_quality": "A"}, {"quality": "B"}, "min_quality", "质量要 A 级以上，您的是 B 级。"),
        ({"min_quality": "B"}, {"quality": "A"}, "", ""),
        ({"min_assurance": 2}, {"assurance": 1}, "min_assurance", "实名等级要 2 级以上，存入时是 1 级。"),
        ({"online": False}, {"online": True}, "online", "这条规则不收网络课程。"),
    ],
)
def test_conditions(conditions: dict[str, Any], facts: dict[str, Any], condition: str, sentence: str) -> None:
    made = rule("GZ1", [10], [1], conditions=Conditions(**conditions))
    plan = planned(problem(group("r", course(1, 300)), [outcome("A", 10, 300, **facts)], [made]))
    if not condition:
        assert plan.totals.requirement == 300
        return
    (rest,) = plan.unused
    assert (rest.reason, rest.condition, rest.sentence.zh) == ("condition", condition, sentence)
    assert rest.nearest is not None and rest.nearest.number == "GZ1"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"quality": "C"}, "record_only"),
        ({"convertible": False}, "not_convertible"),
        ({"free": 0}, "in_use"),
        ({"item_id": 99}, "no_rule"),
    ],
)
def test_outcomes_out_of_play(facts: dict[str, Any], reason: str) -> None:
    held = replace(outcome("A", 10, 300), **facts)
    plan = planned(problem(group("r", course(1, 300)), [held], [rule("GZ1", [10], [1])]))
    assert (plan.totals.requirement, why(plan)) == (0, {"A": reason})


def test_the_rule_that_misses_least_is_the_nearest() -> None:
    far = rule("GZ1", [10], [1], conditions=Conditions(min_level=9, min_mark=9900))
    near = rule("GZ2", [10], [1], conditions=Conditions(min_level=6))
    plan = planned(problem(group("r", course(1, 300)), [outcome("A", 10, 300)], [far, near]))
    assert plan.unused[0].nearest is not None and plan.unused[0].nearest.number == "GZ2"


def test_only_the_highest_certificate_of_a_family() -> None:
    held = [
        outcome("A", 10, 300, family="electrician", level=4, outcome_class=VOCATIONAL),
        outcome("B", 11, 400, family="electrician", level=3, outcome_class=VOCATIONAL),
    ]
    made = [rule("GZ1", [10], [1]), rule("GZ2", [11], [2])]
    tree = group("r", course(1, 300), course(2, 400))
    plan = planned(problem(tree, held, made))
    assert (plan.totals.requirement, why(plan)) == (300, {"B": "lower_in_family"})
    # The highest has been used before: the family is counted, the lower one does not step in.
    spent = planned(problem(tree, [replace(held[0], free=0), held[1]], made))
    assert (spent.totals.requirement, why(spent)) == (0, {"A": "in_use", "B": "lower_in_family"})


def test_a_certificate_becomes_a_course_and_a_course_is_given_once() -> None:
    held = [outcome("A", 10, 300, outcome_class=VOCATIONAL), outcome("B", 11, 300)]
    plan = planned(problem(group("r", course(1, 300)), held, [rule("GZ1", [10], [1]), rule("GZ2", [11], [1])]))
    assert [line.rule.number for line in plan.lines] == ["GZ1"]
    assert why(plan) == {"B": "course_taken"}
    assert plan.unused[0].sentence.zh == "课程1已由成果A抵了，这样总数更多。"


CAPS = [
    (cap("X", CapKind.TOTAL, 300), {}, {}),
    (cap("X", CapKind.ONLINE, 300), {"online": True}, {"online": True}),
    (cap("X", CapKind.CLASS, 300, "social"), {"outcome_class": SOCIAL}, {"outcome_class": SOCIAL}),
    (cap("X", CapKind.ISSUER, 300, "school"), {}, {}),
    (cap("X", CapKind.DEGREE_LEVEL, 300, "5"), {"level": 5}, {"level": 6}),
]


@pytest.mark.parametrize(("limit", "first", "second"), CAPS, ids=[c[0].kind for c in CAPS])
def test_each_cap_binds_says_so_and_has_its_price(limit: Any, first: dict[str, Any], second: dict[str, Any]) -> None:
    tree = group("r", course(1, 300), course(2, 200))
    held = [outcome("A", 10, 300, **first), outcome("B", 11, 200, **second)]
    made = [rule("GZ1", [10], [1]), rule("GZ2", [11], [2])]
    plan = planned(problem(tree, held, made, [limit]))
    assert plan.totals.requirement == 300
    (line,) = plan.caps
    assert (line.used, line.limit, line.cost, line.blocked) == (300, 300, 200, ("B",))
    (rest,) = plan.unused
    assert (rest.reason, rest.cap, rest.sentence.zh) == ("cap", "X", "上限X上限 3.0 已用满。")
    looser = planned(problem(tree, held, made, [replace(limit, limit=500)]))
    assert (looser.totals.requirement, looser.caps[0].cost) == (500, 0)
    spared = planned(problem(tree, held, made, [replace(limit, limit=499)]))
    assert spared.unused[0].sentence.zh == "上限X上限 4.99 只剩 1.99，放不下 2.0。"


@pytest.mark.parametrize(
    ("kind", "which", "outside"),
    [
        (CapKind.ONLINE, "", {"online": False}),
        (CapKind.CLASS, "social", {"outcome_class": VOCATIONAL}),
        (CapKind.ISSUER, "school", {"issuer": "college"}),
        (CapKind.DEGREE_LEVEL, "5", {"level": 4}),
        (CapKind.DEGREE_LEVEL, "5", {"level": 9, "outcome_class": VOCATIONAL}),
    ],
)
def test_a_cap_leaves_others_alone(kind: CapKind, which: str, outside: dict[str, Any]) -> None:
    held = [outcome("A", 10, 300, **outside)]
    plan = planned(problem(group("r", course(1, 300)), held, [rule("GZ1", [10], [1])], [cap("X", kind, 0, which)]))
    assert (plan.totals.requirement, plan.caps[0].used) == (300, 0)


def test_a_group_to_be_done_on_site() -> None:
    tree = group("r", course(1, 300), group("site", course(2, 300), cap=0))
    plan = planned(problem(tree, [outcome("A", 10, 300)], [rule("GZ1", [10], [2])]))
    assert (plan.totals.requirement, why(plan)) == (0, {"A": "cap"})
    assert plan.unused[0].sentence.zh == "组site：须在校完成，不能抵。"
    site = next(g for g in plan.groups if g.id == "site")
    assert (site.have, site.need, site.cap) == (0, 300, 0)


def test_requirements_come_before_electives_whatever_the_sum() -> None:
    tree = group("r", course(1, 200), elective("free", 1000))
    made = [rule("GZ1", [10], [1]), rule("GZ2", [10], "free")]
    plan = planned(problem(tree, [outcome("A", 10, 500)], made))
    assert (plan.totals.requirement, plan.totals.elective) == (200, 0)


def test_elective_credit_up_to_the_need_and_with_fewest_outcomes() -> None:
    tree = group("r", elective("free", 500))
    held = [outcome("A", 10, 300), outcome("B", 11, 300), outcome("C", 12, 200)]
    made = [rule(f"GZ{i}", [i], "*") for i in (10, 11, 12)]
    plan = planned(problem(tree, held, made))
    assert (plan.totals.elective, len(plan.lines)) == (500, 2)
    assert {line.kind for line in plan.lines} == {"elective"}
    # A + C fill it exactly; B would not add anything.
    assert plan.groups[1].have == plan.groups[1].need == 500
    full = [u for u in plan.unused if u.reason != "leftover"]
    assert [u.reason for u in full] == ["group_full"]


def test_beyond_a_groups_need_nothing_counts() -> None:
    tree = group("r", group("g", course(1, 300), course(2, 300), need=400, kind=NodeKind.CREDITS))
    held = [outcome("A", 10, 300), outcome("B", 11, 300)]
    plan = planned(problem(tree, held, [rule("GZ1", [10], [1]), rule("GZ2", [11], [2])]))
    assert plan.totals.requirement == 400
    assert [(line.credits, line.counts) for line in plan.lines] == [(300, 300), (300, 100)]
    assert plan.lines[1].arithmetic.zh == "3.0 → 足额 → 3.0 → 本组只差 1.0 → 1.0"
    assert plan.totals.unused == 200


def test_choose_counts_the_best_so_many() -> None:
    tree = group("r", group("g", course(1, 200), course(2, 300), course(3, 400), need=2, kind=NodeKind.CHOOSE))
    held = [outcome(n, i, 400) for n, i in (("A", 10), ("B", 11), ("C", 12))]
    plan = planned(problem(tree, held, [rule(f"GZ{i}", [i], [i - 9]) for i in (10, 11, 12)]))
    assert plan.totals.requirement == 700
    chosen = next(g for g in plan.groups if g.id == "g")
    assert (chosen.have_count, chosen.need_count, chosen.need) == (2, 2, 500)
    assert {u.number: u.reason for u in plan.unused if u.reason != "leftover"} == {"A": "group_full"}


def test_a_course_not_in_the_programme() -> None:
    plan = planned(problem(group("r", course(1, 300)), [outcome("A", 10, 300)], [rule("GZ1", [10], [7])]))
    assert why(plan) == {"A": "not_in_programme"}


def test_the_last_half_credit_is_found() -> None:
    """A greedy choice of the largest first ends at 4.5 of 5.0; 3.0 + 2.0 is exact."""
    tree = group("r", course(1, 450), course(2, 300), course(3, 200))
    held = [outcome("A", 10, 450), outcome("B", 11, 300), outcome("C", 12, 200)]
    made = [rule("GZ1", [10], [1]), rule("GZ2", [11], [2]), rule("GZ3", [12], [3])]
    plan = planned(problem(tree, held, made, [cap("X", CapKind.TOTAL, 500)]))
    assert plan.totals.requirement == 500
    assert [u.number for line in plan.lines for u in line.uses] == ["B", "C"]


@pytest.mark.parametrize("ruled", [False, True])
def test_a_course_of_no_credit_is_no_obstacle(ruled: bool) -> None:
    """Real plans hold 劳动教育概论 with 0.0 credits: it asks for nothing and takes nothing."""
    tree = group("r", course(1, 300), course(2, 0))
    given = [rule("GZ1", [10], (1,))] + ([rule("GZ2", [11], (2,))] if ruled else [])
    plan = planned(problem(tree, [outcome("A", 10, 300), outcome("B", 11, 100)], given))
    assert (plan.totals.requirement, plan.totals.unused) == (300, 100)
