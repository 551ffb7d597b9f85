"""Turns that may not say what was said: the recogniser was unsure, or wrote words where nobody spoke.

A recogniser that has lost the thread writes something all the same: the same words again and again, or a sentence of
its training over silence. What was really said there is unknown, so its sound may not stay. The limits are those at
which Whisper's own decoder gives a passage up (Radford et al. 2022, section 4.5: compression above 2.4, mean log
probability below -1, no speech above 0.6).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final

from .words import Turn

UNSURE: Final = "unsure"
REPEATS: Final = "repeats"
NO_SPEECH: Final = "no_speech"
DOUBTS: Final = (UNSURE, REPEATS, NO_SPEECH)

_COMPRESSION, _LOGPROB, _NO_SPEECH = 2.4, -1.0, 0.6
_CONFIDENCE = 0.4  # mean of the words of a turn
_LOOP_TIMES, _LOOP_TOKENS = 4, 10  # so often in a row, and at least so long together: no number is told that way
_SAME_TURNS = 4  # one after the other by one party; "mm hmm" is one token and does not count
_LONGEST_LOOP = 12
_TOKEN = re.compile(r"[^\W_a-z]|[a-z0-9']+")


def by_figures(figures: Mapping[str, float]) -> tuple[str, ...]:
    """What a segment's own figures say: ``avg_logprob``, ``compression_ratio``, ``no_speech_prob``."""
    told = {
        UNSURE: figures.get("avg_logprob", 0.0) < _LOGPROB,
        REPEATS: figures.get("compression_ratio", 0.0) > _COMPRESSION,
        NO_SPEECH: figures.get("no_speech_prob", 0.0) > _NO_SPEECH,
    }
    return tuple(doubt for doubt in DOUBTS if told[doubt])


def with_doubts(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns with what their words and their neighbours say, beside the doubts that they came with."""
    said = [_tokens(turn.text) for turn in turns]
    echoed = _echoed(turns, said)
    found: list[Turn] = []
    for number, (turn, tokens) in enumerate(zip(turns, said, strict=True)):
        levels = [word.confidence for word in turn.words if word.confidence is not None]
        told = {
            UNSURE: bool(levels) and sum(levels) / len(levels) < _CONFIDENCE,
            REPEATS: number in echoed or _goes_round(tokens),
        }
        doubts = tuple(doubt for doubt in DOUBTS if doubt in turn.doubts or told.get(doubt))
        found.append(replace(turn, doubts=doubts) if doubts != turn.doubts else turn)
    return tuple(found)


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.casefold())


def _goes_round(tokens: Sequence[str]) -> bool:
    """Whether some words come again and again without anything between them."""
    for size in range(1, min(_LONGEST_LOOP, len(tokens) // _LOOP_TIMES) + 1):
        needed = max(size * (_LOOP_TIMES - 1), _LOOP_TOKENS - size)
        run = 0
        for before, after in zip(tokens, tokens[size:], strict=False):
            run = run + 1 if before == after else 0
            if run >= needed:
                return True
    return False


def _echoed(turns: Sequence[Turn], said: Sequence[list[str]]) -> set[int]:
    """Turns in which one party says the very same, one after the other."""
    keys = [(turn.speaker, turn.channel, tuple(tokens)) for turn, tokens in zip(turns, said, strict=True)]
    found: set[int] = set()
    for (_speaker, _channel, tokens), run in groupby(range(len(turns)), key=keys.__getitem__):
        numbers = list(run)
        if len(numbers) >= _SAME_TURNS and len(tokens) > 1:
            found.update(numbers)
    return found


def figures_of(item: Mapping[str, Any]) -> dict[str, float]:
    """The figures that a segment came with; what is no number there is none of them."""
    names = ("avg_logprob", "compression_ratio", "no_speech_prob")
    return {
        name: float(item[name])
        for name in names
        if isinstance(item.get(name), int | float) and not isinstance(item[name], bool) and abs(item[name]) < 1e9
    }
