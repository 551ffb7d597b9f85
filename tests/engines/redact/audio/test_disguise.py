"""Voices change, what they say and when does not, and what was mute stays mute."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.redact.audio import Disguise

from .sounds import prompt, synthetic_speech

PROMPTS = ("vm-enter-num-to-call", "auth-incorrect", "cannot-complete-as-dialed")


def human() -> np.ndarray:
    return np.concatenate([prompt(name) for name in PROMPTS])[:, None]


def loudness(signal: np.ndarray, step: int = 400) -> np.ndarray:
    """Root mean square of every 50 ms, in decibels over a floor."""
    blocks = signal[: len(signal) // step * step, 0].astype(float).reshape(-1, step)
    return 20 * np.log10(np.sqrt((blocks**2).mean(axis=1)) + 30)


def envelope(signal: np.ndarray, bands: int = 32) -> np.ndarray:
    """Long-term spectrum in decibels: by its hills listeners and machines know a voice."""
    blocks = np.lib.stride_tricks.sliding_window_view(signal[:, 0].astype(float), 512)[::256] * np.hanning(512)
    power = (np.abs(np.fft.rfft(blocks)) ** 2).mean(axis=0)[1:257]
    return 10 * np.log10(power.reshape(bands, -1).mean(axis=1) + 1)


def pitch(signal: np.ndarray, rate: int = 8000) -> np.ndarray:
    """Hertz of voiced frames of 40 ms, by autocorrelation; 0 where there is no clear period."""
    blocks = np.lib.stride_tricks.sliding_window_view(signal[:, 0].astype(float), 320)[::160] * np.hanning(320)
    spectrum = np.abs(np.fft.rfft(blocks, 1024)) ** 2
    lags = np.fft.irfft(spectrum)[:, : rate // 60]
    clear = lags[:, rate // 400 :].max(axis=1) > 0.5 * np.maximum(lags[:, 0], 1e6)
    return np.where(clear, rate / (lags[:, rate // 400 :].argmax(axis=1) + rate // 400), 0)


@pytest.mark.parametrize("power", [0.70, 0.80, 0.88])
def test_the_resonances_of_a_voice_move_and_its_pace_stays(power: float) -> None:
    said = human()
    heard = Disguise(8000, 1, (power,)).of(said)
    assert heard.shape == said.shape
    # Two recordings of one voice differ by about 2 dB in this measure.
    between = np.abs(envelope(heard) - envelope(said)).mean()
    assert between > 3
    assert np.corrcoef(loudness(said), loudness(heard))[0, 1] > 0.95


def test_one_voice_against_itself_is_the_measure_of_the_test_above() -> None:
    half = len(human()) // 2
    assert np.abs(envelope(human()[:half]) - envelope(human()[half:])).mean() < 3


def test_the_melody_stays_which_is_why_this_is_a_disguise_and_no_anonymisation() -> None:
    said = human()
    before, after = pitch(said), pitch(Disguise(8000, 1, (0.8,)).of(said))
    both = (before > 0) & (after > 0)
    assert both.sum() > 50
    assert np.median(np.abs(after[both] / before[both] - 1)) < 0.02


def test_each_export_has_powers_of_its_own_that_nobody_is_shown() -> None:
    drawn = {Disguise(8000, 2).powers for _ in range(50)}
    assert len(drawn) == 50
    assert all(0.70 <= power <= 0.88 for powers in drawn for power in powers)
    assert all(str(power) not in repr(Disguise(8000, 1, (power,))) for power in (0.7123, 0.8511))


@settings(max_examples=25, deadline=None)
@given(
    rate=st.sampled_from([8000, 11025, 16000]),
    first=st.integers(0, 20_000),
    length=st.integers(1, 9_000),
    seed=st.integers(0, 9),
)
def test_pieces_join_without_a_seam(rate: int, first: int, length: int, seed: int) -> None:
    whole = np.random.default_rng(seed).normal(0, 3000, (30_000, 2)).astype(np.int16)
    voice = Disguise(rate, 2, (0.74, 0.86))
    begin = max(0, first - voice.reach)
    piece = voice.of(whole[begin : first + length + voice.reach], start=begin)
    np.testing.assert_array_equal(
        piece[first - begin : first - begin + length], voice.of(whole)[first : first + length]
    )


def test_what_was_muted_stays_mute_to_the_sample() -> None:
    said = human()
    said[8_000:12_000] = 0
    heard = Disguise(8000).of(said)
    assert not heard[8_000:12_000].any()
    assert heard[7_000:8_000].any()
    assert heard[12_000:13_000].any()


def test_legs_are_changed_each_for_itself() -> None:
    both = np.stack([synthetic_speech()[:40_000], np.roll(synthetic_speech(), 9_000)[:40_000]], axis=1)
    heard = Disguise(8000, 2, (0.74, 0.86)).of(both)
    for leg, power in enumerate((0.74, 0.86)):
        np.testing.assert_array_equal(heard[:, [leg]], Disguise(8000, 1, (power,)).of(both[:, [leg]]))


@pytest.mark.parametrize(
    "signal",
    [
        np.zeros((0, 1)),
        np.zeros((5, 1)),
        np.full((4_000, 1), 32_767),
        np.full((4_000, 1), -32_768),
        np.tile([[32_767], [-32_768]], (2_000, 1)),
        30_000 * np.sin(2 * np.pi * 1_000 / 8_000 * np.arange(8_000))[:, None],
    ],
    ids=["nothing", "five samples", "highest", "lowest", "square wave", "pure tone"],
)
def test_extreme_sound_neither_fails_nor_bursts(signal: np.ndarray) -> None:
    heard = Disguise(8000, 1, (0.7,)).of(signal.astype(np.int16))
    assert heard.dtype == np.int16
    assert heard.shape == signal.shape
    assert (heard.astype(float) ** 2).sum() <= 2 * (signal**2).sum()


@pytest.mark.parametrize(
    "wrong", [{"rate": 4_000}, {"rate": 8_000, "powers": (2.0,)}, {"rate": 8_000, "channels": 2, "powers": (0.8,)}]
)
def test_what_makes_no_disguise_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=r"rate|power"):
        Disguise(**wrong)


def test_samples_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        Disguise(8000, 2).of(np.zeros((100, 1), np.int16))
