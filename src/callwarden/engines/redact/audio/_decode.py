"""From a file object to samples, refusing everything that is not whole."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import BinaryIO

import numpy as np
import soundfile

from . import _mpeg, _ogg, _wav
from ._errors import AudioError
from ._model import MAX_RATE, MIN_RATE, Audio, AudioLimits, Raw, Samples
from ._sniff import foreign, skip_id3v2, sniff

_BLOCK = 65_536
_FLAC_BLOCK = 4_096  # an error costs the whole read: this is the frame of the usual encoders
_DEFAULT_LIMITS = AudioLimits()


def decode(fileobj: BinaryIO | bytes, *, hint: Raw | None = None, limits: AudioLimits = _DEFAULT_LIMITS) -> Audio:
    """Decode a recording held in memory or behind any object with ``read``.

    The content decides what it is; a name never does. ``hint`` applies only to bytes that are no known container
    (headerless G.711). PCM_16, G.711 and 16-bit FLAC come out bit for bit.

    Args:
        fileobj: bytes, or a binary file read from where it stands to its end.
        hint: how to read headerless sound.
        limits: what one recording may cost.

    Raises:
        AudioError: see its codes. No temporary file is made; nothing of the content is in the error.
    """
    data = _read(fileobj, limits)
    if not data:
        raise AudioError("empty")
    kind = sniff(data)
    match kind:
        case "wav":
            return _decode_wav(data, limits)
        case "flac":
            return _decode_flac(data, limits)
        case "mp3":
            return _decode_mp3(data, skip_id3v2(data), limits, "MP3")
        case "ogg":
            return _decode_opus(data, limits)
    if hint is None or foreign(data) is not None:
        raise AudioError("unsupported", {"format": foreign(data) or "unknown"})
    _check(hint.rate, hint.channels, len(data) // hint.channels, limits)
    samples, name = _wav.headerless(data, hint)
    return Audio(samples, hint.rate, name)


def _read(fileobj: BinaryIO | bytes, limits: AudioLimits) -> bytes:
    if isinstance(fileobj, bytes):
        data = fileobj
    else:
        parts, room = [], limits.max_bytes + 1
        while room > 0 and (part := fileobj.read(min(room, 1 << 22))):
            parts.append(part)
            room -= len(part)
        data = b"".join(parts)
    if len(data) > limits.max_bytes:
        raise AudioError("too_large", {"limit_bytes": limits.max_bytes})
    return data


def _check(rate: int, channels: int, frames: int, limits: AudioLimits) -> None:
    if channels not in (1, 2):
        raise AudioError("channels" if channels else "corrupt", {"channels": channels})
    if not MIN_RATE <= rate <= MAX_RATE:
        raise AudioError("rate", {"rate": rate})
    if frames > limits.max_seconds * rate:
        raise AudioError("too_long", {"limit_seconds": limits.max_seconds})
    if frames * channels * 2 > limits.max_decoded_bytes:
        raise AudioError("too_large", {"limit_bytes": limits.max_decoded_bytes})


def _decode_wav(data: bytes, limits: AudioLimits) -> Audio:
    wav = _wav.parse(data, accept_truncated=limits.accept_truncated)
    if wav.tag == _wav.MPEG_3:
        return _decode_mp3(data[wav.start : wav.end], 0, limits, "WAV MP3")
    _check(wav.rate, wav.channels, wav.frames, limits)
    if wav.tag in (_wav.GSM_610, _wav.MS_ADPCM, _wav.IMA_ADPCM):
        audio, failed = _by_library(data, limits, "")
        if failed and not limits.accept_truncated:
            raise AudioError("corrupt", {"format": audio.source_format})
        return audio
    samples, name = _wav.samples(data, wav)
    return Audio(samples, wav.rate, name)


def _decode_flac(data: bytes, limits: AudioLimits) -> Audio:
    """RFC 9639 section 8.2: the first block announces length and the MD5 of the samples; both are checked."""
    data = data[skip_id3v2(data) :]
    if len(data) < 42 or data[4] & 0x7F != 0 or int.from_bytes(data[5:8], "big") != 34:
        raise AudioError("truncated" if len(data) < 42 else "corrupt", {"format": "FLAC"})
    blocks, frames = (int.from_bytes(data[a:b], "big") for a, b in ((8, 10), (12, 15)))
    most_blocks, most_frames = (int.from_bytes(data[a:b], "big") for a, b in ((10, 12), (15, 18)))
    if not 16 <= blocks <= most_blocks or 0 < most_frames < frames:
        raise AudioError("corrupt", {"format": "FLAC"})
    packed = int.from_bytes(data[18:26], "big")
    rate, channels = packed >> 44, (packed >> 41 & 7) + 1
    bits, total = (packed >> 36 & 31) + 1, packed & ((1 << 36) - 1)
    if total == 0:
        # Written to a pipe: nothing tells a whole stream from a cut one.
        raise AudioError("unsupported", {"format": "FLAC without a length"})
    _check(rate, channels, total, limits)
    audio, failed = _by_library(data, limits, f"FLAC PCM_{bits}", block=_FLAC_BLOCK)
    if failed or audio.frames != total:
        if not limits.accept_truncated:
            raise AudioError("truncated", {"format": "FLAC", "expected_frames": total, "found_frames": audio.frames})
    elif bits == 16 and any(data[26:42]):
        digest = hashlib.md5(audio.samples.astype("<i2", copy=False).data, usedforsecurity=False)
        if digest.digest() != data[26:42]:
            raise AudioError("corrupt", {"format": "FLAC"})
    return audio


def _decode_mp3(data: bytes, start: int, limits: AudioLimits, name: str) -> Audio:
    stream = _mpeg.walk(data, start, accept_truncated=limits.accept_truncated)
    _check(stream.rate, stream.channels, stream.samples, limits)
    if stream.frames == 0:
        raise AudioError("empty", {"format": "MP3"})
    audio, failed = _by_library(data[stream.start : stream.end], limits, name)
    # Encoders add at most two frames of delay and padding, which the decoder trims again.
    if failed or audio.frames > stream.samples or audio.frames < stream.samples - 4 * 1152:
        raise AudioError("corrupt", {"format": "MP3"})
    return audio


def _decode_opus(data: bytes, limits: AudioLimits) -> Audio:
    stream = _ogg.walk(data, accept_truncated=limits.accept_truncated)
    _check(MAX_RATE, stream.channels, stream.samples, replace(limits, max_decoded_bytes=limits.max_decoded_bytes * 6))
    audio, failed = _by_library(data, limits, "OGG OPUS")
    expected = stream.samples * audio.rate // MAX_RATE
    if failed or abs(audio.frames - expected) > audio.rate // 50:
        raise AudioError("corrupt", {"format": "OGG OPUS"})
    return audio


def _by_library(data: bytes, limits: AudioLimits, name: str, *, block: int = _BLOCK) -> tuple[Audio, bool]:
    """Let libsndfile decode, block by block; also whether it gave up on the way, with what came before."""
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as source:
            rate, channels = int(source.samplerate), int(source.channels)
            _check(rate, channels, 0, limits)
            samples, failed = _blocks(source, rate, channels, limits, block)
            label = name or f"{source.format} {source.subtype}"
    except (soundfile.SoundFileError, RuntimeError, ValueError, TypeError, OSError) as error:
        raise AudioError("corrupt", {"format": name or "WAV"}) from error
    if not len(samples):
        raise AudioError("corrupt" if failed else "empty", {"format": label})
    return Audio(samples, rate, label), failed


def _blocks(
    source: soundfile.SoundFile, rate: int, channels: int, limits: AudioLimits, size: int
) -> tuple[Samples, bool]:
    # Integer formats are read as integers (exact); the others as float, because libsndfile wraps peaks.
    exact = source.subtype.startswith("PCM_")
    parts: list[Samples] = []
    frames = 0
    while True:
        try:
            part = source.read(size, dtype="int16" if exact else "float32", always_2d=True)
        except soundfile.SoundFileError:
            return _joined(parts, channels), True
        if not len(part):
            return _joined(parts, channels), False
        frames += len(part)
        _check(rate, channels, frames, limits)
        parts.append(part if exact else _wav.from_float(part))


def _joined(parts: list[Samples], channels: int) -> Samples:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros((0, channels), np.int16)
