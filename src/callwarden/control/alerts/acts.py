"""Keeping alerts from being shown: the act two people decide on. What one may do alone is in `actions.suppress`."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.control.alerts import actions
from callwarden.control.alerts.models import Suppression
from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Refused
from callwarden.kernel.models import Approval, User, Vote

SUPPRESS: Final = "control:alerts:suppress"


def ask_to_suppress(
    kind: str, *, person: str, until: datetime, owner: User, reason: str, session: UUID | None = None
) -> Approval:
    """Ask for leave to keep alerts of a kind from being shown until a day, for everybody or about one person.

    Raises:
        InvalidInput, Refused: as `actions.check_suppression`, before anybody else is bothered.
    """
    actions.check_suppression(kind, person=person, until=until, owner=owner, reason=reason)
    act = Act(SUPPRESS, {"alert_kind": kind, "person": person, "until": until.isoformat(timespec="seconds")})
    return approvals.request(act, requester=owner, reason=reason, session=session)


def _suppress(execution: Execution) -> Suppression:
    asked = Approval.objects.select_related("requester").get(pk=execution.approval)
    given = {name: str(value) for name, value in execution.parameters.items()}
    person = given["person"]
    voted = _named(person) and Vote.objects.filter(approval=asked, voter__pseudonym=person).exists()
    if voted or execution.by.actor == person:
        raise Refused("own_alert", _("Nobody suppresses alerts about themselves."))
    return actions.suppress(
        given["alert_kind"],
        person=person,
        until=datetime.fromisoformat(given["until"]),
        owner=asked.requester,
        approval=asked,
    )


def _named(person: str) -> bool:
    """Whether this is somebody's pseudonym, and not a program or everybody."""
    try:
        return str(UUID(person)) == person
    except ValueError:
        return False


approvals.register(
    ActKind(
        SUPPRESS,
        title=_("Keep alerts of a kind from being shown"),
        roles=actions.ROLES,
        quorum=1,
        run=_suppress,
    )
)
