"""The shipped standard, its worked examples, and what a pack must be."""

from __future__ import annotations

import copy
from importlib.resources import files
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from xuefen.bank.catalogue.rules.mapping import parse_mapping
from xuefen.bank.catalogue.rules.rows import read_row
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.rules import assess, find_errors, parse_pack, read_grade, read_type_code
from xuefen.bank.standards.rules.metadata import code_lists
from xuefen.bank.standards.types import (
    Assessment,
    DegreeFacts,
    SocialFacts,
    VocationalFacts,
)

PACKS = files("xuefen.bank.standards") / "packs"
BODY: dict[str, Any] = yaml.safe_load((PACKS / "cn-2026.yaml").read_text(encoding="utf-8"))
PACK = parse_pack(BODY)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The shipped body with one place replaced; ``None`` removes it."""
    body = copy.deepcopy(BODY)
    *parents, last = path.split("/")
    node = body
    for name in parents:
        node = node[name]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return body


def test_the_reasoning_shows_its_arithmetic():
    facts = DegreeFacts(
        type_code="D11", theory_hours=32, practice_hours=8, declared_credit=200, grade=read_grade("８５分", PACK)
    )
    result = assess(facts, PACK)

    assert [step.zh for step in result.explanation.children] == [
        "成绩“８５分”，计 85 分 ≥ 60 分，合格。",
        "理论 32 学时 ÷ 16 = 2 学分。",
        "实践 8 学时 ÷ 32 = 0.25 学分。",
        "合计 2.25，四舍五入到 0.5 的倍数：2.5 学分。",
        "学校公布 2.0 学分，取较小：2.0 学分。",
        "质量等级 B（合格）：可用于转换。",
    ]
    assert result.explanation.children[2].en == "8 practice hours ÷ 32 = 0.25 credits."
    assert result.explanation.to_json()["children"][1]["reference"].startswith(
        "cn-2026/1 degree.theory_hours_per_credit · S4"
    )


@given(
    theory=st.integers(0, 2000),
    practice=st.integers(0, 2000),
    weeks=st.integers(0, 60),
    declared=st.none() | st.integers(0, 5000),
)
def test_a_course_is_never_worth_more_than_declared_and_always_on_the_grain(theory, practice, weeks, declared):
    facts = DegreeFacts(
        type_code="D11",
        theory_hours=theory,
        practice_hours=practice,
        practice_weeks=weeks,
        declared_credit=declared,
        grade=read_grade("100", PACK),
    )
    result = assess(facts, PACK)

    if isinstance(result, Assessment):
        assert result.credits > 0
        assert declared is None or result.credits <= declared
        assert result.credits % PACK.degree.grain == 0 or result.credits == declared
    else:
        assert result.problem.code == "item_without_credit"


@given(hours=st.integers(0, 3000), more=st.integers(0, 500), kind=st.sampled_from(sorted(PACK.social)))
def test_more_hours_never_give_less(hours, more, kind):
    def credits(amount: int) -> int:
        result = assess(SocialFacts(type_code=kind, hours=amount, grade=read_grade("合格", PACK)), PACK)
        return result.credits if isinstance(result, Assessment) else 0

    assert credits(hours) <= credits(hours + more) <= PACK.social[kind].max_credits


@pytest.mark.parametrize("kind", sorted(PACK.vocational))
def test_uplift_gains_but_never_passes_the_next_level(kind):
    plain = assess(VocationalFacts(type_code=kind), PACK)
    lifted = assess(VocationalFacts(type_code=kind, authoritative=True), PACK)
    assert plain.credits < lifted.credits <= PACK.vocational[kind].ceiling


def test_the_next_levels_credit_bounds_the_uplift():
    pack = parse_pack(changed("vocational/uplift_percent", {"value": 300, "reference": "CN-2026 test"}))
    assert assess(VocationalFacts(type_code="V15", authoritative=True), pack).credits == PACK.vocational["V14"].credits


@pytest.mark.parametrize(
    ("text", "mark", "passed"),
    [
        ("0", 0, False),
        ("59.9", 5990, False),
        ("60", 6000, True),
        ("100", 10_000, True),
        ("100.00", 10_000, True),
        ("85.0", 8500, True),
        ("优秀", 9000, True),
        ("良", 8000, True),
        ("中等", 7000, True),
        ("及格", 6000, True),
        ("不及格", 0, False),
        ("合格", None, True),
        ("不合格", None, False),
        ("通过", None, True),
        ("不通过", None, False),
        ("a", 9500, True),
        ("Ｄ", 6500, True),
        ("F", 0, False),
        ("pass", None, True),
    ],
)
def test_grades_are_read_as_issuers_write_them(text, mark, passed):
    if passed is None:
        with pytest.raises(Denied, match="grade_unreadable"):
            read_grade(text, PACK)
        return
    grade = read_grade(text, PACK)
    assert (grade.mark, grade.passed) == (mark, passed)


@pytest.mark.parametrize("text", ["", " ", "100.5", "101", "-1", "1e2", "八十五", "85/100", "NaN", "A+", "85.123", "²"])
def test_a_grade_that_cannot_be_read_is_refused(text):
    with pytest.raises(Denied) as caught:
        read_grade(text, PACK)
    assert (caught.value.code, caught.value.place) == ("grade_unreadable", "grade")
    assert text[:40] in caught.value.sentence("zh")


def test_the_pack_carries_what_other_rooms_ask():
    assert {limit.code: limit.share for limit in PACK.limits} == {
        "total_share": 50,
        "online_share": 25,
        "same_or_higher_degree_share": 50,
    }
    assert (PACK.policy.leftover, PACK.policy.tolerance, PACK.policy.content_overlap) == ("not_carried", 200, 80)
    assert PACK.policy.not_convertible == {"ideology", "pe"}
    assert {name: step.working_days for name, step in PACK.steps.items()} == {
        "review": 10,
        "convert": 5,
        "notice": 5,
        "objection": 5,
        "archive": 3,
    }
    assert PACK.steps["review"].silence == "consent"
    assert sorted(PACK.levels) == list(range(1, 11))
    assert [PACK.may(grade, "convert") for grade in "ABC"] == [True, True, False]
    assert [item.code for item in PACK.evidence[OutcomeClass.SOCIAL] if item.required] == ["attendance", "assessment"]


def test_a_checklist_is_the_types_own_or_the_nearest_above_it_or_its_classs():
    vocational = {
        code: PACK.checklist(code, OutcomeClass.VOCATIONAL).path for code in ("V", "V1", "V15", "V2", "V23", "X9")
    }
    assert vocational == {
        "V": "evidence.vocational", "V1": "evidence.vocational", "V15": "evidence.vocational", "V2": "evidence.types.V2",
        "V23": "evidence.types.V2", "X9": "evidence.vocational",
    }  # fmt: skip
    for code, kind in PACK.types.items():
        path, lines = PACK.checklist(code, kind.outcome_class)
        assert any(line.required for line in lines), code
        assert all(PACK.reference(f"{path}.{line.code}").startswith("cn-2026/1 evidence.") for line in lines), code


def test_the_checklists_of_all_types_are_published():
    listed = code_lists(PACK)["evidence"]
    rows = [dict(zip(listed.columns, row, strict=True)) for row in listed.rows]
    assert {row["type"] for row in rows} == set(PACK.types)
    talks = [(row["code"], row["needed"]) for row in rows if row["type"] == "S06"]
    assert talks == [("attendance", "required"), ("work", "required")]
    inherited = [row["reference"] for row in rows if row["type"] == "V23" and row["code"] == "appraisal"]
    assert inherited == ["cn-2026/1 evidence.types.V2.appraisal · CN-2026 checklist"]
    assert all(code.startswith("R-") and row.zh and row.en for code, row in PACK.refusal_codes.items())
    assert PACK.reference("limits.total_share").startswith("cn-2026/1 limits.total_share · GD-ADULT")
    leaves = set(PACK.types) - {kind.parent for kind in PACK.types.values()}
    assert {c for c in leaves if c[0] == "V"} == set(PACK.vocational)
    assert {c for c in leaves if c[0] == "S"} == set(PACK.social)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("code", None, "code"),
        ("version", 0, "version"),
        ("version", True, "version"),
        ("effective_from", "2026-13-01", "effective_from"),
        ("retired_on", "2025-12-31", "retired_on"),
        ("extra", {"a": 1}, "extra"),
        ("sources", None, "sources"),
        ("levels/10", None, "levels"),
        ("types/D11/parent", "V", "types.D11"),
        ("types/D11/class", "magic", "types.D11"),
        ("types/D11/level", 11, "types.D11"),
        ("grades/pass_mark", {"value": "101", "reference": "CN-2026 x"}, "grades.pass_mark"),
        ("degree/grain", {"value": "0.5"}, "degree.grain"),
        ("degree/grain", {"value": "0", "reference": "CN-2026 x"}, "degree.grain"),
        ("degree/rounding", {"value": "sideways", "reference": "CN-2026 x"}, "degree.rounding"),
        ("degree/theory_hours_per_credit", {"value": 16, "reference": "HEARSAY"}, "degree.theory_hours_per_credit"),
        ("degree/theory_hours_per_credit", {"value": "16", "reference": "S4"}, "degree.theory_hours_per_credit"),
        ("vocational/table/V15/next", "V99", "vocational.table.V15"),
        ("vocational/table/V11/ceiling", "8.0", "vocational.table.V11"),
        ("vocational/table/D11", {"credits": "1.0", "ceiling": "1.0", "reference": "S4"}, "vocational.table.D11"),
        ("vocational/uplift_percent", {"value": 90, "reference": "S4"}, "vocational.uplift_percent"),
        ("social/S01/best_quality", "Z", "social.S01"),
        ("limits/total_share/share", 101, "limits.total_share"),
        ("policy/leftover", {"value": "perhaps", "reference": "S4"}, "policy.leftover"),
        ("quality/ungraded", {"value": "Z", "reference": "S4"}, "quality.ungraded"),
        ("quality/A/uses", ["fly"], "quality.A"),
        ("steps/review", None, "steps"),
        ("steps/review/reminders", [80, 50], "steps.review"),
        ("steps/review/silence", "refusal", "steps.review"),
        ("evidence/social", None, "evidence"),
        (
            "evidence/types/S99",
            {"work": {"zh": "作品", "en": "Work", "required": True, "reference": "S4"}},
            "evidence.types.S99",
        ),
        ("evidence/types/S05", {}, "evidence.types.S05"),
        ("evidence/types/S05/work/required", "yes", "evidence.types.S05.work"),
        ("evidence/types/S05/work/reference", "HEARSAY", "evidence.types.S05.work"),
        ("policy/deposited_by", {"value": "friends", "reference": "S4"}, "policy.deposited_by"),
        ("refusals/R-01/en", None, "refusals.R-01"),
        ("limits", [1], "limits"),
    ],
)
def test_a_faulty_pack_is_refused_with_the_place(path, value, where):
    body = changed(path, value)
    assert where in [error.path for error in find_errors(body)]
    with pytest.raises(Denied, match="pack_invalid"):
        parse_pack(body)


def test_all_errors_are_told_at_once():
    body = changed("degree/grain", {"value": "x", "reference": "S4"})
    body["steps"]["review"]["working_days"] = 0
    del body["refusals"]["R-01"]["zh"]

    assert {error.path for error in find_errors(body)} == {"degree.grain", "steps.review", "refusals.R-01"}
    with pytest.raises(Denied) as caught:
        parse_pack(body)
    assert caught.value.params["count"] == 3
    assert "refusals.R-01" in caught.value.sentence("zh")


@pytest.mark.parametrize("text", ["D11", "d11", " D11 ", "D11-5", "ｄ１１－５", "d11-5"])
def test_a_type_code_is_read_with_and_without_its_check_digit(text):
    assert read_type_code(text) == "D11"


@pytest.mark.parametrize("text", ["D11-", "D11-4", "D12-5", "D11-55", "D11-X", "-5", "类-1"])
def test_a_wrong_check_digit_is_told(text):
    with pytest.raises(Denied) as caught:
        read_type_code(text)
    assert (caught.value.code, caught.value.place) == ("type_code_check", "type_code")


@pytest.mark.parametrize(("code", "stored"), [("D11-5", "D11"), ("D11", "D11"), ("D11-6", None)])
def test_a_sheet_may_name_types_in_their_published_form(code, stored):
    said = {"version": "1", "code": "K1", "name": "管理学", "type_code": code, "effective_from": "2026-09-01"}
    cells = {name: {"constant": value} for name, value in said.items()}
    found = read_row(2, {}, parse_mapping({"kind": "course", "outcome_class": "degree", "item": cells}))
    if stored is None:
        assert [(line.field, line.problem.code) for line in found] == [("type_code", "type_code_check")]
    else:
        assert [item.content.type_code for item in found.items] == [stored]


def test_all_learning_time_takes_the_place_of_the_single_modes():
    pack = parse_pack(changed("degree/workload_hours_per_credit", {"value": 30, "reference": "CN-2026 test"}))
    facts = {"type_code": "D11", "grade": read_grade("85", pack), "theory_hours": 48}
    assert assess(DegreeFacts(**facts), pack).credits == 300
    assert assess(DegreeFacts(**facts, workload_hours=60), pack).credits == 200
    assert assess(DegreeFacts(**facts, workload_hours=60), PACK).credits == 300  # this standard knows no such mode


def test_a_standard_that_does_not_round_takes_only_what_fits():
    pack = parse_pack(changed("degree/rounding", {"value": "exact", "reference": "CN-2026 test"}))
    grade = read_grade("85", pack)
    assert assess(DegreeFacts(type_code="D11", theory_hours=24, grade=grade), pack).credits == 150
    assert (
        assess(DegreeFacts(type_code="D11", theory_hours=25, grade=grade), pack).problem.code == "item_without_credit"
    )


def test_equal_facts_are_explained_alike_and_nothing_is_told_unasked():
    facts = DegreeFacts(type_code="D11", theory_hours=48, grade=read_grade("85", PACK))
    first, second = assess(facts, PACK), assess(facts, PACK)
    assert first == second
    assert first.explanation == second.explanation == first.explanation
