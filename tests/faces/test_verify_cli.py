"""``xuefen verify --policy`` and ``xuefen verify-page``: without a bank, without a network."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.bank.certificate_builders import ISSUER, Bank, statement
from xuefen.bank.certificates import rules
from xuefen.bedrock import canon, notes
from xuefen.bedrock.cosignatures import CosignatureVerifier, Cosigner, vkey_of
from xuefen.bedrock.gm import generate
from xuefen.bedrock.policy import Policy

BANK = Bank()
WITNESSES = [Cosigner(f"w{n}.example/w", generate("ed25519"), 1_790_000_000) for n in range(3)]
VKEYS = tuple(vkey_of(CosignatureVerifier(w.name, w.key.public)) for w in WITNESSES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What somebody brings along: trust file, status list, and a certificate that two of three witnesses cosigned."""
    now = datetime.now(UTC).replace(microsecond=0)
    status = rules.status_json(node=ISSUER.node, entries=[], generated_at=now, signer=BANK.certificates)
    document = BANK.document(statement(issued_at=now - timedelta(days=1)))
    note = document["log"]["checkpoint"].encode()
    for witness in WITNESSES[:2]:
        note = notes.cosign(note, witness)
    document["log"]["checkpoint"] = note.decode()
    for name, content in (
        ("trust.json", rules.trust_json(BANK.trust())),
        ("status.json", status),
        ("a.json", document),
    ):
        (tmp_path / name).write_bytes(canon.canonical(content))
    return tmp_path


def xuefen(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import sys; from xuefen.config.main import main; sys.exit(main())", *words],
        cwd=folder,
        env={**os.environ, "XUEFEN_HOME": str(folder / "no-bank"), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )


def verdicts(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return {verdict["check"]: verdict for verdict in json.loads(done.stdout)["verdicts"]}


def test_the_caller_s_own_policy_takes_the_place_of_the_trust_file_s(folder: Path) -> None:
    plain = xuefen(folder, "verify", "a.json", "--trust", ".", "--json")
    assert plain.returncode == 0, plain.stderr
    assert verdicts(plain)["witnesses"]["code"] == "witnesses_none_required" and len(verdicts(plain)) == 8
    for need, status, words in ((2, 0, "2 of 3 witnesses"), (3, 1, "Only 2 of 3")):
        (folder / "policy").write_text(Policy(need, VKEYS).text)
        done = xuefen(folder, "verify", "a.json", "--trust", ".", "--policy", "policy", "--json")
        assert done.returncode == status, done.stderr
        assert words in verdicts(done)["witnesses"]["en"]
    (folder / "policy").write_text("nonsense\n")
    done = xuefen(folder, "verify", "a.json", "--trust", ".", "--policy", "policy")
    assert done.returncode == 2 and "policy_unreadable" in done.stderr


def test_the_page_is_written_as_one_file(folder: Path) -> None:
    done = xuefen(folder, "verify-page", "out.html", "--trust", ".")
    assert done.returncode == 0, done.stderr
    html = (folder / "out.html").read_text(encoding="utf-8")
    named = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert "default-src 'none'" in html
    assert named == ["data:,"], "nothing is fetched, not even an icon"
    assert json.loads((folder / "trust.json").read_text())["keys"][0]["raw"] in html and '"xuefen-status/1"' in html
    refused = xuefen(folder, "verify-page", "other.html", "--trust", "nowhere")
    assert refused.returncode == 1 and "信任文件" in refused.stderr and not (folder / "other.html").exists()
