"""Generated calls: as many as asked for, all different, the same for the same seed, true to their labels."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import numpy as np
import phonenumbers
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric

from callwarden.flows.formats import CdrRow, check_fit, load_mapping, read_cdr, read_words
from samples.generate import LINES, generate_call, generate_calls
from samples.identities import Inventor


def decoded(call):
    return soundfile.read(io.BytesIO(call.audio), dtype="float32", always_2d=True)


def test_a_call_is_the_same_whenever_and_with_however_many_it_is_made():
    alone, among = generate_call(5, 3), list(generate_calls(5, 4))[3]
    assert (alone.audio, alone.words, alone.cdr, alone.planted) == (
        among.audio,
        among.words,
        among.cdr,
        among.planted,
    )


def test_no_two_calls_are_alike():
    calls = list(generate_calls(1, 30)) + list(generate_calls(2, 30))
    assert len({hashlib.sha256(call.audio).digest() for call in calls}) == 60
    assert len({call.name for call in calls}) == 60
    assert len({call.cdr.call_id for call in calls}) == 60
    assert len({call.words_json for call in calls}) == 60


def test_lines_take_turns_unless_one_is_asked_for():
    assert [call.cdr.line for call in generate_calls(1, 6)] == list(LINES) * 2
    assert {call.cdr.line for call in generate_calls(1, 4, line="payment-en")} == {"payment-en"}


@pytest.mark.parametrize("minutes", [0.5, 2, 5])
def test_the_length_is_exact(minutes):
    call = generate_call(1, 0, minutes=minutes)
    data, rate = decoded(call)
    assert (len(data), rate, data.shape[1]) == (minutes * 60 * 8000, 8000, 2)
    assert call.duration_ms == minutes * 60_000


@pytest.mark.parametrize("audio", ["wav", "flac", "alaw"])
def test_every_kind_of_file_decodes_to_the_same_call(audio):
    data, _ = decoded(generate_call(3, 1, audio=audio))
    plain, _ = decoded(generate_call(3, 1))
    assert np.max(np.abs(data - plain)) < (0.02 if audio == "alaw" else 1e-4)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 500))
def test_words_and_planted_values_lie_where_something_is_heard(seed, index):
    call = generate_call(seed, index)
    data, rate = decoded(call)
    words = read_words(call.words_json)
    check_fit(words, call.duration_ms)
    for turn in words.turns:
        for word in turn.words:
            part = data[int(word.start_ms * 8) : int(word.end_ms * 8), turn.channel]
            assert np.sqrt(np.mean(part**2)) > 0.01
    assert call.planted
    for item in call.planted:
        part = data[int(item["start_ms"] * rate / 1000) : int(item["end_ms"] * rate / 1000), item["channel"]]
        assert np.sqrt(np.mean(part**2)) > 0.01
        if item["how"] == "spoken":
            turn = words.turns[item["turn"]]
            assert item["part"] in turn.forms["display"]
            assert turn.text[slice(*item["text"])]


def test_the_same_word_of_the_same_voice_always_sounds_the_same():
    call = generate_call(7, 0, minutes=5, line="service-zh")
    data, _ = decoded(call)
    heard = {}
    for turn in call.words["turns"]:
        for word in turn["words"]:
            part = data[word["start_ms"] * 8 :, turn["channel"]][: (word["end_ms"] - word["start_ms"]) * 8 - 16]
            heard.setdefault((turn["channel"], word["text"]), []).append(part)
    first, second = next(parts for parts in heard.values() if len(parts) > 1)[:2]
    length = min(len(first), len(second))
    # Word times are whole milliseconds, so the two may be up to eight samples apart.
    likeness = np.correlate(first[:length], second[8 : length - 8], "valid")
    assert likeness.max() > 0.9 * np.linalg.norm(first[:length]) * np.linalg.norm(second[8 : length - 8])


def test_a_folder_can_be_taken_in_with_the_mapping_beside_it(tmp_path):
    calls = list(generate_calls(4, 9, out_dir=tmp_path, refused=0.4))
    assert all(call.audio == b"" for call in calls)
    mapping = load_mapping((tmp_path / "mapping.yaml").read_bytes())
    rows = list(read_cdr((tmp_path / "cdr.csv").read_bytes(), mapping))
    assert [replace(row, line_no=0) if isinstance(row, CdrRow) else row for row in rows] == [c.cdr for c in calls]
    assert {event.answer for row in rows for event in row.consents} == {"given", "refused"}
    for call in calls:
        assert (tmp_path / call.name).stat().st_size > 100_000
        assert read_words((tmp_path / f"{call.cdr.call_id}.words.json").read_bytes()).call_id == call.cdr.call_id


@given(st.integers(0, 2**32), st.booleans())
def test_invented_numbers_belong_to_nobody(seed, chinese):
    inventor = Inventor(np.random.default_rng(seed))
    phone = inventor.phone(chinese).written
    if chinese:
        assert not phonenumbers.is_valid_number(phonenumbers.parse(phone, "CN"))
        identity = inventor.identity(True).written
        assert ric.calc_check_digit(identity) == identity[-1]
        assert identity[4:6] == "99"
    else:
        assert phone.startswith("07700900") or (len(phone) == 10 and phone[3:8] == "55501")
        assert inventor.identity(False).written.startswith("98765432")
    assert luhn.is_valid(inventor.card(chinese).written)
    assert inventor.email(chinese).written.endswith(("@example.com", "@example.net", "@example.org"))


ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_DIGITS = dict(zip("零幺二三四五六七八九", "0123456789", strict=True))
_DIGITS |= dict(zip(ENGLISH, "0123456789", strict=True))
_DIGITS |= {"oh": "0", "叉": "X"}
_TIMES = {"双": 2, "三个": 3, "四个": 4, "double": 2, "triple": 3}


@given(st.integers(0, 2**32), st.booleans())
def test_what_is_said_is_what_is_written(seed, chinese):
    inventor = Inventor(np.random.default_rng(seed))
    for value in (inventor.phone(chinese), inventor.card(chinese), inventor.identity(chinese)):
        heard, times = "", 1
        for word in value.spoken.replace("，", " ").replace(",", " ").split():
            if word in _TIMES:
                times = _TIMES[word]
            else:
                heard, times = heard + _DIGITS[word] * times, 1
        assert heard == value.written
