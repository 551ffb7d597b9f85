"""The watch: every happening passes the detectors once, in the order of the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from . import _bulk, _canary, _close, _elsewhere, _export, _partner, _privilege, _sequence, _shift, _slow, _vip, _wrong
from ._facts import Access, Alert, Delivery, Elsewhere, Happening, Privilege
from ._scene import Scene
from ._settings import DAY, Settings
from ._state import Actor, Group, Memory
from ._usual import turn_day, turn_group

_OF_ACCESS: Final = (
    _canary.look,
    _close.look,
    _vip.look,
    _bulk.look,
    _wrong.look,
    _slow.look,
    _sequence.look,
    _shift.look,
    _export.look,
    _privilege.look_at_access,
)
_QUARTER_S: Final = 900.0
_REMEMBERED: Final = 1_024
_FORGET_AFTER_DAYS: Final = 90


class Watch:
    """Detectors over a stream of happenings.

    Args:
        settings: how strict; as shipped when left out.
        baselines: what `save` gave, to go on from there.
    """

    def __init__(self, settings: Settings | None = None, baselines: Mapping[str, Any] | None = None) -> None:
        self.settings = settings or Settings()
        given = dict(baselines or {})
        head = given.pop("head", {})
        self._memory = Memory(given)
        # Of an entry that tells of several happenings, the others by their part: "41.2".
        self._fed: dict[int | str, None] = dict.fromkeys(head.get("fed", ()))
        self._day: int = head.get("day", 0)
        self._learning = False

    def feed(self, happening: Happening) -> list[Alert]:
        """What this happening raises; nothing for one that was fed before (known by its index)."""
        key = _key(happening)
        if key in self._fed:
            return []
        self._fed[key] = None
        if len(self._fed) > _REMEMBERED:
            del self._fed[next(iter(self._fed))]
        self._turn(happening.at)
        if isinstance(happening, Access):
            return [alert for alert in self._access(happening) if alert is not None]
        if isinstance(happening, Elsewhere):
            return [alert for alert in self._elsewhere(happening) if alert is not None]
        if isinstance(happening, Privilege):
            return [alert for alert in self._privilege(happening) if alert is not None]
        return [alert for alert in self._delivery(happening) if alert is not None]

    def learn(self, happenings: Iterable[Happening]) -> None:
        """Take a time as usual, without telling of anything in it. It may be empty, or hold a little misuse."""
        self._learning = True
        for happening in happenings:
            self.feed(happening)
        self._learning = False
        # Nothing told while learning keeps an alert from being told later.
        for _name, actor in self._memory.actors():
            actor.muted.clear()
            actor.recent.clear()

    def save(self) -> dict[str, Any]:
        """All that is remembered, as JSON can hold it."""
        return {**self._memory.save(), "head": self._head()}

    def changes(self) -> dict[str, Any]:
        """Parts of `save` that changed since this was last asked; None for one that was dropped. Write them at once."""
        return {**self._memory.take_changed(), "head": self._head()}

    def _head(self) -> dict[str, Any]:
        return {"fed": list(self._fed), "day": self._day}

    def _day_of(self, at: float) -> int:
        return int((at + self.settings.utc_offset_s) // DAY)

    def _turn(self, at: float) -> None:
        day = self._day_of(at)
        if day > self._day:
            if self._day:
                self._memory.forget(day - _FORGET_AFTER_DAYS)
            self._day = day

    def _actor(self, name: str, peers: str, at: float) -> tuple[Actor, Group]:
        """The actor and their peers, in the day of `at`. What comes late counts as of the day that is open."""
        actor = self._memory.actor(name)
        if peers:
            actor.peers = peers
        group = self._memory.group(actor.peers)
        day = self._day_of(at)
        if day > group.day or day < group.day - 1:
            turn_group(group, day)
        if day > actor.day or day < actor.day - 1:
            turn_day(actor, group, day, at, learning=self._learning)
        return actor, group

    def _access(self, access: Access) -> Iterator[Alert | None]:
        actor, group = self._actor(access.actor, access.peers, access.at)
        stranger = fresh = False
        subject = access.subject
        actor.leave("all", access.at, access.index)
        if subject:
            if actor.count("reach", subject, access.at, access.index, trailed=False):
                _tally(group, "reach", access.actor)
            if access.link or subject == access.caller:
                self._explained(access, actor, group)
            elif not actor.knows(subject, access.at):
                stranger = True
                fresh = self._stranger(access, actor, group)
        scene = Scene(self.settings, self._memory, access.actor, actor, group, access, stranger, fresh)
        for look in _OF_ACCESS:
            yield from look(scene)

    def _explained(self, access: Access, actor: Actor, group: Group) -> None:
        subject = access.subject
        actor.know(subject, access.at)
        if subject in actor.seen.get("strangers", ()):
            for measure in ("strangers", "idle", "deep", "wrong", "vip", "outside"):
                actor.uncount(measure, subject)
            actor.recent = [one for one in actor.recent if one[1] != subject]
            actor.again.pop(subject, None)
            _tally(group, "strangers", access.actor, -1)
        if actor.count("load", subject, access.at, access.index, trailed=False):
            _tally(group, "load", access.actor)
            done = self._quarter(group, access.at)[2]
            done[access.actor] = done.get(access.actor, 0) + 1
        if access.link in ("ticket", "request") and actor.count("made", subject, access.at, access.index):
            _tally(group, "made", access.actor)

    def _stranger(self, access: Access, actor: Actor, group: Group) -> bool:
        fresh = actor.count("strangers", access.subject, access.at, access.index)
        if fresh:
            _tally(group, "strangers", access.actor)
            some = self._quarter(group, access.at)[1]
            some[access.actor] = some.get(access.actor, 0) + 1
            if not access.caller:
                actor.count("idle", access.subject, access.at, access.index)
        if access.action in ("reveal", "play_original", "export"):
            actor.count("deep", access.subject, access.at, access.index)
        return fresh

    @staticmethod
    def _quarter(group: Group, at: float) -> list[Any]:
        number = int(at // _QUARTER_S)
        found: list[Any] | None = next((one for one in reversed(group.quarters) if one[0] == number), None)
        if found is None:
            found = [number, {}, {}]
            group.quarters = [*(one for one in group.quarters if 0 <= number - one[0] < 4), found]
        return found

    def _privilege(self, privilege: Privilege) -> Iterator[Alert | None]:
        actor, group = self._actor(privilege.actor, "", privilege.at)
        access = Access(privilege.index, privilege.at, privilege.actor, actor.peers, "", "")
        scene = Scene(self.settings, self._memory, privilege.actor, actor, group, access, False, False)
        yield from _privilege.look(privilege, scene)

    def _elsewhere(self, told: Elsewhere) -> Iterator[Alert | None]:
        actor, group = self._actor(told.actor, told.peers, told.at)
        access = Access(told.index, told.at, told.actor, actor.peers, "", told.subject)
        scene = Scene(self.settings, self._memory, told.actor, actor, group, access, False, False)
        yield from _elsewhere.look(told, scene)

    def _delivery(self, delivery: Delivery) -> Iterator[Alert | None]:
        partner = self._memory.partner(delivery.partner)
        yield from _partner.look(delivery, partner, self.settings, self._day_of(delivery.at))


def _key(happening: Happening) -> int | str:
    if isinstance(happening, Elsewhere) and happening.part:
        return f"{happening.index}.{happening.part}"
    return happening.index


def _tally(group: Group, measure: str, name: str, by: int = 1) -> None:
    counts = group.today.setdefault(measure, {})
    counts[name] = max(0, counts.get(name, 0) + by)
