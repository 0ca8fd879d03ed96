"""Writers of the log: ``append`` inside any use case, and the one sequencer.

What a crash leaves behind, step by step of :func:`seal`: before the commit, nothing but files under names no checkpoint
speaks of, overwritten next time; after the commit and before publishing, a signed checkpoint in the database that the next
round publishes first. Facts wait in the queue meanwhile; none is lost and none is sealed twice.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from xuefen.bank.shell.copy import allocate_ids, copy_text
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.translog import queries, rules
from xuefen.bank.translog.models import Checkpoint, QueuedLeaf
from xuefen.bank.translog.types import LOG_DAMAGED, Sealed
from xuefen.bedrock import disk, notes, tiles


@inside_transaction
def append(*, body: bytes) -> int:
    """Queue one fact for the log, in the fact's own transaction, and return its leaf id. ``body`` is canonical bytes."""
    return append_many(bodies=[body])[0]


@inside_transaction
def append_many(*, bodies: Sequence[bytes]) -> list[int]:
    """Queue facts in order; their leaf ids, ascending. ``Denied(leaf_too_large)`` above 65,535 bytes."""
    ids = draw_ids(len(bodies))
    append_lines(lines="".join(map(rules.queued_line, ids, bodies)))
    return ids


@inside_transaction
def append_lines(*, lines: str | bytes) -> None:
    """Queue facts that ``rules.queued_line`` has written, under ids from ``draw_ids``."""
    copy_text(QueuedLeaf, rules.QUEUED_COLUMNS, lines)


def draw_ids(count: int) -> list[int]:
    """Leaf ids that nobody else will get, ascending; needs no transaction, and what is not used is never missed."""
    return allocate_ids(QueuedLeaf, count)


def seal(*, now: datetime, limit: int = 50_000) -> Sealed | None:
    """Give up to ``limit`` waiting facts their place in the log, sign a checkpoint over it and publish it.

    None when nothing waits or another sequencer is at work. ``Denied(log_rolled_back)``, ``Denied(log_witnessed_more)``,
    ``Denied(log_anchored_other)`` or ``Denied(log_diverged)`` when the database is not the one that made the published
    checkpoint (I9), ``Denied(log_damaged)`` when a file it needs is missing or altered.
    """
    try:
        sealed = _seal(now=now, limit=limit)
        publish()
    except tiles.TileDamaged as error:
        raise Denied(LOG_DAMAGED, path=error.path, detail=error) from error
    except notes.NoteInvalid as error:
        raise Denied(LOG_DAMAGED, path=queries.CHECKPOINT, detail=error) from error
    return sealed


@use_case
def _seal(*, now: datetime, limit: int) -> Sealed | None:
    if not _is_sequencer():
        return None
    last = Checkpoint.objects.order_by("-size").first()
    refuse_rollback(last)
    first = last.size if last else 0
    entries = _take_from_queue(first=first, limit=limit)
    if not entries:
        return None
    growth = tiles.grow(
        old_size=first,
        new_entries=entries,
        fetch=queries.fetch,
        hash=queries.tree_hash(),
        old_root=bytes(last.root) if last else None,
    )
    store(growth.files)
    text = notes.Checkpoint(origin=queries.origin(), size=growth.size, root=growth.root).text
    note = notes.sign_note(text, *queries.signers(at=now))
    Checkpoint.objects.create(size=growth.size, root=growth.root, note=note, sealed_at=now)
    return Sealed(first=first, size=growth.size, root=growth.root, note=note)


_LOCK = "hashtext(current_schema() || '.sequencer')"


def _is_sequencer() -> bool:
    """One sequencer per node: an advisory lock named after the node's schema, held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_xact_lock({_LOCK})")
        return bool(cursor.fetchone()[0])


def refuse_rollback(last: Checkpoint | None) -> None:
    """I9: what was published can never be taken back, so a database behind it must not sign anything new."""
    found = queries.contradiction(last)
    if found is not None:
        raise found


def _take_from_queue(*, first: int, limit: int) -> list[bytes]:
    """Move the oldest waiting facts into the log's table, indexes from ``first`` on, and return their bytes in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH taken AS ("
            "  DELETE FROM queued_leaf WHERE id IN (SELECT id FROM queued_leaf ORDER BY id LIMIT %s) RETURNING id, body)"
            " INSERT INTO leaf (index, leaf_id, body)"
            " SELECT %s + row_number() OVER (ORDER BY id) - 1, id, body FROM taken RETURNING index, body",
            [limit, first],
        )
        return [bytes(body) for _, body in sorted(cursor.fetchall())]


def wait_for_sequencer() -> None:
    """Until this transaction ends, no sequencer seals or publishes."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")


@use_case
def publish() -> None:
    """Put the newest signed checkpoint where everybody reads it, unless it is there already."""
    wait_for_sequencer()  # a slower sequencer must not put an older checkpoint over a newer one
    last = Checkpoint.objects.order_by("-size").first()
    if last is None:
        return
    refuse_rollback(last)
    published = queries.published_checkpoint()
    note = queries.cosigned_note(last)
    if published is None or published.size < last.size or queries.fetch(queries.CHECKPOINT) != note:
        first = published.size if published else 0
        _refuse_gaps(first=first, end=last.size)
        store({queries.CHECKPOINT: note})
        _drop_partials(first=first, end=last.size)


def _refuse_gaps(*, first: int, end: int) -> None:
    """A folder restored from an older backup holds less than is signed: a checkpoint is not published over missing files."""
    root = Path(settings.XUEFEN_LOG)
    for path, whole in tiles.grown_paths(old_size=first, size=end):
        if not (root / path).exists() and not (root / whole).exists():
            raise tiles.TileMissing(path, "missing")


def store(files: Mapping[str, bytes]) -> None:
    """Write files below the log's folder, each complete or not at all, all on disk when this returns."""
    root = Path(settings.XUEFEN_LOG)
    targets = {root / path: data for path, data in files.items()}
    folders = {target.parent for target in targets}
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=8) as pool:  # the disk gathers many fsyncs into few when they come together
        list(pool.map(disk.replace, targets, targets.values()))
        list(pool.map(disk.sync, folders))


def _drop_partials(*, first: int, end: int) -> None:
    """Partial files of a tile that is full by now are no longer needed (C2SP tlog-tiles allows it)."""
    root = Path(settings.XUEFEN_LOG)
    for path, whole in tiles.grown_paths(old_size=first, size=end):
        if path == whole:
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(root / f"{whole}.p")
