"""Putting an access matrix into force from the console: the act two people decide on."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.control.access.actions import put_into_force
from callwarden.control.access.models import PolicyVersion
from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict
from callwarden.kernel.roles import Role

ACTIVATE: Final = "control:matrix:activate"


def activation(version: PolicyVersion) -> Act:
    """The act of deciding by this draft instead of by the version now in force."""
    return Act(ACTIVATE, {"version": str(version.pk), "digest": version.digest, "instead_of": in_force()})


def in_force() -> str:
    """Digest of the matrix decisions are taken by now; empty when there is none."""
    row = PolicyVersion.objects.filter(state=PolicyVersion.State.ACTIVE).first()
    return row.digest if row else ""


def _activate(execution: Execution) -> PolicyVersion:
    version = PolicyVersion.objects.get(pk=str(execution.parameters["version"]))
    expected = (execution.parameters["digest"], execution.parameters["instead_of"])
    if (version.digest, in_force()) != expected:
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    return put_into_force(version, actor=execution.by.actor)


approvals.register(
    ActKind(
        ACTIVATE,
        title=_("Put an access matrix into force"),
        roles=(Role.DPO, Role.SECURITY_ADMIN),
        quorum=1,
        run=_activate,
    )
)
