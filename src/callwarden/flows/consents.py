"""Consent that arrives by itself: told by another system, before the call, after it, or long after it was kept.

What it changes: a call that waited in quarantine because nobody knew is judged again; a call that was kept is refused
to the purpose from the next disclosure on. A clear no never lets anything out of quarantine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody import intake
from callwarden.custody.clients import require_open
from callwarden.custody.models import Call, IntakeItem, IntakeMatch, Leg, Line, Subject
from callwarden.custody.scope import client_scope
from callwarden.flows import jobs
from callwarden.flows.take_in import call_reference
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.events import Event
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.consent.models import ConsentEvent

State = IntakeItem.State
# Clocks of telephone systems run ahead; a time further ahead than this is a mistake.
AHEAD = timedelta(minutes=5)
UNKNOWN = "consent_unknown"


@dataclass(frozen=True)
class Told:
    """What a caller said about one purpose, as somebody reports it."""

    purpose: str
    state: str
    method: str
    at: datetime
    key: str = ""


@dataclass(frozen=True)
class Heard:
    """What came of it: the call if it is kept already; how many arrivals were let out of quarantine to be judged."""

    event: UUID
    call: UUID | None
    judged_again: int


def take_in_consent(line: Line, call_id: str, told: Told, *, actor: str) -> Heard:
    """Record one consent event for a call by its telephone system's number. Told twice, it is one event.

    Raises:
        InvalidInput: a purpose this line does not have, or a time that has not come.
        ClientClosed: the line's client was closed.
    """
    if not line.purposes.filter(purpose=told.purpose).exists():
        raise InvalidInput(
            "unknown_purpose", _("This line does not serve this purpose. Use one of the purposes set up for it.")
        )
    if told.at > clock.now() + AHEAD:
        raise InvalidInput("in_the_future", _("The time of consent lies in the future. Correct the sender's clock."))
    require_open(line.client_id)
    reference = call_reference(line, call_id)
    with client_scope(line.client_id):
        consent.hold(line, reference)
        call = Call.objects.filter(line=line, reference=reference).first()
        caller = caller_of(call) if call else None
        if caller is not None:
            consent.hold_person(caller.id)
        event = consent.record(
            line,
            reference=reference,
            purpose=told.purpose,
            state=told.state,
            how=consent.How(told.method, told.key),
            at=told.at,
            call=call,
            subject=caller,
            actor=actor,
        )
        given = told.state == ConsentEvent.State.GIVEN
        judged_again = _judge_again(line, call_id, actor) if given and call is None else 0
    return Heard(event.id, call.id if call else None, judged_again)


def caller_of(call: Call) -> Subject | None:
    """Whose consent a call is about: the key holder of its outside party. Call it inside `client_scope`."""
    leg = call.legs.select_related("subject").exclude(party=Leg.Party.AGENT).first()
    return leg.subject if leg else None


def _judge_again(line: Line, call_id: str, actor: str) -> int:
    """Let what waited only for this answer be judged anew. Its timer goes on; only the gate can stop it."""
    quarantined = IntakeItem.objects.filter(line=line, state=State.QUARANTINED, reason=UNKNOWN)
    rows = quarantined.filter(kind=IntakeItem.Kind.ROW, matches__token=intake.match_token(line.id, f"call:{call_id}"))
    ids = list(rows.values_list("id", flat=True))
    if not ids:
        return 0
    tokens = IntakeMatch.objects.filter(item__in=ids).values("token")
    theirs = list(quarantined.filter(matches__token__in=tokens).values_list("id", flat=True).distinct())
    moved = IntakeItem.objects.filter(id__in=theirs, state=State.QUARANTINED).update(state=State.WAITING, reason="")
    for row in ids:
        journal.record(
            journal.Entry(
                event=Event.QUARANTINE_RELEASED,
                actor=actor,
                client=line.client_id,
                reasons=(UNKNOWN,),
                data={"line": line.slug, "item": str(row)},
            )
        )
    jobs.match_later(line.id)
    return moved
