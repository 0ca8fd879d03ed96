"""Trees, mappings and rows, without a database."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xuefen.bank.catalogue.rules import (
    courses,
    facts_of,
    find_tree_errors,
    most_credits,
    needed_credits,
    nodes,
    parse_mapping,
    read_row,
    settle_versions,
    sum_credits,
)
from xuefen.bank.catalogue.rules.requirements import read_document
from xuefen.bank.catalogue.types import ItemContent, ItemDraft, ItemFacts, ItemKind, Node, RowDraft
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.types import DegreeFacts, SocialFacts, VocationalFacts


def course(code: str, credits: int = 200) -> Node:
    return {
        "id": code, "kind": "course", "item_id": 1, "item": code, "version": "1", "name": code, "credits": credits,
    }  # fmt: skip


def group(name: str, kind: str, *children: Node, **more: Any) -> Node:
    return {"id": name, "kind": kind, "name": name, "children": list(children), **more}


TREE = group(
    "root",
    "all",
    group("required", "all", course("A", 300), course("B", 200)),
    group("limited", "credits", course("C", 200), course("D", 200), need=200, elective=True),
    group("one", "choose", course("E", 100), course("F", 400), need=1),
)


def test_a_tree_adds_up():
    assert [node["id"] for node in nodes(TREE)] == ["root", "required", "A", "B", "limited", "C", "D", "one", "E", "F"]
    assert [leaf["id"] for leaf in courses(TREE)] == ["A", "B", "C", "D", "E", "F"]
    assert sum_credits(TREE) == 1400
    assert needed_credits(TREE) == 300 + 200 + 200 + 100
    assert find_tree_errors(TREE) == []


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        (group("r", "all"), [("r", "empty group")]),
        (group("r", "all", course("A"), course("B") | {"id": "A"}), [("A", "node id missing or used twice")]),
        (group("r", "all", course("r")), [("r", "node id missing or used twice")]),
        (group("r", "all", course("A", -1)), [("A", "credits missing or negative")]),
        (group("r", "all", course("A") | {"item": ""}), [("A", "course without an item code")]),
        (group("r", "some", course("A")), [("r", "unknown kind of node")]),
        (group("r", "credits", course("A"), need=201), [("r", "need exceeds the credits of the group")]),
        (group("r", "credits", course("A"), need=-1), [("r", "negative need")]),
        (group("r", "choose", course("A"), need=2), [("r", "need must lie between 1 and the number of children")]),
        (group("r", "choose", course("A")), [("r", "need must lie between 1 and the number of children")]),
        (group("r", "all", course("A"), cap=-1), [("r", "negative cap")]),
        (group("r", "any"), [("r", "empty group")]),
        (group("r", "credits", course("A")), [("r", "need missing")]),
        (group("r", "all", course("A", 10_001)), [("A", "absurd credits")]),
        (group("r", "all", course("A"), cap=100_001), [("r", "absurd need or cap")]),
        (group("r", "all", course("A") | {"children": [course("B")]}), [("A", "course with children")]),
        (
            group("r", "all", course("A"), course("A") | {"id": "again"}),
            [("r", "course A stands twice in one group")],
        ),
        (
            group("r", "all", course("A") | {"after": ["Z"]}),
            [("A", "unknown prerequisite: Z")],
        ),
        (
            group(
                "r",
                "all",
                course("A") | {"after": ["B"], "after_ids": [2]},
                course("B") | {"after": ["C"], "after_ids": [3]},
                course("C") | {"after": ["A"], "after_ids": [1]},
            ),
            [("A", "prerequisites in a circle: A → B → C → A")],
        ),
        # What a group can count bounds what the group above it can: of two credits only one counts upward.
        (
            group("r", "credits", group("g", "credits", course("A"), need=100), course("B"), need=301),
            [("r", "need exceeds the credits of the group")],
        ),
        (
            group("r", "credits", group("g", "any", course("A"), course("B", 300)), need=301),
            [("r", "need exceeds the credits of the group")],
        ),
        (
            group("r", "credits", group("g", "all", course("A"), shared=True), course("B"), need=201),
            [("r", "need exceeds the credits of the group")],
        ),
    ],
)
def test_a_faulty_tree_is_told_node_by_node(tree, found):
    assert [(node, en) for node, _, en in find_tree_errors(tree)] == found


def test_an_open_group_may_list_nothing_and_ask_for_more_than_it_lists():
    tree = group(
        "r",
        "all",
        group("o", "credits", need=900, open={"patterns": ["COS 3**"]}),
        group("w", "all", open={"words": True}),
    )
    assert find_tree_errors(tree) == []
    assert (needed_credits(tree), most_credits(tree)) == (900, math.inf)


def test_prerequisites_may_name_courses_elsewhere_in_the_catalogue():
    assert find_tree_errors(group("r", "all", course("A") | {"after": ["Z"], "after_ids": [9]})) == []


def test_one_of_several_and_shared_groups_add_up():
    tree = group(
        "r", "all", group("a", "any", course("A", 300), course("B", 200)), group("s", "all", course("C"), shared=True)
    )
    assert (needed_credits(tree), most_credits(tree)) == (200, 300)


def test_a_tree_beyond_all_bounds_is_told_once():
    wide = group("r", "all", *(course(f"C{n}") for n in range(6000)))
    assert find_tree_errors(wide) == [("C4999", "超过 5000 个节点", "more than 5000 nodes")]
    deep = course("C")
    for n in range(60):
        deep = group(f"g{n}", "all", deep)
    assert [en for _, _, en in find_tree_errors(deep)] == ["deeper than 40 levels"]


ITEM = ItemFacts(
    item_id=1,
    version_id=2,
    institution_id=3,
    code="C1",
    version="2026",
    name="课程",
    kind=ItemKind.COURSE,
    outcome_class=OutcomeClass.DEGREE,
    type_code="D11",
    level=7,
    theory_hours=32,
    practice_hours=16,
    practice_weeks=1,
    declared_credit=300,
    online=False,
    family="",
    subject="",
    authoritative=True,
)


def test_an_item_gives_the_facts_its_class_is_judged_by():
    degree = facts_of(ITEM, quality="A")
    assert degree == DegreeFacts(
        type_code="D11",
        theory_hours=32,
        practice_hours=16,
        practice_weeks=1,
        declared_credit=300,
        level=7,
        quality="A",
    )
    certificate = facts_of(replace(ITEM, outcome_class=OutcomeClass.VOCATIONAL, type_code="V13", level=None))
    assert certificate == VocationalFacts(type_code="V13", authoritative=True)
    activity = replace(ITEM, outcome_class=OutcomeClass.SOCIAL, type_code="S01", level=None)
    assert facts_of(activity, hours=20) == SocialFacts(type_code="S01", hours=20)
    assert facts_of(activity) == SocialFacts(type_code="S01", hours=48)


MAPPING = {
    "kind": "course",
    "outcome_class": "degree",
    "item": {
        "code": "code",
        "version": {"constant": "2026"},
        "name": "name",
        "type_code": {"constant": "D11"},
        "theory_hours": "hours",
        "declared_credit": "credit",
        "online": "online",
        "effective_from": {"constant": "2026-09-01"},
    },
}
ROW = {"code": "c1", "name": "管理学", "hours": "48", "credit": "3", "online": ""}


def test_a_row_becomes_an_item():
    draft = read_row(2, ROW, parse_mapping(MAPPING))
    assert isinstance(draft, RowDraft)
    (item,) = draft.items
    assert (item.code, item.version, draft.placement) == ("C1", "2026", None)
    assert (item.content.theory_hours, item.content.declared_credit, item.content.online) == (48, 300, False)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"code": ""}, [("code", "sheet_cell_missing")]),
        ({"name": "长" * 201}, [("name", "sheet_cell_too_long")]),
        ({"hours": "4.5"}, [("hours", "sheet_cell_unreadable")]),
        ({"hours": "-4"}, [("hours", "sheet_cell_unreadable")]),
        ({"hours": "99999"}, [("hours", "sheet_cell_unreadable")]),
        ({"hours": "²"}, [("hours", "sheet_cell_unreadable")]),
        ({"credit": "three"}, [("declared_credit", "sheet_cell_unreadable")]),
        ({"credit": "-3"}, [("declared_credit", "sheet_cell_unreadable")]),
        ({"online": "maybe"}, [("online", "sheet_cell_unreadable")]),
        (
            {"code": "", "hours": "x", "credit": "x"},
            [
                ("code", "sheet_cell_missing"),
                ("declared_credit", "sheet_cell_unreadable"),
                ("hours", "sheet_cell_unreadable"),
            ],
        ),
    ],
)
def test_every_error_of_a_row_is_told(change, found):
    refused = read_row(7, ROW | change, parse_mapping(MAPPING))
    assert [(line.field, line.problem.code) for line in refused] == found
    assert {line.row for line in refused} == {7}
    assert all(line.sentence("zh") and line.sentence("en") for line in refused)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
@given(st.dictionaries(st.sampled_from(sorted(ROW)), st.text(max_size=30)))
def test_no_row_makes_the_reader_stumble(change):
    found = read_row(2, ROW | change, parse_mapping(MAPPING))
    assert isinstance(found, RowDraft) or found


def test_without_a_declared_credit_a_course_stays_undeclared_but_a_certificate_has_none():
    row = ROW | {"credit": ""}
    (draft,) = read_row(2, row, parse_mapping(MAPPING)).items
    assert draft.content.declared_credit is None
    (draft,) = read_row(2, row, parse_mapping(MAPPING | {"outcome_class": "vocational"})).items
    assert draft.content.declared_credit == 0


CONCENTRATED = MAPPING | {
    "item": MAPPING["item"] | {"practice_hours": "lab"},
    "concentrated": {"total": "total", "week_hours": 40, "weeks": "practice", "hours": ["hours"]},
}


@pytest.mark.parametrize(
    ("total", "hours", "lab", "practice", "expected"),
    [
        ("48", "32", "16", "0", (32, 16, 0)),
        ("0", "480", "0", "0", (0, 480, 0)),  # a thesis: the hours stand under theory
        ("0", "80", "0", "2", (0, 0, 2)),  # two weeks of military training
        ("80", "0", "0", "2", (0, 0, 2)),
        ("80", "80", "0", "0", (80, 0, 0)),
    ],
)
def test_full_time_practice_is_told_from_class_hours(total, hours, lab, practice, expected):
    row = ROW | {"total": total, "hours": hours, "lab": lab, "practice": practice}
    (draft,) = read_row(2, row, parse_mapping(CONCENTRATED)).items
    content = draft.content
    assert (content.theory_hours, content.practice_hours, content.practice_weeks) == expected


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"kind": "spell"}, "kind"),
        ({"outcome_class": None}, "outcome_class"),
        ({"surprise": 1}, "surprise"),
        ({"item": {}}, "item.code"),
        ({"item": None}, "item"),
        ({"item": MAPPING["item"] | {"colour": "x"}}, "item.colour"),
        ({"item": MAPPING["item"] | {"name": {"magic": "x"}}}, "item.name"),
        ({"item": MAPPING["item"] | {"name": {"choose": []}}}, "item.name"),
        ({"item": MAPPING["item"] | {"name": {"choose": [{"when": {"column": "a"}, "constant": "x"}]}}}, "item.name"),
        ({"split": {"column": "a"}}, "split.by"),
        ({"concentrated": {"total": "a"}}, "concentrated.week_hours"),
        ({"programme": {"key": "a"}}, "programme.code"),
    ],
)
def test_a_faulty_mapping_is_refused_with_the_place(change, where):
    with pytest.raises(Denied) as caught:
        parse_mapping(MAPPING | change)
    assert caught.value.code == "mapping_invalid"
    assert caught.value.place.startswith(where)


def test_a_template_reads_columns_and_nothing_else():
    mapping = MAPPING | {"item": MAPPING["item"] | {"name": {"template": "{name}{name.__class__}", "default": "-"}}}
    assert "name.__class__" in parse_mapping(mapping).columns  # asked for as a column, and so refused with the header


def draft(code: str, name: str, *, version: str = "2022") -> ItemDraft:
    content = ItemContent(
        name=name,
        type_code="D11",
        level=7,
        theory_hours=32,
        practice_hours=0,
        practice_weeks=0,
        declared_credit=200,
        online=False,
        family="",
        subject="",
        authoritative=False,
        effective_from=date(2022, 9, 1),
    )
    return ItemDraft(code=code, version=version, content=content)


def rows(*drafts: ItemDraft) -> list[RowDraft]:
    return [RowDraft(row=number, items=(one,), placement=None) for number, one in enumerate(drafts, 2)]


RARE, COMMON = draft("C", "思想道德修养"), draft("C", "思想道德与法治")


def test_the_most_frequent_reading_keeps_the_version():
    settled = settle_versions(rows(RARE, COMMON, COMMON), {}, variants=True)
    assert settled.new == [(COMMON, "2022"), (RARE, "2022-2")]
    assert settled.refused == []


def test_without_variants_the_first_reading_is_right():
    settled = settle_versions(rows(RARE, COMMON, COMMON), {}, variants=False)
    assert settled.new == [(RARE, "2022")]
    assert [(line.row, line.problem.code) for line in settled.refused] == [
        (3, "item_version_changed"),
        (4, "item_version_changed"),
    ]


def test_a_variant_never_takes_a_name_the_sheet_uses_itself():
    named = draft("C", "第三种", version="2022-2")
    settled = settle_versions(rows(COMMON, RARE, named), {}, variants=True)
    assert dict(settled.new) == {COMMON: "2022", RARE: "2022-3", named: "2022-2"}


def test_what_is_published_is_found_again_and_never_changed():
    stored = {("C", "2022"): {"2022": COMMON.content, "2022-2": RARE.content}}
    new = draft("C", "又一种")
    settled = settle_versions(rows(RARE, new, COMMON), stored, variants=True)
    assert settled.version_of == {RARE: "2022-2", COMMON: "2022"}
    assert settled.new == []
    assert [line.row for line in settled.refused] == [3]


def test_the_mapping_page_shows_a_mapping_that_works():
    page = (Path(__file__).parents[2] / "docs" / "catalogue-mapping.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.S)
    *parts, document = (yaml.safe_load(block) for block in blocks)
    mapping = parse_mapping({key: value for part in parts for key, value in part.items()})
    assert list(mapping.programme.groups) == ["必修", "选修"]
    assert {"course_code", "theory", "lab", "plan_id"} <= mapping.columns
    tree = read_document(document, unit=100).tree
    assert [node["kind"] for node in tree["children"]] == ["all", "credits", "credits", "credits"]
    assert courses(tree)[2]["after"] == ["COS 126"]
