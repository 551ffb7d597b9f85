"""Where the recogniser was in doubt nothing is heard, and the list of places says that a person should look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from callwarden.engines.redact.audio import decode
from tests.engines.redact.audio.sounds import encoded, noise

from .calls import redact

FINE = {"start": 0.5, "end": 2.0, "text": "please hold the line", "avg_logprob": -0.2}
LOST = {"start": 4.0, "end": 6.0, "text": "thanks for watching", "avg_logprob": -0.3, "no_speech_prob": 0.9}


def done(folder: Path, document: Any) -> tuple[np.ndarray, dict[str, Any], dict[str, Any]]:
    (folder / "call.wav").write_bytes(encoded(noise(80_000), 8000, "WAV", "PCM_16"))
    (folder / "call.words.json").write_text(json.dumps(document))
    result = redact(folder / "call.wav", "--out", folder / "out")
    assert result.exit_code == 0, result.output
    samples = decode((folder / "out" / "call.redacted.flac").read_bytes()).samples[:, 0]
    spans, words = ((folder / "out" / f"call.{kind}.json").read_text() for kind in ("spans", "redacted"))
    return samples, json.loads(spans), json.loads(words)


def test_a_doubtful_segment_is_muted_whole_and_named_for_review(tmp_path: Path) -> None:
    samples, spans, words = done(tmp_path, {"segments": [FINE, LOST]})
    assert not samples[32_000:48_000].any()
    assert samples[4_000:16_000].any()
    assert spans["review"] == [{"turn": 1, "doubts": ["no_speech"]}]
    assert [stretch["reasons"] for stretch in spans["sound"]] == [["DOUBTFUL"]]
    assert [turn.get("doubts") for turn in words["turns"]] == [None, ["no_speech"]]


def test_without_doubts_everything_stays_and_nothing_is_said(tmp_path: Path) -> None:
    samples, spans, _words = done(tmp_path, {"segments": [FINE, {**LOST, "no_speech_prob": 0.1}]})
    assert samples[32_000:48_000].any()
    assert "review" not in spans


def test_a_loop_in_our_own_shape_is_found_too_and_one_without_times_mutes_all(tmp_path: Path) -> None:
    loop = {"speaker": "customer", "channel": 0, "text": "I will be right back " * 5}
    samples, spans, words = done(tmp_path, {"id": 7, "turns": [{"speaker": "agent", "text": "hello"}, loop]})
    assert not samples.any()
    assert spans["review"] == [{"turn": 1, "doubts": ["repeats"]}]
    assert words["id"] == 7
