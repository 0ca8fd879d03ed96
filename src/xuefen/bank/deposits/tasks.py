"""Depositing in the background. Deferred inside the transaction that answers the upload: both commit or neither."""

from __future__ import annotations

import contextlib

from django.db import InterfaceError, OperationalError, transaction
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job

from xuefen.bank.deposits import actions
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import now
from xuefen.bank.shell.problems import Denied

QUEUE = "deposits"


MOST_ATTEMPTS = 20
SHORTEST_WAIT, LONGEST_WAIT = 15, 60  # seconds


class Patient(BaseRetryStrategy):
    """What was taken in is deposited: a database that is away or full, or a busy issuer, is waited for as long as it takes.
    Anything else is a defect, and given up after ``MOST_ATTEMPTS``; the batch can be run again from the desk.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        passes = isinstance(exception, (Denied, OperationalError, InterfaceError))
        if not passes and job.attempts >= MOST_ATTEMPTS:
            return None
        return RetryDecision(retry_in={"seconds": min(SHORTEST_WAIT * (job.attempts + 1), LONGEST_WAIT)})


@app.task(name="deposits.run_batch", queue=QUEUE, retry=Patient())
def run_batch(batch_id: int) -> None:
    """Deposit a received batch. What is wrong with the file is kept in the batch; a busy issuer is tried again."""
    try:
        actions.run(batch_id=batch_id, by=Actor.system("deposits"), now=now())
    except Denied as denied:
        if denied.code in _TRY_AGAIN:
            raise


@app.periodic(cron="5 * * * *")
@app.task(name="deposits.drop_leftovers", queueing_lock="deposits.drop_leftovers", lock="deposits.drop_leftovers")
def drop_leftovers(timestamp: int) -> None:
    """Once an hour: files that a kill left behind. ``timestamp`` is when the round was planned."""
    actions.drop_leftover_files(now=now())


_TRY_AGAIN = frozenset({"batch_running", "database_full"})


def defer_batch(*, batch_id: int) -> None:
    """Queue a batch; a batch that is queued already is not queued twice."""
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        run_batch.configure(lock=f"deposit:{batch_id}", queueing_lock=f"deposit:{batch_id}").defer(batch_id=batch_id)
