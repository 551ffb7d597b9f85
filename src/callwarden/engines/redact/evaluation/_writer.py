"""Writing a labelled call: turns whose texts remember which of their characters are values."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .._transcript import Transcript, Turn
from ._score import Gold


@dataclass(frozen=True, slots=True)
class Value:
    """Text of a value within a turn, and what it is."""

    type: str
    text: str


Part = str | Value


@dataclass
class LabelledCall:
    """A made-up call: its transcript and where its values stand."""

    id: str
    language: str
    turns: list[tuple[str, str]] = field(default_factory=list)
    gold: list[Gold] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.turns]

    def transcript(self) -> Transcript:
        return Transcript(self.id, tuple(Turn(speaker, text) for speaker, text in self.turns), self.language)


_MARKS = re.compile(r"[，。？！、,.?!]")


class Writer:
    """Adds turns to a call in the manner of one recogniser.

    Args:
        call: receives the turns.
        chance: the only source of chance.
        bare: the recogniser writes no punctuation.
        spaced: Chinese punctuation becomes a space rather than nothing.
    """

    def __init__(self, call: LabelledCall, chance: random.Random, *, bare: bool, spaced: bool) -> None:
        self.call = call
        self.chance = chance
        self._bare = bare
        self._gap = " " if spaced or call.language == "en" else ""

    def say(self, speaker: str, *parts: Part) -> None:
        """One turn; literal parts lose their punctuation where the recogniser writes none."""
        text = ""
        for part in parts:
            if isinstance(part, Value):
                self.call.gold.append(Gold(len(self.call.turns), len(text), len(text) + len(part.text), part.type))
                text += part.text
            else:
                text += _MARKS.sub(self._gap, part) if self._bare else part
        self.call.turns.append((speaker, text))

    def pick(self, *choices: str) -> str:
        return self.chance.choice(choices)

    def often(self, share: float) -> bool:
        return self.chance.random() < share


def filled(template: str, values: dict[str, Sequence[Part] | Part]) -> list[Part]:
    """The parts of a template such as ``"my name is {name} okay"``."""
    parts: list[Part] = []
    for piece in re.split(r"(\{\w+\})", template):
        if not piece.startswith("{"):
            if piece:
                parts.append(piece)
            continue
        value = values[piece[1:-1]]
        if isinstance(value, (str, Value)):
            parts.append(value)
        else:
            parts.extend(value)
    return parts
