"""Every minute the newest checkpoint goes to the witnesses that have not cosigned it yet."""

from procrastinate.contrib.django import app

from xuefen.bank.shell import clock
from xuefen.bank.translog import actions


@app.periodic(cron="* * * * *")
@app.task(name="translog.ask_witnesses", queueing_lock="translog.witnesses", lock="translog.witnesses")
def ask_witnesses(timestamp: int) -> None:
    """``timestamp`` is when the round was planned; the newest checkpoint of now is sent."""
    actions.ask_witnesses(now=clock.now())
