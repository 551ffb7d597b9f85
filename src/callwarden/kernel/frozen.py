"""Unfreezing an account takes two people: whoever asks, and one who approves exactly this account.

people.freeze_account(user, actor=..., reason="alert")             # at once, by one
asked = approvals.request(frozen.act(user), requester=officer, reason="...")
approvals.approve(asked.pk, by=second)
approvals.execute(asked.pk, frozen.act(user), by=officer)
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import people
from callwarden.kernel.approvals import Act, ActKind, Execution, register
from callwarden.kernel.errors import Conflict, Refused
from callwarden.kernel.models import User
from callwarden.kernel.roles import Role

UNFREEZE: Final = "people:account:unfreeze"


def act(user: User) -> Act:
    """The act of unfreezing this account from the freeze it is in now; a later freeze needs an approval of its own.

    Raises:
        Conflict: it is not frozen.
    """
    if user.frozen_at is None:
        raise Conflict("account_not_frozen", _("This account is not frozen any more. Look at it again."))
    return Act(UNFREEZE, {"person": user.actor, "frozen_at": user.frozen_at.isoformat(timespec="microseconds")})


def _unfreeze(execution: Execution) -> object:
    user = User.objects.select_for_update().get(pseudonym=str(execution.parameters["person"]))
    if act(user).parameters != execution.parameters:
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    if user.pk == execution.by.pk:
        raise Refused("own_account", _("Nobody unfreezes their own account."))
    return people.unfreeze_account(user, actor=execution.by.actor, approval=execution.approval)


register(
    ActKind(
        UNFREEZE,
        title=_("Unfreeze an account"),
        roles=(Role.SECURITY_ADMIN, Role.DPO),
        quorum=1,
        run=_unfreeze,
    )
)
