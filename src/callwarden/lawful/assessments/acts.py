"""Approving an assessment: two people besides the one who asks, and the data protection officer among the three."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

import rfc8785
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict, Refused
from callwarden.kernel.models import Approval, User, Vote
from callwarden.kernel.roles import Role
from callwarden.lawful.assessments import actions
from callwarden.lawful.assessments.models import Assessment

APPROVE: Final = "lawful:assessment:approve"
ROLES: Final = (Role.DPO, Role.SECURITY_ADMIN, Role.TEAM_LEADER)


def text_digest(assessment: Assessment) -> str:
    """SHA-256, in hex, of all that was thought, in canonical JSON."""
    told = {
        "covers": assessment.covers,
        "answers": assessment.answers,
        "risks": assessment.risks,
        "consulted": assessment.consulted,
        "review_months": assessment.review_months,
    }
    return hashlib.sha256(rfc8785.dumps(told)).hexdigest()


def approval_of(assessment: Assessment) -> Act:
    """The act of letting exactly this text count."""
    return Act(
        APPROVE,
        {
            "assessment": str(assessment.pk),
            "purpose": assessment.purpose_id,
            "covers": assessment.covers,
            "text": text_digest(assessment),
        },
    )


def _approve(execution: Execution) -> Assessment:
    assessment = Assessment.objects.select_for_update().get(pk=str(execution.parameters["assessment"]))
    if approval_of(assessment).parameters != dict(execution.parameters):
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    asked = Approval.objects.get(pk=execution.approval)
    voters = [vote.voter for vote in asked.votes.filter(choice=Vote.Choice.APPROVE).select_related("voter")]
    _officer_was_heard([asked.requester, *voters])
    return actions.approve(
        assessment,
        approvers=[voter.actor for voter in voters],
        actor=execution.by.actor,
        approval=execution.approval,
    )


def _officer_was_heard(people: list[User]) -> None:
    """GDPR art. 35(2) asks for the officer's advice; PIPL art. 52 makes them answer for the handling."""
    if not any(person.has_role(Role.DPO) for person in people):
        raise Refused("officer_not_heard", _("The data protection officer has to be among those who ask or approve."))


approvals.register(
    ActKind(
        APPROVE,
        title=_("Approve an impact assessment"),
        roles=ROLES,
        quorum=2,
        run=_approve,
        lasts=timedelta(days=14),
    )
)
