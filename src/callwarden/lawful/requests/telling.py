"""How a request stands to other systems (OpenDSR 2.0), and telling those that wait to hear of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import notify
from callwarden.kernel.notify import Template
from callwarden.lawful.requests.models import SubjectRequest

State = SubjectRequest.State
MOVED: Final = notify.register(
    Template(
        "request-status",
        subject=_("A request of a data subject has moved"),
        body=_("Request %(request)s stands at %(status)s now."),
        parameters=frozenset({"request", "status"}),
    )
)


class Outward(StrEnum):
    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


def outward(request: SubjectRequest) -> Outward:
    """The status in OpenDSR's words; what was not met counts as cancelled, for a reason of the list."""
    if request.rejected_for:
        return Outward.CANCELLED
    if request.state in {State.ANSWERED, State.CLOSED}:
        return Outward.COMPLETED
    return Outward.IN_PROGRESS if request.state in {State.EXECUTING, State.RESTRICTED} else Outward.PENDING


def tell(request: SubjectRequest) -> None:
    """Queue the new status to the webhooks that asked for it and still exist, in the transaction of the move."""
    parameters = {"request": str(request.reference), "status": str(outward(request))}
    for endpoint in request.told:
        if endpoint in settings.CALLWARDEN_WEBHOOKS:
            notify.send(MOVED, to=endpoint, parameters=parameters, link=f"/requests/{request.pk}/")
