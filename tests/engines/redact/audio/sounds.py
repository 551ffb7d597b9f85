"""Sound with known content: tones, speech-like noise, human digits at exact times, files in every container."""

from __future__ import annotations

import io
import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile

from callwarden.engines.redact.audio import Audio, decode

LOW = (697.0, 770.0, 852.0, 941.0)
HIGH = (1209.0, 1336.0, 1477.0, 1633.0)
KEYS = {
    key: (LOW[row], HIGH[column])
    for row, line in enumerate(("123A", "456B", "789C", "*0#D"))
    for column, key in enumerate(line)
}
_SHIPPED = "usr/share/asterisk/sounds/en_US_f_Allison"
_UNPACKED = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "callwarden/debian" / _SHIPPED
PROMPTS = _UNPACKED if _UNPACKED.exists() else Path("/") / _SHIPPED


@dataclass(frozen=True)
class Said:
    """A span as the text engine hands it over."""

    channel: int | None
    start_ms: float
    end_ms: float
    type: str = "PHONE"
    unplaced: bool = False


def key_tone(
    key: str, ms: float, rate: int = 8000, *, dbfs: float = -14, twist_db: float = 0, deviation: float = 0
) -> np.ndarray:
    """One key press; ``dbfs`` is the level of the low tone, ``twist_db`` how much louder the high tone is."""
    low, high = (f * (1 + deviation) for f in KEYS[key])
    t = np.arange(round(ms * rate / 1000)) / rate
    amplitude = 10 ** (dbfs / 20)
    loud = amplitude * 10 ** (twist_db / 20)
    return amplitude * np.sin(2 * np.pi * low * t + 0.3) + loud * np.sin(2 * np.pi * high * t + 1.1)


def pcm(signal: np.ndarray) -> np.ndarray:
    """Full scale 1.0 to int16 of shape (frames, channels)."""
    quantised = np.clip(np.rint(np.asarray(signal) * 32767), -32768, 32767).astype(np.int16)
    return quantised if quantised.ndim == 2 else quantised[:, None]


def noise(frames: int, channels: int = 1, seed: int = 1, peak: int = 9000) -> np.ndarray:
    return np.random.default_rng(seed).integers(-peak, peak, (frames, channels)).astype(np.int16)


def encoded(samples: np.ndarray, rate: int, container: str, subtype: str, **options: object) -> bytes:
    """A file made by libsndfile, in blocks."""
    out = io.BytesIO()
    if subtype in ("FLOAT", "DOUBLE"):
        samples = samples / 32768  # libsndfile does not scale integers on their way into a float file
    with soundfile.SoundFile(
        out, "w", samplerate=rate, channels=samples.shape[1], format=container, subtype=subtype, **options
    ) as file:
        for at in range(0, len(samples), 4096):
            file.write(np.ascontiguousarray(samples[at : at + 4096]))
    return out.getvalue()


@cache
def prompt(name: str) -> np.ndarray:
    """A prompt recorded by a person, 8 kHz mono (Debian package asterisk-core-sounds-en-wav)."""
    path = PROMPTS / f"{name}.wav"
    if not PROMPTS.exists():
        pytest.skip("needs the Debian package asterisk-core-sounds-en-wav")
    return decode(path.read_bytes()).samples[:, 0]


@dataclass(frozen=True)
class SpokenNumber:
    """A recording of somebody saying digits, and where each digit is (sample frames, end exclusive)."""

    audio: Audio
    digits: str
    windows: tuple[tuple[int, int], ...]


def say(
    digits: str, *, before: str = "vm-enter-num-to-call", after: str = "auth-thankyou", pause_ms: int = 60
) -> SpokenNumber:
    """Human-recorded digits between two human-recorded prompts."""
    gap = np.zeros(pause_ms * 8, np.int16)
    parts, windows, at = [prompt(before), np.zeros(8000, np.int16)], [], len(prompt(before)) + 8000
    for digit in digits:
        clip = prompt(f"digits/{digit}")
        heard = np.flatnonzero(np.abs(clip.astype(int)) > 60)
        windows.append((at + int(heard[0]), at + int(heard[-1]) + 1))
        parts += [clip, gap]
        at += len(clip) + len(gap)
    parts += [np.zeros(8000, np.int16), prompt(after)]
    return SpokenNumber(Audio(np.concatenate(parts)[:, None], 8000), digits, tuple(windows))


@cache
def synthetic_speech(voice: str = "en-us", speed: int = 170) -> np.ndarray:
    """Two minutes of espeak-ng at 8 kHz."""
    sentence = (
        "Thank you for calling, how may I help you today? I would like to ask about the delivery of my order. "
        "Certainly, let me look that up for you; may I have a moment? We were told that somebody would be here on "
        "Tuesday, and nobody came. I am sorry to hear that. "
    )
    return read_aloud(sentence * 8, voice, speed)


def read_aloud(text: str, voice: str, speed: int, pitch: int = 50) -> np.ndarray:
    """What espeak-ng makes of a text, 8 kHz mono; ``speed`` in words a minute, ``pitch`` 0 to 99."""
    import soxr

    try:
        wave = subprocess.run(
            ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text],
            capture_output=True,
            check=True,
            timeout=600,
        ).stdout
    except FileNotFoundError:
        pytest.skip("needs the Debian package espeak-ng")
    body = np.frombuffer(wave[44 : 44 + (len(wave) - 44) // 2 * 2], "<i2")
    resampled = soxr.resample(body.astype(np.float32), int.from_bytes(wave[24:28], "little"), 8000)
    return np.clip(resampled, -32768, 32767).astype(np.int16)
