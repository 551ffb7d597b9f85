"""Erasing an agent: their voice and words, in every call they took, by two people. Agents are data subjects too.

What the callers of these calls said stays, in versions without the agent; what a hold or a legal period keeps is stored
only and goes with its end. The account and what stands in the log stay: who did what has to stay provable.

Source: PIPL art. 47; GDPR art. 17; DESIGN section 4 (agents as data subjects).
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Client, Subject
from callwarden.custody.scope import client_scope
from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict, Refused
from callwarden.kernel.models import Approval, User, Vote
from callwarden.kernel.roles import Role

ERASE: Final = "lawful:agent:erase"
REASON: Final = "request_erasure"


def subjects_of(person: User) -> dict[UUID, list[UUID]]:
    """Client -> the key holders that are this agent there and were not erased."""
    found: dict[UUID, list[UUID]] = {}
    for client in Client.objects.order_by("id").values_list("id", flat=True):
        with client_scope(client):
            theirs = Subject.objects.filter(client_id=client, user=person, kind=Subject.Kind.AGENT)
            alive = theirs.filter(destroyed_at__isnull=True, erasure_due=False)
            if ids := list(alive.order_by("id").values_list("id", flat=True)):
                found[client] = ids
    return found


def act(person: User) -> Act:
    """The act of erasing exactly what there is of this agent now.

    Raises:
        Conflict: no call of theirs is kept, or all of it was erased.
    """
    subjects = [str(one) for ids in subjects_of(person).values() for one in ids]
    if not subjects:
        raise Conflict("nothing_of_agent", _("Nothing is kept of this person as an agent, or it is erased already."))
    return Act(ERASE, {"person": str(person.pk), "subjects": sorted(subjects)})


def ask(person: User, *, by: User, reason: str, session: UUID | None = None) -> Approval:
    """Ask for leave to erase an agent who asked for it or has left."""
    return approvals.request(act(person), requester=by, reason=reason, session=session)


def _erase(execution: Execution) -> int:
    from callwarden.flows.jobs import erase_agent, later

    person = User.objects.get(pk=str(execution.parameters["person"]))
    if act(person).parameters != execution.parameters:
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    if Vote.objects.filter(approval=execution.approval, voter=person).exists():
        raise Refused("own_erasure", _("Nobody decides on their own erasure. Somebody else has to."))
    asked = [(str(client), str(one)) for client, ids in subjects_of(person).items() for one in ids]
    for client, subject in asked:
        later(
            erase_agent,
            lock=f"erase:{subject}",
            client=client,
            subject=subject,
            actor=execution.by.actor,
        )
    return len(asked)


approvals.register(
    ActKind(
        ERASE,
        title=_("Erase an agent's voice and words"),
        roles=(Role.DPO, Role.SECURITY_ADMIN),
        quorum=1,
        run=_erase,
    )
)
