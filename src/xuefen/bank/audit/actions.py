"""The only writer of the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.copy import copy_rows
from xuefen.bank.shell.transaction import inside_transaction


@inside_transaction
def record(
    *,
    action: str,
    by: Actor,
    now: datetime,
    subject: tuple[str, object],
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one audit entry beside the act itself. ``subject`` is (kind, public number or id), never personal data."""
    AuditEntry.objects.create(
        at=now,
        actor_kind=by.kind,
        actor_name=by.name,
        user_id=by.user_id,
        action=action,
        subject_kind=subject[0],
        subject_id=str(subject[1]),
        reason=reason,
        before=before,
        after=after,
    )


@inside_transaction
def record_many(
    *,
    action: str,
    by: Actor,
    now: datetime,
    subject_kind: str,
    subject_ids: Iterable[object],
    reason: str = "",
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one entry for each subject of the same act, by COPY; ``after`` is the same for all."""
    shared = (now, by.kind, by.name, by.user_id, action, subject_kind, reason, Jsonb(after) if after else None)
    copy_rows(
        AuditEntry,
        ("at", "actor_kind", "actor_name", "user_id", "action", "subject_kind", "reason", "after", "subject_id"),
        ((*shared, str(subject)) for subject in subject_ids),
    )
