"""Giving a sensitive role: the act two people decide on, neither of them whom it is about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.control.accounts import rules
from callwarden.control.training import queries as training
from callwarden.kernel import approvals, people
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict, Refused
from callwarden.kernel.models import User, Vote
from callwarden.kernel.roles import Role, check_roles

GIVE: Final = "control:roles:give"


def giving(person: User, roles: Iterable[str]) -> Act:
    """The act of giving a person exactly these roles instead of those they hold now."""
    return Act(GIVE, {"person": str(person.pk), "before": sorted(map(str, person.roles)), "after": check_roles(roles)})


def _give(execution: Execution) -> User:
    person = User.objects.select_for_update().get(pk=str(execution.parameters["person"]))
    if sorted(person.roles) != execution.parameters["before"]:
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    voted = Vote.objects.filter(approval=execution.approval, voter=person).exists()
    if voted or execution.by.pk == person.pk:
        raise Refused("own_rights", _("Nobody changes their own rights. Another security administrator has to."))
    after = execution.parameters["after"]
    assert isinstance(after, list)
    training.refuse_untrained(person, rules.sensitive_gain(person.roles, after))
    return people.set_roles(person, after, actor=execution.by.actor, approval=execution.approval)


approvals.register(
    ActKind(
        GIVE,
        title=_("Give somebody a sensitive role"),
        roles=(Role.DPO, Role.SECURITY_ADMIN),
        quorum=1,
        run=_give,
    )
)
