"""Consent reported by another system."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router

from callwarden.doors.api.credentials import JSON, ServiceKeyAuth, key_of, line_of
from callwarden.doors.api.idempotency import Answer, digest_of, once
from callwarden.doors.api.replies import reply
from callwarden.doors.api.shapes import ConsentIn, HeardOut
from callwarden.flows.consents import Told, take_in_consent
from callwarden.protection.signin.models import ServiceKey

router = Router(tags=["consent"])


@router.post("/consents", auth=ServiceKeyAuth(ServiceKey.Scope.CONSENT, JSON), response={201: HeardOut})
def post_consent(request: HttpRequest, told: ConsentIn) -> HttpResponse:
    """Report what a caller said about one purpose: before the call is handed in, while it waits, or after it was kept.

    A yes lets a call that waited for it be judged again. A no, or a withdrawal, holds from the next disclosure on.
    """
    key = key_of(request)
    line = line_of(key, told.line)

    def act() -> Answer:
        said = Told(told.purpose, told.state, told.method, told.at, told.key if told.method == "keypress" else "")
        heard = take_in_consent(line, told.call_id.strip(), said, actor=key.actor)
        call = str(heard.call) if heard.call else None
        return Answer(201, {"event": str(heard.event), "call": call, "judged_again": heard.judged_again})

    return reply(once(key, request, digest_of([b"POST /consents", line.id.bytes, request.body]), act))
