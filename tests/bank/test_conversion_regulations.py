"""Each constraint of docs/conversion-problem.md by hand: the plan it must give, the words it must say, the clause it cites."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.bank.conversion_builders import BASIS, cap, course, elective, group, outcome, problem, rule
from xuefen.bank.conversion import rules
from xuefen.bank.conversion.types import (
    Cap,
    CapKind,
    Conditions,
    Done,
    ItemName,
    Node,
    NodeKind,
    Plan,
    PlanOutcome,
    PlanRule,
    PolicyBasis,
    Pool,
    Problem,
    Target,
    Text,
)

ANY, ALL, CHOOSE, CREDITS = NodeKind.ANY, NodeKind.ALL, NodeKind.CHOOSE, NodeKind.CREDITS


def planned(p: Problem) -> Plan:
    plan = rules.plan(p)
    assert rules.violations(p, plan) == []
    assert plan.proof.proven
    return plan


def counts(plan: Plan) -> tuple[int, int, int]:
    return plan.totals.met, plan.totals.requirement, plan.totals.elective


def used(plan: Plan) -> list[str]:
    return [u.number for line in plan.lines for u in line.uses]


def rest(plan: Plan, number: str) -> tuple[str, str]:
    found = next(u for u in plan.unused if u.number == number and u.reason != "leftover")
    return found.reason, found.sentence.zh


def pool(number: str, items: list[int], credits: int, targets: list[int] | str, **more: Any) -> PlanRule:
    """Any outcomes of ``items`` that carry ``credits``."""
    if isinstance(targets, str):
        return PlanRule(number, 1, BASIS, pool=Pool(tuple(items), credits), elective=targets, **more)
    return PlanRule(number, 1, BASIS, pool=Pool(tuple(items), credits), targets=tuple(map(Target, targets)), **more)


def denial(number: str, targets: list[int], **more: Any) -> PlanRule:
    return PlanRule(number, 1, BASIS, targets=tuple(map(Target, targets)), denies=True, **more)


def three(*credits: int, **more: Any) -> list[PlanOutcome]:
    """Outcomes A, B, C of items 10, 11, 12."""
    return [outcome(n, 10 + i, c, **more) for i, (n, c) in enumerate(zip("ABC", credits, strict=False))]


ONE_COURSE = group("r", course(1, 300))


# --- sources -----------------------------------------------------------------------------------------------------------


def test_either_set_will_do_and_the_one_with_fewer_outcomes_is_taken() -> None:
    made = PlanRule("GZ1", 1, BASIS, either=((10, 11), (12,)), targets=(Target(1),))
    plan = planned(problem(ONE_COURSE, three(200, 200, 300), [made]))
    assert (counts(plan), used(plan)) == ((1, 300, 0), ["C"])
    assert used(planned(problem(ONE_COURSE, three(200, 200), [made]))) == ["A", "B"]


def test_a_pool_takes_as_many_as_add_up() -> None:
    held = three(100, 150, 200)
    plan = planned(problem(ONE_COURSE, held, [pool("GZ1", [10, 11, 12], 300, [1])]))
    assert (counts(plan), used(plan)) == ((1, 300, 0), ["A", "C"])
    assert plan.lines[0].arithmetic.zh == "1.0 + 2.0 = 3.0 → 足额 → 3.0"
    short = planned(problem(ONE_COURSE, held[:2], [pool("GZ1", [10, 11, 12], 300, [1])]))
    assert rest(short, "A") == ("credits_short", "学分至少要 3.0，您的是 2.5。")
    # Several outcomes of one item count too.
    twice = [outcome("A", 10, 150), outcome("B", 10, 150)]
    assert used(planned(problem(ONE_COURSE, twice, [pool("GZ1", [10], 300, [1])]))) == ["A", "B"]


def test_a_pool_is_applied_once_and_its_shares_go_by_number() -> None:
    tree = group("r", elective("free", 2000))
    held = [outcome(f"A{i}", 10 + i, 100, online=i in (0, 3)) for i in range(4)]
    stated = pool("GZ1", [10, 11, 12, 13], 200, "free", result=150)
    plan = planned(problem(tree, held, [stated]))
    assert (plan.totals.elective, len(plan.lines)) == (150, 1)
    # 1.5 of 1.0 + 1.0: all of the first, half of the second; where the first is online, its whole credit meets the cap.
    offline = planned(problem(tree, held, [stated], [cap("X", CapKind.ONLINE, 49)]))
    assert [(u.number, u.share) for u in offline.lines[0].uses] == [("A1", 100), ("A2", 50)]
    last = planned(problem(tree, [held[1], held[3]], [stated], [cap("X", CapKind.ONLINE, 50)]))
    assert [(u.number, u.share) for u in last.lines[0].uses] == [("A1", 100), ("A3", 50)]
    assert planned(problem(tree, [held[1], held[3]], [stated], [cap("X", CapKind.ONLINE, 49)])).lines == ()


def test_a_stated_result_above_what_a_pool_carries_goes_to_the_last() -> None:
    tree = group("r", elective("free", 2000))
    held = [outcome("A", 10, 100), outcome("B", 11, 100, online=True)]
    stated = pool("GZ1", [10, 11], 200, "free", result=500)
    plan = planned(problem(tree, held, [stated], [cap("X", CapKind.ONLINE, 400)]))
    assert [(u.number, u.share) for u in plan.lines[0].uses] == [("A", 100), ("B", 400)]
    assert planned(problem(tree, held, [stated], [cap("X", CapKind.ONLINE, 399)])).lines == ()


def test_thirty_outcomes_in_a_pool_are_no_explosion() -> None:
    held = [outcome(f"A{i:02}", i, 37 + i) for i in range(30)]
    tree = group("r", course(1, 300), elective("free", 900))
    made = [pool("GZ1", list(range(30)), 300, [1]), pool("GZ2", list(range(30)), 400, "free")]
    plan = planned(problem(tree, held, made, [cap("X", CapKind.TOTAL, 1000)]))
    assert counts(plan) == (1, 300, 700)


# --- what is given -----------------------------------------------------------------------------------------------------


def test_a_waiver_makes_a_course_done_without_credit() -> None:
    tree = group("r", course(1, 300), group("site", course(2, 200), cap=0))
    held = three(100, 100)
    made = [rule("GZ1", [10], [2], waives=True, grade=6000), rule("GZ2", [11], [2])]
    plan = planned(problem(tree, held, made, [cap("X", CapKind.TOTAL, 0)]))
    assert counts(plan) == (1, 0, 0)
    (line,) = plan.lines
    assert (line.waives, line.grade, line.credits, line.arithmetic.zh) == (True, 6000, 0, "1.0 → 免修 → 完成")
    assert plan.totals.reserved == 100
    assert next(g for g in plan.groups if g.id == "site").met


def test_a_contract_is_shown_on_its_line() -> None:
    plan = planned(problem(ONE_COURSE, three(300), [rule("GZ1", [10], [1], contract="HT-1")]))
    assert plan.lines[0].contract == "HT-1"


def test_smaller_sources_are_awarded_and_the_course_stays_open() -> None:
    tree = group("r", course(1, 300), course(2, 300))
    made = [rule("GZ1", [10], [1]), rule("GZ2", [11], [2])]
    plan = planned(problem(tree, three(100, 250), made, shortfall="award", tolerance=50))
    assert counts(plan) == (1, 350, 0)
    assert plan.lines[0].sentence.zh == "比课程少 2.0 学分：先认 1.0，课程还没有完成。"
    assert [(o.node, o.missing) for o in plan.open] == [("c1", 200)]
    assert counts(planned(problem(tree, three(100, 250), made, tolerance=50))) == (1, 250, 0)


def test_what_is_left_of_an_outcome_is_carried_where_the_standard_says_so() -> None:
    plan = planned(problem(ONE_COURSE, three(500), [rule("GZ1", [10], [1])], leftover="carried"))
    assert plan.totals.reserved == 300
    assert [u.sentence.zh for u in plan.unused] == ["多出的 2.0 学分仍归您，可留到下次。"]
    # Next time what is free of it is what it carries.
    again = [outcome("A", 10, 500, free=200)]
    later = planned(problem(group("r", course(1, 200)), again, [rule("GZ1", [10], [1])], leftover="carried"))
    assert counts(later) == (1, 200, 0)
    assert rest(planned(problem(ONE_COURSE, again, [rule("GZ1", [10], [1])])), "A")[0] == "in_use"


# --- what is refused ---------------------------------------------------------------------------------------------------


def test_a_denial_keeps_an_item_or_a_whole_institution_out() -> None:
    made = [rule("GZ1", [10], [1]), rule("GZ2", [11], [1])]
    by_item = planned(
        problem(ONE_COURSE, three(300, 300), [*made, denial("JZ1", [1], sources=(10,), clause="第 9 条")])
    )
    assert used(by_item) == ["B"]
    (left,) = [u for u in by_item.unused if u.number == "A"]
    assert (left.reason, left.sentence.zh) == ("denied", "规定写明不能抵：课程对照表。")
    assert left.nearest is not None and (left.nearest.number, left.nearest.clause) == ("JZ1", "第 9 条")
    all_out = planned(problem(ONE_COURSE, three(300, 300), [*made, denial("JZ1", [1], denied_issuer="school")]))
    assert (used(all_out), rest(all_out, "B")[0]) == ([], "denied")
    # A denial nobody's rule runs against still is the reason.
    assert rest(planned(problem(ONE_COURSE, three(300), [denial("JZ1", [1], sources=(10,))])), "A")[0] == "denied"


@pytest.mark.parametrize(
    ("conditions", "facts", "sentence"),
    [
        ({"min_hours": 32}, {"hours": 16}, "至少要 32 学时，您的是 16 学时。"),
        ({"min_hours": 32}, {"hours": None}, "至少要 32 学时，您的没有学时记录。"),
        ({"min_hours": 32}, {"hours": 32}, ""),
        ({"issuer_kinds": ("university",)}, {"issuer_kind": "training"}, "这条规则不收这类机构的成果。"),
        ({"issuer_kinds": ("university",)}, {"issuer_kind": "university"}, ""),
        ({"earned_from": date(2024, 7, 2)}, {}, "要 2024 年 7 月 2 日起学完的，您的是 2024 年 7 月 1 日。"),
        ({"earned_from": date(2024, 7, 1)}, {}, ""),
        ({"earned_until": date(2024, 7, 1)}, {}, "要 2024 年 7 月 1 日之前学完的，您的是 2024 年 7 月 1 日。"),
        ({"earned_until": date(2024, 7, 1)}, {"ended_on": date(2024, 6, 30)}, ""),
    ],
)
def test_conditions(conditions: dict[str, Any], facts: dict[str, Any], sentence: str) -> None:
    made = rule("GZ1", [10], [1], conditions=Conditions(**conditions))
    plan = planned(problem(ONE_COURSE, [outcome("A", 10, 300, **facts)], [made]))
    assert ([] if plan.lines else [rest(plan, "A")]) == ([("condition", sentence)] if sentence else [])


@pytest.mark.parametrize(
    ("overlap", "least", "taken"), [(79, 80, False), (80, 80, True), (None, 80, True), (10, None, True)]
)
def test_content_overlap(overlap: int | None, least: int | None, taken: bool) -> None:
    basis = (PolicyBasis("min_overlap", "实施办法 第 8 条"),)
    made = rule("GZ1", [10], [1], overlap=overlap)
    plan = planned(problem(ONE_COURSE, three(300), [made], min_overlap=least, basis=basis))
    assert bool(plan.lines) is taken
    if not taken:
        assert rest(plan, "A") == ("overlap", "内容重合度要 80% 以上，经比对是 79%。")
        assert plan.unused[0].reference == "实施办法 第 8 条"


@pytest.mark.parametrize(
    ("credits", "nature", "stated", "reason"),
    [
        (300, "", None, ""),
        (250, "", None, ""),  # within the tolerance
        (200, "", None, "direction"),  # awarded without the direction
        (200, "", 200, ""),  # the rule itself says how many
        (300, "elective", None, "direction"),
        (300, "required", None, ""),
    ],
)
def test_larger_for_smaller_and_required_for_elective(
    credits: int, nature: str, stated: int | None, reason: str
) -> None:
    made = rule("GZ1", [10], [Target(1, stated)])
    p = problem(
        ONE_COURSE, three(credits, nature=nature), [made], direction=True, shortfall="award", tolerance=50,
        basis=(PolicyBasis("direction", "第 6 条"),),
    )  # fmt: skip
    plan = planned(p)
    if reason:
        assert (rest(plan, "A")[0], plan.unused[0].reference) == (reason, "第 6 条")
    else:
        assert used(plan) == ["A"]


def test_an_elective_may_fill_an_elective_group_and_a_waiver_knows_no_direction() -> None:
    tree = group("r", group("opt", course(1, 300), elective=True), course(2, 300))
    held = three(300, 300, nature="elective")
    made = [rule("GZ1", [10], [1]), rule("GZ2", [11], [2], waives=True)]
    assert used(planned(problem(tree, held, made, direction=True))) == ["A", "B"]


def test_a_name_counts_once() -> None:
    tree = group("r", course(1, 300), course(2, 200))
    made = [rule("GZ1", [10], [1]), rule("GZ2", [11], [2])]
    held = three(300, 200, name_key="高等数学")
    basis = (PolicyBasis("same_name_once", "ACBS 第 3 条"),)
    plan = planned(problem(tree, held, made, same_name_once=True, basis=basis))
    assert (used(plan), rest(plan, "B")) == (["A"], ("same_name", "和成果A同名，同名的只认一次。"))
    assert next(u for u in plan.unused if u.number == "B").reference == "ACBS 第 3 条"
    assert used(planned(problem(tree, held, made))) == ["A", "B"]
    spent = [replace(held[0], free=0), held[1]]
    plan = planned(problem(tree, spent, made, same_name_once=True))
    assert rest(plan, "B") == ("same_name", "同名的另一项成果已经用过，只认一次。")
    both = planned(problem(tree, held, [rule("GZ1", [10, 11], [1])], same_name_once=True))
    assert used(both) == []


@pytest.mark.parametrize(("expires", "taken"), [(date(2026, 11, 20), True), (date(2026, 11, 19), False)])
def test_shelf_life(expires: date, taken: bool) -> None:
    plan = planned(problem(ONE_COURSE, three(300, expires_on=expires), [rule("GZ1", [10], [1])]))
    assert bool(plan.lines) is taken
    if not taken:
        assert rest(plan, "A") == ("expired", "有效期到 2026 年 11 月 19 日，已经过期。")


def test_an_expired_certificate_leaves_its_family_to_the_next() -> None:
    high = outcome("A", 10, 300, family="f", level=5, expires_on=date(2026, 1, 1))
    low = outcome("B", 11, 300, family="f", level=3)
    assert used(planned(problem(ONE_COURSE, [high, low], [rule("GZ1", [11], [1])]))) == ["B"]


# --- the tree ----------------------------------------------------------------------------------------------------------


def test_one_of_an_any_group_is_enough() -> None:
    tree = group("r", group("g", course(1, 300), course(2, 200), kind=ANY))
    plan = planned(problem(tree, three(300, 200), [rule("GZ1", [10], [1]), rule("GZ2", [11], [2])]))
    assert (counts(plan), used(plan)) == ((1, 300, 0), ["A"])
    line = next(g for g in plan.groups if g.id == "g")
    assert (line.met, line.have_count, line.need_count) == (True, 1, 1)


def test_requirements_met_come_before_credit() -> None:
    """Two small courses are two requirements; one large one is more credit."""
    tree = group("r", course(1, 500), course(2, 200), course(3, 200))
    made = [rule(f"GZ{i}", [9 + i], [i]) for i in (1, 2, 3)]
    plan = planned(problem(tree, three(500, 200, 200), made, [cap("X", CapKind.TOTAL, 500)]))
    assert (counts(plan), used(plan)) == ((2, 400, 0), ["B", "C"])
    assert (plan.proof.met_bound, plan.proof.requirement_bound) == (2, 400)


def test_a_shared_group_is_met_by_courses_that_count_elsewhere() -> None:
    seen = Node("s1", NodeKind.COURSE, "课程1", item_id=1, credits=300)
    check = group("check", seen, need=300, kind=CREDITS, shared=True)
    plan = planned(problem(group("r", course(1, 300), check), three(300), [rule("GZ1", [10], [1])]))
    assert (counts(plan), [g.node for line in plan.lines for g in line.gives]) == ((2, 300, 0), ["c1"])
    shown = next(g for g in plan.groups if g.id == "check")
    assert (shown.have, shown.met, shown.shared) == (300, True, True)
    # A course that stands nowhere else is given there, and its credit does not count upward.
    alone = planned(problem(group("r", course(2, 100), check), three(300), [rule("GZ1", [10], [1])]))
    assert (counts(alone), [g.node for line in alone.lines for g in line.gives]) == ((1, 0, 0), ["s1"])


def test_a_course_is_given_when_what_it_builds_on_is_there() -> None:
    tree = group("r", course(1, 300), course(2, 300, after=(1,)))
    made = [rule("GZ1", [10], [1]), rule("GZ2", [11], [2])]
    assert used(planned(problem(tree, three(300, 300), made))) == ["A", "B"]
    plan = planned(problem(tree, three(300, 300)[1:], made))
    assert (used(plan), rest(plan, "B")) == ([], ("prerequisite", "课程2要先有课程1，而它还没有。"))
    done = (Done("c1", 300, 1, converted=False),)
    assert used(planned(problem(tree, three(300, 300)[1:], made, done=done))) == ["B"]
    owned = [*three(300, 300)[1:], outcome("D", 1, 300, free=0)]
    assert used(planned(problem(tree, owned, made))) == ["B"]
    outside = group("r", course(2, 300, after=(99,)))
    assert used(planned(problem(outside, three(300, 300)[1:], made[1:]))) == ["B"]


def test_courses_that_build_on_each_other_come_together_or_not_at_all() -> None:
    tree = group("r", course(1, 300, after=(2,)), course(2, 300, after=(1,)))
    made = [rule("GZ1", [10], [1]), rule("GZ2", [11], [2])]
    assert used(planned(problem(tree, three(300, 300), made))) == ["A", "B"]
    assert used(planned(problem(tree, three(300), made))) == []


def test_what_is_done_counts_and_is_not_given_again() -> None:
    tree = group("r", course(1, 300), elective("free", 400, cap=300))
    made = [rule("GZ1", [10], [1]), rule("GZ2", [11], "free")]
    done = (Done("c1", 300, 1), Done("free", 200))
    plan = planned(problem(tree, three(300, 150), made, done=done))
    assert (counts(plan), plan.totals.done, used(plan)) == ((1, 300, 200), 500, [])
    assert rest(plan, "A") == ("course_taken", "能抵的课程已经完成了。")
    assert rest(plan, "B")[0] == "cap"  # the cap of the group counts what was converted before
    studied = (done[0], replace(done[1], converted=False))
    plan = planned(problem(tree, three(300, 150), made, done=studied))
    assert (counts(plan), plan.totals.done, [line.counts for line in plan.lines]) == ((1, 300, 350), 500, [150])


# --- caps --------------------------------------------------------------------------------------------------------------

NAME = Text("上限", "Cap")


@pytest.mark.parametrize(
    ("limit", "first", "second"),
    [
        (Cap("X", CapKind.TYPE, 300, NAME, "D1 V3"), {"type_code": "D11"}, {"type_code": "V32"}),
        (Cap("X", CapKind.ONLINE, 300, NAME, outside=True), {}, {}),
        (Cap("X", CapKind.CLASS, 300, NAME, "social", outside=True), {}, {}),
        (
            Cap("X", CapKind.PERIOD, 300, NAME, starts_on=date(2024, 3, 1), ends_on=date(2025, 3, 1)),
            {"ended_on": date(2024, 3, 1)},
            {"ended_on": date(2025, 2, 28)},
        ),
        (
            Cap("X", CapKind.ISSUER, 300, NAME, "school", starts_on=date(2024, 3, 1)),
            {"ended_on": date(2024, 3, 1)},
            {},
        ),
        (Cap("X", CapKind.TOTAL, 500, NAME, used=200), {}, {}),
    ],
    ids=["type", "floor", "floor of a class", "period", "issuer from a day", "used"],
)
def test_caps(limit: Cap, first: dict[str, Any], second: dict[str, Any]) -> None:
    tree = group("r", course(1, 300), course(2, 200))
    held = [outcome("A", 10, 300, **first), outcome("B", 11, 200, **second)]
    made = [rule("GZ1", [10], [1]), rule("GZ2", [11], [2])]
    plan = planned(problem(tree, held, made, [limit]))
    assert (used(plan), rest(plan, "B")[0], plan.caps[0].cost, plan.caps[0].used) == (["A"], "cap", 200, limit.limit)


@pytest.mark.parametrize(
    ("limit", "away"),
    [
        (Cap("X", CapKind.TYPE, 0, NAME, "D1 V3"), {"type_code": "V2"}),
        (Cap("X", CapKind.ONLINE, 0, NAME, outside=True), {"online": True}),
        (
            Cap("X", CapKind.PERIOD, 0, NAME, starts_on=date(2024, 3, 1), ends_on=date(2025, 3, 1)),
            {"ended_on": date(2025, 3, 1)},
        ),
    ],
)
def test_caps_leave_others_alone(limit: Cap, away: dict[str, Any]) -> None:
    assert used(planned(problem(ONE_COURSE, three(300, **away), [rule("GZ1", [10], [1])], [limit]))) == ["A"]


def test_a_cap_that_earlier_conversions_passed_leaves_room_for_nothing_but_waivers() -> None:
    over = Cap("X", CapKind.TOTAL, 300, NAME, used=400)
    tree = group("r", course(1, 300), course(2, 300))
    made = [rule("GZ1", [10], [1]), rule("GZ2", [11], [2], waives=True)]
    plan = planned(problem(tree, three(300, 300), made, [over]))
    assert (used(plan), rest(plan, "A")) == (["B"], ("cap", "上限上限 3.0 已用满。"))


# --- what is open ------------------------------------------------------------------------------------------------------


def ways(plan: Plan, node: str) -> list[str]:
    return [w.sentence.zh for o in plan.open if o.node == node for w in o.ways]


def test_each_open_requirement_says_what_would_close_it() -> None:
    tree = group(
        "r", course(1, 300), course(2, 200), course(3, 100), group("g", course(4, 100), need=100, kind=CREDITS)
    )
    made = [
        rule("GZ1", [20, 10], [1]),
        rule("GZ2", [10], [2], conditions=Conditions(min_mark=9000)),
        pool("GZ4", [10, 21, 22], 500, [4]),
    ]
    names = (ItemName(20, "电工基础"), ItemName(21, "插花"), ItemName(22, "茶艺"))
    plan = planned(problem(tree, three(300), made, items=names))
    assert ways(plan, "c1") == ["再学电工基础，就能抵课程1。", "在校修读课程1，还差 3.0 学分。"]
    assert ways(plan, "c2")[0] == "您有成果A，但成绩要 90 分以上，您的是 80 分。"
    assert ways(plan, "c3") == ["在校修读课程3，还差 1.0 学分。"]
    assert ways(plan, "g")[0] == "在插花、茶艺里再学 2.0 学分，就能抵课程4。"
    way = next(o for o in plan.open if o.node == "c1").ways[0]
    assert (way.kind, way.items, way.rule and way.rule.number) == ("rule", ("电工基础",), "GZ1")


def test_a_choice_that_is_open_is_one_line_and_a_met_one_none() -> None:
    tree = group(
        "r", group("g", course(1, 100), course(2, 200), course(3, 300), need=2, kind=CHOOSE), elective("free", 400)
    )
    plan = planned(problem(tree, three(300), [rule("GZ1", [10], [3])]))
    assert [(o.node, o.missing) for o in plan.open] == [("g", 100), ("free", 400)]
    assert plan.totals.requirements == 2
