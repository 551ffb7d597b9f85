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
from callwarden.kernel.structural import Value

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
    by = [frozenset(theirs) & set(wanted.roles) for theirs in voters.values_list("roles", flat=True)]
    if len(by) < quorum + 1 or not voting.roles_covered(by, distinct_roles):
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
    """Ask for other terms: decided on by as many, from as many roles, as decide on the act itself, or on terms,
    whichever are more.

    Raises:
        InvalidInput: see `act`, or no reason.
    """
    wanted = act(kind, quorum=quorum, distinct_roles=distinct_roles)
    people, roles = _to_change(kind)
    return approvals.request(wanted, requester=by, reason=reason, quorum=people, distinct_roles=roles, session=session)


def _to_change(kind: str) -> tuple[int, int]:
    """How many people, and from how many roles, decide on the terms of a kind."""
    terms = approvals.kind_of(CHANGE)
    own, theirs = needed(terms), needed(approvals.kind_of(kind))
    # Terms are decided on by people of two roles; an act that takes three has the most there can be.
    return max(own[0], theirs[0]), max(own[1], min(theirs[1], len(set(terms.roles))))


def _change(execution: Execution) -> ApprovalTerms:
    name = str(execution.parameters["act"])
    quorum, roles = int(str(execution.parameters["quorum"])), int(str(execution.parameters["distinct_roles"]))
    act(name, quorum=quorum, distinct_roles=roles)
    asked = Approval.objects.get(pk=execution.approval)
    people, from_roles = _to_change(name)
    if asked.quorum < people or asked.distinct_roles < from_roles:
        raise InvalidInput("terms_changed", _("This needs more approval than when it was asked for. Ask again."))
    return _set(name, quorum, roles, actor=execution.by.actor, approval=execution.approval)


def at_least(kind: str, *, quorum: int, distinct_roles: int, actor: str) -> None:
    """Have the terms of a kind be no laxer than these: a restored store does not know that they were raised."""
    now = ApprovalTerms.objects.select_for_update().filter(kind=kind).first()
    before = (now.quorum, now.distinct_roles) if now else (1, 1)
    wanted = max(before[0], quorum), max(before[1], distinct_roles)
    if wanted != before:
        _set(kind, *wanted, actor=actor)


def _set(kind: str, quorum: int, roles: int, *, actor: str, approval: UUID | None = None) -> ApprovalTerms:
    data: dict[str, Value] = {"act": kind, "quorum": quorum, "distinct_roles": roles}
    told = Entry(event=Event.APPROVAL_TERMS_CHANGED, actor=actor, approval=approval, data=data)
    changes = {"quorum": quorum, "distinct_roles": roles, "set_at": clock.now(), "entry": journal.record(told)}
    return ApprovalTerms.objects.update_or_create(kind=kind, defaults=changes)[0]


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
