"""The sound in which somebody consented, refused or took it back: cut out, kept apart from the recording, played anew.

The copy is a record of its own with a retention of its own, so that the proof outlives the recording it came from. Its
digest was taken when it was cut; a copy whose sound has another digest is not played, and an interval that is not the
one somebody reported is marked and proves nothing.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.basis import Basis
from callwarden.custody.categories import Category
from callwarden.custody.destroy import destroy_record
from callwarden.custody.models import Call, Record, Subject
from callwarden.custody.open import open_record
from callwarden.custody.permits import Grant
from callwarden.custody.put import Place, put
from callwarden.custody.scope import client_scope
from callwarden.engines.redact import audio as waves
from callwarden.flows import playback
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, disclose
from callwarden.kernel import journal
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound
from callwarden.kernel.events import Event
from callwarden.lawful.consent.models import ConsentEvent, ConsentEvidence
from callwarden.lawful.gate import proof_basis

# A consent is a sentence or two; a longer stretch would be a second recording.
LONGEST_MS = 60_000
LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class Cut:
    """An interval of a recording, ready to be kept."""

    audio: waves.Audio
    source: UUID
    interval: tuple[int, int]

    @property
    def digest(self) -> bytes:
        return digest_of(self.audio)


def digest_of(audio: waves.Audio) -> bytes:
    """SHA-256 over the samples: 16-bit little-endian PCM, channels interleaved."""
    return hashlib.sha256(_pcm(audio)).digest()


def _pcm(audio: waves.Audio) -> bytes:
    """The samples as WAV has them: interleaved, 16 bits, little-endian."""
    return audio.samples.astype("<i2", order="C", copy=False).tobytes()


def cut(legs: Sequence[waves.Audio], source: UUID, interval: tuple[int, int]) -> Cut:
    """The interval (milliseconds) of up to two mono legs, as one recording.

    Raises:
        InvalidInput: it is longer than a minute, or lies beyond the end.
    """
    start, end = interval
    if not 0 <= start < end or end - start > LONGEST_MS:
        raise InvalidInput("bad_interval", _("Choose a stretch of the recording of at most one minute."))
    rate = legs[0].rate
    first, last = start * rate // 1000, end * rate // 1000
    columns = [leg.samples[first:last, 0] for leg in legs[:2]]
    frames = max(len(column) for column in columns)
    if frames == 0:
        raise InvalidInput("beyond_the_end", _("The recording is shorter than that."))
    import numpy as np  # slow to load, and few of those who load this module cut

    samples = np.zeros((frames, len(columns)), dtype=np.int16)
    for channel, column in enumerate(columns):
        samples[: len(column), channel] = column
    return Cut(waves.Audio(samples, rate), source, interval)


def cut_by_ear(actor: Actor, call: Call, interval: tuple[int, int], *, purpose: str) -> Cut:
    """Cut an interval of a call's redacted recording: whoever confirms a consent by its sound may hear that sound.

    Raises:
        AccessRefused: this person may not play the recording for this purpose.
        NotFound: there is no sound.
        InvalidInput: see `cut`.
    """
    grant = playback.permit_to_play(actor, call, purpose=purpose)
    sound = playback.sound_of(grant.permit, call.client_id)
    legs = [waves.decode(open_record(grant, leg).readall()) for leg in sound.legs]
    return cut(legs, sound.legs[0].id, interval)


def keep(event: ConsentEvent, subject: Subject, piece: Cut, *, actor: str) -> ConsentEvidence:
    """Keep the sound of an event as a sealed record of its own. Call it inside `client_scope`.

    Where another digest was reported than the interval has, nothing is kept and the evidence is marked.

    Raises:
        Conflict: the event has no interval, or its sound is kept already.
    """
    shown = ConsentEvidence.objects.select_for_update().filter(events=event, kind=ConsentEvidence.Kind.AUDIO).first()
    if shown is None or shown.record_id is not None:
        raise Conflict("no_proof_to_keep", _("There is no sound to keep for this answer, or it is kept already."))
    shown.source, shown.digest = piece.source, piece.digest
    shown.mismatch = bool(shown.claimed) and bytes(shown.claimed) != piece.digest
    if not shown.mismatch:
        said = shown.events.values_list("purpose", flat=True)
        shown.record = _put(proof_basis(event.line, purposes=set(said)), subject, piece.audio)
    shown.save(update_fields=["source", "digest", "mismatch", "record"])
    journal.record(
        journal.Entry(
            event=Event.CONSENT_PROOF_KEPT,
            actor=actor,
            client=event.client_id,
            subject=subject.id,
            call=event.call_id,
            records=(shown.record_id,) if shown.record_id else (),
            purpose=event.purpose,
            reasons=("digest_mismatch",) if shown.mismatch else (),
            data={"evidence": str(shown.id)},
        )
    )
    return shown


def _put(basis: Basis, subject: Subject, audio: waves.Audio) -> Record:
    flac = io.BytesIO()
    waves.encode_flac(audio, flac)
    return put(
        basis,
        category=Category.CONSENT_PROOF,
        subject=subject,
        write=lambda out: out.write(flac.getbuffer()),
        place=Place(),
        media={"rate": audio.rate, "frames": audio.frames, "channels": audio.channels, "format": "flac"},
    )


def keep_at_admission(call: Call, subject: Subject, legs: Sequence[waves.Audio], source: UUID, *, actor: str) -> int:
    """Keep what was reported as an interval before the call was kept. Call it inside `client_scope`.

    An interval that cannot be cut is marked: what was reported is not in the recording.
    """
    kept = 0
    waiting = ConsentEvent.objects.select_related("line", "evidence").filter(
        call=call, evidence__kind=ConsentEvidence.Kind.AUDIO, evidence__record=None, evidence__mismatch=False
    )
    for event in waiting.order_by("id"):
        shown = event.evidence
        assert shown is not None
        assert shown.start_ms is not None
        assert shown.end_ms is not None
        try:
            piece = cut(legs, source, (shown.start_ms, shown.end_ms))
        except InvalidInput:
            ConsentEvidence.objects.filter(pk=shown.pk).update(mismatch=True)
            continue
        kept += not keep(event, subject, piece, actor=actor).mismatch
    return kept


def destroy_overlapping(call: Call, places: Sequence[tuple[float, float]], *, actor: str, reason: str) -> int:
    """Destroy the proofs of a call that hold sound from any of these places (milliseconds). Call it inside
    `client_scope`.

    The answer itself stands, shown by its entry; its sound says no longer. A proof on hold stays until it is released.
    """
    shown = ConsentEvidence.objects.select_related("record").filter(
        events__call=call, kind=ConsentEvidence.Kind.AUDIO, record__isnull=False
    )
    ended = 0
    for one in shown.exclude(record__state=Record.State.DESTROYED).order_by("id").distinct():
        assert one.record is not None
        assert one.start_ms is not None
        assert one.end_ms is not None
        if any(one.start_ms < end and start < one.end_ms for start, end in places):
            ended += destroy_record(one.record, actor=actor, reason=reason)
    return ended


def permit_to_hear(actor: Actor, client: UUID, event: UUID, *, purpose: str) -> tuple[Grant, ConsentEvidence]:
    """Decide whether this person may hear the proof of an event; the decision is in the ledger.

    Raises:
        NotFound: no sound is kept for it (any more).
        AccessRefused: they may not.
    """
    with client_scope(client):
        shown = ConsentEvidence.objects.select_related("record").filter(events=event, record__isnull=False).first()
    if shown is None or shown.record is None or shown.record.state == Record.State.DESTROYED:
        raise NotFound("no_proof", _("No sound is kept of this answer, or its time is over."))
    ask = Ask(
        actor=actor,
        client=client,
        action="play_redacted",
        purpose=purpose,
        records={shown.record.id: ()},
        lasts=LASTS,
        max_uses=1,
    )
    return disclose(ask), shown


def wav_of(grant: Grant, shown: ConsentEvidence) -> bytes:
    """The proof as WAV.

    Raises:
        Conflict: its sound is not the sound whose digest was taken.
    """
    assert shown.record is not None
    audio = waves.decode(open_record(grant, shown.record).readall())
    if digest_of(audio) != bytes(shown.digest):
        raise Conflict(
            "proof_damaged", _("The sound kept of this answer is not the one that was cut out. It proves nothing.")
        )
    pcm = _pcm(audio)
    width = audio.channels * 2
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(pcm),
        b"WAVE",
        b"fmt ",
        16,
        1,
        audio.channels,
        audio.rate,
        audio.rate * width,
        width,
        16,
        b"data",
        len(pcm),
    )
    return head + pcm
