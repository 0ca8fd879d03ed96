"""Long looks in the background: examining the register, previewing a change on all accounts."""

from __future__ import annotations

import contextlib

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from xuefen.bank.conversion.actions.doctor import work as examine_all
from xuefen.bank.conversion.actions.impact import work as preview_all
from xuefen.bank.conversion.queries.coverage import keep_coverage
from xuefen.bank.shell.clock import now
from xuefen.bank.shell.problems import Denied

QUEUE = "looks"


@app.task(name="conversion.examine", queue=QUEUE, retry=RetryStrategy(max_attempts=3, wait=15))
def examine(run_id: int) -> None:
    """Examine all rules; why it could not be done is kept in the run."""
    with contextlib.suppress(Denied):
        examine_all(run_id=run_id, now=now())


@app.task(name="conversion.preview", queue=QUEUE, retry=RetryStrategy(max_attempts=20, wait=15))
def preview(run_id: int) -> None:
    """Preview a change on all accounts, from where it stands; why it could not be done is kept in the run."""
    with contextlib.suppress(Denied):
        preview_all(run_id=run_id, now=now())


@app.task(name="conversion.count_coverage", queue=QUEUE, retry=RetryStrategy(max_attempts=3, wait=15))
def count_coverage() -> None:
    """Count what the rules reach, for the map."""
    keep_coverage(now=now())


def defer_coverage() -> None:
    """Queue counting what the rules reach, unless it is queued."""
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        count_coverage.configure(lock="coverage", queueing_lock="coverage").defer()


def defer_examination(*, run_id: int) -> None:
    """Queue an examination; one that is queued already is not queued twice. One at a time: each reads everything."""
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        examine.configure(lock="looks", queueing_lock=f"examine:{run_id}").defer(run_id=run_id)


def defer_preview(*, run_id: int) -> None:
    """Queue a preview; one that is queued already is not queued twice."""
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        preview.configure(lock="looks", queueing_lock=f"preview:{run_id}").defer(run_id=run_id)
