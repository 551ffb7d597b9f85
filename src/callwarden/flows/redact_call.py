"""Redacting an admitted call: text first, then sound, then search; published only as a whole.

Opens the originals by a Permit of the redaction job. What must never be kept is taken out of the originals too: they
are put again without it under a new key, and the old ones are destroyed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from callwarden.custody.bounds import bounds_of
from callwarden.custody.categories import Category
from callwarden.custody.destroy import destroy_record
from callwarden.custody.models import Call, Customer, Leg, Mention, Record, SearchToken, Subject
from callwarden.custody.open import open_fields, open_record
from callwarden.custody.permits import Grant
from callwarden.custody.put import Place, Shelf
from callwarden.custody.restrict import store_only
from callwarden.custody.scope import client_scope
from callwarden.custody.versions import hold_still, newest, versions
from callwarden.engines import redact as text
from callwarden.engines.redact import audio as sound
from callwarden.flows import corrections, hearing, marks, proofs, spoken_of, troubles
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, disclose
from callwarden.flows.search import index_words
from callwarden.flows.take_in import About, Fresh, put_audio, put_json
from callwarden.kernel import journal
from callwarden.kernel.events import Event
from callwarden.lawful.gate import renew
from callwarden.lawful.retention.queries import hold_rules

JOB = Actor.job("redaction")
AUTHENTICATION = "authentication_data"
CORRECTED = "corrected"
PEAKS = 800
_KNOWN_FIELDS = {
    "name": "names",
    "phone": "phones",
    "id_number": "ids",
    "card_number": "cards",
    "email": "emails",
    "address": "addresses",
    "plate": "plates",
    "caller": "phones",
    "callee": "phones",
    "customer_no": "other",
}
_HEARD = (Category.RECORDING_ORIGINAL, Category.TRANSCRIPT_ORIGINAL)
# Drops card authentication data all the same.
_DROPS_ONLY = text.Policy(default=text.Operator.KEEP)
KNOWN_CATEGORIES = (Category.IDENTITY, Category.CONTACT, Category.GOVERNMENT_ID, Category.PAYMENT_CARD)


@dataclass(frozen=True)
class Originals:
    """An admitted call, opened for the redaction job. Lives in memory only."""

    call: Call
    legs: tuple[tuple[Leg, Record, sound.Audio], ...]
    transcript: text.Transcript
    transcript_record: Record
    known: text.KnownValues

    @property
    def records(self) -> list[Record]:
        """What it was opened from: words and sound."""
        return [self.transcript_record, *(record for _leg, record, _audio in self.legs)]


@dataclass(frozen=True)
class Redacted:
    """Everything that is published about a call, checked."""

    redaction: text.Redaction
    legs: tuple[tuple[Leg, sound.Audio, list[sound.MutePlan]], ...]
    # Originals without what may never be kept; None where nothing of that kind was found.
    kept_transcript: text.Transcript | None
    kept_legs: tuple[tuple[Leg, Record, sound.Audio], ...]
    # Where it was said, in milliseconds of the call: copies that were cut from there before may not be kept either.
    never_kept: tuple[tuple[float, float], ...] = ()
    # What others may be known by; looked up when it is published, and dropped.
    said: text.Identifiers = field(default=text.Identifiers(), repr=False)


def redact_call(call_id: UUID, client: UUID, *, fresh: Fresh | None = None) -> bool:
    """Redact one admitted call and publish the result. False when there was nothing to do.

    Args:
        fresh: what admission has just stored of it. Decided and recorded all the same, it is not opened a second time.
    """
    with client_scope(client):
        call = Call.objects.filter(pk=call_id, redaction=Call.Redaction.PENDING).select_related("line").first()
    if call is None:
        return False
    originals = open_originals(call, fresh)
    if originals is None:
        _nothing_to_redact(call)
        return False
    try:
        result = _redact(originals)
    except text.ResidualFound as residue:
        _fail(call, "residual_found", count=residue.digits + residue.values)
        return False
    return _publish(originals, result)


def _joined(call: Call) -> QuerySet[Customer]:
    """Other customer records that are known to be of the same person as the call's customer."""
    if call.customer is None:
        return Customer.objects.none()
    return Customer.objects.filter(person=call.customer.person_id).exclude(pk=call.customer.pk)


def records_of(call: Call) -> list[Record]:
    """What is to be opened to redact a call: words, sound, and what is known of its customer."""
    with client_scope(call.client_id):
        return newest(
            Record.objects.select_related("leg", "leg__subject", "leg__call", "subject")
            .filter(
                Q(call=call, category__in=[*_HEARD, Category.CALL_METADATA])
                | Q(customer=call.customer_id, customer__isnull=False, category__in=KNOWN_CATEGORIES)
                | Q(customer__in=_joined(call), category__in=KNOWN_CATEGORIES, state=Record.State.STORED)
            )
            .exclude(state=Record.State.DESTROYED)
            .exclude(pk__in=gone_agents(call))
            .order_by("created_at", "id")
        )


def open_originals(call: Call, fresh: Fresh | None = None) -> Originals | None:
    """The originals as they are now, the newest where a floor or a hold keeps an older version; None without words."""
    fresh = fresh or Fresh({}, {})
    records = records_of(call)
    transcript_record = next((one for one in records if one.category == Category.TRANSCRIPT_ORIGINAL), None)
    if transcript_record is None:
        return None
    grant = disclose(
        Ask(
            actor=JOB,
            client=call.client_id,
            action="redact",
            purpose="redaction",
            records={record.id: () for record in records},
            call=call.id,
            lasts=timedelta(minutes=15),
        )
    )
    recordings = sorted(
        (record for record in records if record.category == Category.RECORDING_ORIGINAL and record.leg),
        key=lambda record: record.leg.channel if record.leg else 0,
    )
    document = fresh.documents.get(transcript_record.id)
    if document is None:
        document = json.loads(open_record(grant, transcript_record).readall())
    return Originals(
        call=call,
        legs=tuple(
            (record.leg, record, fresh.sounds.get(record.id) or sound.decode(open_record(grant, record).readall()))
            for record in recordings
            if record.leg
        ),
        transcript=text.Transcript.from_json(document),
        transcript_record=transcript_record,
        known=known_values(grant, records),
    )


def gone_agents(call: Call) -> QuerySet[Record]:
    """What a call holds of agents who are erased, and which a floor or a hold keeps for a while: nothing is made of it,
    and it keeps nobody from working on what the others said. Call it inside `client_scope`.
    """
    gone = Q(subject__destroyed_at__isnull=False) | Q(subject__erasure_due=True)
    return Record.objects.filter(gone, call=call, subject__kind=Subject.Kind.AGENT)


def known_values(grant: Grant, records: list[Record]) -> text.KnownValues:
    """What these records' sealed fields say of people, for finding it in words."""
    known: dict[str, list[str]] = {}
    for record in records:
        if record.object_key:
            continue
        with client_scope(record.client_id):
            values = open_fields(grant, record)
        for name, found in values.items():
            if kind := _KNOWN_FIELDS.get(name):
                known.setdefault(kind, []).extend(found)
    return text.KnownValues.from_json(known)


def _redact(originals: Originals) -> Redacted:
    profile = text.Policy.profile(settings.REDACTION_PROFILE)
    redaction = text.redact(originals.transcript, originals.known, profile)
    redaction = _as_corrected(originals, redaction, profile)
    tones = [sound.find_dtmf(audio.samples, audio.rate) for _leg, _record, audio in originals.legs]
    legs = []
    for (leg, _record, audio), keyed in zip(originals.legs, tones, strict=True):
        plans = sound.plan(spans_of(silent(originals, redaction), leg), keyed, audio)
        muted = sound.apply(audio, plans)
        if sound.difference_outside(audio, muted, plans) or sound.residue_inside(muted, plans):
            raise RuntimeError("sound_check_failed")
        legs.append((leg, muted, plans))
    said = spoken_of.heard(originals.transcript, originals.known, redaction if profile.removes_all else None)
    return Redacted(redaction, tuple(legs), *_without_authentication(originals, redaction, tones), said=said)


def _as_corrected(originals: Originals, redaction: text.Redaction, profile: text.Policy) -> text.Redaction:
    """With what reviewers said of this call before; where that cannot be given back any more, it stays hidden."""
    with client_scope(originals.call.client_id):
        rows = corrections.standing(originals.call)
    transcript, known = originals.transcript, originals.known

    def with_these(wanted: Sequence[text.Hide | text.Show]) -> text.Redaction:
        # What a reviewer hid stays hidden, whatever kinds a profile chosen since keeps readable.
        return text.corrected(transcript, redaction.spans, wanted, known, profile, hides_any=True)

    wanted = corrections.again(transcript, redaction, rows)
    if not wanted:
        return redaction
    try:
        return with_these(wanted)
    except (text.CorrectionRefused, text.ResidualFound):
        pass
    # Each by itself: one that cannot be made any more keeps none of the others from being made.
    hides: list[text.Hide | text.Show] = []
    for row in rows:
        mine = [one for one in corrections.again(transcript, redaction, [row]) if isinstance(one, text.Hide)]
        try:
            if mine:
                with_these(mine)
                hides += mine
        except text.CorrectionRefused as error:
            corrections.failed(row, error.code)
    return with_these(hides) if hides else redaction


def silent(originals: Originals, redaction: text.Redaction) -> tuple[text.SoundSpan, ...]:
    """What may not be heard: what was found, and what the recogniser was in doubt of."""
    return (*redaction.sound, *text.doubtful(originals.transcript))


def spans_of(spans: tuple[text.SoundSpan, ...], leg: Leg) -> list[text.SoundSpan]:
    """Spans of this leg's party, for its mono sound. A span without a channel concerns every leg."""
    return [
        replace(span, channel=None)
        for span in spans
        if span.channel is None or span.channel == leg.channel or leg.party == Leg.Party.MIXED
    ]


def _without_authentication(
    originals: Originals, redaction: text.Redaction, tones: list[list[sound.ToneSpan]]
) -> tuple[text.Transcript | None, tuple[tuple[Leg, Record, sound.Audio], ...], tuple[tuple[float, float], ...]]:
    """Originals rid of card authentication data, where there was any (PCI DSS 3.3.1: not even encrypted), and where
    in their sound it was.

    On a line that takes cards keyed tones may be a security code, so all of them go.
    """
    takes_cards = originals.call.line.takes_cards
    found = any(span.type in text.CARD_AUTHENTICATION for span in redaction.spans)
    keyed = takes_cards and any(tones)
    if not found and not keyed:
        return None, (), ()
    kept = text.redact(originals.transcript, originals.known, _DROPS_ONLY)
    legs = []
    places: list[tuple[float, float]] = []
    for (leg, record, audio), tone in zip(originals.legs, tones, strict=True):
        spans = spans_of(tuple(span for span in kept.sound if span.type in text.CARD_AUTHENTICATION), leg)
        plans = sound.plan(spans, tone if takes_cards else [], audio)
        if plans:
            legs.append((leg, record, sound.apply(audio, plans)))
            places += [(plan.start * 1000 / audio.rate, plan.end * 1000 / audio.rate) for plan in plans]
    return (kept.transcript if found else None), tuple(legs), tuple(places)


def _publish(originals: Originals, result: Redacted) -> bool:
    """Put what was made of the originals, bound by what binds them by now. False: there is nothing to publish any more.

    They were opened before this transaction: meanwhile one may have been destroyed, or become stored only.
    """
    call = originals.call
    with client_scope(call.client_id, durable=True):
        hold_rules()
        locked = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
        if locked.redaction != Call.Redaction.PENDING:
            return False
        before = _made_before(call, result)
        replacing = bool(result.kept_legs or before) or result.kept_transcript is not None
        if not hold_still([*originals.records, *before], replacing=replacing):
            return False
        with versions(renew(originals.transcript_record), actor=JOB.name) as shelf:
            _put_all(shelf, originals, result)
            for record in before:
                let_go(record)
        spoken = spoken_of.seek(locked, result.said, originals.known)
        locked.redaction, locked.spans = Call.Redaction.DONE, len(result.redaction.spans)
        locked.save(update_fields=["redaction", "spans"])
        journal.record(
            journal.Entry(
                event=Event.REDACTION_DONE,
                actor=JOB.name,
                client=call.client_id,
                call=call.id,
                count=len(result.redaction.spans),
                data={
                    "originals_replaced": len(result.kept_legs) + bool(result.kept_transcript),
                    "spoken_of": spoken,
                },
            )
        )
    return True


def _made_before(call: Call, result: Redacted) -> list[Record]:
    """What an earlier redaction published and this one puts anew, without what ends on a day of its own: a floor keeps
    that. Call it inside `client_scope`.
    """
    made = Q(category__in=(Category.TRANSCRIPT_REDACTED, Category.REDACTION_SPANS))
    made |= Q(category=Category.RECORDING_REDACTED, leg__in=[leg.pk for leg, _audio, _plans in result.legs])
    found = Record.objects.filter(made, call=call, erase_at__isnull=True).exclude(state=Record.State.DESTROYED)
    return list(found.order_by("created_at", "id"))


def _put_all(shelf: Shelf, originals: Originals, result: Redacted) -> None:
    call, spoken = originals.call, originals.transcript_record
    sounds = {leg.id: record for leg, record, _audio in originals.legs}
    for leg, audio, _plans in result.legs:
        source = sounds[leg.id]
        put_audio(shelf, Category.RECORDING_REDACTED, leg, audio, about=About.of(source), bounds=bounds_of([source]))
    about = About.of(spoken)
    place = Place(call=call, mentions=about.mentioned)
    document = result.redaction.transcript.to_json()
    # The words are of what was heard: they are bound by the sound as well, and so are the marks and the wave.
    bounds = bounds_of(originals.records)
    words = Category.TRANSCRIPT_REDACTED
    published = put_json(shelf, words, spoken.subject, document, place, about=about, bounds=bounds)
    dropped = _dropped(originals, result)
    put_json(
        shelf,
        Category.REDACTION_SPANS,
        spoken.subject,
        spans_document(result, dropped),
        Place(call=call),
        bounds=bounds,
    )
    replace_originals(shelf, originals, result.kept_legs, result.kept_transcript)
    if dropped is not None:
        corrections.moved(call, text.Moves(dropped.spans, dropped.places), dropped.transcript)
    proofs.destroy_overlapping(call, result.never_kept, actor=JOB.name, reason=AUTHENTICATION)
    index_words(published, [turn.text for turn in result.redaction.transcript.turns])
    if not bounds.restricted:
        hearing.propose(call, result.redaction.transcript.turns)


def _dropped(originals: Originals, result: Redacted) -> text.Redaction | None:
    """How the original is kept, where it is kept otherwise than it came: the marks are of what is kept."""
    if result.kept_transcript in (None, originals.transcript):
        return None
    return text.redact(originals.transcript, originals.known, _DROPS_ONLY)


def replace_originals(
    shelf: Shelf,
    originals: Originals,
    legs: Iterable[tuple[Leg, Record, sound.Audio]],
    transcript: text.Transcript | None,
) -> None:
    """Put originals again without what may never be kept, and destroy those with it."""
    replace_recordings(shelf, legs)
    if transcript is not None:
        old = originals.transcript_record
        about = About.of(old)
        put_json(
            shelf,
            Category.TRANSCRIPT_ORIGINAL,
            old.subject,
            transcript.to_json(),
            Place(call=originals.call, mentions=about.mentioned),
            about=about,
            bounds=bounds_of([old]),
        )
        _destroy(old)


def replace_recordings(shelf: Shelf, legs: Iterable[tuple[Leg, Record, sound.Audio]]) -> None:
    """The same for sound alone."""
    for leg, record, audio in legs:
        about, bounds = About.of(record), bounds_of([record])
        put_audio(shelf, Category.RECORDING_ORIGINAL, leg, audio, about=about, bounds=bounds)
        _destroy(record)


def let_go(record: Record) -> bool:
    """Destroy a published version in whose place there is another. One on hold is kept for that, found by nobody and
    used for nothing else, and goes with its last hold. Call it inside `client_scope`. Returns whether it was destroyed.
    """
    if destroy_record(record, actor=JOB.name, reason=CORRECTED):
        Mention.objects.filter(record=record).delete()
        return True
    SearchToken.objects.filter(record=record).delete()
    if store_only(Record.objects.filter(pk=record.pk), reason=CORRECTED):
        journal.record(
            journal.Entry(
                event=Event.RECORD_RESTRICTED,
                actor=JOB.name,
                client=record.client_id,
                call=record.call_id,
                records=(record.pk,),
                count=1,
                reasons=(CORRECTED,),
            )
        )
    return False


def _destroy(record: Record) -> None:
    """A record on hold stays, and who is mentioned in it with it: an erasure has to find it there."""
    if destroy_record(record, actor=JOB.name, reason=AUTHENTICATION):
        Mention.objects.filter(record=record).delete()


def spans_document(result: Redacted, dropped: text.Redaction | None = None) -> dict[str, Any]:
    """Marks for transcript and wave, and the wave's outline. Places, types and reasons, never values.

    Args:
        dropped: how the original is kept, where something was dropped from it.
    """
    return {
        "spans": [mark.to_json() for mark in marks.of_redaction(result.redaction, dropped)],
        "sound": [row for leg, audio, plans in result.legs for row in marks.heard(plans, leg.channel, audio.rate)],
        "peaks": {str(leg.channel): outline(audio) for leg, audio, _plans in result.legs},
    }


def outline(audio: sound.Audio) -> list[float]:
    """The wave's outline for drawing: at most `PEAKS` values from 0 to 1, from the redacted sound."""
    import numpy as np  # slow to load, and most who load this module redact nothing

    loud = np.abs(audio.samples[:, 0].astype(np.int32))
    if not len(loud):
        return []
    edges = np.linspace(0, len(loud), min(PEAKS, len(loud)) + 1, dtype=np.int64)[:-1]
    return [round(float(value) / 32768, 3) for value in np.maximum.reduceat(loud, edges)]


def give_up(call_id: UUID, client: UUID) -> None:
    """After the last attempt: the originals stay sealed and restricted, and the call says so."""
    with client_scope(client):
        call = Call.objects.filter(pk=call_id, redaction=Call.Redaction.PENDING).first()
    if call is not None:
        _fail(call, "redactor_failed")


def _nothing_to_redact(call: Call) -> None:
    """Its words were destroyed before they were redacted. Sound that is left stays as it is, and is never shown."""
    with client_scope(call.client_id):
        sound_left = Record.objects.filter(call=call, category=Category.RECORDING_ORIGINAL)
        if sound_left.exclude(state=Record.State.DESTROYED).exists():
            _fail(call, "words_gone")
        else:
            still = Call.objects.filter(pk=call.pk, redaction=Call.Redaction.PENDING)
            still.update(redaction=Call.Redaction.DONE)


def _fail(call: Call, reason: str, *, count: int = 0) -> None:
    """Nothing unredacted is shown: the call stays restricted, and somebody is told."""
    with client_scope(call.client_id):
        Call.objects.filter(pk=call.pk).update(redaction=Call.Redaction.FAILED)
        journal.record(
            journal.Entry(
                event=Event.REDACTION_FAILED,
                actor=JOB.name,
                client=call.client_id,
                call=call.id,
                count=count,
                reasons=(reason,),
            )
        )
        troubles.redaction_failed(call.line)
