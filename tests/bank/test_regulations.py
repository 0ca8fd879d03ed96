"""The regulations this product was built from, a row each: the shipped standards say it, and the code only reads them.

What a standard says alone is here: what an outcome is worth, what may be converted, how things run.
"""

from __future__ import annotations

import copy
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
import yaml

from tests.bank.standards_builders import caps, course, groups_capped, held, programme
from xuefen.bank.conversion.rules.gathering import outcome_of, problem_of, rule_under
from xuefen.bank.conversion.types import CapKind, Conditions, NodeKind, PlanRule, Problem, Target, Text
from xuefen.bank.deposits.types import OutcomeFacts
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.standards.rules import assess, award_gaps, parse_pack, rate, read_facts, read_type_code
from xuefen.bank.standards.types import Assessment, Pack, QualityFacts, Refusal
from xuefen.bedrock.ids import check_digit

FOLDER = files("xuefen.bank.standards") / "packs"
BODIES: dict[str, dict[str, Any]] = {
    code: yaml.safe_load((FOLDER / f"{code}.yaml").read_text(encoding="utf-8"))
    for code in ("cn-2026", "cn-strict", "kr-acbs", "in-abc", "ects")
}
PACKS = {code: parse_pack(body) for code, body in BODIES.items()}
CN, STRICT, KR, IN, ECTS = (PACKS[code] for code in ("cn-2026", "cn-strict", "kr-acbs", "in-abc", "ects"))
NOBODY = dict.fromkeys(("coverage", "assessment", "staff", "pass_rate"))


def varied(code: str, **places: Any) -> Pack:
    """A shipped standard with some places (a__b__c) replaced or added: what another country would publish."""
    body = copy.deepcopy(BODIES[code])
    for place, value in places.items():
        *parents, last = place.split("__")
        node = body
        for name in parents:
            node = node.setdefault(name, {})
        node[last] = value
    return parse_pack(body)


def cited(value: Any) -> dict[str, Any]:
    return {"value": value, "reference": "CN-2026 test"}


def worth(pack: Pack, **facts: Any) -> str | int:
    """Hundredths, or the code of the refusal."""
    found = assess(read_facts({"grade": "100", **facts}, pack), pack)
    return found.problem.code if isinstance(found, Refusal) else found.credits


def problem(
    pack: Pack, *, outcomes: tuple[OutcomeFacts, ...] = (), rules: tuple[PlanRule, ...] = (), **plan: Any
) -> Problem:
    return problem_of(
        outcomes=tuple(outcome_of(o, pack=pack) for o in outcomes),
        rules=rules,
        programme=programme(**{"total": "160.0", "level": 7, "award": "bachelor", **plan}),
        pack=pack,
        on=date(2026, 11, 20),
        receiver_name="接收",
        barred=(),
    )


def rule(number: str = "R1", **more: Any) -> PlanRule:
    given: dict[str, Any] = {"sources": (1,), "targets": (Target(1),), **more}
    return PlanRule(number=number, version=1, basis=Text("据", "basis"), **given)


# --- China -----------------------------------------------------------------------------------------------------------


def test_three_classes_and_unique_codes_with_check_characters():
    for pack in PACKS.values():
        assert {kind.outcome_class for kind in pack.types.values()} == set(OutcomeClass)
        for kind in pack.types.values():
            assert kind.check == check_digit(kind.code)
            assert read_type_code(kind.published) == read_type_code(kind.code.lower()) == kind.code


@pytest.mark.parametrize(("hours", "credits"), [(16, 100), (32, 200), (24, 150), (40, 250), (18, 100)])
def test_degree_hours_theory(hours, credits):
    assert worth(CN, kind="degree", type="D11", theory_hours=hours) == credits


def test_degree_hours_practice_weeks_and_the_other_common_ratio():
    assert worth(CN, kind="degree", type="D11", practice_hours=64) == 200
    assert worth(CN, kind="degree", type="D12", practice_weeks=3) == 300
    eighteen = varied("cn-2026", degree__theory_hours_per_credit=cited(18))
    assert worth(eighteen, kind="degree", type="D11", theory_hours=54) == 300


def test_certificates_by_level_with_a_bounded_uplift():
    assert [worth(CN, kind="vocational", type=f"V1{n}") for n in (5, 4, 3, 2, 1)] == [200, 300, 500, 700, 900]
    for code, row in CN.vocational.items():
        lifted = worth(CN, kind="vocational", type=code, authoritative=True)
        assert row.credits < lifted <= row.ceiling


def test_social_learning_needs_time_and_assessment_by_setting():
    assert worth(CN, kind="social", type="S01", hours=15) == "hours_below_threshold"
    assert worth(CN, kind="social", type="S01", hours=16, grade=None) == "grade_missing"
    assert worth(CN, kind="social", type="S03", hours=16) == "hours_below_threshold"
    assert worth(CN, kind="social", type="S03", hours=24) == 100
    stricter = varied("cn-2026", social__S03__min_mark="80")
    assert worth(stricter, kind="social", type="S03", hours=24, grade="79.9") == "mark_below_setting"
    assert worth(stricter, kind="social", type="S03", hours=24, grade="合格") == "mark_below_setting"
    assert worth(stricter, kind="social", type="S03", hours=24, grade="80") == 100


def test_total_conversion_half_online_a_quarter_same_degree_half():
    found = {cap.code: cap for cap in caps(CN, programme(total="160.0", level=7))}
    assert {code: (cap.kind, cap.limit, cap.which) for code, cap in found.items()} == {
        "total_share": (CapKind.TOTAL, 8000, ""),
        "online_share": (CapKind.ONLINE, 4000, ""),
        "same_or_higher_degree_share": (CapKind.DEGREE_LEVEL, 8000, "7"),
    }
    assert all("GD-ADULT" in cap.reference for cap in found.values())
    assert found["total_share"].name == Text("转换总量 ≤ 50%", "All conversions ≤ 50 %")


def test_equivalence_needs_overlap_and_self_study_knows_no_level():
    assert problem(CN).min_overlap == 80
    demanding = rule(conditions=Conditions(min_level=7))
    types = {"D11": 7, "D2": None}
    for code, level in types.items():
        (applied,) = problem(CN, outcomes=(held(0, type_code=code),), rules=(demanding,)).rules
        assert applied.conditions.min_level == level
    mixed = rule(sources=(1, 2), conditions=Conditions(min_level=7))
    both = (held(0, type_code="D2"), held(1, type_code="D11"))
    assert problem(CN, outcomes=both, rules=(mixed,)).rules == (mixed,)


def test_the_highest_certificate_of_a_family_only():
    assert outcome_of(held(0, family="电工"), pack=CN).family == "电工"
    assert outcome_of(held(0, family="电工"), pack=KR).family == ""
    assert {b.policy for b in problem(CN).basis} >= {"family", "tolerance", "leftover", "min_overlap"}


def test_the_stricter_college_a_fifth_of_professional_and_of_common_credit():
    plan = programme(total="140.0", groups=[("professional", "90.0"), ("common", "50.0")])
    assert groups_capped(STRICT, plan) == {"professional": 1800, "common": 1000}
    assert groups_capped(CN, plan) == {}
    assert caps(STRICT, plan) == ()


def test_professional_groups_of_one_plan_are_limited_together_and_keep_their_own_caps():
    plan = programme(total="140.0", groups=[("professional", "45.0"), ("professional", "45.0"), ("common", "50.0")])
    plan.tree["children"][0]["cap"] = 300
    tree = problem(STRICT, total="140.0", tree=plan.tree).tree
    together, common = tree.children
    assert (together.kind, together.cap, together.tag, len(together.children)) == (
        NodeKind.ALL,
        1800,
        "professional",
        2,
    )
    assert [child.cap for child in together.children] == [300, None]
    assert (common.cap, common.tag) == (1000, "common")
    assert [node.item_id for node in tree.walk() if node.item_id] == [100, 101, 102]


def test_groups_of_one_tag_in_different_places_are_limited_each():
    tree = {
        "id": "root", "kind": "all", "name": "", "children": [
            {"id": "a", "kind": "all", "name": "", "children": [
                {"id": "a1", "kind": "credits", "need": 1000, "name": "", "tag": "professional",
                 "children": [course("K1", 1, 800), course("K2", 2, 800)]}]},
            {"id": "b", "kind": "choose", "need": 1, "name": "", "tag": "professional",
             "children": [course("K3", 3, 500), course("K4", 4, 700)]},
            {"id": "c", "kind": "all", "name": "", "tag": "professional", "shared": True, "children": [course("K5", 5, 500)]},
        ],
    }  # fmt: skip
    found = {node.id: node.cap for node in problem(STRICT, tree=tree).tree.walk() if node.cap is not None}
    assert found == {"a1": 200, "b": 100}


def test_the_stricter_college_once_not_carried_graded_90_not_ideology():
    found = problem(STRICT, rules=(rule(), rule("R2", grade=6000), rule("R3", targets=(), elective="*")))
    assert (found.leftover, found.tolerance, found.direction, found.shortfall) == ("not_carried", 200, True, "refuse")
    assert [r.grade for r in found.rules] == [9000, 6000, None]
    assert STRICT.policy.not_convertible == {"ideology", "pe"}
    assert {b.policy: b.reference.split(" · ")[1].split()[0] for b in found.basis}["direction"] == "COLLEGE-B"


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"sources": (1,), "targets": (Target(1),)}, True),
        ({"sources": (1, 2), "targets": (Target(1),)}, True),
        ({"sources": (1,), "targets": (Target(1), Target(2))}, True),
        ({"sources": (1, 2), "targets": (Target(1), Target(2))}, False),
        ({"sources": (1,), "targets": (), "elective": "*"}, True),
        ({"sources": (1, 2), "targets": (Target(1), Target(2)), "denies": True}, True),
    ],
)
def test_the_stricter_college_combinations(given, allowed):
    assert (rule_under(rule(**given), pack=STRICT, types={}) is not None) is allowed
    assert rule_under(rule(**given), pack=CN, types={}) is not None


def test_direction_is_a_matter_of_the_standard():
    assert (problem(CN).direction, problem(STRICT).direction) == (False, True)


def test_five_timed_steps_and_silence_is_consent():
    for pack in PACKS.values():
        assert set(pack.steps) == {"review", "convert", "notice", "objection", "archive"}
        assert all(step.working_days > 0 for step in pack.steps.values())
    assert CN.steps["review"].silence == "consent"
    assert KR.steps["review"].silence == ""


def test_quality_grades_have_criteria_and_rights():
    rights = {grade: sorted(CN.quality[grade].uses) for grade in "ABC"}
    assert rights == {"A": ["convert", "record", "statement"], "B": ["convert", "record", "statement"],
                      "C": ["record", "statement"]}  # fmt: skip
    best = {"coverage": 100, "assessment": 100, "staff": 100, "pass_rate": 100}
    assert rate(QualityFacts(**best, third_party=True), CN)[0] == "A"
    assert rate(QualityFacts(**best), CN)[0] == "B"
    assert rate(QualityFacts(**NOBODY), CN)[0] == "C"
    found = assess(read_facts({"kind": "vocational", "type": "V13", "quality": "C"}, CN), CN)
    assert isinstance(found, Assessment)
    assert found.rights == {"record", "statement"}
    assert problem(CN).record_only == "C"


def test_how_the_standard_is_kept():
    kept = CN.upkeep
    assert (kept.new_type_months, kept.revise_months, kept.inspect_months) == (3, 12, 1)
    assert [(s.code, s.final) for s in kept.sanctions] == [
        ("suspension", False),
        ("rectification", False),
        ("removal", True),
    ]


def test_a_framework_of_ten_levels_with_crosswalks():
    for pack in PACKS.values():
        assert sorted(pack.levels) == list(range(1, 11))
    assert CN.level_in("EQF", 7) == ("6",)
    assert CN.level_in("HKQF", 10) == ("7",)
    assert IN.level_in("NCRF", 7) == ("5.5", "6")
    with pytest.raises(KeyError):
        CN.level_in("NCRF", 7)


def test_who_may_deposit():
    assert {code: pack.policy.deposited_by for code, pack in PACKS.items()} == {
        "cn-2026": "anybody", "cn-strict": "anybody", "kr-acbs": "anybody", "in-abc": "institutions", "ects": "anybody",
    }  # fmt: skip
    assert IN.reference("policy.deposited_by").endswith("ABC only institutions deposit")


# --- Korea -----------------------------------------------------------------------------------------------------------


def test_korea_year_and_term_by_the_day_the_class_ended():
    days = ("2024-02-29", "2024-03-01", "2024-08-31", "2024-09-01", "2025-02-28")
    outcomes = tuple(held(i, ended=day) for i, day in enumerate(days))
    found = [c for c in caps(KR, programme(total="140.0", award="bachelor"), outcomes) if c.starts_on]
    periods = sorted((c.limit, c.starts_on.isoformat(), c.ends_on.isoformat()) for c in found)
    assert all(c.kind is CapKind.PERIOD for c in found)
    assert periods == [
        (2400, "2023-09-01", "2024-03-01"),
        (2400, "2024-03-01", "2024-09-01"),
        (2400, "2024-09-01", "2025-03-01"),
        (4200, "2023-03-01", "2024-03-01"),
        (4200, "2024-03-01", "2025-03-01"),
    ]
    for outcome in outcomes:
        day = outcome.awarded_on
        assert sum(1 for c in found if c.starts_on <= day < c.ends_on) == 2


@pytest.mark.parametrize(
    ("award", "limit"), [("bachelor", 10_500), ("associate", 6000), ("diploma3", 9000), ("minor", None)]
)
def test_korea_one_institution(award, limit):
    outcomes = (held(0, issuer="K1"), held(1, issuer="K2"), held(2, issuer="K1"))
    found = {
        c.which: c.limit for c in caps(KR, programme(total="140.0", award=award), outcomes) if c.kind is CapKind.ISSUER
    }
    assert found == ({"K1": limit, "K2": limit} if limit else {})


def test_korea_at_least_18_accredited_or_part_time():
    (floor,) = [c for c in caps(KR, programme(total="140.0", award="bachelor")) if c.outside]
    assert (floor.kind, floor.which, floor.limit) == (CapKind.TYPE, "D4 D5", 12_200)
    assert floor.name.en == "Accredited or part-time courses ≥ 18.0 credits"


@pytest.mark.parametrize(
    ("award", "total", "major", "general"),
    [("bachelor", 14_000, 6000, 3000), ("associate", 8000, 4500, 1500), ("diploma3", 12_000, 5400, 2100),
     ("second_bachelor", 3500, 3500, 0)],
)  # fmt: skip
def test_korea_awards(award, total, major, general):
    asked = {"professional": major, "common": general}
    assert award_gaps(KR, award=award, total=total, groups=asked) == ()
    assert len(award_gaps(KR, award=award, total=total, groups={**asked, "professional": major - 1})) == 1


def test_korea_attendance_and_mark_and_names():
    taught = {"kind": "degree", "type": "D4", "theory_hours": 45}
    assert worth(KR, **taught, attendance=80, grade="60") == 300
    assert worth(KR, **taught, attendance=79, grade="100") == "attendance_below"
    assert worth(KR, **taught, attendance=100, grade="59.99") == "grade_below_pass"
    found = problem(
        KR, outcomes=(held(0, item_name="概论（一）"), held(1, item_name="概论Ⅰ"), held(2, item_name="概论二"))
    )
    assert found.same_name_once
    one, two, other = (o.name_key for o in found.outcomes)
    assert one == two != other


def test_korea_quarterly_filing_windows():
    months = [m for m in range(1, 13) if KR.calendar.open_windows(date(2026, m, 15), "filing")]
    assert months == [1, 4, 7, 10]
    assert not KR.calendar.open_windows(date(2026, 1, 15), "deposit")


# --- India -----------------------------------------------------------------------------------------------------------


def test_india_shelf_life_at_most_seven_years():
    facts = held(0, ended="2019-11-20")
    assert outcome_of(facts, pack=IN).expires_on == date(2026, 11, 20)
    assert outcome_of(facts, pack=IN, shelf_years=(5, 10)).expires_on == date(2024, 11, 20)
    assert outcome_of(facts, pack=CN).expires_on is None
    assert outcome_of(facts, pack=CN, shelf_years=(3,)).expires_on == date(2022, 11, 20)


def test_india_hours_norms_and_redeemed_for_good():
    assert worth(IN, kind="degree", type="D1", workload_hours=30) == 100
    assert (IN.calendar.norm_year, IN.calendar.norm_term) == (4000, 2000)
    assert not [
        c for c in caps(IN, programme(total="160.0"), (held(0),)) if c.kind is CapKind.PERIOD
    ]  # a norm, no limit
    assert problem(IN).leftover == "carried"


def test_india_online_share_of_a_semester():
    found = caps(IN, programme(total="160.0"), (held(0, ended="2025-12-31"), held(1, ended="2026-01-01")))
    assert [(c.kind, c.limit, c.starts_on, c.ends_on) for c in found] == [
        (CapKind.ONLINE, 800, date(2025, 7, 1), date(2026, 1, 1)),
        (CapKind.ONLINE, 800, date(2026, 1, 1), date(2026, 7, 1)),
    ]


def test_india_deposits_once_a_year_and_steps_between_levels():
    assert IN.calendar.open_windows(date(2026, 7, 1), "deposit")
    assert not IN.calendar.open_windows(date(2026, 6, 30), "deposit")
    assert {"4.5", "5", "5.5"} <= set(IN.crosswalks["NCRF"].levels)


# --- elsewhere -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "declared", "credits"),
    [(150, "6.0", 600), (180, "6.0", 600), (149, "6.0", 550), (750, "30.0", 3000), (180, None, 600)],
)
def test_ects_25_to_30_hours(hours, declared, credits):
    assert worth(ECTS, kind="degree", type="D11", workload_hours=hours, declared_credit=declared) == credits
    assert ECTS.calendar.norm_year == 6000


def test_new_zealand_awards_the_smaller_value():
    assert problem(varied("cn-2026", policy__shortfall=cited("award"))).shortfall == "award"


def test_hong_kong_and_south_africa_ten_hours_and_half_by_transfer():
    pack = varied(
        "cn-2026",
        degree__workload_hours_per_credit=cited(10),
        degree__grain=cited("1.0"),
        limits={"residency": {"kind": "issuer", "issuer": "receiver", "at_least": True, "share": 50, "zh": "本校学分",
                              "en": "Credit of the receiver", "reference": "CN-2026 test"}},
    )  # fmt: skip
    assert worth(pack, kind="degree", type="D11", workload_hours=120) == 1200
    (cap,) = caps(pack, programme(total="120.5"))
    assert (cap.kind, cap.which, cap.outside, cap.limit) == (CapKind.ISSUER, "TAKER", True, 6025)
    assert cap.name.zh == "本校学分 ≥ 50%"


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ({"kind": "class", "class": "social", "credits": "10.0"}, (CapKind.CLASS, "social", False, 1000)),
        ({"kind": "class", "class": "degree", "share": 30, "at_least": True}, (CapKind.CLASS, "degree", True, 11_200)),
        ({"kind": "type", "types": ["V2", "S01"], "share": 10}, (CapKind.TYPE, "S01 V2", False, 1600)),
        ({"kind": "degree_level", "level": 8, "share": 33}, (CapKind.DEGREE_LEVEL, "8", False, 5280)),
        ({"kind": "total", "share": 0}, (CapKind.TOTAL, "", False, 0)),
        ({"kind": "online", "credits": "400.0", "at_least": True}, (CapKind.ONLINE, "", True, 0)),
    ],
)
def test_any_limit_is_data(limit, expected):
    named = {"zh": "上限", "en": "limit", "reference": "CN-2026 test", **limit}
    (cap,) = caps(varied("cn-2026", limits={"x": named}), programme(total="160.0", level=7))
    assert (cap.kind, cap.which, cap.outside, cap.limit) == expected
