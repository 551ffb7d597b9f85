"""A watermark in the sound itself: which bands are a little louder or softer from moment to moment spells an identity.

The plane of time and frequency is cut into cells of 64 ms and 125 Hz. In each, the sound is raised or lowered by
`DEPTH_DB`; where it is raised, a hiss of `HISS` is laid under it, so that pauses carry the mark too. The pattern of
one period (6.1 s) spells 48 bits and a checksum as six symbols of ten bits, each spread over a sixth of the cells that
lies scattered over the whole period. It follows energy only, not phase: a room, a microphone, a codec leave it.

Source: patchwork in bands of the spectrum, as in I. Yeo and H. J. Kim, Modified patchwork algorithm, IEEE Trans. Speech
and Audio Processing 11 (2003) 381; blind detection by correlation with orthogonal-like codes.
"""

from __future__ import annotations

import hashlib
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[Any, np.dtype[Any]]

CODE_BYTES: Final = 6
"""How many bytes of an identity the watermark carries: its first."""
DEPTH_DB: Final = 2.0
HISS: Final = 10 ** (-60 / 20)
"""Root mean square of the hiss in a raised cell, as a share of full scale."""

FULL: Final = 32767
FRAME_S: Final = 0.016
_CELL_FRAMES: Final = 4
_CELLS: Final = 96
# Inside the band of a telephone line, with a little room at both ends.
_LOWEST_HZ: Final = 359.0
_BAND_HZ: Final = 125.0
_BANDS: Final = 24
_SYMBOLS: Final = 6
_BITS: Final = 10
_CHECK_BITS: Final = _SYMBOLS * _BITS - 8 * CODE_BYTES
_SPREAD: Final = _CELLS * _BANDS // _SYMBOLS
# A prime, so that the hiss does not repeat in step with anything.
_HISS_LENGTH: Final = 65521

_RATE: Final = 8000
_HOP: Final = int(FRAME_S * _RATE)
SPEEDS: Final = (1.0, 1.25, 1.5, 0.75, 2.0)
"""How fast a player may have played it, in the order in which they are tried."""
# Sound without a mark reaches 9.5 in a thousand places and speeds; a mark that can be read is above 11.
_ENOUGH: Final = 10.5
# Longer sound is looked at in stretches that overlap by half: clocks drift apart, and copies are spliced.
_STRETCH: Final = 16 * _CELLS
_CLIP_DB: Final = 6.0


def reach(rate: int) -> int:
    """How many samples before and after a piece `embed` must see, so that pieces join without a seam."""
    return 2 * _hop(rate)


def embed(samples: Samples, *, rate: int, identity: bytes, start: int = 0) -> Samples:
    """The same samples (16-bit, one channel, or frames x channels) with the watermark in every channel.

    The same sample comes out the same whatever piece it is embedded in, but for the first and last `reach` of a piece
    that neither begins nor ends the recording. A sample of exact silence stays one: what was muted stays mute.

    Args:
        rate: samples a second, at least 8000.
        identity: at least 6 bytes, of which the first 6 are carried.
        start: where in the recording the first of these samples lies.

    Raises:
        ValueError: a shorter identity, or a rate too low for the bands.
    """
    import numpy as np

    if len(identity) < CODE_BYTES:
        raise ValueError("The watermark carries 6 bytes.")
    if rate < _RATE:
        raise ValueError("The bands need at least 8000 samples a second.")
    channels = samples[:, None] if samples.ndim == 1 else samples
    hop = _hop(rate)
    # Frames lie on one grid over the whole recording, whatever the piece.
    skip = start % hop
    first = start // hop - 1
    count = -(-(skip + len(channels)) // hop) + 1
    window, bands = _window(hop), _bands(2 * hop, rate)
    cells = (np.floor(np.arange(first, first + count) * hop / (rate * FRAME_S * _CELL_FRAMES)).astype(int)) % _CELLS
    raised = _pattern(identity[:CODE_BYTES])[cells][:, bands[bands >= 0]]
    gain = 10 ** (DEPTH_DB / 20 * raised)
    hiss = _spectra(_hiss(first * hop, (count + 1) * hop), window, hop)[:, bands >= 0] * (raised > 0)
    marked = np.empty(channels.shape)
    for at in range(channels.shape[1]):
        sound = np.zeros((count + 1) * hop)
        sound[hop + skip : hop + skip + len(channels)] = channels[:, at]
        spectra = _spectra(sound, window, hop)
        spectra[:, bands >= 0] = spectra[:, bands >= 0] * gain + hiss
        frames = np.fft.irfft(spectra, 2 * hop, axis=1) * window
        joined = np.concatenate([frames[0, :hop], (frames[:-1, hop:] + frames[1:, :hop]).ravel(), frames[-1, hop:]])
        marked[:, at] = joined[hop + skip : hop + skip + len(channels)]
    marked[channels == 0] = 0
    return np.clip(np.rint(marked), -FULL - 1, FULL).astype(samples.dtype).reshape(samples.shape)


def detect(samples: Samples, *, rate: int) -> bytes | None:
    """The 6 bytes these samples (one channel, or frames x channels) are marked with; None when none are found.

    About three seconds of a copy by wire are enough, half a minute of one made with a microphone in a room.
    """
    import numpy as np
    import soxr

    sound = np.asarray(samples, dtype=np.float64)
    sound = sound.mean(axis=1) if sound.ndim == 2 else sound
    if rate != _RATE:
        sound = soxr.resample(sound, rate, _RATE)
    for speed in SPEEDS:
        energy = _energy(sound, speed)
        longest = _STRETCH * _CELL_FRAMES
        for begin in range(0, max(len(energy) - longest // 2, 1), longest // 2):
            if (found := _read(energy[begin : begin + longest])) is not None:
                return found
    return None


def _read(energy: Samples) -> bytes | None:
    """The code that fits this energy (frames x bands) best, if it fits well enough and its checksum holds."""
    import numpy as np

    best, told = 0.0, 0
    for phase in range(min(_CELL_FRAMES, len(energy))):
        residue = _residue(energy[phase:])
        folded = np.zeros((-(-len(residue) // _CELLS) * _CELLS, _BANDS), dtype=np.float32)
        folded[: len(residue)] = residue
        folded = folded.reshape(-1, _CELLS, _BANDS).sum(axis=0)
        norm = float(np.sqrt((folded**2).sum()))
        if not norm:
            continue
        # Which cell of the period it begins with is unknown: all are tried.
        begun = np.stack([np.roll(folded, at, axis=0).ravel() for at in range(_CELLS)])
        fits = [begun[:, cells] @ _codes().T for cells in _scatter()]
        scores = sum(fit.max(axis=1) for fit in fits) / norm
        at = int(scores.argmax())
        if scores[at] > best:
            best, told = float(scores[at]), 0
            for fit in fits:
                told = told << _BITS | int(fit[at].argmax())
    code = (told >> _CHECK_BITS).to_bytes(CODE_BYTES, "big")
    return code if best >= _ENOUGH and told == _value(code) else None


def _energy(sound: Samples, speed: float) -> Samples:
    """Energy of each frame in each band, at places `FRAME_S` apart in the recording as it was before it was sped up."""
    import numpy as np

    window = _window(_HOP) ** 2
    starts = np.arange(0, max(len(sound) - 2 * _HOP, 0), _HOP / speed).astype(int)
    bands = _bands(2 * _HOP, _RATE)
    energy = np.zeros((len(starts), _BANDS))
    # A few thousand frames at a time: an hour of sound must not become a gigabyte.
    for begin in range(0, len(starts), 4096):
        frames = sound[starts[begin : begin + 4096, None] + np.arange(2 * _HOP)] * window
        power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
        for band in range(_BANDS):
            energy[begin : begin + 4096, band] = power[:, bands == band].sum(axis=1)
    return energy


def _residue(energy: Samples) -> Samples:
    """How far each cell stands out from its neighbours, in dB: speech changes smoothly, the mark does not."""
    import numpy as np

    count = len(energy) // _CELL_FRAMES
    if count < 3:
        return np.zeros((0, _BANDS))
    floor = np.quantile(energy, 0.999) * 1e-6 + 1e-9
    frames = energy[: count * _CELL_FRAMES].reshape(count, _CELL_FRAMES, _BANDS)
    level = np.pad((10 * np.log10(frames + floor)).mean(axis=1), 1, mode="edge")
    rows = level[1:-1] - (level[:-2] + level[2:]) / 2
    residue: Samples = np.clip(rows[:, 1:-1] - (rows[:, :-2] + rows[:, 2:]) / 2, -_CLIP_DB, _CLIP_DB)
    return residue


def _value(code: bytes) -> int:
    """The code and its checksum as one number of 60 bits."""
    return int.from_bytes(code, "big") << _CHECK_BITS | zlib.crc32(code) & ((1 << _CHECK_BITS) - 1)


@cache
def _scatter() -> Samples:
    """Symbol -> the cells that carry it, of all cells of a period. Fixed for ever by a hash, not by a library."""
    import numpy as np

    drawn = hashlib.shake_256(b"callwarden watermark 1: cells").digest(4 * _CELLS * _BANDS)
    return np.argsort(np.frombuffer(drawn, ">u4"), kind="stable").reshape(_SYMBOLS, _SPREAD)


@cache
def _codes() -> Samples:
    """Value of a symbol -> +1 (raised) or -1 for each of its cells."""
    import numpy as np

    drawn = hashlib.shake_256(b"callwarden watermark 1: codes").digest((1 << _BITS) * _SPREAD // 8)
    return (1 - 2.0 * np.unpackbits(np.frombuffer(drawn, np.uint8)).reshape(1 << _BITS, _SPREAD)).astype(np.float32)


def _pattern(code: bytes) -> Samples:
    """+1 or -1 for each cell of a period, cells x bands."""
    import numpy as np

    pattern, value = np.empty(_CELLS * _BANDS), _value(code)
    for at, cells in enumerate(_scatter()):
        pattern[cells] = _codes()[value >> _BITS * (_SYMBOLS - 1 - at) & ((1 << _BITS) - 1)]
    return pattern.reshape(_CELLS, _BANDS)


def _hiss(first: int, count: int) -> Samples:
    """So many samples of hiss from this place of the recording on: the same place always hisses the same."""
    import numpy as np

    table = np.random.default_rng(1).normal(scale=HISS * FULL, size=_HISS_LENGTH)
    return table[np.arange(first, first + count) % _HISS_LENGTH]


def _spectra(sound: Samples, window: Samples, hop: int) -> Samples:
    import numpy as np

    return np.fft.rfft(np.lib.stride_tricks.sliding_window_view(sound, 2 * hop)[::hop] * window, axis=1)


def _bands(size: int, rate: int) -> Samples:
    """Bin of a spectrum -> the band it lies in; -1 outside all of them."""
    import numpy as np

    bands = np.floor((np.fft.rfftfreq(size, 1 / rate) - _LOWEST_HZ) / _BAND_HZ).astype(int)
    return np.where((bands >= 0) & (bands < _BANDS), bands, -1)


def _window(hop: int) -> Samples:
    """Square root of a Hann window two hops long: applied twice, neighbours add up to one."""
    import numpy as np

    return np.sqrt(0.5 - 0.5 * np.cos(np.pi * np.arange(2 * hop) / hop))


def _hop(rate: int) -> int:
    return round(FRAME_S * rate)
