"""``xuefen keys`` on a small bank of its own."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faces.test_cli import said, xuefen


@pytest.fixture(scope="module")
def bank() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="xuefen-keys-")).resolve()
    path.chmod(0o755)
    run = xuefen(path / "home", "init")
    assert run.returncode == 0, run.stderr
    yield path / "home"
    shutil.rmtree(path, ignore_errors=True)


def test_keys_are_listed_replaced_and_refused_in_words(bank: Path) -> None:
    listed = json.loads(xuefen(bank, "keys", "list", "--json").stdout)["keys"]
    assert {key["purpose"] for key in listed} == {
        "blind", "certificates", "credentials", "log", "pdf", "witness", "witness-ed25519", "wrap",
    }  # fmt: skip
    assert all(key["in_use"] for key in listed)
    run = xuefen(bank, "keys", "rotate", "log", "--overlap", "3", "--json")
    assert run.returncode == 0, run.stderr
    done = json.loads(run.stdout)
    trust = json.loads((bank / "public" / "trust.json").read_text())
    assert sorted(k["key_id"] for k in trust["keys"] if k["purpose"] == "log") == sorted(
        [done["key_id"], done["replaced"]]
    )
    assert (bank / "log" / "checkpoint").read_text().count("— ") == 2
    assert done["key_id"] in xuefen(bank, "keys", "list").stdout
    said(xuefen(bank, "keys", "rotate", "none"), code="key_unknown", status=1)


def test_custody_tells_how_keys_and_log_stand(bank: Path) -> None:
    run = xuefen(bank, "custody", "--json")
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    listed = json.loads(xuefen(bank, "keys", "list", "--json").stdout)["keys"]
    assert [(k["purpose"], k["generation"]) for k in told["keys"]] == [(k["purpose"], k["generation"]) for k in listed]
    assert told["ok"] and told["log"]["alarm"] is None and told["log"]["size"] + told["log"]["waiting"] > 0
    shown = xuefen(bank, "custody").stdout
    assert "credentials.1" in shown and "Ed25519" in shown and "anchor: 没有设置链上存证" in shown


def test_impossible_dates_are_usage_errors(bank: Path) -> None:
    refused = xuefen(bank, "keys", "rotate", "log", "--compromised", "yesterday")
    assert refused.returncode == 2 and "ISO 8601" in refused.stderr


def test_a_drill_from_the_command_line_is_timed_and_leaves_the_keys_alone(bank: Path) -> None:
    before = xuefen(bank, "keys", "list", "--json").stdout
    run = xuefen(bank, "keys", "drill", "log", "--json")
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert report["ok"] and len(report["steps"]) == 9 and all(step["seconds"] >= 0 for step in report["steps"])
    assert xuefen(bank, "keys", "list", "--json").stdout == before
    said(xuefen(bank, "keys", "drill", "wrap"), code="key_not_rotated", status=1)


def test_a_token_takes_the_keys_over(bank: Path, token_uri: str) -> None:
    said(xuefen(bank, "keys", "seal"), code="key_no_token", status=1)
    there = {"XUEFEN_KEYS": token_uri.replace("?", ";object=cli?")}
    sealed = json.loads(xuefen(bank, "keys", "seal", "--json", **there).stdout)["sealed"]
    assert {"blind.1", "certificates.1", "wrap.1"} <= set(sealed)
    run = xuefen(bank, "keys", "rotate", "credentials", "--overlap", "0", "--json", **there)
    assert run.returncode == 0, run.stderr
    listed = json.loads(xuefen(bank, "keys", "list", "--json").stdout)["keys"]
    kept = {key["purpose"]: key["kept_in"] for key in listed if key["in_use"]}
    assert kept == {**dict.fromkeys(kept, "file+token"), "credentials": "token"}
    refused = xuefen(bank, "keys", "rotate", "credentials")
    assert refused.returncode == 2 and "XUEFEN_KEYS" in refused.stderr and "Traceback" not in refused.stderr
    wrong = xuefen(bank, "keys", "rotate", "credentials", XUEFEN_KEYS="pkcs11:token=none?module-path=/none.so")
    assert wrong.returncode == 2 and "密码令牌无法使用" in wrong.stderr and "Traceback" not in wrong.stderr
