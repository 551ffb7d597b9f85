"""Redacting labelled calls and counting."""

from __future__ import annotations

from collections.abc import Iterable

from .._redact import redact
from ._score import Score
from ._writer import LabelledCall


def evaluate(calls: Iterable[LabelledCall]) -> Score:
    """The score of the engine, without known values, over labelled calls."""
    score = Score()
    for call in calls:
        score.add(call.texts, call.gold, redact(call.transcript()).spans)
    return score
