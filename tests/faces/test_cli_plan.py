"""``xuefen plan --problem``: a decision replayed from its document, by somebody who has no bank."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bank.conversion_builders import course, group, outcome, problem, rule
from xuefen.bank.conversion import rules
from xuefen.bank.conversion.types import Problem

PROBLEM = problem(
    group("r", course(1, 300), course(2, 200)),
    [outcome("A", 10, 300), outcome("B", 11, 100)],
    [rule("GZ1", [10], [1]), rule("GZ2", [11], [2])],
)


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
    return subprocess.run(
        [sys.executable, "-c", "from xuefen.config.main import main; raise SystemExit(main())", "plan", *words],
        capture_output=True, text=True, check=False, cwd=home, env={**environment, "XUEFEN_HOME": str(home / "none")},
    )  # fmt: skip


def write(home: Path, document: object) -> str:
    path = home / "problem.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return str(path)


def test_a_plan_is_replayed_without_a_bank(tmp_path: Path) -> None:
    done = run(tmp_path, "--problem", write(tmp_path, PROBLEM.to_json()), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == rules.plan(PROBLEM).to_json()
    assert not (tmp_path / "none").exists()


def test_people_read_what_counts_what_does_not_and_what_is_open(tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    done = run(tmp_path, "--problem", write(tmp_path, PROBLEM.to_json()), "--json", str(out))
    assert done.returncode == 0
    assert [line.strip()[0] for line in done.stdout.splitlines()[1:]] == ["✓", "✗", "○"]
    assert "完成要求 requirements met 1/2  已证明最优 proven optimal" in done.stdout
    assert json.loads(out.read_text(encoding="utf-8"))["problem"] == PROBLEM.digest()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "problem_file_unreadable"),
        (b"\xff\xfe{", "problem_file_unreadable"),
        (b"[" * 100_000, "problem_file_unreadable"),
        (b'{"on": 1' + b"0" * 5000 + b"}", "problem_file_unreadable"),
        (b"[]", "problem_malformed"),
        (json.dumps({"outcomes": [{}] * 100_000}).encode(), "problem_too_large"),
    ],
    ids=["empty", "not utf-8", "too deep", "a number of 5000 digits", "a list", "100,000 outcomes"],
)
def test_a_file_that_is_no_problem(tmp_path: Path, text: bytes, code: str) -> None:
    path = tmp_path / "problem.json"
    path.write_bytes(text)
    done = run(tmp_path, "--problem", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"xuefen: {code}") and "Traceback" not in done.stderr


def test_every_fault_of_a_document_is_told(tmp_path: Path) -> None:
    document = PROBLEM.to_json()
    document["outcomes"][0]["credits"] = "3"
    document["tree"]["kind"] = "some"
    del document["standard"]
    done = run(tmp_path, "--problem", write(tmp_path, document))
    assert done.returncode == 2
    places = {line.split(":")[0].strip() for line in done.stderr.splitlines()[2:]}
    assert places == {"standard", "outcomes[0].credits", "tree.kind"}


def test_a_file_that_is_not_there_and_one_beyond_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from xuefen.bank.shell.problems import Denied
    from xuefen.faces.cli import replay

    assert run(tmp_path, "--problem", str(tmp_path / "none.json")).returncode == 2
    path = Path(write(tmp_path, PROBLEM.to_json()))
    assert Problem.from_json(replay.read(path)) == PROBLEM
    monkeypatch.setattr(replay, "MAX_BYTES", path.stat().st_size - 1)
    with pytest.raises(Denied) as denied:
        replay.read(path)
    assert denied.value.code == "problem_file_too_large"


def test_account_and_target_are_asked_for_unless_a_problem_is_given(tmp_path: Path) -> None:
    done = run(tmp_path, "--account", "1")
    assert done.returncode == 2 and "--target" in done.stderr
