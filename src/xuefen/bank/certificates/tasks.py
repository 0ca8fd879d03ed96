"""Every minute: statements whose outcomes were revoked are revoked too, and the status list is published, so that a
revocation shows within 60 seconds even when its own publication failed (I8).
"""

from procrastinate.contrib.django import app

from xuefen.bank.certificates import actions
from xuefen.bank.shell import clock


@app.periodic(cron="* * * * *")
@app.task(name="certificates.publish_status", queueing_lock="certificates.status", lock="certificates.status")
def publish_status(timestamp: int) -> None:
    """``timestamp`` is when the round was planned; the list is dated by the clock."""
    actions.sweep_withdrawn(now=clock.now())
    actions.publish_status(now=clock.now())
