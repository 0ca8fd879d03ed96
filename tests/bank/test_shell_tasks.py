"""A killed worker's jobs go on: the job library leaves them marked as running, with their lock, for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.manager import JobManager

from xuefen.bank.deposits.tasks import defer_batch
from xuefen.bank.shell.tasks import KEPT_HOURS, forget, take_up

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_jobs() -> Iterator[None]:
    """The tables of the job library are not Django's to empty, and other tests leave jobs in them."""

    def empty() -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")

    empty()
    yield
    empty()


def killed_in_the_middle() -> None:
    """Every queued job as a worker leaves it that was killed and whose entry was pruned since."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL WHERE status = 'todo'")


def round_of(work: Callable[[JobManager], Awaitable[Any]] = take_up) -> Any:
    async def run() -> Any:
        with app.replace_connector(app.connector.get_worker_connector()) as worker:  # type: ignore[attr-defined]
            async with worker.open_async():
                return await work(worker.job_manager)

    return asyncio.run(run())


def states() -> list[Any]:
    return list(ProcrastinateJob.objects.order_by("id").values_list("status", flat=True))


def test_it_is_queued_again() -> None:
    defer_batch(batch_id=47)
    killed_in_the_middle()
    assert round_of() == 1
    assert states() == ["todo"]


def test_when_the_same_is_queued_already_it_only_lets_go_of_the_lock() -> None:
    defer_batch(batch_id=47)
    killed_in_the_middle()
    defer_batch(batch_id=47)  # somebody pressed "go on"
    assert round_of() == 1
    assert states() == ["failed", "todo"]


def test_what_a_living_worker_runs_is_left_alone() -> None:
    defer_batch(batch_id=47)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        worker = cursor.fetchone()[0]
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [worker])
    assert round_of() == 0
    assert states() == ["doing"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 seconds'")
    assert round_of() == 1
    assert states() == ["todo"]


def test_what_was_done_weeks_ago_is_forgotten() -> None:
    for batch in (1, 2, 3):
        defer_batch(batch_id=batch)
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM procrastinate_jobs")
        first = cursor.fetchone()[0]
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id < %s", [first + 2])
        cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [first])
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [first + 1])
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - make_interval(hours => %s) WHERE job_id = %s",
            [KEPT_HOURS + 1, first],
        )
    round_of(forget)
    assert states() == ["failed", "todo"]
