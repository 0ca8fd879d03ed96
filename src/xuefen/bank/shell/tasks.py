"""Every minute: jobs whose worker is gone are taken up again. Every night: what was done weeks ago is forgotten.

A worker that was killed leaves its job marked as running, with its lock: nothing else under that lock would ever run
again, neither the rest of a batch nor, after a kill during a sweep, any sweep at all.
"""

from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.job_context import JobContext
from procrastinate.jobs import Status
from procrastinate.manager import JobManager


@app.periodic(cron="* * * * *")
@app.task(name="shell.take_up_abandoned", queueing_lock="shell.take_up_abandoned", pass_context=True)
async def take_up_abandoned(context: JobContext, timestamp: int) -> None:
    """``timestamp`` is when the round was planned. No lock of its own: a killed round must not stop the next one."""
    await take_up(context.app.job_manager)


async def take_up(manager: JobManager) -> int:
    """Queue what no living worker is running (no sign of life for 30 s); how many jobs that were."""
    abandoned = list(await manager.get_stalled_jobs())
    for job in abandoned:
        try:
            await manager.retry_job(job)
        except UniqueViolation:  # the same is queued already; it only has to let go of the lock
            assert job.id is not None
            await manager.finish_job_by_id_async(job_id=job.id, status=Status.FAILED, delete_job=False)
    return len(abandoned)


KEPT_HOURS = 21 * 24
"""How long a finished job can still be looked up; what it did stays in the audit trail for ever."""


@app.periodic(cron="23 4 * * *")
@app.task(name="shell.forget_done", queueing_lock="shell.forget_done", pass_context=True)
async def forget_done(context: JobContext, timestamp: int) -> None:
    """A minute's sweep is a job too: half a million rows a year and task."""
    await forget(context.app.job_manager)


async def forget(manager: JobManager) -> None:
    """Delete jobs that ended, in whatever way, more than ``KEPT_HOURS`` ago."""
    await manager.delete_old_jobs(KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True)
