"""Redaction of recognised English dialogues nobody here wrote: DSTC10, spoken telephone numbers of venues.

Reads ``dstc10-dev.jsonl`` from the folder named by the environment variable ``DATA`` (its licence keeps it out of the
repository). Which words make a telephone number is decided by a reader of this file's own, which shares nothing with
the engine: a row of number words that spells ten digits. Figures: numbers that are wholly covered, the share of spans
labelled as telephone numbers that touch one, spans of other kinds, characters removed, and megabytes of text (all
hypotheses counted) per second of processor time.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from callwarden.engines.redact import EntityType, Redaction, Transcript, redact

ROUNDS = 3
FILE = "dstc10-dev.jsonl"
_ONES = dict(
    zip(
        ["zero", "oh", "o", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
        "000123456789",
        strict=True,
    )
)
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = dict(
    zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], "23456789", strict=True)
)
_SCALES = {"hundred": "00", "thousand": "000"}


def run(progress: Callable[[str], None]) -> dict[str, float]:
    """The figures, or none when the file is not there."""
    folder = os.environ.get("DATA")
    source = Path(folder) / FILE if folder else None
    if source is None or not source.is_file():
        print(f"dstc10: not measured (set DATA to the folder that holds {FILE})", file=sys.stderr)
        return {}
    dialogues = [json.loads(line) for line in source.read_text("utf-8").splitlines() if line.strip()]
    calls = [Transcript.from_json(dialogue) for dialogue in dialogues]
    progress("warming up")
    results = [redact(call) for call in calls]
    seconds = []
    for number in range(ROUNDS):
        progress(f"round {number + 1} of {ROUNDS}")
        begin = time.process_time()
        results = [redact(call) for call in calls]
        seconds.append(time.process_time() - begin)
    size = sum(len(text.encode()) for call in calls for turn in call.turns for text in (turn.text, *turn.nbest))
    return {**judge(dialogues, results), "mb_per_s": size / min(seconds) / 1e6}


def judge(dialogues: list[dict[str, Any]], results: list[Redaction]) -> dict[str, float]:
    """Recall over the telephone numbers and precision over the spans."""
    numbers = covered = telephones = right = others = removed = characters = 0
    for dialogue, result in zip(dialogues, results, strict=True):
        for turn, told in enumerate(dialogue["turns"]):
            gold = list(telephone_numbers(told["text"]))
            spans = [span for span in result.spans if span.turn == turn]
            found = [(span.start, span.end) for span in spans]
            claimed = [(span.start, span.end) for span in spans if span.type is EntityType.PHONE]
            numbers += len(gold)
            covered += sum(any(start <= first and end >= last for start, end in found) for first, last in gold)
            telephones += len(claimed)
            others += len(found) - len(claimed)
            right += sum(any(start < last and end > first for first, last in gold) for start, end in claimed)
            removed += sum(end - start for start, end in found)
            characters += len(told["text"])
    return {
        "numbers": numbers,
        "numbers_covered": covered,
        "recall": covered / numbers if numbers else 0.0,
        "precision": right / telephones if telephones else 0.0,
        "other_spans": others,
        "characters_redacted": removed,
        "share_redacted": removed / characters if characters else 0.0,
    }


def telephone_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Rows of number words and digits that spell ten digits."""
    row: list[re.Match[str]] = []
    for word in [*re.finditer(r"[a-z']+|\d+", text), None]:
        if word is not None and (_digits(word.group()) is not None or word.group() in _TENS):
            row.append(word)
            continue
        if row and len(_spelled([item.group() for item in row])) == 10:
            yield row[0].start(), row[-1].end()
        row = []


def _digits(word: str) -> str | None:
    if word.isdigit():
        return word
    if word in _TEENS:
        return str(10 + _TEENS.index(word))
    return _ONES.get(word) or _SCALES.get(word)


def _spelled(words: list[str]) -> str:
    digits, place = "", 0
    while place < len(words):
        word = words[place]
        following = words[place + 1] if place + 1 < len(words) else ""
        if word in _TENS and _ONES.get(following, "0") != "0":
            digits += _TENS[word] + _ONES[following]
            place += 2
            continue
        digits += _TENS[word] + "0" if word in _TENS else _digits(word) or ""
        place += 1
    return digits
