"""Taking away somebody's second factors, who lost them: asked for by one security administrator, approved by another.

Together with a password given anew it would otherwise let one administrator sign in as anybody.
"""

from __future__ import annotations

from uuid import UUID

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals, journal, sessions
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Approval, User
from callwarden.kernel.roles import Role

REMOVE_FACTORS = "protection:factors:remove"


def ask_to_remove(user: User, *, requester: User, reason: str, session: UUID | None = None) -> Approval:
    """Ask that every second factor of somebody is removed.

    Raises:
        Conflict: there is none.
    """
    if not Authenticator.objects.filter(user=user).exists():
        raise Conflict("no_factor", _("This person has no second factor that could be removed."))
    act = Act(REMOVE_FACTORS, {"person": str(user.pk)})
    return approvals.request(act, requester=requester, reason=reason, session=session)


def _remove(execution: Execution) -> None:
    user = User.objects.select_for_update().get(pk=str(execution.parameters["person"]))
    Authenticator.objects.filter(user=user).delete()
    sessions.forget_mfa(user)
    sessions.revoke_all(user, actor=execution.by.actor, reason="factors_removed")
    facts = {"person": user.actor, "kind": "all", "change": "removed"}
    journal.record(Entry(event=Event.MFA_CHANGED, actor=execution.by.actor, approval=execution.approval, data=facts))


approvals.register(
    ActKind(
        REMOVE_FACTORS,
        title=_("Remove somebody's second factors"),
        roles=(Role.SECURITY_ADMIN, Role.DPO),
        run=_remove,
        quorum=1,
    )
)
