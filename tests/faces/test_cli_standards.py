"""The life of a standard and the metadata check on the command line, over the tests' own database."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.bank import deposit_builders as deposits
from tests.bank import standard_builders as make
from tests.faces import desk_builders as desk
from xuefen.bank.standards import actions, queries
from xuefen.bank.standards.rules.diff import to_yaml
from xuefen.bank.standards.types.life import State
from xuefen.faces.cli import parser

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a long sentence of mine"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    desk.stop_clock(monkeypatch, make.NOW)


@pytest.fixture
def xuefen(monkeypatch: pytest.MonkeyPatch):
    """Run one command with a line of standard input; its exit status."""

    def run(*words: object, typed: str = PASSWORD) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
        arguments = parser.build().parse_args([str(word) for word in words])
        return arguments.run()(arguments) or 0

    return run


def test_through_all_hands(xuefen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    people = make.People()
    actions.load_shipped_packs(by=make.HOUSE, now=make.OPENED)
    file = tmp_path / "next.yaml"
    file.write_text(to_yaml(make.next_body()), encoding="utf-8")
    assert xuefen("standard", "propose", file, "--note", make.NOTE, "--as", "tichu", typed="wrong") == 1
    assert "not_this_person" in capsys.readouterr().err
    assert xuefen("standard", "propose", file, "--note", make.NOTE, "--as", "tichu") == 0
    number = capsys.readouterr().out.strip()
    said = ("--verdict", "support", "--reasons", "比现行标准更稳妥。")
    assert xuefen("standard", "compare", number, *said, "--as", "tichu") == 1
    assert "standard_proposer_excluded" in capsys.readouterr().err
    for expert in ("bidui.a", "bidui.b"):
        assert xuefen("standard", "compare", number, *said, "--as", expert) == 0
    assert xuefen("standard", "consult", number, "--days", 5, "--as", "hub.a") == 0
    desk.stop_clock(monkeypatch, make.AFTER)
    actions.close_consultation(number=number, by=people.hubs[0], now=make.AFTER)
    assert xuefen("standard", "publish", number, "--as", "hub.a") == 0
    assert xuefen("standard", "publish", number, "--as", "hub.a") == 1
    assert xuefen("standard", "publish", number, "--as", "hub.b") == 0
    assert queries.proposal(people.hubs[0], number).row.state is State.PUBLISHED
    given = ("--on", "2028-01-01", "--reason", "改用国家标准。", "--as", "hub.a")
    assert xuefen("standard", "retire", "cn-2026", 2, *given) == 0
    capsys.readouterr()
    assert xuefen("standard", "proposals", "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["number"], found["state"], found["signatures"]) == (number, "retired", 2)


def test_a_difference_in_words(xuefen, tmp_path: Path, capsys) -> None:
    actions.load_shipped_packs(by=make.HOUSE, now=make.OPENED)
    file = tmp_path / "next.yaml"
    file.write_text(to_yaml(make.next_body()), encoding="utf-8")
    assert xuefen("standard", "diff", "cn-2026", 1, file) == 0
    assert "转换总量的上限由 50 % 改为 40 %" in capsys.readouterr().out
    assert xuefen("standard", "diff", "cn-2026", 1, file, "--json") == 0
    assert [chapter["chapter"] for chapter in json.loads(capsys.readouterr().out)] == ["head", "limits"]
    assert xuefen("standard", "diff", "cn-2026", 1, 1) == 0 and "没有差别" in capsys.readouterr().out
    for wrong in (7, "x", tmp_path / "none.yaml"):
        assert xuefen("standard", "diff", "cn-2026", 1, wrong) == 1, wrong
        assert "standard_version_unknown" in capsys.readouterr().err
    file.write_text("code: [", encoding="utf-8")
    assert xuefen("standard", "diff", "cn-2026", 1, file) == 2


def test_a_sheet_checked(xuefen, tmp_path: Path, capsys) -> None:
    deposits.world(1)
    sheet = tmp_path / "成绩.csv"
    sheet.write_text("账号,成果代码,取得日期,成绩\n4417092680352710,C1,2026-02-30,很好\n", encoding="utf-8")
    assert xuefen("metadata", "check", sheet) == 1
    printed = capsys.readouterr()
    assert "2 C 取得日期" in printed.err and "errors 2" in printed.out
    sheet.write_text("账号,成果代码,取得日期,成绩\n4417092680352710,C1,2026-06-30,92\n", encoding="utf-8")
    assert xuefen("metadata", "check", sheet, "--issuer", "ylu", "--json") == 0
    assert json.loads(capsys.readouterr().out)["credits"] == "3.0"
    for wrong, code in ((tmp_path / "none.csv", "file_unreadable"), (tmp_path, "file_unreadable")):
        assert xuefen("metadata", "check", wrong) == 1 and code in capsys.readouterr().err
    assert xuefen("metadata", "show", "--schema") == 0
    assert json.loads(capsys.readouterr().out)["items"]["required"] == ["item_code", "awarded_on"]
    assert xuefen("metadata", "show") == 0 and "成果代码 item_code" in capsys.readouterr().out
