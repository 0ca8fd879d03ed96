"""Certificates as hall and desk show them in a list or on top of a page."""

from __future__ import annotations

from typing import Any

from xuefen.bank.certificates.types import REASON_WORDS, STATE_WORDS, CertificateFacts, CertificateState

KINDS = {CertificateState.VALID: "ok", CertificateState.SUSPENDED: "warn", CertificateState.REVOKED: "bad"}


def paper(facts: CertificateFacts) -> dict[str, Any]:
    """A certificate as a row: title, state in words, and why it does not count when it does not."""
    kind, words = KINDS[facts.state], STATE_WORDS[facts.state]
    if facts.state is CertificateState.VALID and not facts.sealed:
        kind, words = "info", ("正在封存", "Being sealed")
    return {
        "facts": facts,
        "title": (facts.title_zh, facts.title_en),
        "kind": kind,
        "words": words,
        "why": REASON_WORDS[facts.reason] if facts.reason else "",
    }
