"""Checkpoints in a contract on a chain: a real EVM node behind JSON-RPC (Ganache, installed by scripts/test_tools.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from tests.bank import foundation_builders as build
from tests.evm_node import KEY, STRANGER, evm_node
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.models import Node
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff import actions as staff
from xuefen.bank.staff import queries as sign_ins
from xuefen.bank.staff.types import Role
from xuefen.bank.translog import actions, queries
from xuefen.bank.translog.actions import anchoring
from xuefen.bank.translog.models import Anchor, AnchorAlarm, AnchorTry, Checkpoint
from xuefen.bedrock.evm import Chain, ChainUnusable, artefact

pytestmark = pytest.mark.django_db(transaction=True)
NOW, HOUSE = build.NOW, build.HOUSE
ORIGIN = "test.example/log"


@pytest.fixture(scope="module")
def chain() -> Iterator[str]:
    with evm_node() as url:
        yield url


@pytest.fixture(autouse=True)
def log(settings: Any, tmp_path: Path) -> Path:
    settings.XUEFEN_LOG = tmp_path / "log"
    Node.objects.create(id=1, code="t", name_zh="测试", name_en="Test", origin=ORIGIN, created_at=NOW)
    return tmp_path / "log"


@pytest.fixture
def contract(chain: str, settings: Any) -> str:
    settings.XUEFEN_ANCHOR_KEY = KEY
    done = actions.deploy(url=chain, by=HOUSE, now=NOW)
    settings.XUEFEN_ANCHOR = f"{chain},{done.contract}"
    return done.contract


def seal(count: int) -> None:
    with transaction.atomic():
        actions.append_many(bodies=[b"fact %d %d" % (count, n) for n in range(count)])
    actions.seal_all(now=NOW)


def test_checkpoints_are_anchored_shown_and_compared(chain: str, contract: str, client: Client) -> None:
    assert actions.send_anchor(now=NOW) is None, "nothing is signed yet"
    for _ in range(2):
        seal(3)
        done = actions.anchor_by_itself(now=NOW)
        newest = Checkpoint.objects.order_by("-size")[0]
        assert done is not None and done.size == newest.size
        assert Chain(chain).root_at(contract=contract, origin=ORIGIN, size=done.size) == bytes(newest.root)
        assert actions.send_anchor(now=NOW) is None, "it stands there already"
    assert [(one.size, one.wrong) for one in actions.check_anchors()] == [(6, ""), (3, "")]
    page = client.get("/verify/log/").content.decode()
    told = client.get("/api/log").json()["anchors"]
    assert [one["size"] for one in told] == [6, 3]
    for row in Anchor.objects.all():
        assert row.contract in page and row.tx in page
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE anchor SET block = 0")


def test_a_kill_between_chain_and_row_is_made_good(contract: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seal(4)
    with monkeypatch.context() as unlucky:
        unlucky.setattr(anchoring, "_keep", lambda **_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            actions.send_anchor(now=NOW)
    assert Anchor.objects.count() == 0
    done = actions.send_anchor(now=NOW)
    assert done is not None and done.block > 0 and done.tx.startswith("0x") and len(done.tx) == 66
    assert Anchor.objects.count() == 1


def test_only_the_bank_anchors_and_sizes_only_grow(chain: str, contract: str) -> None:
    here, known = Chain(chain), {"contract": contract, "origin": ORIGIN}
    here.anchor(**known, size=9, root=b"9" * 32, key=KEY)
    for size, key in ((10, STRANGER), (9, KEY), (8, KEY)):
        with pytest.raises(ChainUnusable):
            here.anchor(**known, size=size, root=b"x" * 32, key=key)
    assert here.newest(**known) == 9 and here.root_at(**known, size=9) == b"9" * 32
    with pytest.raises(ChainUnusable, match="another log"):
        here.newest(contract=contract, origin="other.example/log")
    assert refused(lambda: seal(4)) == "log_anchored_other"
    findings = actions.check_anchors()
    assert findings[0].size == 9 and "old backup" in findings[0].wrong


def officer(name: str) -> Actor:
    user = staff.create_user(username=name, display_name=name, password="a long enough sentence", by=HOUSE, now=NOW)
    staff.appoint(username=name, role=Role.HUB_OFFICER, place_code="hub", by=HOUSE, now=NOW)
    return sign_ins.actor_for(user, now=NOW)


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(Denied) as denied:
        call()
    return denied.value.code


@pytest.mark.parametrize("case", ["more", "another root"])
def test_what_contradicts_the_chain_is_not_signed_until_two_people_decide(chain: str, contract: str, case: str) -> None:
    build.tree()
    first, second = officer("first"), officer("second")
    seal(300)
    assert actions.anchor_by_itself(now=NOW) is not None
    seal(5)
    assert not AnchorAlarm.objects.exists(), "an older anchor that agrees is no contradiction"
    assert refused(lambda: actions.overrule_chain(reason="x", by=first, now=NOW)) == "anchor_no_alarm"
    size = 400 if case == "more" else 305  # what another life of this bank had anchored
    Chain(chain).anchor(contract=contract, origin=ORIGIN, size=size, root=b"9" * 32, key=KEY)
    assert actions.anchor_by_itself(now=NOW) is None, "nothing is added to it either"
    assert refused(lambda: seal(1)) == "log_anchored_other"
    assert refused(lambda: actions.seal(now=NOW)) == "log_anchored_other"
    assert refused(actions.rebuild) == "log_anchored_other"
    assert (queries.log_size(), queries.queue_length(), AnchorAlarm.objects.count()) == (305, 1, 1)

    def overrule(by: Actor, reason: str = "") -> bool:
        return actions.overrule_chain(reason=reason, by=by, now=NOW)

    assert refused(lambda: overrule(HOUSE, "x")) == "anchor_person"
    assert refused(lambda: overrule(first)) == "anchor_reason"
    assert overrule(first, "the account's key was stolen") is False
    assert refused(lambda: overrule(first)) == "anchor_same_person"
    assert refused(lambda: seal(1)) == "log_anchored_other", "one person alone decides nothing"
    for forgery in ("closed_at = now(), confirmed_by_id = asked_by_id", "size = 1", "found = ''"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE anchor_alarm SET {forgery}")
    assert overrule(second) is True
    assert actions.seal_all(now=NOW) == 307, "what was decided is not asked again"
    told = AuditEntry.objects.filter(action__startswith="anchors.").values_list("action", flat=True)
    assert {"anchors.contradict", "anchors.overrule_asked", "anchors.overruled"} <= set(told)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE anchor_alarm SET reason = 'x'")


def test_a_chain_that_is_away_stops_nothing_and_is_asked_less_and_less(settings: Any) -> None:
    assert actions.anchor_by_itself(now=NOW) is None and not AnchorTry.objects.exists(), "off by default"
    settings.XUEFEN_ANCHOR, settings.XUEFEN_ANCHOR_KEY = f"http://127.0.0.1:9,0x{5:040x}", KEY
    waits, now = [], NOW
    for _ in range(8):
        seal(1)
        assert actions.anchor_by_itself(now=now) is None
        tried = AnchorTry.objects.get()
        waits.append(tried.not_before - now)
        assert actions.anchor_by_itself(now=now) is None and AnchorTry.objects.get().failures == tried.failures
        now = tried.not_before
    assert waits[:3] == [timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=40)]
    assert waits[-1] == timedelta(hours=6)
    assert queries.log_size() == 8 and queries.anchor_trouble()
    with pytest.raises(Denied) as denied:
        actions.send_anchor(now=NOW)
    assert denied.value.code == "anchor_chain"
    settings.XUEFEN_ANCHOR = "nonsense"
    with pytest.raises(Denied) as denied:
        actions.check_anchors()
    assert denied.value.code == "anchor_off"


def test_the_account_is_made_once_and_kept_secret(settings: Any, tmp_path: Path) -> None:
    settings.XUEFEN_HOME, settings.XUEFEN_ANCHOR_KEY = tmp_path, ""
    first = actions.account()
    assert actions.account() == first and first.startswith("0x")
    assert (tmp_path / "secrets" / "anchor").stat().st_mode & 0o777 == 0o600
    settings.XUEFEN_ANCHOR_KEY = "nonsense"
    with pytest.raises(Denied):
        actions.account()


def test_the_compiled_contract_says_how_it_was_compiled() -> None:
    made = artefact()
    assert made["compiler"].startswith("solc 0.8.30") and made["settings"]["evmVersion"] == "istanbul"
    assert {entry.get("name") for entry in made["abi"]} >= {"anchor", "rootAt", "newest", "log", "bank", "Anchored"}
