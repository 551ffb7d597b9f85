"""When the clock's tasks last ran: what is not run measures nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from procrastinate.contrib.django.models import ProcrastinatePeriodicDefer


def last_run(task: str) -> datetime | None:
    """When the clock last handed out this periodic task; None when it never did."""
    handed_out = ProcrastinatePeriodicDefer.objects.filter(task_name=task, defer_timestamp__isnull=False)
    stamp = handed_out.order_by("-defer_timestamp").values_list("defer_timestamp", flat=True).first()
    return datetime.fromtimestamp(stamp, UTC) if stamp else None
