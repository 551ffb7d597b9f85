"""Writing a labelled call: turns whose texts remember which of their characters are values."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .._transcript import Transcript, Turn, Word
from ._noise import Noise
from ._score import Gold


@dataclass(frozen=True, slots=True)
class Value:
    """Text of a value within a turn, and what it is.

    Args:
        type: an entity type of the engine.
        text: as it is said.
        written: as a recogniser that writes numbers would put it, empty when it would not differ.
        manner: how it is told, for reports: written, spoken, half-written, misheard, grouped, parts, corrected, echo,
            spelled, or empty.
    """

    type: str
    text: str
    written: str = ""
    manner: str = ""


Part = str | Value


@dataclass
class LabelledCall:
    """A made-up call: its transcript and where its values stand.

    Attributes:
        turns: speaker and text.
        gold: values in the texts.
        forms: other forms of each turn's speech by name; empty unless they were asked for.
        form_gold: values in those forms.
    """

    id: str
    language: str
    turns: list[tuple[str, str]] = field(default_factory=list)
    gold: list[Gold] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    form_gold: list[Gold] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.turns]

    def transcript(self) -> Transcript:
        """The call as a recogniser gives it: with forms it also has a hypothesis, and words with times."""
        if not self.forms:
            return Transcript(self.id, tuple(Turn(speaker, text) for speaker, text in self.turns), self.language)
        made: list[Turn] = []
        clock = 0.0
        for (speaker, text), forms in zip(self.turns, self.forms, strict=True):
            words, end = _timed(text, clock)
            named = {name: form for name, form in forms.items() if name != "nbest"}
            nbest = (forms["nbest"],) if "nbest" in forms else ()
            channel = 0 if speaker == "agent" else 1
            made.append(Turn(speaker, text, channel, words, nbest, named, clock, end))
            clock = end + 400
        return Transcript(self.id, tuple(made), self.language)


_TOKEN = re.compile(r"[^\W\u2e80-\u9fff]+|[^\w\s]+|[\u2e80-\u9fff]")


def _timed(text: str, begin: float) -> tuple[tuple[Word, ...], float]:
    """Words of a turn with times in milliseconds: about five Chinese characters or three English words a second."""
    words: list[Word] = []
    for match in re.finditer(r"\S+", text):
        pieces = _TOKEN.findall(match.group()) if re.search(r"[\u2e80-\u9fff]", match.group()) else [match.group()]
        for piece in pieces:
            length = 180.0 if len(piece) == 1 else 60.0 * len(piece) + 120
            words.append(Word(piece, begin, begin + length - 20, 0.9))
            begin += length
    return tuple(words), begin


_MARKS = re.compile(r"[，。？！、,.?!]")


class Writer:
    """Adds turns to a call in the manner of one recogniser.

    Args:
        call: receives the turns.
        chance: the only source of chance for what is said.
        bare: the recogniser writes no punctuation.
        spaced: Chinese punctuation becomes a space rather than nothing.
        noise: what the recogniser does to speech; it has a chance of its own, so that the same seed tells the same
            stories with and without.
        forms: also write other forms of each turn.
        language: of what is said now; a mixed call changes it.
    """

    def __init__(
        self,
        call: LabelledCall,
        chance: random.Random,
        *,
        bare: bool,
        spaced: bool,
        noise: Noise | None = None,
        forms: bool = False,
        language: str = "",
    ) -> None:
        self.call = call
        self.chance = chance
        self.language = language or call.language
        self._bare = bare
        self._spaced = spaced
        self._noise = noise or Noise("none", random.Random(0))  # noqa: S311 never drawn from
        self._forms = forms

    def say(self, speaker: str, *parts: Part) -> None:
        """One turn, or two where the recogniser heard a pause in the middle of it."""
        spoken = [part for part in parts if (part.text if isinstance(part, Value) else part)]
        for number, some in enumerate(self._cut(spoken)):
            if number and self._noise.often(0.35):
                self._add("agent" if speaker != "agent" else "customer", [self._noise.nod(self.language)])
            self._add(speaker, some)

    def _cut(self, parts: list[Part]) -> list[list[Part]]:
        if not self._noise.cuts() or not parts:
            return [parts]
        place = self._noise.place(len(parts))
        part = parts[place]
        if isinstance(part, Value):
            halves = self._noise.halves(part.text)
            if halves is None or part.manner in ("spelled", "written", ""):
                return [parts]
            first, second = (replace(part, text=half, written="", manner="parts") for half in halves)
            return [[*parts[:place], first], [second, *parts[place + 1 :]]]
        return [parts[: place + 1], parts[place + 1 :]] if place + 1 < len(parts) else [parts]

    def _add(self, speaker: str, parts: Sequence[Part]) -> None:
        turn = len(self.call.turns)
        heard = [self._heard(part) for part in parts]
        text, gold = self._line(turn, heard, "text")
        self.call.gold.extend(gold)
        self.call.turns.append((speaker, text))
        if not self._forms:
            return
        forms: dict[str, str] = {}
        written = [
            replace(part, text=part.written) if isinstance(part, Value) and part.written else part for part in heard
        ]
        if written != heard:
            forms["itn"], gold = self._line(turn, written, "itn")
            self.call.form_gold.extend(gold)
        again = [part if isinstance(part, Value) else self._noise.again(part, self.language) for part in heard]
        if again != heard:
            forms["nbest"], gold = self._line(turn, again, "nbest")
            self.call.form_gold.extend(gold)
        self.call.forms.append(forms)

    def _heard(self, part: Part) -> Part:
        """A part as the recogniser writes it: literal words may be misheard, values are as they were drawn."""
        if isinstance(part, Value):
            return part
        gap = " " if self._spaced or self.language == "en" else ""
        return self._noise.hear(_MARKS.sub(gap, part) if self._bare else part, self.language)

    def _line(self, turn: int, parts: Sequence[Part], form: str) -> tuple[str, list[Gold]]:
        text = ""
        gold: list[Gold] = []
        for part in parts:
            piece = self._noise.shape(part.text if isinstance(part, Value) else part)
            text += self._noise.joint(text, piece)
            if isinstance(part, Value):
                gold.append(Gold(turn, len(text), len(text) + len(piece), part.type, part.manner, form))
            text += piece
        return text, gold

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
