"""`callwarden redact --jsonl`: every line gets its answer, and a bad line tells nothing of itself."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.doors.cli import _redact_jsonl
from callwarden.engines.redact import Policy

from .calls import start

SECRET = "4111111111111111"
CALL = {
    "id": "c-1",
    "turns": [
        {"speaker": "agent", "text": "can I have your phone number please"},
        {"speaker": "customer", "text": "yes it is 202-555-0143 thank you"},
    ],
}


def answers(*lines: bytes | dict[str, Any], known: dict[str, Any] | None = None) -> tuple[list[dict[str, Any]], bool]:
    raw = b"".join(line + b"\n" if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    sink = io.BytesIO()
    fine = _redact_jsonl.run(io.BytesIO(raw), sink, policy=Policy(), known=known or {})
    return [json.loads(line) for line in sink.getvalue().splitlines()], fine


def answer(line: bytes | dict[str, Any]) -> dict[str, Any]:
    (only,), _ = answers(line)
    return only


def test_a_call_comes_back_without_the_number_and_with_its_place() -> None:
    (out,), fine = answers(CALL)
    assert fine
    assert out["id"] == "c-1"
    assert [turn["speaker"] for turn in out["turns"]] == ["agent", "customer"]
    assert out["turns"][0] == CALL["turns"][0]
    assert "0143" not in out["turns"][1]["text"]
    assert out["turns"][1]["text"].startswith("yes it is ")
    (span,) = out["spans"]
    assert set(span) == {"turn", "start", "end", "type"}
    assert CALL["turns"][1]["text"][span["start"] : span["end"]] == "202-555-0143"


def test_offsets_count_code_points_of_the_input() -> None:
    text = "好的👍🏽𠮷 please call 202-555-0143"
    out = answer({"id": 1, "turns": [{"speaker": "customer", "text": text}]})
    assert any(text[s["start"] : s["end"]] == "202-555-0143" for s in out["spans"])


@pytest.mark.parametrize("identity", [0, -7, 10**30, "", "呼叫-1", "x" * 1_000])
def test_ids_come_back_as_they_were(identity: Any) -> None:
    assert answer({**CALL, "id": identity})["id"] == identity


def test_words_and_hypotheses_are_redacted_when_they_were_given_and_absent_when_not() -> None:
    words = [
        {"w": w, "start": n * 0.5, "end": n * 0.5 + 0.4, "conf": 0.9} for n, w in enumerate(["it", "is", "2025550143"])
    ]
    turn = {
        "speaker": "customer",
        "text": "it is 2025550143",
        "words": words,
        "nbest": [{"text": "it is 2025550143"}, "it is two zero two five five five zero one four three"],
    }
    out = answer({"id": 1, "turns": [{"speaker": "agent", "text": "your phone number?"}, turn]})
    assert "words" not in out["turns"][0]
    assert "nbest" not in out["turns"][0]
    told = json.dumps(out["turns"][1])
    assert "0143" not in told
    assert "one four" not in told
    assert [w["start"] for w in out["turns"][1]["words"]] == [0.0, 0.5, 1.0]
    assert out["turns"][1]["words"][0] == words[0]


def test_keys_that_nobody_asked_for_are_not_passed_on() -> None:
    out = answer({**CALL, "customer": SECRET, "known": {"cards": [SECRET]}})
    assert SECRET not in json.dumps(out)
    turn = {
        **CALL["turns"][1],
        "note": SECRET,
        "words": [{"text": "hello", "start": 0, "end": 1, "phones": SECRET, "confidence": 0.5}],
    }
    assert SECRET not in json.dumps(answer({"id": 1, "turns": [turn]}))


def test_a_number_in_the_name_of_a_party_goes_and_the_parties_stay_apart() -> None:
    turns = [
        {"speaker": who, "text": "hello"} for who in ("agent", "+86 138-0013-8000", "Bob 4000", "+86 138-0013-8000")
    ]
    out = answer({"id": 1, "turns": turns})
    assert [turn["speaker"] for turn in out["turns"]] == ["agent", "speaker-1", "speaker-2", "speaker-1"]


def test_known_values_come_with_the_line_or_with_the_file() -> None:
    line = {"id": 5, "turns": [{"speaker": "agent", "text": "and the parcel of Xanthippe Quillfeather"}]}
    with_line, _ = answers({**line, "known": {"names": ["Xanthippe Quillfeather"]}})
    with_file, _ = answers(line, known={"5": {"names": ["Xanthippe Quillfeather"]}})
    assert "Quillfeather" not in json.dumps([with_line, with_file])


HOSTILE = [
    b"not json " + SECRET.encode(),
    b'{"id": 3, "turns": [{"speaker": "a", "text": "\xff\xfe ' + SECRET.encode() + b'"}]}',
    b'{"id": 3, "turns": [{"speaker": "a", "text": "x", "start": NaN}]}',
    b'{"id": 3, "turns": [{"speaker": "a", "text": "x", "start": Infinity}]}',
    b'{"id": 3, "turns": [{"speaker": "a", "text": "x", "start": 1e999}]}',
    b'{"id": 3, "turns": [{"speaker": "a", "text": "\\ud800 ' + SECRET.encode() + b'"}]}',
    b'{"id": 3, "turns": "' + SECRET.encode() + b'"}',
    b'{"id": 3, "turns": [' + SECRET.encode() + b"]}",
    b'{"id": 3, "turns": [{"speaker": "a", "text": ' + SECRET.encode() + b"}]}",
    b'{"id": 3, "turns": [{"speaker": "a", "text": "x", "words": "' + SECRET.encode() + b'"}]}',
    b'{"id": 3, "turns": [{"speaker": "a", "text": "x", "words": [{"text": "x", "start": "'
    + SECRET.encode()
    + b'"}]}]}',
    b'{"id": 3, "turns": [{"speaker": "a", "text": "x"}], "known": {"cards": [{"x": "' + SECRET.encode() + b'"}]}}',
    b'{"id": [3], "turns": []}',
    b'{"id": true, "turns": []}',
    b'{"id": "\\ud800", "turns": []}',
    b'{"id": "' + b"9" * 5_000 + b'", "turns": []}',
    b'{"turns": []}',
    b'"' + SECRET.encode() + b'"',
    b"null",
    b"[" * 200_000,
    b'{"a":' * 100_000,
    b'{"id": 3, "turns": [{"speaker": "a", "text": "x"}], "n": ' + b"9" * 10_000 + b"}",
    b"\x00\x01\x02",
]


@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_a_bad_line_is_one_error_without_its_content_and_the_others_are_answered(line: bytes) -> None:
    (first, bad, last), fine = answers(CALL, line, {**CALL, "id": "c-2"})
    assert not fine
    assert (first["id"], last["id"]) == ("c-1", "c-2")
    assert "turns" in first
    assert "turns" in last
    assert set(bad) == {"id", "error"}
    assert set(bad["error"]) == {"code", "message"}
    assert bad["id"] in (None, 3)
    assert bad["error"]["message"].strip()
    assert not any(run in json.dumps(bad["error"]) for run in (SECRET, "4111", "9999"))


def test_a_line_beyond_the_limit_is_passed_over_without_being_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_redact_jsonl, "MAX_LINE", 5_000)
    (bad, good), fine = answers(b'{"id": 1, "turns": [{"text": "' + b"x" * 3_000_000 + b'"}]}', CALL)
    assert not fine
    assert bad["error"]["code"] == "words_too_large"
    assert good["id"] == "c-1"


def test_blank_lines_and_a_missing_last_line_end_are_no_fault() -> None:
    sink = io.BytesIO()
    raw = b"\n  \n" + json.dumps(CALL).encode()
    assert _redact_jsonl.run(io.BytesIO(raw), sink, policy=Policy(), known={})
    assert len(sink.getvalue().splitlines()) == 1


@pytest.mark.parametrize("where", ["redact", "turns_of", "text_spans"])
@pytest.mark.parametrize("fault", [ValueError(SECRET), RecursionError(SECRET), MemoryError(SECRET), KeyError(SECRET)])
def test_whatever_fails_inside_lets_no_text_out(monkeypatch: pytest.MonkeyPatch, where: str, fault: Exception) -> None:
    def broken(*_: object, **__: object) -> object:
        raise fault

    monkeypatch.setattr(_redact_jsonl, where, broken)
    (out,), fine = answers(CALL)
    assert not fine
    assert out["id"] == "c-1"
    assert out["error"]["code"] == "internal"
    assert SECRET not in json.dumps(out)
    assert "0143" not in json.dumps(out)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just(SECRET),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "turns",
                    "text",
                    "words",
                    "nbest",
                    "speaker",
                    "start",
                    "end_ms",
                    "channel",
                    "known",
                    "forms",
                    "w",
                ]
            )
            | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(anything, max_size=4))
def test_any_json_gets_exactly_one_answer_a_line(documents: list[Any]) -> None:
    lines = [json.dumps(document).encode() for document in documents]
    out, fine = answers(*lines)
    assert len(out) == len(lines)
    assert fine == all("error" not in one for one in out)
    for one in out:
        if "error" in one:
            assert SECRET not in json.dumps(one["error"])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300).filter(lambda raw: b"\n" not in raw and raw.strip()))
def test_any_bytes_get_exactly_one_answer(raw: bytes) -> None:
    out, _ = answers(raw)
    assert len(out) == 1


def test_each_answer_is_there_before_the_next_line_is_read(state: Path) -> None:
    run = start("--jsonl", state=state, stdin=subprocess.PIPE)
    assert run.stdin is not None
    assert run.stdout is not None
    for number in range(3):
        run.stdin.write(json.dumps({**CALL, "id": number}).encode() + b"\n")
        run.stdin.flush()
        assert json.loads(run.stdout.readline())["id"] == number
    run.stdin.write(b"nonsense\n")
    rest, errors = run.communicate(timeout=30)
    assert json.loads(rest)["error"]["code"] == "not_json"
    assert run.returncode == 1
    assert errors == b""


def test_a_reader_that_leaves_ends_the_filter_quietly(state: Path) -> None:
    run = start("--jsonl", state=state, stdin=subprocess.PIPE)
    assert run.stdin is not None
    assert run.stdout is not None
    run.stdout.close()
    try:
        for _ in range(2_000):
            run.stdin.write(json.dumps(CALL).encode() + b"\n")
            run.stdin.flush()
        run.stdin.close()
    except BrokenPipeError:
        pass
    assert run.stderr is not None
    errors = run.stderr.read()
    assert run.wait(30) == 1
    assert b"Traceback" not in errors


def test_the_command_needs_no_django_and_no_settings() -> None:
    code = (
        "import sys\n"
        "from callwarden.doors.cli.redact import app\n"
        "app(['--jsonl'], standalone_mode=False)\n"
        "sys.exit(99 if any(name.split('.')[0] in ('django', 'psycopg', 'soundfile') for name in sys.modules) else 0)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(CALL), capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
