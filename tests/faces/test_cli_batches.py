"""``xuefen deposit --map`` and ``xuefen batch …``: what a terminal can do to a batch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bank import deposit_builders as build
from tests.faces import desk_builders as desk
from xuefen.bank.deposits import actions
from xuefen.bank.deposits.models import Batch
from xuefen.faces.cli import parser


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    desk.stop_clock(monkeypatch, build.NOW)


pytestmark = pytest.mark.django_db(transaction=True)
OWN = ("学号", "学员", "课号", "结课日", "百分制", "学时", "流水")


def xuefen(*words: str) -> int:
    arguments = parser.build().parse_args(list(words))
    return arguments.run()(arguments) or 0


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    capsys.readouterr()
    assert xuefen(*words, "--json") == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_headings_are_told_remembered_listed_and_forgotten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    w = build.world()
    path = str(build.sheet(tmp_path / "a.csv", [w.row(0)], header=OWN))
    assert xuefen("deposit", path, "--issuer", "ylu") == 1
    assert "headers_missing" in capsys.readouterr().err
    (number,) = Batch.objects.values_list("number", flat=True)
    assert shown(capsys, "batch", "show", number)["state"] == "unmapped"
    told = [word for pair in ("学号=account", "学员=姓名", "课号=item_code", "结课日=awarded_on", "百分制=成绩")
            for word in ("--map", pair)]  # fmt: skip
    assert xuefen("deposit", path, "--issuer", "ylu", *told) == 0
    second = build.sheet(tmp_path / "b.csv", [w.row(1)], header=OWN)
    assert xuefen("deposit", str(second), "--issuer", "ylu") == 0
    columns = shown(capsys, "batch", "columns", "--issuer", "ylu")["columns"]
    assert {c["heading"]: c["field"] for c in columns}["百分制"] == "grade"  # type: ignore[index,union-attr]
    assert xuefen("batch", "columns", "--issuer", "ylu", "--forget", "学号") == 0
    third = build.sheet(tmp_path / "c.csv", [w.row(2)], header=OWN)
    assert xuefen("deposit", str(third), "--issuer", "ylu") == 1


def test_a_sheet_that_nothing_came_of_says_why_and_how_to_mend_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    w = build.world()
    path = build.sheet(tmp_path / "a.csv", [w.row(0, item_code="NO"), w.row(1, item_code="NO")])
    assert xuefen("deposit", str(path), "--issuer", "ylu") == 0
    said = "".join(capsys.readouterr())
    assert "没有存入 nothing deposited" in said
    assert "2 行没有通过，一行也没有存入。例如第 2 行：" in said and "2 rows were refused; none was deposited." in said
    assert xuefen("batch", "show", Batch.objects.get().number) == 0
    said = capsys.readouterr().out
    assert "没有存入 nothing deposited" in said and "改好标出的格" in said and "存完了" not in said


def test_a_batch_is_paused_resumed_and_cancelled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    w = build.world()
    path = build.sheet(tmp_path / "a.csv", [w.row(n % 3, serial=str(n)) for n in range(12)])
    number = build.receive(w, path).number
    assert xuefen("batch", "pause", number) == 0
    assert xuefen("deposit", str(path), "--issuer", "ylu") == 1  # it says that it is paused
    assert shown(capsys, "batch", "show", number)["read"] == 0
    assert xuefen("batch", "resume", number) == 0
    assert shown(capsys, "batch", "show", number)["accepted"] == 12
    assert xuefen("batch", "cancel", number) == 1
    assert "batch_move" in capsys.readouterr().err
    other = build.receive(w, build.sheet(tmp_path / "b.csv", [w.row(0, serial="x")])).number
    assert xuefen("batch", "cancel", other) == 0
    assert shown(capsys, "batch", "show", other)["state"] == "cancelled"
    assert actions.run(batch_id=Batch.objects.get(number=other).pk, by=w.officer, now=build.NOW).counts.read == 0
