"""Ending what a security system gets of the log: acts two people decide on, and what one may do alone in need.

Whoever can stop the log from leaving can act unseen, so it takes two. One alone stops it for an hour, once a day, with
a reason, and the others are told at once; then it goes on by itself. Going on takes one: it takes nothing away.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.control.siem import actions
from callwarden.control.siem.models import SiemReceiver
from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import NotFound
from callwarden.kernel.roles import Role

PAUSE: Final = "control:siem:pause"
REMOVE: Final = "control:siem:remove"
ROLES: Final = (Role.SECURITY_ADMIN, Role.DPO)


def pausing(row: SiemReceiver) -> Act:
    """The act of sending this receiver nothing more until somebody has it go on."""
    return Act(PAUSE, {"id": str(row.pk), "receiver": row.name})


def removing(row: SiemReceiver) -> Act:
    """The act of taking this receiver out of use; then it may leave the settings' file without being missed."""
    return Act(REMOVE, {"id": str(row.pk), "receiver": row.name})


def _pause(execution: Execution) -> SiemReceiver:
    return actions.pause(_of(execution), by=execution.by.actor, approval=execution.approval)


def _remove(execution: Execution) -> SiemReceiver:
    return actions.remove(_of(execution), by=execution.by.actor, approval=execution.approval)


def _of(execution: Execution) -> SiemReceiver:
    row = SiemReceiver.objects.filter(pk=str(execution.parameters["id"])).first()
    if row is None:
        raise NotFound("no_receiver", _("This receiver is not known here any more."))
    return row


approvals.register(
    ActKind(PAUSE, title=_("Stop sending the operation log to a security system"), roles=ROLES, quorum=1, run=_pause)
)
approvals.register(ActKind(REMOVE, title=_("Take a security system out of use"), roles=ROLES, quorum=1, run=_remove))
