"""Reading the audit trail. Nobody reads it without ``audit.read``; it holds no personal data."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied


def about(by: Actor, *, kind: str, subject: object) -> QuerySet[AuditEntry]:
    """Everything that happened to one subject, oldest first. Raises ``Denied(not_allowed)``."""
    _check(by)
    return AuditEntry.objects.filter(subject_kind=kind, subject_id=str(subject)).order_by("id")


def entries(
    by: Actor,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    action: str = "",
    user_id: int | None = None,
) -> QuerySet[AuditEntry]:
    """The trail, newest first, ``since`` included and ``until`` not. Raises ``Denied(not_allowed)``."""
    _check(by)
    rows = AuditEntry.objects.all()
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    if action:
        rows = rows.filter(action=action)
    if user_id is not None:
        rows = rows.filter(user_id=user_id)
    return rows.order_by("-id")


def _check(by: Actor) -> None:
    # The trail is about acts in every corner of the node; half a trail would mislead, so it is all or nothing.
    if not by.scope("audit.read").everything:
        raise Denied(NOT_ALLOWED, action="audit.read")
