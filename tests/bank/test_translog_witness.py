"""Witnessing: the published exchanges of another witness, and our two halves against each other."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.bank import foundation_builders as build
from tests.bank.witness_builders import OtherLog, assert_answered, published
from tests.faces import desk_builders as desk
from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog import actions, queries, tasks
from xuefen.bank.translog.models import Cosignature, WatchedLog, Witness
from xuefen.bedrock import merkle, notes
from xuefen.bedrock.cosignatures import cosigned_at, vkey_of
from xuefen.bedrock.gm import SM2PrivateKey
from xuefen.bedrock.gm.signatures import Ed25519PrivateKey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.faces.desk_urls")]
ADDRESS = "/log/witness/add-checkpoint"


@pytest.fixture(autouse=True)
def log(settings, tmp_path: Path) -> Path:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    desk.node()
    return tmp_path / "log"


def watch(verifier: notes.NoteVerifier, *, hash: str = "sm3") -> None:
    actions.watch(origin=verifier.name, vkey=vkey_of(verifier), hash=hash, by=build.HOUSE, now=build.NOW)


def test_the_exchanges_another_witness_published(client: Client) -> None:
    """Every request and the status (and size) it must get, in order."""
    verifier, exchanges = published()
    watch(verifier, hash="sha256")
    for exchange in exchanges:
        answer = client.post(ADDRESS, exchange.body, content_type="text/plain")
        assert_answered(exchange, status=answer.status_code, body=answer.content, name=queries.witness_name())
    assert WatchedLog.objects.get().size == 5


@pytest.mark.parametrize("hash", [merkle.SM3, merkle.SHA256], ids=["sm3", "sha256"])
def test_both_our_signatures_hold_under_any_hash_and_key(client: Client, hash: merkle.TreeHash) -> None:
    key = SM2PrivateKey.generate() if hash is merkle.SM3 else Ed25519PrivateKey.generate()
    other = OtherLog(notes.KeySigner("elsewhere/log", key), [b"%d" % n for n in range(40)], hash)
    watch(other.signer.verifier(), hash=hash.name)
    old = 0
    for size in (1, 7, 7, 32, 40):
        answer = client.post(ADDRESS, other.request(old, size), content_type="text/plain")
        assert answer.status_code == 200, answer.content
        signed = notes.add_signatures(other.note(size), notes.read_signatures(answer.content))
        note = notes.open_note(signed, [other.signer.verifier(), *queries.witness_verifiers()])
        assert len(note.verified) == 3
        assert abs(cosigned_at(note.verified[-1].signature) - build.NOW.timestamp()) < 10 * 365 * 24 * 3600
        old = size


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old",
        b"old -1\n\nx",
        b"old 01\n\nx",
        b"old 1\nnot base64!\n\nx",
        b"old 0\n\n\n\n\n",
        b"x" * 70_000,
        "old １\n\nx".encode(),
    ],
)
def test_whatever_else_is_sent_gets_a_plain_refusal(client: Client, body: bytes) -> None:
    assert client.post(ADDRESS, body, content_type="text/plain").status_code in (400, 413)


def test_two_that_contradict_each_other_are_never_both_cosigned(client: Client) -> None:
    key = SM2PrivateKey.generate()
    told = OtherLog(notes.KeySigner("fork/log", key), [b"a", b"b", b"c"])
    forked = OtherLog(told.signer, [b"a", b"x", b"c"])
    watch(told.signer.verifier())
    assert client.post(ADDRESS, b"old 0\n\n" + told.note(2), content_type="text/plain").status_code == 200
    for body, status in (
        (b"old 2\n\n" + forked.note(2), 409),
        (forked.request(2, 3), 422),
        (b"old 0\n\n" + forked.note(3), 409),
        (b"old 3\n\n" + told.note(2), 400),
    ):
        assert client.post(ADDRESS, body, content_type="text/plain").status_code == status
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE watched_log SET size = 1")


def seal(count: int) -> None:
    with transaction.atomic():
        actions.append_many(bodies=[f'{{"n":{n}}}'.encode() for n in range(count)])
    actions.seal_all(now=build.NOW)


def test_we_ask_publish_what_they_sign_and_prove_with_it(live_server) -> None:
    """The node asks itself: the same two halves stand on two machines."""
    watch(queries.verifier())
    verifier = queries.witness_verifiers()[1]
    actions.add_witness(vkey=vkey_of(verifier), url=f"{live_server.url}/log/witness", by=build.HOUSE, now=build.NOW)
    for _ in range(3):
        seal(5)
        (answer,) = actions.ask_witnesses(now=build.NOW)
        assert (answer.error, answer.size) == ("", queries.log_size())
        note = notes.open_note(queries.fetch("checkpoint"), [queries.verifier(), verifier])
        assert len(note.verified) == 2
    assert actions.ask_witnesses(now=build.NOW) == []
    with transaction.atomic():
        leaf = actions.append(body=b'{"n":99}')
    actions.seal_all(now=build.NOW)
    early = queries.proof_of(leaf)
    assert early is not None and early.size == 16, "not yet cosigned, so under the newest"
    actions.ask_witnesses(now=build.NOW)
    proof = queries.proof_of(leaf)
    assert proof is not None
    assert len(notes.open_note(proof.checkpoint.encode(), [queries.verifier(), verifier]).verified) == 2
    assert list(queries.violations()) == []
    assert Cosignature.objects.count() == 4


def test_after_a_seal_they_are_asked_soon_and_once() -> None:
    def queued() -> int:
        return ProcrastinateJob.objects.filter(task_name="translog.ask_witnesses", status="todo").count()

    tasks.defer_witnesses()
    assert queued() == 0, "nobody to ask"
    verifier = queries.witness_verifiers()[0]
    actions.add_witness(vkey=vkey_of(verifier), url="http://127.0.0.1:9", by=build.HOUSE, now=build.NOW)
    for _ in range(3):
        tasks.defer_witnesses()
    assert queued() == 1


def test_a_witness_that_lost_touch_tells_where_it_stands(live_server) -> None:
    watch(queries.verifier())
    verifier = queries.witness_verifiers()[0]
    actions.add_witness(vkey=vkey_of(verifier), url=f"{live_server.url}/log/witness", by=build.HOUSE, now=build.NOW)
    seal(3)
    assert not actions.ask_witnesses(now=build.NOW)[0].error
    Witness.objects.update(size=0)
    seal(3)
    assert not actions.ask_witnesses(now=build.NOW)[0].error


def test_a_witness_that_is_away_or_not_what_it_says_is_noted_and_stops_nobody(live_server) -> None:
    seal(3)
    stranger = queries.witness_verifiers()[0]
    actions.add_witness(vkey=vkey_of(stranger), url="http://127.0.0.1:9", by=build.HOUSE, now=build.NOW)
    actions.add_witness(
        vkey=str(notes.VerifierKey("other", "ed25519-cosignature", Ed25519PrivateKey.generate().public.raw)),
        url=f"{live_server.url}/log/witness",
        by=build.HOUSE,
        now=build.NOW,
    )
    assert all(answer.error for answer in actions.ask_witnesses(now=build.NOW))
    assert Cosignature.objects.count() == 0
    assert all(row.error for row in Witness.objects.all())


class _Elsewhere(BaseHTTPRequestHandler):
    """Sends whoever asks on to another address of the same machine, and notes who came there."""

    came: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(302)
        self.send_header("Location", "/inside")
        self.end_headers()

    def do_GET(self) -> None:
        self.came.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"what only this network may read")

    def log_message(self, *_: object) -> None:
        pass


def test_a_witness_cannot_send_the_node_elsewhere() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        seal(3)
        url = f"http://127.0.0.1:{server.server_port}"
        witness = queries.witness_verifiers()[0]
        actions.add_witness(vkey=vkey_of(witness), url=url, by=build.HOUSE, now=build.NOW)
        (answer,) = actions.ask_witnesses(now=build.NOW)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert answer.error.startswith("302") and "network" not in answer.error
    assert _Elsewhere.came == []


@pytest.mark.parametrize("vkey", ["", "x", "a+00000000+AAAA"])
def test_a_key_nobody_can_read_is_refused(vkey: str) -> None:
    with pytest.raises(Denied) as denied:
        actions.add_witness(vkey=vkey, url="https://w.example", by=build.HOUSE, now=build.NOW)
    assert denied.value.code == "witness_name"


def test_a_witness_that_knows_more_than_a_restored_bank_stops_the_log(live_server) -> None:
    """Database and folder are from one old backup, and agree; only others remember what was published since."""
    watch(queries.verifier())
    verifier = queries.witness_verifiers()[0]
    actions.add_witness(vkey=vkey_of(verifier), url=f"{live_server.url}/log/witness", by=build.HOUSE, now=build.NOW)
    seal(3)
    assert not actions.ask_witnesses(now=build.NOW)[0].error
    assert not actions.ask_standing(now=build.NOW)[0].error, "nothing was restored"
    WatchedLog.objects.update(size=9, root=b"9" * 32)  # what the witness cosigned in the time the bank forgot
    (told,) = actions.ask_standing(now=build.NOW)
    assert told.size == 9 and "more than the database knows" in told.error
    with pytest.raises(Denied) as denied:
        seal(2)
    assert denied.value.code == "log_witnessed_more" and "witness forget" in denied.value.sentence("en")
    assert queries.log_size() == 3 and queries.queue_length() == 2, "the facts wait"
    actions.forget_witness(name=verifier.name, by=build.HOUSE, now=build.NOW)
    assert actions.seal_all(now=build.NOW) == 5, "its word is not believed any more"
    assert actions.ask_witnesses(now=build.NOW) == actions.ask_standing(now=build.NOW) == []
    actions.add_witness(vkey=vkey_of(verifier), url=f"{live_server.url}/log/witness", by=build.HOUSE, now=build.NOW)
    assert "knows more" in actions.ask_witnesses(now=build.NOW)[0].error
    with pytest.raises(Denied):
        seal(1)
