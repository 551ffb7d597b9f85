"""What needs a decision today, for the person who looks: few lines, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import IntakeItem
from callwarden.doors.console.access import holds
from callwarden.doors.console.components import Text
from callwarden.doors.console.navigation import DECIDE, DPO, LEADER, SYSTEM
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import approvals, clock, deadlines, findings

SOON = timedelta(days=3)
TODAY = timedelta(hours=24)
State = IntakeItem.State


@dataclass(frozen=True)
class Decision:
    """One line: how many of what, until when, and where to decide it."""

    icon: str
    tone: str
    title: Text
    count: int
    note: Text
    href: str
    until: datetime | None = None


def for_viewer(request: ConsoleRequest) -> list[Decision]:
    """What this person's roles decide about, and only what there is any of."""
    found = [*_approvals(request), *_duties(request), *_arrivals(request)]
    return [decision for decision in found if decision.count]


def _approvals(request: ConsoleRequest) -> Iterator[Decision]:
    if not holds(request, DECIDE):
        return
    user, inbox = request.user, reverse("console:approvals")
    waiting, ready = approvals.pending_for(user), approvals.ready_for(user)
    first = waiting.first()
    yield Decision(
        "checkbox", "warn", _("Requests wait for your decision"), waiting.count(),
        _("Somebody else asked; you approve or refuse."), inbox, first.expires_at if first else None,
    )  # fmt: skip
    yield Decision(
        "send", "info", _("Your approved requests can be carried out"), ready.count(),
        _("They lapse if nobody carries them out."), f"{inbox}?list=mine",
        ready.order_by("expires_at").values_list("expires_at", flat=True).first(),
    )  # fmt: skip


def _duties(request: ConsoleRequest) -> Iterator[Decision]:
    now = clock.now()
    running = deadlines.running().filter(due_at__lt=now + SOON)
    if holds(request, {DPO}):
        yield Decision(
            "alert-octagon", "fail", _("Legal deadlines end within three days"), running.count(),
            _("File them, or have them declared not applicable by two people."), reverse("console:findings"),
            running.values_list("due_at", flat=True).first(),
        )  # fmt: skip
    due = findings.unsettled().filter(due_at__lt=now + SOON)
    yield Decision(
        "flag", "fail", _("Findings are due within three days"), due.count(),
        _("Put them right, then let somebody else check."), reverse("console:findings"),
        due.values_list("due_at", flat=True).first(),
    )  # fmt: skip
    new = findings.unsettled().filter(state="open")
    yield Decision(
        "flag", "warn", _("New findings have nobody to answer for them"), new.count(),
        _("Look at each and say whose it is."), f"{reverse('console:findings')}?state=open",
    )  # fmt: skip


def _arrivals(request: ConsoleRequest) -> Iterator[Decision]:
    if not holds(request, {LEADER, SYSTEM, DPO}):
        return
    imports = reverse("console:imports")
    aside = IntakeItem.objects.filter(state=State.SET_ASIDE)
    yield Decision(
        "archive", "warn", _("Files were set aside"), aside.count(),
        _("Each says why, and what to do."), f"{imports}?list=set_aside",
    )  # fmt: skip
    ending = IntakeItem.objects.filter(
        state=State.QUARANTINED, kind=IntakeItem.Kind.ROW, delete_at__lt=clock.now() + TODAY
    )
    yield Decision(
        "hourglass", "info", _("Refused calls will be destroyed within a day"), ending.count(),
        _("Deliver the missing notice or consent, or let them go."), f"{imports}?list=quarantined",
        ending.aggregate(first=Min("delete_at"))["first"],
    )  # fmt: skip
