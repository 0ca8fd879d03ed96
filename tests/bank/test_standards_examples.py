"""The worked examples beside every shipped standard: what a person reads there is what the code does."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from typing import Any

import pytest
import yaml

from tests.bank.standards_builders import caps, groups_capped, held, programme
from xuefen.bank.conversion.rules.gathering import outcome_of
from xuefen.bank.standards.rules import assess, award_gaps, parse_pack, rate, read_facts
from xuefen.bank.standards.types import Assessment, Pack, QualityFacts, Refusal
from xuefen.bedrock.quantity import parse_credits

FOLDER = files("xuefen.bank.standards") / "packs"
CODES = ("cn-2026", "cn-strict", "ects", "in-abc", "kr-acbs")
PACKS: dict[str, Pack] = {}
EXAMPLES: dict[str, dict[str, Any]] = {}
for code in CODES:
    PACKS[code] = parse_pack(yaml.safe_load((FOLDER / f"{code}.yaml").read_text(encoding="utf-8")))
    EXAMPLES[code] = yaml.safe_load((FOLDER / f"{code}.examples.yaml").read_text(encoding="utf-8"))


def of_kind(kind: str) -> list[Any]:
    return [
        pytest.param(PACKS[code], example, id=f"{code}: {example['name']}")
        for code in CODES
        for example in EXAMPLES[code].get(kind, ())
    ]


def every_sentence(node: Any) -> list[Any]:
    return [node, *(below for child in node.children for below in every_sentence(child))]


def test_every_shipped_standard_has_examples_of_known_kinds():
    shipped = {f.name for f in FOLDER.iterdir() if f.name.endswith(".yaml")}
    assert shipped == {f"{code}{end}" for code in CODES for end in (".yaml", ".examples.yaml")}
    kinds = {"assessments", "limits", "quality", "awards", "expiry"}
    assert all({"assessments", "limits"} <= set(examples) <= kinds for examples in EXAMPLES.values())


@pytest.mark.parametrize(("pack", "example"), of_kind("assessments"))
def test_assessment(pack, example):
    found, gives = assess(read_facts(example["facts"], pack), pack), example["gives"]

    if "refusal" in gives:
        assert isinstance(found, Refusal)
        assert found.problem.code == gives["refusal"]
        assert found.explanation.zh == found.problem.sentence("zh", found.params)
        return
    assert isinstance(found, Assessment)
    assert found.credits == parse_credits(gives["credits"])
    assert found.level == gives.get("level", found.level)
    assert found.quality == gives.get("quality", found.quality)
    assert sorted(found.rights) == gives.get("rights", sorted(found.rights))
    root = found.explanation
    assert root.children
    for step in every_sentence(root):
        assert step.zh and step.en
        assert step.reference == f"{pack.code}/1 {step.rule} · {step.clause}"
        assert step.clause.split()[0].rstrip(";,") in pack.sources


@pytest.mark.parametrize(("pack", "example"), of_kind("limits"))
def test_limits(pack, example):
    plan = programme(**example["programme"])
    outcomes = tuple(held(i, **what) for i, what in enumerate(example.get("outcomes", ())))

    assert {cap.code: cap.limit for cap in caps(pack, plan, outcomes)} == {
        code: parse_credits(amount) for code, amount in example["caps"].items()
    }
    assert groups_capped(pack, plan) == {
        tag: parse_credits(amount) for tag, amount in example.get("groups", {}).items()
    }


@pytest.mark.parametrize(("pack", "example"), of_kind("quality"))
def test_quality(pack, example):
    nobody = dict.fromkeys(("coverage", "assessment", "staff", "pass_rate"))
    grade, why = rate(QualityFacts(**nobody | example["found"]), pack)
    assert grade == example["grade"]
    assert why.rule == f"quality.{grade}"
    assert why.children


@pytest.mark.parametrize(("pack", "example"), of_kind("awards"))
def test_awards(pack, example):
    groups = {tag: parse_credits(amount) for tag, amount in example["groups"].items()}
    gaps = award_gaps(pack, award=example["award"], total=parse_credits(example["total"]), groups=groups)
    assert [gap.inputs[0][0] for gap in gaps] == example["lacks"]


@pytest.mark.parametrize(("pack", "example"), of_kind("expiry"))
def test_expiry(pack, example):
    found = outcome_of(held(0, ended=example["awarded"]), pack=pack, shelf_years=example.get("years", ()))
    assert found.expires_on == date.fromisoformat(example["last_day"])
