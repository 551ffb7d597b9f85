"""Programs ask before they use what is known of somebody."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Router

from callwarden.doors.api.credentials import JSON, ServiceKeyAuth, key_of, line_of
from callwarden.doors.api.shapes import GroundOut, UseIn, UseOut, UsesOut
from callwarden.flows.use import REASONS, About, Decision, decide
from callwarden.lawful.using import Allowed
from callwarden.protection.signin.models import ServiceKey

router = Router(tags=["decide"])


@router.post("/decide/use", auth=ServiceKeyAuth(ServiceKey.Scope.DECIDE, JSON, asks=True), response={200: UsesOut})
def decide_use(request: HttpRequest, asked: UseIn) -> UsesOut:
    """May this be used now: by an AI service, for quality review, analysis or marketing, or be given to a recipient?

    Ask before each use, about one customer, call or record or up to 500 of them. Unknown means no. A yes names the
    purposes it holds for, and ends at `until` at the latest; a withdrawal ends it sooner, so ask again rather than
    keep the answer.
    """
    key = key_of(request)
    line = line_of(key, asked.line)
    about = [About(one.customer_no, one.call_id, one.record) for one in asked.about]
    found = decide(line, asked.use, about, actor=key.actor, recipient=asked.recipient or "")
    decisions = [_told(place, one) for place, one in enumerate(found)]
    return UsesOut(allowed=sum(one.allowed for one in decisions), decisions=decisions)


def _told(place: int, decision: Decision) -> UseOut:
    if isinstance(decision, Allowed):
        purposes = [GroundOut(purpose=purpose, ground=ground) for purpose, ground in decision.grounds.items()]
        return UseOut(place=place, allowed=True, purposes=purposes, until=decision.until, reasons=[], message="")
    first = str(REASONS[decision.reasons[0]]) if decision.reasons[0] in REASONS else gettext("This may not be used.")
    return UseOut(place=place, allowed=False, purposes=[], until=None, reasons=list(decision.reasons), message=first)
