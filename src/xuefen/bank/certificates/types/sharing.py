"""Share links: a view of something of the learner's, for whoever has the address, for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

SHARE_DAYS = (7, 30, 90)
"""For how many days a link may be open."""
MOST_LINKS = 20
"""Open links one learner may have at a time."""


class ShareKind(StrEnum):
    PLAN = "plan"  # 转换方案


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
class ShareFacts:
    """A link as its maker sees it. ``views``: how often it was opened, and ``last_view_at`` when last."""

    id: int
    kind: ShareKind
    title: str
    token: str
    named: bool
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    views: int
    last_view_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at
