"""The referee's own reading of docs/conversion-problem.md: by hand, by brute force and by CP-SAT it says the same."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from benchmarks.referee import faults, features, matter, reading
from benchmarks.referee.peer import Peer
from benchmarks.referee.plans import lines_of, plan_of
from benchmarks.referee.problems import random_problem
from benchmarks.referee.shrink import shrink

from tests.bank.conversion_builders import cap, course, elective, group, outcome, problem, rule
from tests.benchmarks.brute_force import brute_force
from xuefen.bank.conversion import rules
from xuefen.bank.conversion.types import (
    CapKind,
    Conditions,
    Done,
    NodeKind,
    Plan,
    PlanRule,
    Pool,
    Problem,
    Target,
    Text,
)

TINY = {"outcomes": (4, 6), "rules": (8, 18)}


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    if importlib.util.find_spec("ortools") is None:
        pytest.skip("OR-tools is not installed (pip install 'xuefen[bench]'): no second solver to ask")
    with Peer() as running:
        yield running


# --- the page's paragraphs, one example each -------------------------------------------------------------------------

TREE = group("root", course(100, 300), course(101, 200), elective("free", 400))
ONE, TWO = outcome("A", 1, 300), outcome("B", 2, 200)


def best(*given: PlanRule, tree: Any = TREE, outcomes: Any = (ONE, TWO), **more: Any) -> list[int]:
    return brute_force(problem(tree, list(outcomes), list(given), **more))


def pool(number: str, items: tuple[int, ...], credits: int, **more: Any) -> PlanRule:
    return PlanRule(number, 1, Text("", ""), pool=Pool(items, credits), **more)


def test_requirements_come_before_electives_and_outcomes_are_used_once() -> None:
    assert best(rule("R", [1], [100]), rule("S", [1], "free")) == [1, 300, 0, 1]


def test_a_family_counts_once_even_when_its_highest_is_in_use() -> None:
    low, high = replace(ONE, family="f", level=4), replace(TWO, family="f", level=5)
    assert best(rule("R", [1], [100]), outcomes=(low, high)) == [0, 0, 0, 0]
    assert best(rule("R", [1], [100]), outcomes=(low, replace(high, free=0))) == [0, 0, 0, 0]
    assert best(rule("R", [1], [100]), outcomes=(low, replace(high, convertible=False))) == [1, 300, 0, 1]


def test_the_rest_of_an_outcome_is_carried_only_where_the_standard_says_so() -> None:
    part = replace(ONE, credits=500, free=300)
    assert best(rule("R", [1], [100]), outcomes=(part,)) == [0, 0, 0, 0]
    assert best(rule("R", [1], [100]), outcomes=(part,), leftover="carried") == [1, 300, 0, 1]


def test_a_name_counts_once() -> None:
    same = tuple(replace(o, name_key="n") for o in (ONE, TWO))
    both = rule("R", [1], [100]), rule("S", [2], [101])
    assert best(*both, outcomes=same) == [2, 500, 0, 2]
    assert best(*both, outcomes=same, same_name_once=True) == [1, 300, 0, 1]
    assert best(*both, outcomes=(same[0], replace(same[1], free=0)), same_name_once=True) == [0, 0, 0, 0]


def test_what_is_unknown_meets_no_condition() -> None:
    asks = rule("R", [1], [100], conditions=Conditions(min_hours=16))
    assert best(asks) == [0, 0, 0, 0]
    assert best(asks, outcomes=(replace(ONE, hours=16),)) == [1, 300, 0, 1]


def test_conditions_on_time_look_at_the_end_of_the_class_and_ages_at_the_award() -> None:
    asks = rule("R", [1], [100], conditions=Conditions(earned_from=date(2024, 1, 1)))
    assert best(asks, outcomes=(replace(ONE, ended_on=date(2023, 12, 31)),)) == [0, 0, 0, 0]
    young = rule("R", [1], [100], conditions=Conditions(max_age_years=3))
    old = replace(ONE, ended_on=date(2020, 1, 1), awarded_on=date(2023, 11, 20))
    assert best(young, outcomes=(old,)) == [1, 300, 0, 1]
    assert best(young, outcomes=(replace(old, awarded_on=date(2023, 11, 19)),)) == [0, 0, 0, 0]


def test_a_pool_takes_any_that_add_up() -> None:
    again = outcome("C", 1, 100)
    assert best(pool("P", (1, 2), 600, elective="free"), outcomes=(ONE, TWO, again)) == [0, 0, 400, 3]
    assert best(pool("P", (1, 2), 601, elective="free"), outcomes=(ONE, TWO, again)) == [0, 0, 0, 0]


def test_courses_share_first_what_they_need_then_in_order() -> None:
    p = problem(TREE, [outcome("A", 1, 450)], [rule("R", [1], [100, 101])], tolerance=100)
    (way,) = reading.ways(p)
    (found,) = reading.applications(p, way)
    assert (found.recognised, found.done) == ((300, 150), (True, True))


def test_awarding_a_shortfall_leaves_the_course_open() -> None:
    small = outcome("A", 1, 100)
    assert best(rule("R", [1], [100]), outcomes=(small,)) == [0, 0, 0, 0]
    assert best(rule("R", [1], [100]), outcomes=(small,), shortfall="award") == [0, 100, 0, 1]
    assert best(rule("R", [1], [Target(100, 50)]), outcomes=(small,), shortfall="award") == [0, 50, 0, 1]


def test_a_waiver_meets_without_credit_whatever_its_sources_carry() -> None:
    assert best(rule("R", [2], [100], waives=True), direction=True) == [1, 0, 0, 1]


def test_direction_larger_for_smaller_required_for_elective() -> None:
    near = outcome("A", 1, 250)
    assert best(rule("R", [1], [100]), outcomes=(near,), shortfall="award") == [0, 250, 0, 1]
    assert best(rule("R", [1], [100]), outcomes=(near,), shortfall="award", direction=True) == [0, 0, 0, 0]
    free = replace(ONE, nature="elective")
    assert best(rule("R", [1], [100]), outcomes=(free,), direction=True) == [0, 0, 0, 0]
    assert best(rule("R", [1], "free"), outcomes=(free,), direction=True) == [0, 0, 300, 1]


def test_a_course_waits_for_what_it_builds_on() -> None:
    tree = group("root", course(100, 300), course(101, 200, after=(100,)))
    assert best(rule("S", [2], [101]), tree=tree) == [0, 0, 0, 0]
    assert best(rule("S", [2], [101]), rule("R", [1], [100]), tree=tree) == [2, 500, 0, 2]
    assert best(rule("S", [2], [101]), tree=tree, done=(Done("c100", 300, 100),)) == [2, 500, 0, 1]
    assert best(rule("S", [2], [101]), tree=tree, outcomes=(TWO, outcome("C", 100, 50))) == [1, 200, 0, 1]


def test_a_denial_is_stronger_than_any_rule() -> None:
    no = rule("D", [1], [100], denies=True)
    assert best(rule("R", [1], [100]), no) == [0, 0, 0, 0]
    whole = PlanRule("D", 1, Text("", ""), targets=(Target(100),), denies=True, denied_issuer="school")
    assert best(rule("R", [1], [100]), rule("S", [2], [101]), whole) == [1, 200, 0, 1]


def test_caps_add_up_shares_with_what_is_used() -> None:
    pair = rule("R", [1, 2], [100])  # 300 of the first, nothing of the second
    online = (ONE, replace(TWO, online=True))
    assert best(pair, outcomes=online, caps=[cap("o", CapKind.ONLINE, 0)]) == [1, 300, 0, 2]
    assert best(pair, outcomes=online, caps=[replace(cap("o", CapKind.ONLINE, 299), outside=True)]) == [0, 0, 0, 0]
    assert best(pair, caps=[replace(cap("t", CapKind.TOTAL, 500), used=201)]) == [0, 0, 0, 0]
    year = replace(cap("p", CapKind.PERIOD, 0), starts_on=date(2024, 7, 1), ends_on=date(2024, 7, 2))
    assert best(pair, caps=[year]) == [0, 0, 0, 0]
    assert best(pair, caps=[replace(year, starts_on=date(2024, 6, 1), ends_on=date(2024, 7, 1))]) == [1, 300, 0, 2]


def test_on_site_means_no_credit_but_a_waiver() -> None:
    tree = group("root", group("site", course(100, 300), cap=0))
    assert best(rule("R", [1], [100]), tree=tree) == [0, 0, 0, 0]
    assert best(rule("R", [1], [100], waives=True), tree=tree) == [1, 0, 0, 1]


def test_a_shared_group_is_a_check_on_what_counts_elsewhere() -> None:
    check = group(
        "check", replace(course(100, 300), id="again"), course(102, 100), need=300, kind=NodeKind.CREDITS, shared=True
    )
    tree = group("root", course(100, 300), check)
    assert best(rule("R", [1], [100]), tree=tree) == [2, 300, 0, 1]
    assert best(rule("S", [2], [102]), tree=tree) == [0, 0, 0, 0]


# --- the same by three roads -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", range(4))
def test_the_model_finds_what_trying_everything_finds(peer: Peer, block: int) -> None:
    for seed in range(40 * block, 40 * (block + 1)):
        p = random_problem(seed, **TINY)
        assert peer.best(p)["found"] == brute_force(p), seed


def test_a_plan_of_the_model_is_a_document_the_model_accepts_again(peer: Peer) -> None:
    for seed in range(30):
        p = random_problem(seed)
        answer = peer.best(p)
        plan = plan_of(p, answer)
        assert peer.best(p, lines_of(p, plan))["found"] == answer["found"]
        counted = sum(line.counts for line in plan.lines) + plan.totals.done
        assert counted == plan.totals.requirement + plan.totals.elective


def test_the_model_refuses_lines_no_rule_allows(peer: Peer) -> None:
    p = problem(TREE, [ONE, TWO], [rule("R", [1], [100]), rule("S", [1], "free")])
    assert peer.best(p, [("R", ("A",), ("c100",))])["found"] == [1, 300, 0, 1]
    assert not peer.best(p, [("R", ("B",), ("c100",))])["proven"]
    assert not peer.best(p, [("R", ("A",), ("c100",)), ("S", ("A",), ("free",))])["proven"]


def test_a_wrong_plan_does_not_pass(peer: Peer) -> None:
    p = problem(TREE, [ONE, TWO], [rule("R", [1], [100]), rule("S", [2], "free")], caps=[cap("t", CapKind.TOTAL, 500)])
    answer, right = peer.best(p), rules.plan(p)

    def said(plan: Plan) -> list[str]:
        return list(faults(p, plan, answer, peer.best(p, lines_of(p, plan))))

    assert said(right) == []
    assert said(replace(right, lines=right.lines[:1])) != []
    assert said(replace(right, totals=replace(right.totals, met=2))) != []
    assert said(replace(right, proof=replace(right.proof, proven=False))) == ["our plan is not proven"]
    assert list(faults(p, right, peer.best(replace(p, caps=())), None)) != []


def test_a_kind_matters_where_the_optimum_is_another_without_it(peer: Peer) -> None:
    p = problem(TREE, [ONE, TWO], [rule("R", [1], [100]), rule("S", [2], "free")], caps=[cap("t", CapKind.TOTAL, 400)])
    assert set(matter([p], peer)) == {"cap total"}
    roomy = replace(p, caps=(cap("t", CapKind.TOTAL, 500),))
    assert set(matter([roomy], peer)) == {"elective rule", "elective group"}


def test_every_kind_is_used() -> None:
    problems = [random_problem(seed) for seed in range(60)]
    assert [f.name for f in features.FEATURES if not any(map(f.used, problems))] == []


def test_random_problems_are_well_formed_and_the_same_for_a_seed() -> None:
    for seed in range(60):
        p = random_problem(seed)
        assert Problem.from_json(p.to_json()) == p == random_problem(seed)


def test_shrinking_keeps_what_matters_and_nothing_else() -> None:
    p = random_problem(3)

    def on_site(q: Problem) -> bool:
        return any(n.cap == 0 for n in q.tree.walk()) or any(o.credits == p.outcomes[0].credits for o in q.outcomes)

    small = shrink(p, lambda q: on_site(q) and len(q.rules) > 0)
    assert len(small.rules) == 1
    assert len(small.outcomes) <= 1
    assert small.caps == ()
