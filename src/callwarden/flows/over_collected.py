"""What a recorder heard and nobody allows (any more): deleted, or, where the law or a hold keeps it, restricted.

At the gate nothing of it is stored (`lawful.gate.heard_in_vain`). Here is what follows when the yes to recording is
taken back after the call was kept, in that call or anywhere else. What was done with it before stays lawful (PIPL
art. 15); keeping it rested on that yes alone, and ends (PIPL art. 47(1)(3); GDPR art. 17(1)(b)).
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from callwarden.custody.destroy import destroy_record
from callwarden.custody.models import Call, Leg, Record
from callwarden.custody.restrict import restrict, store_only
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.consent.queries import linked, same_person
from callwarden.lawful.consent.rules import NO
from callwarden.lawful.gate import SOUND, Refusal
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.models import LinePurpose, Purpose
from callwarden.lawful.purposes.terms import BY_CONSENT, Use
from callwarden.lawful.retention.queries import Floors
from callwarden.lawful.using import may_use

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
    floors = Floors()
    deleted = restricted = 0
    heard = Record.objects.select_related("line", "call").filter(call=call, category__in=SOUND)
    for record in heard.exclude(state=Record.State.DESTROYED).order_by("id"):
        floor = floors.of(record)
        if floor is not None and floor.until > clock.now():
            restricted += restrict(record, until=floor.until, provision=floor.provision, actor=actor, reason=REASON)
        elif destroy_record(record, actor=actor, reason=REASON):
            deleted += 1
        else:  # on hold: it goes with its last hold, and until then it is used for nothing
            restricted += _store_only(record, actor)
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


def end_everywhere(
    subject: UUID, purpose: str, *, actor: str, session: UUID | None = None, but: Call | None = None
) -> int:
    """Delete what was heard in any call of this person (`but` one) whose recording nothing carries since they said no
    to this purpose. Call it inside `client_scope`, with the person held (`consent.hold_person`).

    Returns how many calls lost something.
    """
    if not Purpose.objects.filter(slug=purpose, use=Use.RECORDING).exists():
        return 0
    kept = _heard_of(same_person(subject))
    others = kept.exclude(pk=but.pk) if but else kept
    calls = others.select_related("line").order_by("id")
    return sum(any(end(call, actor=actor, session=session)) for call in calls)


def would_end(person: UUID, purposes: Iterable[str] = ()) -> int:
    """How many calls of this person lose what was heard in them when they take their consent to recording back, to be
    told before anybody carries it out. What a law or a hold keeps is counted too: it is restricted. Call it inside
    `client_scope`.

    Args:
        purposes: what they take back; none for everything.
    """
    recording = LinePurpose.objects.filter(purpose__use=Use.RECORDING, ground__in=BY_CONSENT)
    wanted = set(purposes)
    if wanted:
        recording = recording.filter(purpose__in=wanted)
    return _heard_of(linked(person)).filter(line__in=recording.values("line")).count()


def _heard_of(subjects: Iterable[UUID]) -> QuerySet[Call]:
    """Calls of these key holders of which something that was heard is kept and not on its way out already."""
    theirs = Leg.objects.filter(call=OuterRef("pk"), subject__in=list(subjects)).exclude(party=Leg.Party.AGENT)
    heard = Record.objects.filter(call=OuterRef("pk"), category__in=SOUND, erase_at__isnull=True)
    return Call.objects.filter(Exists(theirs), Exists(heard.exclude(state=Record.State.DESTROYED)))


def said_before(call: Call, *, actor: str) -> None:
    """What a no that was told before its call was admitted means for the rest of what there is of the caller. Call it
    inside `client_scope`, once the events are tied to the call.
    """
    said = ConsentEvent.objects.filter(call=call, state__in=NO, subject__isnull=False)
    for subject, purpose in sorted(set(said.values_list("subject", "purpose"))):
        consent.hold_person(subject)
        consent.close_views([subject], purpose)
        end_everywhere(subject, purpose, actor=actor, but=call)


def _store_only(record: Record, actor: str) -> int:
    """Restrict what only a hold keeps. The entry lets a restore do it again."""
    journal.record(
        journal.Entry(
            event=Event.RECORD_RESTRICTED,
            actor=actor,
            client=record.client_id,
            call=record.call_id,
            records=(record.pk,),
            reasons=(REASON,),
        )
    )
    return store_only(Record.objects.filter(pk=record.pk))
