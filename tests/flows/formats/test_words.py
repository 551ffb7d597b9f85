"""Words files: every shape gives the same turns, and nothing hostile gets further than an error."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.flows.formats import Turn, Word, WordsError, WordsFile, WordsMisfit, check_fit, read_words
from callwarden.flows.formats import words as limits

OURS = {
    "id": "SZ-1001",
    "language": "en-GB",
    "turns": [
        {
            "speaker": "customer",
            "channel": 0,
            "start_ms": 1000,
            "end_ms": 2000,
            "text": "oh seven",
            "words": [
                {"text": "oh", "start_ms": 1000, "end_ms": 1400, "confidence": 0.9},
                {"text": "seven", "start_ms": 1500, "end_ms": 2000, "confidence": 0.8},
            ],
            "nbest": ["oh seven", {"text": "0 7"}],
            "forms": {"display": "07", "lexical": "oh seven"},
        }
    ],
}
W = [("oh", 1.0, 1.4, 0.9), ("seven", 1.5, 2.0, 0.8)]

WHISPER = {
    "language": "en",
    "segments": [
        {
            "start": 1.0,
            "end": 2.0,
            "text": " oh seven",
            "words": [{"word": f" {w}", "start": s, "end": e, "probability": p} for w, s, e, p in W],
        }
    ],
}
AZURE = {
    "recognizedPhrases": [
        {
            "channel": 0,
            "offsetInTicks": 10_000_000,
            "durationInTicks": 10_000_000,
            "nBest": [
                {
                    "lexical": "oh seven",
                    "itn": "07",
                    "display": "07.",
                    "words": [
                        {
                            "word": w,
                            "offsetInTicks": int(s * 1e7),
                            "durationInTicks": round((e - s) * 1e7),
                            "confidence": p,
                        }
                        for w, s, e, p in W
                    ],
                },
                {"lexical": "o seven"},
            ],
        }
    ]
}
AMAZON = {
    "results": {
        "items": [],
        "channel_labels": {
            "channels": [
                {
                    "channel_label": "ch_0",
                    "items": [
                        {
                            "type": "pronunciation",
                            "start_time": str(s),
                            "end_time": str(e),
                            "alternatives": [{"content": w, "confidence": str(p)}],
                        }
                        for w, s, e, p in W
                    ]
                    + [{"type": "punctuation", "alternatives": [{"content": ".", "confidence": "0.0"}]}],
                }
            ]
        },
    }
}
DEEPGRAM = {
    "results": {
        "channels": [
            {"alternatives": [{"words": [{"word": w, "start": s, "end": e, "confidence": p} for w, s, e, p in W]}]}
        ]
    }
}
GOOGLE = {
    "results": [
        {
            "channelTag": 1,
            "alternatives": [
                {
                    "transcript": "oh seven",
                    "words": [
                        {"word": w, "startTime": f"{s}s", "endTime": f"{e}s", "confidence": p} for w, s, e, p in W
                    ],
                }
            ],
        }
    ]
}
VOSK = {"text": "oh seven", "result": [{"word": w, "start": s, "end": e, "conf": p} for w, s, e, p in W]}
FUNASR = [{"key": "a", "text": "oh seven", "timestamp": [[1000, 1400], [1500, 2000]]}]


def read(document: object) -> WordsFile:
    return read_words(json.dumps(document).encode())


def code_of(document: object) -> str:
    with pytest.raises(WordsError) as caught:
        read(document)
    return caught.value.code


@pytest.mark.parametrize(
    ("shape", "document"),
    [
        ("callwarden", OURS),
        ("segments", WHISPER),
        ("segments", WHISPER["segments"]),
        ("azure", AZURE),
        ("amazon", AMAZON),
        ("deepgram", DEEPGRAM),
        ("google", GOOGLE),
        ("vosk", VOSK),
        ("vosk", [VOSK]),
        ("funasr", FUNASR),
    ],
)
def test_every_shape_gives_the_same_words_at_the_same_times(shape, document):
    words = read(document)
    (turn,) = words.turns
    assert words.shape == shape
    assert turn.text == "oh seven"
    assert [(w.text, w.start_ms, w.end_ms) for w in turn.words] == [("oh", 1000, 1400), ("seven", 1500, 2000)]
    assert (turn.start_ms, turn.end_ms) == (1000, 2000)


def test_other_hypotheses_and_forms_are_carried_so_that_they_can_be_redacted():
    (ours,) = read(OURS).turns
    assert (ours.nbest, dict(ours.forms)) == (("oh seven", "0 7"), {"display": "07", "lexical": "oh seven"})
    (azure,) = read(AZURE).turns
    assert azure.nbest == ("o seven",)
    assert dict(azure.forms) == {"lexical": "oh seven", "itn": "07", "display": "07."}


def test_what_is_not_named_is_dropped():
    words = read({**OURS, "summary": "SECRET", "turns": [{**OURS["turns"][0], "entities": "SECRET"}]})
    assert "SECRET" not in json.dumps(words.to_json())


def test_our_own_shape_survives_a_round_trip():
    words = read(OURS)
    assert read(words.to_json()) == words


def test_vosk_may_write_one_object_a_line():
    data = "\n".join(json.dumps(VOSK) for _ in range(3)).encode()
    assert len(read_words(data).turns) == 3


def test_chinese_is_joined_without_blanks_and_characters_keep_their_times():
    (turn,) = read([{"text": "您好 ABC", "timestamp": [[0, 200], [200, 400], [500, 900]]}]).turns
    assert [word.text for word in turn.words] == ["您", "好", "ABC"]
    (joined,) = read(
        {"turns": [{"words": [{"text": "您好"}, {"text": "我是"}, {"text": "VIP"}, {"text": "客户"}]}]}
    ).turns
    assert joined.text == "您好我是 VIP 客户"


def test_chinese_recogniser_output_without_one_time_per_character_keeps_the_turn_times_alone():
    (turn,) = read([{"text": "您好吗", "timestamp": [[0, 200], [200, 400]]}]).turns
    assert (turn.words, turn.start_ms, turn.end_ms) == ((), 0, 400)


@pytest.mark.parametrize(
    ("layout", "speaker"),
    [
        ("stereo:caller,agent", "caller"),
        ("stereo:agent,caller", "agent"),
        ("mono:agent", "agent"),
        ("mono:caller", "caller"),
        ("mono:mixed", ""),
    ],
)
def test_channels_name_the_speakers(layout, speaker):
    assert read(DEEPGRAM).with_layout(layout).turns[0].speaker == speaker


def test_a_speaker_that_is_told_is_not_overruled_by_the_channel():
    assert read(OURS).with_layout("stereo:agent,caller").turns[0].speaker == "caller"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf\n", "empty_file"),
        (b"{", "not_json"),
        (b"\xff\xfe{}", "not_utf8"),
        (b"{}", "unknown_shape"),
        (b"[]", "unknown_shape"),
        (b"7", "unknown_shape"),
        (b'{"turns": []}', "no_words"),
        (b'{"turns": [{"text": NaN}]}', "wrong_type"),
        (b'{"turns": [{"text": ' + b"9" * 5000 + b"}]}", "not_json"),
        (b"[" * 100_000, "too_deep"),
        (b'{"turns":' + b"[" * 5_000 + b"]" * 5_000 + b"}", "too_deep"),
    ],
)
def test_what_is_no_words_file_says_why(data, code):
    with pytest.raises(WordsError) as caught:
        read_words(data, file="a.words.json")
    assert caught.value.code == code or (code == "too_deep" and caught.value.code == "wrong_type")
    assert str(caught.value).startswith("a.words.json: ")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": 7}, "wrong_type"),
        ({"text": "a\x00b"}, "bad_text"),
        ({"text": "a\ud800b"}, "bad_text"),
        ({"text": "x" * 20_001}, "text_too_long"),
        ({"start_ms": -1}, "wrong_type"),
        ({"start_ms": True}, "wrong_type"),
        ({"start_ms": 1e300}, "wrong_type"),
        ({"start_ms": 10**400}, "wrong_type"),
        ({"start_ms": 3000}, "ends_before_it_starts"),
        ({"channel": -1}, "wrong_type"),
        ({"channel": 1.5}, "wrong_type"),
        ({"words": {}}, None),
        ({"words": [[]]}, "wrong_type"),
        ({"words": [{"text": "a", "start_ms": 9, "end_ms": 8}]}, "ends_before_it_starts"),
        ({"words": [{"text": "a", "confidence": 1.2}]}, "wrong_type"),
        ({"nbest": ["x"] * 21}, "wrong_type"),
        ({"forms": {"../x": "y"}}, "wrong_type"),
        ({"forms": {"display": None}}, "wrong_type"),
        ({"speaker": ["caller"]}, "wrong_type"),
    ],
)
def test_a_wrong_value_is_refused_by_place_and_never_repeated(change, code):
    document = {"turns": [{**OURS["turns"][0], **change}]}
    if code is None:
        assert read(document).turns[0].words == ()
        return
    data = json.dumps(document).encode()
    with pytest.raises(WordsError) as caught:
        read_words(data)
    assert caught.value.code == code
    assert "seven" not in str(caught.value)


def test_more_turns_or_words_than_a_call_can_have_are_refused(monkeypatch):
    monkeypatch.setattr("callwarden.flows.formats._shapes.MAX_TURNS", 2)
    monkeypatch.setattr("callwarden.flows.formats._shapes.MAX_WORDS", 4)
    assert code_of({"turns": [{"text": "a"}] * 3}) == "too_many_turns"
    assert code_of({"turns": [{"words": [{"text": "a"}] * 5}]}) == "too_many_words"


def test_a_file_over_the_limit_is_refused_unread():
    with pytest.raises(WordsError) as caught:
        read_words(b"{" * (limits.MAX_BYTES + 1))
    assert caught.value.code == "too_large"


def talk(count: int, gap_ms: float) -> WordsFile:
    words = tuple(Word("a", n * gap_ms, n * gap_ms + gap_ms / 2) for n in range(count))
    return WordsFile("", "", (Turn("", 0, 0, count * gap_ms, "a", words),))


def test_words_that_go_on_after_the_end_do_not_fit():
    with pytest.raises(WordsMisfit) as caught:
        check_fit(talk(30, 1000), 20_000, file="a.words.json")
    assert caught.value.code == "words_after_the_end"
    assert caught.value.file == "a.words.json"


def test_seconds_delivered_as_milliseconds_do_not_fit():
    with pytest.raises(WordsMisfit) as caught:
        check_fit(talk(30, 1.0), 30_000)
    assert caught.value.code == "words_too_fast"
    with pytest.raises(WordsMisfit) as caught:
        check_fit(talk(6, 5.0), 30_000)
    assert caught.value.code == "words_stop_early"


def test_silence_at_the_end_and_a_rounded_last_block_do_fit():
    check_fit(talk(30, 400), 300_000)
    check_fit(talk(30, 400), 30 * 400 - 900)


def outcome(data: bytes) -> WordsFile | str:
    """The words, or the remedy of the only error that may come."""
    try:
        return read_words(data)
    except WordsError as error:
        return error.remedy


@given(st.binary(max_size=300))
def test_no_bytes_whatever_raise_anything_else(data):
    assert outcome(data)


KEYS = (
    "turns segments words text start end start_ms end_ms results items channels alternatives recognizedPhrases nBest "
    "result timestamp sentence_info transcript channelTag channel speaker nbest forms id language"
)
_keys = st.sampled_from(KEYS.split())
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(_keys, children, max_size=5),
    max_leaves=30,
)


@given(st.dictionaries(_keys, _json, min_size=1, max_size=4) | st.lists(st.dictionaries(_keys, _json), max_size=3))
def test_no_document_whatever_raises_anything_else(document):
    words = outcome(json.dumps(document).encode())
    if isinstance(words, WordsFile):
        assert read(words.to_json()).turns == words.turns
