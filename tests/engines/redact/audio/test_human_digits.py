"""Card and phone numbers said by a person: after redaction no digit is audible, and everything else is untouched."""

from __future__ import annotations

import io

import numpy as np
import pytest

from callwarden.engines.redact.audio import (
    Audio,
    apply,
    decode,
    difference_outside,
    encode_flac,
    find_dtmf,
    plan,
)

from .sounds import Said, SpokenNumber, say

# Published test numbers: card schemes' documentation and ranges reserved for fiction.
NUMBERS = ["4111111111111111", "5555555555554444", "6222020200112230", "2025550143", "02079460018", "13800138000"]


def words(number: SpokenNumber, slip_ms: float) -> list[Said]:
    """What a recogniser would report: one word a digit, each boundary wrong by up to ``slip_ms``."""
    random = np.random.default_rng(len(number.digits))
    return [
        Said(0, max(0, a / 8 + random.uniform(-slip_ms, slip_ms)), b / 8 + random.uniform(-slip_ms, slip_ms))
        for a, b in number.windows
    ]


@pytest.mark.parametrize("digits", NUMBERS)
@pytest.mark.parametrize("slip_ms", [0, 120])
def test_no_digit_is_audible_and_the_rest_is_bit_identical(digits: str, slip_ms: float) -> None:
    number = say(digits)
    found = plan(words(number, slip_ms), find_dtmf(number.audio.samples, 8000), number.audio)
    out = io.BytesIO()
    encode_flac(apply(number.audio, found), out)

    heard = decode(out.getvalue())
    assert difference_outside(number.audio, heard, found) == 0
    for first, last in number.windows:
        assert int(np.abs(heard.samples[first:last].astype(int)).sum()) == 0


@pytest.mark.parametrize("digits", NUMBERS)
def test_the_greeting_and_the_thanks_stay(digits: str) -> None:
    number = say(digits)
    found = plan(words(number, 60), [], number.audio)
    removed_ms = sum(p.end - p.start for p in found) / 8
    spoken_ms = (number.windows[-1][1] - number.windows[0][0]) / 8
    # Padding and snapping on both sides, nothing more.
    assert removed_ms <= spoken_ms + 2 * (250 + 200 + 60)


def test_a_number_on_one_leg_leaves_the_other_leg_alone() -> None:
    number = say("4111111111111111")
    agent = np.random.default_rng(2).integers(-500, 500, number.audio.frames).astype(np.int16)
    stereo = Audio(np.stack([agent, number.audio.samples[:, 0]], axis=1), 8000)
    spans = [Said(1, s.start_ms, s.end_ms) for s in words(number, 50)]
    redacted = apply(stereo, plan(spans, [], stereo))
    np.testing.assert_array_equal(redacted.samples[:, 0], agent)
    for first, last in number.windows:
        assert not redacted.samples[first:last, 1].any()
