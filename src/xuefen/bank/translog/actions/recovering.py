"""Coming back after a restore: what the log's folder lacks is written anew, what the database lacks is named."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from django.conf import settings

from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog import queries
from xuefen.bank.translog.actions.sealing import publish, refuse_rollback, store, wait_for_sequencer
from xuefen.bank.translog.models import Checkpoint, Leaf
from xuefen.bank.translog.types import LOG_DAMAGED, Missing
from xuefen.bedrock import notes, tiles

CHUNK = tiles.WIDTH * tiles.WIDTH


def rebuild() -> int:
    """Write the log's files anew from the leaves in the database, and publish the newest checkpoint; how many leaves.

    The leaves must give the root of every checkpoint ever signed, or nothing is written. Raises ``Denied``:
    log_rolled_back, log_witnessed_more, log_diverged (no file can mend those), log_damaged (the leaves themselves).
    """
    size = _rebuild()
    publish()
    return size


@use_case
def _rebuild() -> int:
    wait_for_sequencer()
    last = Checkpoint.objects.order_by("-size").first()
    try:
        refuse_rollback(last)
    except notes.NoteInvalid:  # the published checkpoint itself is damaged: the signed one replaces it
        (settings.XUEFEN_LOG / queries.CHECKPOINT).unlink()
    if last is None:
        return 0
    for wrong in queries.stored_violations():
        raise Denied(LOG_DAMAGED, path=wrong.subject, detail=wrong.found)
    size, root = 0, None
    for entries in _leaves(last.size):
        growth = tiles.grow(
            old_size=size, new_entries=entries, fetch=queries.fetch, hash=queries.tree_hash(), old_root=root
        )
        store(growth.files)
        size, root = growth.size, growth.root
    return size


def _leaves(size: int) -> Iterator[list[bytes]]:
    bodies = Leaf.objects.filter(index__lt=size).order_by("index").values_list("body", flat=True)
    for first in range(0, size, CHUNK):
        yield [bytes(body) for body in bodies.filter(index__gte=first, index__lt=first + CHUNK)]


def missing() -> Missing | None:
    """What the published files tell and the database does not know; None when it knows all of it.

    Raises ``Denied(log_damaged)`` when the files cannot be read.
    """
    try:
        published = queries.published_checkpoint()
        stored = queries.log_size()
        if published is None or published.size <= stored:
            return None
        return _told(first=stored, end=published.size)
    except (tiles.TileDamaged, notes.NoteInvalid) as error:
        raise Denied(LOG_DAMAGED, path=getattr(error, "path", queries.CHECKPOINT), detail=error) from error


def _told(*, first: int, end: int) -> Missing:
    reader = tiles.TileReader(size=end, fetch=queries.fetch, hash=queries.tree_hash())
    kinds: Counter[str] = Counter()
    times: list[str] = []
    for index in range(first // tiles.WIDTH, -(-end // tiles.WIDTH)):
        for at, body in enumerate(reader.verified_bundle(index), index * tiles.WIDTH):
            if at >= first:
                fact = json.loads(body)
                kinds[fact["kind"]] += 1
                times.append(fact.get("at", ""))
    return Missing(first, end, dict(kinds.most_common()), min(times), max(times))
