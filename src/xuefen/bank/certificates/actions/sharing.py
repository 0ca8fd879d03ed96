"""Sharing by link: made and taken back by the learner, opened by anybody who has the address."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from xuefen.bank.audit import actions as audit
from xuefen.bank.certificates import queries, rules, states
from xuefen.bank.certificates.models import ShareLink, ShareView
from xuefen.bank.certificates.rules import credentials
from xuefen.bank.certificates.types import (
    MOST_LINKS,
    SHARE_DAYS,
    SHARE_DAYS_CHOICE,
    SHARE_GONE,
    SHARE_TOO_MANY,
    CertificateState,
    Choice,
    Shared,
    SharedPaper,
    ShareFacts,
    ShareKind,
    ShownField,
)
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners.types import PERSON_ERASED
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bedrock import canon
from xuefen.bedrock.gm import seal


@use_case
def share(
    *,
    learner_id: int,
    kind: ShareKind,
    title: str,
    content: dict[str, Any],
    days: int,
    named: bool,
    by: Actor,
    now: datetime,
) -> ShareFacts:
    """Open a link to ``content`` (plain JSON values) for ``days``; ``named`` shows the masked name.

    Raises ``Denied``: account_unknown, share_days, share_too_many, person_erased.
    """
    learner = learners.by_id(by.scope("shares.make"), learner_id)
    if days not in SHARE_DAYS:
        raise Denied(SHARE_DAYS_CHOICE, place="days")
    if sum(link.is_open(now) for link in queries.share_links(learner.pk)) >= MOST_LINKS:
        raise Denied(SHARE_TOO_MANY, limit=MOST_LINKS)
    data_key = learners.facts_of([learner.pk])[learner.pk].data_key
    if data_key is None:
        raise Denied(PERSON_ERASED)
    token = secrets.token_urlsafe(16)
    digest = queries.token_digest(token)
    sealed = canon.canonical({"token": token, "title": title, "content": content})
    row = ShareLink.objects.create(
        token_sm3=digest,
        learner_id=learner.pk,
        kind=kind,
        named=named,
        content_sealed=seal(data_key, sealed, aad=digest.encode("ascii")),
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    audit.record(
        action="shares.made", by=by, now=now, subject=("share", str(row.pk)), after={"kind": kind, "days": days}
    )
    return queries.share_facts(learner.pk, row.pk)


def share_certificate(
    *, learner_id: int, number: str, choice: Choice, days: int, by: Actor, now: datetime
) -> ShareFacts:
    """Open a link to a part of a certificate of the learner's own.

    Raises ``Denied``: what ``share`` does, certificate_unknown, certificate_not_sealed, certificate_state, choice_empty,
    choice_lines, credential_too_long.
    """
    scope = by.scope("shares.make")
    learner = learners.by_id(scope, learner_id)
    row = queries.one(scope, number)
    queries.require_sealed(row)
    if row.status != CertificateState.VALID:
        raise states.refusal(CertificateState(row.status), place="number")
    credentials.require_choice(rules.body_from(canon.parse_canonical(queries.body_of(row))), choice)
    content = {
        "number": row.number,
        "fields": [field.value for field in ShownField if field in choice.fields],
        "lines": sorted(set(choice.lines)) if choice.lines is not None else None,
    }
    return share(
        learner_id=learner.pk, kind=ShareKind.CERTIFICATE, title=f"{row.title_zh} || {row.title_en}", content=content,
        days=days, named=False, by=by, now=now,
    )  # fmt: skip


@use_case
def open_paper(*, token: str, now: datetime) -> SharedPaper:
    """What a link to a certificate shows; its maker will see that it was opened. Raises ``Denied(share_gone)``."""
    row, paper = queries.shared_paper(token, now=now)
    ShareView.objects.create(link_id=row.pk, at=now)
    return paper


@use_case
def unshare(*, learner_id: int, link_id: int, by: Actor, now: datetime) -> None:
    """Take a link back; from now on nobody sees anything. A second time changes nothing. Raises ``Denied``: account_unknown,
    share_gone.
    """
    learner = learners.by_id(by.scope("shares.make"), learner_id)
    row = ShareLink.objects.select_for_update().filter(learner_id=learner.pk, pk=link_id).first()
    if row is None:
        raise Denied(SHARE_GONE)
    if row.revoked_at is None:
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        audit.record(action="shares.taken_back", by=by, now=now, subject=("share", str(row.pk)))


@use_case
def open_shared(*, token: str, now: datetime) -> Shared:
    """What the link shows; its maker will see that it was opened. Raises ``Denied(share_gone)``."""
    row, shared = queries.shared(token, now=now)
    ShareView.objects.create(link_id=row.pk, at=now)
    return shared
