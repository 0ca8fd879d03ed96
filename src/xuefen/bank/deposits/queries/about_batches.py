"""Reading batches, their refused rows and the headings an issuer has explained. Scoped reads take the scope first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby

from django.db.models import Count, Q, QuerySet, Sum

from xuefen.bank.deposits import rules
from xuefen.bank.deposits.models import Batch, BatchRevocation, ColumnName, Outcome, RefusedRow
from xuefen.bank.deposits.types import (
    BATCH_UNKNOWN,
    BatchFacts,
    BatchState,
    ColumnFacts,
    Counts,
    OutcomeState,
    Refused,
    Remaining,
    RevocationFacts,
    RowError,
)
from xuefen.bank.places.queries import inside
from xuefen.bank.shell.actor import Scope
from xuefen.bank.shell.keys import paper_key
from xuefen.bank.shell.problems import REGISTRY, Denied
from xuefen.bedrock.gm import open_sealed


def batches(scope: Scope) -> QuerySet[Batch]:
    """The batches inside a scope, newest first, issuer and standard loaded; page it, then ``facts`` of each."""
    reached = inside(scope, place="issuer__place__path", institution="issuer_id")
    return Batch.objects.filter(reached).select_related("issuer", "standard_version").order_by("-id")


def batch(scope: Scope, number: str) -> BatchFacts:
    """One batch by its number. Raises ``Denied(batch_unknown)``, the same when it is out of reach."""
    found = batches(scope).filter(number=number).first()
    if found is None:
        raise Denied(BATCH_UNKNOWN, place="batch")
    return facts(found)


def facts(batch: Batch, *, already: bool = False) -> BatchFacts:
    """A batch as the faces show it."""
    return BatchFacts(
        id=batch.pk,
        number=batch.number,
        issuer_id=batch.issuer_id,
        issuer_code=batch.issuer.code,
        issuer_name=batch.issuer.name_zh,
        state=BatchState(batch.state),
        source=batch.source,
        file_name=batch.file_name,
        content_sm3=batch.content_sm3,
        uploaded_by=batch.uploaded_by,
        standard=f"{batch.standard_version.code}/{batch.standard_version.version}",
        total_rows=batch.total_rows,
        counts=Counts(batch.read, batch.accepted, batch.refused, batch.duplicates, batch.credits),
        received_at=batch.received_at,
        finished_at=batch.finished_at,
        problem=batch.problem,
        mapping=batch.mapping,
        header=tuple(batch.header) if batch.header is not None else None,
        withdrawn=batch.withdrawn,
        leaves=(batch.first_leaf_id, batch.last_leaf_id) if batch.first_leaf_id and batch.last_leaf_id else None,
        receipt=bytes(batch.receipt) if batch.receipt is not None else None,
        already=already,
    )


def remaining(batch_id: int) -> Remaining:
    """What of a batch counts now. Not scoped: the caller has fetched the batch. One query."""
    rows, valid = Outcome.objects.filter(batch_id=batch_id), Q(state=OutcomeState.VALID)
    found = rows.aggregate(
        outcomes=Count("id", filter=valid),
        learners=Count("learner_id", filter=valid, distinct=True),
        credits=Sum("credits", filter=valid, default=0),
        corrected=Count("id", filter=Q(state=OutcomeState.CORRECTED)),
        revoked=Count("id", filter=Q(state=OutcomeState.REVOKED)),
    )
    return Remaining(**found)


def revocation(batch_id: int) -> RevocationFacts | None:
    """That a batch was taken back as a whole, and how far it is; None when it was not. Not scoped, as above."""
    row = BatchRevocation.objects.select_related("batch").filter(batch_id=batch_id).first()
    if row is None:
        return None
    same = ("reason", "by_name", "begun_at", "ended_at", "outcomes", "credits", "revoked", "ended", "doubted")
    return RevocationFacts(withdrawn=row.batch.withdrawn, **{name: getattr(row, name) for name in same})


def being_revoked() -> list[int]:
    """The batches that are being taken back, by id."""
    return list(BatchRevocation.objects.filter(ended_at=None).order_by("batch_id").values_list("batch_id", flat=True))


def column_names(issuer_id: int) -> list[ColumnFacts]:
    """The headings of its own that an issuer has explained, by heading. Not scoped."""
    rows = ColumnName.objects.filter(issuer_id=issuer_id).order_by("heading")
    return [ColumnFacts(row.heading, row.field, row.chosen_by, row.chosen_at) for row in rows]


def remembered(issuer_id: int) -> dict[str, str]:
    """The same for ``map_columns``: field by the heading's key."""
    return dict(ColumnName.objects.filter(issuer_id=issuer_id).values_list("key", "field"))


def cells_aad(batch_number: str, row: int) -> bytes:
    """What the sealed cells of a refused row are bound to."""
    return f"{batch_number}:{row}".encode("ascii")


def refused_rows(batch_id: int) -> Iterator[Refused]:
    """The refused and duplicate rows of a batch with all their errors and cells, in row order, streamed.

    Not scoped: the caller has fetched the batch through ``batch``. Cells hold personal data.
    """
    number, paper, half = Batch.objects.values_list("number", "paper", "paper_half").get(pk=batch_id)
    key = paper_key(paper, bytes(half)) if paper is not None and half is not None else None
    found = RefusedRow.objects.filter(batch_id=batch_id).order_by("row", "id")
    columns = ("row", "field", "code", "params", "duplicate", "cells")
    for row, errors in groupby(found.values_list(*columns).iterator(2000), key=lambda values: values[0]):
        listed = list(errors)
        cells = opened_cells(next((bytes(v[5]) for v in listed if v[5]), b""), key=key, batch_number=number, row=row)
        yield Refused(
            row=row,
            errors=tuple(RowError(field, REGISTRY[code], params) for _, field, code, params, _, _ in listed),
            cells=cells,
            duplicate=listed[0][4],
        )


def told(facts: BatchFacts) -> rules.Told:
    """What people are told of where a batch stands; of one that nothing came of, with the first reason. Not scoped, as above."""
    if not rules.in_vain(facts):
        return rules.told(facts)
    duplicate = not facts.counts.refused
    rows = RefusedRow.objects.filter(batch_id=facts.id, duplicate=duplicate).order_by("row", "id")
    row, field, code, params = rows.values_list("row", "field", "code", "params")[0]
    reason = RowError(field, REGISTRY[code], params)
    return rules.told(facts, Refused(row=row, errors=(reason,), cells=(), duplicate=duplicate))


def opened_cells(sealed: bytes, *, key: bytes | None, batch_number: str, row: int) -> tuple[tuple[str, str], ...]:
    """The cells of a refused row; none when somebody they named was erased since, or their key was."""
    if not sealed or key is None:
        return ()
    plain = open_sealed(key, sealed, aad=cells_aad(batch_number, row)).decode("utf-8", "surrogatepass")
    return tuple((name, text) for name, text in json.loads(plain))


def error_fields(batch_id: int) -> frozenset[str]:
    """The fields the batch's errors stand in."""
    return frozenset(RefusedRow.objects.filter(batch_id=batch_id).values_list("field", flat=True).distinct())


def error_codes(batch_id: int) -> dict[str, int]:
    """How often each error stands against the batch's rows, most frequent first."""
    rows = (
        RefusedRow.objects.filter(batch_id=batch_id).values_list("code").annotate(n=Count("id")).order_by("-n", "code")
    )
    return dict(rows)
