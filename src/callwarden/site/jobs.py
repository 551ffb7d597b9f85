"""The clock's own tasks: rescue jobs whose worker died, and forget jobs that are long done.

They run on the queue `clock`, which has a worker of its own, so that full workers cannot delay them.
"""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

from callwarden.site import failing
from callwarden.site.worker import RESCUE_AFTER_SECONDS

log = structlog.get_logger("callwarden.jobs")

FINISHED_JOBS_KEPT_HOURS = 7 * 24


@app.periodic(cron="* * * * * */10")  # every ten seconds: the sixth field counts seconds
@app.task(queue="clock", queueing_lock="rescue-stalled-jobs", pass_context=False)
async def rescue_stalled_jobs(timestamp: int) -> None:
    """Give jobs of workers that stopped their heartbeat to others. Effects stay single: jobs are written for that.

    All are given away before any is told of: while the log takes nothing, none of them waits for the one before it.
    """
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=RESCUE_AFTER_SECONDS))
    for job in stalled:
        await app.job_manager.retry_job(job)
        log.warning("job_rescued", job=job.id, task=job.task_name, attempt=job.attempts)
    for job in stalled:
        await failing.noted(failing.taken_over, job, task=job.task_name)


@app.periodic(cron="17 3 * * *")
@app.task(queue="clock", queueing_lock="forget-finished-jobs", pass_context=False)
async def forget_finished_jobs(timestamp: int) -> None:
    """Delete jobs that succeeded a week ago; failed ones stay until somebody has looked."""
    await app.job_manager.delete_old_jobs(nb_hours=FINISHED_JOBS_KEPT_HOURS)
