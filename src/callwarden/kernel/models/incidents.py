"""Incidents are opened here, by whoever notices; they are worked in the chapter on control."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.columns import declare
from callwarden.kernel.errors import Refused
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step
from callwarden.kernel.models.approvals import Approval
from callwarden.kernel.models.findings import Severity


def _two_people_decided(_incident: Incident, *, approval: Approval | None = None, **_facts: Any) -> None:
    if approval is None or approval.state != Approval.State.EXECUTED:
        raise Refused(
            "needs_approval",
            _("Closing an incident without notifying needs the approval of a second person. Ask for it."),
        )


class Incident(Stated):
    """Something that may have harmed personal data.

    Attributes:
        kind: slug (`leak`, `loss`, `misuse`, `tampering`, ...).
        discovered_at: from when every legal clock runs.
        entry: the ledger entry of the opening, whose sealed detail tells what was noticed.
        no_notice: the approval that reasons why nobody had to be notified.
    """

    class State(models.TextChoices):
        SUSPECTED = "suspected", _("Suspected")
        CONFIRMED = "confirmed", _("Confirmed")
        CONTAINED = "contained", _("Contained")
        ERADICATED = "eradicated", _("Eradicated")
        NOTIFIED = "notified", _("Notified")
        CLOSED = "closed", _("Closed")

    machine = Machine(
        "incident",
        states=State,
        initial=State.SUSPECTED,
        transitions={
            (State.SUSPECTED, State.CONFIRMED): Step(Event.INCIDENT_CONFIRMED),
            (State.SUSPECTED, State.CLOSED): Step(Event.INCIDENT_CLOSED, _two_people_decided),
            (State.CONFIRMED, State.CONTAINED): Step(Event.INCIDENT_CONTAINED),
            (State.CONTAINED, State.ERADICATED): Step(Event.INCIDENT_ERADICATED),
            (State.ERADICATED, State.NOTIFIED): Step(Event.INCIDENT_NOTIFIED),
            (State.ERADICATED, State.CLOSED): Step(Event.INCIDENT_CLOSED, _two_people_decided),
            (State.NOTIFIED, State.CLOSED): Step(Event.INCIDENT_CLOSED),
        },
    )

    state = models.CharField(max_length=12, choices=State, default=State.SUSPECTED, db_index=True)
    kind = models.CharField(max_length=40)
    severity = models.CharField(max_length=10, choices=Severity)
    client = models.UUIDField(null=True)
    discovered_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=60)
    entry = models.UUIDField()
    no_notice = models.ForeignKey(Approval, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)

    columns = declare(
        structural="id state kind severity client discovered_at opened_at opened_by entry no_notice closed_at"
    )
