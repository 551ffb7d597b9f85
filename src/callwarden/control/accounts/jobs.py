"""Clock work about accounts."""

from __future__ import annotations

from procrastinate.contrib.django import app

from callwarden.control.accounts import watch


@app.periodic(cron="27 * * * *")
@app.task(name="clock.accounts", queue="clock", pass_context=False)
def look_at_accounts(timestamp: int) -> None:
    """Once an hour: posts whose time is over, accounts nobody uses."""
    watch.look()
