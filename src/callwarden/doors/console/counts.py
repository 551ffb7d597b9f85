"""The numbers beside places: what waits for this person."""

from __future__ import annotations

from django.http import HttpRequest

from callwarden.control.alerts import queries as alerts
from callwarden.custody.scope import client_scope
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.navigation import ANSWER, DECIDE, OVERSEE, WATCH
from callwarden.kernel import approvals, clock, findings
from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import User
from callwarden.lawful.requests import queries as requests


def counts_for(request: HttpRequest) -> dict[str, int]:
    """`approvals` this person may vote on or carry out now, `findings` that are overdue, `alerts` not settled,
    `requests` due within days."""
    user = request.user
    if not isinstance(user, User):
        return {}
    roles, counts = set(user.roles), {}
    if roles & DECIDE:
        counts["approvals"] = approvals.pending_for(user).count() + approvals.ready_for(user).count()
    if roles & OVERSEE:
        counts["findings"] = findings.overdue().count()
    if roles & WATCH:
        counts["alerts"] = alerts.unsettled(but=user.actor).count()
    if roles & ANSWER:
        counts["requests"] = _due_requests(request)
    return counts


def _due_requests(request: HttpRequest) -> int:
    try:
        client = client_of(request)
    except NotFound:
        return 0
    with client_scope(client.id):
        return requests.due_soon(clock.now()).count()
