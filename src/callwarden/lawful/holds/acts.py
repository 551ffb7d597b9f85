"""The acts two people decide on: that a matter holds, and that it lets go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.roles import Role
from callwarden.lawful.holds.models import Matter

if TYPE_CHECKING:
    from callwarden.lawful.holds.queries import Standing

SET: Final = "lawful:hold:set"
RELEASE: Final = "lawful:hold:release"


def setting(matter: Matter) -> Act:
    """The act of putting exactly this matter into force."""
    return Act(
        SET,
        {
            "matter": str(matter.pk),
            "client": str(matter.client_id),
            "scope": matter.scope,
            "target": str(matter.target) if matter.target else None,
            **{f"query_{name}": value for name, value in matter.query.items()},
            "review_on": matter.review_on.isoformat(),
        },
    )


def release(matter: Matter, now: Standing) -> Act:
    """The act of letting go what this matter holds; `now` is what the one who asked was shown."""
    return Act(
        RELEASE,
        {"matter": str(matter.pk), "client": str(matter.client_id), "held": now.held, "deferred": now.deferred},
    )


def _set(execution: Execution) -> Matter:
    from callwarden.lawful.holds import actions

    matter = Matter.objects.get(pk=str(execution.parameters["matter"]))
    return actions.confirm(matter, actor=execution.by.actor, approval=execution.approval)


def _release(execution: Execution) -> Matter:
    from callwarden.lawful.holds import actions

    matter = Matter.objects.get(pk=str(execution.parameters["matter"]))
    return actions.release(matter, actor=execution.by.actor, approval=execution.approval)


_DECIDE = (Role.DPO, Role.SECURITY_ADMIN)
approvals.register(
    ActKind(
        SET,
        title=_("Put records on hold"),
        roles=_DECIDE,
        quorum=1,
        run=_set,
        lasts=approvals.LONGEST,
        always=True,
    )
)
approvals.register(ActKind(RELEASE, title=_("Release a hold"), roles=_DECIDE, quorum=1, run=_release))
