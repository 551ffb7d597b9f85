"""Background work of chapter 3."""

from __future__ import annotations

from procrastinate.contrib.django import app

from callwarden.control.grants import actions as grants


@app.periodic(cron="* * * * *")
@app.task(queue="clock", name="control.tidy_grants")
def tidy_grants(timestamp: int) -> None:
    """Once a minute: end grants of access whose time or uses are spent, drop those that were not approved."""
    grants.tidy()
