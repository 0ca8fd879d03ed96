"""The sequencer killed with SIGKILL wherever it may be between a tile and the checkpoint: a real process on real files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from tests.own_process import kill_where_it_stops, on_this_database, stopping
from xuefen.bank.insight import queries as insight
from xuefen.bank.shell.models import Node
from xuefen.bank.translog import actions, queries
from xuefen.bank.translog.models import Checkpoint
from xuefen.bedrock import merkle, notes, tiles

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.faces.desk_urls")]
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
FACTS = [f'{{"kind":"test","n":{n}}}'.encode() for n in range(610)]
BEFORE, AFTER = 205, 605  # the tile that was begun is filled, another one too, a third begun
SEAL = """
import django
django.setup()
from datetime import datetime
from pathlib import Path
from django.conf import settings
from xuefen.bank.translog import actions
settings.XUEFEN_LOG, settings.XUEFEN_KEYS = Path(sys.argv[1]), Path(sys.argv[2])
actions.seal(now=datetime.fromisoformat(sys.argv[3]))
"""
POINTS = [  # (what it is about to do, to a path with this part, for the n-th time), and whether the checkpoint is signed by then
    (("open", "/tile/", 1), False),
    (("os.rename", "/tile/", 1), False),
    (("os.rename", "/tile/", 7), False),
    (("a checkpoint's row", "", 1), False),
    (("os.rename", "/checkpoint", 1), True),
    (("shutil.rmtree", "/tile/0/000.p", 1), True),
    (("os.remove", "", 2), True),
]


@pytest.fixture
def log(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.XUEFEN_LOG = tmp_path / "log"
    Node.objects.create(id=1, code="t", name_zh="测试", name_en="Test", origin="test.example/log", created_at=NOW)
    append(FACTS[:5])
    actions.seal(now=NOW)
    append(FACTS[5:BEFORE])
    actions.seal(now=NOW)
    yield settings.XUEFEN_LOG


def append(bodies: list[bytes]) -> None:
    with transaction.atomic():
        actions.append_many(bodies=bodies)


def seal_and_kill(point: tuple[str, str, int], log: Path, keys: Path) -> None:
    """Seal in another process, and kill it there."""
    event, part, times = point
    with on_this_database(stopping(event, part, times, SEAL), log, keys, NOW.isoformat()) as sequencer:
        if event != "a checkpoint's row":
            kill_where_it_stops(sequencer)
            return
        with transaction.atomic(), connection.cursor() as cursor:  # the row can only be written after this block
            cursor.execute("LOCK TABLE checkpoint IN SHARE MODE")
            while not _waits_for_us(cursor):
                assert sequencer.poll() is None, "it ended and never waited"
                time.sleep(0.02)
            sequencer.kill()
            sequencer.wait()


def _waits_for_us(cursor: Any) -> bool:
    cursor.execute("SELECT count(*) FROM pg_locks WHERE relation = 'checkpoint'::regclass AND NOT granted")
    return bool(cursor.fetchone()[0])


def followed(log: Path, client: Client, seen: notes.Checkpoint | None) -> notes.Checkpoint:
    """What somebody finds who reads nothing but the addresses: a whole log that continues the one seen before."""

    def fetch(path: str) -> bytes:
        answer = client.get(f"/log/{path}")
        if answer.status_code == 404:
            raise FileNotFoundError(path)
        assert answer.content == (log / path).read_bytes()
        return answer.content

    told = notes.Checkpoint.parse(notes.open_note(fetch("checkpoint"), [queries.verifier()]).text)
    assert told.root == merkle.root(merkle.SM3.hash_leaves(FACTS[: told.size]))
    assert tiles.rederive(size=told.size, fetch=fetch, hash=merkle.SM3) == told.root
    if seen is not None and seen.size < told.size:
        proof = tiles.TileReader(size=told.size, fetch=fetch, hash=merkle.SM3).consistency_proof(seen.size)
        merkle.verify_consistency(
            old_size=seen.size, new_size=told.size, old_root=seen.root, new_root=told.root, proof=proof, hash=merkle.SM3
        )
    for path in log.rglob("*"):
        name = str(path.relative_to(log))
        if path.is_file() and name != "checkpoint":
            covered = not path.name.startswith(".") and tiles.size_with(name) <= told.size
            assert client.get(f"/log/{name}").status_code == (200 if covered else 404), name
    return told


@pytest.mark.parametrize(("point", "signed"), POINTS)
def test_whatever_was_written_the_next_run_publishes_the_same_bytes(
    log: Path, settings: Any, client: Client, point: tuple[str, str, int], signed: bool
) -> None:
    first = followed(log, client, None)
    append(FACTS[BEFORE:AFTER])
    seal_and_kill(point, log, settings.XUEFEN_KEYS)

    half = followed(log, client, first)
    assert half.size == (AFTER if "rmtree" in point[0] or "remove" in point[0] else BEFORE)
    notes_signed = {row.size: bytes(row.note) for row in Checkpoint.objects.all()}
    assert (AFTER in notes_signed) is signed

    actions.seal(now=NOW)  # while the database has not noticed the death yet this waits, and seals nothing
    actions.seal(now=NOW)
    whole = followed(log, client, half)
    assert (whole.size, queries.queue_length()) == (AFTER, 0)
    undisturbed = tiles.grow(old_size=0, new_entries=FACTS[:AFTER], fetch={}.__getitem__, hash=merkle.SM3)
    assert {path: (log / path).read_bytes() for path in undisturbed.files} == undisturbed.files
    if signed:
        assert (log / "checkpoint").read_bytes() == notes_signed[AFTER], "what was signed is what is published"
    append(FACTS[AFTER:])
    actions.seal(now=NOW)
    assert followed(log, client, whole).size == len(FACTS)
    assert [violation for _, found in insight.prove() for violation in found] == []
