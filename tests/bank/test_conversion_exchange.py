"""Other systems' agreements, from the real files: what is carried, what is not and why; and rules written out as CTDL."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.bank.conversion_builders import TODAY, catalogue_items
from tests.bank.foundation_builders import HOUSE, NOW, institution, tree
from tests.shared_data import shared_data
from xuefen.bank.conversion import actions, queries
from xuefen.bank.conversion.rules.exchange import read_assist, read_ctdl, write_ctdl
from xuefen.bank.conversion.rules.text import read_text, write_text
from xuefen.bank.conversion.types import Conditions, RuleDraft, TargetDraft, Text
from xuefen.bank.conversion.types.exchange import Exchange, ExchangeOptions, ForeignItem, Format
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.actions import load_shipped_packs

ASSIST = "articulation/assist_evergreen_to_ucb_2025-26_allprefixes.json"
IGETC = "articulation/assist_smc_igetc_areas_departments.tar.gz"
CTDL = "articulation/ctdl_transfer_value"
OWNERS = {
    "Sophia Learning, LLC": "SOPH",
    "College Board's College-Level Examination Program (CLEP)": "CLEP",
    "American Educational Institute, Inc. (AEI)": "AEI",
    "Alamance Community College": "ALAM",
    "US Army MOS Codes": "ARMY",
    "Bisk Education": "BISK",
    "International Association of Administrative Professionals": "IAAP",
    "Ameritech": "AMER",
    "Professional Aviation Maintenance Association": "PAMA",
}


def ctdl(**more: Any) -> Exchange:
    options = ExchangeOptions(codes=OWNERS, receiver="YLVC", **more)
    return actions.read_exchange(shared_data(CTDL), form=Format.CTDL, options=options)


def assist(**more: Any) -> Exchange:
    return actions.read_exchange(shared_data(ASSIST), form=Format.ASSIST, options=ExchangeOptions(**more))


def draft_to(found: Exchange, *targets: str) -> RuleDraft:
    (one,) = [d for d in found.drafts if tuple(t.item for t in d.targets) == targets]
    return one


# --- ASSIST ----------------------------------------------------------------------------------------------------------


def test_the_whole_assist_agreement_is_carried_or_named() -> None:
    found = assist()
    assert (found.read, len(found.drafts), found.repeated, len(found.items)) == (69, 64, 20, 133)
    assert found.reasons() == {"condition_in_words": 3, "other_for_some_programmes": 1}
    assert {line.what for line in found.left_out} == {
        "ENGR Engineering: ENGIN 7", "HIST History: GLOBAL 45", "PHYS Physics: PHYSICS 7B",
    }  # fmt: skip
    assert found.notes == {"unequal_units": 53}
    assert found.institutions == {"EVERGRN": "Evergreen Valley College", "UCB": "University of California, Berkeley"}
    assert len(assist(with_notes=True).drafts) == 67
    # Each is a rule of ours: the canonical text says it again, without a fault.
    text = read_text(write_text(found.drafts).encode())
    assert (text.faults, list(text.drafts)) == ((), found.drafts)


def test_groups_series_and_unequal_units_of_assist() -> None:
    found = assist()
    year = Conditions(earned_from=date(2025, 10, 1), earned_until=date(2026, 10, 1))
    series = draft_to(found, "UCB/BIOLOGY 1A", "UCB/BIOLOGY 1AL")
    assert (series.sources, series.conditions) == (("EVERGRN/BIOL 004A", "EVERGRN/BIOL 004B"), year)
    assert all(t.credits is None for t in series.targets)  # ten units for five: the smaller is taken
    one_to_two = draft_to(found, "UCB/CHEM 3B", "UCB/CHEM 3BL")
    assert one_to_two.sources == ("EVERGRN/CHEM 012B",)
    either = draft_to(found, "UCB/PHYSICS 7A")
    assert either.either == (("EVERGRN/PHYS 004A",), ("EVERGRN/PHYS 007A",))
    assert draft_to(found, "UCB/ECON 1").sources == ("EVERGRN/ECON 010A", "EVERGRN/ECON 010B")
    assert draft_to(found, "UCB/ANTHRO 1").targets == (TargetDraft("UCB/ANTHRO 1", 400),)  # three units are given four
    for code in ("COMPSCI C8", "DATA C8", "INFO C8", "STAT C8"):  # one course under four codes
        assert draft_to(found, f"UCB/{code}").sources == ("EVERGRN/COMSC 028",)
    assert found.items["EVERGRN/COMSC 028"].credits == 400


def made(sending: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A small agreement in the form the service answers: JSON strings in JSON."""
    school = {"names": [{"name": "甲学院"}], "code": "GIVE    "}
    course = {"prefix": "X", "courseNumber": 1, "courseTitle": "X", "minUnits": 4.0, "maxUnits": 4.0}
    articulation = {"type": "Course", "course": course, "sendingArticulation": sending, **more}
    return {
        "result": {
            "sendingInstitution": json.dumps(school),
            "receivingInstitution": json.dumps({"names": [{"name": "乙大学"}], "code": "TAKE"}),
            "academicYear": json.dumps({"code": "2025-2026", "beginDate": "2025-10-01", "endDate": "2026-10-01"}),
            "articulations": json.dumps([{"name": "P", "articulations": [articulation, articulation]}]),
        }
    }


def group(position: int, conjunction: str, *numbers: int, **more: Any) -> dict[str, Any]:
    courses = [
        {"type": "Course", "prefix": "A", "courseNumber": str(n), "courseTitle": f"A{n}", "minUnits": 2.0, "maxUnits": 2.0}
        | more
        for n in numbers
    ]  # fmt: skip
    return {"type": "CourseGroup", "courseConjunction": conjunction, "position": position, "items": courses}


def joined(word: str, begin: int, end: int) -> dict[str, Any]:
    return {
        "groupConjunction": word, "sendingCourseGroupBeginPosition": begin, "sendingCourseGroupEndPosition": end,
    }  # fmt: skip


def test_conjunctions_between_groups_bind_and_before_or() -> None:
    sending = {
        "items": [group(2, "And", 5, 6), group(0, "Or", 1, 2), group(1, "And", 3)],
        "courseGroupConjunctions": [joined("And", 0, 1), joined("Or", 1, 2)],
    }
    found = read_assist(json.dumps(made(sending)), ExchangeOptions(codes={"TAKE": "YLVC"}))
    (draft,) = found.drafts
    assert draft.either == (("GIVE/A 1", "GIVE/A 3"), ("GIVE/A 2", "GIVE/A 3"), ("GIVE/A 5", "GIVE/A 6"))
    assert (draft.receiver, found.read, found.repeated) == ("YLVC", 2, 1)


@pytest.mark.parametrize(
    ("sending", "more", "reason"),
    [
        ({"items": [group(0, "And", 1), group(1, "And", 2)]}, {}, "conjunction_missing"),
        ({"items": [group(0, "And", 1, requisites=[{"comment": "and a test"}])]}, {}, "requisite"),
        ({"items": [group(0, "And", 1) | {"type": "Requirement"}]}, {}, "group_kind"),
        ({"items": []}, {}, "nothing_said"),
        ({"items": [group(0, "And", 1)]}, {"type": "GeneralEducation"}, "target_kind"),
        ({"items": [group(0, "And", 1) | {"attributes": [{"content": "grade of B"}]}]}, {}, "condition_in_words"),
        ({"items": [group(0, "And", 1, minUnits=1.333)]}, {}, "units"),
        ({"items": [group(n, "Or", *range(10 * n, 10 * n + 9)) for n in range(3)],
          "courseGroupConjunctions": [joined("And", 0, 2)]}, {}, "too_many_alternatives"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_from_assist_is_named(
    sending: dict[str, Any], more: dict[str, Any], reason: str
) -> None:
    found = read_assist(made(sending, **more), ExchangeOptions())
    assert (found.drafts, found.reasons()) == ([], {reason: 2})


def test_no_articulation_is_a_rule_too() -> None:
    sending = {"items": [], "noArticulationReason": "Must be taken at the university", "deniedCourses": []}
    (draft,) = read_assist(made(sending), ExchangeOptions()).drafts
    assert (draft.denies, draft.denied_issuer, draft.targets) == (True, "GIVE", (TargetDraft("TAKE/X 1"),))
    assert "Must be taken at the university" in draft.basis.en
    denied = {"items": [group(0, "And", 1)], "deniedCourses": group(0, "And", 2)["items"]}
    denial, given = read_assist(made(denied), ExchangeOptions()).drafts
    assert (denial.denies, denial.sources, given.sources) == (True, ("GIVE/A 2",), ("GIVE/A 1",))


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"result": 3}', '{"result": "{"}', "[" * 100_000])
def test_what_is_no_agreement_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "agreement.json"
    path.write_text(content, encoding="utf-8")
    try:
        found = actions.read_exchange(path, form=Format.ASSIST, options=ExchangeOptions())
    except Denied as denied:
        assert denied.code == "rule_text_unreadable"
    else:
        assert (found.drafts, found.reasons()) == ([], {"not_an_agreement": 1})


# --- IGETC -----------------------------------------------------------------------------------------------------------


def test_the_areas_of_igetc_become_rules_to_groups_with_dates() -> None:
    options = ExchangeOptions(codes={"sender": "SMC"}, receiver="YLVC")
    found = actions.read_exchange(shared_data(IGETC), form=Format.IGETC, options=options)
    assert (found.read, len(found.drafts), len(found.items)) == (542, 536, 430)
    reasons = found.reasons()
    assert (reasons["never_approved"], found.repeated) == (6, 0)
    assert {line.reason for line in found.left_out} == {"never_approved", "not_an_area"}
    assert {d.elective for d in found.drafts} >= {"1A", "3B", "5C", "8B"}
    (anthropology,) = [d for d in found.drafts if d.sources == ("SMC/ANTHRO 7",) and d.elective == "4A"]
    assert anthropology.conditions == Conditions(earned_from=date(2007, 6, 16))
    ended = [d for d in found.drafts if d.conditions.earned_until is not None]
    assert len(ended) == 113 - 6
    text = read_text(write_text(found.drafts).encode())
    assert (text.faults, list(text.drafts)) == ((), found.drafts)


# --- CTDL ------------------------------------------------------------------------------------------------------------


def test_transfer_value_profiles_with_scores_and_dates() -> None:
    found = ctdl()
    assert (found.read, len(found.drafts), found.repeated) == (19, 5, 4)
    assert found.reasons() == {
        "condition_in_words": 8, "institution_not_named": 1, "no_profile": 2, "target_not_described": 1, "unreadable": 3,
    }  # fmt: skip
    carried = len(found.drafts) + found.repeated
    refused = sum(n for reason, n in found.reasons().items() if reason not in ("no_profile", "unreadable"))
    assert carried + refused == found.read
    by_source = {d.sources[0]: d for d in found.drafts}
    exam = by_source["CLEP/CLEP-0026"]
    assert (exam.elective, exam.result) == ("*", 300)
    assert exam.conditions == Conditions(min_mark=5000, earned_from=date(2018, 12, 1), earned_until=date(2023, 12, 1))
    assert found.items["CLEP/CLEP-0026"].kind == "exam"
    course = by_source["SOPH/FIN1001"]
    assert (course.conditions.min_mark, course.conditions.earned_until) == (7000, date(2023, 5, 31))
    assert by_source["ALAM/ACC122"].targets == (TargetDraft("YLVC/ACC*2XX", 300),)
    assert by_source["ARMY/11B-30"].targets == (TargetDraft("YLVC/LED1454", 300),)  # service levels are told apart
    assert by_source["ARMY/11B-10"].targets == (TargetDraft("YLVC/ALH5211", 100),)


def test_conditions_in_words_are_carried_only_when_asked_for() -> None:
    found = ctdl(with_notes=True)
    assert len(found.drafts) == 12
    assert found.notes["corequisites_joined"] == 2
    (three,) = [d for d in found.drafts if len(d.sources) == 3]
    assert (set(three.sources), three.result) == ({"PAMA/PAMA-0001", "PAMA/PAMA-0002", "PAMA/PAMA-0003"}, 6700)
    assert "semester hours" in three.basis.en
    text = read_text(write_text(found.drafts).encode())
    assert (text.faults, list(text.drafts)) == ((), found.drafts)


def profile(**more: Any) -> str:
    source = {
        "Type": "Course",
        "Name": "甲",
        "Identifier": [{"IdentifierValueCode": "A1"}],
        "OfferedBy": [{"Name": "Ameritech"}],
    }
    value = [{"Value": 2.0, "CreditUnitType": ["DegreeCredit"]}]
    return json.dumps({"CTID": "ce-1", "Name": "甲", "TransferValue": value, "TransferValueFrom": [source], **more})


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"TransferValue": [{"Value": 63, "CreditUnitType": ["creditUnit:CompetencyCredit"]}]}, "unit"),
        ({"TransferValue": [{"Value": -1}]}, "value"),
        ({"TransferValue": [{"Value": 5000}]}, "value"),
        ({"TransferValue": [{"Value": "many"}]}, "no_value"),
        ({"TransferValue": [{"Value": 1}, {"Value": 2}]}, "several_values"),
        ({"TransferValueFrom": []}, "source_not_described"),
        ({"TransferValueFrom": ["https://elsewhere"]}, "source_not_described"),
        ({"TransferValueFrom": [{"Name": "甲", "OfferedBy": [{"Name": "Nobody"}]}]}, "institution_not_named"),
        ({"TransferValueFor": ["https://elsewhere"]}, "target_not_described"),
        ({"TransferValueFor": [{"Name": "乙", "OfferedBy": [{"Name": "Ameritech"}]}]}, "another_receiver"),
        ({"Description": "Only for nurses."}, "condition_in_words"),
        ({"Corequisite": [{"CTID": "ce-2"}]}, "corequisite_elsewhere"),
        ({"StartDate": "yesterday"}, "date"),
        ({"StartDate": "2020-13-01"}, "date"),
    ],
)
def test_what_cannot_be_carried_from_ctdl_is_named(more: dict[str, Any], reason: str) -> None:
    found = read_ctdl([("file", profile(**more))], ExchangeOptions(codes=OWNERS, receiver="YLVC"))
    assert (found.drafts, found.reasons()) == ([], {reason: 1})


def test_a_damaged_file_tells_where_and_keeps_what_came_before() -> None:
    text = profile() + "\n" + profile()[:-5]
    found = read_ctdl([("file", text)], ExchangeOptions(codes=OWNERS, receiver="YLVC"))
    assert (len(found.drafts), found.reasons()) == (1, {"unreadable": 1})
    assert found.left_out[0].detail.startswith("line 2")
    assert read_ctdl([("deep", "[" * 100_000)], ExchangeOptions()).reasons() == {"unreadable": 1}


BASIS = Text("对照表", "Comparison table")


def rule(**more: Any) -> RuleDraft:
    facts: dict[str, Any] = {
        "receiver": "YLVC", "sources": ("YLU/A",), "basis": BASIS, "effective_from": TODAY, "number": "GZ1",
        "targets": (TargetDraft("YLVC/X", 200),),
    }  # fmt: skip
    return RuleDraft(**{**facts, **more})


def as_ctdl(*drafts: RuleDraft) -> tuple[dict[str, Any], list[str]]:
    def item(name: str) -> ForeignItem:
        institution_code, _, code = name.partition("/")
        return ForeignItem(institution_code, code, f"课程{code}", 300)

    graph, left = write_ctdl(
        drafts, item=item, institution={"YLVC": "职业学院", "YLU": "云岭大学"}.__getitem__, base="https://bank.example"
    )
    return graph, [line.reason for line in left]


def test_what_is_written_as_ctdl_reads_as_the_same_rules() -> None:
    dated = Conditions(min_mark=7000, earned_from=date(2020, 1, 1), earned_until=date(2024, 1, 1))
    drafts = [
        rule(),
        rule(number="GZ2", sources=("YLU/A", "YLU/B"), conditions=dated),
        rule(number="GZ3", sources=(), either=(("YLU/C",), ("YLU/A", "YLU/D"))),
        rule(number="GZ4", sources=("YLU/E",), targets=(), elective="*", result=150),
    ]
    graph, left = as_ctdl(*drafts)
    assert left == []
    options = ExchangeOptions(codes={"云岭大学": "YLU", "职业学院": "YLVC"}, receiver="YLVC", effective_from=TODAY)
    found = read_ctdl([("ours", json.dumps(graph, ensure_ascii=False))], options)
    assert found.left_out == []
    said = [(d.sources, d.targets, d.elective, d.result, d.conditions) for d in found.drafts]
    course = (TargetDraft("YLVC/X", 200),)
    assert said == [
        (("YLU/A",), course, "", None, Conditions()),
        (("YLU/A", "YLU/B"), course, "", None, dated),
        (("YLU/C",), course, "", None, Conditions()),
        (("YLU/A", "YLU/D"), course, "", None, Conditions()),
        (("YLU/E",), (), "*", 150, Conditions()),
    ]
    again, _ = as_ctdl(*drafts)
    assert json.dumps(again) == json.dumps(graph)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"denies": True}, "no_articulation"),
        ({"waives": True}, "waiver"),
        ({"grade": 9000}, "grade"),
        ({"conditions": Conditions(min_level=4)}, "condition"),
        ({"conditions": Conditions(min_mark=6050)}, "condition"),
        ({"targets": (), "elective": "free", "result": 100}, "named_group"),
        ({"targets": (), "elective": "*"}, "credits_not_stated"),
        ({"targets": (TargetDraft("YLVC/X"), TargetDraft("YLVC/Y"))}, "several_courses_at_once"),
    ],
)
def test_a_rule_ctdl_has_no_words_for_is_left_out(more: dict[str, Any], reason: str) -> None:
    graph, left = as_ctdl(rule(**more))
    assert left == [reason]
    assert graph["@graph"] == []


# --- with the register -----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_agreement_is_published_with_the_items_it_needs_and_goes_out_again() -> None:
    load_shipped_packs(by=HOUSE, now=NOW)
    tree()
    institution("EVERGRN", number=1)
    taker = institution("UCB", number=2)
    catalogue_items(taker, ["ANTHRO 1"])
    found = assist(effective_from=date(2026, 1, 1))
    missing = actions.missing_items(found)
    assert len(missing) == 132
    assert "UCB/ANTHRO 1" not in {item.full for item in missing}
    reports = actions.publish_items(missing, version=found.version, since=date(2025, 10, 1), by=HOUSE, now=NOW)
    assert {code: (r.items, r.refused) for code, r in reports.items()} == {"EVERGRN": (64, ()), "UCB": (68, ())}
    assert actions.missing_items(found) == []
    signed = actions.sign_agreement(
        name="ASSIST", mode="agreement", party_codes=["EVERGRN", "UCB"], signatories={"EVERGRN": "甲", "UCB": "乙"},
        effective_from=date(2026, 1, 1), by=HOUSE, now=NOW,
    )  # fmt: skip
    numbers = actions.publish_rules(agreement_number=signed.number, rules=found.drafts, by=HOUSE, now=NOW)
    assert len(numbers) == 64
    assert list(queries.violations()) == []
    with pytest.raises(Denied) as denied:
        actions.publish_rules(agreement_number=signed.number, rules=found.drafts, by=HOUSE, now=NOW)
    errors = denied.value.params["errors"]
    assert {(e.problem.code, e.params["number"]) for e in errors} == {("rule_duplicate", n) for n in numbers}  # type: ignore[attr-defined]
    stored = list(queries.published_drafts(agreement_number=signed.number))
    graph, left = queries.as_ctdl(stored, base="https://bank.example")
    assert {line.reason for line in left} == {"several_courses_at_once"}
    profiles = [node for node in graph["@graph"] if node["@type"] == "ceterms:TransferValueProfile"]
    assert len(profiles) == sum(len(d.alternatives()) for d in stored) - len(left)
