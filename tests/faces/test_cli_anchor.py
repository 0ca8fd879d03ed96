"""``xuefen log recover --overrule-chain``: a chain that contradicts the log, and two people with their passwords."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from tests.bank import foundation_builders as build
from tests.evm_node import KEY, evm_node
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.shell.models import Node
from xuefen.bank.translog import actions, queries
from xuefen.bedrock.evm import Chain
from xuefen.faces.cli import parser

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = "test.example/log"


@pytest.fixture(scope="module")
def chain() -> Iterator[str]:
    with evm_node() as url:
        yield url


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run one command with a line of standard input: its exit status, what it printed, what it complained of."""

    def run(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
        arguments = parser.build().parse_args(words)
        status = arguments.run()(arguments) or 0
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


def test_a_chain_that_contradicts_the_log_is_overruled_by_two_people_and_not_by_one(
    chain: str, run: Any, settings: Any, tmp_path: Path
) -> None:
    settings.XUEFEN_LOG, settings.XUEFEN_ANCHOR_KEY = tmp_path / "log", KEY
    Node.objects.create(id=1, code="t", name_zh="测试", name_en="Test", origin=ORIGIN, created_at=build.NOW)
    build.tree()
    words = {}
    for name, role in (("first", "hub_officer"), ("second", "hub_officer"), ("expert", "expert")):
        status, printed, said = run("staff", "add", name, "某人", "--role", role, "--place", "hub")
        assert status == 0, said
        words[name] = printed.split()[-1]
    status, printed, _ = run("anchor", "deploy", "--url", chain)
    settings.XUEFEN_ANCHOR = printed.strip().removeprefix("XUEFEN_ANCHOR=")
    with transaction.atomic():
        actions.append(body=b"a fact")

    def overrule(name: str, *reason: str, typed: str = "") -> tuple[int, str, str]:
        return run("log", "recover", "--overrule-chain", name, *reason, typed=typed or words[name])

    def refused(told: tuple[int, str, str], code: str) -> None:
        status, printed, said = told
        assert (status, printed, said.count(f"xuefen: {code}")) == (1, "", 1), said

    refused(overrule("first", "--reason", "x"), "anchor_no_alarm")
    stolen = {"contract": settings.XUEFEN_ANCHOR.rpartition(",")[2], "origin": ORIGIN, "key": KEY}
    Chain(chain).anchor(**stolen, size=400, root=b"9" * 32)  # somebody has the account's key
    for command in (("log", "seal"), ("log", "recover")):
        refused(run(*command), "log_anchored_other")
    assert run("anchor", "check")[0] == 1

    refused(overrule("first", "--reason", "the key was stolen", typed="wrong"), "not_this_person")
    refused(overrule("expert", "--reason", "the key was stolen"), "not_allowed")
    refused(overrule("first"), "anchor_reason")
    status, printed, _ = overrule("first", "--reason", "the account's key was stolen")
    assert status == 0 and "another officer has to confirm" in printed
    refused(overrule("first", "--reason", "once more"), "anchor_same_person")
    refused(run("log", "seal"), "log_anchored_other")
    assert queries.log_size() == 0, "one person alone decides nothing"

    status, printed, _ = overrule("second")
    assert (status, printed.strip()) == (0, "ok")
    refused(overrule("second"), "anchor_no_alarm")
    assert run("log", "seal")[0] == 0 and queries.log_size() == 1
    by = (
        AuditEntry.objects.filter(action__startswith="anchors.overrule")
        .order_by("id")
        .values_list("user_id", flat=True)
    )
    assert len(by) == len(set(by)) == 2
