"""Tickets, campaigns and shifts: what explains that somebody looks at a record, reported by the systems that know."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router

from callwarden.control.work.models import Task
from callwarden.doors.api.credentials import JSON, ServiceKeyAuth, key_of
from callwarden.doors.api.idempotency import Answer, digest_of, once
from callwarden.doors.api.replies import reply
from callwarden.doors.api.shapes import CampaignIn, ShiftsIn, TicketIn, WorkOut
from callwarden.flows import work
from callwarden.flows.work import Rostered
from callwarden.protection.signin.models import ServiceKey

Scope = ServiceKey.Scope
router = Router(tags=["work"])


@router.post("/tickets", auth=ServiceKeyAuth(Scope.WORK, JSON), response={200: WorkOut})
def tickets(request: HttpRequest, told: TicketIn) -> HttpResponse:
    """Say that a ticket is open, with whom it is and whom it concerns, or that it is closed. While it is open, it
    explains that these agents look at records of this customer. Its number is kept as a token, its text is not taken.
    """
    key = key_of(request)

    def act() -> Answer:
        if told.state == "closed":
            ended = work.end(key.client_id, Task.Kind.TICKET, told.ticket, actor=key.actor)
            return Answer(200, {"open": False, "ended": ended})
        found = work.report(
            key.client_id, Task.Kind.TICKET, told.ticket, agents=told.agents, customers=[told.customer_no],
            until=told.until, actor=key.actor,
        )  # fmt: skip
        return Answer(200, {"open": True, **found._asdict()})

    return reply(once(key, request, digest_of([b"POST /tickets", request.body]), act))


@router.post("/campaigns", auth=ServiceKeyAuth(Scope.WORK, JSON), response={200: WorkOut})
def campaigns(request: HttpRequest, told: CampaignIn) -> HttpResponse:
    """Say who calls whom in a campaign and for which purpose, or that it is over. While it runs, it explains a masked
    look for that purpose; nothing is shown in clear for it.
    """
    key = key_of(request)

    def act() -> Answer:
        if told.state == "closed":
            ended = work.end(key.client_id, Task.Kind.CAMPAIGN, told.campaign, actor=key.actor)
            return Answer(200, {"open": False, "ended": ended})
        found = work.report(
            key.client_id, Task.Kind.CAMPAIGN, told.campaign, agents=told.agents, customers=told.customers,
            until=told.until, actor=key.actor, purpose=told.purpose,
        )  # fmt: skip
        return Answer(200, {"open": True, **found._asdict()})

    return reply(once(key, request, digest_of([b"POST /campaigns", request.body]), act))


@router.post("/shifts", auth=ServiceKeyAuth(Scope.WORK, JSON), response={200: WorkOut})
def shifts(request: HttpRequest, told: ShiftsIn) -> HttpResponse:
    """Feed the roster. Whoever was once named in it is on or off shift by it; whoever never was is not measured."""
    key = key_of(request)
    rostered = [Rostered(one.agent, one.starts, one.ends, one.cancelled) for one in told.shifts]

    def act() -> Answer:
        found = work.roster(key.client_id, rostered, actor=key.actor)
        return Answer(200, {"open": True, **found._asdict()})

    return reply(once(key, request, digest_of([b"POST /shifts", request.body]), act))
