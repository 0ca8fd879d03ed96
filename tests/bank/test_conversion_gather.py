"""What a learner's problem gathers: rules of every kind, denials, what to learn next, earlier conversions; always by index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bank.conversion_builders import (
    TODAY,
    catalogue_items,
    course,
    elective,
    group,
    outcome_facts,
    programme_row,
)
from tests.bank.foundation_builders import HOUSE, NOW, institution, tree
from xuefen.bank.conversion import actions, queries, rules
from xuefen.bank.conversion.queries import gather
from xuefen.bank.conversion.types import Conditions, Done, Plan, PoolDraft, RuleDraft, TargetDraft, Text
from xuefen.bank.standards.actions import load_shipped_packs

pytestmark = pytest.mark.django_db(transaction=True)
BASIS = Text("课程对照表", "Course comparison table")


class World:
    """A giver with ten courses, a taker with six of them in a programme and one outside, and an agreement."""

    def __init__(self) -> None:
        load_shipped_packs(by=HOUSE, now=NOW)
        tree()
        self.giver, self.taker = institution("giver", number=1), institution("taker", number=2)
        self.sources = catalogue_items(self.giver, list("ABCDEFGHIJ"))
        self.targets = catalogue_items(self.taker, ["U", "V", "W", "X", "Y", "Z", "OUT"])
        leaves = [course(self.targets[c], 300) for c in "UVWXYZ"]
        self.programme = programme_row(
            self.taker, group("r", group("core", *leaves), elective("free", 600)), total=10_000
        )
        self.agreement = actions.sign_agreement(
            name="学分互认协议", mode="agreement", party_codes=["giver", "taker"],
            signatories={"giver": "甲方", "taker": "乙方"}, effective_from=date(2026, 1, 1), by=HOUSE, now=NOW,
        )  # fmt: skip

    def publish(self, *drafts: RuleDraft) -> list[str]:
        return actions.publish_rules(agreement_number=self.agreement.number, rules=drafts, by=HOUSE, now=NOW)

    def held(self, codes: str, **more: Any) -> list[Any]:
        return [outcome_facts(f"CG{c}", self.sources[c], 300, **more) for c in codes]

    def problem(self, codes: str, **more: Any) -> Any:
        return queries.problem_from(self.held(codes), programme=self.programme, on=TODAY, **more)


@pytest.fixture
def world() -> World:
    return World()


def draft(source: str = "A", target: str = "X", **more: Any) -> RuleDraft:
    facts: dict[str, Any] = {
        "receiver": "taker",
        "sources": tuple(f"giver/{s}" for s in source),
        "targets": tuple(TargetDraft(f"taker/{t}") for t in target.split()),
        "basis": BASIS,
        "effective_from": date(2026, 3, 1),
    }
    return RuleDraft(**{**facts, **more})


def pool(items: str, credits: int) -> PoolDraft:
    return PoolDraft(tuple(f"giver/{i}" for i in items), credits)


def test_rules_of_every_kind_are_found_by_any_item_they_may_take(world: World) -> None:
    either = draft(sources=(), either=(("giver/A",), ("giver/B", "giver/C")), target="X")
    choose = draft(sources=(), pool=pool("DEF", 600), targets=(), elective="free")
    waiver = draft("G", "Y", waives=True)
    outside = draft("A", "OUT")
    half_outside = draft("A", "Z OUT")
    numbers = world.publish(either, choose, waiver, outside, half_outside)
    found = {rule.number for rule in world.problem("BEG").rules}
    assert found == set(numbers[:3])
    by_number = {rule.number: rule for rule in world.problem("BCDEFG").rules}
    s = world.sources
    assert by_number[numbers[0]].either == ((s["A"],), (s["B"], s["C"]))
    assert by_number[numbers[1]].pool is not None
    assert by_number[numbers[2]].waives
    problem = world.problem("BCDEFG")
    plan = rules.plan(problem)
    assert rules.violations(problem, plan) == []
    assert {line.rule.number for line in plan.lines} == set(numbers[:3])


def test_denials_of_items_and_of_issuers_come_along(world: World) -> None:
    of_item = draft("A", "X", denies=True)
    elsewhere = draft("A", "OUT", denies=True)
    of_issuer = draft("", "Y", denies=True, denied_issuer="giver")
    of_another = draft("", "Y", denies=True, denied_issuer="taker")
    gives = draft("A", "Y")
    numbers = world.publish(of_item, elsewhere, of_issuer, of_another, gives)
    problem = queries.problem_from(world.held("A", issuer_code="giver"), programme=world.programme, on=TODAY)
    assert {rule.number for rule in problem.rules} == {numbers[0], numbers[2], numbers[4]}
    assert rules.plan(problem).totals.requirement == 0
    stranger = queries.problem_from(world.held("A", issuer_code="school"), programme=world.programme, on=TODAY)
    assert {rule.number for rule in stranger.rules} == {numbers[0], numbers[4]}
    assert rules.plan(stranger).totals.requirement == 300


def test_for_each_course_a_few_rules_say_what_to_learn_next(world: World) -> None:
    many = [draft("DE"[: 1 + k % 2], "X", conditions=Conditions(min_mark=6000 + k)) for k in range(8)]
    numbers = world.publish(
        draft("A", "Y"),
        *many,
        draft("F", "X OUT"),
        draft("G", "X", denies=True),
        draft("H", "X", effective_until=date(2026, 6, 1)),
    )
    problem = world.problem("A")
    closer = [rule for rule in problem.rules if rule.number != numbers[0]]
    assert len(closer) == gather.CLOSER_KEPT
    assert all(rule.sources == (world.sources["D"],) for rule in closer)  # one item to learn before two
    assert [(i.item_id, i.name, i.issuer_name) for i in problem.items] == [
        (world.sources["D"], "课程D", world.giver.name_zh)
    ]
    plan = rules.plan(problem)
    (opened,) = [line for line in plan.open if line.node == f"c{world.targets['X']}"]
    assert any("课程D" in way.sentence.zh for way in opened.ways)
    # A course whose rule the learner can use already, in part, is explained by that rule.
    assert {rule.number for rule in world.problem("AD").rules} >= set(numbers[1:9:2])


def test_a_rule_holds_from_its_first_day_to_the_day_before_its_end(world: World) -> None:
    (number,) = world.publish(draft("A", "X", effective_until=date(2026, 9, 1)))
    on = {
        day: [r.number for r in queries.problem_from(world.held("A"), programme=world.programme, on=day).rules]
        for day in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 8, 31), date(2026, 9, 1))
    }
    assert list(on.values()) == [[], [number], [number], []]
    (view,) = queries.rule(number)
    assert (view.state, view.retired_on) == ("published", date(2026, 9, 1))
    assert list(queries.violations()) == []


def test_earlier_conversions_are_done_and_use_up_the_caps(world: World) -> None:
    world.publish(draft("A", "X"), draft("B", "Y"), draft("C", "", targets=(), elective="free"))
    first = rules.plan(world.problem("A"))
    third = rules.plan(world.problem("C"))
    spent = replace(world.held("A")[0], free=0)
    held = [spent, *world.held("BC")]

    def problem(*earlier: Plan) -> Any:
        return queries.problem_from(held, programme=world.programme, on=TODAY, earlier=earlier)

    before, after = problem(), problem(first, third)
    x = world.targets["X"]
    assert set(after.done) == {Done(f"c{x}", 300, x), Done("free", 300)}
    used = {cap.code: (old.used, cap.used) for old, cap in zip(before.caps, after.caps, strict=True)}
    assert used["total_share"] == (0, 600)
    assert used["online_share"] == (0, 0)
    plan = rules.plan(after)
    assert rules.violations(after, plan) == []
    assert {give.item_id for line in plan.lines for give in line.gives} <= {world.targets["Y"], None}
    # A programme's newer version has no place for what an older one gave: nothing is done there, the cap is used all the same.
    gone = replace(world.programme, tree={**world.programme.tree, "children": world.programme.tree["children"][1:]})
    moved = queries.problem_from(held, programme=gone, on=TODAY, earlier=[first])
    assert (moved.done, {c.code: c.used for c in moved.caps}["total_share"]) == ((), 300)


def test_the_number_of_queries_stays_the_same(world: World) -> None:
    world.problem("A")  # parses the standard once
    counts = []
    for published in (1, 40):
        world.publish(
            *(draft("A", "X", conditions=Conditions(min_mark=100 * published + k)) for k in range(published)),
            *(draft("D", "Y", conditions=Conditions(min_mark=100 * published + k)) for k in range(published)),
            *(
                draft("A", "Z", denies=True, conditions=Conditions(min_hours=100 * published + k))
                for k in range(published)
            ),
        )
        with CaptureQueriesContext(connection) as captured:
            world.problem("AB")
        counts.append(len(captured))
    assert counts[0] == counts[1] == 8


# --- by index --------------------------------------------------------------------------------------------------------

_STOCK = """
INSERT INTO rule (number, version, agreement_id, receiver_id, state, body, statement, denies, effective_from, retired_on)
SELECT 'S' || n, 1, %(agreement)s, %(receiver)s, 'published',
       jsonb_build_object(
           'rule', jsonb_build_object(
               'basis', jsonb_build_object('zh', '对照', 'en', 'compared'),
               'sources', jsonb_build_array(1000000 + n %% 5000),
               'targets', jsonb_build_array(jsonb_build_object('item_id', 2000000 + n %% 4001))),
           'from', jsonb_build_array('giver/S'), 'to', jsonb_build_array('taker/T')),
       md5(n::text), false, '2026-03-01', NULL
FROM generate_series(1, 100000) n;
INSERT INTO rule_source (rule_id, item_id, receiver_id)
SELECT id, 1000000 + substr(number, 2)::int %% 5000, receiver_id FROM rule WHERE number LIKE 'S%%';
INSERT INTO rule_target (rule_id, item_id, denied_issuer)
SELECT id, 2000000 + substr(number, 2)::int %% 4001, '' FROM rule WHERE number LIKE 'S%%';
"""


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def test_nothing_is_scanned_with_a_hundred_thousand_rules_stored(world: World) -> None:
    facts = {"agreement": world.agreement.pk, "receiver": world.taker.pk}
    with connection.cursor() as cursor:
        cursor.execute(_STOCK, facts)
        cursor.execute("ANALYZE rule, rule_source, rule_target")
    mine = world.publish(draft("A", "X"), draft("", "Y", denies=True, denied_issuer="giver"))
    held = [
        *world.held("A", issuer_code="giver"),
        *(outcome_facts(f"CG{n}", 1_000_000 + n, 300) for n in range(59)),
    ]
    leaves = [course(world.targets[c], 300) for c in "XY"] + [course(2_000_000 + n, 300) for n in range(100)]
    programme = programme_row(world.taker, group("r", *leaves), code="BIG", total=40_000)
    with CaptureQueriesContext(connection) as captured:
        problem = queries.problem_from(held, programme=programme, on=TODAY)
    assert set(mine) <= {rule.number for rule in problem.rules}
    mine_too = {o.item_id for o in held}
    closer = [rule for rule in problem.rules if not rule.denies and not mine_too & rule.items()]
    assert 0 < len(closer) <= len(leaves) * gather.CLOSER_KEPT
    assert len(problem.rules) > len(closer) + len(mine)
    looked = [q["sql"] for q in captured.captured_queries if '"rule' in q["sql"] or " rule" in q["sql"]]
    assert len(looked) == 3
    for sql in looked:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (FORMAT JSON) " + sql.replace("%", "%%"))
            (answer,) = cursor.fetchone()
        document = json.loads(answer) if isinstance(answer, str) else answer
        scanned = [
            node["Relation Name"]
            for node in _nodes(document[0]["Plan"])
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in ("rule", "rule_source", "rule_target")
        ]
        assert scanned == [], sql[:300]
    assert [rule.number for rule in queries.rules_browser(mine[0]).rules] == [mine[0]]
