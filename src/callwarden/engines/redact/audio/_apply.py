"""Overwrite samples, and prove that nothing else changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from ._model import Audio, MutePlan, Samples

Mode = Literal["mute", "tone"]
_HERTZ = 1_000
_PEAK = 3_277  # -20 dBFS
_FADE_MS = 5


def apply(audio: Audio, plan: Iterable[MutePlan], mode: Mode = "mute") -> Audio:
    """A copy of the recording with the planned stretches silent, or replaced by a 1 kHz tone at -20 dBFS.

    Length, rate and every sample outside the plan stay as they are.

    Raises:
        ValueError: the plan names a channel or a sample that the recording does not have, or an unknown mode.
    """
    if mode not in ("mute", "tone"):
        raise ValueError("mode must be 'mute' or 'tone'")
    samples = audio.samples.copy()
    for stretch in plan:
        if not (0 <= stretch.channel < audio.channels and 0 <= stretch.start <= stretch.end <= audio.frames):
            raise ValueError("the plan does not belong to this recording")
        samples[stretch.start : stretch.end, stretch.channel] = _cover(stretch, audio.rate, mode)
    return Audio(samples, audio.rate, audio.source_format)


def difference_outside(original: Audio, redacted: Audio, spans: Iterable[MutePlan]) -> int:
    """How many samples outside ``spans`` differ. 0 is the only good answer.

    Recordings of different shape or rate differ in every sample.
    """
    if original.samples.shape != redacted.samples.shape or original.rate != redacted.rate:
        return max(original.samples.size, redacted.samples.size, 1)
    planned = sorted(spans)
    differing = 0
    for channel in range(original.channels):
        at = 0
        ends = [(span.start, span.end) for span in planned if span.channel == channel]
        for start, end in [*ends, (original.frames, original.frames)]:
            if start > at:
                kept = slice(at, start)
                differing += int(np.count_nonzero(original.samples[kept, channel] != redacted.samples[kept, channel]))
            at = max(at, end)
    return differing


def residue_inside(redacted: Audio, spans: Iterable[MutePlan], mode: Mode = "mute") -> int:
    """How many samples inside ``spans`` are not the silence or tone that belongs there. 0 is the only good answer."""
    left = 0
    for span in spans:
        sound = redacted.samples[span.start : span.end, span.channel]
        left += span.end - span.start - len(sound)
        left += int(np.count_nonzero(sound != _cover(span, redacted.rate, mode)[: len(sound)]))
    return left


def to_mono_legs(audio: Audio) -> tuple[Audio, ...]:
    """Each channel as a recording of its own, in order: the legs of the call."""
    return tuple(
        Audio(np.ascontiguousarray(audio.samples[:, channel : channel + 1]), audio.rate, audio.source_format)
        for channel in range(audio.channels)
    )


def _cover(span: MutePlan, rate: int, mode: Mode) -> Samples:
    length = span.end - span.start
    if mode == "mute":
        return np.zeros(length, np.int16)
    wave = _PEAK * np.sin(2 * np.pi * _HERTZ / rate * np.arange(length))
    fade = min(length // 2, rate * _FADE_MS // 1000)
    if fade:
        ramp = np.arange(fade) / fade
        wave[:fade] *= ramp
        wave[length - fade :] *= ramp[::-1]
    cover: Samples = np.rint(wave).astype(np.int16)
    return cover
