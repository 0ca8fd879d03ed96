"""Reading share links: for their maker, and for whoever has the address."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch

from xuefen.bank.certificates import rules
from xuefen.bank.certificates.models import ShareLink, ShareView
from xuefen.bank.certificates.queries import papers
from xuefen.bank.certificates.queries.credentials import sd_jwt_of
from xuefen.bank.certificates.rules import credentials
from xuefen.bank.certificates.types import (
    MOST_TOLD,
    SHARE_GONE,
    CertificateState,
    Choice,
    Shared,
    SharedPaper,
    ShareFacts,
    ShareKind,
    ShownField,
    StatusReason,
)
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import canon
from xuefen.bedrock.gm import open_sealed, sm3

_TOKEN = 22
"""Characters of 16 random bytes in base64url."""


def token_digest(token: str) -> str:
    """What a link is found by: a copy of the table gives nobody an address."""
    return sm3(b"share:" + token.encode()).hex()


def shared(token: str, *, kind: ShareKind = ShareKind.PLAN, now: datetime) -> tuple[ShareLink, Shared]:
    """The link of this address and what it shows.

    Raises ``Denied(share_gone)``: unknown, of another kind, ended, taken back, person erased.
    """
    row = None
    if len(token) == _TOKEN and token.isascii():
        found_by = {"token_sm3": token_digest(token), "kind": kind}
        row = ShareLink.objects.filter(**found_by, revoked_at=None, expires_at__gt=now).first()
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


def shared_paper(token: str, *, now: datetime) -> tuple[ShareLink, SharedPaper]:
    """The same for a link to a certificate, as things stand now. The signed file ends with the link."""
    row, link = shared(token, kind=ShareKind.CERTIFICATE, now=now)
    paper = papers.one(EVERYTHING, link.content["number"])
    body = rules.body_from(canon.parse_canonical(papers.body_of(paper)))
    choice = choice_of(link.content)
    sd_jwt = sd_jwt_of(paper, choice, now=now, until=row.expires_at, context=row.token_sm3)
    return row, SharedPaper(
        title_zh=paper.title_zh,
        title_en=paper.title_en,
        issuer=body.issuer,
        issued_at=paper.issued_at,
        rows=credentials.shown_rows(sd_jwt),
        state=CertificateState(paper.status),
        reason=StatusReason(paper.status_reason) if paper.status_reason else None,
        made_at=row.made_at,
        expires_at=row.expires_at,
        sd_jwt=sd_jwt,
    )


def choice_of(content: dict[str, Any]) -> Choice:
    """What a link to a certificate shows, as it was kept."""
    fields = frozenset(ShownField(field) for field in content["fields"])
    return Choice(fields, tuple(content["lines"]) if content["lines"] is not None else None)


def share_links(learner_id: int) -> list[ShareFacts]:
    """A learner's links, newest first; two queries."""
    last = Prefetch("views", ShareView.objects.order_by("-at", "-id")[:MOST_TOLD], to_attr="last_views")
    rows = ShareLink.objects.filter(learner_id=learner_id).annotate(seen=Count("views")).prefetch_related(last)
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
    of_paper = row.kind == ShareKind.CERTIFICATE
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
        seen=tuple(view.at for view in row.last_views),  # type: ignore[attr-defined]
        certificate=found["content"]["number"] if of_paper else "",
        fields=tuple(ShownField(field) for field in found["content"]["fields"]) if of_paper else (),
    )


def _opened(row: ShareLink, data_key: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        open_sealed(data_key, bytes(row.content_sealed), aad=row.token_sm3.encode("ascii"))
    )
    return found
