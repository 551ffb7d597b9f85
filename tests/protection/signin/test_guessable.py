"""What attackers try first is refused in any dress; phrases of several words are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.protection.signin.guessable import is_guessable
from callwarden.protection.signin.profiles import classes_in

DRESS = st.text(alphabet="0123456789!#%&*-_=+?. ", max_size=12)


@pytest.mark.parametrize(
    "password",
    [
        "Password-2026-2026",
        "P@ssw0rd!!!!!!!!!",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "123456789012345",
        "qwertyuiop12345",
        "zyxwvutsrqponml1",
        "1qaz2wsx3edc4rfv",
        "callwarden callwarden",
        "kefuzhongxin2026",
        "woaini5201314",
        "呼叫中心20262026",
        "ＰＡＳＳＷＯＲＤ２０２６",
        "changeme-changeme",
    ],
)
def test_what_attackers_try_first_is_guessable(password):
    assert is_guessable(password)


@pytest.mark.parametrize(
    "password",
    [
        "seven long lanterns over water",
        "eight tall candles in the rain",
        "床前明月光疑是地上霜",
        "vT7-qm.Xb2_wKe9",
        "plum qwerty harbour nine",
    ],
)
def test_phrases_and_random_characters_are_not(password):
    assert not is_guessable(password)


@given(st.sampled_from(["password", "callwarden", "admin", "woaini", "changeme"]), DRESS, DRESS)
def test_no_digits_or_signs_around_a_common_word_hide_it(word, before, after):
    assert is_guessable(before + word.capitalize() + after)


@given(st.text(max_size=200))
def test_any_text_can_be_judged(text):
    assert is_guessable(text) in {True, False}
    assert 0 <= classes_in(text) <= 4


def test_ones_own_name_with_decoration_is_guessable():
    assert is_guessable("Wang.Xiaoming-1988", {"wangxiaoming"})
