"""Is the log whole? Everything derived again from its leaves and from its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import django
from django.conf import settings

from xuefen.bank.shell.violation import Violation
from xuefen.bank.translog.models import Checkpoint, Leaf
from xuefen.bank.translog.queries.reading import log_size, published_checkpoint, tree_hash, verifiers
from xuefen.bedrock import merkle, notes, tiles

LARGE = 200_000
"""Leaves from which on a second process is worth its start."""


def violations() -> Iterator[Violation]:
    """I5, I9: the log re-derived from its leaves and again from its files agrees with every checkpoint ever signed.

    Of a large log the files are read by a second process meanwhile: two cores, and nothing kept of what was read.
    """
    try:
        published = published_checkpoint()
    except notes.NoteInvalid as error:
        yield from stored_violations()
        yield Violation("I5", "published checkpoint", str(error))
        return
    with _files_rederived(published.size if published else 0) as root:
        yield from stored_violations()
        yield from _published_violations(published, root)


@contextmanager
def _files_rederived(size: int) -> Iterator[Callable[[], bytes]]:
    """What gives the root of the files, or raises TileDamaged; a large log's is computed beside whatever else is done."""
    work = partial(tiles.rederive, size=size, fetch=_Folder(Path(settings.XUEFEN_LOG)), hash=tree_hash())
    if size < LARGE:
        yield work
        return
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"), initializer=django.setup) as pool:
        yield pool.submit(work).result


@dataclass(frozen=True)
class _Folder:
    """``fetch`` as another process can be handed it, with the settings of this one."""

    root: Path

    def __call__(self, path: str) -> bytes:
        return (self.root / path).read_bytes()


def stored_violations() -> Iterator[Violation]:
    """Every checkpoint's root against the leaves in the database, in one pass over them."""
    hash = tree_hash()
    frontier, pending, expected = merkle.Frontier(hash=hash), [], 0
    waiting = Checkpoint.objects.order_by("size").iterator(chunk_size=1_000)
    checkpoint = next(waiting, None)
    for index, body in Leaf.objects.order_by("index").values_list("index", "body").iterator(chunk_size=10_000):
        if index != expected:
            yield Violation("I5", f"leaf {expected}", f"missing, the next is {index}")
            return
        pending.append(bytes(body))
        expected += 1
        if checkpoint is not None and expected == checkpoint.size:
            frontier, _ = frontier.append(hash.hash_leaves(pending))
            pending = []
            yield from _checkpoint_violations(checkpoint, frontier.root())
            checkpoint = next(waiting, None)
    if pending or checkpoint is not None:
        yield Violation("I5", "log", f"{expected} leaves stored, the newest checkpoint says {log_size()}")


def _checkpoint_violations(checkpoint: Checkpoint, root: bytes) -> Iterator[Violation]:
    subject = f"checkpoint {checkpoint.size}"
    if root != bytes(checkpoint.root):
        yield Violation("I5", subject, "its root is not the root of the leaves")
    try:
        signed = notes.Checkpoint.parse(notes.open_note(bytes(checkpoint.note), verifiers()).text)
    except notes.NoteInvalid as error:
        yield Violation("I5", subject, f"its note does not verify: {error}")
        return
    if (signed.size, signed.root) != (checkpoint.size, bytes(checkpoint.root)):
        yield Violation("I5", subject, "its note says something else than its row")


def _published_violations(published: notes.Checkpoint | None, root: Callable[[], bytes]) -> Iterator[Violation]:
    """The files anybody may copy: the newest checkpoint, every tile and every bundle."""
    stored = Checkpoint.objects.order_by("-size").first()
    if stored is None or published is None:
        if stored is not None or published is not None:
            yield Violation("I9", "published checkpoint", f"published {published}, stored {stored and stored.size}")
        return
    if published.size > stored.size:
        yield Violation("I9", "published checkpoint", f"size {published.size}, the database knows {stored.size}")
        return
    known = Checkpoint.objects.filter(size=published.size).values_list("root", flat=True).first()
    if known is None or bytes(known) != published.root:
        yield Violation("I9", "published checkpoint", f"size {published.size}, not one this database has signed")
    try:
        if root() != published.root:
            yield Violation("I5", "tiles", "the entry bundles do not give the published root")
    except tiles.TileDamaged as error:
        yield Violation("I5", error.path, str(error))
