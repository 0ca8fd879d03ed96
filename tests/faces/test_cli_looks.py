"""``xuefen rules doctor|coverage|impact`` and ``xuefen standard impact``: words, exit status, JSON."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest
import yaml

from tests.bank.doctor_builders import TODAY, World, draft, world
from tests.bank.test_conversion_doctor import circle, give_courses_to_the_university
from tests.faces.test_looks import RULES
from xuefen.bank.standards import queries as standards
from xuefen.faces.cli.parser import build

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: str) -> int:
    arguments: Namespace = build().parse_args(list(words))
    return int(arguments.run()(arguments) or 0)


@pytest.fixture
def here() -> World:
    return world(6)


def test_a_sound_register_is_zero_and_a_circle_is_one(here: World, capsys: pytest.CaptureFixture[str]) -> None:
    here.publish(draft())
    assert run("rules", "doctor", "--on", TODAY.isoformat()) == 0
    assert "✓ 1 条规则 rules, 0 处错误 errors, 0 处发现 findings" in capsys.readouterr().out
    give_courses_to_the_university(here)
    here.publish_unexamined(*circle(here))
    assert run("rules", "doctor", "--on", TODAY.isoformat()) == 1
    said = capsys.readouterr().out
    assert "creates_credit" in said and "凭空多出 3.0 学分" in said and "→ 示例K1（college/K1） 3.0" in said
    assert run("rules", "doctor", "--on", TODAY.isoformat(), "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["rules"], found["errors"], found["counts"]["creates_credit"]) == (3, 1, 1)
    assert found["findings"][0]["steps"][0]["rule"].startswith("GZ")


def test_an_unknown_institution_is_a_refusal(here: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rules", "doctor", "--receiver", "nobody") == 1
    assert "institution_unknown" in capsys.readouterr().err


def test_coverage(here: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rules", "coverage", "--on", TODAY.isoformat()) == 0
    assert "No rules are in force" in capsys.readouterr().err
    here.publish(draft())
    assert run("rules", "coverage", "--on", TODAY.isoformat(), "--json") == 0
    assert json.loads(capsys.readouterr().out)["pairs"][0]["reached"] == 1


def test_impact_of_rules(here: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here.hold(tmp_path, [here.issued.row(n) for n in range(6)])
    file = tmp_path / "rules.yaml"
    file.write_text(RULES, encoding="utf-8")
    assert run("rules", "impact", str(file), "--agreement", here.agreement) == 0
    said = capsys.readouterr().out
    assert "增加 gain 6 (+18.0)" in said and "＋ " in said and "****" in said
    assert run("rules", "impact", str(file), "--agreement", here.agreement, "--json") == 0
    assert json.loads(capsys.readouterr().out)["gain"] == 6
    file.write_text(RULES.replace("ylu/C1", "ylu/NONE"), encoding="utf-8")
    assert run("rules", "impact", str(file), "--agreement", here.agreement) == 2
    assert run("rules", "impact", str(file), "--agreement", "XY1") == 1


def test_impact_of_a_standard(here: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here.hold(tmp_path, [here.issued.row(n) for n in range(6)])
    body = dict(standards.body_of(standards.current(on=TODAY).id))
    body["version"], body["effective_from"] = 99, "2027-01-01"
    body["degree"] = {**body["degree"], "theory_hours_per_credit": {"value": 24, "reference": "S4"}}
    file = tmp_path / "s.yaml"
    file.write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    assert run("standard", "impact", str(file)) == 0
    assert "减少 lose 6 (−6.0)" in capsys.readouterr().out
    file.write_text("code: x\n", encoding="utf-8")
    assert run("standard", "impact", str(file)) == 2
    assert run("standard", "impact", str(tmp_path / "none.yaml")) == 2
