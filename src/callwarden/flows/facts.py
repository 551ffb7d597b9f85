"""Facts the policy judges by, gathered from the chapters at the moment of the decision."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from callwarden.custody.models import Call, PermitRecord, Record
from callwarden.engines import policy
from callwarden.kernel import clock
from callwarden.lawful.consent.models import ConsentEvent

if TYPE_CHECKING:
    from callwarden.flows.disclose import Ask

# After the last sign of a call it still counts as active for its wrap-up.
ACTIVE_FOR = timedelta(minutes=30)
BULK_WINDOW = timedelta(minutes=10)


def resource_for(record: Record) -> policy.Record:
    """The record as the policy sees it."""
    return policy.Record(
        id=str(record.id),
        category=record.category,
        client=str(record.client_id),
        line=record.line.slug,
        queue=str(record.line_id),
        subject_links=frozenset({str(record.subject_id)}),
        vip=bool(record.customer and record.customer.vip),
        hold=record.bucket.hold,
        restricted=record.state == Record.State.RESTRICTED,
    )


def context_for(ask: Ask, record: Record | None, count: int) -> policy.Context:
    return policy.Context(
        purpose=ask.purpose,
        reason_given=bool(ask.reason.strip()),
        active_call=_active_call(ask),
        ticket=False,
        consent=_consent(ask, record),
        bulk_count=count + _opened_lately(ask),
        grant=False,
        demo=settings.DEMO,
    )


def _active_call(ask: Ask) -> bool:
    """Whether this person is the agent of a call that has just been, about which they ask.

    In the demonstration centre the recorded calls stand for calls in progress.
    """
    if ask.call is None or ask.actor.user is None:
        return False
    call = Call.objects.filter(pk=ask.call, agent=ask.actor.user).first()
    if call is None:
        return False
    ended = call.started_at + timedelta(milliseconds=call.duration_ms)
    return settings.DEMO or clock.now() - ended < ACTIVE_FOR


def _consent(ask: Ask, record: Record | None) -> dict[str, bool | None]:
    """Newest state for the purpose, for the call the record belongs to; what the record was stored for counts as
    covered until its consent is withdrawn."""
    if record is None:
        return {}
    state = (
        ConsentEvent.objects.filter(subject_id=record.subject_id, purpose=ask.purpose)
        .order_by("-at", "-recorded_at")
        .values_list("state", flat=True)
        .first()
    )
    if state is None:
        return {ask.purpose: True if ask.purpose in record.purposes else None}
    return {ask.purpose: state == ConsentEvent.State.GIVEN}


def _opened_lately(ask: Ask) -> int:
    """How many different records this person was permitted to open within the window, these not counted."""
    if ask.actor.user is None:
        return 0
    return (
        PermitRecord.objects.filter(
            permit__principal=ask.actor.name,
            permit__issued_at__gt=clock.now() - BULK_WINDOW,
            permit__action=ask.action,
        )
        .exclude(record_id__in=list(ask.records))
        .values("record")
        .distinct()
        .count()
    )
