"""Logs of neighbouring systems in batches of JSON: OCSF as it is, or whatever the system's mapping reads."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Router

from callwarden.control.neighbours import queries
from callwarden.doors.api.credentials import JSON, ServiceKeyAuth, key_of
from callwarden.doors.api.idempotency import Answer, digest_of, once
from callwarden.doors.api.replies import reply
from callwarden.doors.api.shapes import NeighbourEventsIn, NeighbourEventsOut, Slug
from callwarden.engines.neighbours import LONGEST
from callwarden.flows import neighbours
from callwarden.kernel.errors import NotFound
from callwarden.protection.signin.models import ServiceKey

Scope = ServiceKey.Scope
router = Router(tags=["neighbours"])


@router.post(
    "/neighbours/{slug}/events", auth=ServiceKeyAuth(Scope.NEIGHBOURS, JSON), response={200: NeighbourEventsOut}
)
def post_events(request: HttpRequest, slug: Slug, told: NeighbourEventsIn) -> HttpResponse:
    """Say what people did in another system: OCSF events, or objects its mapping reads. What is named of people
    becomes keyed tokens; nothing else is kept. Events that cannot be read are counted by reason and kept out; the same
    event sent again is kept once.
    """
    key = key_of(request)
    found = queries.by_program(key.client_id, slug, key.purpose)
    if found is None:
        raise NotFound(
            "neighbour_not_found",
            _("No connected neighbouring system of this name gets its log by this program."),
        )
    documents, too_long = [], 0
    for event in told.events:
        canonical = json.dumps(event, sort_keys=True, separators=(",", ":")).encode()
        if len(canonical) > LONGEST:
            too_long += 1
        else:
            documents.append((canonical, event))

    def act() -> Answer:
        refused = {"too_long": too_long} if too_long else {}
        kept = neighbours.take_documents(found, documents, refused=refused, actor=key.actor)
        return Answer(
            200,
            {
                "taken": kept.taken,
                "repeated": kept.repeated,
                "left_out": kept.left_out,
                "refused": dict(kept.refused or {}),
            },
        )

    return reply(once(key, request, digest_of([b"POST /neighbours", slug.encode(), request.body]), act))
