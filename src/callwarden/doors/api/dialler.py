"""The dialler asks before it dials."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router

from callwarden.doors.api.credentials import JSON, ServiceKeyAuth, key_of, line_of
from callwarden.doors.api.idempotency import Answer, digest_of, once
from callwarden.doors.api.replies import reply
from callwarden.doors.api.shapes import DialIn, DialOut, DialsOut, NoCallsIn, NoCallsOut
from callwarden.flows import dialling
from callwarden.lawful.dialling.models import DoNotCall
from callwarden.protection.signin.models import ServiceKey

Scope = ServiceKey.Scope
router = Router(tags=["dialler"])


@router.post("/dialler/check", auth=ServiceKeyAuth(Scope.DIALLER, JSON, asks=True), response={200: DialsOut})
def check(request: HttpRequest, asked: DialIn) -> DialsOut:
    """May these numbers (one, or up to 500) be called now? Not without consent or another ground, not in hours of rest,
    not when they are on the list of numbers nobody calls. Ask just before dialling: an answer holds for that moment."""
    key = key_of(request)
    line = line_of(key, asked.line)
    found = dialling.check(line, asked.numbers, actor=key.actor, purpose=asked.purpose or "", at=asked.at)
    verdicts = [
        DialOut(place=place, allowed=one.allowed, reasons=list(one.reasons), again_at=one.again_at)
        for place, one in enumerate(found)
    ]
    return DialsOut(allowed=sum(one.allowed for one in found), verdicts=verdicts)


@router.post("/dialler/do-not-call", auth=ServiceKeyAuth(Scope.DIALLER, JSON), response={201: NoCallsOut})
def do_not_call(request: HttpRequest, told: NoCallsIn) -> HttpResponse:
    """Report numbers whose owners want no calls. They are refused from the next check on. Only people take them off."""
    key = key_of(request)

    def act() -> Answer:
        added, unreadable = dialling.stop_calling(
            key.client_id, told.numbers, source=DoNotCall.Source.API, actor=key.actor
        )
        return Answer(201, {"added": added, "unreadable": unreadable})

    return reply(once(key, request, digest_of([b"POST /dialler/do-not-call", request.body]), act))
