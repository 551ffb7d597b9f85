"""What is remembered of each actor, peer group, partner, place and subject: bounded, and made of what JSON can hold.

Days are whole numbers since the epoch at the centre's offset. Lists that grow are cut; what no window reaches any more
is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Self

KEPT_DAYS = 28
TRAIL = 100
KNOWN_S = 36 * 3_600.0
_KNOWN = 600
_ORDERS = 300

Data = Mapping[str, Any]


class Part:
    """A piece of state that is saved by itself."""

    def data(self) -> dict[str, Any]:
        """For JSON. It is the state itself, no copy: write it before anything else happens."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}  # type: ignore[attr-defined]

    @classmethod
    def of(cls, data: Data) -> Self:
        known = cls.__dataclass_fields__  # type: ignore[attr-defined]
        return cls(**{name: value for name, value in data.items() if name in known})


@dataclass(slots=True)
class Actor(Part):
    """One person or program.

    Attributes:
        day: the day that is being counted.
        counts: measure -> how many today.
        seen: measure -> the keys counted today.
        history: [day, counts, whether learned] of earlier active days, oldest first, at most `KEPT_DAYS` back.
        base: measure -> [sum over days, days], older days weighing less.
        ceilings: measure -> the smallest count today that could be told; made when first needed each day.
        trail: measure -> [at, index] of what was counted last.
        recent: [at, subject, index] of strangers within the hour.
        pace: [at, subject] of everything within ten minutes.
        known: subject -> when an access to it was last explained.
        again: stranger -> [day, index] of the days on which they were looked at.
        orders: [at, order, index] of strangers and of searches that found nobody, within a week.
        listed: [at, order] of explained accesses, within two days.
        muted: kind -> [until, count told].
        marks: facts of the privilege detectors, by name.
    """

    peers: str = ""
    day: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    seen: dict[str, dict[str, int]] = field(default_factory=dict)
    history: list[list[Any]] = field(default_factory=list)
    base: dict[str, list[float]] = field(default_factory=dict)
    ceilings: dict[str, int] = field(default_factory=dict)
    trail: dict[str, list[list[float]]] = field(default_factory=dict)
    recent: list[list[Any]] = field(default_factory=list)
    pace: list[list[Any]] = field(default_factory=list)
    known: dict[str, float] = field(default_factory=dict)
    again: dict[str, list[list[int]]] = field(default_factory=dict)
    orders: list[list[Any]] = field(default_factory=list)
    listed: list[list[Any]] = field(default_factory=list)
    muted: dict[str, list[float]] = field(default_factory=dict)
    marks: dict[str, Any] = field(default_factory=dict)

    def count(self, measure: str, key: str, at: float, index: int, *, trailed: bool = True) -> bool:
        """Count a key once a day. Whether it was new today."""
        keys = self.seen.setdefault(measure, {})
        if key in keys:
            return False
        keys[key] = index
        self.counts[measure] = self.counts.get(measure, 0) + 1
        if trailed:
            self.leave(measure, at, index)
        return True

    def leave(self, measure: str, at: float, index: int) -> None:
        trail = self.trail.setdefault(measure, [])
        trail.append([at, index])
        if len(trail) > TRAIL:
            del trail[0]

    def uncount(self, measure: str, key: str) -> None:
        """A key turned out to be explained."""
        index = self.seen.get(measure, {}).pop(key, None)
        if index is not None:
            self.counts[measure] -= 1
            self.trail[measure] = [one for one in self.trail.get(measure, ()) if one[1] != index]

    def know(self, subject: str, at: float) -> None:
        self.known.pop(subject, None)
        self.known[subject] = at
        if len(self.known) > _KNOWN:
            del self.known[next(iter(self.known))]

    def knows(self, subject: str, at: float) -> bool:
        since = self.known.get(subject)
        return since is not None and abs(at - since) <= KNOWN_S

    def note_order(self, at: float, order: int, index: int) -> None:
        self.orders.append([at, order, index])
        if len(self.orders) > _ORDERS:
            del self.orders[0]

    def list_order(self, at: float, order: int) -> None:
        self.listed.append([at, order])
        if len(self.listed) > _ORDERS:
            del self.listed[0]

    def evidence(self, measure: str, since: float) -> tuple[int, ...]:
        return tuple(int(index) for at, index in self.trail.get(measure, ()) if at >= since)

    def clear_old(self, at: float) -> None:
        """Drop what no window reaches any more, at the turn of a day."""
        self.known = {subject: when for subject, when in self.known.items() if abs(at - when) <= KNOWN_S}
        oldest = self.day - KEPT_DAYS
        self.again = {
            subject: kept for subject, days in self.again.items() if (kept := [one for one in days if one[0] > oldest])
        }
        while len(self.again) > _KNOWN:
            del self.again[next(iter(self.again))]
        week = at - 7 * 86_400
        self.orders = [one for one in self.orders if one[0] >= week]
        self.listed = [one for one in self.listed if one[0] >= at - 2 * 86_400]
        self.muted = {kind: one for kind, one in self.muted.items() if one[0] > at}


@dataclass(slots=True)
class Group(Part):
    """A peer group.

    Attributes:
        base: measure -> [sum, actor-days, squared error, expected], older days weighing less.
        today: measure -> actor -> count, for the day `day`.
        quarters: [number of the quarter hour, strangers by actor, explained by actor] of the last hour.
        factors: day -> measure -> how much more everybody did of it than usual; only where that was more.
        sizes: action -> logarithms of how many subjects acts on many had, the latest last.
    """

    day: int = 0
    base: dict[str, list[float]] = field(default_factory=dict)
    today: dict[str, dict[str, int]] = field(default_factory=dict)
    quarters: list[list[Any]] = field(default_factory=list)
    factors: dict[str, dict[str, float]] = field(default_factory=dict)
    sizes: dict[str, list[float]] = field(default_factory=dict)


@dataclass(slots=True)
class Partner(Part):
    """One partner: logarithms of volumes by exchange and by day, and the fields ever seen (with how often)."""

    day: int = 0
    today: int = 0
    volumes: list[float] = field(default_factory=list)
    days: list[float] = field(default_factory=list)
    fields: dict[str, int] = field(default_factory=dict)
    muted: dict[str, list[float]] = field(default_factory=dict)
    trail: list[list[float]] = field(default_factory=list)


@dataclass(slots=True)
class Shelf(Part):
    """Strangers of one first letter: subject -> actor -> [at, index]; also failed sign-ins by place."""

    items: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def note(self, key: str, who: str, at: float, index: int, keep_s: float) -> Mapping[str, list[float]]:
        """Everybody who was noted under the key within the time, this one included."""
        by = self.items.pop(key, {})
        by.pop(who, None)
        by = {one: told for one, told in by.items() if abs(at - told[0]) <= keep_s}
        by[who] = [at, index]
        self.items[key] = by
        while len(self.items) > 400:
            del self.items[next(iter(self.items))]
        return by


SORTS: Mapping[str, type[Actor] | type[Group] | type[Partner] | type[Shelf]] = {
    "actor": Actor,
    "group": Group,
    "partner": Partner,
    "shelf": Shelf,
}


class Memory:
    """All parts, by sort and name, and which have changed since they were last taken out."""

    def __init__(self, saved: Mapping[str, Data] | None = None) -> None:
        self._parts: dict[str, dict[str, Any]] = {sort: {} for sort in SORTS}
        self._changed: dict[str, None] = {}
        for key, data in (saved or {}).items():
            sort, _colon, name = key.partition(":")
            if sort in SORTS:
                self._parts[sort][name] = SORTS[sort].of(deepcopy(dict(data)))

    def _get(self, sort: str, name: str) -> Any:
        parts = self._parts[sort]
        found = parts.get(name)
        if found is None:
            found = parts[name] = SORTS[sort]()
        self._changed[f"{sort}:{name}"] = None
        return found

    def actor(self, name: str) -> Actor:
        found: Actor = self._get("actor", name)
        return found

    def group(self, name: str) -> Group:
        found: Group = self._get("group", name)
        return found

    def partner(self, name: str) -> Partner:
        found: Partner = self._get("partner", name)
        return found

    def shelf(self, name: str) -> Shelf:
        found: Shelf = self._get("shelf", name)
        return found

    def actors(self) -> Iterator[tuple[str, Actor]]:
        yield from self._parts["actor"].items()

    def forget(self, before: int) -> None:
        """Drop actors of whom nothing was seen since that day."""
        for name in [name for name, one in self._parts["actor"].items() if one.day < before]:
            del self._parts["actor"][name]
            self._changed[f"actor:{name}"] = None

    def save(self) -> dict[str, dict[str, Any]]:
        """A copy of everything."""
        return {
            f"{sort}:{name}": deepcopy(part.data())
            for sort, parts in self._parts.items()
            for name, part in parts.items()
        }

    def take_changed(self) -> dict[str, dict[str, Any] | None]:
        """Parts changed since this was last asked, to be written at once; None for those that were dropped."""
        taken: dict[str, dict[str, Any] | None] = {}
        for key in self._changed:
            sort, _colon, name = key.partition(":")
            part = self._parts[sort].get(name)
            taken[key] = None if part is None else part.data()
        self._changed = {}
        return taken
