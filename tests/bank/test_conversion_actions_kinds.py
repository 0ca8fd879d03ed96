"""Every kind of rule through text and database: what goes in comes out, is indexed, and nothing absurd is published."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.bank.conversion_builders import TODAY
from tests.bank.foundation_builders import HOUSE, NOW
from tests.bank.rule_builders import World, draft
from xuefen.bank.conversion import actions, queries
from xuefen.bank.conversion.models import Rule, RuleSource, RuleTarget
from xuefen.bank.conversion.rules.text import write_text
from xuefen.bank.conversion.types import Conditions, PoolDraft, RuleDraft, TargetDraft, Text
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.actions import load_shipped_packs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World()


KINDS = """\
v: 2
rules:
  - receiver: taker
    from: {any: [giver/A, [giver/B, giver/C]]}
    to: [taker/X, {course: taker/Y, credits: 2.5}]
    when: {mark: 72.5, level: 4, within_years: 8, issuers: [university], earned_from: 2020-01-01, online: false}
    grade: 90
    overlap: 86
    basis: {zh: 内容重合 86%，比对记录 12 号, en: "86 % overlap: record 12"}
    clause: 第 4 条
    effective_from: 2026-03-01
  - receiver: taker
    from: {choose: 6.0 credits, from: [giver/A, giver/B, giver/C]}
    to: {elective: "*", credits: 4.0}
    basis: 通识选修
    effective_from: 2026-03-01
    effective_until: 2027-03-01
  - receiver: taker
    from: giver/A
    to: taker/Z
    waives: true
    basis: 免修
    effective_from: 2026-03-01
  - receiver: taker
    from: [giver/B, giver/C]
    to: taker/Z
    no_articulation: true
    basis: 不予转换
    effective_from: 2026-03-01
  - receiver: taker
    from: {issuer: giver}
    to: taker/Y
    no_articulation: true
    basis: 不予转换
    effective_from: 2026-03-01
"""


def imported(world: World, path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    return actions.import_rules(path, agreement_number=world.agreement.number, by=HOUSE, now=NOW)


def test_text_goes_into_the_database_and_comes_out_the_same(world: World, tmp_path: Path) -> None:
    load_shipped_packs(by=HOUSE, now=NOW)
    numbers = imported(world, tmp_path / "rules.yaml", KINDS)
    stored = list(queries.published_drafts(agreement_number=world.agreement.number))
    assert [d.number for d in stored] == numbers
    assert write_text(replace(d, number=None) for d in stored) == KINDS
    assert list(queries.published_drafts(receiver_code="taker", on=date(2026, 2, 28))) == []
    assert len(list(queries.published_drafts(receiver_code="taker", on=date(2027, 3, 1)))) == 4
    # Edited with its number and a later day, the text is each rule's next version.
    later = write_text(stored[:1]).replace("2026-03-01", "2026-10-01").replace("mark: 72.5", "mark: 良好")
    assert imported(world, tmp_path / "next.yaml", later) == numbers[:1]
    newest, first = queries.rule(numbers[0])
    assert (newest.version, newest.body["conditions"]["min_mark"], first.retired_on) == (2, 8000, date(2026, 10, 1))
    assert list(queries.violations()) == []


def test_every_item_a_rule_may_take_is_indexed_and_every_rule_is_a_sentence(world: World, tmp_path: Path) -> None:
    load_shipped_packs(by=HOUSE, now=NOW)
    numbers = imported(world, tmp_path / "rules.yaml", KINDS)
    s, t = world.sources, world.targets
    rows = {n: set(RuleSource.objects.filter(rule__number=n).values_list("item_id", flat=True)) for n in numbers}
    every = {s["A"], s["B"], s["C"]}
    assert list(rows.values()) == [every, every, {s["A"]}, {s["B"], s["C"]}, set()]
    given = RuleTarget.objects.order_by("id").values_list("rule__number", "item_id", "denied_issuer")
    assert list(given) == [
        (numbers[0], t["X"], ""), (numbers[0], t["Y"], ""), (numbers[2], t["Z"], ""), (numbers[3], t["Z"], ""),
        (numbers[4], t["Y"], "giver"),
    ]  # fmt: skip
    said = {rule.number: rule.sentence.zh for rule in queries.rules_browser("").rules}
    assert said[numbers[1]] == "在 课程A、课程B、课程C 中修满 6.0 学分，计入 4.0 个选修学分。"
    assert said[numbers[2]] == "持有 课程A，可免修 课程Z（不计学分）。"
    assert said[numbers[4]] == f"{world.giver.name_zh} 的任何成果都不能替代 课程Y。"
    assert list(queries.violations()) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE rule SET statement = repeat('0', 32)", "different statements"),
        ("UPDATE rule SET denies = true", "different statements"),
        ("DELETE FROM rule_source", "different sources"),
        ("UPDATE rule_target SET denied_issuer = 'giver'", "different targets"),
        ("DELETE FROM rule_target", "different targets"),
    ],
)
def test_prove_notices_an_index_that_says_something_else(world: World, change: str, found: str) -> None:
    world.publish(draft())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE rule DISABLE TRIGGER USER; ALTER TABLE rule_source DISABLE TRIGGER USER;"
                       "ALTER TABLE rule_target DISABLE TRIGGER USER")  # fmt: skip
        cursor.execute(change)
        cursor.execute("ALTER TABLE rule ENABLE TRIGGER USER; ALTER TABLE rule_source ENABLE TRIGGER USER;"
                       "ALTER TABLE rule_target ENABLE TRIGGER USER")  # fmt: skip
    assert [v.found for v in queries.violations() if found in v.found]


def errors_of(world: World, *drafts: RuleDraft) -> list[tuple[int, str, dict[str, Any]]]:
    with pytest.raises(Denied) as denied:
        world.publish(*drafts)
    assert denied.value.code == "rules_refused"
    assert denied.value.sentence("zh") and denied.value.sentence("en")
    return [(e.index, e.problem.code, dict(e.params)) for e in denied.value.params["errors"]]  # type: ignore[attr-defined]


def test_the_same_rule_in_one_period_is_refused_and_the_other_is_named(world: World) -> None:
    (number,) = world.publish(draft(sources=("giver/A", "giver/B"), effective_until=date(2026, 9, 1)))
    again = draft(sources=("giver/B", "giver/A"), basis=Text("另一依据", "Another basis"), clause="另一条")
    assert errors_of(world, again) == [(0, "rule_duplicate", {"number": number})]
    assert errors_of(world, draft("giver/C"), draft("giver/C")) == [(1, "rule_duplicate_in_set", {"other": 1})]
    afterwards = replace(again, effective_from=date(2026, 9, 1))
    stricter = replace(again, conditions=Conditions(min_mark=8000))
    assert len(world.publish(afterwards, stricter)) == 2
    # A set twice as old does not escape by another agreement.
    other = actions.sign_agreement(
        name="又一份协议", mode="framework", party_codes=["giver", "taker"],
        signatories={"giver": "甲方代表", "taker": "乙方代表"}, effective_from=date(2026, 1, 1), by=HOUSE, now=NOW,
    )  # fmt: skip
    with pytest.raises(Denied) as denied:
        actions.publish_rules(agreement_number=other.number, rules=[again], by=HOUSE, now=NOW)
    assert denied.value.code == "rules_refused"
    assert list(queries.violations()) == []


def test_prove_notices_two_rules_that_say_the_same(world: World) -> None:
    first, second = world.publish(draft(), draft(conditions=Conditions(min_mark=6000)))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE rule DISABLE TRIGGER USER")
        cursor.execute("UPDATE rule SET statement = (SELECT statement FROM rule WHERE number = %s)", [first])
        cursor.execute("ALTER TABLE rule ENABLE TRIGGER USER")
    found = {v.subject: v.found for v in queries.violations()}
    assert found[f"rule {second}/1"] == "another rule says the same on one day"


def test_too_little_content_in_common_is_refused_with_the_clause(world: World) -> None:
    load_shipped_packs(by=HOUSE, now=NOW)
    ((index, code, params),) = errors_of(world, draft("giver/B", overlap=80), draft(overlap=79))
    assert (index, code, params["overlap"], params["needed"]) == (1, "rule_overlap_low", 79, 80)
    assert params["reference"].startswith("cn-2026/")
    assert "policy.content_overlap" in params["reference"]
    assert len(world.publish(draft(overlap=80))) == 1


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({"sources": (), "either": tuple((f"giver/{c}",) for c in "ABC") * 22}, "rule_too_wide"),
        ({"sources": (), "pool": PoolDraft(("giver/A",), -100)}, "rule_shape"),
        ({"targets": (TargetDraft("taker/X", 100_001),)}, "rule_shape"),
        ({"targets": (), "elective": "*", "result": 100_001}, "rule_shape"),
        ({"effective_until": date(2026, 3, 1)}, "rule_validity"),
        ({"conditions": Conditions(min_level=11)}, "rule_shape"),
        ({"conditions": Conditions(issuer_kinds=("bakery",))}, "rule_shape"),
        ({"sources": (), "denies": True, "denied_issuer": "nobody"}, "rule_issuer_unknown"),
        ({"denied_issuer": "giver"}, "rule_shape"),
    ],
)
def test_absurd_drafts_are_refused_however_they_come(world: World, bad: dict[str, Any], code: str) -> None:
    assert code in [found for _, found, _ in errors_of(world, draft(**bad))]
    assert Rule.objects.count() == 0


def test_a_file_is_checked_against_the_register_line_by_line(world: World, tmp_path: Path) -> None:
    load_shipped_packs(by=HOUSE, now=NOW)
    path = tmp_path / "rules.yaml"
    bad = KINDS.replace("giver/A\n    to: taker/Z", "giver/Q\n    to: taker/Z").replace(
        "waives: true", "waives: perhaps"
    )
    path.write_text(
        bad.replace("overlap: 86", "overlap: 12").replace("{issuer: giver}", "{issuer: nobody}"), encoding="utf-8"
    )
    text = actions.read_rule_text(path, standard="cn-2026", on=TODAY)
    found = actions.check_text(text, agreement_number=world.agreement.number, on=TODAY)
    assert [(f.line, f.rule, f.place) for f in found] == [
        (3, 1, "rules[1].overlap"), (21, 3, "rules[3].waives"), (30, 5, "rules[5].denied_issuer"),
    ]  # fmt: skip
    assert all(f.zh and f.en for f in found)
    with pytest.raises(Denied) as denied:
        actions.import_rules(path, agreement_number=world.agreement.number, by=HOUSE, now=NOW)
    assert (denied.value.code, denied.value.place) == ("rule_text_faults", "21: rules[3].waives")
    with pytest.raises(Denied) as denied:
        actions.read_rules(tmp_path / "nothing.yaml")
    assert (denied.value.code, denied.value.place) == ("rule_text_unreadable", "nothing.yaml")
