"""Pieces of calls handed in one by one, as telephone systems and recognisers produce them; and progress of batches."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from ninja import Path, Query, Router
from pydantic import ValidationError

from callwarden.custody.intake import Received
from callwarden.custody.models import IntakeBatch, IntakeItem, Line
from callwarden.doors.api import document
from callwarden.doors.api.credentials import CSV, JSON, MULTIPART, ServiceKeyAuth, key_of, line_of, speaks_for
from callwarden.doors.api.idempotency import Answer, digest_of, once
from callwarden.doors.api.parts import Parts, check_audio, check_words, parts_of, spooled_body, undone_on_failure
from callwarden.doors.api.problems import FieldError, FieldsRefused, shape_errors
from callwarden.doors.api.records import read_record, why
from callwarden.doors.api.replies import received, reply
from callwarden.doors.api.shapes import BatchOut, CallRecordsIn, ListProblemOut, ReceivedOut, RowsOut, Slug
from callwarden.doors.api.uploads import SealedUploadedFile
from callwarden.flows import jobs, progress
from callwarden.flows.arrivals import take_in_row
from callwarden.flows.formats import REMEDIES, CdrRow, load_mapping
from callwarden.flows.receive import Sender, matches_of, queue_work_on, receive_as
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError, InvalidInput, NotFound
from callwarden.protection.signin.models import ServiceKey

Kind = IntakeItem.Kind
Scope = ServiceKey.Scope
DOOR = "api"
MAX_CALL_ID = 100
router = Router(tags=["intake"])


@router.post(
    "/recordings",
    auth=ServiceKeyAuth(Scope.INTAKE, MULTIPART),
    response={202: ReceivedOut},
    openapi_extra=document.parts(texts=("call_id",), files=("audio",), required=["audio"]),
)
def post_recordings(request: HttpRequest, line: Annotated[Slug | None, Query()] = None) -> HttpResponse:
    """Hand in recordings. Each finds its call by its file name, or by the part `call_id`."""
    with parts_of(request, fields=("call_id",), files=("audio",)) as parts:
        files = _files(parts, "audio")
        for file in files:
            check_audio(file, named=True)
        return _take_files(request, line, parts, Kind.AUDIO, files)


@router.post(
    "/words",
    auth=ServiceKeyAuth(Scope.INTAKE, MULTIPART),
    response={202: ReceivedOut},
    openapi_extra=document.parts(texts=("call_id",), files=("words",), required=["words"]),
)
def post_words(request: HttpRequest, line: Annotated[Slug | None, Query()] = None) -> HttpResponse:
    """Hand in what a recogniser heard. It finds its recording by its file name, or its call by the part `call_id`."""
    with parts_of(request, fields=("call_id",), files=("words",)) as parts:
        files = _files(parts, "words")
        for file in files:
            check_words(file)
        return _take_files(request, line, parts, Kind.WORDS, files)


def _files(parts: Parts, name: str) -> list[SealedUploadedFile]:
    files = parts.files.get(name, [])
    if not files:
        raise InvalidInput("part_missing", _("The body lacks the part %(part)s."), data={"part": name})
    return files


def _take_files(
    request: HttpRequest, slug: str | None, parts: Parts, kind: Kind, files: list[SealedUploadedFile]
) -> HttpResponse:
    key = key_of(request)
    line, call_id = line_of(key, slug), parts.fields.get("call_id", "").strip()
    if len(call_id) > MAX_CALL_ID:
        raise InvalidInput("call_id_too_long", _("A call number has at most 100 characters."))
    sender = Sender(line, DOOR, by=key.actor)

    def act() -> Answer:
        with undone_on_failure() as kept:
            for file in files:
                name = file.name or str(kind)
                # A sender that knows the call is taken at its word alone: other calls may use the same file names.
                found_by = (f"call:{call_id}",) if call_id else matches_of(name, kind, line)
                kept.append(receive_as(file, kind=kind, name=name, matches=found_by, sender=sender))
            jobs.match_later(line.id)
        return Answer(202, received(kept))

    return reply(once(key, request, digest_of([b"POST", kind.encode(), line.id.bytes, parts.content]), act))


@router.post(
    "/cdr",
    auth=ServiceKeyAuth(Scope.INTAKE, CSV, JSON),
    response={200: RowsOut, 202: ReceivedOut},
    openapi_extra=document.either(json_schema="CallRecordsIn", csv=True),
)
def post_call_records(request: HttpRequest, line: Annotated[Slug | None, Query()] = None) -> HttpResponse:
    """Hand in call records: a CSV file, read by the line's mapping in the background, or rows in our own shape."""
    key = key_of(request)
    if request.content_type == CSV:
        return _take_csv(request, line_of(key, line))
    return _take_rows(request, key, line)


def _take_csv(request: HttpRequest, line: Line) -> HttpResponse:
    if not line.cdr_mapping:
        raise InvalidInput("no_mapping", _("This line has no mapping for CSV files yet. Set one up, or send JSON."))
    load_mapping(line.cdr_mapping.encode())
    with spooled_body(request) as body:
        return take_lists(request, line, {Kind.CDR: body})


def take_lists(request: HttpRequest, line: Line, lists: dict[Kind, SealedUploadedFile]) -> HttpResponse:
    """Seal lists as one batch and queue their reading."""
    key = key_of(request)
    if not all(body.size for body in lists.values()):
        raise FieldsRefused([FieldError("", "empty_file", REMEDIES["empty_file"])])

    def act() -> Answer:
        now = clock.now()
        batch = IntakeBatch.objects.create(
            line=line, door=DOOR, by=key.actor, total=len(lists), read=len(lists), started_at=now, finished_at=now
        )
        with undone_on_failure() as kept:
            sender = Sender(line, DOOR, batch.id, key.actor)
            for kind, body in lists.items():
                kept.append(receive_as(body, kind=kind, name=f"{kind}.csv", matches=(), sender=sender))
            for one in kept:
                if not one.duplicate:
                    queue_work_on(one.item)
        return Answer(202, received(kept, batch=_batch_of(batch, kept)))

    content = [part for kind, body in lists.items() for part in (kind.encode(), body.digest)]
    return reply(once(key, request, digest_of([b"POST list", line.id.bytes, *content]), act))


def _batch_of(batch: IntakeBatch, kept: list[Received]) -> UUID | None:
    """The batch to watch: of a list that was here before, the one it came in with."""
    if not all(one.duplicate for one in kept):
        return batch.id
    batch.delete()
    return kept[0].item.batch_id


def _take_rows(request: HttpRequest, key: ServiceKey, slug: str | None) -> HttpResponse:
    try:
        sent = CallRecordsIn.model_validate_json(request.body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise FieldsRefused(shape_errors(found)) from None
    rows: list[tuple[Line, CdrRow]] = []
    problems: list[tuple[int, FieldError]] = []
    for place, told in enumerate(sent.rows):
        try:
            rows.append(read_record(key, told, slug))
        except CallwardenError as error:
            problems += [(place, one) for one in why(error)]
    if not rows:
        raise FieldsRefused(one for _place, one in problems)

    def act() -> Answer:
        taken = [take_in_row(row, Sender(line, DOOR, by=key.actor)) for line, row in rows]
        for line_id in {line.id for line, _row in rows}:
            jobs.match_later(line_id)
        duplicates = sum(one.duplicate for one in taken)
        found = [{"row": place, "at": one.at, "code": one.code, "message": ""} for place, one in problems]
        return Answer(200, {"taken": len(taken) - duplicates, "duplicates": duplicates, "problems": found})

    answer = once(key, request, digest_of([b"POST rows", (slug or "").encode(), request.body]), act)
    # The messages are made anew each time, in the language of this request.
    told_now = [{"row": place, **one.shown()} for place, one in problems]
    return reply(Answer(answer.status, answer.body | {"problems": told_now}, answer.replayed))


@router.get("/intake/batches/{batch}", auth=ServiceKeyAuth(Scope.INTAKE), response={200: BatchOut})
def get_batch(request: HttpRequest, batch: Annotated[UUID, Path()]) -> BatchOut:
    """How far a batch has come: what was judged, what waits, what was wrong with which line of its lists."""
    found = IntakeBatch.objects.select_related("line").filter(pk=batch).first()
    if found is None or not speaks_for(key_of(request), found.line_id, found.line.client_id):
        raise NotFound("batch_not_found", _("There is no such batch, or this service key does not speak for its line."))
    state = progress.of_batch(found)
    return BatchOut(
        id=found.id,
        line=found.line.slug,
        started_at=found.started_at,
        finished_at=found.finished_at,
        settled=state.settled,
        files=state.files,
        lists_unread=state.lists_unread,
        pending=state.pending,
        calls=dict(state.calls),
        quarantined=dict(state.quarantined),
        set_aside=dict(state.set_aside),
        missing_recordings=state.missing_recordings,
        recordings_without_record=state.recordings_without_record,
        orders_waiting=state.orders_waiting,
        problems=[_problem(problem) for problem in state.problems],
    )


def _problem(problem: Any) -> ListProblemOut:
    code = str(problem.get("code", ""))
    return ListProblemOut(
        source=str(problem.get("source", "cdr")),
        line=int(problem.get("line", 0)),
        field=str(problem.get("field", "")),
        code=code,
        message=_remedy(code, problem.get("data") or {}),
    )


def _remedy(code: str, data: dict[str, object]) -> str:
    msgid = REMEDIES.get(code)
    try:
        return gettext(msgid).format(**data) if msgid else ""
    except KeyError:
        return ""
