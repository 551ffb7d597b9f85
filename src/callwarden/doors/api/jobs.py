"""Forgetting answered requests whose day is over."""

from __future__ import annotations

from procrastinate.contrib.django import app

from callwarden.doors.api.idempotency import forget_expired


@app.periodic(cron="23 * * * *")
@app.task(queue="clock", name="api.forget_answers", queueing_lock="api-forget-answers", pass_context=False)
def forget_answers(timestamp: int) -> None:
    """Once an hour: delete answers older than a day."""
    forget_expired()
