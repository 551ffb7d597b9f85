"""The clock ends what has run out."""

from __future__ import annotations

from procrastinate.contrib.django import app

from callwarden.control.grants import actions


@app.periodic(cron="* * * * *")
@app.task(queue="clock", name="control.tidy_grants")
def tidy_grants(timestamp: int) -> None:
    """Once a minute: end grants of access whose time or uses are spent, drop those that were not approved."""
    actions.tidy()
