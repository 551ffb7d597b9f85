"""Carrying out what ends data for good: the act two people decide on, bound to exactly what was planned."""

from __future__ import annotations

import hashlib
from typing import Final
from uuid import UUID

import rfc8785
from django.utils.translation import gettext_lazy as _

from callwarden.custody.scope import client_scope
from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict
from callwarden.kernel.roles import Role
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.models import SubjectRequest

CARRY_OUT: Final = "lawful:request:carry_out"


def plan_digest(request: SubjectRequest) -> str:
    """SHA-256 over what was planned: who, what kind, and how much lies in every replica. Call it in `client_scope`."""
    tasks = {task.replica: task.before for task in request.tasks.all()}
    body = {"request": str(request.id), "kind": request.kind, "person": str(request.person_id), "found": tasks}
    return hashlib.sha256(rfc8785.dumps(body)).hexdigest()  # type: ignore[arg-type]


def carrying_out(request: SubjectRequest) -> Act:
    """The act of carrying out exactly what is planned now."""
    return Act(
        CARRY_OUT,
        {
            "request": str(request.id),
            "client": str(request.client_id),
            "kind": request.kind,
            "plan": plan_digest(request),
        },
    )


def _carry_out(execution: Execution) -> SubjectRequest:
    with client_scope(UUID(str(execution.parameters["client"]))):
        request = SubjectRequest.objects.select_for_update().get(pk=str(execution.parameters["request"]))
        if plan_digest(request) != execution.parameters["plan"]:
            raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
        return actions.begin(request, actor=execution.by.actor, approval=execution.approval)


approvals.register(
    ActKind(
        CARRY_OUT,
        title=_("Carry out a request of a data subject"),
        roles=(Role.DPO, Role.SECURITY_ADMIN, Role.TEAM_LEADER),
        quorum=1,
        run=_carry_out,
    )
)
