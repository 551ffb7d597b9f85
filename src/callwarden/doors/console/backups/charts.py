"""Columns over time, drawn on the server: no script, readable without colour, each with its figure in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from callwarden.doors.console.components import Text

# Width of a column and of the gap beside it, in the units of the drawing.
COLUMN, GAP = 6, 2
HEIGHT = 100


@dataclass(frozen=True)
class Bar:
    """One column: where it stands, how high it is, and what it says."""

    x: int
    y: float
    height: float
    at: datetime
    seconds: float


@dataclass(frozen=True)
class Columns:
    """Seconds measured at moments, oldest first; `limit` is what they should stay under, drawn as a line."""

    template: ClassVar[str] = "console/backups/columns.html"
    id: str
    label: Text
    points: Sequence[tuple[datetime, float]]
    limit: float | None = None

    @property
    def top(self) -> float:
        """What the full height stands for, in seconds."""
        return max([seconds for _at, seconds in self.points] + [self.limit or 0.0, 0.001]) * 1.05

    @property
    def bars(self) -> list[Bar]:
        return [
            Bar(number * (COLUMN + GAP), HEIGHT - height, height, at, seconds)
            for number, (at, seconds) in enumerate(self.points)
            for height in [max(1.5, HEIGHT * seconds / self.top)]
        ]

    @property
    def width(self) -> int:
        """Never less than a dozen columns, or a single drill would fill the whole drawing."""
        return max(12, len(self.points)) * (COLUMN + GAP) - GAP

    @property
    def line(self) -> float | None:
        return None if self.limit is None else HEIGHT - HEIGHT * self.limit / self.top

    @property
    def newest(self) -> float | None:
        return self.points[-1][1] if self.points else None
