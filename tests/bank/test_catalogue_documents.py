"""Documents from outside: bad, hostile and clumsy ones; courses that are known already; prerequisites."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.bank.catalogue_builders import NOW, SYSTEM, a_course_row, an_institution, import_courses
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.catalogue import actions, queries
from xuefen.bank.catalogue.actions import documents
from xuefen.bank.catalogue.models import Item, Programme
from xuefen.bank.catalogue.rules import courses, nodes
from xuefen.bank.catalogue.rules.requirements import matches
from xuefen.bank.catalogue.types import ImportReport
from xuefen.bank.shell.problems import Denied

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = {
    "type": "Programme",
    "name": "软件工程",
    "code": "SE",
    "award": "bachelor",
    "req_list": [
        {
            "name": "基础",
            "min_needed": "ALL",
            "course_list": [
                {"code": "C1", "name": "程序设计", "credits": "4.0"},
                {"code": "C2", "name": "数据结构", "credits": "3.0", "after": ["C1"]},
            ],
        },
        {"name": "选修", "credits_needed": "2.0", "credits_cap": "1.0", "elective": True, "tag": "professional",
         "course_list": [{"code": "E1", "credits": "2.0"}, {"code": "E2", "credits": "2.0"}]},
        {"name": "方向", "min_needed": 1, "double_counting_allowed": True, "course_list": ["C1", "E1"]},
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _school():
    return an_institution("YLU")


def send(path: Path) -> ImportReport:
    return actions.import_file(path=path, mapping="requirement-trees", institution_code="YLU", by=SYSTEM, now=NOW)


def write(path: Path, body: object) -> Path:
    path.write_text(body if isinstance(body, str) else yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    return path


def codes_of(report: ImportReport) -> list[str]:
    return [line.problem.code for line in (*report.refused, *report.programmes_refused)]


def test_a_document_becomes_a_programme_with_everything_it_says(tmp_path):
    report = send(write(tmp_path / "se.yaml", GOOD))
    assert (report.accepted, report.programmes, report.items) == (1, 1, 4)
    programme = queries.programme("YLU", "SE")
    assert (programme.award, programme.total_credits, programme.level) == ("bachelor", 900, 7)
    base, elective, track = programme.tree["children"]
    first, second = base["children"]
    assert (second["after"], second["after_ids"]) == (["C1"], [first["item_id"]])
    assert (elective["kind"], elective["need"], elective["cap"], elective["tag"], elective["elective"]) == (
        "credits",
        200,
        100,
        "professional",
        True,
    )
    assert (track["kind"], track["shared"]) == ("any", True)
    assert track["children"][0]["credits"] == 400  # what the catalogue knows, though this list names only the code
    assert queries.item("YLU", "C2").name == "数据结构"
    assert AuditEntry.objects.filter(action="catalogue.publish").count() == 1
    assert list(queries.violations()) == []


def test_courses_the_catalogue_knows_keep_what_it_says(tmp_path, _school):
    import_courses(tmp_path / "a.csv", [a_course_row("C1", name="程序设计基础", credit="5.0")], institution=_school)
    body = {
        "type": "Programme",
        "name": "甲",
        "code": "X",
        "req_list": [{"name": "课", "course_list": ["C1", "C9"], "min_needed": 2}],
    }
    report = send(write(tmp_path / "x.yaml", body))
    assert (report.items, report.programmes) == (1, 1)
    known, new = courses(queries.programme("YLU", "X").tree)
    assert (known["name"], known["credits"], known["version"]) == ("程序设计基础", 500, "2026")
    assert (new["name"], new["credits"]) == ("C9", 100)


def listing(*entries: object, **more: object) -> dict[str, object]:
    return {"req_list": [{"name": "组", "min_needed": 1, "course_list": list(entries), **more}]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"req_list": [{"name": "空"}]}, None),  # a requirement in words alone
        (listing({"code": "A", "after": ["Z"]}), "tree_invalid"),
        (listing({"code": "A", "after": ["B"]}, {"code": "B", "after": ["A"]}), "tree_invalid"),
        (listing("A", credits_needed="99"), "tree_invalid"),
        (listing("A", credits_needed="-1"), "document_invalid"),
        (listing({"code": "A", "credits": "-3"}), "document_invalid"),
        (listing({"code": "A", "credits": "500"}), "tree_invalid"),
        (listing("A", min_needed="SOME"), "document_invalid"),
        ({"req_list": "A, B"}, "document_invalid"),
        (listing("X" * 41), "document_invalid"),
        (listing({"code": "A", "colour": "red"}), "document_invalid"),
        ({"type": "Horoscope"}, "document_invalid"),
        ({"name": ""}, "sheet_cell_missing"),
        ({"code": "X" * 41}, "sheet_cell_too_long"),
        ({"effective_from": "soon"}, "document_invalid"),
    ],
)
def test_what_is_wrong_with_a_document_is_said(tmp_path, change, code):
    report = send(write(tmp_path / "x.yaml", GOOD | change))
    assert codes_of(report) == ([code] if code else [])
    assert report.read == report.accepted + len(codes_of(report)) == 1
    assert Programme.objects.count() == (0 if code else 1)
    for line in (*report.refused, *report.programmes_refused):
        assert line.sentence("zh") and line.sentence("en") and "{" not in line.sentence("en")
    if code:
        assert Item.objects.count() == 0


def test_a_circle_is_told_by_its_courses(tmp_path):
    body = GOOD | {
        "req_list": [
            {
                "name": "环",
                "min_needed": "ALL",
                "course_list": [{"code": c, "after": [a]} for c, a in (("A", "C"), ("B", "A"), ("C", "B"))],
            }
        ]
    }
    (line,) = send(write(tmp_path / "x.yaml", body)).programmes_refused
    assert "A → C → B → A" in line.sentence("zh")


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [1, 2]\nb: *a\n",  # an alias can make a small file endless
        "req_list: " + "[" * 300 + "]" * 300,
        "name: x\nname: y\n",  # one of the two would be lost
        "name: [unclosed",
        "- a list\n- not a table",
        "\x00\x01",
    ],
)
def test_hostile_yaml_is_refused_as_a_whole_and_named(tmp_path, text):
    write(tmp_path / "bad.yaml", text)
    write(tmp_path / "good.yaml", GOOD)
    report = send(tmp_path)
    assert [(line.field, line.problem.code) for line in report.refused] == [("bad.yaml", "sheet_unreadable")]
    assert (report.read, report.accepted, report.programmes) == (2, 1, 1)


def test_a_requirement_nested_without_end_is_refused(tmp_path):
    body: dict[str, object] = {"name": "底", "course_list": ["A"], "min_needed": 1}
    for _ in range(60):
        body = {"name": "层", "min_needed": "ALL", "req_list": [body]}
    assert codes_of(send(write(tmp_path / "x.yaml", GOOD | {"req_list": [body]}))) == ["document_invalid"]


def test_folders_and_archives_hold_documents(tmp_path, monkeypatch):
    content = yaml.safe_dump(GOOD, allow_unicode=True).encode()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("deep/se.yaml", content)
        archive.writestr("deep/.hidden.yaml", "x")
        archive.writestr("readme.md", "x")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("../../outside.yaml")  # read, never written
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    assert send(tmp_path / "a.zip").programmes == 1
    again = send(tmp_path / "a.tar.gz")
    assert (again.programmes, again.accepted) == (0, 1)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_bytes(b"PK nonsense")
    for name in ("empty", "broken.zip", "missing.yaml"):
        with pytest.raises(Denied, match="sheet_unreadable"):
            send(tmp_path / name)
    monkeypatch.setattr(documents, "MAX_DOCUMENT", 100)
    with pytest.raises(Denied, match="sheet_unreadable"):
        send(tmp_path / "a.zip")


def test_the_same_code_twice_and_changed_content_are_refused(tmp_path):
    write(tmp_path / "a.yaml", GOOD)
    write(tmp_path / "b.yaml", GOOD)
    assert codes_of(send(tmp_path)) == ["programme_changed"]
    (tmp_path / "b.yaml").unlink()
    changed = GOOD | {"req_list": GOOD["req_list"][:1]}
    assert codes_of(send(write(tmp_path / "a.yaml", changed))) == ["programme_changed"]
    assert codes_of(send(write(tmp_path / "a.yaml", changed | {"version": "2027"}))) == []


def test_patterns_find_the_courses_there_are(tmp_path):
    lists = [{"name": "核心", "min_needed": 1, "course_list": ["COS 126", "COS 320", "COS 333", "MAT 301"]}]
    lists.append({"name": "高年级", "min_needed": 2, "course_list": ["COS 3**"], "excluded_course_list": ["COS 333"]})
    send(write(tmp_path / "x.yaml", GOOD | {"req_list": lists}))
    upper = queries.programme("YLU", "SE").tree["children"][1]
    assert (upper["kind"], upper["need"], upper["open"]) == (
        "credits",
        200,
        {"patterns": ["COS 3**"], "except_": ["COS 333"]},
    )
    assert [leaf["item"] for leaf in upper["children"]] == ["COS 320"]
    assert all(leaf["matched"] for leaf in upper["children"])
    assert matches(["COS *"], [], ["COS 1", "COS 1234", "MAT 1"]) == ["COS 1", "COS 1234"]
    assert matches(["COS 3**"], [], ["COS 3", "COS 300", "COS 3000"]) == ["COS 300"]
    assert len(list(nodes(queries.programme("YLU", "SE").tree))) == 8
