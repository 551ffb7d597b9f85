"""Labelled calls without end: scenes strung together, told in the manner of a recogniser drawn for each call."""

from __future__ import annotations

import random
from collections.abc import Iterator

from . import _scenes_en, _scenes_zh
from ._writer import LabelledCall, Writer

LANGUAGES = ("zh", "en")


def generate(seed: int, count: int, language: str) -> Iterator[LabelledCall]:
    """Make ``count`` calls; the same seed gives the same calls.

    Args:
        seed: any integer.
        count: how many calls.
        language: ``zh`` or ``en``.
    """
    scenes = {"zh": _scenes_zh, "en": _scenes_en}[language]
    chosen = [scene for scene, _ in scenes.SCENES]
    weights = [weight for _, weight in scenes.SCENES]
    for number in range(count):
        chance = random.Random(f"{seed} {language} {number}")  # noqa: S311 made-up data, not a secret
        call = LabelledCall(f"{language}-{seed}-{number}", language)
        writer = Writer(call, chance, bare=chance.random() < 0.5, spaced=chance.random() < 0.5)
        scenes.opening(writer)
        for scene in chance.choices(chosen, weights, k=chance.randint(3, 8)):
            scene(writer)
        scenes.closing(writer)
        yield call
