"""What must not be heard is overwritten in full; what may be heard stays as it was, sample for sample."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.redact.audio import (
    Audio,
    AudioError,
    MutePlan,
    ToneSpan,
    apply,
    difference_outside,
    plan,
    residue_inside,
    to_mono_legs,
)

from .sounds import Said, noise

TEN_SECONDS = Audio(noise(80_000, 2, peak=12_000), 8000)


def stretches(found: list[MutePlan]) -> list[tuple[int, int, int]]:
    return [(p.channel, p.start, p.end) for p in found]


def spoken(audio_ms: int) -> st.SearchStrategy[Said]:
    times = st.floats(0, audio_ms, allow_nan=False)
    return st.builds(
        lambda channel, a, b, unplaced: Said(channel, min(a, b), max(a, b), unplaced=unplaced),
        st.sampled_from([None, 0, 1, 7]),
        times,
        times | st.just(math.inf),
        st.integers(0, 19).map(lambda n: n == 0),
    )


tones = st.builds(
    lambda channel, a, length: ToneSpan(channel, a, a + length),
    st.sampled_from([None, 0, 1]),
    st.integers(0, 9_900),
    st.integers(1, 3_000),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(spoken(10_000), max_size=8),
    st.lists(tones, max_size=5),
    st.integers(1, 2),
    st.floats(0, 500),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["mute", "tone"]),
)
def test_nothing_planned_is_heard_and_nothing_else_changes(
    said: list[Said], keys: list[ToneSpan], channels: int, pad_ms: float, snap: bool, everywhere: bool, mode: str
) -> None:
    audio = Audio(TEN_SECONDS.samples[:, :channels], 8000)
    found = plan(said, keys, audio, pad_ms=pad_ms, vad_snap=snap, all_channels=everywhere)
    redacted = apply(audio, found, mode)  # type: ignore[arg-type]

    # Disjoint, ordered, inside.
    for one, other in itertools.pairwise(found):
        assert (one.channel, one.end) < (other.channel, other.start) or one.channel < other.channel
    assert all(0 <= p.start < p.end <= audio.frames and 0 <= p.channel < channels for p in found)
    # Bit-identical outside, gone inside.
    assert redacted.samples.shape == audio.samples.shape
    assert difference_outside(audio, redacted, found) == 0
    assert residue_inside(redacted, found, mode) == 0  # type: ignore[arg-type]

    # Seen from the request: every sample of every span is covered on every channel it may be on.
    covered = np.zeros((audio.frames, channels), bool)
    for p in found:
        covered[p.start : p.end, p.channel] = True
    for span in [*said, *keys]:
        legs = [span.channel] if span.channel in range(channels) and not everywhere else list(range(channels))
        whole = isinstance(span, Said) and span.unplaced
        first = 0 if whole else math.floor(span.start_ms * 8)
        last = audio.frames if whole or math.isinf(span.end_ms) else min(audio.frames, math.ceil(span.end_ms * 8))
        for leg in legs:
            assert covered[first:last, leg].all()


def test_spans_are_padded_and_joined_over_scraps() -> None:
    found = plan([Said(0, 2000, 2500), Said(0, 3050, 3200)], [], TEN_SECONDS, pad_ms=250, vad_snap=False)
    assert stretches(found) == [(0, 1750 * 8, 3450 * 8)]


def test_spans_far_apart_stay_apart() -> None:
    found = plan([Said(0, 2000, 2500), Said(0, 3150, 3200)], [], TEN_SECONDS, pad_ms=250, vad_snap=False)
    assert stretches(found) == [(0, 1750 * 8, 2750 * 8), (0, 2900 * 8, 3450 * 8)]


def test_the_reasons_of_joined_spans_are_all_kept() -> None:
    found = plan(
        [Said(0, 1000, 1500, "CARD_PAN"), Said(0, 1400, 1600, "CARD_CVV")], [ToneSpan(0, 1600, 1700)], TEN_SECONDS
    )
    assert [p.reasons for p in found] == [("CARD_CVV", "CARD_PAN", "DTMF")]


def test_tones_are_not_padded_twice() -> None:
    assert stretches(plan([], [ToneSpan(1, 1000, 1100)], TEN_SECONDS)) == [(1, 8000, 8800)]


@pytest.mark.parametrize("channel", [None, 2, -1])
def test_a_span_on_no_known_leg_mutes_all_legs(channel: int | None) -> None:
    found = plan([Said(channel, 1000, 2000)], [], TEN_SECONDS, pad_ms=0, vad_snap=False)
    assert stretches(found) == [(0, 8000, 16000), (1, 8000, 16000)]


def test_a_mixed_recording_is_muted_whoever_spoke() -> None:
    mono = to_mono_legs(TEN_SECONDS)[0]
    found = plan([Said(1, 1000, 2000)], [], mono, pad_ms=0, vad_snap=False)
    assert stretches(found) == [(0, 8000, 16000)]


@pytest.mark.parametrize(
    "said", [Said(1, 0, math.inf, unplaced=True), Said(1, 5, 4), Said(1, math.nan, 4), Said(1, 4, math.nan)]
)
def test_a_span_without_usable_times_takes_its_whole_leg(said: Said) -> None:
    found = plan([said], [], TEN_SECONDS)
    assert stretches(found) == [(1, 0, 80_000)]
    assert found[0].reasons == ("PHONE", "unplaced")


def test_words_beyond_the_end_of_the_recording_are_refused() -> None:
    with pytest.raises(AudioError) as caught:
        plan([Said(0, 11_500, 12_000)], [], TEN_SECONDS)
    assert caught.value.code == "mismatch"


def test_words_that_end_a_little_late_are_taken() -> None:
    assert stretches(plan([Said(0, 9_900, 10_400)], [], TEN_SECONDS, vad_snap=False)) == [(0, 9650 * 8, 80_000)]


@pytest.mark.parametrize("pad_ms", [-1, math.nan, math.inf])
def test_a_senseless_padding_is_refused(pad_ms: float) -> None:
    with pytest.raises(ValueError, match="pad_ms"):
        plan([], [], TEN_SECONDS, pad_ms=pad_ms)


def phrase(*parts: tuple[bool, int]) -> Audio:
    """Loud and quiet stretches, in milliseconds."""
    random = np.random.default_rng(5)
    signal = np.concatenate([random.normal(0, 6000 if loud else 15, ms * 8) for loud, ms in parts])
    return Audio(np.clip(signal, -32768, 32767).astype(np.int16)[:, None], 8000)


def test_an_edge_inside_a_word_moves_out_to_the_pause() -> None:
    audio = phrase((False, 1000), (True, 600), (False, 400), (True, 600), (False, 1000))
    exact = plan([Said(0, 1100, 1500)], [], audio, pad_ms=0, vad_snap=False)
    snapped = plan([Said(0, 1100, 1500)], [], audio, pad_ms=0)
    assert stretches(exact) == [(0, 8800, 12000)]
    (found,) = snapped
    assert 900 * 8 <= found.start <= 1000 * 8
    assert 1600 * 8 <= found.end <= 1700 * 8


def test_an_edge_with_no_pause_near_stays_where_it_is() -> None:
    audio = phrase((False, 1000), (True, 4000), (False, 1000))
    assert stretches(plan([Said(0, 2500, 3500)], [], audio, pad_ms=0)) == [(0, 20_000, 28_000)]


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 5000), st.floats(0, 1500), st.integers(0, 10))
def test_snapping_never_uncovers_and_never_goes_far(start: float, length: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    audio = phrase(*[(bool(n % 2), int(random.integers(20, 600))) for n in range(20)])
    end = min(start + length, audio.seconds * 1000)
    said = Said(0, min(start, end), end)
    plain = plan([said], [], audio, pad_ms=100, vad_snap=False)
    snapped = plan([said], [], audio, pad_ms=100)
    for before, after in zip(plain, snapped, strict=True):
        assert after.start <= before.start
        assert after.end >= before.end
        assert before.start - after.start <= 210 * 8
        assert after.end - before.end <= 210 * 8


def test_the_check_sees_one_changed_sample_outside_and_one_left_inside() -> None:
    found = plan([Said(0, 1000, 2000)], [], TEN_SECONDS)
    redacted = apply(TEN_SECONDS, found)
    outside, inside = redacted.samples.copy(), redacted.samples.copy()
    outside[0, 0] ^= 1
    outside[12_000, 1] ^= 1
    inside[12_000, 0] = 1
    assert difference_outside(TEN_SECONDS, Audio(outside, 8000), found) == 2
    assert residue_inside(Audio(inside, 8000), found) == 1
    assert residue_inside(redacted, found, "tone") > 7_000


def test_a_shorter_recording_or_another_rate_differs_everywhere() -> None:
    shorter = Audio(TEN_SECONDS.samples[:-1], 8000)
    assert difference_outside(TEN_SECONDS, shorter, []) == 160_000
    assert difference_outside(TEN_SECONDS, Audio(TEN_SECONDS.samples, 16_000), []) == 160_000


def test_the_tone_is_audible_quiet_and_no_key() -> None:
    found = plan([Said(0, 1000, 3000)], [], TEN_SECONDS)
    covered = apply(TEN_SECONDS, found, "tone").samples[found[0].start : found[0].end, 0].astype(float)
    spectrum = np.abs(np.fft.rfft(covered))
    assert abs(np.fft.rfftfreq(len(covered), 1 / 8000)[spectrum.argmax()] - 1000) < 5
    assert 3_000 < np.abs(covered).max() <= 3_277
    assert covered[0] == 0


def test_the_original_is_never_written_to() -> None:
    before = TEN_SECONDS.samples.copy()
    apply(TEN_SECONDS, plan([Said(0, 0, 9000)], [], TEN_SECONDS), "tone")
    np.testing.assert_array_equal(before, TEN_SECONDS.samples)


def test_a_plan_of_another_recording_is_refused() -> None:
    with pytest.raises(ValueError, match="does not belong"):
        apply(TEN_SECONDS, [MutePlan(0, 0, 80_001)])
    with pytest.raises(ValueError, match="does not belong"):
        apply(TEN_SECONDS, [MutePlan(2, 0, 1)])
