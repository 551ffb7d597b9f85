"""Somebody's days as columns: what a reason explains below, what nothing explains on top; drawn on the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from callwarden.control.alerts.queries import Day, RaisedDay
from callwarden.doors.console.components import Text

COLUMN, GAP, HEIGHT = 8, 2, 100


@dataclass(frozen=True)
class Bar:
    x: int
    day: date
    explained: int
    unexplained: int
    explained_y: float
    explained_height: float
    unexplained_y: float
    unexplained_height: float
    alerts: int


@dataclass(frozen=True)
class Timeline:
    """Days of one person, oldest first; `alerts` are the days on which alerts about them were raised."""

    template: ClassVar[str] = "console/alerts/timeline.html"
    label: Text
    days: Sequence[Day]
    alerts: Sequence[date] = ()

    @property
    def most(self) -> int:
        return max([day.explained + day.unexplained for day in self.days] or [0])

    @property
    def bars(self) -> list[Bar]:
        scale = (HEIGHT - 8) / max(1, self.most)
        bars = []
        for number, day in enumerate(self.days):
            low, high = day.explained * scale, day.unexplained * scale
            bars.append(
                Bar(
                    x=number * (COLUMN + GAP),
                    day=day.day,
                    explained=day.explained,
                    unexplained=day.unexplained,
                    explained_y=round(HEIGHT - low, 2),
                    explained_height=round(low, 2),
                    unexplained_y=round(HEIGHT - low - high, 2),
                    unexplained_height=round(high, 2),
                    alerts=sum(1 for one in self.alerts if one == day.day),
                )
            )
        return bars

    @property
    def width(self) -> int:
        return max(1, len(self.days)) * (COLUMN + GAP) - GAP

    @property
    def total(self) -> int:
        return sum(day.explained + day.unexplained for day in self.days)

    @property
    def unexplained(self) -> int:
        return sum(day.unexplained for day in self.days)


@dataclass(frozen=True)
class RaisedBar:
    x: int
    day: date
    severe: int
    other: int
    severe_y: float
    severe_height: float
    other_y: float
    other_height: float


@dataclass(frozen=True)
class Raised:
    """Alerts of the last days, oldest first: severe ones below, the others on top."""

    template: ClassVar[str] = "console/alerts/raised.html"
    label: Text
    days: Sequence[RaisedDay]

    @property
    def most(self) -> int:
        return max([day.severe + day.other for day in self.days] or [0])

    @property
    def bars(self) -> list[RaisedBar]:
        scale = (HEIGHT - 8) / max(1, self.most)
        return [
            RaisedBar(
                x=number * (COLUMN + GAP),
                day=day.day,
                severe=day.severe,
                other=day.other,
                severe_y=round(HEIGHT - day.severe * scale, 2),
                severe_height=round(day.severe * scale, 2),
                other_y=round(HEIGHT - (day.severe + day.other) * scale, 2),
                other_height=round(day.other * scale, 2),
            )
            for number, day in enumerate(self.days)
        ]

    @property
    def width(self) -> int:
        return max(1, len(self.days)) * (COLUMN + GAP) - GAP

    @property
    def total(self) -> int:
        return sum(day.severe + day.other for day in self.days)

    @property
    def severe(self) -> int:
        return sum(day.severe for day in self.days)


@dataclass(frozen=True)
class Spread:
    """How members of a peer group lie beside each other: one mark a member, on a line from nothing to the most."""

    template: ClassVar[str] = "console/alerts/spread.html"
    label: Text
    values: Sequence[tuple[str, float]]
    middle: float

    @property
    def most(self) -> float:
        return max([value for _name, value in self.values] + [self.middle, 0.001]) * 1.05

    @property
    def marks(self) -> list[tuple[str, float, str]]:
        """Name, place from 0 to 400, and the value in words."""
        return [(name, round(400 * value / self.most, 1), f"{value:.1f}") for name, value in self.values]

    @property
    def at_middle(self) -> float:
        return round(400 * self.middle / self.most, 1)


@dataclass(frozen=True)
class Share:
    """A share beside that of peers, as a small bar in a table."""

    template: ClassVar[str] = "console/alerts/share.html"
    share: float
    peers: float

    @property
    def percent(self) -> float:
        return round(100 * self.share, 1)

    @property
    def peers_percent(self) -> float:
        return round(100 * self.peers, 1)

    @property
    def over(self) -> bool:
        return self.share > 2 * self.peers and self.share > 0.05
