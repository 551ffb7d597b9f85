"""Find keypad tones in sound, without ever learning which keys.

ITU-T Q.23 names the eight frequencies; Q.24 the tolerances between which receivers in the field lie: accept within
1.5 %, refuse beyond 3.5 %, accept from 40 ms, twist +4 to -8 dB. Redaction prefers recall: short tones of a run and
tones under speech count, because a missed digit is a leak and a false hit costs a tenth of a second.

Method: windows of 20 ms every 10 ms, projected on the eight tones by one matrix product. A window is a candidate when
one low and one high tone together carry most of its energy; two neighbouring candidates are a hit when the phase of
both tones advances as the nominal frequencies demand, which is what speech hardly ever does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ._model import Samples, ToneSpan

LOW = (697.0, 770.0, 852.0, 941.0)
HIGH = (1209.0, 1336.0, 1477.0, 1633.0)
_TONES = np.array(LOW + HIGH)

_HOPS_PER_BLOCK = 12_000
_FLOOR = 10 ** (-46 / 10)  # mean power of the tone pair re full scale, about -40 dBFS a tone
_TWIST = (10 ** (-11 / 10), 10 ** (7 / 10))  # high over low; Q.24 -8 and +4 dB, with a margin
_OFFSET = 0.025  # frequency deviation accepted: between 1.5 % (must accept) and 3.5 % (must refuse)
# Share of the window's energy that the pair carries. Speech alone gave no hit of 0.80 in 49 minutes of human and
# synthetic voices, and hundreds at 0.65; near a firm hit, 0.25 finds digits under speech that is louder than they are.
_LOOSE, _FIRM = 0.25, 0.80
_ISOLATED_S = 2.0  # a weak hit counts only this near to a firm one
_MERGE_MS, _PAD_MS = 2_000, 40

_Reals = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Projection:
    """The matrices of one sample rate: windows are two hops long, so each half has its own columns."""

    hop: int
    halves: _Reals  # (hop, 2 * 17): 8 cosines, 8 sines, 1 constant for the first half, then for the second
    squares: _Reals  # (hop, 2): the squared window
    to_power: float  # |projection|^2 to the energy a tone of that size has in the window
    dc_to_power: float
    mean: float  # window energy to mean power
    advance: npt.NDArray[np.float64]  # nominal phase advance a hop, radians, by tone
    step_hz: float  # hertz by radian of phase deviation
    bin_hz: float


def _projection(rate: int) -> _Projection:
    hop = round(rate / 100)
    window = np.hamming(2 * hop)
    at = np.arange(2 * hop) / rate
    angles = 2 * np.pi * np.outer(at, _TONES)
    columns = np.concatenate([np.cos(angles), np.sin(angles), np.ones((2 * hop, 1))], axis=1) * window[:, None]
    energy = float((window**2).sum())
    return _Projection(
        hop=hop,
        halves=np.concatenate([columns[:hop], columns[hop:]], axis=1).astype(np.float32),
        squares=np.stack([window[:hop] ** 2, window[hop:] ** 2], axis=1).astype(np.float32),
        to_power=2 * energy / float(window.sum()) ** 2,
        dc_to_power=energy / float(window.sum()) ** 2,
        mean=1 / energy,
        advance=2 * np.pi * _TONES * hop / rate,
        step_hz=rate / hop / (2 * np.pi),
        bin_hz=rate / (2 * hop),
    )


def find_dtmf(samples: Samples, rate: int) -> list[ToneSpan]:
    """Stretches of keypad tones, per channel, merged over pauses up to 2 s and padded by 40 ms.

    Args:
        samples: int16, shape ``(frames, channels)``.
        rate: sample frames a second.

    Returns:
        Spans sorted by channel and time. Digits are neither returned nor kept.
    """
    projection = _projection(rate)
    spans: list[ToneSpan] = []
    length_ms = -(-len(samples) * 1000 // rate)
    for channel in range(samples.shape[1]):
        hits = _hits(samples[:, channel], projection)
        hop_ms = projection.hop * 1000 / rate
        # A hit is a pair of windows: it covers three hops, and sound may start up to one hop earlier.
        found = [ToneSpan(channel, int(a * hop_ms), int(np.ceil((b + 2) * hop_ms))) for a, b in hits]
        spans += merge_tones(found, gap_ms=_MERGE_MS, pad_ms=_PAD_MS, length_ms=length_ms)
    return spans


def merge_tones(spans: Iterable[ToneSpan], *, gap_ms: int, pad_ms: int, length_ms: int) -> list[ToneSpan]:
    """Join spans of a channel that lie at most ``gap_ms`` apart, then widen each by ``pad_ms`` inside the recording."""
    merged: list[ToneSpan] = []
    for span in sorted(spans, key=lambda s: (-1 if s.channel is None else s.channel, s.start_ms)):
        last = merged[-1] if merged else None
        if last is not None and last.channel == span.channel and span.start_ms - last.end_ms <= gap_ms:
            merged[-1] = ToneSpan(last.channel, last.start_ms, max(last.end_ms, span.end_ms))
        else:
            merged.append(span)
    return [ToneSpan(s.channel, max(0, s.start_ms - pad_ms), min(length_ms, s.end_ms + pad_ms)) for s in merged]


def tones_from_rfc4733(
    events: Iterable[tuple[int, int, int]], *, start_timestamp: int, clock: int = 8_000
) -> list[ToneSpan]:
    """Spans of telephone-event packets (RFC 4733 section 2.3), without their digits.

    Args:
        events: ``(channel, RTP timestamp, duration)`` of each packet, in clock ticks. Retransmissions and updates of
            one event share the timestamp; the longest duration counts.
        start_timestamp: RTP timestamp of the recording's first sample.
        clock: ticks a second.
    """
    longest: dict[tuple[int, int], int] = {}
    for channel, timestamp, duration in events:
        key = (channel, timestamp)
        longest[key] = max(longest.get(key, 0), duration)
    spans = []
    for (channel, timestamp), duration in longest.items():
        offset = (timestamp - start_timestamp) & 0xFFFFFFFF
        if offset >= 1 << 31:
            offset -= 1 << 32  # before the recording began
        first = offset * 1000 // clock
        last = -(-(offset + duration) * 1000 // clock)
        if last > 0:
            spans.append(ToneSpan(channel, max(0, first), last))
    return sorted(spans, key=lambda s: (s.channel or 0, s.start_ms))


def _hits(signal: npt.NDArray[np.int16], projection: _Projection) -> list[tuple[int, int]]:
    """Runs ``[first, last)`` of hop numbers at which a tone pair was heard."""
    hops = -(-len(signal) // projection.hop) + 1
    strength = np.zeros(hops, np.float32)
    for start in range(0, hops - 1, _HOPS_PER_BLOCK):
        stop = min(hops - 1, start + _HOPS_PER_BLOCK)
        # Two hops more than windows begin here: a window has two, a hit needs the next window.
        part = signal[start * projection.hop : (stop + 2) * projection.hop]
        block = np.zeros((stop - start + 2, projection.hop), np.float32)
        np.multiply(part, np.float32(1 / 32768), out=block.reshape(-1)[: len(part)], casting="unsafe")
        strength[start:stop] = _pair_strength(block, projection)
    return _runs(strength)


def _pair_strength(block: _Reals, projection: _Projection) -> _Reals:
    """For each window and its successor: the energy share of a steady tone pair in the weaker one, else 0."""
    halves = block @ projection.halves
    seen = halves[:-1, :17] + halves[1:, 17:]
    squares = np.square(block) @ projection.squares
    energy = squares[:-1, 0] + squares[1:, 1] - projection.dc_to_power * np.square(seen[:, 16])
    power = np.square(seen[:, :8]) + np.square(seen[:, 8:16])
    pair = (power[:, :4].max(axis=1) + power[:, 4:].max(axis=1)) * projection.to_power
    # 0.6: what the edge of the accepted band loses in the window's response; regained in _share.
    candidate = (pair >= 0.6 * _LOOSE * energy) & (pair * projection.mean >= 0.6 * _FLOOR)
    strength = np.zeros(len(block) - 2, np.float32)
    index = np.flatnonzero(candidate[:-1] & candidate[1:])
    if len(index):
        strength[index] = _share(seen, power, energy, index, projection)
    return strength


def _share(
    seen: _Reals, power: _Reals, energy: npt.NDArray[np.floating], index: npt.NDArray[np.intp], projection: _Projection
) -> npt.NDArray[np.float64]:
    low = power[index, :4].argmax(axis=1)
    high = power[index, 4:].argmax(axis=1) + 4
    same = (low == power[index + 1, :4].argmax(axis=1)) & (high == power[index + 1, 4:].argmax(axis=1) + 4)
    totals, good = [], same
    for tone in (low, high):
        now = seen[index, tone] - 1j * seen[index, tone + 8]
        then = seen[index + 1, tone] - 1j * seen[index + 1, tone + 8]
        turn = np.angle(then * np.conj(now) * np.exp(-1j * projection.advance[tone]))
        offset = turn * projection.step_hz
        good = good & (np.abs(offset) <= _OFFSET * _TONES[tone])
        response = _hamming_response(offset / projection.bin_hz)
        totals.append([power[index + later, tone] * projection.to_power / response for later in (0, 1)])
    lows, highs = totals
    weaker = np.ones(len(index))
    for later in (0, 1):
        pair = lows[later] + highs[later]
        twist = highs[later] / np.maximum(lows[later], 1e-20)
        good = good & (twist >= _TWIST[0]) & (twist <= _TWIST[1]) & (pair * projection.mean >= _FLOOR)
        weaker = np.minimum(weaker, pair / np.maximum(energy[index + later], 1e-20))
    return np.where(good & (weaker >= _LOOSE), weaker, 0.0)


def _hamming_response(bins: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Power response of the Hamming window ``bins`` away from its centre, 1 at the centre (Harris 1978)."""
    response = np.sinc(bins) * (1 + 0.46 / 0.54 * bins**2 / (1 - np.minimum(bins**2, 0.99)))
    return np.asarray(response**2, np.float64)


def _runs(strength: _Reals) -> list[tuple[int, int]]:
    """Firm runs, and weak ones close to a firm one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (strength > 0).astype(np.int8), [0]])))
    begins, ends = edges[::2], edges[1::2]
    if not len(begins):
        return []
    firm = np.maximum.reduceat(strength, begins) >= _FIRM  # between runs the strength is 0
    reach = round(_ISOLATED_S * 100)
    # The firm run that ends last before, and the one that begins first after, each run.
    before = np.concatenate([[-reach - 1], np.maximum.accumulate(np.where(firm, ends, -reach - 1))])[:-1]
    after = np.minimum.accumulate(np.where(firm, begins, len(strength) + reach + 1)[::-1])[::-1]
    kept = firm | (begins - before <= reach) | (after - ends <= reach)
    return [(int(a), int(b)) for a, b in zip(begins[kept], ends[kept], strict=True)]
