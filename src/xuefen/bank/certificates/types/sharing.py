"""Share links: a view of something of the learner's, for whoever has the address, for a while."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from xuefen.bank.certificates.types.credentials import ShownField, ShownRow
from xuefen.bank.certificates.types.papers import CertificateState, IssuerName, StatusReason

SHARE_DAYS = (7, 30, 90)
"""For how many days a link may be open."""
MOST_LINKS = 20
"""Open links one learner may have at a time."""
MOST_TOLD = 20
"""Openings of one link that are listed for its maker; the others are counted."""


class ShareKind(StrEnum):
    PLAN = "plan"  # 转换方案
    CERTIFICATE = "certificate"  # 证书里选出来的内容


@dataclass(frozen=True, slots=True)
class Shared:
    """What a visitor with the address sees. ``holder`` is the masked name, "" when the learner left it out."""

    kind: ShareKind
    title: str
    content: dict[str, Any]
    holder: str
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SharedPaper:
    """What a visitor sees of a certificate: what was chosen, whether it counts at this moment, and both as a signed file."""

    title_zh: str
    title_en: str
    issuer: IssuerName
    issued_at: datetime
    rows: tuple[ShownRow, ...]
    state: CertificateState
    reason: StatusReason | None
    made_at: datetime
    expires_at: datetime
    sd_jwt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ShareFacts:
    """A link as its maker sees it. ``views``: how often it was opened, ``seen``: when, the last ones first. ``certificate`` and
    ``fields`` for a link to a certificate.
    """

    id: int
    kind: ShareKind
    title: str
    token: str
    named: bool
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    views: int
    seen: tuple[datetime, ...]
    certificate: str = ""
    fields: tuple[ShownField, ...] = ()

    @property
    def last_view_at(self) -> datetime | None:
        return self.seen[0] if self.seen else None

    def is_open(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at
