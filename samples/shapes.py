"""Words files in the shapes of several recognisers, out of the turns of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Turns = list[dict[str, Any]]


def ours(call_id: str, language: str, turns: Turns) -> Any:
    return {"id": call_id, "language": language, "turns": turns}


def segments(call_id: str, language: str, turns: Turns) -> Any:
    """The generic list of segments: seconds, words with a probability."""
    return {
        "language": language,
        "segments": [
            {
                "id": number,
                "channel": turn["channel"],
                "start": turn["start_ms"] / 1000,
                "end": turn["end_ms"] / 1000,
                "text": turn["text"],
                "words": [
                    {
                        "word": word["text"],
                        "start": word["start_ms"] / 1000,
                        "end": word["end_ms"] / 1000,
                        "probability": word["confidence"],
                    }
                    for word in turn["words"]
                ],
            }
            for number, turn in enumerate(turns)
        ],
    }


def azure(call_id: str, language: str, turns: Turns) -> Any:
    """Phrases with hypotheses in four forms, times in units of 100 ns."""
    return {
        "recognizedPhrases": [
            {
                "recognitionStatus": "Success",
                "channel": turn["channel"],
                **_ticks(turn),
                "nBest": [
                    {
                        "confidence": 0.9,
                        "lexical": turn["forms"]["lexical"],
                        "itn": turn["forms"]["display"].rstrip(".?"),
                        "maskedITN": turn["forms"]["display"].rstrip(".?"),
                        "display": turn["forms"]["display"],
                        "words": [
                            {"word": word["text"], **_ticks(word), "confidence": word["confidence"]}
                            for word in turn["words"]
                        ],
                    }
                ],
            }
            for turn in turns
        ]
    }


def _ticks(item: dict[str, Any]) -> dict[str, int]:
    return {
        "offsetInTicks": item["start_ms"] * 10_000,
        "durationInTicks": (item["end_ms"] - item["start_ms"]) * 10_000,
    }


def funasr(call_id: str, language: str, turns: Turns) -> Any:
    """Sentences with a pair of milliseconds for every character, speakers by number, no channel."""
    speakers = {"agent": 0, "caller": 1}
    sentences = []
    for turn in turns:
        pairs = [pair for word in turn["words"] for pair in _characters(word)]
        sentences.append(
            {
                "text": turn["text"],
                "start": turn["start_ms"],
                "end": turn["end_ms"],
                "timestamp": pairs,
                "spk": speakers[turn["speaker"]],
            }
        )
    text = "".join(turn["text"] for turn in turns)
    return [
        {
            "key": call_id,
            "text": text,
            "timestamp": [pair for item in sentences for pair in item["timestamp"]],
            "sentence_info": sentences,
        }
    ]


def _characters(word: dict[str, Any]) -> Iterator[list[int]]:
    """The time of a word shared out among its characters; a Latin word stays whole."""
    count = 1 if word["text"].isascii() else len(word["text"])
    start, length = word["start_ms"], word["end_ms"] - word["start_ms"]
    for number in range(count):
        yield [start + length * number // count, start + length * (number + 1) // count]


SHAPES: dict[str, Callable[[str, str, Turns], Any]] = {
    "callwarden": ours,
    "segments": segments,
    "azure": azure,
    "funasr": funasr,
}
