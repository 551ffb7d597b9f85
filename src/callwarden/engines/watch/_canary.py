"""D10: an invented person, with whom nobody has business. Any touch is told."""

from __future__ import annotations

from collections.abc import Iterator

from ._facts import Alert
from ._scene import Scene
from ._settings import HOUR


def look(scene: Scene) -> Iterator[Alert | None]:
    access = scene.access
    if access.canary:
        scene.actor.leave("canary", access.at, access.index)
        since = access.at - HOUR
        yield scene.tell("canary", since=since, evidence=scene.actor.evidence("canary", since), size=1, mute_s=HOUR)
