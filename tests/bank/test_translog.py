from __future__ import annotations

import base64
import errno
import hashlib
import itertools
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from django.db import DatabaseError, connection, transaction

from xuefen.bank.shell.models import Node
from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog import actions, queries
from xuefen.bank.translog.actions import sealing
from xuefen.bank.translog.models import Checkpoint, Leaf, QueuedLeaf
from xuefen.bank.translog.types import LEAF_TOO_LARGE, LOG_DAMAGED, LOG_DIVERGED, LOG_ROLLED_BACK
from xuefen.bedrock import merkle, notes
from xuefen.bedrock.cosignatures import vkey_of
from xuefen.bedrock.gm.keys import BANK_PURPOSES, FileKeyProvider

NOW = datetime(2026, 9, 16, 8, 0, tzinfo=UTC)


@pytest.fixture
def log(settings, tmp_path: Path) -> Iterator[Path]:
    settings.XUEFEN_LOG = tmp_path / "log"
    Node.objects.create(id=1, code="t", name_zh="测试", name_en="Test", origin="test.example/log", created_at=NOW)
    yield settings.XUEFEN_LOG


def facts(count: int, start: int = 0) -> list[bytes]:
    return [f'{{"kind":"test","n":{n}}}'.encode() for n in range(start, start + count)]


def append(bodies: list[bytes]) -> list[int]:
    with transaction.atomic():
        return actions.append_many(bodies=bodies)


@pytest.mark.django_db
def test_a_fact_is_queued_then_sealed_then_proved(log: Path) -> None:
    ids = append(facts(3))
    assert queries.proof_of(ids[0]) is None
    sealed = actions.seal(now=NOW)
    assert sealed is not None and (sealed.first, sealed.size) == (0, 3)
    assert QueuedLeaf.objects.count() == 0
    assert list(Leaf.objects.order_by("index").values_list("index", "leaf_id")) == list(enumerate(ids))
    proof = queries.proof_of(ids[1])
    assert proof is not None and proof.index == 1
    checkpoint = notes.Checkpoint.parse(notes.open_note(proof.checkpoint.encode(), [queries.verifier()]).text)
    merkle.verify_inclusion(
        index=proof.index,
        size=proof.size,
        leaf_hash=merkle.SM3.leaf(facts(3)[1]),
        proof=[bytes.fromhex(node) for node in proof.path],
        root=checkpoint.root,
    )
    assert (log / "checkpoint").read_bytes() == sealed.note
    assert list(queries.violations()) == []


@pytest.mark.django_db
def test_many_rounds_give_the_same_root_as_one(log: Path) -> None:
    bodies = facts(1300)
    for start, end in [(0, 1), (1, 255), (255, 256), (256, 700), (700, 1300)]:
        append(bodies[start:end])
        actions.seal_all(now=NOW, limit=200)
    checkpoint = Checkpoint.objects.order_by("-size").first()
    assert checkpoint is not None
    assert bytes(checkpoint.root) == merkle.root(merkle.SM3.hash_leaves(bodies))
    assert list(queries.violations()) == []
    assert not list(log.glob("tile/0/00?.p/2*")) or (log / "tile/0/005.p").exists()
    full = [path for name in ("tile/0", "tile/entries") for path in (log / name).glob("???.p")]
    assert sorted(path.name for path in full) == ["005.p", "005.p"], "partials of full tiles are dropped"


@pytest.mark.django_db
def test_an_empty_queue_seals_nothing(log: Path) -> None:
    assert actions.seal(now=NOW) is None
    assert Checkpoint.objects.count() == 0


@pytest.mark.django_db
def test_a_leaf_has_a_size(log: Path) -> None:
    with pytest.raises(Denied) as denied:
        append([b"x" * 65_536])
    assert denied.value.problem is LEAF_TOO_LARGE


@pytest.mark.django_db
def test_appending_outside_a_use_case_is_a_defect(log: Path) -> None:
    connection.in_atomic_block, kept = False, connection.in_atomic_block
    try:
        with pytest.raises(RuntimeError, match="inside a use case"):
            actions.append(body=b"x")
    finally:
        connection.in_atomic_block = kept


@pytest.mark.django_db
def test_a_crash_between_commit_and_publication_is_made_good(log: Path) -> None:
    append(facts(5))
    sealed = sealing._seal(now=NOW, limit=10)
    assert sealed is not None and not (log / "checkpoint").exists()
    assert actions.seal(now=NOW) is None  # nothing waits, yet the signed checkpoint is published
    assert (log / "checkpoint").read_bytes() == sealed.note


@pytest.mark.django_db
def test_files_of_a_crashed_round_are_overwritten(log: Path) -> None:
    append(facts(3))
    save = transaction.savepoint()
    sealing._seal(now=NOW, limit=10)
    transaction.savepoint_rollback(save)  # the process dies after the tiles are written, before the commit
    assert (log / "tile/0/000.p/3").exists()
    QueuedLeaf.objects.order_by("id")[0].delete()  # the next round sees other facts than the crashed one did
    append(facts(1, start=77))
    actions.seal(now=NOW)
    assert queries.log_size() == 3
    assert list(queries.violations()) == []


@pytest.mark.django_db
def test_a_restored_old_backup_refuses_to_sign(log: Path) -> None:
    append(facts(2))
    actions.seal(now=NOW)
    save = transaction.savepoint()
    append(facts(2, start=2))
    actions.seal(now=NOW)
    transaction.savepoint_rollback(save)  # the database forgets what was published
    append(facts(1, start=9))
    with pytest.raises(Denied) as denied:
        actions.seal(now=NOW)
    assert denied.value.problem is LOG_ROLLED_BACK
    assert {violation.invariant for violation in queries.violations()} == {"I9"}


@pytest.mark.django_db
def test_another_history_of_the_same_size_refuses_to_sign(log: Path) -> None:
    save = transaction.savepoint()
    append(facts(2))
    actions.seal(now=NOW)
    transaction.savepoint_rollback(save)
    published = (log / "checkpoint").read_bytes()
    (log / "checkpoint").unlink()
    append(facts(2, start=5))
    actions.seal(now=NOW)
    (log / "checkpoint").write_bytes(published)
    append(facts(1, start=9))
    with pytest.raises(Denied) as denied:
        actions.seal(now=NOW)
    assert denied.value.problem is LOG_DIVERGED
    assert ("I9", "published checkpoint") in {(v.invariant, v.subject) for v in queries.violations()}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "damage"), [("tile/0/000.p/3", None), ("tile/0/000.p/3", b"\0" * 96), ("checkpoint", b"junk")]
)
def test_a_damaged_log_refuses_to_sign_and_names_the_file(log: Path, name: str, damage: bytes | None) -> None:
    append(facts(3))
    actions.seal(now=NOW)
    good = (log / name).read_bytes()
    (log / name).unlink() if damage is None else (log / name).write_bytes(damage)
    append(facts(2, start=3))
    with pytest.raises(Denied) as denied:
        actions.seal(now=NOW)
    assert denied.value.problem is LOG_DAMAGED and denied.value.params["path"] == name
    assert (Checkpoint.objects.count(), QueuedLeaf.objects.count()) == (1, 2)
    (log / name).write_bytes(good)
    assert actions.seal_all(now=NOW) == 5
    assert list(queries.violations()) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE leaf SET body = 'x'",
        "DELETE FROM leaf",
        "TRUNCATE leaf CASCADE",
        "UPDATE queued_leaf SET body = 'x'",
        "UPDATE checkpoint SET size = 9",
        "DELETE FROM checkpoint",
        "TRUNCATE checkpoint CASCADE",
    ],
)
def test_the_database_itself_refuses(log: Path, statement: str) -> None:
    append(facts(2))
    actions.seal(now=NOW)
    append(facts(1, start=2))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        table = re.search(r"queued_leaf|leaf|checkpoint", statement)[0]
        with pytest.raises(DatabaseError, match=f"rows of {table} are facts"), transaction.atomic():
            cursor.execute(statement)


@pytest.mark.django_db
def test_prove_sees_a_rewritten_fact(log: Path) -> None:
    append(facts(3))
    actions.seal(now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE leaf SET body = 'forged' WHERE index = 1")
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert [v.subject for v in queries.violations()] == ["checkpoint 3"]


@pytest.mark.django_db
def test_facts_of_one_kind_are_read_back_sealed_or_not(log: Path) -> None:
    sealed = append([b'{"kind":"one","n":1}', b'{"kind":"other","n":2}'])
    actions.seal(now=NOW)
    waiting = append([b'{"kind":"one","n":3}'])
    found = [one for some in queries.facts("one") for one in some]
    assert found == [(sealed[0], {"kind": "one", "n": 1}), (waiting[0], {"kind": "one", "n": 3})]


@pytest.mark.django_db
@pytest.mark.parametrize("large", [1, 10**9], ids=["in a second process", "here"])
def test_prove_sees_a_changed_file(log: Path, monkeypatch: pytest.MonkeyPatch, large: int) -> None:
    monkeypatch.setattr("xuefen.bank.translog.queries.checking.LARGE", large)
    append(facts(3))
    actions.seal(now=NOW)
    bundle = log / "tile/entries/000.p/3"
    assert list(queries.violations()) == []
    good = bundle.read_bytes()
    bundle.write_bytes(good.replace(b'"n":1', b'"n":7'))
    assert [(v.invariant, v.subject) for v in queries.violations()] == [("I5", "tile/0/000.p/3")]
    bundle.write_bytes(good)
    (log / "tile/0/000.p/3").unlink()
    assert [(v.invariant, v.subject) for v in queries.violations()] == [("I5", "tile/0/000.p/3")]


@pytest.mark.django_db
@pytest.mark.parametrize("damage", ["byte", "cut", "gone"])
@pytest.mark.parametrize(
    "name", ["tile/0/001", "tile/entries/001", "tile/1/000.p/2", "tile/0/002.p/88", "tile/entries/002.p/88"]
)
def test_prove_names_the_one_file_that_was_harmed(log: Path, name: str, damage: str) -> None:
    append(facts(600))
    actions.seal(now=NOW)
    file = log / name
    good = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(good[:-1] if damage == "cut" else good[:40] + bytes([good[40] ^ 1]) + good[41:])
    (found,) = queries.violations()
    # an entry that does not belong to its leaf hash is told at the tile that holds the hash
    assert found.subject.replace("entries", "0") == name.replace("entries", "0")


@pytest.mark.django_db(transaction=True)
def test_a_disk_that_fills_up_in_the_middle_of_a_seal_costs_nothing(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(facts(300))
    actions.seal(now=NOW)
    published = (log / "checkpoint").read_bytes()
    append(facts(300, start=300))
    plain = os.fsync

    def fsync_until(room: int) -> Callable[[int], None]:
        written = itertools.count()

        def fsync(descriptor: int) -> None:
            if next(written) >= room:
                raise OSError(errno.ENOSPC, "No space left on device")
            plain(descriptor)

        return fsync

    for room in range(0, 12, 3):
        with monkeypatch.context() as unlucky:
            unlucky.setattr(os, "fsync", fsync_until(room))
            with pytest.raises(OSError):
                actions.seal(now=NOW)
    assert (log / "checkpoint").read_bytes() == published
    assert not list(log.rglob(".*")), "no half-written file is left"
    assert actions.seal_all(now=NOW) == 600
    assert list(queries.violations()) == []


@pytest.mark.django_db
def test_a_clock_that_goes_back_and_facts_that_are_alike_harm_nothing(log: Path) -> None:
    ids = []
    for days in (0, -400, 1):
        ids += append(facts(2))
        assert actions.seal(now=NOW + timedelta(days=days)) is not None
    assert [c.size for c in Checkpoint.objects.order_by("id")] == [2, 4, 6]
    assert [proof.index for proof in queries.proofs_of(ids).values()] == list(range(6))
    assert list(queries.violations()) == []


@pytest.mark.django_db(transaction=True)
def test_sequencers_at_once_seal_every_fact_once(log: Path) -> None:
    for start in range(0, 400, 100):
        append(facts(100, start=start))
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(10):
                actions.seal(now=NOW, limit=60)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    actions.seal_all(now=NOW)
    assert errors == []
    assert sorted(bytes(body) for body in Leaf.objects.values_list("body", flat=True)) == sorted(facts(400))
    assert list(queries.violations()) == []


@pytest.mark.django_db
def test_under_sha256_a_stranger_follows_it_with_plain_hashlib(log: Path, settings) -> None:
    """The RFC 6962 tree from the bundles, computed here from scratch, and the Ed25519 note by its type byte."""
    settings.XUEFEN_KEYS = log.parent / "keys256"
    purposes = {**BANK_PURPOSES, "log": "ed25519"}
    FileKeyProvider.create(settings.XUEFEN_KEYS, settings.XUEFEN_PASSPHRASE, purposes=purposes)
    with transaction.atomic():
        actions.append_many(bodies=[b"fact %d" % n for n in range(300)])
    actions.seal_all(now=NOW)
    bundles = (log / "tile/entries/000").read_bytes() + (log / "tile/entries/001.p/44").read_bytes()
    leaves = []
    while bundles:
        size = int.from_bytes(bundles[:2], "big")
        leaves.append(bundles[2 : 2 + size])
        bundles = bundles[2 + size :]

    def tree(part: list[bytes]) -> bytes:
        if len(part) == 1:
            return hashlib.sha256(b"\x00" + part[0]).digest()
        split = 1 << ((len(part) - 1).bit_length() - 1)
        return hashlib.sha256(b"\x01" + tree(part[:split]) + tree(part[split:])).digest()

    origin, size_line, root, _, signature = (log / "checkpoint").read_text().split("\n")[:5]
    assert (int(size_line), base64.b64decode(root)) == (300, tree(leaves))
    name, _, vkey = vkey_of(queries.verifier()).partition("+")
    raw = base64.b64decode(vkey.partition("+")[2])
    assert raw[0] == 1 and name == origin
    signed = base64.b64decode(signature.split(" ")[2])
    assert signed[:4] == hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    ed25519.Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signed[4:], f"{origin}\n{size_line}\n{root}\n".encode())
    assert list(queries.violations()) == []


@pytest.mark.django_db
def test_an_old_database_is_told_what_it_lacks(log: Path) -> None:
    append(facts(2))
    actions.seal(now=NOW)
    assert actions.missing() is None
    save = transaction.savepoint()
    append([b'{"at":"2026-11-20T08:00:00Z","kind":"a"}', b'{"at":"2026-11-20T09:00:00Z","kind":"b"}'])
    append([b'{"at":"2026-11-20T10:00:00Z","kind":"a"}'])
    actions.seal(now=NOW)
    transaction.savepoint_rollback(save)
    lost = actions.missing()
    assert lost is not None
    assert (lost.first, lost.end, lost.kinds) == (2, 5, {"a": 2, "b": 1})
    assert (lost.since, lost.until) == ("2026-11-20T08:00:00Z", "2026-11-20T10:00:00Z")
    before = {path: path.read_bytes() for path in log.rglob("*") if path.is_file()}
    with pytest.raises(Denied) as denied:
        actions.rebuild()
    assert denied.value.problem is LOG_ROLLED_BACK
    assert {path: path.read_bytes() for path in log.rglob("*") if path.is_file()} == before


@pytest.mark.django_db
def test_an_old_folder_is_not_published_over_and_is_written_anew(log: Path, tmp_path: Path) -> None:
    append(facts(300))
    actions.seal(now=NOW)
    shutil.copytree(log, tmp_path / "old")
    append(facts(400, start=300))
    actions.seal(now=NOW)
    whole = {path.relative_to(log): path.read_bytes() for path in log.rglob("*") if path.is_file()}
    shutil.rmtree(log)
    shutil.copytree(tmp_path / "old", log)
    for waiting in (0, 1):  # with nothing to seal, and with a fact that waits
        append(facts(waiting, start=900))
        with pytest.raises(Denied) as denied:
            actions.seal(now=NOW)
        assert denied.value.problem is LOG_DAMAGED and "xuefen log recover" in denied.value.sentence("en")
        assert (log / "checkpoint").read_bytes() == (tmp_path / "old/checkpoint").read_bytes()
    assert actions.rebuild() == 700
    assert {path: (log / path).read_bytes() for path in whole} == whole
    assert actions.seal_all(now=NOW) == 701
    assert list(queries.violations()) == []


@pytest.mark.django_db
def test_a_lost_or_junk_folder_is_written_anew_but_never_from_altered_leaves(log: Path) -> None:
    append(facts(5))
    actions.seal(now=NOW)
    shutil.rmtree(log)
    assert actions.rebuild() == 5 and list(queries.violations()) == []
    (log / "checkpoint").write_bytes(b"junk")
    assert actions.rebuild() == 5 and list(queries.violations()) == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE leaf DISABLE TRIGGER USER")
        cursor.execute("UPDATE leaf SET body = 'other' WHERE index = 2")
        cursor.execute("ALTER TABLE leaf ENABLE TRIGGER USER")
    (log / "tile/entries/000.p/5").unlink()
    with pytest.raises(Denied) as denied:
        actions.rebuild()
    assert denied.value.problem is LOG_DAMAGED and not (log / "tile/entries/000.p/5").exists()


@pytest.mark.django_db
def test_growth_tells_each_day_by_the_calendar_of_china(log: Path) -> None:
    for count, hours in ((3, 0), (2, 2), (4, 9), (1, 24)):  # 16:00 and 18:00, then 01:00 and 16:00 of the day after
        append(facts(count, start=100 * hours))
        actions.seal(now=NOW + timedelta(hours=hours))
    assert queries.growth() == [(date(2026, 9, 16), 5, 2), (date(2026, 9, 17), 5, 2)]
    assert queries.growth(most=1) == [(date(2026, 9, 17), 5, 2)]
