"""Background work of the kernel. Clock tasks have a queue of their own, so that busy workers never starve them."""

from __future__ import annotations

import contextlib
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from callwarden.kernel import approvals, bulk, deadlines, findings, notify
from callwarden.kernel.notify.outbox import hand_over

_AT_ONCE = 500


@app.task(queue="default", name="kernel.deliver_message")
def deliver_message(message: str) -> None:
    """Deliver one message; failures are tried again by `deliver_due`."""
    notify.deliver(UUID(message))


@app.periodic(cron="* * * * *")
@app.task(queue="clock", name="kernel.deliver_due")
def deliver_due(timestamp: int) -> None:
    """Hand every message whose next try is due to the workers."""
    for message in list(notify.due().values_list("pk", flat=True)[:_AT_ONCE]):
        with contextlib.suppress(AlreadyEnqueued):
            hand_over(message)


@app.periodic(cron="* * * * *")
@app.task(queue="clock", name="kernel.watch_clocks")
def watch_clocks(timestamp: int) -> None:
    """Warn of deadlines, expire approvals, end accepted risks, put away sets nobody decided on."""
    deadlines.warn_due()
    approvals.expire_overdue()
    findings.lapse_acceptances()
    bulk.drop_undecided()


def work_bulk_later(act: UUID) -> None:
    """Have an act on many rows carried on, in the caller's transaction; once is enough."""
    # A savepoint: the database refuses a second job by an error, which would end the caller's transaction.
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        work_bulk.configure(queueing_lock=f"bulk:{act}").defer(act=str(act))


@app.task(name="kernel.work_bulk")
def work_bulk(act: str) -> None:
    """Carry an act on many rows on for a while; the clock has it go on after that, whatever became of this job."""
    bulk.carry_on(UUID(act), seconds=50)


@app.periodic(cron="* * * * *")
@app.task(queue="clock", name="kernel.take_up_bulk")
def take_up_bulk(timestamp: int) -> None:
    """Once a minute: have acts on many rows go on."""
    for act in bulk.waiting():
        work_bulk_later(act)
