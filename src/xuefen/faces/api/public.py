"""What anybody may ask without signing in: verify, catalogue, rules, standard, log, and what a problem code means."""

from __future__ import annotations

from typing import Annotated, Any

from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest
from ninja import Query, Router
from ninja.decorators import decorate_view
from pydantic import Field

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.certificates import queries as certificates
from xuefen.bank.certificates.types import (
    MAX_FILE_BYTES,
    VERIFY_TOO_LARGE,
    VERIFY_UNREADABLE,
    Asked,
    PublicFacts,
    Report,
)
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import NOT_FOUND, REGISTRY, Denied, Problem
from xuefen.bank.standards import queries as standards
from xuefen.bank.translog import queries as translog
from xuefen.faces.api.errors import at_most
from xuefen.faces.api.public_schemas import (
    ItemsOut,
    LogOut,
    ProgrammesOut,
    ReportOut,
    StandardOut,
)
from xuefen.faces.api.schemas import BYTES, PRINTABLE, Number, ProblemKindOut, credits, file_body
from xuefen.faces.api.shares import shown_out

router = Router(auth=None)
Text = Annotated[str, Field(max_length=80, pattern=PRINTABLE)]
Wanted = Annotated[str, Field(min_length=1, max_length=80, pattern=PRINTABLE)]

# --- certificates ----------------------------------------------------------------------------------------------------

_PAPERS = dict.fromkeys(("application/pdf", "image/png", "image/jpeg"), BYTES)
_FILE_OR_DOCUMENT = file_body({"application/json": {"type": "object"}, **_PAPERS}, form=True)


@router.post(
    "/verify",
    tags=["certificates"],
    response=ReportOut,
    operation_id="verify",
    summary="Verify a certificate",
    openapi_extra=_FILE_OR_DOCUMENT,
)
@decorate_view(at_most(MAX_FILE_BYTES + 1024 * 1024))
def verify(request: HttpRequest, audience: Wanted | None = None, nonce: Wanted | None = None) -> dict[str, Any]:
    """Eight verdicts on a certificate or a photo of one, six on a credential, as body or form. Nothing is kept."""
    asked = Asked(audience or "", nonce or "")
    return _report_out(certificates.verify(_sent(request), now=clock.now(), asked=asked))


def _sent(request: HttpRequest) -> bytes:
    """The file, never more of it than a certificate may have."""
    if request.content_type == "multipart/form-data":
        request.upload_handlers = [
            MemoryFileUploadHandler(request),
            TemporaryFileUploadHandler(request),
        ]  # small: no disk
        file = request.FILES.get("file")
        if file is None:
            raise Denied(VERIFY_UNREADABLE, place="file")
        data: bytes = file.read(MAX_FILE_BYTES + 1)
    else:
        data = request.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise Denied(VERIFY_TOO_LARGE, place="file", most_mb=MAX_FILE_BYTES // 2**20)
    return data


@router.get(
    "/certificates/{number}",
    tags=["certificates"],
    response=ReportOut,
    operation_id="getCertificate",
    summary="What the bank says about a certificate number",
)
def get_certificate(request: HttpRequest, number: Number) -> dict[str, Any]:
    """The verdicts on the bank's own copy; the holder's name is masked, so compare it face to face."""
    return _report_out(certificates.public(number, now=clock.now()))


def _report_out(report: Report) -> dict[str, Any]:
    return {**report.to_json(), "facts": _facts_out(report.facts) if report.facts else None}


def _facts_out(facts: PublicFacts) -> dict[str, Any]:
    return {
        "number": facts.number,
        "kind": facts.kind.value,
        "title": {"zh": facts.title_zh, "en": facts.title_en},
        "holder": facts.holder,
        "content": {"zh": facts.content_zh, "en": facts.content_en},
        "issuer": {"zh": facts.issuer_zh, "en": facts.issuer_en},
        "issued_at": facts.issued_at,
        "expires_on": facts.expires_on,
        "shown": shown_out(facts.shown),
    }


# --- catalogue, rules, standard --------------------------------------------------------------------------------------


@router.get("/catalogue/items", tags=["catalogue"], response=ItemsOut, operation_id="searchItems", summary="Find items")
def search_items(request: HttpRequest, q: Query[Wanted]) -> dict[str, Any]:
    """Courses, certificates and activities by name or code; at most twenty, exact names first."""
    found = catalogue.search_items(q)
    owners = institutions.institutions(EVERYTHING).filter(pk__in={item.institution_id for item in found})
    names = {owner.pk: owner for owner in owners}
    items = [
        {
            "institution": names[item.institution_id].code,
            "institution_name": names[item.institution_id].name_zh,
            "code": item.code,
            "version": item.version,
            "name": item.name,
            "kind": item.kind.value,
            "outcome_class": item.outcome_class.value,
            "type_code": item.type_code,
            "level": item.level,
            "theory_hours": item.theory_hours,
            "practice_hours": item.practice_hours,
            "practice_weeks": item.practice_weeks,
            "declared_credit": None if item.declared_credit is None else credits(item.declared_credit),
            "online": item.online,
        }
        for item in found
    ]
    return {"items": items}


@router.get(
    "/catalogue/programmes",
    tags=["catalogue"],
    response=ProgrammesOut,
    operation_id="searchProgrammes",
    summary="Find programmes",
)
def search_programmes(request: HttpRequest, q: Query[Wanted]) -> dict[str, Any]:
    """Programmes by name or code, with what graduation asks for; at most twenty."""
    items = [
        {
            "institution": found.institution_code,
            "code": found.code,
            "version": found.version,
            "name": found.name,
            "level": found.level,
            "total_credits": credits(found.total_credits),
            "tree": found.tree,
        }
        for found in catalogue.search_programmes(q)
    ]
    return {"items": items}


@router.get(
    "/standards/current",
    tags=["catalogue"],
    response=StandardOut,
    operation_id="getStandard",
    summary="The standard in force today",
)
def get_standard(request: HttpRequest) -> dict[str, Any]:
    """Regulation as data: every value with the document it is taken from."""
    loaded = standards.current(on=clock.today())
    row = standards.versions(code=loaded.code).get(version=loaded.version)
    return {
        "code": loaded.code,
        "version": loaded.version,
        "digest": loaded.digest,
        "title": {"zh": loaded.pack.title_zh, "en": loaded.pack.title_en},
        "effective_from": row.effective_from,
        "retired_on": row.retired_on,
        "body": row.body,
    }


# --- the log, and problems -------------------------------------------------------------------------------------------


@router.get("/log", tags=["log"], response=LogOut, operation_id="getLog", summary="The public log")
def get_log(request: HttpRequest) -> dict[str, Any]:
    """Its tiles lie below /log/ as plain files (C2SP tlog-tiles); proofs of outcomes at /api/outcomes/{number}/proof."""
    try:
        checkpoint = translog.fetch(translog.CHECKPOINT).decode()
    except FileNotFoundError:
        checkpoint = None
    anchors = [
        {
            "size": one.size,
            "chain": one.chain_id,
            "contract": one.contract,
            "tx": one.tx,
            "block": one.block,
            "at": one.at,
        }
        for one in translog.anchors()
    ]
    return {
        "size": translog.log_size(),
        "waiting": translog.queue_length(),
        "checkpoint": checkpoint,
        "anchors": anchors,
    }


def _kind_out(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "status": problem.status, "zh": problem.zh, "en": problem.en}


@router.get(
    "/problems",
    tags=["problems"],
    response=list[ProblemKindOut],
    operation_id="listProblems",
    summary="Every problem there is",
)
def list_problems(request: HttpRequest) -> list[dict[str, Any]]:
    """What a response with a status of 400 or more may say, by code."""
    return [_kind_out(problem) for _, problem in sorted(REGISTRY.items())]


@router.get(
    "/problems/{code}",
    tags=["problems"],
    response=ProblemKindOut,
    operation_id="getProblem",
    summary="What a problem means",
)
def get_problem(request: HttpRequest, code: Text) -> dict[str, Any]:
    """Where the ``type`` of every problem leads."""
    if code not in REGISTRY:
        raise Denied(NOT_FOUND, place="code")
    return _kind_out(REGISTRY[code])
