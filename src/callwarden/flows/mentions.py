"""What somebody else's call says of a person, when that person is erased.

Destroying a person's keys ends what lies under them. What others' calls say of them lies under others' keys; it is
marked by Mentions. Each such call gets a new version without them, and the old one is destroyed, key and all: of a
party to the call all turns go, of anybody else the values that are known of them. Where no version without them can be
made, what mentions them is destroyed as a whole. What a floor keeps is restricted until its end in either case.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from callwarden.control.neighbours import actions as neighbours
from callwarden.custody.bounds import Bounds, bounds_of
from callwarden.custody.categories import Category
from callwarden.custody.destroy import NAMED
from callwarden.custody.models import Call, Hold, Leg, Mention, Record, Subject
from callwarden.custody.open import open_record
from callwarden.custody.permits import Grant
from callwarden.custody.put import Place, Shelf
from callwarden.custody.restrict import store_only
from callwarden.custody.scope import client_scope
from callwarden.custody.versions import hold_still, newest, versions
from callwarden.engines import redact as text
from callwarden.engines.redact import audio as sound
from callwarden.flows import redact_call, spoken_of, stored_only
from callwarden.flows.disclose import Ask, disclose
from callwarden.flows.mentioned import REASON, left, still_in, to_go_over
from callwarden.flows.take_in import About, put_audio, put_json
from callwarden.kernel import journal
from callwarden.kernel.errors import CallwardenError, Refused
from callwarden.kernel.events import Event
from callwarden.lawful.gate import renew
from callwarden.lawful.retention import erasing
from callwarden.lawful.retention.queries import hold_rules

JOB: Final = redact_call.JOB
ERASED: Final = "[ERASED]"
_ORIGINALS = (Category.TRANSCRIPT_ORIGINAL, Category.RECORDING_ORIGINAL)
_MADE_OF_THEM = (Category.TRANSCRIPT_REDACTED, Category.RECORDING_REDACTED, Category.REDACTION_SPANS)
_CALLERS = {"customer", "caller", "client", "user", "客户", "来电人", "用户", "顾客"}
# Kinds of known values -> what spans of them are called. Names and addresses have rules of their own.
_NUMBERS = {
    "phones": {text.EntityType.PHONE},
    "cards": {text.EntityType.CARD_PAN},
    "emails": {text.EntityType.EMAIL},
    "ids": {text.EntityType.CN_RIC, text.EntityType.PASSPORT, text.EntityType.CN_PASSPORT},
}


@dataclass(frozen=True)
class Erased:
    """What an erasure reached: own records, calls of others that were gone over, records that still mention them."""

    records: int
    calls: int
    left: int


def mention(call: Call, subject: Subject) -> int:
    """Say that this call speaks of somebody who is no party to it. Returns how many of its records that concerns."""
    with client_scope(call.client_id):
        spoken_of.mark(call, [subject.id])
        concerned = Mention.objects.filter(record__call=call, subject=subject)
        return concerned.exclude(record__state=Record.State.DESTROYED).count()


def erase_subject(client: UUID, subject: UUID, *, actor: str, reason: str) -> Erased:
    """Erase a person: first from the calls of others, while their values are still known, then their own records.

    Killed in between it is done again from where it was. A record on hold is stored only and keeps its mention; it is
    gone over by `take_out_left` once nothing holds it.
    """
    gone_over: set[UUID] = set()
    while True:
        with client_scope(client):
            # Whoever redacts a call has marked it by now, or finds the person erased.
            person = Subject.objects.select_for_update().get(pk=subject)
            calls = list(_calls_of_others(person).exclude(id__in=gone_over))
            if not calls:
                own = _erase_own(person, actor=actor, reason=reason)
                still = left(client).filter(_about(subject)).count()
                return Erased(own, len(gone_over), still)
        known = _known(person)
        for call in calls:
            _take_out(call, person, known)
        gone_over |= {call.id for call in calls}


def _erase_own(person: Subject, *, actor: str, reason: str) -> int:
    """Their own records, how many. What a floor keeps stays restricted, and goes by itself on its day."""
    own = erasing.erase_subject(person, actor=actor, reason=reason).destroyed
    if Subject.objects.filter(pk=person.pk, destroyed_at__isnull=False).exists():
        neighbours.erase([person.pk])
    return own


def _about(subject: UUID) -> Q:
    mentioned = Mention.objects.filter(record=OuterRef("pk"), subject=subject)
    return Q(Exists(mentioned) | Exists(Leg.objects.filter(call=OuterRef("call"), subject=subject)))


def _calls_of_others(person: Subject) -> QuerySet[Call]:
    live = Record.objects.filter(call=OuterRef("pk")).exclude(state=Record.State.DESTROYED).exclude(subject=person)
    spoken_of = live.filter(mentions__subject=person)
    spoke_in = live.filter(category__in=[Category.TRANSCRIPT_ORIGINAL, Category.TRANSCRIPT_REDACTED])
    party = Leg.objects.filter(call=OuterRef("pk"), subject=person, party=Leg.Party.AGENT)
    return Call.objects.filter(Exists(spoken_of) | (Exists(spoke_in) & Exists(party))).order_by("id")


def _known(person: Subject) -> text.KnownValues:
    """What the person's own customer record says of them."""
    with client_scope(person.client_id):
        records = list(
            Record.objects.filter(subject=person, customer__isnull=False, category__in=redact_call.KNOWN_CATEGORIES)
            .exclude(state=Record.State.DESTROYED)
            .select_related("subject")
        )
    if not records:
        return text.KnownValues()
    return redact_call.known_values(_allowed(records, None), records)


def _allowed(records: Iterable[Record], call: Call | None) -> Grant:
    wanted = list(records)
    return disclose(
        Ask(
            actor=JOB,
            client=wanted[0].client_id,
            action="redact",
            purpose="redaction",
            records={record.id: () for record in wanted},
            call=call.id if call else None,
            lasts=timedelta(minutes=15),
        )
    )


def _take_out(call: Call, person: Subject, known: text.KnownValues) -> None:
    """Make this call's versions without the person, destroy those with them, and have it redacted anew."""
    with client_scope(call.client_id):
        originals = list(
            Record.objects.select_related("leg", "leg__call", "leg__subject", "subject", "call", "call__line")
            .filter(call=call, category__in=_ORIGINALS)
            .exclude(state=Record.State.DESTROYED)
            .exclude(subject=person)
            .exclude(pk__in=redact_call.gone_agents(call))
        )
        originals = newest(originals)
        if _on_hold(call):
            _keep_still(call, person)
            return
        if _out_already(originals, person):
            return
        channels = set(Leg.objects.filter(call=call, subject=person).values_list("channel", flat=True))
    transcript = next((one for one in originals if one.category == Category.TRANSCRIPT_ORIGINAL), None)
    speaks = person.kind == Subject.Kind.AGENT
    if transcript is None or not (speaks or known != text.KnownValues()):
        _destroy_all(call, person)
        return
    grant = _allowed(originals, call)
    before = text.Transcript.from_json(json.loads(open_record(grant, transcript).readall()))
    after, touched = _without_turns(before, channels) if speaks else _without_values(before, known)
    recordings = [one for one in originals if one.leg is not None and (not speaks or one.leg.party == Leg.Party.MIXED)]
    muted = [(one, _muted(sound.decode(open_record(grant, one).readall()), touched)) for one in recordings]
    try:
        replaced = _replace(call, person, (transcript, after), muted)
    except Refused:
        replaced = False
    if not replaced:
        _destroy_all(call, person)
        return
    redact_call.redact_call(call.id, call.client_id)


def take_out_left(client: UUID) -> int:
    """Go over the calls again that were left because a hold lay on them (run by the clock); how many. Nobody has to
    remember that they were.

    Raises:
        CallwardenError: one could not be gone over; the others were.
    """
    with client_scope(client):
        waiting = to_go_over(client)
    failed: CallwardenError | None = None
    for call, people in waiting.items():
        try:
            for person in people:
                _take_out(call, person, _known(person))
        except CallwardenError as error:
            failed = error
    if failed is not None:
        raise failed
    return len(waiting)


def _keep_still(call: Call, person: Subject) -> None:
    """What mentions the person is kept for the hold and used for nothing else; the entries let a restore see to that.

    Nothing is said to the holds: what they let go is not to go as a whole.
    """
    concerned = _appearing(call, person).filter(state=Record.State.STORED)
    ids = list(concerned.order_by("id").values_list("id", flat=True).distinct())
    store_only(Record.objects.filter(id__in=ids), reason=REASON)
    for first in range(0, len(ids), NAMED):
        names = tuple(ids[first : first + NAMED])
        journal.record(
            journal.Entry(
                event=Event.RECORD_RESTRICTED,
                actor=JOB.name,
                client=call.client_id,
                call=call.id,
                records=names,
                count=len(names),
                reasons=(REASON,),
            )
        )


def _on_hold(call: Call) -> bool:
    """Whether nothing of it may be changed now; `left` goes on finding it."""
    return Hold.objects.filter(record__call=call, released_at__isnull=True).exists()


def _out_already(originals: list[Record], person: Subject) -> bool:
    """Whether these are the versions without the person: what a floor keeps of those before goes on its day."""
    words = [one for one in originals if one.category == Category.TRANSCRIPT_ORIGINAL]
    without = bool(words) and all(str(person.id) in one.media.get("without", ()) for one in words)
    return without and not Mention.objects.filter(record__in=originals, subject=person).exists()


def _without_turns(transcript: text.Transcript, channels: set[int]) -> tuple[text.Transcript, list[text.Turn]]:
    """Without anything an agent said; who is not clearly the caller is taken for the agent."""

    def theirs(turn: text.Turn) -> bool:
        if turn.channel is not None and channels:
            return turn.channel in channels
        return turn.speaker.casefold() not in _CALLERS

    turns = tuple(_emptied(turn) if theirs(turn) else turn for turn in transcript.turns)
    return replace(transcript, turns=turns), [turn for turn in transcript.turns if theirs(turn)]


def _without_values(transcript: text.Transcript, known: text.KnownValues) -> tuple[text.Transcript, list[text.Turn]]:
    """Without what is known of somebody. Of numbers all of a kind go that the person has one of: spoken numbers are
    not compared digit by digit. A turn that is touched keeps one form of its text only.
    """
    types = {kind for name, kinds in _NUMBERS.items() if getattr(known, name) for kind in kinds}
    spans = [
        span
        for span in text.redact(transcript, known, text.Policy.profile("all")).spans
        if span.rule.startswith("known") or span.type in types
    ]
    turns = list(transcript.turns)
    for number in sorted({span.turn for span in spans}):
        said = turns[number].text
        for span in sorted((one for one in spans if one.turn == number), key=lambda one: one.start, reverse=True):
            said = said[: span.start] + ERASED + said[span.end :]
        turns[number] = _emptied(turns[number], said)
    return replace(transcript, turns=tuple(turns)), [transcript.turns[number] for number in {s.turn for s in spans}]


def _emptied(turn: text.Turn, said: str = ERASED) -> text.Turn:
    return text.Turn(speaker=turn.speaker, text=said, channel=turn.channel, start_ms=turn.start_ms, end_ms=turn.end_ms)


def _muted(audio: sound.Audio, turns: list[text.Turn]) -> sound.Audio:
    """Without the time of these turns; a turn without a time takes all of it."""
    spans = [
        text.SoundSpan(
            channel=None,
            start_ms=turn.start_ms if turn.start_ms is not None and turn.end_ms is not None else 0.0,
            end_ms=turn.end_ms if turn.start_ms is not None and turn.end_ms is not None else float("inf"),
            type=text.EntityType.PERSON,
            reason="turn",
        )
        for turn in turns
    ]
    return sound.apply(audio, sound.plan(spans, [], audio)) if spans else audio


def _replace(
    call: Call,
    person: Subject,
    transcript: tuple[Record, text.Transcript],
    muted: list[tuple[Record, sound.Audio]],
) -> bool:
    """Put the versions without the person in the place of those with them. False: one of these is gone."""
    old, _after = transcript
    with client_scope(call.client_id, durable=True):
        hold_rules()
        Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
        if not hold_still([old, *(record for record, _audio in muted)], replacing=True):
            return False
        if _on_hold(call):
            _keep_still(call, person)  # since it was looked at
            return True
        made = list(_live(call, person).filter(category__in=_MADE_OF_THEM))
        with versions(renew(old), actor=JOB.name) as shelf:
            _put_without(shelf, person, transcript, muted)
        replaced = {old.pk, *(record.pk for record, _audio in muted)}
        destroyed = _erase(_live(call, person).filter(pk__in=replaced))
        _erase(made)
        Call.objects.filter(pk=call.pk).update(redaction=Call.Redaction.PENDING)
        journal.record(
            journal.Entry(
                event=Event.REDACTION_ORIGINAL_DESTROYED,
                actor=JOB.name,
                client=call.client_id,
                call=call.id,
                subject=person.id,
                count=destroyed,
                reasons=(REASON,),
            )
        )
    return True


def _put_without(
    shelf: Shelf,
    person: Subject,
    transcript: tuple[Record, text.Transcript],
    muted: list[tuple[Record, sound.Audio]],
) -> None:
    """The versions without the person, each bound by what binds the one with them."""
    old, after = transcript
    for record, audio in muted:
        assert record.leg is not None
        about, bounds = _about_without(record, person), _bounds_without(record, person)
        put_audio(shelf, Category.RECORDING_ORIGINAL, record.leg, audio, about=about, bounds=bounds)
    about = _about_without(old, person)
    place = Place(call=old.call, mentions=about.mentioned)
    document, bounds = after.to_json(), _bounds_without(old, person)
    put_json(shelf, Category.TRANSCRIPT_ORIGINAL, old.subject, document, place, about=about, bounds=bounds)


def _about_without(record: Record, person: Subject) -> About:
    about = About.of(record)
    mentioned = tuple(one for one in about.mentioned if one != person)
    return About(mentioned, tuple(sorted({*about.without, str(person.id)})))


def _bounds_without(record: Record, person: Subject) -> Bounds:
    """What binds the version without the person. It waits for nobody any more, unless others are still to be taken out;
    what its caller asked for while it waited is noted nowhere on it.
    """
    others = still_in(record).exclude(pk=person.pk).exists()
    bounds = bounds_of([record], but="" if others else REASON)
    return replace(bounds, restricted=bounds.restricted or stored_only.binds(record.subject_id))


def _live(call: Call, person: Subject) -> QuerySet[Record]:
    """What there is of this call under the keys of others."""
    live = Record.objects.filter(call=call).exclude(state=Record.State.DESTROYED).exclude(subject=person)
    return live.select_related("line", "call", "bucket")


def _erase(records: Iterable[Record]) -> int:
    """Destroy these; how many. What a floor or a hold keeps is restricted, and found by its mention until it goes."""
    destroyed = 0
    for record in records:
        if erasing.erase([record], reason=REASON, actor=JOB.name).destroyed:
            Mention.objects.filter(record=record).delete()
            destroyed += 1
    return destroyed


def _destroy_all(call: Call, person: Subject) -> None:
    """Everything of others in this call that the person appears in, since no version without them can be made.

    What a floor keeps is restricted, and goes on its day.
    """
    with client_scope(call.client_id):
        _erase(_appearing(call, person))


def _appearing(call: Call, person: Subject) -> QuerySet[Record]:
    """What there is of this call under the keys of others that the person appears in."""
    speaks = Leg.objects.filter(call=call, subject=person, party=Leg.Party.AGENT).exists()
    words = Q(category__in=[Category.TRANSCRIPT_ORIGINAL, Category.TRANSCRIPT_REDACTED])
    return _live(call, person).filter(Q(mentions__subject=person) | (words if speaks else Q(pk__in=[]))).distinct()
