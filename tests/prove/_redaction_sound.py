"""Digits said by a person and keys pressed under speech: nothing of them is heard after, and little else is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator

import numpy as np
import pytest
import soxr

from callwarden.engines.redact import Transcript, redact
from callwarden.engines.redact.audio import Audio, apply, decode, find_dtmf, plan
from callwarden.engines.redact.evaluation import generate
from tests.doors.cli.calls import document_of
from tests.engines.redact.audio.sounds import PROMPTS, SpokenNumber, encoded, read_aloud, say
from tests.engines.redact.audio.test_dtmf import covered, dialled, voices
from tests.engines.redact.audio.test_human_digits import NUMBERS
from tests.prove._pytest import Line

MINUTES = float(os.environ.get("CALLWARDEN_PROVE_SPEECH_MINUTES", "180"))
SEED = 20261130
_CODECS = {
    "A-law": ("WAV", "ALAW"),
    "GSM 06.10": ("WAV", "GSM610"),
    "MP3": ("MP3", "MPEG_LAYER_III"),
    "Opus": ("OGG", "OPUS"),
}
_LINES = 25  # of sixteen keys each, for each voice
_AUDIBLE = 60  # of 32,767; what lies below is the noise of the studio
_READERS = {"en": ("en-us", "en-gb", "en-gb-scotland"), "zh": ("cmn",)}


def run() -> Iterator[Line]:
    for part in (_digits, _keys, _speech_alone, _others):
        try:
            yield from part()
        except pytest.skip.Exception as missing:
            yield (f"Sound: {part.__name__.strip('_').replace('_', ' ')}", "not measured", str(missing))


def _digits() -> Iterator[Line]:
    said = muted = lost = seconds = 0
    for digits in NUMBERS:
        number = say(digits)
        heard = np.abs(number.audio.samples[:, 0].astype(int)) > _AUDIBLE
        inside, gone = np.zeros(len(heard), bool), _removed(number)
        for first, last in number.windows:
            inside[first:last] = True
        said += int((inside & heard).sum())
        muted += int((inside & heard & gone).sum())
        lost += int((~inside & heard & gone).sum())
        seconds += len(heard)
    yield _line("Human-spoken digits: their time covered", muted / said, muted >= 0.99 * said, ">= 0.99")
    a_minute = lost / 8000 / (seconds / 8000 / 60)
    yield _line("Human-spoken digits: speech lost outside, s a minute", a_minute, a_minute < 2, "< 2")


def _removed(number: SpokenNumber) -> np.ndarray:
    """Which frames go, by the words alone: the text engine finds the number, its times place it."""
    before = "my card number is" if len(number.digits) == 16 else "my phone number is"
    redaction = redact(Transcript.from_json(document_of(number, "call", before)))
    gone = np.zeros(number.audio.frames, bool)
    for stretch in plan(redaction.sound, [], number.audio):
        gone[stretch.start : stretch.end] = True
    return gone


def _keys() -> Iterator[Line]:
    for name, codec in _CODECS.items():
        pressed = found = 0
        for voice in voices().values():
            for seed in range(_LINES):
                line, presses = dialled(voice, 13, SEED + seed)
                spans = find_dtmf(decode(encoded(line, 8000, *codec)).samples, 8000)
                pressed += len(presses)
                found += sum(covered(spans, first / 8, last / 8) for first, last in presses)
        yield (
            f"Keys pressed under speech, 13 dB above it, after {name}: wholly found",
            "pass" if found == pressed else "fail",
            f"{found} of {pressed} (asked all); a person and a synthetic voice",
        )


def _speech_alone() -> Iterator[Line]:
    hits, parts = 0, {"a person": 0.0, "the same at other speeds": 0.0, "synthetic zh and en": 0.0}
    for kind, samples in _speech():
        hits += sum(span.end_ms - span.start_ms >= 50 for span in find_dtmf(samples[:, None], 8000))
        parts[kind] += len(samples) / 8000 / 60
    told = ", ".join(f"{minutes:.0f} min {kind}" for kind, minutes in parts.items())
    yield (
        "Speech without keys: false hits of 50 ms or more",
        "fail" if hits else "pass",
        f"{hits} (asked 0) in {told}",
    )


def _speech() -> Iterator[tuple[str, np.ndarray]]:
    """Prompts of a person, these at other speeds, and made-up calls read aloud until the time is full."""
    files = sorted(PROMPTS.rglob("*.wav"))
    if not files:
        pytest.skip("needs the Debian package asterisk-core-sounds-en-wav")
    left = MINUTES * 60 * 8000
    prompts = [
        audio.samples[:, 0] for audio in map(decode, (file.read_bytes() for file in files)) if audio.rate == 8000
    ]
    for speed in (1.0, 0.9, 1.1):
        for prompt in prompts:
            # Played at another speed the formants move too: to the detector it is another voice.
            samples = prompt if speed == 1 else soxr.resample(prompt, 8000 * speed, 8000)
            yield ("a person" if speed == 1 else "the same at other speeds"), samples
            if (left := left - len(samples)) <= 0:
                return
    number = 0
    while left > 0:
        for language, names in _READERS.items():
            (call,) = generate(SEED + number, 1, language)
            text = "。 ".join(call.texts) if language == "zh" else ". ".join(call.texts)
            samples = read_aloud(text, names[number % len(names)], 140 + number % 5 * 12, 30 + number % 7 * 7)
            yield "synthetic zh and en", samples
            left -= len(samples)
        number += 1


def _others() -> Iterator[Line]:
    what = "Keys that multimon-ng hears in what was redacted"
    program = shutil.which("multimon-ng")
    if program is None:
        yield (what, "not measured", "needs the Debian package multimon-ng")
        return
    before = after = voice_alone = 0
    for voice in voices().values():
        for seed in range(_LINES):
            line, _presses = dialled(voice, 13, SEED + seed)
            unkeyed, _presses = dialled(voice, float("-inf"), SEED + seed)
            stretches = plan([], find_dtmf(line, 8000), Audio(line, 8000))
            before += _heard_by(program, line)
            after += _heard_by(program, apply(Audio(line, 8000), stretches).samples)
            voice_alone += _heard_by(program, apply(Audio(unkeyed, 8000), stretches).samples)
    # It also takes syllables for keys: what it hears beyond the same voice without a key is what was left of keys.
    left = after - voice_alone
    told = f"{left} (asked 0); {before} before; {voice_alone} times it takes the voice alone for a key"
    yield (what, "pass" if left <= 0 < before else "fail", told)


def _heard_by(program: str, samples: np.ndarray) -> int:
    raw = soxr.resample(samples[:, 0], 8000, 22050).astype("<i2").tobytes()
    arguments = [program, "-q", "-t", "raw", "-a", "DTMF", "-"]
    told = subprocess.run(arguments, input=raw, capture_output=True, check=True, timeout=120).stdout
    return told.count(b"DTMF:")


def _line(what: str, value: float, held: bool, asked: str) -> Line:
    return (what, "pass" if held else "fail", f"{value:.4f} (asked {asked})")
