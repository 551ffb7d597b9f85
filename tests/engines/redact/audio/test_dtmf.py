"""Every key press is found at the tolerances of ITU-T Q.24, and speech is not taken for one."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.redact.audio import Audio, ToneSpan, apply, decode, find_dtmf, plan, tones_from_rfc4733

from .sounds import KEYS, PROMPTS, encoded, key_tone, noise, pcm, prompt, synthetic_speech

QUIET = 0.0005


def in_silence(tone: np.ndarray, rate: int = 8000, *, at_ms: float = 400, seed: int = 3) -> np.ndarray:
    line = np.random.default_rng(seed).normal(0, QUIET, rate)
    first = round(at_ms * rate / 1000)
    line[first : first + len(tone)] += tone
    return pcm(line)


def covered(spans: list[ToneSpan], start_ms: float, end_ms: float, channel: int = 0) -> bool:
    return any(s.channel == channel and s.start_ms <= start_ms and end_ms <= s.end_ms for s in spans)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
@pytest.mark.parametrize("key", KEYS)
def test_each_of_the_sixteen_keys_is_found_and_fully_covered(key: str, rate: int) -> None:
    for at_ms in (400, 402.7, 405.1, 408.9):
        spans = find_dtmf(in_silence(key_tone(key, 45, rate), rate, at_ms=at_ms), rate)
        assert len(spans) == 1
        assert covered(spans, at_ms, at_ms + 45)
        assert spans[0].end_ms - spans[0].start_ms < 45 + 2 * 40 + 60


@pytest.mark.parametrize("ms", [40, 45, 60, 100, 400])
@pytest.mark.parametrize("deviation", [-0.015, 0, 0.015])
@pytest.mark.parametrize("twist_db", [-8, 0, 4])
def test_what_q24_says_must_be_accepted_is(ms: int, deviation: float, twist_db: float) -> None:
    for key in KEYS:
        tone = key_tone(key, ms, twist_db=twist_db, deviation=deviation, dbfs=-20)
        assert covered(find_dtmf(in_silence(tone), 8000), 400, 400 + ms), key


@pytest.mark.parametrize("deviation", [-0.035, 0.035])
def test_frequencies_beyond_three_and_a_half_percent_are_no_keys(deviation: float) -> None:
    for key in KEYS:
        assert find_dtmf(in_silence(key_tone(key, 100, deviation=deviation)), 8000) == []


def test_faint_keys_are_found() -> None:
    for key in KEYS:
        assert covered(find_dtmf(in_silence(key_tone(key, 60, dbfs=-36)), 8000), 400, 460), key


@pytest.mark.parametrize("hertz", [440.0, 697.0, 1000.0, 1336.0])
def test_a_single_tone_or_a_beep_is_no_key(hertz: float) -> None:
    t = np.arange(8000) / 8000
    assert find_dtmf(pcm(0.3 * np.sin(2 * np.pi * hertz * t)), 8000) == []


@pytest.mark.parametrize("pair", [(350, 440), (440, 480), (480, 620), (425, 425), (697, 770), (1336, 1477)])
def test_call_progress_tones_are_no_keys(pair: tuple[int, int]) -> None:
    t = np.arange(16000) / 8000
    assert find_dtmf(pcm(sum(0.2 * np.sin(2 * np.pi * hertz * t) for hertz in pair)), 8000) == []


def test_noise_silence_and_nothing_hold_no_keys() -> None:
    assert find_dtmf(noise(80_000, 2), 8000) == []
    assert find_dtmf(np.zeros((80_000, 1), np.int16), 8000) == []
    assert find_dtmf(np.zeros((0, 2), np.int16), 8000) == []
    assert find_dtmf(noise(7), 8000) == []


def test_each_leg_is_searched_for_itself() -> None:
    left, right = in_silence(key_tone("7", 80)), in_silence(key_tone("1", 80), at_ms=700)
    spans = find_dtmf(np.concatenate([left, right], axis=1), 8000)
    assert [span.channel for span in spans] == [0, 1]
    assert covered(spans, 400, 480, 0)
    assert covered(spans, 700, 780, 1)


def test_pauses_up_to_two_seconds_go_with_the_number_and_longer_ones_stay() -> None:
    line = np.zeros(8000 * 8)
    for second in (1.0, 2.9, 6.0):
        at = int(second * 8000)
        line[at : at + 640] = key_tone("4", 80)
    spans = find_dtmf(pcm(line), 8000)
    assert len(spans) == 2
    assert covered(spans, 1000, 2980)
    assert spans[1].start_ms > 5900


def test_spans_stay_inside_the_recording() -> None:
    tone = key_tone("8", 300)
    assert find_dtmf(pcm(tone), 8000) == [ToneSpan(0, 0, 300)]


def dialled(speech: np.ndarray, above_speech_db: float, seed: int) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Sixteen keys under a voice, all 45 ms or longer; where each was pressed."""
    random = np.random.default_rng(seed)
    start = random.integers(0, len(speech) - 8000 * 7)
    line = speech[start : start + 8000 * 7].astype(float)
    line *= 1000 / np.sqrt((line**2).mean())
    level = 20 * np.log10(1000 / 32767) + above_speech_db
    at, presses = 8000, []
    for key in random.choice(list("0123456789"), 16):
        tone = key_tone(str(key), float(random.uniform(45, 100)), dbfs=level)
        line[at : at + len(tone)] += tone * 32767
        presses.append((at, at + len(tone)))
        at += len(tone) + int(8 * random.uniform(45, 140))
    return pcm(line / 32767), presses


def voices() -> dict[str, np.ndarray]:
    names = (
        "vm-enter-num-to-call",
        "conf-adminmenu-162",
        "auth-incorrect",
        "auth-thankyou",
        "cannot-complete-as-dialed",
    )
    return {"person": np.concatenate([prompt(name) for name in names]), "synthesis": synthetic_speech()}


@pytest.mark.parametrize("above_speech_db", [20, 13, 6])
@pytest.mark.parametrize("voice", ["person", "synthesis"])
@pytest.mark.parametrize(
    "codec", [("WAV", "ALAW"), ("WAV", "ULAW"), ("WAV", "GSM610"), ("MP3", "MPEG_LAYER_III"), ("OGG", "OPUS")]
)
def test_a_card_number_dialled_under_speech_is_covered_after_every_codec(
    codec: tuple[str, str], voice: str, above_speech_db: float
) -> None:
    for seed in range(4):
        line, presses = dialled(voices()[voice], above_speech_db, seed)
        spans = find_dtmf(decode(encoded(line, 8000, *codec)).samples, 8000)
        for first, last in presses:
            assert covered(spans, first / 8, last / 8), (seed, first)


@pytest.mark.slow
def test_talk_off_synthetic_voices_press_no_keys() -> None:
    for voice, speed in (("en-us", 170), ("en-gb", 140), ("cmn", 160), ("de", 190)):
        assert find_dtmf(synthetic_speech(voice, speed)[:, None], 8000) == []


@pytest.mark.slow
def test_talk_off_twenty_five_minutes_of_a_person_press_no_keys() -> None:
    files = sorted(PROMPTS.rglob("*.wav"))
    if not files:
        pytest.skip("needs the Debian package asterisk-core-sounds-en-wav")
    seconds = 0.0
    for file in files:
        audio = decode(file.read_bytes())
        seconds += audio.seconds
        assert find_dtmf(audio.samples, audio.rate) == [], file.name
    assert seconds > 1_200


def test_nothing_is_left_to_hear_after_the_keys_are_removed() -> None:
    line, presses = dialled(voices()["person"], 13, 1)
    audio = Audio(line, 8000)
    redacted = apply(audio, plan([], find_dtmf(line, 8000), audio))
    assert find_dtmf(redacted.samples, 8000) == []
    for first, last in presses:
        assert not redacted.samples[first:last].any()


@settings(max_examples=40, deadline=None)
@given(
    st.text("0123456789*#ABCD", min_size=1, max_size=12), st.floats(45, 120), st.integers(0, 79), st.integers(0, 2**31)
)
def test_any_number_dialled_by_hand_is_covered(keys: str, ms: float, offset: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    pieces, presses, at = [np.zeros(1600 + offset)], [], 1600 + offset
    for key in keys:
        tone = key_tone(key, ms, dbfs=float(random.uniform(-30, -10)), twist_db=float(random.uniform(-7, 3.5)))
        gap = np.zeros(int(8 * random.uniform(45, 3000)))
        presses.append((at, at + len(tone)))
        pieces += [tone, gap]
        at += len(tone) + len(gap)
    line = np.concatenate([*pieces, np.zeros(1600)])
    spans = find_dtmf(pcm(line + random.normal(0, QUIET, len(line))), 8000)
    assert all(covered(spans, first / 8, last / 8) for first, last in presses)


def test_rfc4733_packets_become_spans_without_digits() -> None:
    packets = [(0, 16_000, 160), (0, 16_000, 320), (0, 16_000, 800), (0, 16_000, 800), (1, 24_001, 400)]
    assert tones_from_rfc4733(packets, start_timestamp=8_000) == [ToneSpan(0, 1000, 1100), ToneSpan(1, 2000, 2051)]


def test_rfc4733_timestamps_may_wrap_and_may_precede_the_recording() -> None:
    assert tones_from_rfc4733([(0, 800, 800)], start_timestamp=0xFFFFFFFF - 799) == [ToneSpan(0, 200, 300)]
    assert tones_from_rfc4733([(0, 7_600, 800)], start_timestamp=8_000) == [ToneSpan(0, 0, 50)]
    assert tones_from_rfc4733([(0, 4_000, 80)], start_timestamp=8_000) == []


def test_scanning_is_far_faster_than_real_time() -> None:
    samples = noise(8000 * 120, 2)
    find_dtmf(samples, 8000)
    began = time.process_time()
    find_dtmf(samples, 8000)
    assert 120 / (time.process_time() - began) > 500
