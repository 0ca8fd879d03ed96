"""The sweep over standards, every hour."""

from procrastinate.contrib.django import app

from xuefen.bank.shell import clock
from xuefen.bank.standards import actions


@app.periodic(cron="7 * * * *")
@app.task(name="standards.sweep", queueing_lock="standards.sweep", lock="standards.sweep")
def sweep_standards(timestamp: int) -> None:
    """``timestamp`` is when the sweep was planned; what is due is judged by the clock."""
    actions.sweep(now=clock.now())
