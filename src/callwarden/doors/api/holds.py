"""Holds set by programs: provisional ones, which act at once and which two people decide on."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Path, Router

from callwarden.custody.scope import client_scope
from callwarden.doors.api.credentials import JSON, ServiceKeyAuth, key_of, line_of, speaks_for
from callwarden.doors.api.idempotency import Answer, digest_of, once
from callwarden.doors.api.replies import reply
from callwarden.doors.api.shapes import HoldIn, HoldOut
from callwarden.kernel.errors import NotFound, Refused
from callwarden.lawful.holds import actions, queries
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.rules import Query, Wish
from callwarden.protection.signin.models import ServiceKey

router = Router(tags=["holds"])
Scope = ServiceKey.Scope


@router.post("/holds", auth=ServiceKeyAuth(Scope.RETENTION, JSON), response={201: HoldOut})
def post_hold(request: HttpRequest, told: HoldIn) -> HttpResponse:
    """Hold records provisionally, at once. Two people decide within 14 days whether it stays; otherwise it ends.

    The owner of the service key answers for the matter and asks; somebody else decides.
    """
    key = key_of(request)
    wish = _wish(key, told)

    def act() -> Answer:
        matter = actions.ask(wish, by=key.owner, reason=told.reason, provisional=True, actor=key.actor)
        return Answer(201, _told(matter))

    return reply(once(key, request, digest_of([b"POST /holds", key.client_id.bytes, request.body]), act))


@router.get("/holds/{matter}", auth=ServiceKeyAuth(Scope.RETENTION), response={200: HoldOut})
def get_hold(request: HttpRequest, matter: Annotated[UUID, Path()]) -> HoldOut:
    """Where a matter stands: its state, records on hold, erasures that wait for it."""
    key = key_of(request)
    found = Matter.objects.filter(pk=matter, client=key.client_id).first()
    if found is None or (key.lines is not None and found.opened_by != key.actor):
        raise NotFound("no_such_matter", _("There is no such matter, or not for this service key."))
    return HoldOut.model_validate(_told(found))


def _wish(key: ServiceKey, told: HoldIn) -> Wish:
    query = None
    if told.scope == "query":
        line = line_of(key, told.line).pk if told.line or key.lines is not None else None
        query = Query(line, tuple(told.categories), told.since, told.until)
    elif key.lines is not None:
        _check_lines(key, told)
    return Wish(
        client=key.client_id,
        label=told.label,
        ground=told.ground,
        scope=told.scope,
        review_on=told.review_on,
        target=told.target,
        query=query,
    )


def _check_lines(key: ServiceKey, told: HoldIn) -> None:
    """A key of some lines reaches no record of another."""
    with client_scope(key.client_id):
        lines = set(queries.records_of(told.scope, told.target, None).order_by().values_list("line", flat=True))
    if not all(speaks_for(key, line, key.client_id) for line in lines):
        raise Refused("line_not_found", _("There is no such line, or this service key does not speak for it."))


def _told(matter: Matter) -> dict[str, object]:
    with client_scope(matter.client_id):
        now = queries.standing(matter)
    return {
        "id": str(matter.pk),
        "state": matter.state,
        "held": now.held,
        "deferred": now.deferred,
        "review_on": matter.review_on.isoformat(),
    }
