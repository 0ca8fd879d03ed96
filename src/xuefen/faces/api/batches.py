"""Issuers: deposit files and single outcomes, follow batches, fetch errors and receipts."""

from __future__ import annotations

import secrets
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import File, Form, Header, Query, Router
from ninja.decorators import decorate_view
from ninja.files import UploadedFile
from ninja.responses import Status

from xuefen.bank.deposits import actions, queries, tasks
from xuefen.bank.deposits.states import WAITING
from xuefen.bank.deposits.types import BatchFacts, Refused
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import REGISTRY, Problem
from xuefen.faces.api.auth import SIGNED_IN, actor_of
from xuefen.faces.api.deposit_schemas import (
    BatchesOut,
    BatchOut,
    ColumnNamesOut,
    ColumnsIn,
    Idempotent,
    OutcomeIn,
    OutcomeOut,
    RefusedRowsOut,
)
from xuefen.faces.api.errors import at_most, problem_response
from xuefen.faces.api.outcomes import outcome_out
from xuefen.faces.api.schemas import Code, Number, Paging, credits
from xuefen.faces.shared.i18n import language

MOST_BYTES = 201 * 1024 * 1024
"""A little above what deposits keep, so that a file that is too large is refused in the room's own words."""

ROW_REFUSED = Problem(
    "row_refused", "这项成果没有存入，原因见 errors。", "The outcome was not deposited; errors say why."
)
ROW_KNOWN = Problem(
    "row_known", "这项成果已经存过，见 errors。", "This outcome has been deposited already; see errors.", status=409
)

router = Router(auth=SIGNED_IN)


def batch_out(facts: BatchFacts) -> dict[str, Any]:
    """A batch as the API shows it."""
    problem = None
    if facts.problem:
        known = REGISTRY[facts.problem["code"]]
        problem = {"code": known.code, "detail": known.sentence(language(), facts.problem["params"])}
    return {
        "number": facts.number,
        "issuer": facts.issuer_code,
        "issuer_name": facts.issuer_name,
        "state": facts.state.value,
        "source": facts.source,
        "file_name": facts.file_name,
        "sm3": facts.content_sm3,
        "standard": facts.standard,
        "total_rows": facts.total_rows,
        "read": facts.counts.read,
        "accepted": facts.counts.accepted,
        "refused": facts.counts.refused,
        "duplicates": facts.counts.duplicates,
        "withdrawn": facts.withdrawn,
        "credits": credits(facts.counts.credits),
        "header": list(facts.header) if facts.header is not None else None,
        "received_at": facts.received_at,
        "finished_at": facts.finished_at,
        "problem": problem,
        "already": facts.already,
    }


def _refused_out(refused: Refused) -> dict[str, Any]:
    errors = [{"place": e.field, "code": e.problem.code, "detail": e.sentence(language())} for e in refused.errors]
    return {"row": refused.row, "duplicate": refused.duplicate, "errors": errors}


@router.post(
    "/batches",
    tags=["deposits"],
    response={202: BatchOut, 200: BatchOut},
    operation_id="depositFile",
    summary="Deposit a file",
)
@decorate_view(at_most(MOST_BYTES))
def deposit_file(
    request: HttpRequest,
    response: HttpResponse,
    file: File[UploadedFile],
    issuer: Form[Code],
    map: Form[list[str]] = [],  # noqa: B006 - read only; the framework wants the list itself
) -> Status[dict[str, Any]]:
    """An xlsx, csv or tsv sheet, JSON lines or a OneRoster zip, told by its content. It is kept and queued (202); the Location
    tells how far it is.

    ``map`` may be given several times, each heading=field, for headings of your own; they are remembered. The same file of
    the same issuer is the same batch, so a repeated upload does nothing twice: one that is finished or paused answers 200.
    """
    assert isinstance(file, TemporaryUploadedFile)  # the settings let every upload go to disk
    received = actions.receive(
        source="api",
        file_name=file.name or "",
        path=Path(file.temporary_file_path()),
        issuer_code=issuer,
        by=actor_of(request),
        now=clock.now(),
        pairs=[(heading, field) for heading, _, field in (pair.rpartition("=") for pair in map)],
    )
    response["Location"] = f"/api/batches/{received.number}"
    if received.state not in WAITING:
        return Status(200, batch_out(received))
    tasks.defer_batch(batch_id=received.id)
    return Status(202, batch_out(received))


@router.get(
    "/batches", tags=["deposits"], response=BatchesOut, operation_id="listBatches", summary="Batches in your scope"
)
def list_batches(request: HttpRequest, paging: Query[Paging]) -> dict[str, Any]:
    """Newest first."""
    rows = queries.batches(actor_of(request).scope("deposits.read_batches"))
    items = [batch_out(queries.facts(row)) for row in paging.cut(rows)]
    return {"page": paging.page, "size": paging.size, "total": rows.count(), "items": items}


@router.get("/batches/{number}", tags=["deposits"], response=BatchOut, operation_id="getBatch", summary="One batch")
def get_batch(request: HttpRequest, number: Number) -> dict[str, Any]:
    """How far a batch is, and in the end what became of its rows."""
    return batch_out(_batch(request, number))


@router.post(
    "/batches/{number}/pause", tags=["deposits"], response=BatchOut, operation_id="pauseBatch", summary="Pause a batch"
)
def pause_batch(request: HttpRequest, number: Number) -> dict[str, Any]:
    """It stops before its next chunk; what is deposited stays. 409 when it is neither waiting nor running."""
    return batch_out(actions.pause(number=number, by=actor_of(request), now=clock.now()))


@router.post(
    "/batches/{number}/resume",
    tags=["deposits"],
    response=BatchOut,
    operation_id="resumeBatch",
    summary="Resume a paused batch",
)
def resume_batch(request: HttpRequest, number: Number) -> dict[str, Any]:
    """It is queued and goes on where it stopped. 409 when it is not paused."""
    facts = actions.resume(number=number, by=actor_of(request), now=clock.now())
    tasks.defer_batch(batch_id=facts.id)
    return batch_out(facts)


@router.post(
    "/batches/{number}/cancel",
    tags=["deposits"],
    response=BatchOut,
    operation_id="cancelBatch",
    summary="Cancel a batch",
)
def cancel_batch(request: HttpRequest, number: Number) -> dict[str, Any]:
    """The rest is dropped. What it had deposited is withdrawn if the log has sealed none of it and all its credit is free;
    otherwise it stays and ``withdrawn`` is 0. 409 when the batch has ended.
    """
    return batch_out(actions.cancel(number=number, by=actor_of(request), now=clock.now()))


@router.post(
    "/batches/{number}/columns",
    tags=["deposits"],
    response=BatchOut,
    operation_id="chooseColumns",
    summary="Say what a batch's columns are",
)
def choose_columns(request: HttpRequest, number: Number, given: ColumnsIn) -> dict[str, Any]:
    """For a batch in state unmapped; remembered for the issuer's next sheets. It is then queued."""
    facts = actions.choose_columns(
        number=number, pairs=list(given.columns.items()), by=actor_of(request), now=clock.now()
    )
    tasks.defer_batch(batch_id=facts.id)
    return batch_out(facts)


@router.get(
    "/deposit-columns",
    tags=["deposits"],
    response=ColumnNamesOut,
    operation_id="listColumnNames",
    summary="Headings that are remembered",
)
def list_column_names(request: HttpRequest, issuer: Query[Code]) -> dict[str, Any]:
    """What an issuer's own headings mean, as one of its people said."""
    return {"items": [name.to_json() for name in actions.column_names(issuer_code=issuer, by=actor_of(request))]}


@router.delete(
    "/deposit-columns",
    tags=["deposits"],
    response={204: None},
    operation_id="forgetColumnName",
    summary="Forget a heading",
)
def forget_column_name(request: HttpRequest, issuer: Query[Code], heading: Query[str]) -> Status[None]:
    """Batches that were read by it stay as they are."""
    actions.forget_column(issuer_code=issuer, heading=heading, by=actor_of(request), now=clock.now())
    return Status(204, None)


@router.get(
    "/batches/{number}/refused",
    tags=["deposits"],
    response=RefusedRowsOut,
    operation_id="listRefusedRows",
    summary="Rows that were not deposited",
)
def list_refused(request: HttpRequest, number: Number, paging: Query[Paging]) -> dict[str, Any]:
    """Refused and duplicate rows in row order, every reason of each. What the cells held is only in errors.xlsx."""
    batch = _batch(request, number)
    rows = islice(queries.refused_rows(batch.id), paging.first, paging.first + paging.size)
    total = batch.counts.refused + batch.counts.duplicates
    return {"page": paging.page, "size": paging.size, "total": total, "items": [_refused_out(row) for row in rows]}


@router.get(
    "/batches/{number}/errors.xlsx",
    tags=["deposits"],
    operation_id="getErrorWorkbook",
    summary="The error workbook",
    openapi_extra={
        "responses": {
            200: {
                "description": "The rows as they were sent, what is wrong beside them; corrected, upload it again",
                "content": {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
                        "schema": {"type": "string", "format": "binary"}
                    }
                },
            }
        }
    },
)
def get_errors(request: HttpRequest, number: Number) -> FileResponse:
    """Holds personal data: it is made for this answer and not kept."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "errors.xlsx"
        actions.write_error_workbook(number=number, path=path, by=actor_of(request))
        opened = path.open("rb")  # readable to its end after the folder is gone; the response closes it
    return FileResponse(opened, as_attachment=True, filename=f"{number}-errors.xlsx")


@router.get(
    "/batches/{number}/receipt",
    tags=["deposits"],
    operation_id="getReceipt",
    summary="The signed receipt",
    openapi_extra={
        "responses": {
            200: {
                "description": "Canonical JSON {receipt, signature}; the signature is over the canonical bytes of receipt",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }
        }
    },
)
def get_receipt(request: HttpRequest, number: Number) -> HttpResponse:
    """Byte for byte as it was signed, so that the issuer can hold the bank to it. Once the log has sealed the batch it names the
    first and last entry, their proofs and the checkpoint: `xuefen verify` checks it offline.
    """
    receipt = actions.sealed_receipt(number=number, by=actor_of(request), now=clock.now())
    return HttpResponse(receipt, content_type="application/json")


@router.post(
    "/outcomes",
    tags=["deposits"],
    response={201: OutcomeOut, 202: BatchOut},
    operation_id="depositOutcome",
    summary="Deposit one outcome",
)
def deposit_outcome(
    request: HttpRequest,
    response: HttpResponse,
    given: OutcomeIn,
    idempotent: Header[Idempotent],
) -> Status[dict[str, Any]] | HttpResponse:
    """A batch of one, deposited while you wait: 201, or 422 with every reason, or 409 when it was deposited before.

    The same Idempotency-Key with the same content gives the same answer again, with another content 409. Without one the row is
    judged anew; even then nothing is deposited twice. 202: another batch of this issuer is being deposited, this one is queued
    behind it.
    """
    by, now = actor_of(request), clock.now()
    row = {name: str(value) for name, value in given.model_dump(exclude={"issuer"}).items() if value not in ("", None)}
    facts = actions.deposit_row(
        source="api",
        row=row,
        issuer_code=given.issuer,
        by=by,
        now=now,
        key=idempotent.key or secrets.token_hex(8),
        named=bool(idempotent.key),
    )
    if facts.state in WAITING:
        tasks.defer_batch(batch_id=facts.id)  # its row is kept: it waits its turn like any other
        response["Location"] = f"/api/batches/{facts.number}"
        return Status(202, batch_out(facts))
    if not facts.counts.accepted:
        return _row_refused(facts)
    made = queries.outcome_facts(queries.outcomes(by.scope("outcomes.read")).filter(batch_id=facts.id))[0]
    response["Location"] = f"/api/outcomes/{made.number}"
    return Status(201, outcome_out(made))


def _row_refused(facts: BatchFacts) -> HttpResponse:
    refused = next(queries.refused_rows(facts.id))
    return problem_response(ROW_KNOWN if refused.duplicate else ROW_REFUSED, errors=_refused_out(refused)["errors"])


def _batch(request: HttpRequest, number: str) -> BatchFacts:
    return queries.batch(actor_of(request).scope("deposits.read_batches"), number)
