"""``xuefen rules``: a file's shape without a bank, and what goes in and out of one."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from tests.bank.conversion_builders import catalogue_items
from tests.bank.foundation_builders import HOUSE, NOW, institution, tree
from tests.shared_data import shared_data
from xuefen.bank.conversion import actions, queries
from xuefen.bank.standards.actions import load_shipped_packs
from xuefen.faces.cli import parser
from xuefen.faces.cli.parser import Needs

RULE = """\
v: 2
rules:
  - receiver: UCB
    from: EVERGRN/ANTH 062
    to: UCB/ANTHRO 1
    when: {mark: 60}
    basis: 对照表
    effective_from: 2026-03-01
"""


def run(*words: str) -> int:
    arguments = parser.build().parse_args(words)
    return int(arguments.run()(arguments) or 0)


def written(folder: Path, text: str, name: str = "rules.yaml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_shape_of_a_file_needs_no_bank(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert parser.build().parse_args(["rules", "check", "x.yaml"]).needs is Needs.NOTHING
    assert parser.build().parse_args(["rules", "check", "x.yaml", "--agreement", "XY1"]).needs is Needs.DATABASE
    assert run("rules", "check", written(tmp_path, RULE)) == 0
    assert "1" in capsys.readouterr().out
    path = written(tmp_path, RULE.replace("mark: 60", "mark: good").replace("2026-03-01", "soon"))
    assert run("rules", "check", path, "--json") == 2
    told = capsys.readouterr()
    assert [(f["line"], f["rule"], f["place"]) for f in json.loads(told.out)["faults"]] == [
        (6, 1, "rules[1].when.mark"), (8, 1, "rules[1].effective_from"),
    ]  # fmt: skip
    assert told.err.startswith(f"{path}:6: rules[1].when.mark: ")
    assert run("rules", "check", str(tmp_path / "nothing.yaml")) == 2


def test_grade_words_are_those_of_a_standard(tmp_path: Path) -> None:
    from importlib.resources import files

    path = written(tmp_path, RULE.replace("mark: 60", "mark: 良好"))
    assert run("rules", "check", path) == 2
    assert run("rules", "check", path, "--pack", str(files("xuefen.bank.standards") / "packs" / "cn-2026.yaml")) == 0


@pytest.fixture
def agreement() -> str:
    load_shipped_packs(by=HOUSE, now=NOW)
    tree()
    catalogue_items(institution("EVERGRN", number=1), ["ANTH 062"])
    catalogue_items(institution("UCB", number=2), ["ANTHRO 1"])
    return actions.sign_agreement(
        name="互认协议", mode="agreement", party_codes=["EVERGRN", "UCB"], signatories={"EVERGRN": "甲", "UCB": "乙"},
        effective_from=date(2026, 1, 1), by=HOUSE, now=NOW,
    ).number  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_rules_go_in_and_come_out_the_same(agreement: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, RULE)
    assert run("rules", "check", path, "--agreement", agreement) == 0
    assert run("rules", "import", path) == 2
    capsys.readouterr()
    assert run("rules", "import", path, "--agreement", agreement, "--json") == 0
    assert json.loads(capsys.readouterr().out)["published"] == 1
    assert run("rules", "export", "--agreement", agreement, "--as-new") == 0
    assert capsys.readouterr().out == RULE
    assert run("rules", "import", path, "--agreement", agreement) == 2
    told = capsys.readouterr().err
    assert f"{path}:3: rules[1].sources: " in told
    (number,) = [d.number for d in queries.published_drafts(agreement_number=agreement)]
    assert str(number) in told
    out = tmp_path / "rules.json"
    assert run("rules", "export", "--receiver", "UCB", "--on", "2026-11-20", "--format", "ctdl", "--out", str(out)) == 0
    kinds = [node["@type"] for node in json.loads(out.read_text(encoding="utf-8"))["@graph"]]
    assert kinds.count("ceterms:TransferValueProfile") == 1
    assert run("rules", "import", path, "--agreement", "XY0") == 1
    assert "agreement_unknown" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_another_systems_agreement_says_what_it_needs_first(
    agreement: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(shared_data("articulation/assist_evergreen_to_ucb_2025-26_allprefixes.json"))
    text = tmp_path / "assist.yaml"
    assert run("rules", "import", file, "--format", "assist", "--text", str(text), "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["read"], answer["rules"], len(answer["items_missing"]), answer["published"]) == (69, 64, 131, 0)
    assert len(answer["left_out"]) == 4
    assert run("rules", "check", str(text)) == 0
    words = ("rules", "import", file, "--format", "assist", "--agreement", agreement)
    assert run(*words) == 1
    capsys.readouterr()
    assert run(*words, "--with-items", "--json") == 0
    assert json.loads(capsys.readouterr().out)["published"] == 64
    assert run("rules", "import", file, "--format", "ctdl") == 2
    with pytest.raises(SystemExit):
        run("rules", "import", file, "--format", "ctdl", "--as", "nobody")
