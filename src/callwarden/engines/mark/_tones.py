"""Sixteen tones, one for each value of four bits. A burst: preamble, 32 digits of the identity, 4 of a checksum."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[Any, np.dtype[Any]]

PERIOD_S: Final = 10.0
"""Seconds from one burst to the next."""
LEVEL: Final = 10 ** (-30 / 20)
"""Amplitude of a tone, as a share of full scale."""

SYMBOL_S: Final = 0.06
# Inside the band of a telephone line, 75 Hz apart: with 60 ms a tone, neighbours are told apart.
TONES_HZ: Final = tuple(1400 + 75 * value for value in range(16))
PREAMBLE: Final = (0, 15, 0, 15)
FULL: Final = 32767
_DIGITS: Final = 36
_BURST: Final = len(PREAMBLE) + _DIGITS


def put(samples: Samples, *, rate: int, identity: bytes) -> Samples:
    """The same samples (16-bit, one channel, or frames x channels) with the mark in every channel.

    Args:
        rate: samples a second, at least 8000.
        identity: 16 bytes.

    Raises:
        ValueError: another length of identity, or a rate too low for the tones.
    """
    import numpy as np

    if len(identity) != 16:
        raise ValueError("The mark carries 16 bytes.")
    if rate < 8000:
        raise ValueError("The tones need at least 8000 samples a second.")
    burst = _burst(identity, rate)
    marked = samples.astype(np.float64)
    for start in range(0, max(len(samples), 1), int(PERIOD_S * rate)):
        piece = marked[start : start + len(burst)]
        tones = burst[: len(piece)]
        piece += tones if piece.ndim == 1 else tones[:, None]
    return np.clip(np.rint(marked), -FULL - 1, FULL).astype(samples.dtype)


def find(samples: Samples, *, rate: int) -> bytes | None:
    """The identity that these samples (one channel, or frames x channels) are marked with; None when none is found."""
    import numpy as np

    sound = np.asarray(samples, dtype=np.float64)
    sound = sound.mean(axis=1) if sound.ndim == 2 else sound
    length = int(SYMBOL_S * rate)
    step = max(1, length // 6)
    if len(sound) < _BURST * length:
        return None
    for offset in range(0, length, step):
        found = _search(sound[offset:], rate, length)
        if found is not None:
            return found
    return None


def _search(sound: Samples, rate: int, length: int) -> bytes | None:
    """Look at every place on a grid of symbols for a burst whose checksum holds."""
    import numpy as np

    count = len(sound) // length
    frames = sound[: count * length].reshape(count, length)
    times = np.arange(length) / rate
    power = np.stack([np.abs(frames @ np.exp(-2j * np.pi * tone * times)) for tone in TONES_HZ], axis=1)
    digits = power.argmax(axis=1)
    begins = np.flatnonzero(
        np.logical_and.reduce([digits[at : count - _BURST + at + 1] == value for at, value in enumerate(PREAMBLE)])
    )
    for begin in begins:
        told = digits[begin + len(PREAMBLE) : begin + _BURST]
        body = bytes(int(told[at]) << 4 | int(told[at + 1]) for at in range(0, _DIGITS, 2))
        if _checksum(body[:16]) == body[16:]:
            return body[:16]
    return None


def _burst(identity: bytes, rate: int) -> Samples:
    import numpy as np

    body = identity + _checksum(identity)
    values = [*PREAMBLE, *(digit for byte in body for digit in (byte >> 4, byte & 15))]
    length = int(SYMBOL_S * rate)
    times = np.arange(length) / rate
    # Soft edges, so that it does not click.
    edge = np.minimum(1.0, np.minimum(np.arange(length), np.arange(length)[::-1]) / (0.004 * rate))
    return np.concatenate([LEVEL * FULL * edge * np.sin(2 * np.pi * TONES_HZ[value] * times) for value in values])


def _checksum(identity: bytes) -> bytes:
    return (zlib.crc32(identity) & 0xFFFF).to_bytes(2, "big")
