"""Every minute: what was deposited since is looked through for alarms, and batches that are being revoked go on; behind the
deposits and never in their way.
"""

from __future__ import annotations

import contextlib

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from xuefen.bank.deposits import queries as deposits
from xuefen.bank.shell import clock
from xuefen.bank.supervision import actions


@app.periodic(cron="* * * * *")
@app.task(name="supervision.scan", queueing_lock="supervision.scan", lock="supervision.scan")
def scan(timestamp: int) -> None:
    """``timestamp`` is when the round was planned."""
    actions.scan(now=clock.now())
    for batch_id in deposits.being_revoked():  # one whose job was killed goes on here
        defer_revocation(batch_id=batch_id)


@app.task(name="supervision.revoke_batch")
def revoke_batch(batch_id: int) -> None:
    """Take back what is left of a batch; what fails is tried again with the next minute's round."""
    actions.run_batch(batch_id=batch_id, now=clock.now())


def defer_revocation(*, batch_id: int) -> None:
    """Queue it; one that is queued already is not queued twice."""
    name = f"revoke:{batch_id}"
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        revoke_batch.configure(lock=name, queueing_lock=name).defer(batch_id=batch_id)
