"""Who asks? Nothing is told or done before that is known, and what proves it is little and does not last.

The person tells, called back at a number that was known before, the code they were shown with their request; or types
in the code that was sent to a number or address known before; or an agent who has them on the line attests it for the
customer of that call, or for its caller where that is no known customer: theirs is what was kept of that call.

What takes something back is carried out with the proof: it is as easy as giving it was, and holds from the next
decision on (PIPL art. 15; GDPR art. 7(3)).
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Customer, Line, Subject
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import person_of
from callwarden.flows.actors import Actor
from callwarden.flows.consents import caller_of
from callwarden.flows.facts import in_hand
from callwarden.flows.requests import codes, work
from callwarden.flows.requests.codes import Way
from callwarden.kernel.errors import Conflict, NotFound, Refused
from callwarden.lawful.consent.actions import hold_person
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest

CALL_BACK, MESSAGE, AGENT, SIGNED_IN, SYSTEM = "call_back", "message", "agent", "signed_in", "system"
# Nobody has to weigh whether these are met.
AT_ONCE: Final = frozenset({Kind.WITHDRAWAL, Kind.OBJECTION})


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


def prove(actor: Actor, client: UUID, request: UUID, code: str) -> SubjectRequest:
    """Somebody reached at the known number told this code.

    Raises:
        NotFound: no such request.
        Conflict: no code is waiting: it was used, is over, or was tried too often.
        Refused: this is not the code. A few such answers end it.
    """
    with client_scope(client):
        asked = find(client, request)
        waits = codes.waiting(asked, Way.CALL_BACK)
        if waits is None:
            raise Conflict("no_code_waits", _("No code is waiting for this request. Begin the verification anew."))
        proof, customer = waits
        right = codes.tries(proof, asked, code, actor=actor.name)
        if right:
            known(asked, customer, how=CALL_BACK, actor=actor.name, session=actor.session)
    if not right:
        raise Refused("wrong_code", _("This is not the code. Ask the person to read it out again."))
    return go_on(asked)


def prove_sent(line: Line, number: str, code: str, *, actor: str) -> SubjectRequest | None:
    """Somebody types in the code that was sent to them; None where it does not prove this request.

    Args:
        number: of the request, as it was shown.
    """
    with client_scope(line.client_id):
        asked = SubjectRequest.objects.filter(code=number, line=line).first()
        waits = codes.waiting(asked, Way.MESSAGE) if asked is not None else None
        if asked is None or waits is None:
            return None
        proof, customer = waits
        if not codes.tries(proof, asked, code, actor=actor):
            return None
        known(asked, customer, how=MESSAGE, actor=actor)
    return go_on(asked)


def attest(actor: Actor, client: UUID, request: UUID) -> SubjectRequest:
    """An agent says that the person on the line is the customer of the call in their hands, or who called in it.

    Raises:
        NotFound: no such request.
        Refused: the request was not made in a call, the agent does not have it in hand, or nobody outside is in it.
    """
    with client_scope(client):
        asked = find(client, request)
        user = actor.user
        call = None if user is None or asked.call_id is None else in_hand(user).filter(pk=asked.call_id).first()
        caller = caller_of(call) if call is not None else None
        if call is None or (call.customer is None and caller is None):
            raise Refused("no_call_in_hand", _("Only who has the caller on the line can attest who they are."))
        if call.customer is not None:
            known(asked, call.customer, how=AGENT, actor=actor.name, session=actor.session)
        elif caller is not None:
            known_caller(asked, caller, how=AGENT, actor=actor.name, session=actor.session)
    return go_on(asked)


def known(
    request: SubjectRequest, customer: Customer, *, how: str, actor: str, session: UUID | None = None
) -> SubjectRequest:
    """It is known who asks; in the same transaction, what is taken back begins to be carried out.

    Call it inside `client_scope`, and `go_on` once that is committed.

    Args:
        how: the way it is known.
    """
    return _begun(actions.verified(request, customer, how=how, actor=actor, session=session))


def known_caller(
    request: SubjectRequest, caller: Subject, *, how: str, actor: str, session: UUID | None = None
) -> SubjectRequest:
    """It is known that who asks is the caller of a call, who is no customer. Otherwise as `known`."""
    hold_person(caller.id)
    return _begun(actions.verified_caller(request, person_of(caller), how=how, actor=actor, session=session))


def _begun(request: SubjectRequest) -> SubjectRequest:
    if Kind(request.kind) in AT_ONCE:
        request = work.begin(work.plan(request, actor=work.ACTOR), actor=work.ACTOR)
    return request


def go_on(request: SubjectRequest) -> SubjectRequest:
    """Carry out now what begins with the proof; what a crash leaves undone the job of requests takes up."""
    if Kind(request.kind) in AT_ONCE:
        work.run(request.client_id, request.id)
    with client_scope(request.client_id):
        return find(request.client_id, request.id)
