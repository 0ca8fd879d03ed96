"""Verifying whatever anybody brings, with what this node knows at this very moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings

from xuefen.bank.certificates.badges import opening as badges
from xuefen.bank.certificates.pdf import files, opening
from xuefen.bank.certificates.queries import credentials, papers, trusting
from xuefen.bank.certificates.rules import credentials as credential_rules
from xuefen.bank.certificates.rules import qr
from xuefen.bank.certificates.types import (
    NOTHING_ASKED,
    Asked,
    Check,
    Examined,
    Judged,
    KnownIssuer,
    PresentationReport,
    Report,
    Trust,
)
from xuefen.bank.shell.problems import NOT_SIGNED_IN, Denied
from xuefen.bedrock import vc
from xuefen.bedrock.gm import Signer, load_private


def verify(data: bytes, *, now: datetime, believe: Trust | None = None, asked: Asked = NOTHING_ASKED) -> Report:
    """The verdicts on an uploaded file, with the status of this very moment: our certificates and anybody's credentials.

    ``believe`` takes the place of this node's own trust file, for who asks for other witnesses; ``asked``
    is what was asked of the holder of a credential bound to a key.
    Raises ``Denied``: verify_too_large, verify_unreadable, verify_busy, issuers_unreadable.
    """
    opened = opening.open_file(data)
    number = opened.claimed_number
    status, trust = papers.status_of(number, now=now), believe or trusting.trust(now=now)
    newer = partial(_cosigned, number, trust)
    return opening.judge(opened, trust=trust, status=status, now=now, beside=beside(now=now, asked=asked), newer=newer)


def verify_code(text: str, *, now: datetime, believe: Trust | None = None) -> Report:
    """The verdicts on what somebody's camera read, with the status of this very moment. Raises ``Denied(code_unreadable)``."""
    payload = opening.read_code(text)
    number = qr.claimed_number(payload)
    status, trust = papers.status_of(number, now=now), believe or trusting.trust(now=now)
    return qr.verify(payload, trust=trust, status=status, now=now, newer=partial(_cosigned, number, trust))


def _cosigned(number: str, trust: Trust) -> dict[str, Any] | None:
    """Our newest proof of a certificate, where cosignatures are asked for."""
    return papers.log_proof(number, origin=trust.origin) if number and trust.witnesses is not None else None


def beside(*, now: datetime, asked: Asked = NOTHING_ASKED) -> files.Beside:
    """What this node knows beside its own keys."""
    return files.Beside(known_issuers(), partial(credentials.standing, now=now), asked)


def known_issuers() -> tuple[KnownIssuer, ...]:
    """Other people's issuers this node believes, as its operator wrote them down. Raises ``Denied(issuers_unreadable)``."""
    return files.read_issuers_file(Path(settings.XUEFEN_HOME) / files.ISSUERS_FILE)


# --- as the VC API asks ----------------------------------------------------------------------------------------------


def verify_credential(document: Mapping[str, Any], *, now: datetime) -> Judged | None:
    """The verdicts on one credential; None when it cannot be read at all. Raises ``Denied``: verify_busy, issuers_unreadable."""
    try:
        found = badges.examine_document(document)
    except badges.TooCostly:
        found = Examined(
            credential=document, container="json", state=vc.ProofState.UNCLEAR, detail="too costly to read"
        )
    return _judged(found, now=now) if isinstance(found, Examined) else None


def _judged(found: Examined, *, now: datetime) -> Judged:
    known = beside(now=now)
    report = credential_rules.judge_credential(
        found, trust=trusting.trust(now=now), issuers=known.issuers, look_up=known.look_up, now=now
    )
    # Who is named by an address proves to be its owner there, and nobody goes there; a did:key is its own proof.
    bound = found.controller.startswith("did:key:") or report[Check.ISSUER].code in ("issuer_good", "issuer_known")
    return Judged(report, bound)


def verify_presentation(
    document: Mapping[str, Any], *, challenge: str, domain: str, now: datetime
) -> PresentationReport:
    """What a presentation is worth, and every credential in it. Raises ``Denied``: verify_busy, issuers_unreadable."""
    try:
        found = badges.examine_presentation(document)
    except badges.TooCostly:
        found = None
    if found is None:
        return PresentationReport(faults=("unreadable",))
    faults = credential_rules.presentation_faults(document, found, challenge=challenge, domain=domain)
    inner = tuple(_judged(credential_rules.examined(entry), now=now) for entry in found["inner"])
    return PresentationReport(faults=faults, detail=found["detail"], credentials=inner)


def _test_signer() -> Signer:
    """The key that signs for outside conformance suites; nobody believes it. Raises ``Denied(not_signed_in)`` on a real node."""
    if not settings.XUEFEN_VC_TEST:
        raise Denied(NOT_SIGNED_IN)
    return load_private("ed25519", sha256(settings.XUEFEN_VC_TEST_SECRET.encode()).digest())


def sign_for_test(credential: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Sign what a conformance suite sends. Raises ``Denied``: not_signed_in, credential_wrong, credential_issuer."""
    return credential_rules.signed(credential, signer=_test_signer(), now=now)
