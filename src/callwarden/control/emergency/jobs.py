"""The clock ends emergencies and freezes accounts whose emergency nobody reviewed."""

from __future__ import annotations

from procrastinate.contrib.django import app

from callwarden.control.emergency import actions


@app.periodic(cron="* * * * *")
@app.task(queue="clock", name="control.look_at_emergencies")
def look_at_emergencies(timestamp: int) -> None:
    """Once a minute."""
    actions.look()
