"""A site's own terms of approval: more people, or people of more roles, than the product asks for. Never fewer.

    stricter.request("custody:bucket:destroy", quorum=3, distinct_roles=2, by=officer, reason="...")

The terms are themselves changed by approval, and by as many people as the act itself takes at that moment: whoever
could not do the act alone cannot make it easy either. What was asked for under laxer terms is asked for anew.

Source: PCI DSS 4.0 7.2.4; GB/T 22239-2019 8.1.4.2 (separation of rights).
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals, clock, journal, voting
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Approval, ApprovalTerms, User
from callwarden.kernel.roles import Role

CHANGE: Final = "kernel:approval_terms:change"
MOST: Final = 5


def act(kind: str, *, quorum: int, distinct_roles: int) -> Act:
    """The act of setting the terms of a kind.

    Raises:
        InvalidInput: laxer than built in, more than can be had, or not enough people who may vote.
    """
    wanted = approvals.kind_of(kind)
    if not wanted.quorum <= quorum <= MOST:
        raise InvalidInput(
            "quorum_out_of_range",
            _("At least %(least)s and at most %(most)s people approve this. Choose a number between them."),
            data={"least": wanted.quorum, "most": MOST},
        )
    if not wanted.distinct_roles <= distinct_roles <= min(quorum, len(set(wanted.roles))):
        raise InvalidInput(
            "roles_out_of_range", _("So many people cannot come from so many roles. Choose fewer roles.")
        )
    voters = User.objects.filter(is_active=True, roles__overlap=list(wanted.roles))
    if voters.count() < quorum + 1:
        raise InvalidInput(
            "too_few_voters", _("There are not enough people who may approve this. Give somebody the role first.")
        )
    return Act(CHANGE, {"act": kind, "quorum": quorum, "distinct_roles": distinct_roles})


def needed(kind: ActKind) -> tuple[int, int]:
    """How many people must approve an act of this kind at this site, and from how many roles."""
    return voting.needed(kind.name, kind.quorum, kind.distinct_roles)


def request(
    kind: str, *, quorum: int, distinct_roles: int, by: User, reason: str, session: UUID | None = None
) -> Approval:
    """Ask for other terms: decided on by as many as decide on the act itself, or on terms, whichever are more.

    Raises:
        InvalidInput: see `act`, or no reason.
    """
    wanted = act(kind, quorum=quorum, distinct_roles=distinct_roles)
    own, theirs = needed(approvals.kind_of(CHANGE)), needed(approvals.kind_of(kind))
    return approvals.request(wanted, requester=by, reason=reason, quorum=max(own[0], theirs[0]), session=session)


def _change(execution: Execution) -> ApprovalTerms:
    name = str(execution.parameters["act"])
    quorum, roles = int(str(execution.parameters["quorum"])), int(str(execution.parameters["distinct_roles"]))
    act(name, quorum=quorum, distinct_roles=roles)
    asked = Approval.objects.get(pk=execution.approval)
    if asked.quorum < needed(approvals.kind_of(name))[0]:
        raise InvalidInput("terms_changed", _("This needs more approval than when it was asked for. Ask again."))
    entry = journal.record(
        Entry(
            event=Event.APPROVAL_TERMS_CHANGED,
            actor=execution.by.actor,
            approval=execution.approval,
            data={"act": name, "quorum": quorum, "distinct_roles": roles},
        )
    )
    changes = {"quorum": quorum, "distinct_roles": roles, "set_at": clock.now(), "entry": entry}
    return ApprovalTerms.objects.update_or_create(kind=name, defaults=changes)[0]


approvals.register(
    ActKind(
        CHANGE,
        title=_("Change how many people approve an act"),
        roles=(Role.DPO, Role.SECURITY_ADMIN),
        quorum=1,
        run=_change,
        lead="/approvals/terms/",
    )
)
