"""A receipt holds the bank to what it did: signed at once, and with its place in the log as soon as there is one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.bank.deposit_builders import NOW, broken_promises, deposit, receipt_of, receive, sheet, world
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.certificates import queries as papers
from xuefen.bank.certificates.types import Trust
from xuefen.bank.deposits import actions, queries
from xuefen.bank.deposits.actions.receipt import signed_receipt
from xuefen.bank.deposits.rules import receipts
from xuefen.bank.shell.models import Node
from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon
from xuefen.faces.cli import parser

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def public(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.XUEFEN_LOG = tmp_path / "log"
    settings.XUEFEN_PUBLIC = tmp_path / "public"
    Node.objects.create(id=1, code="t", name_zh="测试", name_en="Test", origin="test.example/log", created_at=NOW)
    certificates.publish_trust(now=NOW)
    yield tmp_path / "public"


def answers(data: bytes, trust: Trust) -> dict[str, bool | None]:
    return {answer.check: answer.good for answer in receipts.check(data, trust=trust).answers}


def test_it_names_its_place_in_the_log_once_it_is_sealed_and_is_checked_offline(public: Path, tmp_path: Path) -> None:
    w = world()
    rows = [w.row(n % 3, serial=str(n)) for n in range(25)]
    batch = deposit(w, sheet(tmp_path / "a.csv", [*rows, w.row(0, grade="1")]), chunk_rows=10)
    trust = papers.trust(now=NOW)
    before = actions.sealed_receipt(number=batch.number, by=w.officer, now=NOW)
    assert before == batch.receipt
    assert answers(before, trust) == {"format": True, "signature": True, "log": None}
    translog.seal_all(now=NOW)
    other = deposit(w, sheet(tmp_path / "b.csv", [w.row(0, serial="z")]))
    translog.seal_all(now=NOW)
    after = actions.sealed_receipt(number=batch.number, by=w.officer, now=NOW)
    assert actions.sealed_receipt(number=batch.number, by=w.officer, now=NOW) == after
    facts = queries.batch(w.officer.scope("deposits.read_batches"), batch.number)
    said = receipt_of(facts)["receipt"]
    first, last, size = actions.named_range(facts) or (0, 0, 0)
    assert (last - first, size - last, said["accepted"]) == (24, 2, 25)  # the other batch has the last entry
    assert json.loads(said["log"]["first"]["entry"])["issuer"] == "ylu"
    assert answers(after, trust) == {"format": True, "signature": True, "log": True}
    assert receipts.check(after, trust=trust).ok
    assert other.number != batch.number and broken_promises() == []


def test_whatever_was_changed_is_found(public: Path, tmp_path: Path) -> None:
    w = world()
    batch = deposit(w, sheet(tmp_path / "a.csv", [w.row(n) for n in range(3)]))
    translog.seal_all(now=NOW)
    good = actions.sealed_receipt(number=batch.number, by=w.officer, now=NOW)
    trust = papers.trust(now=NOW)
    for wrong in (b"", good[:-1], b'{"receipt":{},"signature":{}}', b'{"receipt":1}', b"[]"):
        assert answers(wrong, trust) == {"format": False}
    counted = json.loads(good)
    counted["receipt"]["accepted"] = 4
    assert answers(canon.canonical(counted), trust) == {"format": True, "signature": False}
    assert answers(good, replace(trust, keys=tuple(k for k in trust.keys if k.purpose == "log")))["signature"] is False
    # a bank that signs what its log does not hold
    for change in (
        lambda log: log["first"].update(index=log["first"]["index"] + 1),
        lambda log: log["first"]["path"].pop(),
        lambda log: log["last"].update(entry=log["first"]["entry"]),
        lambda log: log.update(size=2),
        lambda log: log.update(checkpoint=log["checkpoint"].replace("test.example", "best.example")),
        lambda log: log.pop("last"),
    ):
        facts = queries.batch(w.officer.scope("deposits.read_batches"), batch.number)
        place = json.loads(good)["receipt"]["log"]
        change(place)
        forged = signed_receipt(facts, now=NOW, log_range=place)
        assert answers(forged, trust) == {"format": True, "signature": True, "log": False}
    assert answers(good, replace(trust, origin="other.example/log"))["log"] is False


def test_a_batch_under_way_has_none_and_one_without_outcomes_is_in_no_log(public: Path, tmp_path: Path) -> None:
    w = world()
    waiting = receive(w, sheet(tmp_path / "a.csv", [w.row(0)]))
    with pytest.raises(Denied) as denied:
        actions.sealed_receipt(number=waiting.number, by=w.officer, now=NOW)
    assert denied.value.code == "receipt_pending"
    batch = deposit(w, sheet(tmp_path / "b.csv", [w.row(0, grade="1")]))
    found = receipts.check(
        actions.sealed_receipt(number=batch.number, by=w.officer, now=NOW), trust=papers.trust(now=NOW)
    )
    assert (found.ok, found.answers[-1].good) == (True, None)


def test_on_the_command_line(public: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    w = world()
    batch = deposit(w, sheet(tmp_path / "a.csv", [w.row(0)]))
    translog.seal_all(now=NOW)
    out = tmp_path / "receipt.json"

    def xuefen(*words: str) -> int:
        arguments = parser.build().parse_args(list(words))
        return arguments.run()(arguments) or 0

    assert xuefen("batch", "receipt", batch.number, "--out", str(out)) == 0
    assert xuefen("verify", str(out), "--offline", "--trust", str(public)) == 0
    assert "在日志里：第" in capsys.readouterr().out
    assert xuefen("verify", str(out)) == 0
    out.write_bytes(out.read_bytes().replace(b'"accepted":1', b'"accepted":2'))
    assert xuefen("verify", str(out), "--offline", "--trust", str(public), "--json") == 1
    assert '"signature"' in capsys.readouterr().out
