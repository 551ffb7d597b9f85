"""FLAC to any sink, without ever going back."""

from __future__ import annotations

import hashlib
from typing import Protocol

import numpy as np
import soundfile

from ._model import Audio

_BLOCK = 4_096  # larger single writes have crashed libsndfile with other codecs; this one is free
_HEADER = 42  # "fLaC", block header, STREAMINFO (RFC 9639 section 8.2)


class Sink(Protocol):
    """Anything that takes bytes in order: a file, a sealed stream, a socket."""

    def write(self, data: bytes, /) -> object: ...


def encode_flac(audio: Audio, out: Sink, *, compression: float = 0.5) -> int:
    """Write the recording as 16-bit FLAC; decoding returns the same samples.

    ``out`` is written strictly forward, so it may be a stream that cannot seek: length and MD5 are known before
    the first byte and go straight into the header.

    Args:
        audio: what to write.
        out: receives the bytes.
        compression: 0 (fast) to 1 (small).

    Returns:
        The number of bytes written.
    """
    sink = _Forward(out, audio)
    with soundfile.SoundFile(
        sink,
        "w",
        samplerate=audio.rate,
        channels=audio.channels,
        format="FLAC",
        subtype="PCM_16",
        compression_level=compression,
    ) as flac:
        for start in range(0, audio.frames, _BLOCK):
            flac.write(np.ascontiguousarray(audio.samples[start : start + _BLOCK]))
            if sink.failure is not None:
                break
    if sink.failure is not None:
        raise sink.failure
    return sink.written


class _Forward:
    """The encoder's view of a seekable file; only bytes beyond what was already passed on reach the sink."""

    def __init__(self, out: Sink, audio: Audio) -> None:
        self._out = out
        self._at = 0
        self._head = bytearray()
        self._total = audio.frames
        self._md5 = hashlib.md5(
            np.ascontiguousarray(audio.samples).astype("<i2", copy=False).data, usedforsecurity=False
        ).digest()
        self.written = 0
        self.failure: Exception | None = None

    def write(self, data: bytes) -> int:
        at, self._at = self._at, self._at + len(data)
        fresh = bytes(data[max(0, self.written + len(self._head) - at) :])
        if not self.written and fresh:
            self._head += fresh
            if len(self._head) < _HEADER:
                return len(data)
            fresh = self._completed()
        if fresh and self.failure is None:
            # An exception must not cross the C library: keep it, and raise it when the encoder is closed.
            try:
                self._out.write(fresh)
            except Exception as error:
                self.failure = error
        self.written += len(fresh)
        return len(data)

    def _completed(self) -> bytes:
        head = self._head
        packed = int.from_bytes(head[18:26], "big") & ~((1 << 36) - 1) | self._total
        head[18:26] = packed.to_bytes(8, "big")
        head[26:42] = self._md5
        self._head = bytearray()
        return bytes(head)

    def seek(self, offset: int, whence: int = 0) -> int:
        end = self.written + len(self._head)
        self._at = offset + (0, self._at, end)[whence]
        return self._at

    def tell(self) -> int:
        return self._at
