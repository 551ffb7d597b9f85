"""Measuring the engine: labelled dialogues made up from templates of their own, and the counting of what was missed."""

from ._score import Gold, Score

__all__ = ["Gold", "Score"]
