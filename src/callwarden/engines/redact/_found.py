"""What a recogniser hands over, before it becomes a public span."""

from __future__ import annotations

from dataclasses import dataclass

from ._numerals import Element
from ._spans import EntityType


@dataclass(slots=True)
class Found:
    """A place in one turn of one view of the call; ``elements`` are the numerals inside, for echoes."""

    turn: int
    start: int
    end: int
    type: EntityType
    rule: str
    confidence: float
    group: int = -1
    elements: tuple[Element, ...] = ()
    provisional: bool = False
