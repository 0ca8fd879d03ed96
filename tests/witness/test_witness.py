"""A witness without a bank: real requests over HTTP, a state file that never goes back, and banks that ask it."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from tests.bank import foundation_builders as build
from tests.bank.witness_builders import OtherLog, assert_answered, published
from tests.faces import desk_builders as desk
from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog import actions, queries
from xuefen.bank.translog.models import Cosignature
from xuefen.bedrock import notes
from xuefen.bedrock.cosignatures import vkey_of
from xuefen.bedrock.gm import ScryptCost, SM2PrivateKey, load_public
from xuefen.witness.store import Seen, Witness
from xuefen.witness.web import server

NAME = "witness.example/w"
NOW = build.NOW


def witness(folder: Path, *logs: str, name: str = NAME) -> Witness:
    return Witness(folder=folder, name=name, logs=logs, passphrase="a passphrase", cost=ScryptCost(n=2**10))


@contextmanager
def served(one: Witness) -> Iterator[str]:
    with server(one, host="127.0.0.1", port=0) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}"
        finally:
            running.shutdown()
            thread.join()


def post(url: str, body: bytes, *, path: str = "/add-checkpoint", method: str = "POST") -> tuple[int, bytes, str]:
    request = urllib.request.Request(f"{url}{path}", data=body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read(), answer.headers["Content-Type"]
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read(), refused.headers["Content-Type"]


def other_log(*leaves: bytes, key: Any = None, name: str = "other.example/log") -> OtherLog:
    return OtherLog(notes.KeySigner(name, key or SM2PrivateKey.generate()), list(leaves))


def test_the_exchanges_another_witness_published(tmp_path: Path) -> None:
    verifier, exchanges = published()
    one = witness(tmp_path, vkey_of(verifier))
    with served(one) as url:
        for exchange in exchanges:
            status, body, kind = post(url, exchange.body)
            assert_answered(exchange, status=status, body=body, name=NAME)
            assert (kind == "text/x.tlog.size") == (status == 409)
    assert [(log.origin, log.size) for log in one.seen()] == [(verifier.name, 5)]


def test_both_its_signatures_hold_and_it_says_who_it_is(tmp_path: Path) -> None:
    log = other_log(b"a", b"b", b"c")
    one = witness(tmp_path, vkey_of(log.signer.verifier()))
    with served(one) as url:
        status, lines, _ = post(url, log.request(0, 2))
        assert status == 200
        signed = notes.add_signatures(log.note(2), notes.read_signatures(lines))
        assert len(notes.open_note(signed, one.verifiers).verified) == 2
        told = urllib.request.urlopen(url, timeout=60).read().decode()
    assert all(vkey_of(verifier) in told for verifier in one.verifiers)
    assert f"{log.signer.name} 2 " in told


@pytest.mark.parametrize(
    ("path", "method", "body", "status"),
    [
        ("/add-checkpoint", "POST", b"junk", 400),
        ("/add-checkpoint", "POST", b"x" * 70_000, 413),
        ("/add-checkpoint", "GET", None, 405),
        ("/add-checkpoint", "POST", other_log(b"a", name="stranger/log").request(0, 1), 403),
        ("/add-checkpoint", "POST", other_log(b"a").request(0, 1), 403),
        ("/elsewhere", "POST", b"old 0", 404),
        ("/../witness.sqlite", "GET", None, 404),
    ],
)  # fmt: skip
def test_whatever_else_is_sent_gets_a_plain_refusal(
    tmp_path: Path, path: str, method: str, body: Any, status: int
) -> None:
    with served(witness(tmp_path, vkey_of(other_log().signer.verifier()))) as url:
        assert post(url, body, path=path, method=method)[0] == status


def test_of_forks_sent_at_once_only_one_is_ever_cosigned(tmp_path: Path) -> None:
    key = SM2PrivateKey.generate()
    forks = [other_log(b"a", b"fork %d" % n, key=key) for n in range(8)]
    one = witness(tmp_path, vkey_of(forks[0].signer.verifier()))
    start, answers = threading.Barrier(16), []

    def send(number: int) -> None:
        start.wait()
        answers.append((number % 8, post(url, forks[number % 8].request(0, 2))[0]))

    with served(one) as url:
        threads = [threading.Thread(target=send, args=(n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert Counter(status for _, status in answers)[200] >= 1
    assert len({fork for fork, status in answers if status == 200}) == 1
    assert {status for _, status in answers} <= {200, 409}


def test_it_remembers_over_a_restart_and_its_file_never_goes_back(tmp_path: Path) -> None:
    log = other_log(b"a", b"b", b"c")
    vkey = vkey_of(log.signer.verifier())
    first = witness(tmp_path, vkey)
    first.add_checkpoint(log.request(0, 3), now=NOW)
    again = witness(tmp_path, vkey)
    assert [vkey_of(v) for v in again.verifiers] == [vkey_of(v) for v in first.verifiers]
    assert again.seen() == [Seen(log.signer.name, 3, NOW.isoformat(timespec="seconds"))]
    with pytest.raises(Denied) as denied:
        again.add_checkpoint(log.request(0, 2), now=NOW)
    assert denied.value.params["size"] == 3
    with sqlite3.connect(tmp_path / "witness.sqlite") as state:
        for forgery in ("UPDATE watched SET size = 2", "UPDATE watched SET root = x'00'", "DELETE FROM watched"):
            with pytest.raises(sqlite3.IntegrityError):
                state.execute(forgery)


def test_a_log_replaces_its_key_in_the_middle(tmp_path: Path) -> None:
    old, new = SM2PrivateKey.generate(), SM2PrivateKey.generate()
    leaves = (b"a", b"b", b"c", b"d")
    before, after = other_log(*leaves, key=old), other_log(*leaves, key=new)
    known = [vkey_of(log.signer.verifier()) for log in (before, after)]
    witness(tmp_path, known[0]).add_checkpoint(before.request(0, 1), now=NOW)
    with pytest.raises(Denied) as denied:
        witness(tmp_path, known[0]).add_checkpoint(after.request(1, 2), now=NOW)
    assert denied.value.code == "witness_not_signed"
    both = witness(tmp_path, *known)
    both.add_checkpoint(before.request(1, 2), now=NOW)
    both.add_checkpoint(after.request(2, 3), now=NOW)
    assert witness(tmp_path, known[1]).add_checkpoint(after.request(3, 4), now=NOW)
    for wrong in ("junk", vkey_of(both.verifiers[0])):
        with pytest.raises(Denied) as denied:
            witness(tmp_path / "x", wrong)
        assert denied.value.code == "witness_name"


# --- banks that ask it -----------------------------------------------------------------------------------------------


@pytest.fixture
def bank(settings: Any, tmp_path: Path, own_keys: Path) -> Iterator[Callable[[int], None]]:
    """``bank(n)`` seals that many facts."""
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC, settings.XUEFEN_HOME = (
        tmp_path / "log", tmp_path / "public", tmp_path,
    )  # fmt: skip
    desk.node()

    def seal(count: int) -> None:
        with transaction.atomic():
            actions.append_many(bodies=[b'{"n":%d}' % n for n in range(count)])
        actions.seal_all(now=NOW)

    yield seal


def asked(one: Witness, url: str) -> None:
    actions.add_witness(vkey=vkey_of(one.verifiers[0]), url=url, by=build.HOUSE, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_bank_wants_two_of_three_and_one_is_away(bank: Callable[[int], None], tmp_path: Path) -> None:
    ours = vkey_of(queries.verifier())
    three = [witness(tmp_path / f"w{n}", ours, name=f"w{n}.example/w") for n in range(3)]
    with ExitStack() as stack:
        for one in three[:2]:
            asked(one, stack.enter_context(served(one)))
        asked(three[2], "http://127.0.0.1:9")
        actions.set_policy(need=2, by=build.HOUSE, now=NOW)
        for count in (3, 300, 1):
            bank(count)
            answers = actions.ask_witnesses(now=NOW)
            assert sorted(bool(answer.error) for answer in answers) == [False, False, True]
            policy = queries.policy()
            assert policy is not None and policy.met_by(queries.fetch("checkpoint"), load_public) == 2
    assert [one.seen()[0].size for one in three] == [304, 304, 0]
    assert Cosignature.objects.count() == 6
    assert list(queries.violations()) == []


@pytest.mark.django_db
def test_it_notices_a_bank_restored_whole_from_an_old_backup(bank: Callable[[int], None], tmp_path: Path) -> None:
    """Database and folder go back together; nothing on the bank's machine remembers, but the witness does."""
    one = witness(tmp_path / "w", vkey_of(queries.verifier()))
    with served(one) as url:
        asked(one, url)
        bank(3)
        assert not actions.ask_witnesses(now=NOW)[0].error
        shutil.copytree(tmp_path / "log", tmp_path / "backup")
        save = transaction.savepoint()
        bank(2)
        assert not actions.ask_witnesses(now=NOW)[0].error
        transaction.savepoint_rollback(save)
        shutil.rmtree(tmp_path / "log")
        shutil.copytree(tmp_path / "backup", tmp_path / "log")
        assert one.seen()[0].size == 5 and queries.log_size() == 3 and list(queries.violations()) == []
        with pytest.raises(Denied) as denied:
            bank(1)
    assert denied.value.code == "log_witnessed_more"
    assert denied.value.params["published"] == 5
    assert queries.log_size() == 3 and queries.queue_length() == 1, "the fact waits"
