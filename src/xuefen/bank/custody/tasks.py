"""Every ten minutes: private halves of replaced keys whose overlap is over are destroyed, and interrupted erasures go on."""

from procrastinate.contrib.django import app

from xuefen.bank.custody import actions
from xuefen.bank.shell import clock


@app.periodic(cron="*/10 * * * *")
@app.task(name="custody.tidy", queueing_lock="custody.tidy", lock="custody.tidy")
def tidy(timestamp: int) -> None:
    """``timestamp`` is when the round was planned."""
    actions.tidy(now=clock.now())
    actions.finish(now=clock.now())
