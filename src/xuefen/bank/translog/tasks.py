"""Every minute the newest checkpoint goes to the witnesses that have not cosigned it yet; now and then, where somebody set it
up, into a contract on a chain.
"""

from procrastinate.contrib.django import app

from xuefen.bank.shell import clock
from xuefen.bank.translog import actions


@app.periodic(cron="* * * * *")
@app.task(name="translog.ask_witnesses", queueing_lock="translog.witnesses", lock="translog.witnesses")
def ask_witnesses(timestamp: int) -> None:
    """``timestamp`` is when the round was planned; the newest checkpoint of now is sent."""
    actions.ask_witnesses(now=clock.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="translog.anchor", queueing_lock="translog.anchor", lock="translog.anchor")
def anchor(timestamp: int) -> None:
    """``timestamp`` is when the round was planned. Off, or too soon after a failure, nothing happens."""
    actions.anchor_by_itself(now=clock.now())
