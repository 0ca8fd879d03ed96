"""Refused rows may name anybody: taking one person out of them, and keeping their keys under the wrapping key in use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from xuefen.bank.deposits import queries
from xuefen.bank.deposits.actions.storage import uploads
from xuefen.bank.deposits.models import Batch, RefusedRow
from xuefen.bank.deposits.reading import open_source
from xuefen.bank.deposits.states import OPEN, WAITING
from xuefen.bank.deposits.types import BatchState
from xuefen.bank.shell.keys import new_paper, paper_key, rewrapped_half
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bedrock.gm import seal


@inside_transaction
def forget_in_refused_rows(*, words: Sequence[str]) -> list[int]:
    """Empty the cells of every refused row in which one of ``words`` stands; its errors stay.

    The other rows of such a batch are sealed anew. Returns the numbers of the keys that are to be destroyed once this is
    committed; after that not even an older backup of the database opens those rows.
    """
    gone: list[int] = []
    for batch in Batch.objects.exclude(paper=None).order_by("id").iterator():
        assert batch.paper is not None and batch.paper_half is not None
        key = paper_key(batch.paper, bytes(batch.paper_half))
        if key is None:
            continue
        hit = {row for row, cells in _cells(batch, key) if _names(cells, words)}
        if hit:
            gone.append(batch.paper)
            _seal_anew(batch, key, without=hit)
    return gone


def _cells(batch: Batch, key: bytes) -> list[tuple[int, tuple[tuple[str, str], ...]]]:
    rows = RefusedRow.objects.filter(batch=batch).exclude(cells=b"").order_by("row", "id").values_list("row", "cells")
    return [
        (row, queries.opened_cells(bytes(sealed), key=key, batch_number=batch.number, row=row))
        for row, sealed in rows.iterator(2000)
    ]


def _names(cells: Sequence[tuple[str, str]], words: Sequence[str]) -> bool:
    return any(word.casefold() in "".join(text.split()).casefold() for _, text in cells for word in words)


def _seal_anew(batch: Batch, key: bytes, *, without: set[int]) -> None:
    paper = new_paper()
    for row in RefusedRow.objects.filter(batch=batch).exclude(cells=b"").order_by("id").iterator(2000):
        cells = queries.opened_cells(bytes(row.cells), key=key, batch_number=batch.number, row=row.row)
        if row.row in without:
            cells = tuple((name, "") for name, _ in cells)
        plain = json.dumps(cells, ensure_ascii=False).encode("utf-8", "surrogatepass")
        row.cells = seal(paper.key, plain, aad=queries.cells_aad(batch.number, row.row))
        row.save(update_fields=["cells"])
    batch.paper, batch.paper_half = paper.number, paper.half
    batch.save(update_fields=["paper", "paper_half"])


MOST_LOOKED_THROUGH = 20 * 1024 * 1024
"""Bytes of a file that an officer may wait for; a larger one is taken to name anybody."""


def batches_naming(*, words: Sequence[str]) -> list[tuple[str, str, BatchState]]:
    """Number, issuer and state of every batch that is not at its end and whose file names somebody by one of ``words``, or may.

    Those that stand still are looked through, when they are text; a workbook or a roster may hold more than the rows that are
    read, and what runs is soon over.
    """
    rows = Batch.objects.filter(state__in=OPEN).order_by("id")
    return [
        (number, issuer, BatchState(state))
        for number, issuer, state, stored_as in rows.values_list("number", "issuer__name_zh", "state", "stored_as")
        if state in WAITING or _may_name(uploads() / stored_as, words)
    ]


def _may_name(path: Path, words: Sequence[str]) -> bool:
    try:
        if path.stat().st_size > MOST_LOOKED_THROUGH:
            return True
        source = open_source(path)
        if source.kind not in ("csv", "jsonl"):
            return True
        with closing(source.rows()) as rows:
            headings = [("", heading) for heading in source.header]
            return _names(headings, words) or any(_names([("", cell) for cell in cells], words) for _, cells in rows)
    except (Denied, OSError):
        return True


STILL = timedelta(hours=1)
"""A file nobody touched for so long belongs to no deposit that is just being received."""


def drop_leftover_files(*, now: datetime) -> int:
    """Remove uploaded files no batch needs any more, which a kill left behind: they may name anybody. How many."""
    needed = set(Batch.objects.filter(state__in=OPEN).values_list("stored_as", flat=True))
    before = (now - STILL).timestamp()
    over = [path for path in uploads().iterdir() if path.is_file() and path.name not in needed]
    over = [path for path in over if path.stat().st_mtime < before]
    for path in over:
        path.unlink(missing_ok=True)
    return len(over)


@use_case
def rewrap_papers(*, after: int, most: int) -> int | None:
    """Wrap the keys of up to ``most`` batches behind the id ``after`` with the key in use; the last id, None at the end."""
    rows = list(Batch.objects.select_for_update().filter(pk__gt=after).order_by("pk")[:most])
    for batch in rows:
        if batch.paper is not None and batch.paper_half is not None:
            batch.paper_half = rewrapped_half(batch.paper, bytes(batch.paper_half))
            batch.save(update_fields=["paper_half"])
    return rows[-1].pk if rows else None
