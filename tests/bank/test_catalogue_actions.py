"""Publishing sheets on the real database."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from django.db import IntegrityError, connection, transaction

import xuefen
from tests.bank.catalogue_builders import (
    COURSE_HEADER,
    NOW,
    SYSTEM,
    a_course_row,
    a_sheet,
    an_institution,
    an_issuer_officer,
    import_courses,
)
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.catalogue import actions, queries
from xuefen.bank.catalogue.models import Item, ItemVersion, Programme, ProgrammeItem
from xuefen.bank.catalogue.rules import facts_of, sum_credits
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.actions import load_shipped_packs
from xuefen.bank.standards.queries import current
from xuefen.bank.standards.rules import assess, read_grade
from xuefen.bank.standards.types import Assessment
from xuefen.bank.translog.models import QueuedLeaf

pytestmark = pytest.mark.django_db(transaction=True)
DEMO = Path(xuefen.__file__).parent / "demo_data"
ROWS = [a_course_row("C1"), a_course_row("C2", credit="2.0", theory_hours="32"), a_course_row("C3", nature="选修")]


def counts() -> list[int]:
    tables = (Item, ItemVersion, Programme, ProgrammeItem, QueuedLeaf)
    return [model.objects.count() for model in tables]


def test_a_sheet_becomes_items_and_a_programme(tmp_path):
    school = an_institution()

    report = import_courses(tmp_path / "a.csv", ROWS, institution=school)

    assert (report.items, report.versions, report.programmes) == (3, 3, 1)
    assert (report.read, report.accepted, report.refused, report.programmes_refused) == (3, 3, (), ())
    programme = queries.programme("YLU", "P1")
    assert (programme.name, programme.version, programme.total_credits) == ("行政管理", "2026", 300 + 200 + 150)
    required, elective = programme.tree["children"]
    assert [(leaf["id"], leaf["credits"], leaf["version"]) for leaf in required["children"]] == [
        ("C1", 300, "2026"),
        ("C2", 200, "2026"),
    ]
    assert (elective["need"], elective["elective"], elective["name_en"]) == (150, True, "Electives")
    ids = {code: facts.item_id for code, facts in queries.items_for(school.id).latest.items()}
    assert {leaf["item"]: leaf["item_id"] for leaf in required["children"]} == {"C1": ids["C1"], "C2": ids["C2"]}
    stands = ProgrammeItem.objects.values_list("node", "item_id", "item_version__version")
    assert set(stands) == {(code, item_id, "2026") for code, item_id in ids.items()}

    (entry,) = AuditEntry.objects.filter(action="catalogue.publish")
    assert (entry.subject_kind, entry.subject_id, entry.after["accepted"]) == ("institution", "YLU", 3)
    (leaf,) = QueuedLeaf.objects.all()
    assert json.loads(bytes(leaf.body)) == {
        "kind": "catalogue.imported",
        "v": 1,
        "at": "2026-11-20T02:03:04Z",
        "institution": "YLU",
        "digest": report.digest,
        "items": 3,
        "versions": 3,
        "programmes": 1,
        "read": 3,
        "accepted": 3,
    }
    assert list(queries.violations()) == []


def test_the_same_sheet_again_changes_nothing(tmp_path):
    school = an_institution()
    import_courses(tmp_path / "a.csv", ROWS, institution=school)
    before = counts()
    again = import_courses(tmp_path / "a.csv", ROWS, institution=school)
    assert (again.items, again.versions, again.programmes, again.accepted) == (0, 0, 0, 3)
    assert counts() == before


def test_what_is_published_cannot_be_changed_by_a_sheet(tmp_path):
    school = an_institution()
    import_courses(tmp_path / "a.csv", ROWS, institution=school)
    before = counts()

    changed = [a_course_row("C1", credit="4.0"), *ROWS[1:]]
    report = import_courses(tmp_path / "b.csv", changed, institution=school)

    assert [(line.row, line.field, line.problem.code) for line in report.refused] == [
        (2, "version", "item_version_changed")
    ]
    # Without C1 the plan is another one; it is refused as a whole, by its first readable row.
    assert [(line.row, line.problem.code) for line in report.programmes_refused] == [(3, "programme_changed")]
    assert counts() == before

    newer = [a_course_row("C1", credit="4.0", version="2027", effective_from="2027-09-01")]
    report = import_courses(tmp_path / "c.csv", newer, institution=school)
    assert (report.items, report.versions, report.programmes) == (0, 1, 1)
    items = queries.items_for(school.id)
    assert {v: f.declared_credit for (code, v), f in items.by_version.items() if code == "C1"} == {
        "2026": 300,
        "2027": 400,
    }
    assert items.get("C1").version == "2027" and items.get("C1", "2026").declared_credit == 300
    assert queries.items_for(school.id, on=date(2026, 12, 1)).get("C1").version == "2026"
    assert queries.programme("YLU", "P1").version == "2027"
    assert queries.programme("YLU", "P1", "2026").total_credits == 650


def test_bad_rows_are_refused_by_number_and_the_rest_goes_in(tmp_path):
    school = an_institution()
    rows = [
        a_course_row("C1"),
        a_course_row("C2", credit="三"),
        ["", *[""] * (len(COURSE_HEADER) - 1)],
        a_course_row("C3", award="博士后", theory_hours="many"),
        [*a_course_row("C4"), "one cell too many"],
        a_course_row("C5", credit=""),
        a_course_row("C6"),
    ]
    report = import_courses(tmp_path / "a.csv", rows, institution=school)

    assert [(line.row, line.field, line.problem.code) for line in report.refused] == [
        (3, "declared_credit", "sheet_cell_unreadable"),
        (5, "type_code", "sheet_cell_unreadable"),
        (5, "level", "sheet_cell_unreadable"),
        (5, "hours", "sheet_cell_unreadable"),
        (6, "", "sheet_row_ragged"),
        (7, "declared_credit", "sheet_cell_missing"),
    ]
    assert (report.read, report.accepted) == (6, 2)  # the blank row is not one
    assert set(queries.items_for(school.id).latest) == {"C1", "C6"}


def test_only_who_may_publish_for_this_institution_does(tmp_path):
    an_institution("YLU")
    other = an_institution("OTHER")
    path = a_sheet(tmp_path / "a.csv", [COURSE_HEADER, *ROWS])
    with pytest.raises(Denied, match="not_allowed"):
        actions.import_sheet(path=path, mapping="courses", institution_code="YLU", by=an_issuer_officer(other), now=NOW)
    assert counts() == [0] * 5


def test_a_code_keeps_its_kind(tmp_path):
    school = an_institution()
    import_courses(tmp_path / "a.csv", ROWS, institution=school)
    sheet = a_sheet(
        tmp_path / "b.csv",
        [
            ["code", "version", "name", "setting", "hours", "online", "effective_from"],
            ["C1", "2026", "讲座", "讲座展览", "8", "否", "2026-01-01"],
            ["L1", "2026", "讲座", "讲座展览", "8", "否", "2026-01-01"],
        ],
    )
    report = actions.import_sheet(path=sheet, mapping="activities", institution_code="YLU", by=SYSTEM, now=NOW)
    assert [(line.row, line.problem.code, line.params["kind"]) for line in report.refused] == [
        (2, "item_kind_changed", "course")
    ]
    assert (report.items, report.accepted) == (1, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(tmp_path, encoding):
    an_institution()
    path = a_sheet(tmp_path / "a.csv", [COURSE_HEADER, a_course_row("C1", name="管理学基础")], encoding=encoding)
    actions.import_sheet(path=path, mapping="courses", institution_code="YLU", by=SYSTEM, now=NOW)
    assert queries.item("YLU", "C1").name == "管理学基础"


def test_a_workbook_says_the_same_as_text(tmp_path):
    school = an_institution()
    text = import_courses(tmp_path / "a.csv", ROWS, institution=school)
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([COURSE_HEADER, *ROWS]):
            for column, cell in enumerate(row):
                plain = str(cell).replace(".", "", 1).isdigit() and COURSE_HEADER[column] != "version"
                sheet.write(number, column, float(cell) if plain else cell)
    again = actions.import_sheet(path=path, mapping="courses", institution_code="YLU", by=SYSTEM, now=NOW)
    assert (again.items, again.versions, again.programmes) == (0, 0, 0)
    assert (again.accepted, again.refused) == (text.accepted, ())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "sheet_columns_missing"),
        (b"code,name\nC1,x\n", "sheet_columns_missing"),
        (b"\x00\x01\x02", "sheet_unreadable"),
        (b"\xff\xff\xff", "sheet_unreadable"),
        (b"PK\x03\x04 broken", "xlsx_broken"),
        (",".join(COURSE_HEADER).encode() + b'\n"open', "sheet_unreadable"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused(tmp_path, content, code):
    an_institution()
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(Denied, match=code):
        actions.import_sheet(path=path, mapping="courses", institution_code="YLU", by=SYSTEM, now=NOW)
    assert counts() == [0] * 5


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [(1_048_575, 16_383, "sheet_too_large"), (1, 16_383, "too_many_columns"), (1_048_575, 0, "too_many_rows")],
    ids=["XFD1048576", "XFD2", "A1048576"],
)
def test_a_workbook_with_one_far_cell_ends_nothing_but_the_process_that_reads_it(tmp_path, row, column, code):
    an_institution()
    path = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COURSE_HEADER)
        sheet.write(row, column, "x")
    for attempt in (
        lambda: actions.mapping_for(path),
        lambda: actions.import_sheet(path=path, mapping="courses", institution_code="YLU", by=SYSTEM, now=NOW),
    ):
        with pytest.raises(Denied) as denied:
            attempt()
        assert (denied.value.code, denied.value.place) == (code, "file")
    assert counts() == [0] * 5


def test_unknown_mapping_and_institution(tmp_path):
    path = a_sheet(tmp_path / "a.csv", [COURSE_HEADER])
    with pytest.raises(Denied, match="institution_unknown"):
        actions.import_sheet(path=path, mapping="courses", institution_code="NONE", by=SYSTEM, now=NOW)
    an_institution()
    with pytest.raises(Denied, match="mapping_invalid"):
        actions.import_sheet(path=path, mapping="tarot", institution_code="YLU", by=SYSTEM, now=NOW)
    assert actions.shipped_mappings() == [
        "activities",
        "courses",
        "hitsz-plans",
        "requirement-trees",
        "skill-standards",
    ]


def test_items_are_found_by_part_of_their_name(tmp_path, django_assert_num_queries):
    school = an_institution()
    rows = [
        a_course_row("C1", name="管理学原理"),
        a_course_row("C2", name="公共管理学"),
        a_course_row("C3", name="Web 应用开发"),
        a_course_row("C4", name="管理学"),
    ]
    import_courses(tmp_path / "a.csv", rows, institution=school)

    def found(text: str) -> list[str]:
        return [facts.code for facts in queries.search_items(text)]

    assert found("管理学") == ["C4", "C1", "C2"]  # the very name first, then the shorter
    assert found("管理學原理") == ["C1"]
    assert found("web") == ["C3"]
    assert found("c2") == ["C2"]
    assert (found("管"), found(""), found("量子")) == ([], [], [])
    assert len(queries.search_items("管理学", limit=2)) == 2
    assert [programme.code for programme in queries.search_programmes("行政")] == ["P1"]
    with django_assert_num_queries(1):
        queries.items_for(school.id)


def test_a_retired_version_is_no_longer_offered_but_still_known(tmp_path):
    school = an_institution()
    import_courses(tmp_path / "a.csv", ROWS, institution=school)
    version_id = queries.item("YLU", "C1").version_id
    actions.retire_item_version(version_id=version_id, on=date(2026, 12, 1), by=an_issuer_officer(school), now=NOW)

    assert queries.items_for(school.id).get("C1") is None
    assert queries.items_for(school.id, on=date(2026, 11, 30)).get("C1") is not None
    assert queries.versions_by_id([version_id])[version_id].code == "C1"
    entry = AuditEntry.objects.get(action="catalogue.retire")
    assert (entry.before, entry.after) == ({"retired_on": None}, {"retired_on": "2026-12-01"})
    with pytest.raises(Denied, match="not_allowed"):
        other = an_issuer_officer(an_institution("OTHER"))
        actions.retire_item_version(version_id=version_id, on=date(2027, 1, 1), by=other, now=NOW)


def test_unknown_items_and_programmes():
    with pytest.raises(Denied, match="not_found"):
        queries.item("YLU", "C1")
    with pytest.raises(Denied, match="programme_unknown"):
        queries.programme("YLU", "P1")
    with pytest.raises(Denied, match="programme_unknown"):
        queries.programme_by_id(0)


def test_the_database_itself_keeps_what_was_published(tmp_path):
    import_courses(tmp_path / "a.csv", ROWS, institution=an_institution())
    for statement in (
        "UPDATE item_version SET declared_credit = 900",
        "UPDATE programme SET total_credits = 1",
        "UPDATE item SET code = 'X'",
        "DELETE FROM programme_item",
        "DELETE FROM item_version",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_demo_catalogue_goes_in_whole_and_is_worth_something():
    load_shipped_packs(by=SYSTEM, now=NOW)
    pack = current(on=NOW.date()).pack
    sheets = (
        ("YLU", "university_courses.csv", "hitsz-plans", 4),
        ("YLVC", "college_courses.csv", "courses", 2),
        ("OSTA", "certificates.csv", "skill-standards", 0),
        ("HXCS", "activities.csv", "activities", 0),
    )
    for code, name, mapping, programmes in sheets:
        school = an_institution(code)
        report = actions.import_sheet(
            path=DEMO / name, mapping=mapping, institution_code=code, by=an_issuer_officer(school), now=NOW
        )
        assert (report.refused, report.programmes_refused, report.programmes) == ((), (), programmes)
        for facts in queries.items_for(school.id).by_version.values():
            result = assess(facts_of(facts, grade=read_grade("85", pack)), pack)
            assert isinstance(result, Assessment), (facts.code, facts.name)
    college = queries.programme("YLVC", "590302")
    assert college.name == "老年服务与管理"
    assert 0 < college.total_credits < sum_credits(college.tree)
    assert list(queries.violations()) == []
