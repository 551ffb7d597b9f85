"""Measuring the engine: labelled calls made up from templates of their own, and the counting of what was missed.

>>> from callwarden.engines.redact.evaluation import evaluate, generate
>>> score = evaluate(generate(seed=1, count=20, language="zh"))
>>> score.recall() > 0.9
True

`generate` makes labelled calls without end and `read_labels` reads those of a user; `measure` redacts and counts in
every form, in the sound and in time, and `judge` counts what another redactor removed. Scores hold counts and places,
never values.
"""

from ._evaluate import Case, Evaluation, Pace, evaluate, judge, measure
from ._generator import LANGUAGES, MIXED, SETS, generate
from ._labels import InvalidLabels, read_labels, to_json
from ._noise import LEVELS
from ._score import TEXT, Gold, Removed, Score, interval
from ._writer import LabelledCall

__all__ = [
    "LANGUAGES",
    "LEVELS",
    "MIXED",
    "SETS",
    "TEXT",
    "Case",
    "Evaluation",
    "Gold",
    "InvalidLabels",
    "LabelledCall",
    "Pace",
    "Removed",
    "Score",
    "evaluate",
    "generate",
    "interval",
    "judge",
    "measure",
    "read_labels",
    "to_json",
]
