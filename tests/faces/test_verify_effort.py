"""What verifying online costs: the same few queries, whatever the bank holds; what is kept from one answer to the next is no
person's, and never stands in the way of news.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as world_of
from tests.bank.test_certificates_witnesses import VKEYS, WITNESSES, cosign
from tests.faces import desk_builders as desk
from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.types import StatusReason
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.translog import actions as translog
from xuefen.bank.translog import queries as log
from xuefen.bedrock import canon

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _house(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.XUEFEN_HOME, settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path, tmp_path / "log", tmp_path / "public"
    desk.stop_clock(monkeypatch)
    desk.node()


@pytest.fixture
def issue() -> Callable[[int], list[str]]:
    """So many statements of one learner, each under a checkpoint of its own."""
    world, given = world_of.world(), iter(range(1, 100))

    def issued(count: int) -> list[str]:
        found = []
        for _ in range(count):
            at = desk.MONDAY - timedelta(days=30) + timedelta(hours=next(given))
            found.append(actions.issue_statement(learner_id=world.learner_id, by=build.HOUSE, now=at).number)
            translog.seal_all(now=desk.MONDAY)
        actions.publish_trust(now=desk.MONDAY)
        return found

    return issued


def ask(client: Client, number: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/api/certificates/{number}").json()
    return answer


def send(client: Client, document: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/api/verify", document, content_type="application/json").json()
    return answer


def code(report: dict[str, Any], check: str) -> str:
    return str(next(verdict["code"] for verdict in report["verdicts"] if verdict["check"] == check))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("witnessed", [False, True])
def test_a_certificate_takes_the_same_few_queries(
    client: Client,
    issue: Callable[[int], list[str]],
    count: int,
    witnessed: bool,
    django_assert_num_queries: Any,
) -> None:
    first = issue(count)[0]
    early = canon.canonical(queries.document(EVERYTHING, first))
    if witnessed:
        for vkey in VKEYS:
            translog.add_witness(vkey=vkey, url="https://w.example", by=build.HOUSE, now=desk.MONDAY)
        translog.set_policy(need=2, by=build.HOUSE, now=desk.MONDAY)
        cosign(log.log_size(), *WITNESSES[:count])
    good = not witnessed or count >= 2
    with django_assert_num_queries(4):  # certificate, the bank's name, leaf and checkpoint, the holder's key
        assert ask(client, first)["ok"] is good
    with django_assert_num_queries(
        2 + 2 * witnessed
    ):  # its status, the bank's name; its newest proof for the witnesses
        assert send(client, early)["ok"] is good
    current = canon.canonical(queries.document(EVERYTHING, first))
    with django_assert_num_queries(2 + 2 * (not good)):
        assert send(client, current)["ok"] is good


def test_news_is_told_at_once(client: Client, issue: Callable[[int], list[str]]) -> None:
    number = issue(1)[0]
    document = canon.canonical(queries.document(EVERYTHING, number))
    assert ask(client, number)["ok"] and send(client, document)["ok"]
    actions.suspend(number=number, reason=StatusReason.UNDER_INVESTIGATION, by=build.HOUSE, now=desk.MONDAY)
    assert (
        code(ask(client, number), "suspension") == code(send(client, document), "suspension") == "suspension_suspended"
    )
    actions.reinstate(number=number, by=build.HOUSE, now=desk.MONDAY)
    assert ask(client, number)["ok"] and send(client, document)["ok"]
    for vkey in VKEYS:
        translog.add_witness(vkey=vkey, url="https://w.example", by=build.HOUSE, now=desk.MONDAY)
    translog.set_policy(need=2, by=build.HOUSE, now=desk.MONDAY)
    assert code(ask(client, number), "witnesses") == code(send(client, document), "witnesses") == "witnesses_too_few"
    size = log.log_size()
    cosign(size, *WITNESSES[:1])
    assert code(ask(client, number), "witnesses") == "witnesses_too_few"
    cosign(size, *WITNESSES[1:2])
    assert ask(client, number)["ok"] and send(client, document)["ok"]
    later = issue(1)[0]
    told = ask(client, later)
    assert code(told, "log") == "log_good" and code(told, "witnesses") == "witnesses_too_few"
    assert ask(client, number)["ok"], "the older one keeps the checkpoint that has its witnesses"


def test_a_note_is_believed_for_its_own_bytes_only(client: Client, issue: Callable[[int], list[str]]) -> None:
    """The answer that is kept belongs to these bytes and these keys: nothing like them gets it."""
    number = issue(1)[0]
    document = queries.document(EVERYTHING, number)
    assert send(client, canon.canonical(document))["ok"]
    note = document["log"]["checkpoint"]
    at = note.rindex(" ") + 20
    spoilt = note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1 :]
    document["log"]["checkpoint"] = spoilt
    assert code(send(client, canon.canonical(document)), "log") == "log_checkpoint_wrong"
    document["log"]["checkpoint"] = note
    assert send(client, canon.canonical(document))["ok"]
