"""Events from the customer system that start retention periods: contracts that end, complaints that are closed."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Router
from pydantic import ValidationError

from callwarden.doors.api import document
from callwarden.doors.api.credentials import CSV, JSON, ServiceKeyAuth, key_of
from callwarden.doors.api.idempotency import Answer, digest_of, once
from callwarden.doors.api.parts import spooled_body
from callwarden.doors.api.problems import FieldsRefused, shape_errors
from callwarden.doors.api.replies import reply
from callwarden.doors.api.shapes import RetentionEventsIn, RowsOut
from callwarden.flows import starting
from callwarden.flows.starting import Told
from callwarden.kernel.errors import CallwardenError, Refused
from callwarden.protection.signin.models import ServiceKey

router = Router(tags=["retention"])


@router.post(
    "/events/retention",
    auth=ServiceKeyAuth(ServiceKey.Scope.RETENTION, JSON, CSV),
    response={200: RowsOut},
    openapi_extra=document.either(json_schema="RetentionEventsIn", csv=True),
)
def post_events(request: HttpRequest) -> HttpResponse:
    """Tell what happened to customers. Each row is taken or refused on its own; told twice, it is one event.

    As CSV: the columns customer_no, event, at. Records that wait for the event get their due date within minutes.
    """
    key = key_of(request)
    if key.lines is not None:
        # A customer belongs to the client, not to a line: what is told of one concerns records of every line.
        raise Refused("whole_client_needed", _("Use a service key that speaks for every line of its client."))
    told, problems, content = _read(request)

    def act() -> Answer:
        taken = starting.tell(key.client_id, told, actor=key.actor)
        found = [*problems, *taken.problems]
        return Answer(200, {"taken": taken.taken, "duplicates": taken.duplicates, "problems": list(_problems(found))})

    return reply(once(key, request, digest_of([b"POST /events/retention", content]), act))


def _read(request: HttpRequest) -> tuple[list[Told], list[tuple[int, CallwardenError]], bytes]:
    if request.content_type == CSV:
        with spooled_body(request) as body:
            data = body.read()
        return *starting.read(data), data
    try:
        sent = RetentionEventsIn.model_validate_json(request.body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise FieldsRefused(shape_errors(found)) from None
    rows = [Told(place, row.customer_no.strip(), row.event, row.at) for place, row in enumerate(sent.rows)]
    return rows, [], request.body


def _problems(found: Iterable[tuple[int, CallwardenError]]) -> Iterable[dict[str, object]]:
    at = {"customer_not_found": "customer_no", "bad_customer_no": "customer_no", "unknown_trigger": "event"}
    for row, problem in sorted(found, key=lambda pair: pair[0]):
        yield {"row": row, "at": at.get(problem.code, "at"), "code": problem.code, "message": str(problem)}
