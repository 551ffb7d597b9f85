"""Clock work of reviews: silence ends them."""

from __future__ import annotations

from procrastinate.contrib.django import app

from callwarden.control.reviews import actions, reminders


@app.periodic(cron="*/5 * * * *")
@app.task(name="clock.reviews", queue="clock", pass_context=False)
def end_reviews(timestamp: int) -> None:
    """Every five minutes: revoke what nobody decided on by the deadline, close and report."""
    actions.end_due()


@app.periodic(cron="17 * * * *")
@app.task(name="clock.review_reminders", queue="clock", pass_context=False)
def remind_of_reviews(timestamp: int) -> None:
    """Once an hour: reviews whose end is near with rights left, and the next review that is due or late."""
    reminders.look()
