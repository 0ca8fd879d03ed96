"""Agreements and rules in the real database, and a plan gathered from it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
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
from tests.bank.foundation_builders import HOUSE, NOW, account, as_learner, at_institution
from tests.bank.rule_builders import World, different, draft
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.conversion import actions, queries, rules
from xuefen.bank.conversion.models import Agreement, Rule, RuleSource, RuleTarget
from xuefen.bank.conversion.types import Conditions, TargetDraft
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.standards.actions import load_shipped_packs
from xuefen.bank.translog.models import QueuedLeaf

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World()


def test_an_agreement_is_signed_by_every_party(world: World) -> None:
    row = Agreement.objects.get()
    members = row.members.order_by("institution__code").values_list("institution__code", "signatory", "joined_on")
    assert list(members) == [("giver", "甲方代表", date(2026, 1, 1)), ("taker", "乙方代表", date(2026, 1, 1))]
    leaf = json.loads(bytes(QueuedLeaf.objects.order_by("-id")[0].body))
    assert (leaf["kind"], leaf["agreement"], leaf["parties"]) == ("agreement_signed", row.number, ["giver", "taker"])
    assert AuditEntry.objects.filter(action="agreements.signed", subject_id=row.number).count() == 1
    with pytest.raises(Denied) as denied:
        actions.sign_agreement(
            name="半份", mode="agreement", party_codes=["giver", "taker"], signatories={"giver": "甲"},
            effective_from=TODAY, by=HOUSE, now=NOW,
        )  # fmt: skip
    assert denied.value.code == "agreement_parties"


def test_a_set_of_rules_is_published_with_its_index_one_leaf_and_one_entry(world: World) -> None:
    leaves = QueuedLeaf.objects.count()
    numbers = world.publish(
        draft(conditions=Conditions(min_mark=6000), clause="第 4 条"),
        draft("giver/B", sources=("giver/B", "giver/C"), targets=(TargetDraft("taker/Y", 250), TargetDraft("taker/Z"))),
        draft("giver/C", targets=(), elective="*", result=100),
    )
    assert list(Rule.objects.order_by("id").values_list("number", "version", "state")) == [
        (n, 1, "published") for n in numbers
    ]
    s, t = world.sources, world.targets
    assert list(RuleSource.objects.order_by("id").values_list("item_id", "receiver_id")) == [
        (i, world.taker.pk) for i in (s["A"], s["B"], s["C"], s["C"])
    ]
    assert list(RuleTarget.objects.order_by("id").values_list("item_id", flat=True)) == [t["X"], t["Y"], t["Z"]]
    assert QueuedLeaf.objects.count() == leaves + 1
    leaf = json.loads(bytes(QueuedLeaf.objects.order_by("-id")[0].body))
    assert (leaf["kind"], leaf["count"], len(leaf["sm3"])) == ("rules_published", 3, 64)
    entry = AuditEntry.objects.get(action="rules.published")
    assert entry.after == {"count": 3, "sm3": leaf["sm3"], "imported_under": world.agreement.number}
    (view,) = queries.rule(numbers[0])
    assert (view.sources, view.targets, view.body["clause"]) == (("giver/A",), ("taker/X",), "第 4 条")
    assert list(queries.violations()) == []


@pytest.mark.parametrize(
    ("bad", "code", "place"),
    [
        ({"sources": ("giver/Q",)}, "rule_item_unknown", "items"),
        ({"sources": ("nobody/A",)}, "rule_item_unknown", "items"),
        ({"receiver": "stranger"}, "rule_receiver_not_party", "receiver"),
        ({"targets": (TargetDraft("giver/B"),)}, "rule_target_not_of_receiver", "targets"),
        ({"targets": (TargetDraft("taker/X", -100),)}, "rule_shape", ""),
        ({"targets": ()}, "rule_shape", ""),
        ({"sources": ("giver/A", "giver/A")}, "rule_shape", "sources"),
        ({"effective_from": date(2025, 12, 31)}, "agreement_not_in_force", "effective_from"),
        ({"number": "GZ0000000000000"}, "rule_unknown", "number"),
    ],
)
def test_one_bad_rule_refuses_the_set_and_is_named(world: World, bad: dict[str, Any], code: str, place: str) -> None:
    with pytest.raises(Denied) as denied:
        world.publish(draft("giver/C"), draft(**bad))
    assert denied.value.code == "rules_refused"
    assert [(e.index, e.problem.code, e.field) for e in denied.value.params["errors"]] == [(1, code, place)]  # type: ignore[attr-defined]
    assert denied.value.sentence("zh") and denied.value.sentence("en")
    assert Rule.objects.count() == 0


def test_a_new_version_ends_the_one_before_it(world: World) -> None:
    (number,) = world.publish(draft())
    later = draft(number=number, effective_from=date(2026, 9, 1), conditions=Conditions(min_mark=7000))
    assert world.publish(later) == [number]
    assert [(v.version, v.retired_on) for v in queries.rule(number)] == [(2, None), (1, date(2026, 9, 1))]
    for day, version in ((date(2026, 8, 31), 1), (date(2026, 9, 1), 2)):
        assert list(queries.in_force(day).values_list("version", flat=True)) == [version]
    moved = replace(later, receiver="giver", targets=(TargetDraft("giver/B"),), effective_from=TODAY)
    for again, code in ((later, "rule_overlaps"), (moved, "rule_another_receiver")):
        with pytest.raises(Denied) as denied:
            world.publish(again)
        assert [e.problem.code for e in denied.value.params["errors"]] == [code]  # type: ignore[attr-defined]
    with pytest.raises(Denied) as denied:
        world.publish(replace(later, effective_from=TODAY), replace(later, effective_from=TODAY))
    assert [e.problem.code for e in denied.value.params["errors"]] == ["rule_twice"]  # type: ignore[attr-defined]
    assert list(queries.violations()) == []


def test_retiring_ends_a_rule_once(world: World) -> None:
    (number,) = world.publish(draft())
    actions.retire_rule(number=number, on=TODAY, reason="课程停开", by=HOUSE, now=NOW)
    assert queries.in_force(TODAY).count() == 0
    assert queries.in_force(date(2026, 11, 19)).count() == 1
    with pytest.raises(Denied) as denied:
        actions.retire_rule(number=number, on=TODAY, reason="", by=HOUSE, now=NOW)
    assert denied.value.code == "rule_already_retired"


def test_only_the_receivers_own_reviewer_or_the_hub_publishes(world: World) -> None:
    reviewer = at_institution(Role.REVIEWER, world.taker.pk)
    (number,) = world.publish(draft(), by=reviewer)
    other = at_institution(Role.REVIEWER, world.giver.pk)
    for who in (other, at_institution(Role.ISSUER_OFFICER, world.taker.pk), as_learner(1)):
        with pytest.raises(Denied) as denied:
            world.publish(draft("giver/B"), by=who)
        assert denied.value.code == "not_allowed"
        with pytest.raises(Denied) as denied:
            actions.retire_rule(number=number, on=TODAY, reason="", by=who, now=NOW)
        assert denied.value.code == "not_allowed"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rule SET body = '{}'",
        "UPDATE rule SET effective_from = '2020-01-01'",
        "DELETE FROM rule_source",
        "UPDATE rule_target SET item_id = item_id + 1",
        "DELETE FROM rule",
        "UPDATE agreement SET name = 'x'",
    ],
)
def test_the_database_keeps_what_was_published(world: World, statement: str) -> None:
    world.publish(draft())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def _programme(world: World) -> Any:
    leaves = [course(world.targets[c], 300) for c in ("X", "Y", "Z")]
    return programme_row(world.taker, group("r", group("core", *leaves), elective("free", 600)), total=1200)


def test_a_problem_is_gathered_from_the_database_and_planned(world: World) -> None:
    load_shipped_packs(by=HOUSE, now=NOW)
    numbers = world.publish(draft(), draft("giver/B", "taker/Y"), draft("giver/C", targets=(), elective="free"))
    programme = _programme(world)
    held = [outcome_facts(f"CG{c}", i, 350) for c, i in world.sources.items()]
    problem = queries.problem_from(held, programme=programme, on=TODAY)
    assert [r.number for r in problem.rules] == sorted(numbers)
    assert {c.code: c.limit for c in problem.caps} == {
        "total_share": 600, "online_share": 300, "same_or_higher_degree_share": 600,
    }  # fmt: skip
    assert (problem.record_only, problem.tolerance, problem.grain) == ("C", 200, 50)
    assert problem.record_only_basis.startswith("cn-2026/1 quality.C · ")
    plan = rules.plan(problem)
    assert rules.violations(problem, plan) == []
    assert (plan.totals.requirement, plan.totals.elective) == (600, 0)
    before = queries.problem_from(held, programme=programme, on=date(2026, 2, 28))
    assert before.rules == ()


def test_courses_the_standard_keeps_are_not_replaced(world: World) -> None:
    load_shipped_packs(by=HOUSE, now=NOW)
    barred = catalogue_items(world.taker, ["P"], detail={"subject": "pe"})
    world.publish(draft(target="taker/P"))
    programme = programme_row(world.taker, group("r", course(barred["P"], 300)))
    plan = rules.plan(
        queries.problem_from([outcome_facts("CGA", world.sources["A"], 300)], programme=programme, on=TODAY)
    )
    assert [(u.number, u.reason) for u in plan.unused] == [("CGA", "cap")]


def test_the_number_of_queries_does_not_grow(world: World) -> None:
    load_shipped_packs(by=HOUSE, now=NOW)
    opened = account()
    programme = _programme(world)
    queries.problem_for(
        EVERYTHING, learner_id=opened.learner_id, programme=programme, on=TODAY
    )  # parses the standard once
    held = [outcome_facts(f"CG{c}", i, 350) for c, i in world.sources.items()]
    counts = []
    for published in (1, 30):
        world.publish(*(different(k + 100 * published) for k in range(published)))
        with CaptureQueriesContext(
            connection,
        ) as captured:
            queries.problem_from(held, programme=programme, on=TODAY)
        counts.append(len(captured))
    assert counts == [7, 7]


def test_a_learner_reads_only_their_own_problem(world: World) -> None:
    load_shipped_packs(by=HOUSE, now=NOW)
    opened, other = account(1), account(2)
    programme = _programme(world)
    scope = as_learner(opened.learner_id).scope("plans.make")
    assert queries.problem_for(scope, account_no=opened.account_no, programme=programme, on=TODAY).outcomes == ()
    with pytest.raises(Denied) as denied:
        queries.problem_for(scope, account_no=other.account_no, programme=programme, on=TODAY)
    assert denied.value.code == "account_unknown"


def test_anybody_browses_rules(world: World) -> None:
    numbers = world.publish(*(different(k) for k in range(60)), draft("giver/B", "taker/Y"))
    with CaptureQueriesContext(connection) as captured:
        first = queries.rules_browser("", 1)
    assert (len(first.rules), first.pages, first.total, len(captured)) == (50, 2, 61, 3)
    assert [r.number for r in queries.rules_browser("", 2).rules] == sorted(numbers)[50:]
    assert [r.number for r in queries.rules_browser(numbers[3]).rules] == [numbers[3]]
    assert [r.number for r in queries.rules_browser("Y").rules] == [numbers[60]]
    assert queries.rules_browser("没有这样的课").total == 0
    covered = queries.reach(on=TODAY)
    assert (covered.rules, covered.source_items, covered.target_items, covered.receivers) == (61, 2, 2, 1)


def test_thousands_of_rules_in_a_few_seconds(world: World) -> None:
    many = [different(k, ("giver/A", "giver/B", "giver/C")[k % 3]) for k in range(20_000)]
    started = time.perf_counter()
    numbers = world.publish(*many)
    assert len(set(numbers)) == 20_000
    assert RuleSource.objects.count() == 20_000
    assert time.perf_counter() - started < 30  # about 2 s on an idle machine
