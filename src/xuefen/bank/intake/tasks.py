"""The sweep, every minute."""

from procrastinate.contrib.django import app

from xuefen.bank.intake import actions
from xuefen.bank.shell import clock


@app.periodic(cron="* * * * *")
@app.task(name="intake.sweep", queueing_lock="intake.sweep", lock="intake.sweep")
def sweep_slips(timestamp: int) -> None:
    """``timestamp`` is when the sweep was planned; deadlines are judged by the clock."""
    actions.sweep(now=clock.now())
