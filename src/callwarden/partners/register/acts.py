"""Letting a suspended partner go on: one asks, another decides. Stopping it took one alone."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.scope import client_scope
from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict
from callwarden.kernel.roles import Role
from callwarden.partners.register import actions
from callwarden.partners.register.models import Partner

RESUME: Final = "partners:partner:resume"


def resumption(partner: Partner) -> Act:
    """The act of letting it go on from the suspension it is in now; a later one needs an approval of its own.

    Raises:
        Conflict: it is not suspended.
    """
    if partner.suspended_at is None:
        raise Conflict("partner_not_suspended", _("This partner is not suspended any more. Look at it again."))
    since = partner.suspended_at.isoformat(timespec="microseconds")
    return Act(RESUME, {"client": str(partner.client_id), "partner": str(partner.pk), "suspended_at": since})


def _resume(execution: Execution) -> Partner:
    with client_scope(UUID(str(execution.parameters["client"]))):
        partner = Partner.objects.select_for_update().get(pk=str(execution.parameters["partner"]))
        if resumption(partner).parameters != dict(execution.parameters):
            raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
        return actions.resume(partner, by=execution.by, approval=execution.approval)


approvals.register(
    ActKind(
        RESUME,
        title=_("Let a suspended partner go on"),
        roles=(Role.DPO, Role.SECURITY_ADMIN),
        quorum=1,
        run=_resume,
    )
)
