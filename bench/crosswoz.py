"""Telephone numbers in Chinese dialogues nobody here wrote: CrossWOZ, its numbers put into words in four styles.

Reads ``crosswoz-dev.jsonl`` from the folder named by ``DATA`` (its licence keeps it out of the repository). Styles:
``digits`` as written, ``spoken`` sign by sign with 幺 for 1, ``half`` with the last part in signs, ``grouped`` in
threes and fours with a pause between. Service numbers (400, 800) count as the business numbers they are: neither
needed nor wrong. Figures per style: share of numbers wholly removed, and the share of all other characters removed.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from callwarden.engines.redact import Span, Transcript, Turn, redact
from callwarden.engines.redact.evaluation import Gold, Score

FILE = "crosswoz-dev.jsonl"
STYLES = ("digits", "spoken", "half", "grouped")
_NUMBER = re.compile(
    r"(?<![\d.])(?:0\d{2,3}[- ]?\d{7,8}(?:-\d{1,4})?|1[3-9]\d{9}|[48]00[- ]?\d{3}[- ]?\d{4}"
    r"|[2-9]\d{6,7}(?:-\d{1,4})?)(?!\d)"
)
_SIGNS = str.maketrans("0123456789", "零幺二三四五六七八九")


def run(progress: Callable[[str], None]) -> dict[str, float]:
    """The figures, or none when the file is not there."""
    folder = os.environ.get("DATA")
    source = Path(folder) / FILE if folder else None
    if source is None or not source.is_file():
        print(f"crosswoz: not measured (set DATA to the folder that holds {FILE})", file=sys.stderr)
        return {}
    dialogues = [json.loads(line) for line in source.read_text("utf-8").splitlines() if line.strip()]
    figures: dict[str, float] = {}
    for style in STYLES:
        progress(style)
        begin = time.process_time()
        score, size = measure(dialogues, style)
        figures["numbers"] = score.gold["PHONE"]
        figures[f"recall_{style}"] = score.recall()
        figures[f"over_redaction_{style}"] = score.over_redaction
        figures[f"mb_per_s_{style}"] = size / (time.process_time() - begin) / 1e6
    return figures


def measure(dialogues: list[dict[str, list[dict[str, str]]]], style: str) -> tuple[Score, int]:
    """The score over all dialogues in one style, and their size in bytes."""
    score, size = Score(), 0
    for dialogue in dialogues:
        texts: list[str] = []
        gold: list[Gold] = []
        for number, turn in enumerate(dialogue["turns"]):
            text, places = verbalised(turn["text"], style)
            texts.append(text)
            gold += [Gold(number, start, end, kind) for start, end, kind in places]
        turns = tuple(Turn(turn["speaker"], text) for turn, text in zip(dialogue["turns"], texts, strict=True))
        result = redact(Transcript("", turns))
        score.add(
            texts,
            [value for value in gold if value.type == "PHONE"],
            [span for span in result.spans if _touched(span, gold) != {"BUSINESS"}],
        )
        size += sum(len(text.encode()) for text in texts)
    return score, size


def _touched(span: Span, gold: list[Gold]) -> set[str]:
    """Kinds of numbers a span touches."""
    return {item.type for item in gold if item.turn == span.turn and item.start < span.end and item.end > span.start}


def verbalised(text: str, style: str) -> tuple[str, list[tuple[int, int, str]]]:
    """The text with its telephone numbers in one style, and where they stand."""
    made, places, done = "", [], 0
    for match in _NUMBER.finditer(text):
        made += text[done : match.start()]
        kind = "BUSINESS" if match.group()[0] in "48" else "PHONE"
        said = _said(match.group(), style)
        places.append((len(made), len(made) + len(said), kind))
        made += said
        done = match.end()
    return made + text[done:], places


def _said(number: str, style: str) -> str:
    digits = re.sub(r"\D", "", number)
    if style == "digits":
        return number
    if style == "spoken":
        return digits.translate(_SIGNS)
    if style == "half":
        return digits[:-4] + digits[-4:].translate(_SIGNS)
    return " ".join(_groups(digits)).translate(_SIGNS)


def _groups(digits: str) -> Iterator[str]:
    first = 4 if len(digits) == 8 else 3
    yield digits[:first]
    yield from (digits[start : start + 4] for start in range(first, len(digits), 4))
