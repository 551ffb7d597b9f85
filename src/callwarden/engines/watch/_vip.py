"""D3: a specially protected person, opened without a reason."""

from __future__ import annotations

from collections.abc import Iterator

from ._facts import Alert
from ._scene import Scene


def look(scene: Scene) -> Iterator[Alert | None]:
    access = scene.access
    if scene.stranger and access.vip and scene.actor.count("vip", access.subject, access.at, access.index):
        yield scene.over("vip_unexplained", "vip", windows=(1, 7, 28), least=1)
