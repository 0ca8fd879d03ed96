"""Reading certificates: documents and PDFs for those entitled, verdicts for everybody."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, QuerySet

from xuefen.bank.certificates import rules
from xuefen.bank.certificates.models import Certificate
from xuefen.bank.certificates.pdf.codes import make_code
from xuefen.bank.certificates.pdf.rendering import Language, render
from xuefen.bank.certificates.pdf.sealing import seal
from xuefen.bank.certificates.queries import trusting
from xuefen.bank.certificates.types import (
    CERTIFICATE_NOT_SEALED,
    CERTIFICATE_UNKNOWN,
    PDF_IDENTITY,
    CertificateFacts,
    CertificateKind,
    CertificateState,
    Report,
    StatusEntry,
    StatusList,
    StatusReason,
    Template,
)
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.deposits.types import OutcomeState
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners.types import PERSON_ERASED
from xuefen.bank.places.queries import inside
from xuefen.bank.shell import queries as shell
from xuefen.bank.shell.actor import EVERYTHING, Scope
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog import queries as translog
from xuefen.bedrock import canon, ids
from xuefen.bedrock.gm import key_id, open_sealed

if TYPE_CHECKING:
    from xuefen.bank.certificates.pdf.signing import Identity

# --- one certificate -------------------------------------------------------------------------------------------------


def within(scope: Scope) -> QuerySet[Certificate]:
    """The certificates inside a scope, newest first, holder and application loaded."""
    reached = inside(scope, place="learner__place__path", learner="learner_id")
    return Certificate.objects.filter(reached).select_related("learner", "application").order_by("-issued_at", "-id")


def one(scope: Scope, number: str) -> Certificate:
    """The certificate of this number as typed. Raises ``Denied(certificate_unknown)``, the same when out of reach."""
    found = within(scope).filter(number=ids.normalise(number)).first()
    if found is None:
        raise Denied(CERTIFICATE_UNKNOWN, place="number")
    return found


def mine(scope: Scope, *, limit: int = 200) -> list[CertificateFacts]:
    """The certificates inside a scope for a list, newest first."""
    return facts_of(within(scope)[:limit])


def counts(scope: Scope) -> dict[CertificateState, int]:
    """How many certificates inside a scope stand in each state."""
    rows = dict(within(scope).order_by().values_list("status").annotate(n=Count("pk")))
    return {state: rows.get(state.value, 0) for state in CertificateState}


def facts(scope: Scope, number: str) -> CertificateFacts:
    """One certificate for a page. Raises ``Denied(certificate_unknown)``."""
    return facts_of([one(scope, number)])[0]


def of_application(scope: Scope, application_number: str) -> CertificateFacts | None:
    """The certificate an application led to, or None while there is none."""
    found = within(scope).filter(application__number=ids.normalise(application_number)).first()
    return facts_of([found])[0] if found is not None else None


def taken_back(scope: Scope) -> QuerySet[Certificate]:
    """Those that are suspended or revoked, the latest first."""
    return within(scope).exclude(status=CertificateState.VALID).order_by("-status_at", "-id")


def facts_of(found: Iterable[Certificate]) -> list[CertificateFacts]:
    """Rows of ``within`` for a page."""
    rows = list(found)
    sealed = _sealed([row.leaf_id for row in rows])
    return [
        CertificateFacts(
            number=row.number,
            kind=CertificateKind(row.kind),
            title_zh=row.title_zh,
            title_en=row.title_en,
            masked_name=row.learner.masked_name,
            application=row.application.number if row.application is not None else None,
            issued_at=row.issued_at,
            expires_on=row.expires_on,
            state=CertificateState(row.status),
            reason=StatusReason(row.status_reason) if row.status_reason else None,
            state_at=row.status_at,
            sealed=row.leaf_id in sealed,
        )
        for row in rows
    ]


def _sealed(leaf_ids: list[int]) -> set[int]:
    """Those of the leaves that have their place in the log; a list needs no proofs, which cost file reads."""
    return {leaf_id for (leaf_id,) in shell.fetch("SELECT leaf_id FROM leaf WHERE leaf_id = ANY(%s)", leaf_ids)}


def document(scope: Scope, number: str) -> dict[str, Any]:
    """The signed document with its inclusion proof under the newest checkpoint.

    Raises ``Denied``: certificate_unknown, certificate_not_sealed, person_erased.
    """
    return _document(one(scope, number), origin=translog.origin())


def log_proof(number: str, *, origin: str) -> dict[str, Any] | None:
    """The newest proof of a certificate's leaf, for a document that left before its witnesses had signed; None without one."""
    leaf_id = Certificate.objects.filter(number=number).values_list("leaf_id", flat=True).first()
    proof = translog.proof_of(leaf_id) if leaf_id is not None else None
    return None if proof is None else {"origin": origin, **proof.to_json()}


def require_sealed(row: Certificate) -> None:
    """Raise ``Denied(certificate_not_sealed)`` until the certificate is in the log."""
    if row.leaf_id not in _sealed([row.leaf_id]):
        raise Denied(CERTIFICATE_NOT_SEALED, place="number")


def _document(row: Certificate, *, origin: str) -> dict[str, Any]:
    proof = translog.proof_of(row.leaf_id)
    if proof is None:
        raise Denied(CERTIFICATE_NOT_SEALED, place="number")
    public = trusting.public_key(row.key_id)
    signature = rules.signature_json(
        algorithm=public.algorithm, public=public.raw, signed_by=row.key_id, value=bytes(row.signature)
    )
    log = {"origin": origin, **proof.to_json()}
    return rules.document(body=canon.parse_canonical(body_of(row)), signature=signature, log=log)


def body_of(row: Certificate) -> bytes:
    """The bytes that were signed. Raises ``Denied(person_erased)`` when the holder's key is gone."""
    data_key = learners.facts_of([row.learner_id])[row.learner_id].data_key
    if data_key is None:
        raise Denied(PERSON_ERASED)
    return open_sealed(data_key, bytes(row.body_sealed), aad=row.number.encode("ascii"))


def signature_holds(row: Certificate) -> bool:
    """Whether the stored signature is that of the key on record. Raises ``Denied(person_erased)``, LookupError."""
    return trusting.public_key(row.key_id).verify(body_of(row), bytes(row.signature))


def pdf(scope: Scope, number: str, *, now: datetime, language: Language = "zh") -> bytes:
    """The certificate as a PDF/A-3a, signed and sealed; both languages are on it, ``language`` comes first.

    Raises what ``document`` does, and fonts_missing, glyph_missing, pdf_identity.
    """
    row = one(scope, number)
    found = _document(row, origin=translog.origin())
    url = f"{settings.PUBLIC_URL}/verify/{found['body']['number']}"
    fonts = Path(settings.XUEFEN_HOME) / "fonts"
    unsigned = render(
        found, verify_url=url, code=_code(found, now=now), fonts=fonts, language=language, house=_look(row)
    )
    signer = keys().signer("certificates")
    from xuefen.bank.certificates.pdf import signing  # half a second to load, which most processes never need

    return seal(signing.sign(unsigned, paper_identity(), sealed_by=key_id(signer.public)), signer)


def paper_identity() -> Identity:
    """Who signs PDFs for their readers: the PKCS#12 file of the settings, or the node's own key and certificate.

    Raises ``Denied``: node_unnamed, pdf_identity.
    """
    from xuefen.bank.certificates.pdf import signing

    if settings.XUEFEN_PDF_P12:
        try:
            content = Path(settings.XUEFEN_PDF_P12).read_bytes()
            return signing.brought_identity(content, settings.XUEFEN_PDF_P12_PASSPHRASE)
        except (OSError, ValueError):
            raise Denied(PDF_IDENTITY) from None
    named = trusting.this_node()
    name = trusting.as_issuer(named)
    held = keys().held("pdf")[0]
    since = held.since or named.created_at
    return signing.own_identity(keys().signer("pdf"), zh=name.zh, en=name.en, node=name.node, since=since)


def _look(row: Certificate) -> Template | None:
    """The version of its institution's template that a certificate was issued with."""
    found = row.template
    if found is None:
        return None
    return Template(found.pk, "", "", found.version, found.texts, found.logo, found.seal, found.made_at, found.made_by)


def code(scope: Scope, number: str, *, now: datetime) -> str:
    """What the certificate's QR code says: enough to verify it offline. Raises what ``document`` does."""
    return _code(document(scope, number), now=now)


def _code(found: dict[str, Any], *, now: datetime) -> str:
    return make_code(found, signer=keys().signer("certificates"), now=now, public_url=settings.PUBLIC_URL)


def statements_in_doubt() -> list[str]:
    """Numbers of the valid statements that list an outcome revoked, corrected or withdrawn since they were issued.

    Only statements of holders with a revoked outcome are opened; revocations are rare.
    """
    revoked: dict[int, set[str]] = {}
    withdrawn = deposits.outcomes(EVERYTHING).exclude(state=OutcomeState.VALID)
    for learner_id, number in withdrawn.values_list("learner_id", "number"):
        revoked.setdefault(learner_id, set()).add(number)
    rows = Certificate.objects.filter(
        kind=CertificateKind.STATEMENT, status=CertificateState.VALID, learner_id__in=list(revoked)
    ).order_by("id")
    doubtful = []
    for row in rows.iterator():
        try:
            listed = {line["number"] for line in json.loads(body_of(row))["outcomes"]}
        except Denied:  # the holder was erased: nobody can tell what it listed, nobody can show it either
            continue
        if listed & revoked[row.learner_id]:
            doubtful.append(row.number)
    return doubtful


# --- for everybody ---------------------------------------------------------------------------------------------------


def public(number: str, *, now: datetime) -> Report:
    """What the bank says about one of its own numbers: the verdicts, and facts with the holder masked.

    Raises ``Denied``: certificate_unknown, certificate_not_sealed, person_erased.
    """
    row = next(iter(Certificate.objects.raw(_ONE, [ids.normalise(number)])), None)
    if row is None:
        raise Denied(CERTIFICATE_UNKNOWN, place="number")
    trust, standing = trusting.trust(now=now), _listed([(row.number, row.status, row.status_reason, row.status_at)])
    status = StatusList(generated_at=now, entries=standing, live=True)
    return rules.verify(_document(row, origin=trust.origin), trust=trust, status=status, now=now)


# Anybody asks these, many at once: written out, because making a query takes Python ten times as long as sending it.
_ONE = "SELECT * FROM certificate WHERE number = %s"
_STATUS = "SELECT number, status, status_reason, status_at FROM certificate WHERE number = %s"


def status(*, now: datetime) -> StatusList:
    """Every certificate that does not count at this moment."""
    rows = Certificate.objects.exclude(status=CertificateState.VALID)
    told = rows.values_list("number", "status", "status_reason", "status_at").iterator()
    return StatusList(generated_at=now, entries=_listed(told), live=True)


def status_of(number: str, *, now: datetime) -> StatusList:
    """The same, of one number only."""
    return StatusList(generated_at=now, entries=_listed(shell.fetch(_STATUS, number)), live=True)


def _listed(rows: Iterable[tuple[Any, ...]]) -> dict[str, StatusEntry]:
    """What a status list says of certificates, each given by its number, state, reason and moment."""
    return {
        rules.number_digest(number): StatusEntry(CertificateState(state), StatusReason(reason), at)
        for number, state, reason, at in rows
        if state != CertificateState.VALID and at is not None  # who changes the status dates it
    }
