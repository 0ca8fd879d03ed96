"""Every five minutes, reservations whose time is over give their credit back."""

from procrastinate.contrib.django import app

from xuefen.bank.ledger import actions
from xuefen.bank.shell import clock


@app.periodic(cron="*/5 * * * *")
@app.task(name="ledger.release_expired", queueing_lock="ledger.expiry", lock="ledger.expiry")
def release_expired(timestamp: int) -> None:
    """``timestamp`` is when the round was planned; what has expired by now is released."""
    while actions.release_expired(now=clock.now()):
        pass
