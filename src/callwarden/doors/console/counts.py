"""The numbers beside places: what waits for this person."""

from __future__ import annotations

from django.http import HttpRequest

from callwarden.doors.console.navigation import DECIDE, OVERSEE
from callwarden.kernel import approvals, findings
from callwarden.kernel.models import User


def counts_for(request: HttpRequest) -> dict[str, int]:
    """`approvals` this person may vote on or carry out now, and `findings` that are overdue."""
    user = request.user
    if not isinstance(user, User):
        return {}
    roles, counts = set(user.roles), {}
    if roles & DECIDE:
        counts["approvals"] = approvals.pending_for(user).count() + approvals.ready_for(user).count()
    if roles & OVERSEE:
        counts["findings"] = findings.overdue().count()
    return counts
