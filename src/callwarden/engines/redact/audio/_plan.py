"""From what must not be heard to the samples that will be overwritten. When in doubt, more goes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ._errors import AudioError
from ._model import Audio, MutePlan, ToneSpan
from ._vad import outward_to_pause, speech_frames

DTMF = "DTMF"
UNPLACED = "unplaced"
_SNAP_MS = 200
_JOIN_MS = 120  # a scrap of sound shorter than this between two mutes is noise to the listener, and a risk
_TOLERANCE_MS = 1_000  # recognisers round the end of the last word up


class Spoken(Protocol):
    """What the text engine says must not be heard (its ``SoundSpan``); times in milliseconds, ``end_ms`` may be inf."""

    @property
    def channel(self) -> int | None: ...
    @property
    def start_ms(self) -> float: ...
    @property
    def end_ms(self) -> float: ...
    @property
    def type(self) -> str: ...
    @property
    def unplaced(self) -> bool: ...


def plan(
    spoken: Iterable[Spoken],
    dtmf: Iterable[ToneSpan],
    audio: Audio,
    *,
    pad_ms: float = 250,
    vad_snap: bool = True,
    all_channels: bool = False,
) -> list[MutePlan]:
    """Pad, snap to pauses, and merge, per channel.

    A span on a channel that the recording does not have, or on none, mutes every channel. A span without usable times
    mutes its whole channel. Tones are taken as they are: they come padded.

    Args:
        spoken: spans of the text engine.
        dtmf: stretches of keypad tones, found in the sound or received as RFC 4733 events.
        audio: the recording they belong to.
        pad_ms: added on both sides of spoken spans, because word times are estimates.
        vad_snap: widen edges that cut through speech to the next pause, by 200 ms at most.
        all_channels: mute both parties wherever one is muted, for lines with echo of the other party.

    Returns:
        Disjoint stretches sorted by channel and start; never empty stretches, never beyond the recording.

    Raises:
        AudioError: ``mismatch``: a spoken span begins after the end of the recording.
        ValueError: ``pad_ms`` is negative or not finite.
    """
    if not (math.isfinite(pad_ms) and pad_ms >= 0):
        raise ValueError("pad_ms must be zero or more")
    pad = round(pad_ms * audio.rate / 1000)
    stretches: list[list[tuple[int, int, frozenset[str]]]] = [[] for _ in range(audio.channels)]
    speech: dict[int, tuple[npt.NDArray[np.bool_], int]] = {}
    for span in spoken:
        begin, finish, reasons = _placed(span, audio)
        for channel in _channels(span.channel, audio, all_channels):
            start, end = max(0, begin - pad), min(audio.frames, finish + pad)
            if vad_snap and pad < audio.frames and UNPLACED not in reasons:
                if channel not in speech:
                    speech[channel] = speech_frames(audio.samples[:, channel], audio.rate)
                start, end = outward_to_pause(*speech[channel], start, end, _SNAP_MS * audio.rate // 1000)
            stretches[channel].append((start, min(end, audio.frames), reasons))
    for tone in dtmf:
        start, end = tone.start_ms * audio.rate // 1000, -(-tone.end_ms * audio.rate // 1000)
        for channel in _channels(tone.channel, audio, all_channels):
            stretches[channel].append((max(0, start), min(end, audio.frames), frozenset((DTMF,))))
    join = _JOIN_MS * audio.rate // 1000
    return [
        MutePlan(channel, start, end, tuple(sorted(reasons)))
        for channel, found in enumerate(stretches)
        for start, end, reasons in _merged(found, join)
    ]


def check_fit(last_ms: float, audio: Audio) -> None:
    """Refuse words that name times more than a second beyond the end of the recording.

    Raises:
        AudioError: ``mismatch``.
    """
    if not last_ms <= audio.seconds * 1000 + _TOLERANCE_MS:
        raise AudioError("mismatch", {"recording_ms": round(audio.seconds * 1000)})


def _placed(span: Spoken, audio: Audio) -> tuple[int, int, frozenset[str]]:
    usable = not math.isnan(span.start_ms) and not math.isnan(span.end_ms) and span.start_ms <= span.end_ms
    if span.unplaced or not usable:
        return 0, audio.frames, frozenset((str(span.type), UNPLACED))
    check_fit(span.start_ms, audio)
    start = math.floor(max(0.0, span.start_ms) * audio.rate / 1000)
    end = audio.frames if math.isinf(span.end_ms) else math.ceil(span.end_ms * audio.rate / 1000)
    return min(start, audio.frames), min(max(end, start), audio.frames), frozenset((str(span.type),))


def _channels(channel: int | None, audio: Audio, all_channels: bool) -> range:
    if all_channels or channel is None or not 0 <= channel < audio.channels:
        return range(audio.channels)
    return range(channel, channel + 1)


def _merged(found: list[tuple[int, int, frozenset[str]]], join: int) -> Iterator[tuple[int, int, frozenset[str]]]:
    current: tuple[int, int, frozenset[str]] | None = None
    for start, end, reasons in sorted(found, key=lambda item: item[:2]):
        if start >= end:
            continue
        if current is not None and start <= current[1] + join:
            current = (current[0], max(current[1], end), current[2] | reasons)
        else:
            if current is not None:
                yield current
            current = (start, end, reasons)
    if current is not None:
        yield current
