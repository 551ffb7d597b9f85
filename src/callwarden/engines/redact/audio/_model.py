"""The nouns of this package: a decoded recording, its limits, and stretches of sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]
MIN_RATE = 8_000
MAX_RATE = 48_000


@dataclass(frozen=True, slots=True)
class Audio:
    """A decoded recording.

    Attributes:
        samples: int16, shape ``(frames, channels)``, one or two channels.
        rate: sample frames a second, 8,000 to 48,000.
        source_format: what was decoded, for example ``"WAV PCM_16"`` or ``"OGG OPUS"``.
    """

    samples: Samples
    rate: int
    source_format: str = ""

    def __post_init__(self) -> None:
        if self.samples.dtype != np.int16 or self.samples.ndim != 2 or self.samples.shape[1] not in (1, 2):
            raise ValueError("samples must be int16 of shape (frames, 1) or (frames, 2)")
        if not MIN_RATE <= self.rate <= MAX_RATE:
            raise ValueError("rate must be between 8000 and 48000")

    @property
    def frames(self) -> int:
        return int(self.samples.shape[0])

    @property
    def channels(self) -> int:
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        return self.frames / self.rate


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """How much one recording may ask of the machine.

    Attributes:
        max_bytes: largest encoded file read into memory.
        max_seconds: longest recording.
        max_decoded_bytes: largest decoded recording (int16, all channels); a small file can unfold a
            thousandfold.
        accept_truncated: take what is there of a file that was cut short instead of refusing it.
    """

    max_bytes: int = 1 << 30
    max_seconds: float = 6 * 3600
    max_decoded_bytes: int = 1 << 30
    accept_truncated: bool = False


@dataclass(frozen=True, slots=True)
class Raw:
    """How to read a file that has no header. Used only when the content is no known container.

    Attributes:
        encoding: ``alaw`` or ``ulaw`` (ITU-T G.711), or ``s16`` (little-endian PCM).
        rate: sample frames a second.
        channels: interleaved channels, 1 or 2.
    """

    encoding: Literal["alaw", "ulaw", "s16"]
    rate: int = 8_000
    channels: int = 1


@dataclass(frozen=True, slots=True, order=True)
class ToneSpan:
    """A stretch of keypad tones on one channel. It never says which keys.

    Attributes:
        channel: 0-based; None when the key presses cannot be assigned to a party (every channel).
        start_ms: from the start of the recording.
        end_ms: exclusive.
    """

    channel: int | None
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, order=True)
class MutePlan:
    """Sample frames of one channel that will be overwritten.

    Attributes:
        channel: 0-based.
        start: first sample frame overwritten.
        end: first sample frame kept again (exclusive).
        reasons: why, sorted: entity types such as ``CARD_PAN``, ``DTMF``, and ``unplaced`` when the words'
            times were not known and the whole turn went.
    """

    channel: int
    start: int
    end: int
    reasons: tuple[str, ...] = ()
