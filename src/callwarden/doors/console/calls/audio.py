"""Serving a recording to the player: by ranges, each against the permit anew, none of it for any cache."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from callwarden.doors.console.access import for_roles
from callwarden.doors.console.calls.ranges import Span, Unsatisfiable, asked_span
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.navigation import SEE_CALLS
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import playback
from callwarden.flows.calls import find_call

TYPE = "audio/wav"


@for_roles(SEE_CALLS)
@require_GET
def listen(request: ConsoleRequest, call: UUID) -> HttpResponse:
    """Where the player begins: asks once whether this person may listen, then sends it to the ranges."""
    found = find_call(request.actor, client_of(request).id, call)
    grant = playback.permit_to_play(request.actor, found, purpose=request.GET.get("purpose", ""))
    return HttpResponseRedirect(reverse("console:call_audio", args=[call, grant.permit]))


@for_roles(SEE_CALLS)
@require_http_methods(["GET", "HEAD"])
def call_audio(request: ConsoleRequest, call: UUID, permit: UUID) -> HttpResponse:
    """One range of the recording as WAV. The permit counts only in the session and for the person it was given to."""
    found = find_call(request.actor, client_of(request).id, call)
    grant = playback.held(request.actor, found, permit)
    sound = playback.sound_of(permit, found.client_id)
    tag = f'"{permit}"'
    if request.method == "HEAD":
        playback.read(grant, sound, 0, playback.HEADER)
        return _described(HttpResponse(headers={"Content-Length": str(sound.size)}), tag)
    try:
        span = _span(request, tag, sound.size)
    except Unsatisfiable:
        return _described(HttpResponse(status=416, headers={"Content-Range": f"bytes */{sound.size}"}), tag)
    if span is not None:
        content = playback.read(grant, sound, span.start, span.end)
        shown = f"bytes {span.start}-{span.end - 1}/{sound.size}"
        return _described(HttpResponse(content, status=206, headers={"Content-Range": shown}), tag)
    if sound.size > playback.MAX_RANGE:
        return _whole_refused(tag)
    return _described(HttpResponse(playback.read(grant, sound, 0, sound.size)), tag)


def _span(request: ConsoleRequest, tag: str, size: int) -> Span | None:
    """The span to send; None when no range is asked for, or one of another version of the file."""
    if request.headers.get("If-Range", tag) != tag:
        return None
    return asked_span(request.headers.get("Range", ""), size, most=playback.MAX_RANGE)


def _whole_refused(tag: str) -> HttpResponse:
    text = _("A recording is handed out in ranges of at most %(count)s bytes. Ask for a range.")
    response = HttpResponse(text % {"count": playback.MAX_RANGE}, status=400)
    response = _described(response, tag)
    response["Content-Type"] = "text/plain; charset=utf-8"
    return response


def _described(response: HttpResponse, tag: str) -> HttpResponse:
    response["Content-Type"] = TYPE
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = tag
    response["Cache-Control"] = "no-store"
    response["Content-Disposition"] = "inline"
    return response
