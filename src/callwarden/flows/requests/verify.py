"""Who asks? Nothing is told or done before that is known, and what proves it is little and does not last.

Two ways need no other system: the person tells, called back at a number that was known before, the code they were
shown with their request; or an agent who has them on the line attests it for the customer of that call.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Customer
from callwarden.custody.scope import client_scope
from callwarden.flows.actors import Actor
from callwarden.flows.facts import in_hand
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, NotFound, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.tokens import keyed
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.models import RequestProof, SubjectRequest

DIGITS: Final = 8
ATTEMPTS: Final = 5
# Long enough to be called back over a holiday.
LASTS: Final = timedelta(days=7)
CALL_BACK, AGENT, SIGNED_IN, SYSTEM = "call_back", "agent", "signed_in", "system"


def find(client: UUID, request: UUID) -> SubjectRequest:
    """The request. Call it inside `client_scope`.

    Raises:
        NotFound: there is none of this client.
    """
    found = SubjectRequest.objects.select_related("line", "customer", "claimed").filter(pk=request, client_id=client)
    one = found.first()
    if one is None:
        raise NotFound("request_not_found", _("There is no such request. Go back to the list."))
    return one


def new_code(request: SubjectRequest, customer: Customer | None, *, actor: str) -> str:
    """A code to show the person once. Only its token is kept; an earlier one of the request is worth nothing any more.

    Call it inside `client_scope`.

    Args:
        customer: whom it proves; None for a code that proves nothing and yet looks and takes like any other.
    """
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    now = clock.now()
    RequestProof.objects.filter(request=request).delete()
    RequestProof.objects.create(
        client_id=request.client_id,
        request=request,
        customer=customer,
        code=_token(request, code),
        sent_at=now,
        expires_at=now + LASTS,
    )
    actions.ask_proof(request, actor=actor, waits_for_person=False)
    _tell(Event.REQUEST_PROOF_ASKED, request, actor, None)
    return code


def prove(actor: Actor, client: UUID, request: UUID, code: str) -> SubjectRequest:
    """Somebody reached at the known number told this code.

    Raises:
        NotFound: no such request.
        Conflict: no code is waiting: it was used, is over, or was tried too often.
        Refused: this is not the code. A few such answers end it.
    """
    with client_scope(client):
        asked = find(client, request)
        proof = RequestProof.objects.select_for_update().filter(request=asked, used_at__isnull=True).first()
        over = proof is None or proof.expires_at <= clock.now() or proof.attempts >= ATTEMPTS
        if proof is None or proof.customer is None or over:
            raise Conflict("no_code_waits", _("No code is waiting for this request. Begin the verification anew."))
        told = "".join(sign for sign in code if sign.isdigit())
        right = secrets.compare_digest(bytes(proof.code), _token(asked, told))
        if right:
            actions.verified(asked, proof.customer, how=CALL_BACK, actor=actor.name, session=actor.session)
            proof.delete()
        else:
            proof.attempts += 1
            proof.save(update_fields=["attempts"])
            _tell(Event.REQUEST_PROOF_FAILED, asked, actor.name, actor.session)
    if not right:
        raise Refused("wrong_code", _("This is not the code. Ask the person to read it out again."))
    return asked


def attest(actor: Actor, client: UUID, request: UUID) -> SubjectRequest:
    """An agent says that the person on the line is the customer of the call in their hands.

    Raises:
        NotFound: no such request.
        Refused: the request was not made in a call, the agent does not have it in hand, or nobody is known in it.
    """
    with client_scope(client):
        asked = find(client, request)
        user = actor.user
        call = None if user is None or asked.call_id is None else in_hand(user).filter(pk=asked.call_id).first()
        if call is None or call.customer is None:
            raise Refused(
                "no_call_in_hand",
                _("Only who has the caller on the line can attest who they are, and only for a known customer."),
            )
        return actions.verified(asked, call.customer, how=AGENT, actor=actor.name, session=actor.session)


def forget_old() -> int:
    """Delete codes whose time is over (run by the clock, client by client inside `client_scope`). How many."""
    return RequestProof.objects.filter(expires_at__lte=clock.now()).delete()[0]


def _token(request: SubjectRequest, code: str) -> bytes:
    return keyed("request-proof", f"{request.id}:{code}")


def _tell(event: Event, request: SubjectRequest, actor: str, session: UUID | None) -> None:
    facts = {"request": str(request.id)}
    entry = journal.Entry(event=event, actor=actor, session=session, client=request.client_id, data=facts)
    journal.record(entry)
