"""Requests of data subjects from other systems of the client, in the shape of OpenDSR 2.0."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Path, Router

from callwarden.custody.scope import client_scope
from callwarden.doors.api.credentials import JSON, ServiceKeyAuth, actor_of, key_of, line_of
from callwarden.doors.api.idempotency import Answer, digest_of, once
from callwarden.doors.api.replies import reply
from callwarden.doors.api.shapes import SubjectRequestIn, SubjectRequestOut
from callwarden.flows.requests import outside
from callwarden.flows.requests.outside import Sent
from callwarden.kernel.errors import Refused
from callwarden.lawful.requests.models import SubjectRequest
from callwarden.lawful.requests.telling import Outward, outward
from callwarden.protection.signin.models import ServiceKey

router = Router(tags=["requests"])
Scope = ServiceKey.Scope


@router.post(
    "/requests",
    auth=ServiceKeyAuth(Scope.REQUESTS, JSON),
    response={200: SubjectRequestOut, 201: SubjectRequestOut},
)
def post_request(request: HttpRequest, told: SubjectRequestIn) -> HttpResponse:
    """Hand in what a person asks, whom the sending system has verified itself. Its date is computed, not sent.

    A request sent again under the same `subject_request_id` is the same request, and is answered with where it stands.
    """
    key = _whole_client(request)
    actor, line = actor_of(key), line_of(key, told.line)
    sent = Sent(
        reference=told.subject_request_id,
        type=told.subject_request_type,
        regulation=told.regulation,
        submitted_at=told.submitted_time,
        language=told.language,
        callbacks=tuple(told.status_callback_urls),
        purposes=tuple(told.purposes),
        statement=told.statement,
    )
    outside.check(line, sent)
    identities = [(one.identity_type, one.identity_value) for one in told.subject_identities]
    customer = outside.find(actor, key.client_id, identities)

    def act() -> Answer:
        taken = outside.take_in(line, sent, customer, actor=actor)
        return Answer(201 if taken.created else 200, _told(taken.request))

    return reply(once(key, request, digest_of([b"POST /requests", key.client_id.bytes, request.body]), act))


@router.get("/requests/{subject_request_id}", auth=ServiceKeyAuth(Scope.REQUESTS), response={200: SubjectRequestOut})
def get_request(request: HttpRequest, subject_request_id: Annotated[UUID, Path()]) -> SubjectRequestOut:
    """Where a request stands and, once it is being carried out, what was done in each place the person's data lay."""
    key = _whole_client(request)
    with client_scope(key.client_id):
        found = outside.look(key.client_id, subject_request_id)
    return SubjectRequestOut.model_validate(_told(found))


@router.delete("/requests/{subject_request_id}", auth=ServiceKeyAuth(Scope.REQUESTS), response={200: SubjectRequestOut})
def delete_request(request: HttpRequest, subject_request_id: Annotated[UUID, Path()]) -> SubjectRequestOut:
    """Take a request back before it is carried out. Sent twice it is one cancellation."""
    key = _whole_client(request)
    cancelled = outside.cancel(key.client_id, subject_request_id, actor=actor_of(key))
    return SubjectRequestOut.model_validate(_told(cancelled))


def _whole_client(request: HttpRequest) -> ServiceKey:
    """A person belongs to the client, not to a line: what is done for them reaches records of every line."""
    key = key_of(request)
    if key.lines is not None:
        raise Refused("whole_client_needed", _("Use a service key that speaks for every line of its client."))
    return key


def _told(one: SubjectRequest) -> dict[str, object]:
    status = outward(one)
    with client_scope(one.client_id):
        tasks = list(one.tasks.order_by("replica")) if status in {Outward.IN_PROGRESS, Outward.COMPLETED} else []
    over = status in {Outward.COMPLETED, Outward.CANCELLED}
    return {
        "subject_request_id": str(one.reference),
        "request_status": str(status),
        "request_number": one.code,
        "received_time": one.received_at.isoformat(timespec="seconds"),
        "expected_completion_time": None if over else one.due_at.isoformat(timespec="seconds"),
        "completed_time": one.answered_at.isoformat(timespec="seconds") if one.answered_at else None,
        "reason": one.rejected_for,
        "certificate": str(one.certificate) if one.certificate else None,
        "results": [
            {
                "place": task.replica,
                "state": task.state,
                "found": task.before,
                "left": task.after,
                "kept_on": task.exception,
            }
            for task in tasks
        ],
    }
