"""Clock work of alerts: the usage review of each month."""

from __future__ import annotations

from procrastinate.contrib.django import app

from callwarden.control.alerts import reports


@app.periodic(cron="40 * * * *")
@app.task(queue="clock", name="control.usage_reviews")
def usage_reviews(timestamp: int) -> None:
    """Every hour: sign the review of a month that is over, and tell of those that nobody has looked at."""
    reports.make_due()
    reports.tell_of_waiting()
