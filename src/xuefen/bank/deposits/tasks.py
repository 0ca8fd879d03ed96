"""Depositing in the background. Deferred inside the transaction that answers the upload: both commit or neither."""

from __future__ import annotations

import contextlib

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from xuefen.bank.deposits import actions
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import now
from xuefen.bank.shell.problems import Denied

QUEUE = "deposits"


@app.task(name="deposits.run_batch", queue=QUEUE, retry=RetryStrategy(max_attempts=20, wait=15))
def run_batch(batch_id: int) -> None:
    """Deposit a received batch. What is wrong with the file is kept in the batch; a busy issuer is tried again."""
    try:
        actions.run(batch_id=batch_id, by=Actor.system("deposits"), now=now())
    except Denied as denied:
        if denied.code in _TRY_AGAIN:
            raise


_TRY_AGAIN = frozenset({"batch_running", "database_full"})


def defer_batch(*, batch_id: int) -> None:
    """Queue a batch; a batch that is queued already is not queued twice."""
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        run_batch.configure(lock=f"deposit:{batch_id}", queueing_lock=f"deposit:{batch_id}").defer(batch_id=batch_id)
