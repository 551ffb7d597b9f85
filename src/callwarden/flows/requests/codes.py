"""One-time codes that prove who asks. Only the token of a code is kept, and not for long.

Two ways, and a code of one proves nothing by the other: told when the person is called back at a number known before,
or sent to a number or address known before. Where nobody is known, a code is made and kept all the same, so that
nothing tells the two apart; it proves nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from callwarden.custody.models import Customer
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.kernel.tokens import keyed
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.limits import CODE_LASTS
from callwarden.lawful.requests.models import RequestProof, SubjectRequest

Way = RequestProof.Way
ATTEMPTS: Final = 5


@dataclass(frozen=True)
class Shape:
    digits: int
    lasts: timedelta


SHAPES: Final = {
    # Long enough to be called back over a holiday.
    Way.CALL_BACK: Shape(digits=8, lasts=timedelta(days=7)),
    Way.MESSAGE: Shape(digits=6, lasts=CODE_LASTS),
}


def make(request: SubjectRequest, customer: Customer | None, way: Way, *, actor: str) -> str:
    """A new code; an earlier one of this way is worth nothing any more. Call it inside `client_scope`.

    Args:
        customer: whom it proves; None for a code that proves nothing and yet looks and takes like any other.
    """
    shape, now = SHAPES[way], clock.now()
    code = "".join(secrets.choice("0123456789") for _ in range(shape.digits))
    RequestProof.objects.filter(request=request, way=way).delete()
    RequestProof.objects.create(
        client_id=request.client_id,
        request=request,
        way=way,
        customer=customer,
        code=_token(request, way, code),
        sent_at=now,
        expires_at=now + shape.lasts,
    )
    actions.ask_proof(request, actor=actor, waits_for_person=way == Way.MESSAGE)
    _tell(Event.REQUEST_PROOF_ASKED, request, way, actor)
    return code


def waiting(request: SubjectRequest, way: Way) -> tuple[RequestProof, Customer] | None:
    """The proof of this way that still waits for its code, locked, and whom it proves; None: used, over, tried too
    often, or of nobody.

    Call it inside `client_scope`.
    """
    found = RequestProof.objects.select_for_update().filter(request=request, way=way, used_at__isnull=True).first()
    if found is None or found.customer is None or found.expires_at <= clock.now() or found.attempts >= ATTEMPTS:
        return None
    return found, found.customer


def tries(proof: RequestProof, request: SubjectRequest, told: str, *, actor: str) -> bool:
    """Whether this is the code. If so, no code of the request is worth anything any more; if not, it is counted."""
    way = Way(proof.way)
    digits = "".join(sign for sign in told if sign.isdigit())
    if secrets.compare_digest(bytes(proof.code), _token(request, way, digits)):
        RequestProof.objects.filter(request=request).delete()
        return True
    proof.attempts += 1
    proof.save(update_fields=["attempts"])
    _tell(Event.REQUEST_PROOF_FAILED, request, way, actor)
    return False


def forget_old() -> int:
    """Delete codes whose time is over (run by the clock, client by client inside `client_scope`). How many."""
    return RequestProof.objects.filter(expires_at__lte=clock.now()).delete()[0]


def _token(request: SubjectRequest, way: Way, code: str) -> bytes:
    return keyed("request-proof", f"{request.id}:{way}:{code}")


def _tell(event: Event, request: SubjectRequest, way: Way, actor: str) -> None:
    facts = {"request": str(request.id), "way": str(way)}
    journal.record(journal.Entry(event=event, actor=actor, client=request.client_id, data=facts))
