"""The telephone: its band, its noise, its keys, and the files that recorders write."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
import soundfile

Sound = np.ndarray[Any, Any]

_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)  # ITU-T Q.23
_KEYPAD = ("123", "456", "789", "*0#")
_BLOCK = 4096  # frames written at once: libsndfile's lossy encoders do not bear long writes
FORMATS = {
    "flac": ("flac", "FLAC", "PCM_16"),
    "wav": ("wav", "WAV", "PCM_16"),
    "alaw": ("wav", "WAV", "ALAW"),
    "opus": ("opus", "OGG", "OPUS"),
    "mp3": ("mp3", "MP3", "MPEG_LAYER_III"),
}


@dataclass(frozen=True)
class Phrase:
    """Words said in one breath, as a line carries them: float, -1..1, and the first and last sample of every word."""

    sound: Sound
    places: tuple[tuple[int, int], ...]


class Talker(Protocol):
    """Whatever turns words into sound."""

    def say(self, words: Sequence[str], voice: str, language: str) -> Phrase: ...


def telephone_band(sound: Sound, rate: int, *, low: float = 300.0, high: float = 3400.0) -> Sound:
    """Keep 300 to 3400 Hz with slopes of 80 Hz; at 16 kHz the upper edge is 7000 Hz, as on wide-band lines."""
    high = min(high if rate <= 8000 else 7000.0, rate / 2 - 100)
    spectrum = np.fft.rfft(sound)
    frequency = np.fft.rfftfreq(len(sound), 1 / rate)
    spectrum *= np.clip((frequency - low) / 80 + 1, 0, 1) * np.clip((high - frequency) / 80 + 1, 0, 1)
    return np.fft.irfft(spectrum, len(sound)).astype(np.float32)


def line_noise(length: int, rate: int, random: np.random.Generator, *, level_db: float = -82.0) -> Sound:
    """Noise of a line, in the telephone band, at a level in dB of full scale."""
    noise = telephone_band(random.standard_normal(length).astype(np.float32), rate)
    return noise * np.float32(10 ** (level_db / 20) / np.sqrt(np.mean(noise**2)))


def key_tone(key: str, length: int, rate: int, *, level_db: float = -13.0) -> Sound:
    """One key of the keypad: two tones, 5 ms slopes.

    Source: ITU-T Q.23.
    """
    row = next(number for number, keys in enumerate(_KEYPAD) if key in keys)
    time = np.arange(length) / rate
    tone = np.sin(2 * np.pi * _ROWS[row] * time) + np.sin(2 * np.pi * _COLUMNS[_KEYPAD[row].index(key)] * time)
    slope = np.clip(np.minimum(np.arange(length), length - 1 - np.arange(length)) / (0.005 * rate), 0, 1)
    return (tone * slope * 10 ** (level_db / 20)).astype(np.float32)


def encode(sound: Sound, rate: int, kind: str) -> tuple[str, bytes]:
    """A file as recorders write it.

    Args:
        sound: float, frames x channels.
        kind: a key of `FORMATS`.

    Returns:
        The file name extension and the bytes.
    """
    extension, container, subtype = FORMATS[kind]
    pcm = np.clip(np.round(sound * 32767), -32768, 32767).astype(np.int16)
    target = io.BytesIO()
    level = 1.0 if container == "FLAC" else None
    with soundfile.SoundFile(
        target, "w", rate, pcm.shape[1], subtype, format=container, compression_level=level
    ) as file:
        for start in range(0, len(pcm), _BLOCK):
            file.write(pcm[start : start + _BLOCK])
    data = target.getvalue()
    return extension, _with_fixed_serial(data) if container == "OGG" else data


def _with_fixed_serial(data: bytes, serial: int = 1) -> bytes:
    """The Ogg stream with a serial number that is not random, so that building twice gives the same bytes.

    Source: RFC 3533 section 6.
    """
    pages, after = [], 0
    while after < len(data):
        segments = data[after + 26]
        length = 27 + segments + sum(data[after + 27 : after + 27 + segments])
        page = bytearray(data[after : after + length])
        page[14:18] = serial.to_bytes(4, "little")
        page[22:26] = bytes(4)
        page[22:26] = _ogg_checksum(page).to_bytes(4, "little")
        pages.append(bytes(page))
        after += length
    return b"".join(pages)


@cache
def _ogg_table() -> tuple[int, ...]:
    table = []
    for number in range(256):
        value = number << 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
        table.append(value & 0xFFFFFFFF)
    return tuple(table)


def _ogg_checksum(page: bytearray) -> int:
    table, value = _ogg_table(), 0
    for byte in page:
        value = ((value << 8) & 0xFFFFFFFF) ^ table[(value >> 24) ^ byte]
    return value
