"""Recording what callers allow, refuse and withdraw."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import connection

from callwarden.custody.models import Call, Line
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.notices.models import Notice

_EVENTS = {
    ConsentEvent.State.GIVEN: Event.CONSENT_GIVEN,
    ConsentEvent.State.REFUSED: Event.CONSENT_REFUSED,
    ConsentEvent.State.WITHDRAWN: Event.CONSENT_WITHDRAWN,
}


def record(
    line: Line,
    *,
    reference: bytes,
    purpose: str,
    state: str,
    method: str,
    at: datetime,
    actor: str,
    key: str = "",
    notice: Notice | None = None,
    call: Call | None = None,
) -> ConsentEvent:
    """Append one event. The same event told twice is one event. Call it inside `client_scope`.

    Args:
        reference: keyed token of the call's own number at its telephone system.
        at: when the caller said it, by the telephone system's clock.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("consent events are recorded inside client_scope")
    event, created = ConsentEvent.objects.get_or_create(
        line=line,
        reference=reference,
        purpose=purpose,
        state=state,
        at=at,
        defaults={
            "client_id": line.client_id,
            "method": method,
            "key": key,
            "notice": notice,
            "call": call,
            "recorded_at": clock.now(),
        },
    )
    if created:
        journal.record(
            journal.Entry(
                event=_EVENTS[ConsentEvent.State(state)],
                actor=actor,
                client=line.client_id,
                call=call.id if call else None,
                purpose=purpose,
                data={"line": line.slug, "method": method},
            )
        )
    return event


def hold(line: Line, reference: bytes) -> None:
    """Let nobody else judge this call, or report consent for it, until the transaction ends.

    Whoever judges sees all that was said before; whoever speaks sees what was judged. Without this a consent that
    commits while its call is being judged could be missed by both.
    """
    with connection.cursor() as cursor:
        number = int.from_bytes(hashlib.sha256(line.id.bytes + reference).digest()[:8], "big", signed=True)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def attach(line: Line, reference: bytes, call: Call) -> None:
    """Tie the events of a call to its row and its caller once it has been admitted."""
    leg = call.legs.exclude(party="agent").first()
    ConsentEvent.objects.filter(line=line, reference=reference).update(call=call, subject=leg.subject if leg else None)
