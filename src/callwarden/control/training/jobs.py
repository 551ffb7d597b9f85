"""Clock work about training."""

from __future__ import annotations

from procrastinate.contrib.django import app

from callwarden.control.training import watch


@app.periodic(cron="41 * * * *")
@app.task(name="clock.training", queue="clock", pass_context=False)
def look_at_training(timestamp: int) -> None:
    """Once an hour: sensitive roles whose holder's training is not current."""
    watch.look()
