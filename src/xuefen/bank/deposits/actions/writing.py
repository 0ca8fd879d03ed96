"""The transactions of a batch: begin, one chunk, end, refusal as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from xuefen.bank.audit import actions as audit
from xuefen.bank.deposits import queries, rules, states
from xuefen.bank.deposits.actions.receipt import signed_receipt
from xuefen.bank.deposits.models import Batch, Outcome, RefusedRow
from xuefen.bank.deposits.rules.sheet import MOST_HEADING
from xuefen.bank.deposits.types import BATCH_RUNNING, BatchEvent, BatchFacts, BatchState, Counts, Refused
from xuefen.bank.ledger import actions as ledger
from xuefen.bank.ledger.types import BookKind
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.copy import allocate_ids, copy_rows, copy_text
from xuefen.bank.shell.keys import new_paper, paper_key
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case, wait_turn
from xuefen.bank.standards import queries as standards
from xuefen.bank.translog import actions as translog
from xuefen.bedrock.gm import seal
from xuefen.bedrock.names import clean

_REFUSED_COLUMNS = ("batch_id", "row", "field", "code", "params", "duplicate", "cells")


@use_case
def start(*, batch: Batch, total_rows: int) -> bool:
    """Mark a batch as running, with how many rows its file holds. False when somebody has stopped it meanwhile."""
    state = Batch.objects.select_for_update().get(pk=batch.pk).state
    if not states.may(BatchState(state), BatchEvent.START):
        return False
    batch.state, batch.total_rows, batch.problem = BatchState.RUNNING, total_rows, None
    batch.save(update_fields=["state", "total_rows", "problem"])
    return True


@use_case
def ask_columns(*, batch: Batch, header: Sequence[str], denied: Denied | None, by: Actor, now: datetime) -> None:
    """Let a batch wait until somebody says what its columns are; ``denied`` is why the headings alone do not tell."""
    state = Batch.objects.select_for_update().get(pk=batch.pk).state
    batch.state = states.after(BatchState(state), BatchEvent.ASK, batch=batch.number)
    batch.header = [clean(name)[:MOST_HEADING] for name in header]
    batch.problem = _told(denied) if denied else None
    batch.save(update_fields=["state", "header", "problem"])
    after = {"code": denied.code} if denied else {}
    audit.record(action="deposits.asked_columns", by=by, now=now, subject=("batch", batch.number), after=after)


@use_case
def fail(*, batch: Batch, denied: Denied, by: Actor, now: datetime) -> None:
    """Keep why a file was refused as a whole. Nothing was deposited from it; the same file may be tried again."""
    batch.state, batch.finished_at = BatchState.FAILED, now
    batch.problem = _told(denied)
    batch.save(update_fields=["state", "problem", "finished_at"])
    audit.record(action="deposits.failed", by=by, now=now, subject=("batch", batch.number), after={"code": denied.code})


def _told(denied: Denied) -> dict[str, object]:
    return {
        "code": denied.code,
        "params": denied.params,
        "place": denied.place,
        "zh": denied.sentence("zh"),
        "en": denied.sentence("en"),
    }


@use_case
def commit_chunk(
    *, batch: Batch, chunk: rules.Chunk, columns: rules.Columns, books: dict[int, int], by: Actor, now: datetime
) -> dict[int, int] | None:
    """Write everything one chunk means, and move the batch's cursor from where ``batch`` has it to the chunk's last row.

    ``books`` are the learners' books known so far; those found or opened here are returned. ``batch`` is refreshed to what was
    committed. None, and nothing written, when somebody has paused or cancelled it. ``Denied(batch_running)`` when somebody
    else has moved the cursor.
    """
    current = Batch.objects.select_for_update().get(pk=batch.pk)
    take_turn(issuer_id=current.issuer_id)
    if current.cursor != batch.cursor:
        raise Denied(BATCH_RUNNING, issuer=batch.issuer.code, batch=batch.number)
    if current.state != BatchState.RUNNING:
        batch.state = current.state
        return None
    cursor_from = batch.cursor
    opened = write_chunk(batch=current, chunk=chunk, columns=columns, books=books, now=now)
    current.save(update_fields=_PROGRESS)
    audit.record(
        action="deposits.deposited",
        by=by,
        now=now,
        subject=("batch", batch.number),
        after={
            "rows": [cursor_from, current.cursor],
            **{name: getattr(current, name) - getattr(batch, name) for name in COUNTED},
        },
    )
    for name in _PROGRESS:
        setattr(batch, name, getattr(current, name))
    return opened


@inside_transaction
def write_chunk(
    *, batch: Batch, chunk: rules.Chunk, columns: rules.Columns, books: Mapping[int, int], now: datetime
) -> dict[int, int]:
    """Write a chunk's outcomes and refused rows and count them in ``batch``, which the caller saves; the caller has the
    issuer's turn. The books that were not among ``books`` come back.
    """
    # Asked inside the transaction: what exists now is what counts.
    left = without_repeats(chunk, {}, columns, batch_id=batch.pk)
    opened = learner_books(left.learner_ids, books)
    write_outcomes(batch, left, books={**books, **opened}, now=now)
    _write_refused(batch, left.refused)
    counts = Counts()
    left.add_to(counts)
    batch.read += counts.read
    batch.accepted += counts.accepted
    batch.refused += counts.refused
    batch.duplicates += counts.duplicates
    batch.credits += counts.credits
    batch.cursor = chunk.last_row
    if left.leaf_ids:
        batch.first_leaf_id = batch.first_leaf_id or left.leaf_ids[0]
        batch.last_leaf_id = left.leaf_ids[-1]
    return opened


def without_repeats(
    chunk: rules.Chunk, seen: dict[bytes, int], columns: rules.Columns, *, batch_id: int
) -> rules.Chunk:
    """A chunk without what exists already, or came earlier in this run (``seen``, grows)."""
    known = queries.known_outcomes(chunk.keys)
    return chunk.without(rules.repeats(chunk.keys, chunk.rows, known, seen, batch_id=batch_id), columns)


COUNTED = ("accepted", "refused", "duplicates", "credits")
_PROGRESS = ["read", *COUNTED, "cursor", "first_leaf_id", "last_leaf_id", "paper", "paper_half"]


@use_case
def finish(*, batch: Batch, by: Actor, now: datetime) -> BatchFacts:
    """Close a batch whose every row is accounted for, and sign its receipt; one that was stopped stays as it is."""
    state = BatchState(Batch.objects.select_for_update().get(pk=batch.pk).state)
    if not states.may(state, BatchEvent.FINISH):
        batch.state = state
        return queries.facts(batch)
    batch.state, batch.finished_at = BatchState.DONE, now
    batch.receipt = signed_receipt(queries.facts(batch), now=now)
    batch.save(update_fields=["state", "finished_at", "receipt"])
    audit.record(
        action="deposits.finished",
        by=by,
        now=now,
        subject=("batch", batch.number),
        after={"read": batch.read, "accepted": batch.accepted, "credits": batch.credits},
    )
    return queries.facts(batch)


@inside_transaction
def take_turn(*, issuer_id: int) -> None:
    """Wait until nobody else is writing outcomes of this issuer: duplicates are looked for among what is committed."""
    wait_turn("deposit.write", issuer_id)


def learner_books(learner_ids: Iterable[int], books: Mapping[int, int]) -> dict[int, int]:
    """The books of these learners that are not among ``books``, by learner; opened where there was none."""
    missing = set(learner_ids) - books.keys()
    return ledger.book_ids(BookKind.LEARNER, missing) if missing else {}


@inside_transaction
def write_one(batch: Batch, one: rules.Accepted, *, now: datetime) -> int:
    """One outcome, its transfer and its leaf; the leaf id."""
    chunk = rules.made_ready(
        rules.Judged([one]),
        frame_of(batch, now=now),
        outcome_ids=allocate_ids(Outcome, 1),
        leaf_ids=translog.draw_ids(1),
    )
    write_outcomes(batch, chunk, books=learner_books(chunk.learner_ids, {}), now=now)
    return chunk.leaf_ids[0]


def frame_of(batch: Batch, *, now: datetime) -> rules.Frame:
    """What all outcomes of the batch share."""
    standard = standards.by_id(batch.standard_version_id)
    return rules.Frame(
        batch_id=batch.pk,
        issuer_id=batch.issuer_id,
        issuer=batch.issuer.code,
        standard_id=batch.standard_version_id,
        standard=f"{standard.code}/{standard.version}",
        at=now,
    )


@inside_transaction
def write_outcomes(batch: Batch, chunk: rules.Chunk, *, books: Mapping[int, int], now: datetime) -> None:
    """A chunk's outcomes, their transfers and their leaves."""
    if not chunk.rows:
        return
    translog.append_lines(lines=chunk.leaf_lines)
    copy_text(Outcome, rules.OUTCOME_COLUMNS, chunk.lines)
    ledger.deposit(
        from_book_id=ledger.book_ids(BookKind.ISSUER, [batch.issuer_id])[batch.issuer_id],
        to_book_ids=[books[learner_id] for learner_id in chunk.learner_ids],
        amounts=chunk.credits,
        lot_ids=chunk.outcome_ids,
        keys=[f"deposit:{number}" for number in chunk.numbers],
        now=now,
    )


def _write_refused(batch: Batch, refused: Sequence[Refused]) -> None:
    """One row per error; the row's cells, sealed, stand with its first error."""
    if not refused:
        return
    key = _paper_key(batch)
    copy_rows(
        RefusedRow,
        _REFUSED_COLUMNS,
        (
            (
                batch.pk,
                one.row,
                error.field,
                error.problem.code,
                Jsonb(dict(error.params)),
                one.duplicate,
                seal(key, _cells_json(one), aad=queries.cells_aad(batch.number, one.row)) if first else b"",
            )
            for one in refused
            for first, error in zip((True, *[False] * len(one.errors)), one.errors, strict=False)
        ),
    )


def _paper_key(batch: Batch) -> bytes:
    """The key of the batch's refused rows, made with the first of them; the caller saves the batch."""
    if batch.paper is None or batch.paper_half is None:
        paper = new_paper()
        batch.paper, batch.paper_half = paper.number, paper.half
        return paper.key
    key = paper_key(batch.paper, bytes(batch.paper_half))
    if key is None:
        raise RuntimeError(f"batch {batch.number}: the key of its refused rows was destroyed while it runs")
    return key


def _cells_json(one: Refused) -> bytes:
    return json.dumps(one.cells, ensure_ascii=False).encode("utf-8", "surrogatepass")
