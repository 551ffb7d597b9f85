"""Clock work of backups: what is late becomes a finding; the weekly drill is asked for."""

from __future__ import annotations

import contextlib

from django.conf import settings
from procrastinate.contrib.django import app

from callwarden.kernel.errors import Conflict
from callwarden.protection.backup import actions
from callwarden.protection.backup.queries import last_good


@app.periodic(cron="17 * * * *")
@app.task(queue="clock", name="backup.watch")
def watch(timestamp: int) -> None:
    """Findings for what is overdue."""
    actions.file_what_is_late()


@app.periodic(cron="40 2 * * 0")
@app.task(queue="clock", name="backup.weekly_drill")
def weekly_drill(timestamp: int) -> None:
    """Ask for the weekly drill where there is something to restore."""
    if settings.BACKUP_TARGET and last_good("data"):
        with contextlib.suppress(Conflict):
            actions.ask_drill(by="job:drill")
