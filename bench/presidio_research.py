"""English sentences nobody here wrote: the synthetic set of presidio-research, type by type.

Reads ``presidio-research-synth.json`` from the folder named by ``DATA``. A value counts as found when every letter and
digit of it was removed, under whatever name. Towns, organisations, titles, nationalities, dates and web sites are no
personal data by themselves: removing one is not counted as wrong, nor leaving it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from callwarden.engines.redact import Transcript, Turn, redact
from callwarden.engines.redact.evaluation import Gold, Score

FILE = "presidio-research-synth.json"
PERSONAL = {
    "CREDIT_CARD": "card",
    "PHONE_NUMBER": "phone",
    "EMAIL_ADDRESS": "email",
    "IBAN_CODE": "iban",
    "US_SSN": "ssn",
    "IP_ADDRESS": "ip",
    "US_DRIVER_LICENSE": "driver_license",
    "STREET_ADDRESS": "address",
    "ZIP_CODE": "zip",
    "PERSON": "person",
    "AGE": "age",
}


def run(progress: Callable[[str], None]) -> dict[str, float]:
    """The figures, or none when the file is not there."""
    folder = os.environ.get("DATA")
    source = Path(folder) / FILE if folder else None
    if source is None or not source.is_file():
        print(f"presidio_research: not measured (set DATA to the folder that holds {FILE})", file=sys.stderr)
        return {}
    progress("redacting")
    documents = json.loads(source.read_text("utf-8"))
    measure(documents)  # the gate is built on first use
    begin = time.process_time()
    score = measure(documents)
    seconds = time.process_time() - begin
    size = sum(len(document["full_text"].encode()) for document in documents)
    return {
        **{f"recall_{name}": score.recall(kind) for kind, name in PERSONAL.items()},
        "precision": score.precision(),
        "over_redaction": score.over_redaction,
        "mb_per_s": size / seconds / 1e6,
    }


def measure(documents: list[dict[str, Any]], *, lower: bool = False) -> Score:
    """The score over all documents; ``lower``: in lower case, as recognisers write."""
    score = Score()
    for document in documents:
        text = document["full_text"].lower() if lower else document["full_text"]
        labels = [
            Gold(0, span["start_position"], span["end_position"], span["entity_type"]) for span in document["spans"]
        ]
        other = [label for label in labels if label.type not in PERSONAL]
        spans = [
            span
            for span in redact(Transcript("", (Turn("", text),))).spans
            if not any(label.start < span.end and span.start < label.end for label in other)
            or any(label.start < span.end and span.start < label.end for label in labels if label.type in PERSONAL)
        ]
        score.add([text], [label for label in labels if label.type in PERSONAL], spans)
    return score
