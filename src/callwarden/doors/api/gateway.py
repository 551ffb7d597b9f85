"""Language models get tokens for values: the way there, and the way back."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from ninja import Router

from callwarden.doors.api.credentials import JSON, ServiceKeyAuth, actor_of, key_of, line_of
from callwarden.doors.api.shapes import PseudonymisedOut, PseudonymiseIn, RestoredOut, RestoreIn
from callwarden.flows import gateway
from callwarden.flows.use import About
from callwarden.protection.signin.models import ServiceKey

Scope = ServiceKey.Scope
router = Router(tags=["gateway"])


@router.post(
    "/gateway/pseudonymise", auth=ServiceKeyAuth(Scope.GATEWAY, JSON, asks=True), response={200: PseudonymisedOut}
)
def pseudonymise(request: HttpRequest, response: HttpResponse, told: PseudonymiseIn) -> PseudonymisedOut:
    """Put a token for every value in what you would send to a language model, such as `[PERSON_1_QKZM]`.

    Asks first whether words of this person may be processed by AI now. The same person or number has the same token in
    all turns. Card security codes, PINs and track data are dropped and never come back. The vault knows what the tokens
    stand for: it is sealed, kept nowhere here, opens for this service key and line only, and ends at `until`.
    """
    response["Cache-Control"] = "no-store"
    key = key_of(request)
    about = About(told.about.customer_no, told.about.call_id, told.about.record)
    sent = gateway.pseudonymise(
        actor_of(key),
        line_of(key, told.line),
        about,
        [(turn.speaker, turn.text) for turn in told.turns],
        vault=told.vault,
        lasts=timedelta(minutes=told.minutes),
    )
    return PseudonymisedOut(texts=sent.texts, vault=sent.vault, until=sent.until, counts=sent.counts)


@router.post("/gateway/restore", auth=ServiceKeyAuth(Scope.GATEWAY, JSON, asks=True), response={200: RestoredOut})
def restore(request: HttpRequest, response: HttpResponse, told: RestoreIn) -> RestoredOut:
    """Put the values back in what the language model wrote.

    A token is known whatever the model did to its capitals, brackets and spaces; tokens of other conversations stay as
    they are. Refused once the person has said no, was erased, or the vault has ended. A stream comes in pieces with
    `more`: the end of a piece that may be the beginning of a token is given back as `held`, to be put before the next.
    """
    response["Cache-Control"] = "no-store"
    key = key_of(request)
    back = gateway.restore(actor_of(key), line_of(key, told.line), told.vault, told.texts, more=told.more)
    return RestoredOut(texts=back.texts, count=back.count, held=back.held)
