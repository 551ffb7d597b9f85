"""The gate in motion: arrivals are matched, judged, and either admitted under two locks or left in quarantine.

Each step is one transaction that can be repeated: a worker killed at any point leaves either the state before it or the
state after it, never half a call.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from callwarden.custody import clients, indexes, intake
from callwarden.custody.basis import Basis
from callwarden.custody.bounds import FREE, Bounds
from callwarden.custody.categories import Category
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import (
    AgentLogin,
    Call,
    Customer,
    IntakeItem,
    Leg,
    Line,
    Record,
    Subject,
)
from callwarden.custody.put import Place, Shelf, put, put_fields
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import agent_subject, link, new_subject
from callwarden.engines.redact import audio as waves
from callwarden.engines.seal import SealError
from callwarden.engines.seal.normalise import normalise_phone
from callwarden.flows import over_collected, proofs, stored_only, troubles
from callwarden.flows.actors import Actor
from callwarden.flows.customers import normal_number
from callwarden.flows.disclose import Ask, disclose
from callwarden.flows.formats import CdrRow, WordsError, WordsFile, check_fit, read_words
from callwarden.flows.rows import from_payload
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.models import User
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.gate import Refusal, facts_for, may_collect
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.queries import told_at, told_by
from callwarden.lawful.retention.queries import hold_rules

JOB = Actor.job("intake")
State = IntakeItem.State


@dataclass(frozen=True)
class Arrived:
    """A call detail record with everything that belongs to it.

    Attributes:
        replaced: recordings and words that were delivered again with another content.
    """

    row: IntakeItem
    recordings: tuple[IntakeItem, ...]
    words: tuple[IntakeItem, ...]
    replaced: tuple[IntakeItem, ...] = ()

    @property
    def items(self) -> tuple[IntakeItem, ...]:
        return (self.row, *self.recordings, *self.words)


@dataclass(frozen=True, repr=False)
class Fresh:
    """What has just been stored, still in memory for the redaction that follows: by record, sound or document."""

    sounds: Mapping[UUID, waves.Audio]
    documents: Mapping[UUID, dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What became of a call: "admitted", "quarantined", "set_aside", "duplicate", or "gone" (somebody else did it)."""

    verdict: str
    call: UUID | None = None
    reasons: tuple[str, ...] = ()
    fresh: Fresh | None = field(default=None, repr=False, compare=False)


def admit(arrived: Arrived) -> Outcome:
    """Judge one arrived call and act on the verdict."""
    line = arrived.row.line
    if clients.is_closed(line.client_id):
        return _set_aside(arrived, clients.CLOSED)
    grant = disclose(
        Ask(
            actor=JOB,
            client=line.client_id,
            action="admit",
            purpose="intake",
            items=tuple(item.id for item in arrived.items),
            lasts=timedelta(minutes=15),
        )
    )
    try:
        row = from_payload(intake.open_item(arrived.row, permit=grant.permit, principal=JOB.name).content)
    except SealError:
        return _set_aside(arrived, "spool_damaged")
    verdict = _judge(line, row, arrived)
    if isinstance(verdict, Outcome):
        return verdict
    try:
        sound = [intake.open_item(item, permit=grant.permit, principal=JOB.name) for item in arrived.recordings]
        legs = _legs(row, [_decode(opened) for opened in sound])
    except waves.AudioError as error:
        return _set_aside(arrived, f"audio_{error.code}")
    except (FileNotFoundError, SealError):
        return _set_aside(arrived, "spool_damaged")
    words, problem = _words(arrived, legs, grant.permit)
    return _store(arrived, row, legs, words, problem)


def call_reference(line: Line, call_id: str) -> bytes:
    """Keyed token of the telephone system's own number of a call."""
    return keeper.tokens(line.client_id, "call", [f"{line.id}:{call_id}"])[0]


def _judge(line: Line, row: CdrRow, arrived: Arrived) -> Basis | Outcome:
    reference = call_reference(line, row.call_id)
    with client_scope(line.client_id):
        hold_rules()
        consent.hold(line, reference)
        if Call.objects.filter(line=line, reference=reference).exists():
            _move(arrived.items, State.DUPLICATE, "call_known")
            return Outcome("duplicate", reasons=("call_known",))
        _record_consents(line, row, reference)
        verdict = _verdict(line, row, reference, _customer_of(line, row))
        if isinstance(verdict, Refusal):
            return _quarantine(arrived, verdict)
        return verdict


def _verdict(line: Line, row: CdrRow, reference: bytes, customer: Customer | None) -> Basis | Refusal:
    facts = facts_for(
        line,
        reference=reference,
        direction=row.direction,
        notice_given=_given(line, row),
        customer=customer,
        trigger=row.ended_at or row.started_at,
    )
    return may_collect(facts)


def _given(line: Line, row: CdrRow) -> str | None:
    """The version this caller was told, if it could be told when they are said to have heard it."""
    told = _told_to(line, row, row.notice.played_at) if row.notice else None
    return told.version if told else None


def _record_consents(line: Line, row: CdrRow, reference: bytes) -> None:
    for event in row.consents:
        # What was agreed to before the call was agreed to under the notice of then.
        before = event.method == "prior" and event.at < row.started_at
        notice = told_at(line, event.at) if before else _told_to(line, row, event.at)
        said = consent.record(
            line,
            reference=reference,
            purpose=event.purpose,
            state=event.answer,
            how=consent.How(event.method, event.key or "", notice=notice, shown=consent.Shown.by_method(event.method)),
            at=event.at,
            actor=JOB.name,
        )
        if row.notice and notice is None and not before and event.answer == "given":
            # A yes to a text nobody had published by then covers nothing, also once somebody publishes it.
            consent.end_unfounded(said, reason="notice_unknown", actor=JOB.name)


def _told_to(line: Line, row: CdrRow, at: datetime) -> Notice | None:
    return told_by(line, row.notice.version, at) if row.notice else None


def _customer_of(line: Line, row: CdrRow) -> Customer | None:
    """The customer this call is with: by customer number, else by the outside party's telephone number."""
    if row.customer_no:
        try:
            known = indexes.known_by(line.client_id, indexes.NUMBER, normal_number(row.customer_no))
        except InvalidInput:
            return None
        return Customer.objects.filter(known, client_id=line.client_id).first()
    outside = row.caller if row.direction == "inbound" else row.callee
    if not outside:
        return None
    try:
        known = indexes.known_by(line.client_id, "phone", normalise_phone(outside))
    except ValueError:
        return None
    customers = list(Customer.objects.filter(known, client_id=line.client_id)[:2])
    return customers[0] if len(customers) == 1 else None


def _held_customer(line: Line, row: CdrRow) -> Customer | None:
    """The customer this call is with, as they are now: until the call is kept nobody joins, parts, restricts or
    forgets them. Whose erasure came to its end first is known by no number any more.
    """
    found = _customer_of(line, row)
    if found is None:
        return None
    Customer.objects.select_for_update(no_key=True).select_related(None).get(pk=found.pk)
    again = _customer_of(line, row)
    return again if again is not None and again.pk == found.pk else None


def _agent_of(line: Line, row: CdrRow) -> User | None:
    """Whose login at the telephone system that was."""
    if not row.agent:
        return None
    token = keeper.tokens(line.client_id, "agent", [row.agent.casefold()])[0]
    found = AgentLogin.objects.select_related("user").filter(client_id=line.client_id, login=token).first()
    return found.user if found else None


def _quarantine(arrived: Arrived, refusal: Refusal) -> Outcome:
    """Leave everything sealed and unopened; the timer that started at arrival ends it, sooner if so configured."""
    reason = refusal.reasons[0]
    limit = clock.now() + timedelta(hours=settings.QUARANTINE_HOURS)
    for item in arrived.items:
        item.delete_at = min(item.delete_at, limit)
        item.save(update_fields=["delete_at"])
    _move(arrived.items, State.QUARANTINED, reason)
    line = arrived.row.line
    journal.record(
        journal.Entry(
            event=Event.QUARANTINE_ENTERED,
            actor=JOB.name,
            client=line.client_id,
            decision="refuse",
            reasons=refusal.reasons,
            data={"line": line.slug, "item": str(arrived.row.id)},
        )
    )
    return Outcome("quarantined", reasons=refusal.reasons)


def _set_aside(arrived: Arrived, reason: str) -> Outcome:
    line = arrived.row.line
    with client_scope(line.client_id):
        _move(arrived.items, State.SET_ASIDE, reason)
        journal.record(
            journal.Entry(
                event=Event.INTAKE_SET_ASIDE,
                actor=JOB.name,
                client=line.client_id,
                reasons=(reason,),
                data={"line": line.slug, "item": str(arrived.row.id)},
            )
        )
        troubles.files_set_aside(line)
    return Outcome("set_aside", reasons=(reason,))


def _move(items: Iterable[IntakeItem], state: str, reason: str, call: Call | None = None) -> None:
    moved = IntakeItem.objects.filter(id__in=[item.id for item in items], state__in=[State.SEALED, State.WAITING])
    if state == State.ADMITTED:
        # Kept under two locks now: the copy in the spool loses its key in the same commit, whenever its bytes go.
        moved.update(state=state, reason=reason, call=call, sealed_key=b"", inline=b"")
    else:
        moved.update(state=state, reason=reason, call=call)


def _decode(opened: intake.Opened) -> waves.Audio:
    limits = waves.AudioLimits(max_seconds=settings.INTAKE_MAX_SECONDS)
    return waves.decode(opened.content, hint=None, limits=limits)


@dataclass(frozen=True)
class About:
    """Who else a record is about, and who has been taken out of it."""

    mentioned: tuple[Subject, ...] = ()
    without: tuple[str, ...] = ()

    @classmethod
    def of(cls, record: Record) -> About:
        """As a record says. Call it inside `client_scope`."""
        mentioned = tuple(Subject.objects.filter(mentions__record=record))
        return cls(mentioned, tuple(record.media.get("without", ())))

    def media(self) -> dict[str, list[str]]:
        return {"without": list(self.without)} if self.without else {}


NOBODY_ELSE = About()


@dataclass(frozen=True)
class Side:
    """One party's sound: a leg before it has a row."""

    party: str
    channel: int
    audio: waves.Audio


def _legs(row: CdrRow, recordings: list[waves.Audio]) -> list[Side]:
    """Recordings taken apart into one mono leg per party, as the layouts say."""
    sides: list[Side] = []
    for number, audio in enumerate(recordings):
        layout = row.layouts[number] if number < len(row.layouts) else row.layout
        kind, _, parties = layout.partition(":")
        names = parties.split(",")
        if kind == "stereo" and audio.samples.shape[1] != 2:
            # The system promised two parties apart and delivered one channel: treat it as what it is.
            kind, names = "mono", ["mixed"]
        monos = waves.to_mono_legs(audio)
        if kind == "mono" and len(monos) > 1:
            names = ["mixed"] * len(monos)
        for name, mono in zip(names, monos, strict=False):
            sides.append(Side(name, len(sides), mono))
    return sides


def _words(arrived: Arrived, legs: list[Side], permit: UUID) -> tuple[WordsFile | None, str]:
    """The words file if it can be used with this sound; else why not. A call without usable words stays restricted."""
    if not arrived.words:
        return None, "words_missing"
    longest = max(len(side.audio.samples) * 1000 / side.audio.rate for side in legs)
    try:
        words = read_words(intake.open_item(arrived.words[0], permit=permit, principal=JOB.name).content)
        check_fit(words, longest)
    except WordsError as error:
        return None, error.code
    except (FileNotFoundError, SealError):
        return None, "spool_damaged"
    return words, ""


def _store(arrived: Arrived, row: CdrRow, legs: list[Side], words: WordsFile | None, problem: str) -> Outcome:
    line = arrived.row.line
    reference = call_reference(line, row.call_id)
    with client_scope(line.client_id):
        hold_rules()
        consent.hold(line, reference)
        held = IntakeItem.objects.select_for_update().get(pk=arrived.row.pk)
        if held.state not in {State.SEALED, State.WAITING}:
            return Outcome("gone")
        customer = _held_customer(line, row)
        verdict = _verdict(line, row, reference, customer)
        if isinstance(verdict, Refusal):
            return _quarantine(arrived, verdict)
        heard = Category.RECORDING_ORIGINAL in verdict.due
        if not heard:
            # Nobody allowed the recording: what it holds is deleted with its arrival, and nothing is read out of it.
            legs, words, problem = [], None, ""
        call = _new_call(line, row, reference, legs, problem, customer, heard=heard)
        caller, fresh = _put_call(verdict, call, row, legs, words)
        consent.attach(line, reference, call)
        over_collected.said_before(call, actor=JOB.name)
        if heard:
            _keep_proofs(call, legs)
        if customer is not None and stored_only.asked_by(customer.person_id):
            # At the end: what was cut out as a proof is theirs too.
            stored_only.reach(caller, actor=JOB.name)
        if problem:
            # Set aside, so that the very same words may be delivered again: perhaps only our copy was damaged.
            _move(arrived.words, State.SET_ASIDE, problem)
        _move(arrived.items, State.ADMITTED, problem, call)
        for item in arrived.replaced:
            intake.give_way(item)
        journal.record(
            journal.Entry(
                event=Event.ADMISSION_ADMITTED,
                actor=JOB.name,
                client=line.client_id,
                call=call.id,
                decision="allow",
                reasons=() if heard else ("recording_not_covered",),
                data={"line": line.slug, "basis": str(verdict.id), "purposes": list(verdict.purposes)},
            )
        )
        if problem:
            troubles.redaction_failed(line)
    unusable = arrived.words if problem else ()
    for item in (*arrived.items, *arrived.replaced):
        if item not in unusable:
            intake.discard(item)
    return Outcome("admitted", call=call.id, reasons=(problem,) if problem else (), fresh=fresh)


def _new_call(
    line: Line,
    row: CdrRow,
    reference: bytes,
    legs: list[Side],
    problem: str,
    customer: Customer | None,
    *,
    heard: bool = True,
) -> Call:
    longest = max((len(side.audio.samples) * 1000 // side.audio.rate for side in legs), default=0)
    return Call.objects.create(
        client_id=line.client_id,
        line=line,
        reference=reference,
        direction=row.direction,
        language=(row.notice.language if row.notice else "")[:10],
        started_at=row.started_at,
        duration_ms=int(longest),
        customer=customer,
        agent=_agent_of(line, row),
        redaction=_first_state(problem, heard),
        admitted_at=clock.now(),
    )


def _keep_proofs(call: Call, legs: list[Side]) -> None:
    """Cut out what was reported as the sound of a consent before the call was here."""
    leg = call.legs.select_related("subject").exclude(party=Leg.Party.AGENT).first()
    source = Record.objects.filter(call=call, category=Category.RECORDING_ORIGINAL).order_by("leg__channel").first()
    if leg is not None and source is not None:
        proofs.keep_at_admission(call, leg.subject, [side.audio for side in legs], source.id, actor=JOB.name)


def _first_state(problem: str, heard: bool) -> str:
    if not heard:
        return Call.Redaction.DONE
    return Call.Redaction.FAILED if problem else Call.Redaction.PENDING


def _put_call(
    basis: Basis, call: Call, row: CdrRow, legs: list[Side], words: WordsFile | None
) -> tuple[Subject, Fresh]:
    """Store what came under the keys of its people; the caller, and what is in memory of it."""
    shelf = Shelf(basis)
    caller = new_subject(basis.client, Subject.Kind.CALLER)
    if call.customer:
        link(call.customer.person, caller)
        journal.record(
            journal.Entry(
                event=Event.PERSON_LINKED,
                actor=JOB.name,
                client=basis.client,
                subject=caller.pk,
                call=call.pk,
                data={"person": str(call.customer.person_id)},
            )
        )
    agent = agent_subject(basis.client, call.agent)
    if not legs:
        Leg.objects.create(client_id=basis.client, call=call, party=Leg.Party.CALLER, channel=0, subject=caller)
    sounds: dict[UUID, waves.Audio] = {}
    documents: dict[UUID, dict[str, Any]] = {}
    for side in legs:
        mine = agent if side.party == Leg.Party.AGENT else caller
        leg = Leg.objects.create(
            client_id=basis.client, call=call, party=side.party, channel=side.channel, subject=mine
        )
        # A mixed leg lies under the caller's key, and the agent is heard in it.
        about = About(mentioned=(agent,)) if side.party == Leg.Party.MIXED else NOBODY_ELSE
        sounds[put_audio(shelf, Category.RECORDING_ORIGINAL, leg, side.audio, about=about).id] = side.audio
    if words is not None:
        document = words.with_layout(row.layout).to_json() | {"id": str(call.id)}
        place = Place(call=call, mentions=(agent,))
        documents[put_json(shelf, Category.TRANSCRIPT_ORIGINAL, caller, document, place).id] = document
    fields = [("caller", row.caller), ("callee", row.callee), ("call_id", row.call_id)]
    if row.customer_no:
        fields.append(("customer_no", row.customer_no))
    put_fields(
        shelf,
        category=Category.CALL_METADATA,
        subject=caller,
        fields=[(name, value) for name, value in fields if value],
        place=Place(call=call),
    )
    return caller, Fresh(sounds, documents)


def put_audio(
    basis: Basis | Shelf,
    category: Category,
    leg: Leg,
    audio: waves.Audio,
    *,
    about: About = NOBODY_ELSE,
    bounds: Bounds = FREE,
) -> Record:
    """One leg's sound as a sealed FLAC."""
    flac = io.BytesIO()
    waves.encode_flac(audio, flac)
    return put(
        basis,
        category=category,
        subject=leg.subject,
        write=lambda out: out.write(flac.getbuffer()),
        place=Place(call=leg.call, leg=leg, mentions=about.mentioned),
        media={
            "rate": audio.rate,
            "frames": len(audio.samples),
            "channels": audio.samples.shape[1],
            "format": "flac",
            **about.media(),
        },
        bounds=bounds,
    )


def put_json(
    basis: Basis | Shelf,
    category: Category,
    subject: Subject,
    document: object,
    place: Place,
    *,
    about: About = NOBODY_ELSE,
    bounds: Bounds = FREE,
) -> Record:
    """A document as sealed UTF-8 JSON."""
    raw = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return put(
        basis,
        category=category,
        subject=subject,
        write=lambda out: out.write(raw),
        place=place,
        media={"format": "json", **about.media()},
        bounds=bounds,
    )
