"""D12: what people do in other systems: customers nothing led to, and reading around the application.

It keeps counts of its own, so that what neighbours tell neither hides nor adds to what is noticed of accesses here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ._facts import Alert, Elsewhere
from ._scene import Scene
from ._settings import HOUR

_LOOKED: Final = frozenset({"read", "search", "export", "play", "change"})
_READ: Final = frozenset({"read", "search", "export"})
_KEPT: Final = 300


def look(told: Elsewhere, scene: Scene) -> Iterator[Alert | None]:
    if told.canary:
        scene.actor.leave("canary", told.at, told.index)
        since = told.at - HOUR
        yield scene.tell("canary", since=since, evidence=scene.actor.evidence("canary", since), size=1, mute_s=HOUR)
    if told.outside and told.act in _READ:
        yield _outside(told, scene)
    strange = told.act in _LOOKED and told.subject and not told.link and not scene.actor.knows(told.subject, told.at)
    if strange and scene.actor.count("elsewhere", told.subject, told.at, told.index):
        today = scene.group.today.setdefault("elsewhere", {})
        today[scene.name] = today.get(scene.name, 0) + 1
        yield scene.over("unexplained_elsewhere", "elsewhere", least=5, excess=2.0)


def _outside(told: Elsewhere, scene: Scene) -> Alert | None:
    """Many rows within an hour: by few statements or by many."""
    marks = [one for one in scene.actor.marks.get("outside", ()) if abs(told.at - one[0]) <= HOUR]
    marks = [*marks, [told.at, max(1, told.rows), told.index]][-_KEPT:]
    scene.actor.marks["outside"] = marks
    rows = sum(int(one[1]) for one in marks)
    if rows < scene.settings.outside_rows * scene.settings.stricter("read_outside"):
        return None
    return scene.tell(
        "read_outside",
        since=min(one[0] for one in marks),
        evidence=tuple(int(one[2]) for one in marks),
        size=rows,
        seen=rows,
        minutes=60,
    )
