"""Real plans go in without loss: what the catalogue holds gives back what the files said."""

from __future__ import annotations

import csv
import tarfile
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.bank.catalogue_builders import NOW, SYSTEM, an_institution
from tests.shared_data import shared_data
from xuefen.bank.catalogue import actions, queries
from xuefen.bank.catalogue.models import Item, ItemVersion, Programme, ProgrammeItem
from xuefen.bank.catalogue.rules import find_tree_errors, nodes
from xuefen.bank.catalogue.rules.requirements import matches
from xuefen.bank.catalogue.types import Node
from xuefen.bank.conversion.rules.gathering import tree_of
from xuefen.bank.conversion.types import Problem
from xuefen.bedrock.names import clean
from xuefen.bedrock.quantity import format_credits

pytestmark = pytest.mark.django_db(transaction=True)
PLANS = "china/hitsz_training_plans_7300_courses.csv"
ORIGINALS = "china/hitsz_training_plans_112_toml.tar.gz"
TREES = "programmes/princeton_2026_requirements_yaml.tar.gz"
HOURS = ("total_hours", "theory", "lab", "practice", "exercise", "computer", "tutoring")
NATURES = {"required": "必修", "limited": "限选", "elective": "选修", "unstated": ""}


def stored_rows() -> Counter[tuple[tuple[str, str], ...]]:
    """Every row of the sheets, told from programmes and versions alone."""
    credit = {(v.item_id, v.version): v.declared_credit for v in ItemVersion.objects.all()}
    rows: Counter[tuple[tuple[str, str], ...]] = Counter()
    for programme in Programme.objects.all():
        tree: Node = programme.tree
        plan = {"year": programme.version, "major_code": programme.code, "major_name": programme.name, **tree["detail"]}
        for group in tree["children"]:
            for leaf in (node for node in nodes(group) if node["kind"] == "course"):
                kept: dict[str, Any] = dict(leaf["detail"])
                also = kept.pop("also", [])
                places = [kept | {"nature": NATURES[group["id"]]}]
                places += [
                    {key: text for key, text in one.items() if key != "group"} | {"nature": one["group"]}
                    for one in also
                ]
                course = {
                    "course_code": leaf["item"],
                    "course_name": leaf["name"],
                    "credit": format_credits(credit[leaf["item_id"], leaf["version"]]),
                }
                rows.update(tuple(sorted((plan | course | place).items())) for place in places)
    return rows


def said(row: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """A row of the source; empty cells say nothing, but for whether the course is required."""
    cells = {name: clean(text) for name, text in row.items()}
    cells["course_code"] = cells["course_code"].upper()
    return tuple(sorted((name, text) for name, text in cells.items() if text or name == "nature"))


def test_every_cell_of_the_plans_can_be_told_again():
    an_institution("HITSZ")
    path = shared_data(PLANS)
    actions.import_sheet(path=path, mapping="hitsz-plans", institution_code="HITSZ", by=SYSTEM, now=NOW)
    with path.open(encoding="utf-8") as file:
        rows = Counter(said(row) for row in csv.DictReader(file))
    assert sum(rows.values()) == 7300
    assert stored_rows() == rows
    natures = Counter(facts.nature for facts in queries.items_for(Item.objects.first().institution_id).latest.values())
    assert set(natures) == {"required", "elective", ""}  # "" where plans disagree
    assert {programme.award for programme in Programme.objects.all()} == {"bachelor"}


def original_rows(path: Path) -> list[dict[str, str]]:
    """The originals flattened by hand, as an independent reading."""
    rows = []
    names = {
        "course_code": "course_code", "course_name": "course_name", "credit": "credit", "total_hours": "total_hours",
        "assessment": "assessment_method", "nature": "course_nature", "category": "course_category",
        "term": "recommended_year_semester", "college": "offering_college", "track": "track",
    }  # fmt: skip
    with tarfile.open(path) as archive:
        for member in archive:
            if not member.name.endswith(".toml"):
                continue
            body = tomllib.load(archive.extractfile(member))
            if "info" not in body:
                continue  # a list of majors stands beside the plans
            info = body["info"]
            plan = {
                "year": info["year"],
                "major_code": info["major_code"],
                "major_name": info["major_name"],
                "school": info["school_name"],
                "plan_id": info["plan_ID"],
                "parent_major_code": info.get("parent_major_code", ""),
                "parent_major_name": info.get("parent_major_name", ""),
            }
            for course in body["courses"]:
                cells = {name: str(course.get(key, "")) for name, key in names.items()}
                rows.append(plan | cells | {name: str(hours) for name, hours in course["hours"].items()})
    return rows


def test_the_originals_go_in_too_with_their_tracks_and_choices():
    an_institution("HITSZ")
    path = shared_data(ORIGINALS)
    report = actions.import_file(path=path, mapping="hitsz-plans", institution_code="HITSZ", by=SYSTEM, now=NOW)
    assert (report.read, report.accepted, report.programmes) == (7300, 7300, 112)
    assert stored_rows() == Counter(said(row) for row in original_rows(path))
    chosen = [node for row in Programme.objects.all() for node in nodes(row.tree) if node["kind"] in ("any", "choose")]
    assert {node["name"] for node in chosen} >= {"三选一", "四选一", "大类专业基础课程(二选一)"}
    assert all(node.get("need", 1) < len(node["children"]) for node in chosen)
    assert list(queries.violations()) == []


def documents(path: Path) -> dict[str, dict[str, Any]]:
    """The requirement documents by the code they get here."""
    suffix = {"Degree": "-DEGREE", "Major": "", "Minor": "-MINOR", "Certificate": "-CERT"}
    found = {}
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.endswith(".yaml"):
                body = yaml.safe_load(archive.extractfile(member))
                found[body["code"] + suffix[body["type"]]] = body
    return found


def test_131_requirement_trees_go_in_and_come_out_as_they_were():
    school = an_institution("PRIN", name="普林斯顿大学")
    path = shared_data(TREES)
    sent = {"path": path, "mapping": "requirement-trees", "institution_code": "PRIN", "by": SYSTEM, "now": NOW}
    report = actions.import_file(**sent)
    source = documents(path)

    assert (report.refused, report.programmes_refused) == ((), ())
    assert (report.read, report.accepted, report.programmes) == (131, 131, 131)
    assert report.items == Item.objects.count() == ItemVersion.objects.count()
    for programme in queries.programmes(institution_code="PRIN"):
        body = source.pop(programme.code)
        assert queries.export_programme("PRIN", programme.code)["document"] == body
        assert find_tree_errors(programme.tree) == []
        says_the_same(programme.tree, body)
        problem = Problem(
            on=NOW.date(),
            programme=f"PRIN/{programme.code}",
            programme_version=programme.version,
            programme_name=programme.name,
            receiver_name="",
            total_credits=programme.total_credits,
            tree=tree_of(programme.tree, barred=()),
            outcomes=(),
            rules=(),
            caps=(),
            standard="",
        )
        assert Problem.from_json(problem.to_json()) == problem  # every one of them can be planned for
    assert source == {}
    assert Counter(row.award for row in Programme.objects.all()) == {"minor": 61, "bachelor": 42, "certificate": 28}
    assert ProgrammeItem.objects.exclude(item__institution=school).count() == 0
    assert list(queries.violations()) == []

    again = actions.import_file(**sent)
    assert (again.items, again.versions, again.programmes, again.accepted) == (0, 0, 0, 131)


def says_the_same(node: Node, req: Mapping[str, Any]) -> None:
    """The tree's own words (not what it keeps of the source) mean what the document means."""
    below = req.get("req_list") or []
    groups = [child for child in node["children"] if child["kind"] != "course"]
    assert len(groups) == len(below)
    listed = [token for token in req.get("course_list") or [] if "*" not in token]
    codes = {token.split(":")[0].split(" / ")[0].strip().upper() for token in listed}
    leaves = [child for child in node["children"] if child["kind"] == "course"]
    assert {leaf["item"] for leaf in leaves if not leaf.get("matched")} == codes
    patterns = [token for token in req.get("course_list") or [] if "*" in token]
    opens = node.get("open", {})
    assert opens.get("patterns", []) == patterns
    assert opens.get("except_", []) == (req.get("excluded_course_list") or [])
    found = {leaf["item"] for leaf in leaves if leaf.get("matched")}
    assert found == (set(matches(patterns, opens.get("except_", []), found)) if patterns else set())
    least = req.get("min_needed")
    if node["kind"] == "any":
        assert least == 1
    elif node["kind"] == "choose":
        assert least == node["need"]
    elif node["kind"] == "all":
        assert least in ("ALL", None, 0) or not (listed or below)
    for child, one in zip(groups, below, strict=True):
        says_the_same(child, one)


def test_a_plan_in_the_sheet_form_is_written_as_a_document_and_read_again(tmp_path):
    an_institution("HITSZ")
    an_institution("COPY")
    path = shared_data(ORIGINALS)
    actions.import_file(path=path, mapping="hitsz-plans", institution_code="HITSZ", by=SYSTEM, now=NOW)
    code, version = Programme.objects.filter(tree__contains={"name": "自动化"}).values_list("code", "version").first()
    out = queries.export_programme("HITSZ", code, version)
    file = tmp_path / "plan.yaml"
    file.write_text(yaml.safe_dump(out["document"], allow_unicode=True, sort_keys=False), encoding="utf-8")
    report = actions.import_file(path=file, mapping="requirement-trees", institution_code="COPY", by=SYSTEM, now=NOW)
    assert (report.accepted, report.programmes) == (1, 1)
    copied, original = queries.programme("COPY", code, version), queries.programme("HITSZ", code, version)
    assert (copied.name, copied.award, copied.level, copied.total_credits) == (
        original.name,
        original.award,
        original.level,
        original.total_credits,
    )
    assert plain(copied.tree) == plain(original.tree)
    assert queries.export_programme("COPY", code, version)["document"] == out["document"]


def plain(node: Node) -> dict[str, Any]:
    """A tree without item ids and leaf ids, which a document does not carry."""
    left_out = {"item_id", "children", *(("id",) if node["kind"] == "course" else ())}
    told = {key: value for key, value in node.items() if key not in left_out}
    return told | {"children": [plain(child) for child in node.get("children", [])]}
