"""Verifying whatever anybody brings, with what this node knows at this very moment."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

from django.conf import settings

from xuefen.bank.certificates import rules
from xuefen.bank.certificates.pdf import opening
from xuefen.bank.certificates.queries import credentials, papers
from xuefen.bank.certificates.types import KnownIssuer, Report


def verify(data: bytes, *, now: datetime) -> Report:
    """The verdicts on an uploaded file, with the status of this very moment: our certificates and anybody's credentials.

    Raises ``Denied``: verify_too_large, verify_unreadable, verify_busy, issuers_unreadable.
    """
    opened = opening.open_file(data)
    number = rules.claimed_number(opened.document)
    status = papers.status(now=now, numbers=[number])
    return opening.judge(opened, trust=papers.trust(now=now), status=status, now=now, beside=beside(now=now))


def beside(*, now: datetime) -> opening.Beside:
    """What this node knows beside its own keys."""
    return opening.Beside(known_issuers(), partial(credentials.standing, now=now))


def known_issuers() -> tuple[KnownIssuer, ...]:
    """Other people's issuers this node believes, as its operator wrote them down. Raises ``Denied(issuers_unreadable)``."""
    return opening.read_issuers_file(Path(settings.XUEFEN_HOME) / opening.ISSUERS_FILE)
