"""Every night: periods whose time for confirmations is over are gathered and deposited."""

from __future__ import annotations

from procrastinate.contrib.django import app

from xuefen.bank.activities import actions
from xuefen.bank.deposits.tasks import defer_batch
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import now


@app.periodic(cron="40 3 * * *")
@app.task(name="activities.gather_due", lock="activities.gather_due", queueing_lock="activities.gather_due")
def gather_due(timestamp: int) -> None:
    """``timestamp`` is when the round was planned."""
    for made in actions.gather_due(by=Actor.system("activities"), now=now()):
        if made.batch_id is not None:
            defer_batch(batch_id=made.batch_id)
