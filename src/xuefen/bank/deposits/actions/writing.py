"""The transactions of a batch: begin, one chunk, end, refusal as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import connection
from psycopg.types.json import Jsonb

from xuefen.bank.audit import actions as audit
from xuefen.bank.catalogue.types import ItemFacts
from xuefen.bank.deposits import queries, rules, states
from xuefen.bank.deposits.actions.receipt import signed_receipt
from xuefen.bank.deposits.models import Batch, Outcome, RefusedRow
from xuefen.bank.deposits.rules.sheet import MOST_HEADING
from xuefen.bank.deposits.types import BATCH_RUNNING, BatchEvent, BatchFacts, BatchState, Counts, OutcomeState, Refused
from xuefen.bank.learners import rules as learners
from xuefen.bank.ledger import actions as ledger
from xuefen.bank.ledger.types import BookKind, Posting, TransferKind
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.copy import allocate_ids, copy_rows
from xuefen.bank.shell.keys import new_paper, paper_key
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.standards import queries as standards
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, ids
from xuefen.bedrock.gm import seal
from xuefen.bedrock.names import clean

OUTCOME_COLUMNS = (
    "id", "number", "batch_id", "row", "learner_id", "issuer_id", "item_version_id", "standard_version_id", "outcome_class",
    "level", "credits", "quality", "grade", "mark", "hours", "serial", "awarded_on", "assurance", "state", "natural_key",
    "leaf_id", "deposited_at",
)  # fmt: skip
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
    *,
    batch: Batch,
    judged: rules.Judged,
    context: rules.Context,
    books: dict[int, int],
    cursor_from: int,
    by: Actor,
    now: datetime,
) -> dict[int, int] | None:
    """Write everything one chunk means, and move the batch's cursor from ``cursor_from`` to the chunk's last row.

    ``books`` are the learners' books known so far; those found or opened here are returned. ``batch`` is refreshed to what was
    committed. None, and nothing written, when somebody has paused or cancelled it. ``Denied(batch_running)`` when somebody
    else has moved the cursor.
    """
    current = Batch.objects.select_for_update().get(pk=batch.pk)
    take_turn(issuer_id=current.issuer_id)
    if current.cursor != cursor_from:
        raise Denied(BATCH_RUNNING, issuer=batch.issuer.code, batch=batch.number)
    if current.state != BatchState.RUNNING:
        batch.state = current.state
        return None
    cursor_to = judged.last_row
    judged = without_duplicates(judged, {}, context)  # asked inside the transaction: what exists now is what counts
    opened = learner_books(judged.accepted, books)
    leaves = write_outcomes(batch, judged.accepted, books=books | opened, now=now)
    _write_refused(current, judged.refused)
    counts = Counts()
    rules.count(judged, counts)
    current.read += counts.read
    current.accepted += counts.accepted
    current.refused += counts.refused
    current.duplicates += counts.duplicates
    current.credits += counts.credits
    current.cursor = cursor_to
    if leaves:
        current.first_leaf_id = current.first_leaf_id or leaves[0]
        current.last_leaf_id = leaves[-1]
    current.save(update_fields=_PROGRESS)
    audit.record(
        action="deposits.deposited",
        by=by,
        now=now,
        subject=("batch", batch.number),
        after={
            "rows": [cursor_from, cursor_to],
            "accepted": counts.accepted,
            "refused": counts.refused,
            "duplicates": counts.duplicates,
            "credits": counts.credits,
        },
    )
    for name in _PROGRESS:
        setattr(batch, name, getattr(current, name))
    return opened


def without_duplicates(judged: rules.Judged, seen: dict[bytes, int], context: rules.Context) -> rules.Judged:
    """A judged chunk without what exists already, or came earlier in this run (``seen``, grows)."""
    return judged.without_duplicates(queries.known_outcomes([one.key for one in judged.accepted]), seen, context)


_PROGRESS = [
    "read", "accepted", "refused", "duplicates", "credits", "cursor", "first_leaf_id", "last_leaf_id",
    "paper", "paper_half",
]  # fmt: skip


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
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.deposit.write'), %s)", [issuer_id])


def learner_books(accepted: Sequence[rules.Accepted], books: Mapping[int, int]) -> dict[int, int]:
    """The books of these learners that are not among ``books``, by learner; opened where there was none."""
    missing = {one.learner.id for one in accepted} - books.keys()
    return ledger.book_ids(BookKind.LEARNER, missing) if missing else {}


@inside_transaction
def write_outcomes(
    batch: Batch, accepted: Sequence[rules.Accepted], *, books: Mapping[int, int], now: datetime
) -> list[int]:
    """Outcomes, their transfers and their leaves; the leaf ids, ascending."""
    if not accepted:
        return []
    numbers = ids.new_numbers(ids.NumberClass.OUTCOME, len(accepted))
    outcome_ids = allocate_ids(Outcome, len(accepted))
    standard = standards.by_id(batch.standard_version_id)
    shared = _LeafWords(batch.issuer.code, f"{standard.code}/{standard.version}", stamp(now))
    leaves = translog.append_many(bodies=[shared.leaf(n, one) for n, one in zip(numbers, accepted, strict=True)])
    fixed = (batch.issuer_id, batch.standard_version_id, OutcomeState.VALID.value)
    copy_rows(
        Outcome,
        OUTCOME_COLUMNS,
        (
            _outcome_row(i, number, leaf, one, batch_id=batch.pk, fixed=fixed, now=now)
            for i, number, leaf, one in zip(outcome_ids, numbers, leaves, accepted, strict=True)
        ),
    )
    issuer_book = ledger.book_ids(BookKind.ISSUER, [batch.issuer_id])[batch.issuer_id]
    ledger.post(
        postings=[
            Posting(
                TransferKind.DEPOSIT,
                issuer_book,
                books[one.learner.id],
                one.worth.credits,
                outcome_id,
                f"deposit:{number}",
            )
            for outcome_id, number, one in zip(outcome_ids, numbers, accepted, strict=True)
        ],
        now=now,
        new_keys=True,
    )
    return leaves


def _outcome_row(
    outcome_id: int,
    number: str,
    leaf_id: int,
    one: rules.Accepted,
    *,
    batch_id: int,
    fixed: tuple[int, int, str],
    now: datetime,
) -> tuple[object, ...]:
    row, learner, item, worth, key, _ = one
    issuer_id, standard_id, state = fixed
    return (
        outcome_id, number, batch_id, row.number, learner.id, issuer_id, item.version_id, standard_id,
        item.outcome_class.value, worth.level, worth.credits, worth.quality, row.grade, worth.mark, row.hours, row.serial,
        row.awarded_on, int(learner.assurance), state, key, leaf_id, now,
    )  # fmt: skip


class _LeafWords:
    """What leaves of one chunk share. Only number, holder and result differ within a course: the rest is made once."""

    def __init__(self, issuer: str, standard: str, at: str) -> None:
        self._shared: dict[str, str | int | bool | None] = {
            "kind": "outcome.deposited",
            "v": 1,
            "issuer": issuer,
            "standard": standard,
            "at": at,
        }
        self._parts: dict[tuple[object, ...], list[bytes]] = {}

    def leaf(self, number: str, one: rules.Accepted) -> bytes:
        """The canonical bytes of one deposit: public facts, and commitments to holder and result under the holder's own key."""
        row, learner, item, worth, _, _ = one
        assert learner.data_key is not None and row.awarded_on is not None  # judged so
        key = (item.version_id, worth.credits, row.awarded_on, learner.assurance)
        parts = self._parts.get(key)
        if parts is None:
            parts = self._parts[key] = self._split(item, worth.credits, row.awarded_on, int(learner.assurance))
        salt = learners.leaf_salt(learner.data_key, number)
        holder = learners.holder_commitment(salt, learner.account_no)
        result = rules.result_commitment(salt, grade=row.grade, hours=row.hours, serial=row.serial)
        # Letters and digits need no escaping; in canonical order the holder stands before the number, the result behind it.
        return b"".join((parts[0], holder.encode(), parts[1], number.encode(), parts[2], result.encode(), parts[3]))

    def _split(self, item: ItemFacts, credits: int, awarded_on: date, assurance: int) -> list[bytes]:
        whole = canon.flat(
            {
                **self._shared,
                "outcome": _HOLE,
                "item": item.code,
                "version": item.version,
                "class": item.outcome_class.value,
                "credits": credits,
                "awarded_on": awarded_on.isoformat(),
                "holder": _HOLE,
                "result": _HOLE,
                "assurance": assurance,
            }
        )
        return whole.split(_HOLE.encode())


_HOLE = "\ufdd1"  # can stand in no text of anybody's


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
