"""The watermark of played sound: pieces join, silence stays, and a recording of the loudspeaker still tells it."""

from __future__ import annotations

import hashlib
import io
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines import mark
from callwarden.engines.mark import _watermark

RATE = 8000
IDENTITY = bytes.fromhex("7f3a19c04be2d5567f3a19c04be2d556")
CALLS = Path(__file__).parents[3] / "samples" / "spool" / "service-zh"


@cache
def talk() -> np.ndarray:
    """A minute of two people on two channels, a little noise on the line as lines have it."""
    calls = [soundfile.read(CALLS / f"SZ-{name}.flac", dtype="int16")[0] for name in ("1001", "1002", "1008")]
    both = np.concatenate(calls)[: 60 * RATE]
    noise = np.random.default_rng(3).normal(scale=32767 * 10 ** (-65 / 20), size=both.shape)
    return np.clip(both + np.rint(noise), -32768, 32767).astype("<i2")


@cache
def played() -> np.ndarray:
    return mark.embed(talk(), rate=RATE, identity=IDENTITY)


def heard(samples: np.ndarray) -> np.ndarray:
    return samples.mean(axis=1)


def coded(sound: np.ndarray, rate: int, **how: object) -> tuple[np.ndarray, int]:
    file = io.BytesIO()
    soundfile.write(file, sound / 32768, rate, **how)
    file.seek(0)
    return soundfile.read(file, dtype="int16")


def in_a_room(sound: np.ndarray) -> np.ndarray:
    """A telephone near the loudspeaker: echoes of 0.4 s as strong as the sound itself, noise 20 dB below."""
    random = np.random.default_rng(4)
    tail = random.normal(size=3200) * 10 ** (-3 * np.arange(3200) / 3200)
    answer = tail / np.sqrt((tail**2).sum())
    answer[0] += 1
    there = np.convolve(sound, answer)[: len(sound)]
    return there + random.normal(size=len(there)) * there.std() / 10


def sped_up(sound: np.ndarray, speed: float) -> np.ndarray:
    """As players do it: pieces of 40 ms laid closer together, each where it fits the one before (WSOLA)."""
    size, search = 320, 80
    window = np.hanning(size)
    out = np.zeros(int(len(sound) / speed) + size)
    follow = None
    for at in range(0, len(out) - 2 * size, size // 2):
        begin = int(at * speed)
        if begin + size + search + size // 2 > len(sound):
            break
        if follow is not None:
            low = max(0, begin - search)
            fits = np.correlate(sound[low : begin + search + size], follow, mode="valid")
            begin = low + int(fits.argmax())
        out[at : at + size] += window * sound[begin : begin + size]
        follow = sound[begin + size // 2 : begin + size // 2 + size]
    return out


@pytest.mark.parametrize("begin", [0, 12_345, 200_001])
def test_a_few_seconds_taken_by_wire_are_enough(begin: int) -> None:
    assert mark.detect(played()[begin : begin + 6 * RATE], rate=RATE) == IDENTITY[:6]


@pytest.mark.parametrize(
    ("rate", "how"),
    [
        (8000, {"format": "WAV", "subtype": "ALAW"}),
        (16000, {"format": "MP3", "subtype": "MPEG_LAYER_III", "compression_level": 0.9}),
        (48000, {"format": "OGG", "subtype": "OPUS", "compression_level": 0.9}),
    ],
)
def test_it_survives_what_recorders_make_of_sound(rate: int, how: dict[str, object]) -> None:
    piece = heard(played())[30_000 : 30_000 + 15 * RATE] * 0.3
    copy, told = coded(soxr.resample(piece, RATE, rate) if rate != RATE else piece, rate, **how)
    assert mark.detect(copy, rate=told) == IDENTITY[:6]


def test_half_a_minute_through_the_air_is_enough() -> None:
    assert mark.detect(in_a_room(heard(played())[7_777 : 7_777 + 30 * RATE]), rate=RATE) == IDENTITY[:6]


@pytest.mark.parametrize("speed", [1.5, 0.75])
def test_listening_faster_or_slower_does_not_hide_it(speed: float) -> None:
    assert mark.detect(sped_up(heard(played())[: 30 * RATE], speed), rate=RATE) == IDENTITY[:6]


def test_each_channel_carries_it_by_itself() -> None:
    for channel in range(2):
        assert mark.detect(played()[: 25 * RATE, channel], rate=RATE) == IDENTITY[:6]


def test_sound_without_it_is_not_taken_for_marked() -> None:
    assert mark.detect(talk()[: 20 * RATE], rate=RATE) is None
    assert mark.detect(np.zeros(5 * RATE, dtype="<i2"), rate=RATE) is None
    assert mark.detect(np.zeros(10, dtype="<i2"), rate=RATE) is None


@settings(max_examples=25, deadline=None)
@given(first=st.integers(0, 20 * RATE - 1), length=st.integers(1, 5 * RATE))
def test_whatever_the_range_its_samples_are_those_of_the_whole(first: int, length: int) -> None:
    sound, whole = talk()[: 20 * RATE], played()[: 20 * RATE - mark.reach(RATE)]
    last = min(first + length, len(whole))
    begin, end = max(0, first - mark.reach(RATE)), last + mark.reach(RATE)
    piece = mark.embed(sound[begin:end], rate=RATE, identity=IDENTITY, start=begin)
    assert np.array_equal(piece[first - begin : last - begin], whole[first:last])


def test_silence_stays_silence_and_speech_stays_speech() -> None:
    muted = talk()[: 10 * RATE].copy()
    muted[3 * RATE : 5 * RATE] = 0
    marked = mark.embed(muted, rate=RATE, identity=IDENTITY).astype(float)
    assert not marked[muted == 0].any()
    assert 10 * np.log10((muted.astype(float) ** 2).sum() / ((marked - muted) ** 2).sum()) > 13
    assert abs(10 * np.log10((marked**2).sum() / (muted.astype(float) ** 2).sum())) < 0.5


def test_in_a_pause_it_is_no_louder_than_a_line_hisses() -> None:
    faint = np.random.default_rng(5).integers(-3, 4, size=5 * RATE).astype("<i2")
    marked = mark.embed(faint, rate=RATE, identity=IDENTITY)
    assert 20 * np.log10(marked.astype(float).std() / 32767) < -57


def test_any_rate_of_recordings_carries_it() -> None:
    for rate in (11025, 16000, 48000):
        sound = soxr.resample(talk()[: 12 * RATE, 0].astype(float), RATE, rate).astype("<i2")
        assert mark.detect(mark.embed(sound, rate=rate, identity=IDENTITY), rate=rate) == IDENTITY[:6]


@pytest.mark.parametrize(("rate", "identity"), [(4000, IDENTITY), (RATE, b"short")])
def test_what_it_cannot_carry_is_refused(rate: int, identity: bytes) -> None:
    with pytest.raises(ValueError, match=r"at least 8000|6 bytes"):
        mark.embed(talk()[:RATE], rate=rate, identity=identity)


def test_its_pattern_is_fixed_for_ever() -> None:
    """Copies made by an older version must still be read: neither cells nor codes may change."""
    fixed = _watermark._scatter().astype("<i4").tobytes() + _watermark._codes().astype("i1").tobytes()
    assert hashlib.sha256(fixed).hexdigest()[:16] == "f770f4453ac62364"


def test_an_identity_is_read_back_as_it_was_written() -> None:
    assert mark.written(IDENTITY[:6]) == "7f3a19c0-4be2"
    for length in (6, 16):
        assert mark.from_written(f" {mark.written(IDENTITY[:length]).upper()}\n") == IDENTITY[:length]
    assert mark.from_written(mark.code(IDENTITY)) == IDENTITY
    assert mark.from_written("7f3a19c0") is mark.from_written("somebody") is None
