"""Verifiable credentials over HTTP: certificates in that form, and the three doors of the W3C's VC API.

The bodies and answers of ``/vc/`` are those of https://w3c-ccg.github.io/vc-api/, so that other people's programs and
conformance suites need nothing of ours.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Query, Router, Schema
from ninja.decorators import decorate_view
from pydantic import ConfigDict, Field

from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.types import Check, CredentialForm, Judged, Report, Verdict, VerdictState
from xuefen.bank.shell import clock
from xuefen.bedrock import canon
from xuefen.faces.api.auth import SIGNED_IN, actor_of
from xuefen.faces.api.errors import CONTENT_TYPE, at_most
from xuefen.faces.api.schemas import Number
from xuefen.faces.shared.i18n import language

router = Router(tags=["credentials"])
MOST_BYTES = 1024 * 1024
TEST = "conformance test"
_MODEL, _SECURITY = "https://www.w3.org/TR/vc-data-model#", "https://w3id.org/security#"
_LISTS = "https://www.w3.org/ns/credentials/status-list#"


class _Loose(Schema):
    """What a caller sends beside the parts we know is let in and left alone, as the VC API asks."""

    model_config = ConfigDict(extra="ignore")


class IssueOptions(_Loose):
    credentialId: str | None = Field(default=None, max_length=2000)


class IssueIn(_Loose):
    credential: dict[str, Any]
    options: IssueOptions = Field(default_factory=IssueOptions)


class CredentialIn(_Loose):
    verifiableCredential: dict[str, Any]


class PresentationOptions(_Loose):
    challenge: str = Field(default="", max_length=2000)
    domain: str = Field(default="", max_length=2000)


class PresentationIn(_Loose):
    verifiablePresentation: dict[str, Any]
    options: PresentationOptions = Field(default_factory=PresentationOptions)


class ConformanceTest:
    """Lets in whoever sits at this machine, on a node that was started for it (``XUEFEN_VC_TEST=1``)."""

    def __call__(self, request: HttpRequest) -> str | None:
        if not settings.XUEFEN_VC_TEST or "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
            return None
        try:
            near = ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
        except ValueError:
            return None
        return TEST if near else None


@router.post(
    "/vc/credentials/issue",
    auth=[*SIGNED_IN, ConformanceTest()],
    response={201: dict[str, Any]},
    operation_id="issueCredential",
    summary="Sign a credential in the bank's name (VC API)",
)
@decorate_view(at_most(MOST_BYTES))
def issue(request: HttpRequest, given: IssueIn) -> HttpResponse:
    """The credential with an `eddsa-rdfc-2022` proof. Its issuer is the bank; a missing one is put in."""
    credential = dict(given.credential)
    if given.options.credentialId:
        credential.setdefault("id", given.options.credentialId)
    now = clock.now()
    if request.auth == TEST:  # type: ignore[attr-defined]
        signed = queries.sign_for_test(credential, now=now)
    else:
        signed = actions.sign_credential(credential=credential, by=actor_of(request), now=now)
    return JsonResponse({"verifiableCredential": signed}, status=201, json_dumps_params={"ensure_ascii": False})


@router.post(
    "/vc/credentials/verify",
    auth=None,
    response=dict[str, Any],
    operation_id="verifyCredential",
    summary="Verify a credential (VC API)",
)
@decorate_view(at_most(MOST_BYTES))
def verify_credential(request: HttpRequest, given: CredentialIn) -> HttpResponse:
    """`verified`, with what is wrong in `errors` and what nobody could look up in `warnings`. Nothing is fetched or kept."""
    judged = queries.verify_credential(given.verifiableCredential, now=clock.now())
    if judged is None:
        return _answer([_problem(f"{_MODEL}PARSING_ERROR", "Unreadable", "not a verifiable credential")], [])
    errors, warnings = list(_errors(judged)), list(_warnings(judged))
    return _answer(errors, warnings, report=judged.report)


@router.post(
    "/vc/presentations/verify",
    auth=None,
    response=dict[str, Any],
    operation_id="verifyPresentation",
    summary="Verify a presentation (VC API)",
)
@decorate_view(at_most(MOST_BYTES))
def verify_presentation(request: HttpRequest, given: PresentationIn) -> HttpResponse:
    """A presentation is verified when its own proof is good, for this challenge and domain, and so is every credential in it."""
    found = queries.verify_presentation(
        given.verifiablePresentation,
        challenge=given.options.challenge,
        domain=given.options.domain,
        now=clock.now(),
    )
    errors = [_problem(*_FAULTS[fault], found.detail or fault) for fault in found.faults]
    warnings: list[dict[str, Any]] = []
    for judged in found.credentials:
        errors += _errors(judged)
        warnings += _warnings(judged)
    results = [{"verified": not list(_errors(judged))} for judged in found.credentials]
    return _answer(errors, warnings, credentialResults=results)


_FAULTS = {
    "unreadable": (f"{_MODEL}PARSING_ERROR", "Unreadable"),
    "format": (f"{_MODEL}MALFORMED_VALUE_ERROR", "Not a presentation"),
    "misshapen": (f"{_SECURITY}PROOF_VERIFICATION_ERROR", "The proof is damaged"),
    "wrong": (f"{_SECURITY}PROOF_VERIFICATION_ERROR", "The proof does not match"),
    "unsupported": (f"{_SECURITY}PROOF_VERIFICATION_ERROR", "A kind of proof that is not supported"),
    "unclear": (f"{_SECURITY}PROOF_TRANSFORMATION_ERROR", "The proof does not cover everything"),
    "bare": (f"{_SECURITY}PROOF_VERIFICATION_ERROR", "There is no proof"),
    "challenge": (f"{_SECURITY}INVALID_CHALLENGE_ERROR", "Another challenge"),
    "domain": (f"{_SECURITY}INVALID_DOMAIN_ERROR", "Another domain"),
    "holder": (f"{_SECURITY}INVALID_VERIFICATION_METHOD", "Somebody else than the holder signed"),
}
_WRONG = {
    Check.FORMAT: (f"{_MODEL}MALFORMED_VALUE_ERROR", "Malformed"),
    Check.SIGNATURE: (f"{_SECURITY}PROOF_VERIFICATION_ERROR", "Proof"),
    Check.ISSUER: (f"{_SECURITY}INVALID_VERIFICATION_METHOD", "Issuer"),
    Check.HOLDER: (f"{_SECURITY}PROOF_VERIFICATION_ERROR", "Holder"),
    Check.SUSPENSION: (f"{_LISTS}STATUS_VERIFICATION_ERROR", "Status"),
    Check.EXPIRY: (f"{_MODEL}RANGE_ERROR", "Validity"),
    Check.REVOCATION: (f"{_LISTS}STATUS_VERIFICATION_ERROR", "Status"),
}


def _problem(kind: str, title: str, detail: str) -> dict[str, Any]:
    return {"type": kind, "title": title, "detail": detail}


def _told(verdict: Verdict) -> dict[str, Any]:
    kind, title = _WRONG[verdict.check]
    return {**_problem(kind, title, verdict.sentence(language())), "code": verdict.code}


def _errors(judged: Judged) -> Iterator[dict[str, Any]]:
    """Everything that keeps a credential from being verified."""
    for verdict in judged.report.verdicts:
        unproven = verdict.check is Check.SIGNATURE and verdict.state is not VerdictState.GOOD
        unbound = verdict.check is Check.ISSUER and verdict.state is VerdictState.UNKNOWN and not judged.bound
        if verdict.state is VerdictState.BAD or unproven or unbound:
            yield _told(verdict)


def _warnings(judged: Judged) -> Iterator[dict[str, Any]]:
    for verdict in judged.report.verdicts:
        if verdict.state is VerdictState.UNKNOWN and verdict.check is not Check.SIGNATURE and judged.bound:
            yield _told(verdict)


def _answer(
    errors: list[dict[str, Any]], warnings: list[dict[str, Any]], *, report: Report | None = None, **more: Any
) -> HttpResponse:
    verified = not errors
    body: dict[str, Any] = {"verified": verified, "errors": errors, "warnings": warnings, **more}
    if report is not None:
        body["verdicts"] = report.to_json()["verdicts"]
    if not verified:  # the specification's problem shape, around the first thing that is wrong
        body |= {**errors[0], "status": 400}
    return JsonResponse(
        body,
        status=200 if verified else 400,
        content_type="application/json" if verified else CONTENT_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )


# --- certificates ----------------------------------------------------------------------------------------------------


@router.get(
    "/certificates/{number}/credential",
    auth=SIGNED_IN,
    response=dict[str, Any],
    operation_id="getCredential",
    summary="A certificate as a verifiable credential",
)
def get_credential(request: HttpRequest, number: Number, format: Query[CredentialForm | None] = None) -> HttpResponse:
    """CLR 2.0 for a statement, Open Badges 3.0 for a conversion; the same bytes every time."""
    scope = actor_of(request).scope("certificates.read")
    credential = queries.credential(scope, number, format, now=clock.now())
    return HttpResponse(canon.canonical(credential), content_type="application/vc")


@router.get(
    "/certificates/{number}/elmo",
    auth=SIGNED_IN,
    response=None,
    operation_id="getElmo",
    summary="A certificate as EMREX ELMO",
)
def get_elmo(request: HttpRequest, number: Number) -> HttpResponse:
    """ELMO 1.x XML with the sealed PDF inside, for European student systems."""
    scope = actor_of(request).scope("certificates.read")
    return HttpResponse(queries.elmo(scope, number, now=clock.now()), content_type="application/xml")
