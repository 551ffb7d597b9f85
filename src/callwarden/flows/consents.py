"""Consent that arrives by itself: told by another system, before the call, after it, or long after it was kept.

What it changes: a call that waited in quarantine because nobody knew is judged again; a call that was kept is refused
to the purpose from the next disclosure on. A clear no never lets anything out of quarantine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody import indexes, intake
from callwarden.custody.clients import require_open
from callwarden.custody.models import Call, Customer, IntakeItem, IntakeMatch, Leg, Line, Subject
from callwarden.custody.scope import client_scope
from callwarden.flows import jobs, over_collected, proofs
from callwarden.flows.actors import Actor
from callwarden.flows.customers import normal_number
from callwarden.flows.proofs import Cut
from callwarden.flows.take_in import call_reference
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import InvalidInput, NotFound
from callwarden.kernel.events import Event
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.consent.actions import Shown
from callwarden.lawful.consent.models import ConsentEvent, ConsentEvidence
from callwarden.lawful.consent.queries import person_reference
from callwarden.lawful.consent.rules import NO
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.queries import AHEAD, told_by
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.retention.queries import hold_rules

State = IntakeItem.State
UNKNOWN = "consent_unknown"


@dataclass(frozen=True)
class Told:
    """What somebody said about one purpose, as it is reported.

    Attributes:
        recipient: slug of whoever the data would go to; "" is ourselves.
        by: "subject", "guardian" or "authorised".
        apart: the purpose was asked about by itself.
        notice: version of the notice that was told.
        script: version of the script that was read out, or of the form.
        interval: where in the recording it was said, (from, to) in milliseconds.
        digest: SHA-256 of that interval's samples as the sender knows it; b"" when it does not.
    """

    purpose: str
    state: str
    method: str
    at: datetime
    key: str = ""
    recipient: str = ""
    by: str = ConsentEvent.By.SUBJECT
    apart: bool = False
    expires_at: datetime | None = None
    notice: str = ""
    script: str = ""
    interval: tuple[int, int] | None = None
    digest: bytes = b""


@dataclass(frozen=True)
class Heard:
    """What came of it: the call if it is kept already; how many arrivals were let out of quarantine to be judged."""

    event: UUID
    call: UUID | None
    judged_again: int


def take_in_consent(line: Line, call_id: str, told: Told, *, actor: str) -> Heard:
    """Record one consent event for a call by its telephone system's number. Told twice, it is one event.

    Raises:
        InvalidInput: a purpose this line does not have, a time that has not come, or a yes to a version of the notice
            that was not published by then.
        ClientClosed: the line's client was closed.
        CoolingDown: a question to somebody who refused not long ago.
    """
    _check(line, told)
    reference = call_reference(line, call_id)
    with client_scope(line.client_id):
        consent.hold(line, reference)
        call = Call.objects.select_related("line").filter(line=line, reference=reference).first()
        caller = caller_of(call) if call else None
        event = _say(line, told, reference=reference, call=call, subject=caller, actor=actor)
        given = told.state == ConsentEvent.State.GIVEN
        judged_again = _judge_again(line, call_id, actor) if given and call is None else 0
    return Heard(event.id, call.id if call else None, judged_again)


def say_in_call(
    actor: Actor, call: Call, told: Told, *, proof: Shown | None = None, piece: Cut | None = None
) -> ConsentEvent:
    """Record what the caller of a kept call said, as the agent confirms it.

    Args:
        piece: the sound in which they said it. It is kept before anything follows from what was said, as the recording
            may end with it.

    Raises: as `take_in_consent`.
    """
    _check(call.line, told)
    with client_scope(call.client_id):
        if piece is not None:
            hold_rules()
        consent.hold(call.line, bytes(call.reference))
        caller = caller_of(call)
        keep = None
        if piece is not None and caller is not None:
            keep = lambda event: proofs.keep(event, caller, piece, actor=actor.name)  # noqa: E731
        return _say(
            call.line,
            told,
            reference=bytes(call.reference),
            call=call,
            subject=caller,
            actor=actor.name,
            session=actor.session,
            proof=proof,
            keep=keep,
        )


def say_for_person(
    line: Line, subject: Subject, told: Told, *, actor: str, session: UUID | None = None
) -> ConsentEvent:
    """Record what somebody said outside any call: on a web page, by letter, at a counter, to another system.

    A withdrawal takes one act here as anywhere: it holds from the next decision on, and what is open is closed.

    Raises: as `take_in_consent`.
    """
    _check(line, told)
    with client_scope(line.client_id):
        reference = person_reference(subject)
        consent.hold(line, reference)
        return _say(line, told, reference=reference, call=None, subject=subject, actor=actor, session=session)


def customer_called(client: UUID, customer_no: str) -> Customer:
    """The customer with this number.

    Raises:
        NotFound: there is none.
    """
    with client_scope(client):
        known = indexes.known_by(client, indexes.NUMBER, normal_number(customer_no))
        found = Customer.objects.select_related("subject").filter(known, client_id=client).first()
    if found is None:
        raise NotFound("customer_not_found", _("There is no customer with this number."))
    return found


def _check(line: Line, told: Told) -> None:
    if not line.purposes.filter(purpose=told.purpose).exists() and not _over(told):
        raise InvalidInput(
            "unknown_purpose", _("This line does not serve this purpose. Use one of the purposes set up for it.")
        )
    if told.recipient and not _knows(line, told):
        raise InvalidInput("unknown_recipient", _("There is no such recipient for what this line serves."))
    if told.at > clock.now() + AHEAD:
        raise InvalidInput("in_the_future", _("The time of consent lies in the future. Correct the sender's clock."))
    if told.interval is not None and not 0 <= told.interval[0] < told.interval[1]:
        raise InvalidInput("bad_interval", _("The interval of the recording must end after it begins."))
    require_open(line.client_id)


def _over(told: Told) -> bool:
    """Whether it is a no to a purpose that the line may have served before: a yes to that may stand."""
    return told.state in NO and Purpose.objects.filter(slug=told.purpose).exists()


def _knows(line: Line, told: Told) -> bool:
    """Whether the recipient is one; a no is taken also about one that is given nothing any more."""
    if told.state in NO:
        return told.recipient in registry.recipients_called(line.client_id, [told.recipient])
    return any(one.slug == told.recipient for one in registry.recipients(line))


def _say(
    line: Line,
    told: Told,
    *,
    reference: bytes,
    call: Call | None,
    subject: Subject | None,
    actor: str,
    session: UUID | None = None,
    proof: Shown | None = None,
    keep: Callable[[ConsentEvent], object] | None = None,
) -> ConsentEvent:
    how = consent.How(
        told.method,
        told.key,
        by=told.by,
        apart=told.apart,
        notice=_notice(line, told),
        script_version=told.script,
        shown=proof or shown_by(told),
        expires_at=told.expires_at,
    )
    if subject is not None:
        consent.hold_person(subject.id)
    if told.state == ConsentEvent.State.REQUESTED and subject is not None:
        return consent.ask(
            line,
            subject,
            told.purpose,
            reference=reference,
            how=how,
            at=told.at,
            actor=actor,
            session=session,
            recipient=told.recipient,
            call=call,
        )
    event = consent.record(
        line,
        reference=reference,
        purpose=told.purpose,
        recipient=told.recipient,
        state=told.state,
        how=how,
        at=told.at,
        call=call,
        subject=subject,
        actor=actor,
        session=session,
    )
    if keep is not None and event.evidence is not None and event.evidence.record_id is None:
        keep(event)
    if told.state in NO:
        if call is not None:
            over_collected.end(call, actor=actor, session=session)
        if subject is not None:
            over_collected.end_everywhere(subject.id, told.purpose, actor=actor, session=session, but=call)
    return event


def _notice(line: Line, told: Told) -> Notice | None:
    """The version they were told. What a no was said to matters little.

    Raises:
        InvalidInput: a yes to a version nobody had published by then.
    """
    if not told.notice:
        return None
    found = told_by(line, told.notice, told.at)
    if found is None and told.state == ConsentEvent.State.GIVEN:
        raise InvalidInput(
            "notice_unknown",
            _("This version of the notice was not published when they agreed. Send the version they were told."),
        )
    return found


def shown_by(told: Told) -> Shown:
    """What shows that it was said, from how it was said."""
    if told.interval is not None:
        return Shown(ConsentEvidence.Kind.AUDIO, interval=told.interval, digest=told.digest, script=told.script)
    return Shown.by_method(told.method, script=told.script)


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
