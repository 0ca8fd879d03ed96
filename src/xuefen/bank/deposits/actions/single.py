"""One outcome, judged and written in one transaction: what a form or a call asks for, and, as part of somebody else's
transaction, what a claim or an accepted single deposit becomes.

It is a batch of one row: same judgement, same natural key, same books, log and receipt as a sheet's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial

from django.db import IntegrityError, OperationalError, connection
from psycopg.errors import DeadlockDetected, DiskFull, UniqueViolation

from xuefen.bank.audit import actions as audit
from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.deposits import queries, rules
from xuefen.bank.deposits.actions import writing
from xuefen.bank.deposits.actions.receipt import signed_receipt
from xuefen.bank.deposits.actions.receiving import issuer_for, receive_rows, rows_name, rows_text, standing
from xuefen.bank.deposits.actions.running import run
from xuefen.bank.deposits.models import Batch, Outcome
from xuefen.bank.deposits.states import OVER
from xuefen.bank.deposits.types import (
    BATCH_RUNNING,
    DATABASE_FULL,
    ISSUER_NOT_QUALIFIED,
    BatchFacts,
    BatchState,
    Issuer,
    OutcomeFacts,
    RowError,
)
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.copy import allocate_ids
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.standards import queries as standards
from xuefen.bank.standards.types import Loaded
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, ids
from xuefen.bedrock.gm import sm3

_ROW = 2  # as a spreadsheet counts: the header is row 1
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Single:
    """One row: its values by the field names of the deposit sheet (``account``, ``item_code``, ``awarded_on``, …), and whose
    it is. ``source`` and ``key`` say what it came from: the key makes it a batch of its own.
    """

    issuer_id: int
    issuer_code: str
    values: Mapping[str, str] = field(repr=False)
    source: str = "single"
    key: str = ""


def judged_one(*, single: Single, now: datetime) -> rules.Accepted:
    """What would become of the row today; nothing is written. Raises ``Denied``: issuer_not_qualified, and everything a row
    can be refused with, duplicates included; ``place`` is the field.
    """
    return _judged(single, now=now).rows.accepted[0]


def _judged(single: Single, *, now: datetime) -> _Judgement:
    day = today(now)
    classes = institutions.qualified_classes(single.issuer_id, on=day)
    if not classes:
        raise Denied(ISSUER_NOT_QUALIFIED, issuer=single.issuer_code, on=day.isoformat())
    judgement = _judge(single.values, issuer=Issuer(single.issuer_id, single.issuer_code, "", classes), day=day)
    chunk = writing.without_repeats(rules.only_judged(judgement.rows), {}, judgement.columns, batch_id=0)
    if chunk.refused:
        raise _denied(chunk.refused[0].errors[0])
    return judgement


@inside_transaction
def deposit_one(*, single: Single, by: Actor, now: datetime) -> OutcomeFacts:
    """Deposit the row: batch, outcome, transfer, leaf, audit and receipt with the caller's transaction, or nothing.

    The caller answers for the permission. Raises ``Denied`` as ``judged_one``.
    """
    writing.take_turn(issuer_id=single.issuer_id)
    content = canon.canonical({"key": single.key, "source": single.source, "row": dict(single.values)})
    batch = _write(
        _judged(single, now=now), source=single.source, file_name=single.key, digest=sm3(content).hex(), by=by, now=now
    )
    number = Outcome.objects.values_list("number", flat=True).get(batch_id=batch.pk)
    return queries.outcome(EVERYTHING, number)


def deposit_row(
    *,
    source: str,
    row: Mapping[str, str],
    issuer_code: str,
    by: Actor,
    now: datetime,
    key: str = "",
    named: bool = False,
) -> BatchFacts:
    """The row of a form or a call, received, judged and deposited, or kept as refused, in one transaction: the batch that
    ``receive_rows`` and ``run`` make in several. While a sheet of the issuer is under way it is only received, and comes back so,
    for the caller to queue.

    Raises as ``receive_rows``, and ``Denied(database_full)``.
    """
    issuer = issuer_for(issuer_code, by=by, now=now)
    digest = sm3(rows_text([row], key=key)).hex()
    facts = _tried(
        partial(
            _at_once, source=source, row=row, issuer=issuer, digest=digest,
            file_name=rows_name(source, key=key, named=named), named=named, by=by, now=now,
        )
    )  # fmt: skip
    if facts is not None:
        return facts
    received = receive_rows(
        source=source, rows=[row], issuer_code=issuer_code, by=by, now=now, key=key, named=named
    )  # fmt: skip
    try:
        return run(batch_id=received.id, by=by, now=now)
    except Denied as denied:
        if denied.problem is not BATCH_RUNNING:
            raise
        return received


def _tried(action: Callable[[], BatchFacts | None]) -> BatchFacts | None:
    """Again when a number was drawn before or others stood in its way; a full disk is said in words."""
    for attempts_left in reversed(range(_ATTEMPTS)):
        try:
            return action()
        except (IntegrityError, OperationalError) as error:
            if isinstance(error.__cause__, DiskFull):
                raise Denied(DATABASE_FULL, row=0) from error
            if not isinstance(error.__cause__, (UniqueViolation, DeadlockDetected)) or not attempts_left:
                raise
    raise AssertionError("the last attempt returns or raises")


@use_case
def _at_once(
    *, source: str, row: Mapping[str, str], issuer: Issuer, digest: str, file_name: str, named: bool, by: Actor,
    now: datetime,
) -> BatchFacts | None:  # fmt: skip
    """None, and nothing written, when a sheet of the issuer is under way or the row was received before and waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock_shared(hashtext(current_schema() || '.deposit'), %s)", [issuer.id]
        )
        if not cursor.fetchone()[0]:
            return None
    before = standing(issuer_id=issuer.id, source=source, file_name=file_name, digest=digest, named=named)
    if before is not None:
        return queries.facts(before, already=True) if before.state in OVER else None
    judgement = _judge(row, issuer=issuer, day=today(now))
    return queries.facts(_write(judgement, source=source, file_name=file_name, digest=digest, by=by, now=now))


@dataclass(frozen=True, slots=True)
class _Judgement:
    """A row, judged but for duplicates, and by what."""

    issuer: Issuer
    standard: Loaded
    columns: rules.Columns
    rows: rules.Judged


def _judge(values: Mapping[str, str], *, issuer: Issuer, day: date) -> _Judgement:
    columns, cells = rules.map_columns(tuple(values)), list(values.values())
    row = rules.parse_row(_ROW, cells, columns, today=day)
    resolved = learners.resolve(
        account_nos=[row.account] if row.account else (), id_numbers=[row.id_number] if row.id_number else ()
    )
    standard = standards.current(on=day)
    context = rules.Context(
        issuer_id=issuer.id,
        batch_id=0,
        columns=columns,
        pack=standard.pack,
        classes=issuer.classes,
        items=catalogue.items_for(issuer.id, codes={row.item_code}),
    )
    return _Judgement(issuer, standard, columns, rules.judge([(row, cells)], resolved, context))


@inside_transaction
def _write(judgement: _Judgement, *, source: str, file_name: str, digest: str, by: Actor, now: datetime) -> Batch:
    """The batch and all that its row means; the row is among its refused if it is a duplicate."""
    issuer, standard = judgement.issuer, judgement.standard
    batch = Batch.objects.create(
        number=ids.new_number(ids.NumberClass.BATCH),
        issuer_id=issuer.id,
        state=BatchState.RUNNING,
        source=source,
        file_name=file_name,
        content_sm3=digest,
        uploaded_by="" if by.kind == "learner" else by.name,
        standard_version_id=standard.id,
        total_rows=1,
        received_at=now,
    )
    frame = rules.Frame(
        batch_id=batch.pk,
        issuer_id=issuer.id,
        issuer=issuer.code,
        standard_id=standard.id,
        standard=f"{standard.code}/{standard.version}",
        at=now,
    )
    chunk = rules.made_ready(judgement.rows, frame, outcome_ids=allocate_ids(Outcome, 1), leaf_ids=translog.draw_ids(1))
    writing.take_turn(issuer_id=issuer.id)
    writing.write_chunk(batch=batch, chunk=chunk, columns=judgement.columns, books={}, now=now)
    batch.state, batch.finished_at = BatchState.DONE, now
    batch.receipt = signed_receipt(queries.facts(batch), now=now)
    batch.save()
    audit.record(
        action="deposits.deposited",
        by=by,
        now=now,
        subject=("batch", batch.number),
        after={
            "issuer": issuer.code,
            "source": source,
            "slip": file_name,
            "sm3": digest,
            **{name: getattr(batch, name) for name in writing.COUNTED},
        },
    )
    return batch


def _denied(error: RowError) -> Denied:
    return Denied(error.problem, place=error.field, **dict(error.params))
