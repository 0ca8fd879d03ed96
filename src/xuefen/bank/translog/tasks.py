"""Every minute, and soon after a seal, the newest checkpoint goes to the witnesses that have not cosigned it yet; now and then,
where somebody set it up, into a contract on a chain.
"""

import contextlib

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from xuefen.bank.shell import clock
from xuefen.bank.translog import actions, queries


@app.periodic(cron="* * * * *")
@app.task(name="translog.ask_witnesses", queueing_lock="translog.witnesses", lock="translog.witnesses")
def ask_witnesses(timestamp: int) -> None:
    """``timestamp`` is when the round was planned; the newest checkpoint of now is sent."""
    actions.ask_witnesses(now=clock.now())


def defer_witnesses() -> None:
    """Ask them soon, where there are any: whoever verifies a minute-old certificate should find it witnessed."""
    if queries.witnesses():
        with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
            ask_witnesses.configure().defer(timestamp=int(clock.now().timestamp()))


@app.periodic(cron="*/10 * * * *")
@app.task(name="translog.anchor", queueing_lock="translog.anchor", lock="translog.anchor")
def anchor(timestamp: int) -> None:
    """``timestamp`` is when the round was planned. Off, or too soon after a failure, nothing happens."""
    actions.anchor_by_itself(now=clock.now())
