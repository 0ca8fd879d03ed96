"""Taking back a whole batch after its end: the parts that the room above makes one act of (``supervision.actions.batches``).

Decided once, with one reason; then done chunk by chunk, each chunk whole or not at all. What is still valid is what is still
to do, so a run that was killed goes on by itself where it stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, F, QuerySet, Sum

from xuefen.bank.audit import actions as audit
from xuefen.bank.deposits import queries, states
from xuefen.bank.deposits.actions.correcting import checked_reason
from xuefen.bank.deposits.actions.receipt import signed_receipt
from xuefen.bank.deposits.models import Batch, BatchRevocation, Outcome, OutcomeChange
from xuefen.bank.deposits.types import (
    BATCH_NOT_WHOLE,
    BATCH_UNKNOWN,
    NOTHING_TO_REVOKE,
    BatchEvent,
    BatchFacts,
    BatchState,
    OutcomeEvent,
    OutcomeState,
)
from xuefen.bank.ledger import actions as ledger
from xuefen.bank.ledger import queries as books
from xuefen.bank.shell.actor import Actor, Scope
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon


class Standing(NamedTuple):
    """A valid outcome of a batch that is being taken back."""

    id: int
    number: str
    learner_id: int
    credits: int


@inside_transaction
def begin_revoking(*, number: str, reason: str, by: Actor, now: datetime) -> BatchFacts:
    """Decide that a batch is taken back; nothing of it is yet.

    Raises ``Denied``: not_allowed, batch_unknown, reason_missing, batch_not_whole, batch_move, nothing_to_revoke.
    """
    scope = by.scope("outcomes.correct")
    reach = Scope(everything=scope.everything, institution_ids=scope.institution_ids)
    batch = queries.batches(reach).filter(number=number).select_for_update(of=("self",)).first()
    if batch is None:
        raise Denied(BATCH_UNKNOWN, place="batch")
    stored = checked_reason(reason)
    if not states.is_whole(batch.source, batch.file_name):
        raise Denied(BATCH_NOT_WHOLE, place="batch")
    state = states.after(BatchState(batch.state), BatchEvent.REVOKE, batch=batch.number)
    found = _valid(batch.pk).aggregate(n=Count("id"), credits=Sum("credits"))
    if not found["n"]:
        raise Denied(NOTHING_TO_REVOKE, place="batch")
    said = {"outcomes": found["n"], "credits": found["credits"]}
    BatchRevocation.objects.create(
        batch=batch, reason=stored, by_kind=by.kind, by_name=by.name, by_user_id=by.user_id, begun_at=now,
        leaf_id=_leaf(batch, "batch.revoking", now=now, **said), **said,
    )  # fmt: skip
    batch.state = state
    batch.save(update_fields=["state"])
    _record(batch, "batch_revoking", reason=stored, by=by, now=now, **said)
    return queries.facts(batch)


@inside_transaction
def lock_revocation(batch_id: int) -> BatchRevocation | None:
    """The decision about a batch, locked, while there is something to do; of two runs one waits here for the other's chunk."""
    rows = BatchRevocation.objects.select_related("batch__issuer", "batch__standard_version")
    return rows.select_for_update(of=("self",)).filter(batch_id=batch_id, ended_at=None).first()


def standing_of(batch_id: int, *, limit: int) -> list[Standing]:
    """The first outcomes of a batch that are still valid."""
    rows = _valid(batch_id).order_by("id").values_list("id", "number", "learner_id", "credits")[:limit]
    return [Standing(*row) for row in rows]


@inside_transaction
def advance(revocation: BatchRevocation, *, withdrawn: int, revoked: int, ended: int, doubted: int) -> None:
    """Count what a chunk has done."""
    Batch.objects.filter(pk=revocation.batch_id).update(withdrawn=F("withdrawn") + withdrawn)
    revocation.revoked += revoked
    revocation.ended += ended
    revocation.doubted += doubted
    revocation.save(update_fields=["revoked", "ended", "doubted"])


@inside_transaction
def end_revoking(revocation: BatchRevocation, *, by: Actor, now: datetime) -> None:
    """Close it: nothing of the batch is valid but what somebody put in its place. The receipt says so from now on."""
    batch = Batch.objects.select_for_update(of=("self",)).select_related("issuer", "standard_version")
    found = batch.get(pk=revocation.batch_id)
    found.state = states.after(BatchState(found.state), BatchEvent.REVOKED, batch=found.number)
    found.receipt = signed_receipt(queries.facts(found), now=now)
    found.save(update_fields=["state", "receipt"])
    said = {"withdrawn": found.withdrawn, "revoked": revocation.revoked}
    revocation.ended_at, revocation.end_leaf_id = now, _leaf(found, "batch.revoked", now=now, **said)
    revocation.save(update_fields=["ended_at", "end_leaf_id"])
    _record(found, "batch_revoked", reason=revocation.reason, by=by, now=now, **said)


@inside_transaction
def withdraw(*, batch: Batch, rows: Sequence[Standing], reason: str, by: Actor, now: datetime) -> None:
    """Take back valid outcomes of one batch, all of whose credit is free: a transfer, a change and a leaf each, by a number of
    statements that does not grow with them. Their natural keys are free again. Raises ``Denied(credit_not_free)``.
    """
    standing = books.deposits_standing([row.id for row in rows])
    reversals = ledger.undo(transfer_ids=[standing[row.id] for row in rows], key="withdrawn", now=now)
    event, shared = OutcomeEvent.WITHDRAWN, {"issuer": batch.issuer.code, "batch": batch.number, "at": stamp(now)}
    said = [
        {"kind": f"outcome.{event}", "v": 1, **shared, "outcome": row.number, "credits": row.credits} for row in rows
    ]
    leaves = translog.append_many(bodies=[canon.canonical(one) for one in said])
    ids = [row.id for row in rows]
    before = OutcomeChange.objects.filter(outcome_id__in=ids).values_list("outcome_id").annotate(n=Count("id"))
    changed = dict(before)
    OutcomeChange.objects.bulk_create(
        [
            OutcomeChange(
                outcome_id=row.id, seq=changed.get(row.id, 0) + 1, event=event, to_state=OutcomeState.WITHDRAWN,
                reason=reason, by_kind=by.kind, by_name=by.name, by_user_id=by.user_id,
                transfer_id=transfer, leaf_id=leaf, at=now,
            )
            for row, transfer, leaf in zip(rows, reversals, leaves, strict=True)
        ],
        batch_size=2000,
    )  # fmt: skip
    Outcome.objects.filter(id__in=ids).update(state=OutcomeState.WITHDRAWN)


def _valid(batch_id: int) -> QuerySet[Outcome]:
    return Outcome.objects.filter(batch_id=batch_id, state=OutcomeState.VALID)


def _leaf(batch: Batch, kind: str, *, now: datetime, **said: int) -> int:
    body = {"kind": kind, "v": 1, "batch": batch.number, "issuer": batch.issuer.code, **said, "at": stamp(now)}
    return translog.append(body=canon.canonical(body))


def _record(batch: Batch, name: str, *, reason: str, by: Actor, now: datetime, **said: int) -> None:
    subject = ("batch", batch.number)
    audit.record(action=f"deposits.{name}", by=by, now=now, subject=subject, reason=reason, after=dict(said))
