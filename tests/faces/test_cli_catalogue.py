"""``xuefen catalogue`` and ``xuefen programme``."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.bank.catalogue_builders import COURSE_HEADER, a_course_row, a_sheet, an_institution
from xuefen.faces.cli import parser

pytestmark = pytest.mark.django_db(transaction=True)


def xuefen(*words: str | Path) -> int | None:
    arguments = parser.build().parse_args([str(word) for word in words])
    return arguments.run()(arguments)


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    an_institution("YLU")
    names = {"A1": "大学英语（一）", "A2": "大学英语Ⅰ", "A3": "数据结构"}
    return a_sheet(tmp_path / "a.csv", [COURSE_HEADER, *(a_course_row(c, name=n) for c, n in names.items())])


def test_import_guesses_the_mapping_of_sheets_and_documents(sheet: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert xuefen("catalogue", "import", sheet, "--institution", "YLU", "--json", out) == 0
    assert json.loads(out.read_text(encoding="utf-8"))["items"] == 3
    document = tmp_path / "p.yaml"
    document.write_text(
        "{type: Programme, name: 甲, code: X, req_list: [{name: 课, course_list: [A1], min_needed: 1}]}", "utf-8"
    )
    assert xuefen("catalogue", "import", document, "--institution", "YLU", "--json", out) == 0
    assert json.loads(out.read_text(encoding="utf-8"))["programmes"] == 1


def test_a_programme_is_exported_and_drawn(sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    xuefen("catalogue", "import", sheet, "--institution", "YLU")
    capsys.readouterr()
    assert xuefen("catalogue", "export-programme", "YLU/P1") == 0
    document = yaml.safe_load(capsys.readouterr().out)
    assert list(document)[:3] == ["type", "name", "code"]
    assert [one["name"] for one in document["req_list"][0]["course_list"]] == ["大学英语(一)", "大学英语Ⅰ", "数据结构"]
    assert xuefen("programme", "draw", "YLU/P1", "--language", "en") == 0
    picture = ElementTree.fromstring(capsys.readouterr().out)
    assert "all of these" in "".join(picture.itertext())
    assert xuefen("programme", "draw", "YLU/NO") == 1


def test_duplicates_and_likes_are_told(sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    xuefen("catalogue", "import", sheet, "--institution", "YLU")
    capsys.readouterr()
    assert xuefen("catalogue", "duplicates", "--json") == 0
    (group,) = json.loads(capsys.readouterr().out)["groups"]
    assert ([item["code"] for item in group["items"]], group["open_pairs"]) == (["A1", "A2"], 1)
    assert xuefen("catalogue", "duplicates") == 0
    assert "YLU/A1 大学英语(一) 3.0" in capsys.readouterr().out
    assert xuefen("catalogue", "similar", "YLU/A1", "--json") == 0
    body = json.loads(capsys.readouterr().out)
    assert (body["similar"][0]["code"], body["similar"][0]["same_key"]) == ("A2", True)
    assert xuefen("catalogue", "similar", "YLU/A3") == 1
    assert xuefen("catalogue", "similar", "YLU/NO") == 1
