"""The only writer of the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.shell.actor import Actor
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
    """Write one audit entry beside the act itself. ``subject`` is (kind, public number or id); no personal data in it."""
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
