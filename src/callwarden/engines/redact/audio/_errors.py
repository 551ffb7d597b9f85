"""What can be wrong with a recording, in words a person can act on."""

from __future__ import annotations

from typing import Any

_MESSAGES = {
    "empty": "The recording holds no sound. Check the recorder, or remove the file.",
    "truncated": (
        "The recording is cut short: its header announces more sound than there is. "
        "Fetch the complete file again, or accept truncated files explicitly."
    ),
    "corrupt": "The recording is damaged and cannot be decoded. Fetch it again from its source.",
    "too_large": "The recording is larger than allowed. Split it, or raise the limit.",
    "too_long": "The recording is longer than allowed. Split it, or raise the limit.",
    "unsupported": (
        "This is not a recording in a supported format. Convert it to WAV (PCM or G.711), FLAC, MP3 or Ogg Opus."
    ),
    "rate": "The sample rate is outside 8 to 48 kHz. Resample the recording.",
    "mismatch": "The words do not fit the recording: they name times beyond its end. Pair the right files.",
    "channels": "The recording has more than two channels. Export one file with at most two parties.",
}


class AudioError(Exception):
    """A recording that cannot be used, with nothing of its content in the message.

    Attributes:
        code: one of ``empty``, ``truncated``, ``corrupt``, ``too_large``, ``too_long``, ``unsupported``,
            ``rate``, ``channels``, ``mismatch``.
        data: facts about the container only: byte counts, seconds, the format met.
    """

    def __init__(self, code: str, data: dict[str, Any] | None = None) -> None:
        if code not in _MESSAGES:
            raise ValueError(f"unknown audio error code: {code}")
        super().__init__(_MESSAGES[code])
        self.code = code
        self.data: dict[str, Any] = dict(data or {})

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.code, self.data))
