"""Every kind of file deposits the same rows; each damaged one is one sentence with a code and a place, and deposits nothing."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bank import roster_builders as rosters
from tests.bank.deposit_builders import (
    HEADER,
    NOW,
    add_item,
    broken_promises,
    deposit,
    errors_of,
    sheet,
    world,
)
from xuefen.bank.deposits import actions
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.deposits.reading import archive, open_source, roster
from xuefen.bank.shell.problems import Denied

HEAD = ",".join(HEADER)


def objects(path: Path, rows: list[Any], *, encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode(encoding))
    return path


# --- what is read ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_in_every_encoding_whatever_it_is_called(tmp_path: Path, encoding: str) -> None:
    w = world(people=2)
    rows = [w.row(0, grade="优秀"), w.row(1, grade="72.5")]
    keys = ("account", "姓名", "item_code", "取得日期", "Grade", "学时", "serial")
    for path in (
        sheet(tmp_path / "a.xlsx", rows, encoding=encoding),  # the name says nothing
        sheet(tmp_path / "b.zip", [[*r[:6], "T"] for r in rows], encoding=encoding, delimiter="\t"),
        objects(tmp_path / "c.csv", [dict(zip(keys, [*r[:6], "J"], strict=True)) for r in rows], encoding=encoding),
    ):
        batch = deposit(w, path)
        assert (path.name, batch.counts.accepted, batch.counts.refused) == (path.name, 2, 0)
    assert sorted(set(Outcome.objects.values_list("grade", flat=True))) == ["72.5", "优秀"]


@pytest.mark.django_db
def test_objects_may_leave_out_what_they_do_not_have_and_keep_the_digits_of_numbers(tmp_path: Path) -> None:
    w = world(people=2)
    path = tmp_path / "rows.jsonl"
    path.write_text(
        f'{{"账号": {w.accounts[0]}, "成果代码": "C1", "取得日期": "2026-06-30", "成绩": 92.50, "备注": true}}\n'
        "\n"
        f'{{"取得日期": "2026-06-30", "成果代码": "C1", "账号": "{w.accounts[1]}", "成绩": null}}\r\n'
        f'{{"取得日期": "2026-06-30", "成果代码": "S1", "账号": "{w.accounts[1]}", "成绩": "合格", "学时": 64}}'
    )
    source = open_source(path)
    assert (source.kind, source.header, source.total_rows) == (
        "jsonl",
        ("账号", "成果代码", "取得日期", "成绩", "备注", "学时"),
        3,
    )
    batch = deposit(w, path)
    assert list(Outcome.objects.order_by("row").values_list("row", "grade", "mark", "hours")) == [
        (1, "92.50", 9250, None),
        (4, "合格", None, 64),
    ]
    assert errors_of(batch.id) == {3: [("grade", "grade_missing")]}


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("folder", ["", "export/"])
def test_a_roster_deposits_the_course_results_of_its_students(tmp_path: Path, version: str, folder: str) -> None:
    w = world(people=3)
    rows = rosters.tables(
        {
            "u0": {"userIds": f"{{student:S-1}},{{account:{w.accounts[0]}}}", "familyName": "林", "givenName": "秋禾"},
            "u1": {"identifier": w.identities[1], "familyName": "林", "givenName": "秋禾"},
            "u2": {"identifier": "S-3", "username": w.accounts[2], "familyName": "王", "givenName": "五"},
            "u3": {"identifier": "S-4"},
        },
        [
            {"studentSourcedId": "u0", "score": "85.0"},
            {"studentSourcedId": "u0", "score": "17", "lineItemSourcedId": "li-quiz"},  # a quiz is no outcome
            {"studentSourcedId": "u1", "score": "92.5", "scoreDate": ""},  # the day its term ended
            {"studentSourcedId": "u2", "score": "70"},  # somebody else's name
            {"studentSourcedId": "u3", "score": "70"},
            {"studentSourcedId": "nobody", "score": "70"},
            {"studentSourcedId": "u1", "score": "", "scoreStatus": "not submitted"},
            {"studentSourcedId": "u1", "score": "70", "lineItemSourcedId": "li-gone"},
            {"studentSourcedId": "u1", "score": "70", "status": "tobedeleted"},
        ],
    )
    headers = rosters.HEADERS_1_1 if version == "1.1" else rosters.HEADERS_1_2
    if version == "1.2":
        for user in rows["users.csv"]:
            del user["role"]
    path = rosters.roster(tmp_path / "roster.bin", rows, headers=headers, folder=folder)
    batch = deposit(w, path)
    assert (batch.total_rows, batch.counts.accepted) == (8, 2)
    assert [
        (o.row, o.grade, o.mark, o.awarded_on.isoformat()) for o in Outcome.objects.order_by("row")
    ] == [(2, "85", 8500, "2026-06-30"), (4, "92.5", 9250, "2026-07-05")]  # fmt: skip
    assert errors_of(batch.id) == {
        5: [("name", "name_mismatch")],
        6: [("account", "roster_no_person")],
        7: [("account", "roster_no_person")],
        8: [("grade", "result_not_final")],
        9: [("item_code", "roster_no_course")],
        10: [("grade", "result_withdrawn")],
    }
    assert broken_promises() == []


def test_a_score_on_another_scale_is_for_a_person_to_read(tmp_path: Path) -> None:
    rows = rosters.tables({"u0": {}}, [{"studentSourcedId": "u0", "score": "3.7"}])
    rows["lineItems.csv"] = [{"sourcedId": "li-end", "title": "期末", "classSourcedId": "k-1", "resultValueMax": "4"}]
    source = open_source(rosters.roster(tmp_path / "a.zip", rows))
    ((_, cells),) = source.rows()
    assert "result_scale" in cells[source.header.index("成绩")]


def test_the_only_result_of_a_class_is_the_courses_and_of_several_the_one_called_so(tmp_path: Path) -> None:
    rows = rosters.tables({"u0": {}}, [{"studentSourcedId": "u0", "score": "85"}])
    for number, (titles, categories, code) in enumerate(
        [
            (("期中",), ("",), None),
            (("期中", "Final Grade"), ("", ""), None),
            (("期中", "期末"), ("", "k-final"), None),
            (("期中", "期末"), ("", ""), "roster_no_final"),
            (("final", "总评"), ("", ""), "roster_no_final"),
        ]
    ):
        rows["categories.csv"] = [{"sourcedId": "k-final", "title": "总评"}]
        rows["lineItems.csv"] = [
            {"sourcedId": f"li{n}", "title": title, "classSourcedId": "k-1", "categorySourcedId": category}
            for n, (title, category) in enumerate(zip(titles, categories, strict=True))
        ]
        rows["results.csv"] = [
            {"sourcedId": f"r{n}", "lineItemSourcedId": f"li{n}", "studentSourcedId": "u0", "score": str(60 + n),
             "scoreStatus": "fully graded", "scoreDate": "2026-06-30"}
            for n in range(len(titles))
        ]  # fmt: skip
        path = rosters.roster(tmp_path / f"{number}.zip", rows)
        if code:
            with pytest.raises(Denied) as denied:
                open_source(path)
            assert (denied.value.code, denied.value.place) == (code, "lineItems.csv")
        else:
            grades = [cells[5] for _, cells in open_source(path).rows()]
            assert grades == [str(59 + len(titles))]


# --- what is damaged -------------------------------------------------------------------------------------------------

ROSTER = rosters.tables(
    {"u0": {"identifier": "4417092680352710"}}, [{"studentSourcedId": "u0", "score": str(n)} for n in range(60, 90)]
)


def _text(content: str | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content.encode() if isinstance(content, str) else content)


def _roster(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        rows = {name: list(found) for name, found in ROSTER.items()}
        change(rows)
        rosters.roster(path, rows)

    return make


def _roster_torn(path: Path) -> None:
    rosters.roster(path, ROSTER)
    path.write_bytes(path.read_bytes()[:-300])


def _roster_rotten(path: Path) -> None:
    """One byte of the results is not what it was: the archive's own check sum says so."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
        for name, found in ROSTER.items():
            packed.writestr(name, rosters.table(rosters.HEADERS_1_1[name], found))
    path.write_bytes(path.read_bytes().replace(b"fully graded,75", b"fully graded,95"))


def _roster_part(name: str, content: str) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        rosters.roster(path, {part: found for part, found in ROSTER.items() if part != name})
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(name, content)

    return make


RESULTS = rosters.HEADERS_1_1["results.csv"]
DAMAGED: list[tuple[str, Callable[[Path], object], str, str]] = [
    ("cut in a character", _text((HEAD + "\n1,林").encode()[:-1]), "file_cut_off", "file"),
    ("utf-16 cut", _text((HEAD + "\n1,林").encode("utf-16")[:-1]), "file_cut_off", "file"),
    ("png", _text(b"\x89PNG\r\n\x1a\n" + bytes(200)), "file_kind", "file"),
    ("password-protected or old workbook", _text(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), "workbook_locked", "file"),
    ("endless line", _text(HEAD + "\n" + "1" * 2_200_000), "csv_broken", "file"),
    ("object cut", _text('{"账号": "1"}\n{"账号": "1", "成绩'), "json_lines_broken", "line 2"),
    ("json array", _text('[{"账号": "1"}]'), "json_lines_broken", "line 1"),
    ("an object over lines", _text('{\n"账号": "1"\n}'), "json_lines_broken", "line 1"),
    ("nested", _text('{"账号": {"a": 1}}'), "json_lines_broken", "line 1"),
    ("a list", _text('{"账号": "1"}\n\n["1"]'), "json_lines_broken", "line 3"),
    ("twice", _text('{"成绩": 1, "成绩": 2}'), "json_lines_broken", "line 1"),
    ("no number", _text('{"成绩": NaN}'), "json_lines_broken", "line 1"),
    ("half a character", _text('{"成绩": "\\ud800"}'), "json_lines_broken", "line 1"),
    ("deep", _text('{"a":' * 100_000), "json_lines_broken", "line 1"),
    ("many keys", _text("\n".join(f'{{"k{n}": 1}}' for n in range(80))), "too_many_columns", "file"),
    ("torn roster", _roster_torn, "archive_broken", "file"),
    ("rotten roster", _roster_rotten, "archive_broken", "results.csv"),
    ("no users", _roster(lambda rows: rows.pop("users.csv")), "roster_files_missing", "zip"),
    ("no results", _roster(lambda rows: rows["results.csv"].clear()), "no_rows", "file"),
    ("no columns", _roster_part("users.csv", "sourcedId,name\nu0,x\n"), "roster_columns", "users.csv"),
    ("empty part", _roster_part("users.csv", ""), "roster_columns", "users.csv"),
    ("cut row", _roster_part("results.csv", f"{RESULTS}\nr0,,,li-end,u0"), "roster_row", "results.csv:2"),
    ("open quote", _roster_part("results.csv", f'{RESULTS}\n"r0,,'), "csv_broken", "results.csv"),
    ("no final", _roster(lambda rows: rows["results.csv"].append(ROSTER["results.csv"][0] | {"lineItemSourcedId": "li-quiz"})
                         or rows["lineItems.csv"].__setitem__(1, {"sourcedId": "li-end", "title": "x", "classSourcedId": "k-1"})),
     "roster_no_final", "lineItems.csv"),
]  # fmt: skip


@pytest.mark.django_db
def test_a_damaged_file_is_one_sentence_with_its_place(tmp_path: Path) -> None:
    w = world(people=1)
    path = tmp_path / "file"
    for name, make, code, place in DAMAGED:
        path.unlink(missing_ok=True)
        make(path)
        with pytest.raises(Denied) as dry:
            actions.dry_run(path=path, issuer_code="ylu", by=w.officer, now=NOW)
        assert (name, dry.value.code, dry.value.place) == (name, code, place)
        assert "{" not in dry.value.sentence("zh") + dry.value.sentence("en")
        with pytest.raises(Denied) as denied:
            deposit(w, path)
        assert (name, denied.value.code) == (name, code)
    assert Outcome.objects.count() == 0


def test_a_bomb_among_the_parts_of_a_roster_is_not_unpacked(tmp_path: Path) -> None:
    path = rosters.roster(tmp_path / "a.zip", ROSTER)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed, packed.open("orgs.csv", "w") as part:
        for _ in range(30):
            part.write(b" " * 1_000_000)
    with pytest.raises(Denied) as denied:
        open_source(path)
    assert denied.value.code == "archive_bomb"


def test_what_is_looked_up_in_a_roster_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = dict(ROSTER) | {"users.csv": [{"sourcedId": f"u{n}"} for n in range(6)]}
    monkeypatch.setattr(roster, "MOST_LOOKED_UP", 5)
    with pytest.raises(Denied) as denied:
        list(roster.roster_rows(rosters.roster(tmp_path / "a.zip", rows), 100))
    assert (denied.value.code, denied.value.place) == ("roster_too_large", "users.csv")


def test_an_archive_is_told_by_what_is_in_it(tmp_path: Path) -> None:
    path = rosters.roster(tmp_path / "a.xlsx", ROSTER)
    assert archive.kind_of(path) == "roster"
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as packed:
        packed.writestr("deep/er/users.csv", "x")
        packed.writestr("notes.csv", "x")
    with pytest.raises(Denied) as denied:
        archive.kind_of(tmp_path / "b.zip")
    assert denied.value.code == "file_kind"


@pytest.mark.django_db
def test_marks_of_the_reader_written_by_a_stranger_are_only_bad_characters(tmp_path: Path) -> None:
    w = world(people=1)
    add_item(w.issuer, "C3", theory_hours=16)
    rows = [w.row(0, item_code="\ufdd2nothing\ufdd2C1"), w.row(0, item_code="\ufdd2"), w.row(0, item_code="C3")]
    batch = deposit(w, sheet(tmp_path / "a.csv", rows))
    assert batch.counts.accepted == 1
    assert errors_of(batch.id) == {2: [("item_code", "cell_controls")], 3: [("item_code", "cell_controls")]}
