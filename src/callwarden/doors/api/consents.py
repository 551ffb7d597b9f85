"""Consent reported by another system."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Path, Router

from callwarden.doors.api.credentials import JSON, ServiceKeyAuth, key_of, line_of
from callwarden.doors.api.idempotency import Answer, digest_of, once
from callwarden.doors.api.replies import reply
from callwarden.doors.api.shapes import ConsentIn, HeardOut, Number
from callwarden.flows.consents import Told, customer_called, say_for_person, take_in_consent
from callwarden.flows.receipts import receipt_for
from callwarden.kernel.errors import InvalidInput
from callwarden.protection.signin.models import ServiceKey

router = Router(tags=["consent"])


@router.post("/consents", auth=ServiceKeyAuth(ServiceKey.Scope.CONSENT, JSON), response={201: HeardOut})
def post_consent(request: HttpRequest, told: ConsentIn) -> HttpResponse:
    """Report what a person said about one purpose: before the call is handed in, while it waits, after it was kept, or
    outside any call.

    A yes lets a call that waited for it be judged again. A no, or a withdrawal, holds from the next disclosure on and
    closes what is open. `requested` is refused while somebody who said no may not be asked again.
    """
    key = key_of(request)
    line = line_of(key, told.line)
    if (told.call_id is None) == (told.customer_no is None):
        raise InvalidInput("call_or_customer", _("Name either the call or the customer it is about."))

    def act() -> Answer:
        said = _said(told)
        if told.call_id is not None:
            heard = take_in_consent(line, told.call_id.strip(), said, actor=key.actor)
            call = str(heard.call) if heard.call else None
            return Answer(201, {"event": str(heard.event), "call": call, "judged_again": heard.judged_again})
        customer = customer_called(line.client_id, told.customer_no or "")
        event = say_for_person(line, customer.subject, said, actor=key.actor)
        return Answer(201, {"event": str(event.id), "call": None, "judged_again": 0})

    return reply(once(key, request, digest_of([b"POST /consents", line.id.bytes, request.body]), act))


def _said(told: ConsentIn) -> Told:
    return Told(
        told.purpose,
        told.state,
        told.method,
        told.at,
        told.key if told.method == "keypress" else "",
        recipient=told.recipient or "",
        by=told.by,
        apart=told.apart,
        expires_at=told.expires_at,
        notice=told.notice,
        script=told.script,
        interval=(told.audio.start_ms, told.audio.end_ms) if told.audio else None,
        digest=bytes.fromhex(told.audio.sha256) if told.audio else b"",
    )


@router.get(
    "/customers/{customer_no}/consent-receipt",
    auth=ServiceKeyAuth(ServiceKey.Scope.CONSENT),
    response={200: dict[str, Any]},
)
def get_receipt(request: HttpRequest, customer_no: Annotated[Number, Path()]) -> dict[str, Any]:
    """A customer's consents as a document they may keep (JSON-LD, after ISO/IEC TS 27560). Made anew each time."""
    key = key_of(request)
    customer = customer_called(key.client_id, customer_no)
    return receipt_for(key.client_id, customer.person_id, actor=key.actor)
