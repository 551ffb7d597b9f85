"""Taking back that a call was with a customer: a number that two people share, a borrowed telephone, a wrong record.

Links between key holders and people are revocable (DESIGN section 1), so nothing is rewrapped: the call keeps its own
key holder, and from the next disclosure on nothing of the customer belongs to it, nor it to the customer.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Call, Leg, PersonLink
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import unlink
from callwarden.flows.actors import Actor
from callwarden.kernel import journal
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event


def take_apart(actor: Actor, call: Call, *, reason: str) -> int:
    """Say that this call was not with the customer it was taken to be with. Returns how many links ended.

    Args:
        reason: how that is known, in words; kept sealed beside the ledger.

    Raises:
        InvalidInput: no reason.
        Conflict: no customer is linked to this call (any more).
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say how it is known that this is somebody else."))
    with client_scope(call.client_id):
        held = Call.objects.select_for_update(of=("self",)).select_related("customer").get(pk=call.pk)
        customer = held.customer
        if customer is None:
            raise Conflict("not_linked", _("No customer is linked to this call. Look at it again."))
        callers = Leg.objects.filter(call=held).exclude(party=Leg.Party.AGENT).values("subject")
        ended = [
            unlink(one)
            for one in PersonLink.objects.select_for_update().filter(
                person=customer.person_id, subject__in=callers, revoked_at__isnull=True
            )
        ]
        held.customer = None
        held.save(update_fields=["customer"])
        journal.record(
            journal.Entry(
                event=Event.PERSON_UNLINKED,
                actor=actor.name,
                session=actor.session,
                client=held.client_id,
                call=held.id,
                subject=customer.subject_id,
                count=len(ended),
                detail={"reason": reason.strip()},
            )
        )
    return len(ended)
