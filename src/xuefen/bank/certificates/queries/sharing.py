"""Reading share links: for their maker, and for whoever has the address."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db.models import Count, Max

from xuefen.bank.certificates.models import ShareLink
from xuefen.bank.certificates.types import SHARE_GONE, Shared, ShareFacts, ShareKind
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.gm import open_sealed, sm3

_TOKEN = 22
"""Characters of 16 random bytes in base64url."""


def token_digest(token: str) -> str:
    """What a link is found by: a copy of the table gives nobody an address."""
    return sm3(b"share:" + token.encode()).hex()


def shared(token: str, *, now: datetime) -> tuple[ShareLink, Shared]:
    """The link of this address and what it shows. Raises ``Denied(share_gone)``: unknown, ended, taken back, person erased."""
    row = None
    if len(token) == _TOKEN and token.isascii():
        row = ShareLink.objects.filter(token_sm3=token_digest(token), revoked_at=None, expires_at__gt=now).first()
    if row is None:
        raise Denied(SHARE_GONE)
    data_key = learners.facts_of([row.learner_id])[row.learner_id].data_key
    if data_key is None:
        raise Denied(SHARE_GONE)
    found = _opened(row, data_key)
    holder = learners.by_id(EVERYTHING, row.learner_id).masked_name if row.named else ""
    return row, Shared(
        kind=ShareKind(row.kind),
        title=found["title"],
        content=found["content"],
        holder=holder,
        made_at=row.made_at,
        expires_at=row.expires_at,
    )


def share_links(learner_id: int) -> list[ShareFacts]:
    """A learner's links, newest first; two queries."""
    rows = ShareLink.objects.filter(learner_id=learner_id).annotate(seen=Count("views"), last=Max("views__at"))
    data_key = learners.facts_of([learner_id])[learner_id].data_key
    if data_key is None:
        return []
    return [_facts(row, data_key) for row in rows.order_by("-made_at", "-id")]


def share_facts(learner_id: int, link_id: int) -> ShareFacts:
    """One link of a learner. Raises ``Denied(share_gone)``."""
    found = next((link for link in share_links(learner_id) if link.id == link_id), None)
    if found is None:
        raise Denied(SHARE_GONE)
    return found


def _facts(row: ShareLink, data_key: bytes) -> ShareFacts:
    found = _opened(row, data_key)
    return ShareFacts(
        id=row.pk,
        kind=ShareKind(row.kind),
        title=found["title"],
        token=found["token"],
        named=row.named,
        made_at=row.made_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        views=row.seen,  # type: ignore[attr-defined]
        last_view_at=row.last,  # type: ignore[attr-defined]
    )


def _opened(row: ShareLink, data_key: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        open_sealed(data_key, bytes(row.content_sealed), aad=row.token_sm3.encode("ascii"))
    )
    return found
