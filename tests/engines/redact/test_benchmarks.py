"""Benchmarks on sets that are not shipped: absent sets are not measured, and what is asked of present ones is right."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from bench import crosswoz, natcs, presidio_research

SETS = ["crosswoz", "dstc10", "natcs", "presidio_research"]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("present", [True, False], ids=["empty folder", "no folder"])
def test_an_absent_set_is_not_measured(
    name: str, present: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if present:
        monkeypatch.setenv("DATA", str(tmp_path))
    else:
        monkeypatch.delenv("DATA", raising=False)
    assert importlib.import_module(f"bench.{name}").run(lambda _: None) == {}
    assert "not measured" in capsys.readouterr().err


@pytest.mark.parametrize("style", crosswoz.STYLES)
def test_numbers_are_put_into_words_where_they_stand(style: str) -> None:
    text, places = crosswoz.verbalised("电话是010-62345678，客服4001234567。", style)
    told = [(text[start:end], kind) for start, end, kind in places]
    assert [kind for _, kind in told] == ["PHONE", "BUSINESS"]
    assert text.startswith("电话是")
    assert text.endswith("。")
    if style != "digits":
        assert told[0][0] != "010-62345678"
        assert "五六七八" in told[0][0].replace(" ", "")


def test_a_number_left_in_a_dialogue_is_counted_as_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    dialogues = [{"turns": [{"speaker": "sys", "text": "电话是010-62345678。"}, {"speaker": "usr", "text": "谢谢"}]}]
    score, _ = crosswoz.measure(dialogues, "spoken")
    assert score.recall() == 1.0
    assert score.gold["PHONE"] == 1
    monkeypatch.setattr(crosswoz, "redact", lambda call: type("Nothing", (), {"spans": ()})())
    score, _ = crosswoz.measure(dialogues, "spoken")
    assert score.recall() == 0.0


def test_places_and_dates_beside_values_are_no_errors() -> None:
    text = "Ana Lopez lives at 12 Elm Street, Boise"
    spans = [
        {"entity_type": "PERSON", "start_position": 0, "end_position": 9},
        {"entity_type": "STREET_ADDRESS", "start_position": 19, "end_position": 32},
        {"entity_type": "GPE", "start_position": 34, "end_position": 39},
    ]
    score = presidio_research.measure([{"full_text": text, "spans": spans}])
    assert score.recall("PERSON", "STREET_ADDRESS") == 1.0
    assert score.precision() == 1.0


def test_labels_of_names_are_offsets_and_nothing_else() -> None:
    labels = json.loads(natcs.LABELS.read_text("utf-8"))
    assert len(labels) >= 150
    for places in labels.values():
        assert all(isinstance(place, int) for pair in places for place in pair)
        assert all(0 <= start < end for start, end in places)


def test_spoken_shape_keeps_offsets() -> None:
    assert natcs.as_spoken("Hi, I'm Ana.") == "hi  i'm ana "
