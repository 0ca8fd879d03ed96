"""``xuefen standard`` and ``xuefen assess``: files without a bank, and what the bank has published."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from tests.bank.catalogue_builders import NOW, SYSTEM
from xuefen.bank.standards import actions, queries
from xuefen.faces.cli import parser
from xuefen.faces.cli.parser import Needs

PACKS = files("xuefen.bank.standards") / "packs"
CN = str(PACKS / "cn-2026.yaml")
KR = str(PACKS / "kr-acbs.yaml")


def run(*words: str) -> int:
    arguments = parser.build().parse_args(words)
    return int(arguments.run()(arguments) or 0)


def written(folder: Path, text: str) -> str:
    path = folder / "file.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_sound_file(capsys):
    assert run("standard", "check", CN) == 0
    assert "cn-2026/1" in capsys.readouterr().out


def test_every_error_of_a_file_with_its_line(tmp_path, capsys):
    text = (
        Path(CN)
        .read_text(encoding="utf-8")
        .replace('D: {check: "1"', 'D: {check: "2"')
        .replace("share: 50", "share: 500")
    )
    path = written(tmp_path, text)
    assert run("standard", "check", path) == 2
    lines = capsys.readouterr().err.splitlines()
    at = text[: text.index('D: {check: "2"')].count("\n") + 1
    assert lines[0].startswith(f"{path}:{at}: types.D.check: 校验码应为 1 ")
    assert len(lines) == 3

    assert run("standard", "check", path, "--json") == 2
    found = json.loads(capsys.readouterr().out)
    assert not found["ok"]
    assert [e["path"] for e in found["errors"]] == [
        "types.D",
        "limits.total_share",
        "limits.same_or_higher_degree_share",
    ]


def test_a_file_that_is_not_there_or_no_text(tmp_path, capsys):
    assert run("standard", "check", str(tmp_path / "none.yaml")) == 2
    assert "读不了" in capsys.readouterr().err
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    assert run("assess", "--pack", CN, "--facts", str(tmp_path / "x")) == 2


def test_an_outcome_is_judged_by_a_file_without_a_bank(tmp_path, capsys):
    facts = written(tmp_path, 'kind: degree\ntype: D11-5\ntheory_hours: 48\ngrade: 85\ndeclared_credit: "3.0"\n')
    words = ("assess", "--pack", CN, "--facts", facts)
    assert parser.build().parse_args(words).needs is Needs.NOTHING
    assert run(*words) == 0
    told = capsys.readouterr().out
    assert "理论 48 学时 ÷ 16 = 3 学分。" in told
    assert "cn-2026/1 degree.theory_hours_per_credit · S4" in told

    assert run(*words, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["credits"], found["level"], found["standard"]) == ("3.0", 7, "cn-2026/1")
    step = found["explanation"]["children"][1]
    assert (step["rule"], step["inputs"], step["arithmetic"]) == (
        "degree.theory_hours_per_credit",
        {"theory_hours": "48"},
        "48 ÷ 16 = 3",
    )


def test_a_list_is_judged_in_order_and_one_refusal_says_no(tmp_path, capsys):
    facts = written(
        tmp_path,
        "- {kind: degree, type: D4, theory_hours: 45, attendance: 90, grade: 70}\n"
        "- {kind: degree, type: D4, theory_hours: 45, attendance: 79, grade: 70}\n",
    )
    assert run("assess", "--pack", KR, "--facts", facts, "--json") == 1
    first, second = json.loads(capsys.readouterr().out)
    assert (first["credits"], second["refusal"]) == ("3.0", "attendance_below")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: degree\ntype: D11-4\n", "type_code"),
        ("kind: degree\ntheory_hours: 3\n", "type"),
        ("kind: social\ntype: S01\n", "hours"),
        ("kind: degree\ntype: D11\ntheory_hours: -1\n", "theory_hours"),
        ("kind: degree\ntype: D11\ntheory_hours: 1.5\n", "theory_hours"),
        ("kind: degree\ntype: D11\nattendance: 101\n", "attendance"),
        ("kind: degree\ntype: D11\nlevel: 11\n", "level"),
        ("kind: degree\ntype: D11\ngrade: eighty\n", "grade"),
        ("kind: degree\ntype: D11\ndeclared_credit: much\n", "declared_credit"),
        ("kind: vocational\ntype: V13\nhours: 3\n", "hours"),
        ("kind: magic\n", "kind"),
        ("kind: degree\nkind: degree\n", "kind"),
        ("[1, 2]", "kind"),
        ("", "空"),
    ],
)
def test_bad_facts_are_told_and_end_with_2(tmp_path, capsys, text, said):
    assert run("assess", "--pack", CN, "--facts", written(tmp_path, text)) == 2
    assert said.removesuffix("_code") in capsys.readouterr().err


def test_a_file_is_not_asked_about_days_outside_its_time(tmp_path, capsys):
    facts = written(tmp_path, "{kind: vocational, type: V13}")
    assert run("assess", "--pack", CN, "--facts", facts, "--as-of", "2026-01-01") == 0
    assert run("assess", "--pack", CN, "--facts", facts, "--as-of", "2025-12-31") == 1
    assert "standard_unknown" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_what_the_bank_has_published(tmp_path, capsys):
    actions.load_shipped_packs(by=SYSTEM, now=NOW)

    assert run("standard", "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [row["code"] for row in listed] == ["cn-2026", "cn-strict", "ects", "in-abc", "kr-acbs"]

    assert run("standard", "show", "kr-acbs") == 0
    shown = capsys.readouterr().out
    assert (
        "limits.year: 每学年 In a year (credits 42.0, kind total, per year)  · ACBS at most 42 credits a year" in shown
    )
    assert "grades.attendance: free ['D2'], percent 80" in shown
    assert run("standard", "show", "kr-acbs", "--on", "2020-01-01") == 1
    assert "standard_unknown" in capsys.readouterr().err

    out = tmp_path / "kr.yaml"
    assert run("standard", "export", "kr-acbs", "--out", str(out)) == 0
    assert run("standard", "check", str(out)) == 0
    assert run("standard", "load", str(out)) == 0  # the same body again changes nothing
    assert queries.newest_version("kr-acbs") == 1
    out.write_text(out.read_text(encoding="utf-8").replace("'42.0'", "'43.0'"), encoding="utf-8")
    assert run("standard", "load", str(out)) == 1
    assert "pack_changed" in capsys.readouterr().err
    assert run("standard", "export", "kr-acbs", "--version", "9") == 1
    assert run("standard", "load", written(tmp_path, "code: x\n")) == 2

    facts = written(tmp_path, "{kind: vocational, type: V13}")
    assert run("assess", "--standard", "kr-acbs", "--facts", facts, "--as-of", "2026-11-20") == 0
    assert "20.0" in capsys.readouterr().out
    assert run("assess", "--standard", "kr-acbs", "--facts", facts, "--as-of", "2020-11-20") == 1
