"""Jobs that the clock starts, and that fail: the log tells when one begins to, and when it works again.

Not every failure, or a job of every minute would fill the log with them, and not those that are tried again. A job
about one thing (a call, a request) says itself what became of that thing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections, transaction
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from procrastinate.middleware import AsyncCallNext
from procrastinate.worker import Worker

from callwarden.kernel import journal, standing
from callwarden.kernel.events import Event
from callwarden.kernel.structural import Value

log = structlog.get_logger("callwarden.jobs")
ACTOR = "job:clock"


async def watched(call_next: AsyncCallNext, context: JobContext, worker: Worker) -> Any:
    """Around every job of a worker (procrastinate's worker middleware)."""
    job = context.job
    if not of_the_clock(job):
        return await call_next()
    try:
        answer = await call_next()
    except JobAborted:  # the worker is stopping; others take it up
        raise
    except Exception as error:
        if context.task is None or context.task.get_retry_exception(error, job) is None:
            await noted(failed, job.task_name, task=job.task_name)
        raise
    await noted(works, job.task_name, task=job.task_name)
    return answer


def of_the_clock(job: Job) -> bool:
    """Whether this job is about no single thing: the clock started it, or another that the clock did."""
    return set(job.task_kwargs) <= {"timestamp"}


def failed(task: str) -> None:
    """A job of this task has failed for good."""
    with transaction.atomic():
        if standing.begins(_name(task)):
            journal.record(journal.Entry(event=Event.JOB_FAILED, actor=ACTOR, data={"task": task}))


def works(task: str) -> None:
    """A job of this task has done its work."""
    with transaction.atomic():
        if standing.ends(_name(task)):
            entry = journal.Entry(event=Event.JOB_RECOVERED, actor=ACTOR, reasons=("works_again",), data={"task": task})
            journal.record(entry)


def taken_over(job: Job) -> None:
    """A job whose worker died has been given to others."""
    facts: dict[str, Value] = {"task": job.task_name, "attempt": job.attempts}
    with transaction.atomic():
        entry = journal.Entry(event=Event.JOB_RECOVERED, actor=ACTOR, reasons=("taken_over",), data=facts)
        journal.record(entry)


def _name(task: str) -> str:
    return f"job:{task}"


async def noted(note: Callable[..., None], about: str | Job, *, task: str) -> None:
    """What became of the job stands, whether or not it can be told: the next one that fails tells it."""
    try:
        await sync_to_async(_in_thread)(note, about)
    except Exception as error:
        log.error("job_not_told", task=task, error=type(error).__name__)


def _in_thread(note: Callable[..., None], about: str | Job) -> None:
    close_old_connections()
    try:
        note(about)
    finally:
        close_old_connections()
