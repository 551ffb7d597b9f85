"""Where somebody speaks, told by energy alone. It only ever moves the edge of a mute outward, into a pause."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_FRAMES_A_SECOND = 100
_ABOVE_NOISE_DB = 9.0
_QUIETEST_DB = -60.0  # below this level nothing is intelligible, whatever the noise floor
_HANGOVER = 6  # frames: closing consonants and the dips between syllables belong to the word


def speech_frames(signal: npt.NDArray[np.int16], rate: int) -> tuple[npt.NDArray[np.bool_], int]:
    """Speech or pause for each 10 ms.

    Args:
        signal: one channel, int16.
        rate: sample frames a second.

    Returns:
        One truth value a frame, and the frame's length in samples.
    """
    hop = rate // _FRAMES_A_SECOND
    count = len(signal) // hop
    if count == 0:
        return np.zeros(0, np.bool_), hop
    level = np.empty(count, np.float32)
    for start in range(0, count, 20_000):
        block = signal[start * hop : min(count, start + 20_000) * hop].reshape(-1, hop).astype(np.float32)
        level[start : start + len(block)] = np.einsum("ij,ij->i", block, block)
    decibel = 10 * np.log10(level / hop / 32768.0**2 + 1e-12)
    heard = decibel[decibel > -90]  # digital silence of a muted line says nothing about the noise of the call
    floor = float(np.percentile(heard, 10)) if len(heard) else _QUIETEST_DB
    loud = decibel > max(floor + _ABOVE_NOISE_DB, _QUIETEST_DB)
    speech = loud.copy()
    for shift in range(1, _HANGOVER + 1):
        speech[shift:] |= loud[:-shift]
        speech[:-shift] |= loud[shift:]
    return speech, hop


def outward_to_pause(speech: npt.NDArray[np.bool_], hop: int, start: int, end: int, reach: int) -> tuple[int, int]:
    """Widen ``[start, end)`` (samples) so that its edges fall into pauses, each by at most ``reach`` samples.

    An edge with no pause in reach stays where it is.
    """
    steps = reach // hop
    first = min(start // hop, len(speech))
    back = speech[max(0, first - steps) : first + 1]
    if first < len(speech) and len(back) and back[-1]:
        quiet = np.flatnonzero(~back)
        if len(quiet):
            start = (first - (len(back) - 1) + int(quiet[-1]) + 1) * hop
    last = end // hop
    ahead = speech[last : last + steps + 1]
    if len(ahead) and ahead[0]:
        quiet = np.flatnonzero(~ahead)
        if len(quiet):
            end = (last + int(quiet[0])) * hop
    return start, end
