"""`callwarden redact PATH... --out DIR`: what goes in, what comes out, and what is refused."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from callwarden.engines.redact.audio import MutePlan, decode, difference_outside, find_dtmf
from tests.engines.redact.audio.sounds import encoded, key_tone, noise, pcm, say

from .calls import CARD, PHONE, document_of, outputs, redact, words_of, write_call


@pytest.mark.parametrize(
    ("container", "subtype", "ending"),
    [
        ("WAV", "PCM_16", "wav"),
        ("WAV", "ALAW", "WAV"),
        ("FLAC", "PCM_16", "flac"),
        ("OGG", "OPUS", "opus"),
        ("MP3", "MPEG_LAYER_III", "mp3"),
    ],
)
@pytest.mark.parametrize("digits", [PHONE, CARD])
def test_a_spoken_number_leaves_text_and_sound_and_everything_else_stays(
    tmp_path: Path, digits: str, container: str, subtype: str, ending: str
) -> None:
    number = write_call(tmp_path / "in", "call", digits, container, subtype, ending)
    result = redact(tmp_path / "in", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert outputs(tmp_path / "out") == ["call.redacted.flac", "call.redacted.json", "call.spans.json"]

    original = decode((tmp_path / "in" / f"call.{ending}").read_bytes())
    redacted = decode((tmp_path / "out" / "call.redacted.flac").read_bytes())
    spans = json.loads((tmp_path / "out" / "call.spans.json").read_text())
    plan = [MutePlan(s["channel"], s["start_frame"], s["end_frame"]) for s in spans["sound"]]
    assert difference_outside(original, redacted, plan) == 0
    for first, last in number.windows:
        assert not redacted.samples[first:last].any()
    assert sum(p.end - p.start for p in plan) < original.frames

    transcript = json.loads((tmp_path / "out" / "call.redacted.json").read_text())
    assert transcript["turns"][0]["text"].startswith("my ")
    everything = json.dumps([transcript, spans])
    assert not any(word in everything for word in ("four one", "two five", "five five", "one one"))
    assert digits not in everything
    (turn,) = transcript["turns"]
    assert turn["channel"] == 0
    assert [w["word"] for w in turn["words"]][:2] == ["my", turn["text"].split()[1]]
    assert not {w["word"] for w in turn["words"]} & {"two", "five", "one", "four"}
    assert abs(turn["words"][-1]["end"] - number.windows[-1][1] / 8000) < 0.001


def test_keypad_tones_go_too(tmp_path: Path) -> None:
    number = say(PHONE)
    signal = number.audio.samples[:, 0].astype(float) / 32767
    for press, key in enumerate("411"):
        signal[2_000 + press * 1_600 :][:800] += key_tone(key, 100)
    (tmp_path / "call.wav").write_bytes(encoded(pcm(np.clip(signal, -1, 1)), 8000, "WAV", "PCM_16"))
    (tmp_path / "call.json").write_text(json.dumps(document_of(number, "call", "my phone number is")))
    assert redact(tmp_path / "call.wav", "--out", tmp_path / "out").exit_code == 0
    assert find_dtmf(decode((tmp_path / "out" / "call.redacted.flac").read_bytes()).samples, 8000) == []
    spans = json.loads((tmp_path / "out" / "call.spans.json").read_text())
    assert any("DTMF" in stretch["reasons"] for stretch in spans["sound"])


def test_keypad_times_beside_the_words_are_muted_and_their_digits_dropped(tmp_path: Path) -> None:
    samples = noise(80_000, 2)
    (tmp_path / "call.wav").write_bytes(encoded(samples, 8000, "WAV", "PCM_16"))
    document = {
        "id": "call",
        "turns": [{"speaker": "agent", "text": "please key it in", "start_ms": 0, "end_ms": 900}],
        "dtmf": [{"channel": 1, "start_ms": 5_000, "end_ms": 5_100, "digit": "7"}],
    }
    (tmp_path / "call.words.json").write_text(json.dumps(document))
    assert redact(tmp_path / "call.wav", "--out", tmp_path / "out").exit_code == 0
    redacted = decode((tmp_path / "out" / "call.redacted.flac").read_bytes())
    assert not redacted.samples[40_000:40_800, 1].any()
    np.testing.assert_array_equal(redacted.samples[:, 0], samples[:, 0])
    assert "digit" not in (tmp_path / "out" / "call.redacted.json").read_text()


def test_a_tone_in_place_of_silence(tmp_path: Path) -> None:
    number = write_call(tmp_path, "call")
    assert redact(tmp_path / "call.wav", "--out", tmp_path / "out", "--mode", "tone").exit_code == 0
    redacted = decode((tmp_path / "out" / "call.redacted.flac").read_bytes())
    first, last = number.windows[4]
    assert 3_000 < int(np.abs(redacted.samples[first:last].astype(int)).max()) <= 3_277


def test_words_without_sound_are_fine(tmp_path: Path) -> None:
    (tmp_path / "chat.json").write_text(
        json.dumps({"id": 7, "turns": [{"speaker": "customer", "text": "call me on 202-555-0143 please"}]})
    )
    assert redact(tmp_path / "chat.json", "--out", tmp_path / "out").exit_code == 0
    assert outputs(tmp_path / "out") == ["chat.redacted.json", "chat.spans.json"]
    document = json.loads((tmp_path / "out" / "chat.redacted.json").read_text())
    assert document["id"] == 7
    assert "0143" not in document["turns"][0]["text"]


def test_sound_without_words_is_refused_unless_tones_only_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_bytes(encoded(pcm(key_tone("5", 400)), 8000, "WAV", "PCM_16"))
    refused = redact(tmp_path / "call.wav", "--out", tmp_path / "out")
    assert refused.exit_code == 1
    assert "--tones-only" in refused.output
    assert outputs(tmp_path / "out") == []
    assert redact(tmp_path / "call.wav", "--out", tmp_path / "out", "--tones-only").exit_code == 0
    assert outputs(tmp_path / "out") == ["call.redacted.flac", "call.spans.json"]
    assert not decode((tmp_path / "out" / "call.redacted.flac").read_bytes()).samples.any()


def test_empty_words_beside_a_recording_are_no_words(tmp_path: Path) -> None:
    write_call(tmp_path, "call")
    (tmp_path / "call.words.json").write_text('{"id": "call", "turns": []}')
    result = redact(tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "empty" in result.output


def test_words_of_a_longer_call_are_refused(tmp_path: Path) -> None:
    write_call(tmp_path, "call", CARD)
    (tmp_path / "call.wav").write_bytes(encoded(noise(40_000), 8000, "WAV", "PCM_16"))
    result = redact(tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "after the end of the recording" in result.output
    assert outputs(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no sound"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "cut short"),
        (b"caller,number\nBob,2025550143\n", "not a supported recording"),
        (b"\0\0\0\x20ftypM4A " + bytes(64), "MP4/M4A"),
        (encoded(noise(8_000), 8000, "WAV", "PCM_16")[:5_000], "cut short"),
        (encoded(noise(40_000), 8000, "FLAC", "PCM_16")[:30_000], "cut short"),
    ],
)
def test_unusable_recordings_are_named_with_reason_and_remedy(tmp_path: Path, content: bytes, told: str) -> None:
    write_call(tmp_path / "in", "good")
    write_call(tmp_path / "in", "bad")
    (tmp_path / "in" / "bad.wav").write_bytes(content)
    result = redact(tmp_path / "in", "--out", tmp_path / "out")
    assert result.exit_code == 1
    (line,) = [line for line in result.output.splitlines() if line.startswith("bad: ")]
    assert told in line
    assert line.count(".") >= 2
    assert "2025550143" not in result.output
    assert [name for name in outputs(tmp_path / "out") if name.startswith("bad")] == []
    assert len(outputs(tmp_path / "out")) == 3


def test_milliseconds_that_are_seconds_are_noticed_before_they_place_the_mutes_wrongly(tmp_path: Path) -> None:
    number = write_call(tmp_path, "call")
    document = document_of(number, "call", "my phone number is")
    for word in document["turns"][0]["words"]:
        word["start_ms"], word["end_ms"] = word.pop("start"), word.pop("end")
    (tmp_path / "call.words.json").write_text(json.dumps(document))
    result = redact(tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "unit" in result.output
    assert outputs(tmp_path / "out") == []


def whisper(words: list[dict[str, Any]]) -> Any:
    timed = [{**word, "probability": 0.9} for word in words]
    text = " ".join(word["word"] for word in words)
    return {"segments": [{"start": words[0]["start"], "end": words[-1]["end"], "text": text, "words": timed}]}


def azure(words: list[dict[str, Any]]) -> Any:
    ticks = [
        {
            "word": word["word"],
            "offsetInTicks": round(word["start"] * 1e7),
            "durationInTicks": round((word["end"] - word["start"]) * 1e7),
        }
        for word in words
    ]
    text = " ".join(word["word"] for word in words)
    return {"recognizedPhrases": [{"channel": 0, "nBest": [{"lexical": text, "display": text, "words": ticks}]}]}


def funasr(words: list[dict[str, Any]]) -> Any:
    pairs = [[round(word["start"] * 1000), round(word["end"] * 1000)] for word in words]
    return [{"key": "call", "text": " ".join(word["word"] for word in words), "timestamp": pairs}]


@pytest.mark.parametrize("shape", [whisper, azure, funasr])
def test_the_words_may_come_as_the_recogniser_wrote_them(
    tmp_path: Path, shape: Callable[[list[dict[str, Any]]], Any]
) -> None:
    number = write_call(tmp_path, "call", CARD)
    words = words_of(number, "my card number is")
    (tmp_path / "call.words.json").write_text(json.dumps(shape(words)))
    result = redact(tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    redacted = decode((tmp_path / "out" / "call.redacted.flac").read_bytes())
    for first, last in number.windows:
        assert not redacted.samples[first:last].any()
    told = (tmp_path / "out" / "call.redacted.json").read_text()
    assert "my card number is" in told
    assert "one one" not in told


def test_a_mislabelled_recording_is_taken_for_what_it_is(tmp_path: Path) -> None:
    write_call(tmp_path, "call", PHONE, "FLAC", "PCM_16", "wav")
    assert redact(tmp_path / "call.wav", "--out", tmp_path / "out").exit_code == 0
    spans = json.loads((tmp_path / "out" / "call.spans.json").read_text())
    assert spans["recording"]["format"] == "FLAC PCM_16"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1, 2]",
        b'{"turns": "4111 1111 1111 1111"}',
        b'{"turns": [{"speaker": "a", "text": 4111111111111111}]}',
        b'{"id": 1, "turns": [{"text": NaN}]}',
        b"\xff\xfe4111",
        b"[" * 100_000,
    ],
)
def test_words_that_are_no_transcript_are_refused_without_a_word_of_them(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "call.words.json").write_bytes(content)
    result = redact(tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "4111" not in result.output
    assert "Traceback" not in result.output
    assert outputs(tmp_path / "out") == []


def test_known_values_are_looked_up_by_call(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.json").write_text(
            json.dumps({"id": name, "turns": [{"speaker": "agent", "text": "so the parcel of Xanthippe Quillfeather"}]})
        )
    (tmp_path / "known.txt").write_text(json.dumps({"one": {"names": ["Xanthippe Quillfeather"]}}))
    result = redact(tmp_path, "--out", tmp_path / "out", "--known", tmp_path / "known.txt")
    assert result.exit_code == 0
    assert "Quillfeather" not in (tmp_path / "out" / "one.redacted.json").read_text()


def test_folders_are_mirrored_and_the_outputs_of_a_run_are_no_input(tmp_path: Path) -> None:
    write_call(tmp_path / "2026" / "11", "call")
    write_call(tmp_path, "call")
    for _ in range(2):
        result = redact(tmp_path, "--out", tmp_path / "out")
        assert result.exit_code == 0, result.output
    assert [name for name in outputs(tmp_path / "out") if name.endswith(".flac")] == [
        "2026/11/call.redacted.flac",
        "call.redacted.flac",
    ]


def test_a_number_in_a_file_name_can_be_hidden(tmp_path: Path) -> None:
    write_call(tmp_path / "in" / "2025550199", "in-2025550143-a7")
    arguments = (tmp_path / "in", "--out", tmp_path / "out", "--hide-names")
    assert redact(*arguments).exit_code == 0
    assert "Finished before │ 1" in redact(*arguments).output
    told = [path.name.encode() + path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(told) == 5
    assert not any(b"20255501" in content for content in told)


def test_two_recordings_of_one_name_are_refused_not_guessed(tmp_path: Path) -> None:
    write_call(tmp_path / "in", "call")
    write_call(tmp_path / "in", "call", PHONE, "FLAC", "PCM_16", "flac")
    result = redact(tmp_path / "in", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "same name" in result.output


def test_two_folders_that_would_write_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    write_call(tmp_path / "a", "call")
    write_call(tmp_path / "b", "call", CARD)
    result = redact(tmp_path / "a", tmp_path / "b", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "same output name" in result.output
    assert len(outputs(tmp_path / "out")) == 3


def test_a_file_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "evil\x1b[2J\nname.wav").write_bytes(b"junk")
    result = redact(tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "\x1b[2J" not in result.output
    assert "evil\ufffd[2J\ufffdname" in result.output


def test_a_full_disk_stops_the_run_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        write_call(tmp_path / "in", name)
    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if ".redacted.flac" in self.name:
            write(self, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    result = redact(tmp_path / "in", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "disk" in result.output
    assert [
        path.name for path in (tmp_path / "out").iterdir() if "redacted" in path.name and "lock" not in path.name
    ] in (
        [],
        [".callwarden-redact.jsonl"],
    )


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--out", "{out}"],
        ["{in}"],
        ["{in}/nothing", "--out", "{out}"],
        ["{in}", "--out", "{out}", "--policy", "none"],
        ["{in}", "--out", "{out}", "--known", "{in}/call.wav"],
        ["{in}", "--out", "{out}", "--mode", "loud"],
        ["--jsonl", "{in}"],
        ["{empty}", "--out", "{out}"],
    ],
)
def test_wrong_usage_ends_with_two_and_says_what_to_do(tmp_path: Path, arguments: list[str]) -> None:
    write_call(tmp_path / "in", "call")
    (tmp_path / "empty").mkdir()
    places = {"in": tmp_path / "in", "out": tmp_path / "out", "empty": tmp_path / "empty"}
    result = redact(*(argument.format(**places) for argument in arguments))
    assert result.exit_code == 2
    assert result.output.strip()
    assert "Traceback" not in result.output


def test_a_policy_file_chooses_operators_and_may_not_keep_security_codes(tmp_path: Path) -> None:
    (tmp_path / "chat.json").write_text(
        json.dumps({"id": 1, "turns": [{"speaker": "a", "text": "mail bob@example.org"}]})
    )
    (tmp_path / "keep.json").write_text(json.dumps({"operators": {"EMAIL": "keep"}}))
    (tmp_path / "bad.json").write_text(json.dumps({"operators": {"CARD_CVV": "keep"}}))
    kept = redact(tmp_path / "chat.json", "--out", tmp_path / "out", "--policy", tmp_path / "keep.json")
    assert kept.exit_code == 0
    assert "bob@example.org" in (tmp_path / "out" / "chat.redacted.json").read_text()
    refused = redact(tmp_path / "chat.json", "--out", tmp_path / "out", "--policy", tmp_path / "bad.json")
    assert refused.exit_code == 2
