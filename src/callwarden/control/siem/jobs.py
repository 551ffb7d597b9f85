"""Every ten seconds: who has something to get, gets it from the workers."""

from __future__ import annotations

import contextlib

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from callwarden.control.siem import actions


@app.periodic(cron="* * * * * */10")  # every ten seconds: the sixth field counts seconds
@app.task(queue="clock", name="control.siem_due", queueing_lock="siem-due")
def siem_due(timestamp: int) -> None:
    """Hand each receiver that is due to the workers, once."""
    actions.add_configured()
    actions.end_pauses()
    for name in actions.due():
        with contextlib.suppress(AlreadyEnqueued):
            siem_send.configure(queueing_lock=f"siem:{name}").defer(receiver=name)


@app.task(queue="default", name="control.siem_send")
def siem_send(receiver: str) -> None:
    """Send for a while; the clock has it go on after that."""
    actions.carry_on(receiver, seconds=20)
