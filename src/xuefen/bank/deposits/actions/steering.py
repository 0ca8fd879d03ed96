"""A batch under somebody's hand: paused, resumed, cancelled; its columns explained, and what an issuer's headings mean
remembered or forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from xuefen.bank.audit import actions as audit
from xuefen.bank.deposits import queries, states
from xuefen.bank.deposits.actions.receipt import signed_receipt
from xuefen.bank.deposits.actions.revoking import Standing, withdraw
from xuefen.bank.deposits.actions.storage import uploads
from xuefen.bank.deposits.models import Batch, ColumnName, Outcome
from xuefen.bank.deposits.rules.sheet import MOST_HEADING, field_named, header_key, map_columns, read_mapping
from xuefen.bank.deposits.types import (
    BATCH_UNKNOWN,
    COLUMN_UNKNOWN,
    BatchEvent,
    BatchFacts,
    BatchState,
    ColumnFacts,
    OutcomeState,
)
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.ledger.types import CREDIT_NOT_FREE
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.translog import queries as log
from xuefen.bedrock.names import clean


@use_case
def pause(*, number: str, by: Actor, now: datetime) -> BatchFacts:
    """Stop a batch before its next chunk; ``resume`` goes on there. Raises ``Denied``: not_allowed, batch_unknown, batch_move."""
    return _moved(_batch(number, by), BatchEvent.PAUSE, by=by, now=now)


@use_case
def resume(*, number: str, by: Actor, now: datetime) -> BatchFacts:
    """Let a paused batch wait for its next run, which the caller starts or queues. Raises as ``pause``."""
    return _moved(_batch(number, by), BatchEvent.RESUME, by=by, now=now)


def cancel(*, number: str, by: Actor, now: datetime) -> BatchFacts:
    """End a batch before its end; its file is removed and a receipt says what became of its rows.

    Outcomes it had made are withdrawn by compensating entries if the log has sealed none of them and all their credit is free;
    otherwise they stay (``withdrawn`` is 0) and only the rest is dropped. Raises as ``pause``.
    """
    facts = _cancel(number=number, by=by, now=now)
    (uploads() / facts.number).unlink(missing_ok=True)  # a run that dies before this removes it on its next try
    return facts


@use_case
def _cancel(*, number: str, by: Actor, now: datetime) -> BatchFacts:
    batch = _batch(number, by)
    batch.state = states.after(BatchState(batch.state), BatchEvent.CANCEL, batch=number)
    batch.withdrawn = _withdraw(batch, by=by, now=now)
    batch.finished_at, batch.header, batch.problem = now, None, None
    batch.receipt = signed_receipt(queries.facts(batch), now=now)
    batch.save(update_fields=["state", "withdrawn", "finished_at", "header", "problem", "receipt"])
    audit.record(
        action="deposits.cancelled",
        by=by,
        now=now,
        subject=("batch", number),
        after={"read": batch.read, "accepted": batch.accepted, "withdrawn": batch.withdrawn},
    )
    return queries.facts(batch)


@inside_transaction
def _withdraw(batch: Batch, *, by: Actor, now: datetime) -> int:
    """How many outcomes were withdrawn: all, or none."""
    if batch.first_leaf_id is None or log.is_sealed(batch.first_leaf_id):
        return 0
    valid = Outcome.objects.filter(batch=batch, state=OutcomeState.VALID)
    rows = [Standing(*row) for row in valid.order_by("id").values_list("id", "number", "learner_id", "credits")]
    try:
        with transaction.atomic():
            withdraw(batch=batch, rows=rows, reason="批次取消 batch cancelled", by=by, now=now)
    except Denied as denied:
        if denied.problem is not CREDIT_NOT_FREE:
            raise
        return 0
    return len(rows)


# --- columns ---------------------------------------------------------------------------------------------------------


@use_case
def choose_columns(*, number: str, pairs: Sequence[tuple[str, str]], by: Actor, now: datetime) -> BatchFacts:
    """Say what the headings of a batch mean that waits for it, and remember it for the issuer's next sheets.

    ``pairs`` are (heading, field); a heading left out keeps its published meaning. The caller starts or queues the run.
    Raises as ``pause``, and column_means, column_twice, headers_missing, headers_twice.
    """
    batch = _batch(number, by)
    states.after(BatchState(batch.state), BatchEvent.MAP, batch=number)
    mapping = {**batch.mapping, **read_mapping(pairs)}
    map_columns(batch.header or (), mapping)
    remember(issuer_id=batch.issuer_id, pairs=pairs, by=by, now=now)
    batch.mapping, batch.ask_columns, batch.header, batch.problem = mapping, False, None, None
    batch.save(update_fields=["mapping", "ask_columns", "header", "problem"])
    return _moved(batch, BatchEvent.MAP, by=by, now=now)


@inside_transaction
def remember(*, issuer_id: int, pairs: Sequence[tuple[str, str]], by: Actor, now: datetime) -> dict[str, str]:
    """Keep what headings mean for an issuer, except what they are published to mean anyway; the mapping of ``pairs``."""
    mapping = read_mapping(pairs)
    for heading, _ in pairs:
        key = header_key(heading)
        known = ColumnName.objects.filter(issuer_id=issuer_id, key=key)
        if mapping[key] == field_named(heading):
            known.delete()
            continue
        told = {"heading": clean(heading)[:MOST_HEADING], "field": mapping[key], "chosen_by": by.name, "chosen_at": now}
        ColumnName.objects.update_or_create(issuer_id=issuer_id, key=key, defaults=told)
    return mapping


def column_names(*, issuer_code: str, by: Actor) -> list[ColumnFacts]:
    """The headings an issuer has explained. Raises ``Denied``: not_allowed, institution_unknown."""
    return queries.column_names(_issuer(issuer_code, by))


@use_case
def forget_column(*, issuer_code: str, heading: str, by: Actor, now: datetime) -> None:
    """Forget what a heading means; batches that were read by it stay. Raises as ``column_names``, and column_unknown."""
    issuer_id = _issuer(issuer_code, by)
    found = ColumnName.objects.filter(issuer_id=issuer_id, key=header_key(heading)).first()
    if found is None:
        raise Denied(COLUMN_UNKNOWN, place="heading", heading=heading[:MOST_HEADING])
    audit.record(
        action="deposits.column_forgotten",
        by=by,
        now=now,
        subject=("institution", issuer_code),
        before={"heading": found.heading, "field": found.field},
    )
    found.delete()


# --- what they share -------------------------------------------------------------------------------------------------


def _issuer(code: str, by: Actor) -> int:
    found = institutions.by_code(code)
    if not by.scope("deposits.deposit").reaches(institution_id=found.pk, place_path=found.place.path):
        raise Denied(NOT_ALLOWED, action="deposits.deposit")
    return found.pk


@inside_transaction
def _batch(number: str, by: Actor) -> Batch:
    """The batch, locked: a run that is writing a chunk finishes it first and sees afterwards what was decided here."""
    found = queries.batches(by.scope("deposits.deposit")).filter(number=number).select_for_update(of=("self",)).first()
    if found is None:
        raise Denied(BATCH_UNKNOWN, place="batch")
    return found


@inside_transaction
def _moved(batch: Batch, event: BatchEvent, *, by: Actor, now: datetime) -> BatchFacts:
    batch.state = states.after(BatchState(batch.state), event, batch=batch.number)
    batch.save(update_fields=["state"])
    audit.record(
        action=f"deposits.{EVENT_ACTIONS[event]}",
        by=by,
        now=now,
        subject=("batch", batch.number),
        after={"read": batch.read},
    )
    return queries.facts(batch)


EVENT_ACTIONS: Mapping[BatchEvent, str] = {
    BatchEvent.PAUSE: "paused",
    BatchEvent.RESUME: "resumed",
    BatchEvent.MAP: "columns_chosen",
}
