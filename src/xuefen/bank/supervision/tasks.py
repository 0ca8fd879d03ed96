"""Every minute: what was deposited since is looked through for alarms, behind the deposits and never in their way."""

from procrastinate.contrib.django import app

from xuefen.bank.shell import clock
from xuefen.bank.supervision import actions


@app.periodic(cron="* * * * *")
@app.task(name="supervision.scan", queueing_lock="supervision.scan", lock="supervision.scan")
def scan(timestamp: int) -> None:
    """``timestamp`` is when the round was planned."""
    actions.scan(now=clock.now())
