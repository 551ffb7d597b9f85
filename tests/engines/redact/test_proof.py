"""What `make prove NAME=redaction` calls proved: a figure that is missing is no pass, and a quoting error is seen."""

from __future__ import annotations

import json
from typing import Any

import pytest

from callwarden.doors.cli import _redact_jsonl
from tests.doors.cli.test_redact_jsonl import CALL
from tests.prove import _redaction_fuzz as fuzz
from tests.prove._figures import Limit, lines


def test_a_figure_is_held_against_its_limit_and_an_absent_one_is_not_measured() -> None:
    limits = {"high": Limit(0.9), "low": Limit(None, 2), "gone": Limit(1)}
    good = lines("x", {"high": 0.9, "low": 2}, limits)
    bad = lines("x", {"high": 0.8999, "low": 2.01}, limits)
    assert [outcome for _, outcome, _ in good] == ["pass", "pass", "not measured"]
    assert [outcome for _, outcome, _ in bad] == ["fail", "fail", "not measured"]


def broken(*_: Any) -> None:
    raise ValueError


@pytest.mark.parametrize("line", [b'{"id": 1, "turns": [{"speaker": "a", "text": 7}], "note": "harriet penhallow"}'])
def test_the_fuzzer_sees_an_error_that_quotes_its_line(line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fuzz.check([line]) is None
    monkeypatch.setattr(_redact_jsonl, "explain", lambda _code, _data: ("said: harriet penhallow",))
    assert fuzz.check([line]) == "an error quotes the line"


def test_the_fuzzer_sees_a_stop_a_lost_answer_and_an_unforeseen_error(monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps(CALL).encode()
    with monkeypatch.context() as patched:
        patched.setattr(_redact_jsonl, "text_spans", broken)
        assert "not foreseen" in (fuzz.check([line]) or "")
    with monkeypatch.context() as patched:
        patched.setattr(_redact_jsonl, "_answer", broken)
        assert fuzz.check([line]) == "stopped with ValueError"
    with monkeypatch.context() as patched:
        patched.setattr(_redact_jsonl, "_answer", lambda *_: {})
        patched.setattr(_redact_jsonl, "write_json", lambda _answer: b"")
        assert "0 answers" in (fuzz.check([line]) or "")
