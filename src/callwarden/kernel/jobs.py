"""Background work of the kernel. Clock tasks have a queue of their own, so that busy workers never starve them."""

from __future__ import annotations

import contextlib
from uuid import UUID

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from callwarden.kernel import approvals, deadlines, findings, notify
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
    """Warn of deadlines, expire approvals, end accepted risks."""
    deadlines.warn_due()
    approvals.expire_overdue()
    findings.lapse_acceptances()
