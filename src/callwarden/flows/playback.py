"""Playing a call: its sealed legs as one WAV, served by ranges, every range against the permit anew.

Nothing decoded is kept: a range of the WAV is computed from the frames of the sealed FLACs it covers. What leaves here
carries the permit's watermark (`engines.mark`), so that a recording of what was played leads back to who played it.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Permit, Record
from callwarden.custody.open import open_record
from callwarden.custody.permits import MANY, Grant
from callwarden.custody.scope import client_scope
from callwarden.custody.versions import newest
from callwarden.engines import mark
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, disclose
from callwarden.kernel import clock
from callwarden.kernel.errors import NotFound

if TYPE_CHECKING:
    import numpy as np

    from callwarden.engines.redact.audio import Disguise

HEADER = 44
SAMPLE = 2
# One answer carries at most this much, so that the permit is looked at again every few seconds of listening.
MAX_RANGE = 512 * 1024
LASTS = timedelta(minutes=30)
_ACTIONS = {
    "redacted": ("play_redacted", Category.RECORDING_REDACTED),
    "original": ("play_original", Category.RECORDING_ORIGINAL),
}


@dataclass(frozen=True)
class Sound:
    """A call's legs as one virtual WAV file: 16-bit PCM, one channel a leg."""

    legs: tuple[Record, ...]
    rate: int
    frames: int

    @property
    def channels(self) -> int:
        return len(self.legs)

    @property
    def size(self) -> int:
        """Bytes of the whole WAV."""
        return HEADER + self.frames * self.channels * SAMPLE


def permit_to_play(actor: Actor, call: Call, *, purpose: str, which: str = "redacted", reason: str = "") -> Grant:
    """Decide once whether this person may listen; every range is checked against the permit again."""
    action, category = _ACTIONS[which]
    with client_scope(call.client_id):
        records = _legs(call.id, category)
    return disclose(
        Ask(
            actor=actor,
            client=call.client_id,
            action=action,
            purpose=purpose,
            records={record.id: () for record in records},
            reason=reason,
            call=call.id,
            lasts=LASTS,
            max_uses=MANY,
        )
    )


def held(actor: Actor, call: Call, permit: UUID) -> Grant:
    """The grant this person holds by a permit to play this call: issued to them, in this session, not over yet.

    Raises:
        NotFound: there is no such permit, or it is not theirs.
    """
    with client_scope(call.client_id):
        row = Permit.objects.filter(
            pk=permit,
            principal=actor.name,
            session=actor.session,
            action__in=[action for action, _category in _ACTIONS.values()],
            records__record__call=call,
            revoked_at__isnull=True,
            expires_at__gt=clock.now(),
        ).first()
    if row is None:
        raise NotFound("nothing_to_play", _("There is nothing to play. Open the call again."))
    return Grant(permit=row.id, principal=row.principal, session=row.session, entry=row.entry)


def ends_at(permit: UUID) -> datetime | None:
    """When a permit is over."""
    return Permit.objects.filter(pk=permit).values_list("expires_at", flat=True).first()


def sound_of(permit: UUID, client: UUID) -> Sound:
    """What a permit to play covers."""
    with client_scope(client):
        records = list(
            Record.objects.select_related("leg")
            .filter(id__in=Permit.objects.filter(pk=permit).values("records__record"), leg__isnull=False)
            .order_by("leg__channel")
        )
    if not records:
        raise NotFound("nothing_to_play", _("There is nothing to play. Open the call again."))
    rates = {int(record.media["rate"]) for record in records}
    return Sound(tuple(records), rates.pop(), max(int(record.media["frames"]) for record in records))


def read(grant: Grant, sound: Sound, start: int, end: int) -> bytes:
    """Bytes `start` to `end` (exclusive) of the WAV; at most `MAX_RANGE` of them.

    Raises:
        NotPermitted: the permit, its session or the record has ended meanwhile.
    """
    end = min(end, sound.size, start + MAX_RANGE)
    head = _header(sound)[start:end] if start < HEADER else b""
    if end <= HEADER:
        # Even the header is worth a look at the permit: it says how long the call was.
        open_record(grant, sound.legs[0]).close()
        return head
    width = sound.channels * SAMPLE
    first = max(start - HEADER, 0) // width
    last = -(-(end - HEADER) // width)
    body = marked(grant, sound, first, last).tobytes()
    skip = max(start - HEADER, 0) - first * width
    return head + body[skip : skip + end - max(start, HEADER)]


def marked(
    grant: Grant, sound: Sound, first: int, last: int, voices: Disguise | None = None
) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Samples `first` to `last` as `frames` gives them, with the watermark of the permit: the same in every range.

    Args:
        voices: how voices are disguised, if they are; the watermark lies over them.
    """
    reach = mark.reach(sound.rate)
    begin = max(0, first - reach)
    around = disguised(grant, sound, begin, min(last + reach, sound.frames), voices)
    return mark.embed(around, rate=sound.rate, identity=grant.permit.bytes, start=begin)[first - begin : last - begin]


def disguised(
    grant: Grant, sound: Sound, first: int, last: int, voices: Disguise | None
) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Samples `first` to `last` as `frames` gives them, in other voices where that is asked for."""
    if voices is None:
        return frames(grant, sound, first, last)
    begin = max(0, first - voices.reach)
    around = frames(grant, sound, begin, min(last + voices.reach, sound.frames))
    return voices.of(around, start=begin)[first - begin : last - begin]


def frames(grant: Grant, sound: Sound, first: int, last: int) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Samples `first` to `last` (exclusive), frames x channels, read against the permit."""
    import numpy as np
    import soundfile  # slow to load, as numpy is, and most who load this module play nothing

    mixed = np.zeros((last - first, sound.channels), dtype="<i2")
    for channel, record in enumerate(sound.legs):
        with soundfile.SoundFile(io.BufferedReader(open_record(grant, record), 16 * 1024)) as flac:
            if first >= flac.frames:
                continue
            flac.seek(first)
            piece = flac.read(last - first, dtype="int16", always_2d=True)
            mixed[: len(piece), channel] = piece[:, 0]
    return mixed


def _header(sound: Sound) -> bytes:
    """A canonical RIFF header for 16-bit PCM."""
    data = sound.frames * sound.channels * SAMPLE
    width = sound.channels * SAMPLE
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + data,
        b"WAVE",
        b"fmt ",
        16,
        1,
        sound.channels,
        sound.rate,
        sound.rate * width,
        width,
        16,
        b"data",
        data,
    )


def _legs(call: UUID, category: Category) -> list[Record]:
    found = newest(
        Record.objects.filter(call_id=call, category=category)
        .exclude(state=Record.State.DESTROYED)
        .order_by("leg__channel")
    )
    if not found:
        raise NotFound("nothing_to_play", _("There is no sound to play: it is not redacted yet, or has been erased."))
    return found
