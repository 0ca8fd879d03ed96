"""The sweep, every minute."""

from procrastinate.contrib.django import app

from xuefen.bank.recognition import actions
from xuefen.bank.shell import clock


@app.periodic(cron="* * * * *")
@app.task(name="recognition.sweep", queueing_lock="recognition.sweep", lock="recognition.sweep")
def sweep_deadlines(timestamp: int) -> None:
    """``timestamp`` is when the sweep was planned; deadlines are judged by the clock, so a late worker is not behind."""
    actions.sweep(now=clock.now())
