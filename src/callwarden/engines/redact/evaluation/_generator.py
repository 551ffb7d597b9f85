"""Labelled calls without end: scenes strung together, told in the manner of a recogniser drawn for each call."""

from __future__ import annotations

import random
from collections.abc import Iterator
from types import ModuleType

from . import _scenes_en, _scenes_en_papers, _scenes_en_talk, _scenes_zh, _scenes_zh_papers, _scenes_zh_talk
from ._noise import LEVELS, Noise
from ._scenes_en import Scene
from ._writer import LabelledCall, Writer

LANGUAGES = ("zh", "en")
MIXED = "mixed"
SETS = ("everyday", "wide")

_SCENES: dict[str, dict[str, tuple[ModuleType, ...]]] = {
    "everyday": {"zh": (_scenes_zh,), "en": (_scenes_en,)},
    "wide": {
        "zh": (_scenes_zh, _scenes_zh_papers, _scenes_zh_talk),
        "en": (_scenes_en, _scenes_en_papers, _scenes_en_talk),
    },
}


def generate(
    seed: int, count: int, language: str, *, scenes: str = "everyday", noise: str = "none", forms: bool = False
) -> Iterator[LabelledCall]:
    """Make ``count`` calls; the same arguments give the same calls.

    Args:
        seed: any integer.
        count: how many calls.
        language: ``zh``, ``en``, or ``mixed`` for calls in which the parties change the language between scenes.
        scenes: ``everyday`` (telephones, cards, names, addresses) or ``wide`` (also papers and codes with letters,
            values told over several turns, corrections, interruptions, words of the other language).
        noise: ``none``, ``light`` or ``heavy``: slips, fillers, doubled words, capitals, turns cut in two.
        forms: also words with times, a form with numbers written out, and a second hypothesis.

    Raises:
        ValueError: an argument names nothing of the above.
    """
    if language not in (*LANGUAGES, MIXED) or scenes not in SETS or noise not in LEVELS:
        raise ValueError("language, scenes or noise")
    tongues = LANGUAGES if language == MIXED else (language,)
    modules = _SCENES[scenes]
    for number in range(count):
        chance = random.Random(f"{seed} {language} {number}")  # noqa: S311 made-up data, not a secret
        habits = Noise(noise, random.Random(f"{seed} {language} {number} {noise}"))  # noqa: S311
        call = LabelledCall(f"{language}-{seed}-{number}", language)
        writer = Writer(
            call, chance, bare=chance.random() < 0.5, spaced=chance.random() < 0.5, noise=habits, forms=forms
        )
        writer.language = first = chance.choice(tongues) if language == MIXED else language
        modules[first][0].opening(writer)
        chosen = {tongue: _weighted(modules[tongue]) for tongue in tongues}
        if language == MIXED:
            for _ in range(chance.randint(3, 8)):
                writer.language = chance.choice(tongues)
                _draw(chance, *chosen[writer.language], 1)[0](writer)
        else:
            for scene in _draw(chance, *chosen[language], chance.randint(3, 8)):
                scene(writer)
        writer.language = first
        modules[first][0].closing(writer)
        yield call


def _draw(chance: random.Random, scenes: list[Scene], weights: list[int], count: int) -> list[Scene]:
    return chance.choices(scenes, weights, k=count)


def _weighted(modules: tuple[ModuleType, ...]) -> tuple[list[Scene], list[int]]:
    pairs = [pair for module in modules for pair in module.SCENES]
    return [scene for scene, _ in pairs], [weight for _, weight in pairs]
