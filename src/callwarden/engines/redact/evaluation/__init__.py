"""Measuring the engine: labelled calls made up from templates of their own, and the counting of what was missed.

>>> from callwarden.engines.redact.evaluation import evaluate, generate
>>> score = evaluate(generate(seed=1, count=20, language="zh"))
>>> score.recall() > 0.9
True
"""

from ._evaluate import evaluate
from ._generator import LANGUAGES, generate
from ._score import Gold, Score
from ._writer import LabelledCall

__all__ = ["LANGUAGES", "Gold", "LabelledCall", "Score", "evaluate", "generate"]
