"""The sound path: keypad scan, redaction to FLAC, and disguised voices, against real time.

A stereo call of five minutes at 8 kHz is made of speech-shaped noise in turns, with two numbers keyed and twenty spans
to mute. CPU time of one core, median of the rounds; the noise makes FLAC work harder than speech does. The floor is the
same recording decoded and encoded again with nothing taken out (`copy_flac`).
"""

from __future__ import annotations

import io
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported: figures are for one core

import numpy as np

from bench._limits import to_limits
from callwarden.engines.redact.audio import (
    Audio,
    Disguise,
    apply,
    decode,
    difference_outside,
    encode_flac,
    find_dtmf,
    plan,
    residue_inside,
)

RATE = 8_000
SECONDS = 300
ROUNDS = 5
KEYS = ((697, 1209), (770, 1336), (852, 1477), (941, 1336))

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Said:
    channel: int
    start_ms: float
    end_ms: float
    type: str = "PHONE"
    unplaced: bool = False


def run(progress: Progress) -> dict[str, float]:
    audio = call()
    spans = [Said(n % 2, 9_000 + n * 14_000, 12_000 + n * 14_000) for n in range(20)]
    wave = io.BytesIO()
    _wav(wave, audio)
    data = wave.getvalue()

    def redact() -> None:
        heard = decode(data)
        stretches = plan(spans, find_dtmf(heard.samples, heard.rate), heard)
        encode_flac(apply(heard, stretches), io.BytesIO())

    def redact_and_check() -> None:
        heard = decode(data)
        stretches = plan(spans, find_dtmf(heard.samples, heard.rate), heard)
        out = io.BytesIO()
        encode_flac(apply(heard, stretches), out)
        again = decode(out.getvalue())
        if difference_outside(heard, again, stretches) or residue_inside(again, stretches):
            raise AssertionError("the redacted recording differs from its plan")

    def copy() -> None:
        heard = decode(data)
        encode_flac(heard, io.BytesIO())

    progress("decode and encode alone")
    bare = times_real_time(copy)
    progress("keypad scan")
    scan = times_real_time(lambda: find_dtmf(audio.samples, audio.rate))
    progress("redact and encode")
    plain = times_real_time(redact)
    progress("redact, encode and check")
    checked = times_real_time(redact_and_check)
    progress("disguised voices")
    disguised = times_real_time(lambda: Disguise(RATE, 2).of(audio.samples))
    figures = {
        "dtmf_x_realtime": scan,
        "redact_flac_x_realtime": plain,
        "redact_flac_checked_x_realtime": checked,
        "disguise_x_realtime": disguised,
        "copy_flac_x_realtime": bare,
        "redact_flac_to_copy": plain / bare,
    }
    least = {"dtmf_x_realtime": 500, "redact_flac_x_realtime": 500, "disguise_x_realtime": 30}
    return figures | to_limits(figures, at_least=least)


def times_real_time(work: Callable[[], object]) -> float:
    work()
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return SECONDS / statistics.median(spent)


def call() -> Audio:
    """Two parties that take turns of three seconds, low-passed noise for speech, and two keyed numbers."""
    random = np.random.default_rng(20)
    frames = RATE * SECONDS
    turns = (np.arange(frames) // (3 * RATE)) % 2
    legs = []
    for leg in (0, 1):
        noise = np.convolve(random.normal(0, 1, frames), np.hanning(9) / 4.5, mode="same")
        syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * np.arange(frames) / RATE)
        legs.append(noise * syllables * np.where(turns == leg, 3_000, 20))
    samples = np.stack(legs, axis=1)
    for start in (60, 200):
        for press in range(16):
            at = int((start + press * 0.25) * RATE)
            t = np.arange(RATE // 10) / RATE
            for hertz in KEYS[press % 4]:
                samples[at : at + len(t), 1] += 5_000 * np.sin(2 * np.pi * hertz * t)
    return Audio(np.clip(samples, -32_768, 32_767).astype(np.int16), RATE)


def _wav(out: io.BytesIO, audio: Audio) -> None:
    body = audio.samples.astype("<i2").tobytes()
    block = 2 * audio.channels
    out.write(b"RIFF" + (36 + len(body)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little"))
    out.write(b"".join(n.to_bytes(2, "little") for n in (1, audio.channels)))
    out.write(audio.rate.to_bytes(4, "little") + (audio.rate * block).to_bytes(4, "little"))
    out.write(b"".join(n.to_bytes(2, "little") for n in (block, 16)) + b"data" + len(body).to_bytes(4, "little") + body)
