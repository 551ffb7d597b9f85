"""Names callers give, as recognisers write them: NatCS insurance requests in lower case and without punctuation.

Reads ``natcs-insurance.jsonl`` from the folder named by ``DATA``. ``natcs_names.json`` holds,
by utterance, where names stand (offsets only), labelled by hand among utterances that a search picked out; one that is
not listed is taken to hold none, so a name the search missed and the redactor found counts against precision.
Figures: utterances of which every name was wholly removed, the same with the capitals left in, the precision of the
spans called a person, and the share of utterances without a name from which one was removed.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from callwarden.engines.redact import EntityType, Transcript, Turn, redact
from callwarden.engines.redact.evaluation import Gold, Score

FILE = "natcs-insurance.jsonl"
LABELS = Path(__file__).with_name("natcs_names.json")
_MARKS = re.compile(r"[.,!?;:]")


def run(progress: Callable[[str], None]) -> dict[str, float]:
    """The figures, or none when the file is not there."""
    folder = os.environ.get("DATA")
    source = Path(folder) / FILE if folder else None
    if source is None or not source.is_file():
        print(f"natcs: not measured (set DATA to the folder that holds {FILE})", file=sys.stderr)
        return {}
    utterances = [json.loads(line) for line in source.read_text("utf-8").splitlines() if line.strip()]
    progress("lower case")
    spoken, false_alarms = measure(utterances, as_spoken)
    progress("as written")
    written, _ = measure(utterances, str)
    names = spoken.gold.total()
    return {
        "names": names,
        "recall": spoken.recall(),
        "recall_written": written.recall(),
        "precision": spoken.precision(),
        "precision_written": written.precision(),
        "turns_without_name": len(utterances) - len(labels()),
        "false_alarms": false_alarms,
    }


def labels() -> dict[str, list[list[int]]]:
    loaded: dict[str, list[list[int]]] = json.loads(LABELS.read_text("utf-8"))
    return loaded


def as_spoken(text: str) -> str:
    """Lower case, every mark a space: offsets stay."""
    return _MARKS.sub(" ", text.lower())


def measure(utterances: list[dict[str, str]], shape: Callable[[str], str]) -> tuple[Score, int]:
    """The score over persons, and in how many utterances without a name one was removed."""
    score, known, false_alarms = Score(), labels(), 0
    for utterance in utterances:
        text = shape(utterance["utterance"])
        gold = [Gold(0, start, end, "PERSON") for start, end in known.get(utterance["utterance_id"], ())]
        spans = redact(Transcript("", (Turn("customer", text),))).spans
        persons = [span for span in spans if span.type is EntityType.PERSON]
        score.add([text], gold, persons)
        false_alarms += bool(persons) and not gold
    return score, false_alarms
