"""The mark in exported sound: heard, found again in what is left of a copy, and never mistaken."""

from __future__ import annotations

import doctest
import io

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines import mark
from callwarden.engines.mark import _tones

RATE = 8000
IDENTITY = bytes.fromhex("7f3a19c04be2d5567f3a19c04be2d556")


def speech(seconds: float, *, rate: int = RATE, loud: float = 0.15, seed: int = 7) -> np.ndarray:
    """Noise that comes and goes, shaped like a voice: most of it below 1 kHz."""
    random = np.random.default_rng(seed)
    noise = random.normal(size=int(seconds * rate))
    low = np.convolve(noise, np.ones(12) / 12, mode="same")
    comes = 0.5 + 0.5 * np.sin(2 * np.pi * np.arange(len(low)) / rate * 1.3)
    return (low * comes / np.abs(low).max() * loud * 32767).astype("<i2")


def test_the_manual_runs() -> None:
    assert doctest.testmod(mark).failed == 0


@settings(max_examples=15)
@given(identity=st.binary(min_size=16, max_size=16), rate=st.sampled_from([8000, 16000]))
def test_whatever_is_put_in_is_found(identity: bytes, rate: int) -> None:
    marked = mark.put(speech(6, rate=rate), rate=rate, identity=identity)
    assert mark.find(marked, rate=rate) == identity


@pytest.mark.parametrize("cut", [0, 1, 777, 20_011, 79_999])
def test_a_piece_that_holds_one_burst_is_enough(cut: int) -> None:
    marked = mark.put(speech(30), rate=RATE, identity=IDENTITY)
    assert mark.find(marked[cut : cut + 13 * RATE], rate=RATE) == IDENTITY


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW", "PCM_16"])
def test_it_survives_telephone_coding_and_being_made_quieter(subtype: str) -> None:
    marked = mark.put(speech(12), rate=RATE, identity=IDENTITY)
    file = io.BytesIO()
    soundfile.write(file, (marked * 0.5).astype("<i2"), RATE, format="WAV", subtype=subtype)
    file.seek(0)
    back, rate = soundfile.read(file, dtype="int16")
    assert mark.find(back, rate=rate) == IDENTITY


def test_every_channel_carries_it() -> None:
    two = np.stack([speech(6), speech(6, seed=8)], axis=1)
    marked = mark.put(two, rate=RATE, identity=IDENTITY)
    assert marked.shape == two.shape
    for channel in range(2):
        assert mark.find(marked[:, channel], rate=RATE) == IDENTITY
    assert mark.find(marked, rate=RATE) == IDENTITY


@pytest.mark.parametrize("seed", range(6))
def test_unmarked_sound_is_not_taken_for_marked(seed: int) -> None:
    assert mark.find(speech(30, seed=seed), rate=RATE) is None
    assert mark.find(np.zeros(100, dtype="<i2"), rate=RATE) is None


def test_one_wrong_tone_is_noticed() -> None:
    marked = mark.put(np.zeros(3 * RATE, dtype="<i2"), rate=RATE, identity=IDENTITY)
    length = int(_tones.SYMBOL_S * RATE)
    marked[10 * length : 11 * length] = 0
    assert mark.find(marked, rate=RATE) in (None, IDENTITY)
    assert mark.find(marked, rate=RATE) is None


def test_it_can_be_heard_and_does_not_drown_speech() -> None:
    marked = mark.put(np.zeros(RATE * 12, dtype="<i2"), rate=RATE, identity=IDENTITY)
    peak = np.abs(marked.astype(int)).max() / 32767
    assert 0.02 < peak < 0.05
    assert np.count_nonzero(marked[int(2.5 * RATE) : int(9.9 * RATE)]) == 0


@pytest.mark.parametrize(("rate", "identity"), [(4000, IDENTITY), (RATE, b"short")])
def test_what_it_cannot_carry_is_refused(rate: int, identity: bytes) -> None:
    with pytest.raises(ValueError, match=r"at least 8000|16 bytes"):
        mark.put(speech(1), rate=rate, identity=identity)
