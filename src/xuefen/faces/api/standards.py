"""Standards and the metadata model for programs: versions, differences, consultations, and a check before sending."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Status
from ninja.decorators import decorate_view
from pydantic import Field

from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits.types import FILE_EMPTY, FILE_TOO_LARGE
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import PUBLIC
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import actions, queries
from xuefen.bank.standards.rules.diff import compare
from xuefen.bank.standards.types.life import ProposalRow, VersionRow
from xuefen.faces.api.errors import at_most
from xuefen.faces.api.schemas import Code, Number, credits, file_body
from xuefen.faces.api.standard_schemas import (
    CheckOut,
    CommentIn,
    CommentMadeOut,
    ConsultationOut,
    ConsultationsOut,
    DifferenceOut,
    MetadataOut,
    StandardsOut,
    VersionOut,
)
from xuefen.faces.shared import metadata, rates

router = Router(auth=None, tags=["standards"])
Version = Annotated[int, Field(ge=1, le=100_000)]
COMMENTS, COMMENT_MINUTES = 5, 60
CHECKS, CHECK_MINUTES = 20, 10


def _row(row: VersionRow, *, today: date) -> dict[str, Any]:
    return {
        "code": row.code,
        "version": row.version,
        "title": {"zh": row.title_zh, "en": row.title_en},
        "effective_from": row.effective_from,
        "retired_on": row.retired_on,
        "in_force": row.in_force(today),
        "signed": row.signed,
        "digest": row.digest,
    }


@router.get(
    "/standards", response=StandardsOut, operation_id="listStandards", summary="Every version of every standard"
)
def list_standards(request: HttpRequest, code: Code = "") -> dict[str, Any]:
    """By code, newest first; only those of one standard with ``code``."""
    today = clock.today()
    return {"items": [_row(row, today=today) for row in queries.listed() if code in ("", row.code)]}


@router.get(
    "/standards/{code}/{int:version}", response=VersionOut, operation_id="getStandardVersion", summary="One version"
)
def get_version(request: HttpRequest, code: Code, version: int) -> dict[str, Any]:
    """The version with its body; ``digest`` is SM3 of the body's canonical bytes."""
    row = queries.version_row(code, version)
    return _row(row, today=clock.today()) | {"body": queries.body_of(row.id)}


@router.get(
    "/standards/{code}/{int:version}/changes",
    response=DifferenceOut,
    operation_id="compareStandards",
    summary="What changed, in words",
)
def compare_versions(request: HttpRequest, code: Code, version: int, since: Version) -> dict[str, Any]:
    """Every difference from version ``since`` to this one, by chapter."""
    first, second = queries.version_row(code, since), queries.version_row(code, version)
    found = compare(queries.body_of(first.id), queries.body_of(second.id))
    return {"code": code, "since": since, "version": version, "chapters": [chapter.to_json() for chapter in found]}


def _consultation(row: ProposalRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "code": row.code,
        "version": row.version,
        "title": {"zh": row.title_zh, "en": row.title_en},
        "state": row.state.value,
        "effective_from": row.effective_from,
        "until": row.consulted_until,
        "comments": row.comments,
    }


@router.get("/consultations", response=ConsultationsOut, operation_id="listConsultations", summary="Open consultations")
def list_consultations(request: HttpRequest) -> dict[str, Any]:
    """Proposed versions the public may comment on now."""
    return {"items": [_consultation(row) for row in queries.consultations(now=clock.now())]}


@router.get(
    "/consultations/{number}", response=ConsultationOut, operation_id="getConsultation", summary="One consultation"
)
def get_consultation(request: HttpRequest, number: Number) -> dict[str, Any]:
    """A proposed version with its text, what experts said and the comments that were answered."""
    view = queries.proposal(PUBLIC, number)
    return _consultation(view.row) | {
        "note": view.note,
        "digest": view.digest,
        "body": view.body,
        "comparisons": [
            {"expert": one.expert, "verdict": one.verdict.value, "reasons": one.reasons} for one in view.comparisons
        ],
        "answered": [
            {
                "comment": one.seq,
                "name": one.name,
                "place": one.place,
                "text": one.text,
                "reply": one.reply,
                "withheld": one.withheld,
            }
            for one in view.comments
        ],
    }


@router.post(
    "/consultations/{number}/comments",
    response={201: CommentMadeOut},
    operation_id="comment",
    summary="Comment on a proposed version",
)
def comment(request: HttpRequest, number: Number, said: CommentIn) -> Status[dict[str, Any]]:
    """Anybody may; five an hour from one address. It is made public with its answer, the name masked."""
    rates.spend(request, "comment", most=COMMENTS, minutes=COMMENT_MINUTES)
    seq = actions.comment(number=number, **said.dict(), by=PUBLIC, now=clock.now())
    return Status(201, {"comment": seq})


# --- the metadata model ----------------------------------------------------------------------------------------------


@router.get("/metadata", response=MetadataOut, operation_id="getMetadata", summary="Fields and code lists of a sheet")
def get_metadata(request: HttpRequest) -> dict[str, Any]:
    """What a deposit sheet holds: fields, formats, code lists of the standard in force, and a JSON Schema of its rows."""
    return metadata.model(queries.current(on=clock.today()))


@router.post(
    "/metadata/check",
    response=CheckOut,
    operation_id="checkSheet",
    summary="Check a sheet before sending it",
    openapi_extra=file_body({"text/csv": {"type": "string"}}, form=True),
)
@decorate_view(at_most(deposits.MOST_CHECKED_BYTES + 64 * 1024))
def check_sheet(request: HttpRequest, issuer: Code = "") -> dict[str, Any]:
    """Every error with row and column. Nothing is stored and nobody is looked up: accounts, names and duplicates are for
    the dry run of a signed-in issuer. With ``issuer`` its catalogue and the credit are checked as well.
    """
    rates.spend(request, "metadata", most=CHECKS, minutes=CHECK_MINUTES)
    found = deposits.check_sheet(content=_sent(request), issuer_code=issuer, now=clock.now())
    return found.to_json() | {"credits": None if found.credits is None else credits(found.credits)}


def _sent(request: HttpRequest) -> bytes:
    """The sheet, never more of it than a check reads."""
    most = deposits.MOST_CHECKED_BYTES
    if request.content_type == "multipart/form-data":
        file = request.FILES.get("file")
        if file is None:
            raise Denied(FILE_EMPTY, place="file")
        data: bytes = file.read(most + 1)
    else:
        data = request.read(most + 1)
    if len(data) > most:
        raise Denied(FILE_TOO_LARGE, place="file", most_mb=most // 2**20)
    return data
