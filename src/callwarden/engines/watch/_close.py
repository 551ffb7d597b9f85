"""D4: one's own record, or that of family or a colleague."""

from __future__ import annotations

from collections.abc import Iterator

from ._facts import Alert
from ._scene import Scene


def look(scene: Scene) -> Iterator[Alert | None]:
    access, actor = scene.access, scene.actor
    if not access.close or not access.subject:
        return
    if access.link:
        # A call by a relative may well reach one by chance; again and again it does not.
        if actor.count("close_known", access.subject, access.at, access.index):
            yield scene.over("close_record", "close_known", windows=(1, 7, 28), least=3)
    elif access.caller != access.subject and actor.count("close", access.subject, access.at, access.index):
        yield scene.over("close_record", "close", windows=(1, 7, 28), least=1)
