"""What was read of a text once need not be read again within the same call."""

from __future__ import annotations

from ._fold import fold
from ._gate import Gate, Sign, default_gate
from ._runs import Reading, read_turn

_NUMERAL = int(Sign.NUMERAL)


class Reader:
    """Folds, gates and reads texts, and remembers them for the life of one call (never longer: they are personal).

    Args:
        gate: decides which texts need a closer look.
    """

    def __init__(self, gate: Gate | None = None) -> None:
        self._gate = gate or default_gate()
        self._looked: dict[str, tuple[str, int]] = {}
        self._readings: dict[str, Reading] = {}

    def look(self, text: str) -> tuple[str, int]:
        """The folded text and the gate's signs in it."""
        looked = self._looked.get(text)
        if looked is None:
            folded = fold(text)
            looked = self._looked[text] = (folded, self._gate.signs(folded))
        return looked

    def has_numerals(self, text: str) -> bool:
        """Whether any numeral stands in a text."""
        return bool(self.look(text)[1] & _NUMERAL)

    def read(self, text: str) -> Reading:
        """The numerals of a text."""
        reading = self._readings.get(text)
        if reading is None:
            reading = self._readings[text] = read_turn(self.look(text)[0])
        return reading
