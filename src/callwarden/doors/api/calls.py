"""Whole calls handed in at once, and how far a call has come."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Path, Query, Router

from callwarden.custody.intake import Received
from callwarden.custody.models import IntakeItem
from callwarden.doors.api import document
from callwarden.doors.api.credentials import MULTIPART, ServiceKeyAuth, key_of, line_of
from callwarden.doors.api.idempotency import Answer, digest_of, once
from callwarden.doors.api.parts import check_audio, check_words, parts_of, undone_on_failure
from callwarden.doors.api.records import read_record
from callwarden.doors.api.replies import received, reply
from callwarden.doors.api.shapes import CallStateOut, Number, ReceivedOut, Slug
from callwarden.doors.api.uploads import SealedUploadedFile
from callwarden.flows import jobs, progress
from callwarden.flows.arrivals import take_in_row
from callwarden.flows.formats import CdrRow, words_name
from callwarden.flows.receive import Sender, names_of, receive_as
from callwarden.kernel.errors import InvalidInput
from callwarden.protection.signin.models import ServiceKey

Kind = IntakeItem.Kind
Scope = ServiceKey.Scope
DOOR = "api"
router = Router(tags=["calls"])


@router.post(
    "/calls",
    auth=ServiceKeyAuth(Scope.INTAKE, MULTIPART),
    response={202: ReceivedOut},
    openapi_extra=document.parts(
        documents={"cdr": "CallRecordIn"}, files=("audio", "words"), required=["cdr", "audio"]
    ),
)
def post_call(request: HttpRequest, line: Annotated[Slug | None, Query()] = None) -> HttpResponse:
    """Hand in one call: its record, its recordings in order, and what a recogniser heard in them.

    The files are sealed as they arrive and judged by the gate afterwards; ask for the call's state to learn how.
    """
    key = key_of(request)
    with parts_of(request, fields=("cdr",), files=("cdr", "audio", "words")) as parts:
        of, row = read_record(key, parts.document("cdr") or b"", line, under="cdr")
        audio, words = parts.files.get("audio", []), parts.files.get("words", [])
        endings = [check_audio(file, named=False) for file in audio]
        for file in words:
            check_words(file)
        _check_counts(row, len(audio), len(words))
        sender = Sender(of, DOOR, by=key.actor)
        content = digest_of([b"POST /calls", of.id.bytes, parts.content])
        return reply(once(key, request, content, lambda: _take_call(row, audio, endings, words, sender)))


def _check_counts(row: CdrRow, audio: int, words: int) -> None:
    if not audio or words > 1 or (row.recordings and len(row.recordings) != audio):
        raise InvalidInput(
            "parts_do_not_fit",
            _("Send one or more parts audio, at most one part words, and as many recordings as the record names."),
        )
    if row.layouts and len(row.layouts) != audio:
        raise InvalidInput("layouts_do_not_fit", _("Give one layout for each recording, or none."))


def _take_call(
    row: CdrRow, audio: list[SealedUploadedFile], endings: list[str], words: list[SealedUploadedFile], sender: Sender
) -> Answer:
    # No file of a watch folder and no row of a list can be called like this, so nothing else can match these.
    names = tuple(f"{row.call_id}/{place}.{ending}" for place, ending in enumerate(endings, start=1))
    with undone_on_failure() as kept:
        for name, file in zip(names, audio, strict=True):
            kept.append(_take(file, Kind.AUDIO, name, sender))
        for file in words:
            kept.append(_take(file, Kind.WORDS, words_name(names[0]), sender))
        layouts = row.layouts or ("mono:mixed",) * len(names)
        kept.append(take_in_row(replace(row, recordings=names, layouts=layouts), sender))
        jobs.match_later(sender.line.id)
    return Answer(202, received(kept))


def _take(file: SealedUploadedFile, kind: Kind, name: str, sender: Sender) -> Received:
    return receive_as(file, kind=kind, name=name, matches=names_of(name, kind), sender=sender)


@router.get("/calls/{call_id}", auth=ServiceKeyAuth(Scope.CALLS), response={200: CallStateOut})
def get_call(
    request: HttpRequest, call_id: Annotated[Number, Path()], line: Annotated[Slug | None, Query()] = None
) -> CallStateOut:
    """How far a call has come, by the number its telephone system gave it. States and reasons, nothing of the call."""
    state = progress.state_of_call(line_of(key_of(request), line), call_id)
    return CallStateOut(state=state.state, reason=state.reason, call=state.call)
