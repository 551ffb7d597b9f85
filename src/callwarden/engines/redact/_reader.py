"""What was read of a text once need not be read again within the same call."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ._cues import Cue, find_cues
from ._fold import fold
from ._found import Found
from ._gate import Gate, Sign, default_gate
from ._runs import Reading, read_turn

NUMERAL = int(Sign.NUMERAL)


class Reader:
    """Folds, gates and reads texts, and remembers them for the life of one call (never longer: they are personal).

    Args:
        gate: decides which texts need a closer look.
    """

    def __init__(self, gate: Gate | None = None) -> None:
        self._gate = gate or default_gate()
        self._looked: dict[str, tuple[str, int]] = {}
        self._numerals: dict[str, tuple[str, int]] = {}
        self._readings: dict[str, Reading] = {}
        self._cues: dict[str, list[Cue]] = {}
        self._found: dict[tuple[str, int, str], list[Found]] = {}

    def look(self, text: str) -> tuple[str, int]:
        """The folded text and the gate's signs in it."""
        looked = self._looked.get(text)
        if looked is None:
            folded = fold(text)
            looked = self._looked[text] = (folded, self._gate.signs(folded))
        return looked

    def look_for_numerals(self, text: str) -> tuple[str, int]:
        """The folded text and the gate's signs of numerals in it, for texts in which nothing else is looked for."""
        looked = self._looked.get(text) or self._numerals.get(text)
        if looked is None:
            folded = fold(text)
            looked = self._numerals[text] = (folded, self._gate.numerals(folded))
        return looked

    def cues(self, text: str) -> list[Cue]:
        """The cues of a text."""
        cues = self._cues.get(text)
        if cues is None:
            cues = self._cues[text] = find_cues(self.look(text)[0])
        return cues

    def remember(self, kind: str, turn: int, text: str, find: Callable[[], Iterable[Found]]) -> list[Found]:
        """What a recogniser that needs no context finds in a text; forms of a turn repeat each other."""
        key = (kind, turn, text)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = list(find())
        return found

    def has_numerals(self, text: str) -> bool:
        """Whether any numeral stands in a text."""
        return bool(self.look_for_numerals(text)[1] & NUMERAL)

    def read(self, text: str) -> Reading:
        """The numerals of a text."""
        reading = self._readings.get(text)
        if reading is None:
            reading = self._readings[text] = read_turn(self.look_for_numerals(text)[0])
        return reading
