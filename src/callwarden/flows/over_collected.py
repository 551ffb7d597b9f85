"""What a recorder heard and nobody allows (any more): deleted, or, where the law or a hold keeps it, restricted.

At the gate nothing of it is stored (`lawful.gate.heard_in_vain`). Here is what follows when the yes to recording is
taken back after the call was kept.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import Max

from callwarden.custody.destroy import destroy_record
from callwarden.custody.models import Call, Record
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.lawful.gate import SOUND, Refusal, may_use
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.terms import Use

REASON = "consent_withdrawn"


def end(call: Call, *, actor: str, session: UUID | None = None) -> tuple[int, int]:
    """Delete what was heard in a call whose recording nothing carries any more. Call it inside `client_scope`.

    A record inside its statutory floor stays, restricted: stored and protected, used for nothing else (PIPL art. 47,
    last paragraph; NDSR art. 24). Retention ends it when its time comes.

    Returns:
        How many records were deleted, and how many restricted.
    """
    recording = [one for one in registry.grounds(call.line) if one.use == Use.RECORDING]
    leg = call.legs.exclude(party="agent").first()
    if not recording or leg is None:
        return 0, 0
    if not isinstance(may_use(Use.RECORDING, line=call.line, subject=leg.subject_id, call=call), Refusal):
        return 0, 0
    floors = dict(
        call.line.retention.filter(category__in=SOUND)
        .values_list("category")
        .annotate(days=Max("floor_days"))
        .values_list("category", "days")
    )
    ended = call.started_at + timedelta(milliseconds=call.duration_ms)
    deleted = restricted = 0
    heard = Record.objects.filter(call=call, category__in=SOUND).exclude(state=Record.State.DESTROYED)
    for record in heard.order_by("id"):
        in_floor = ended + timedelta(days=floors.get(record.category, 0)) > clock.now()
        if not in_floor and destroy_record(record, actor=actor, reason=REASON):
            deleted += 1
            continue
        restricted += Record.objects.filter(pk=record.pk).update(state=Record.State.RESTRICTED)
    if deleted or restricted:
        journal.record(
            journal.Entry(
                event=Event.OVER_COLLECTION_ENDED,
                actor=actor,
                session=session,
                client=call.client_id,
                call=call.id,
                reasons=(REASON,),
                count=deleted + restricted,
                data={"deleted": deleted, "restricted": restricted},
            )
        )
    return deleted, restricted
