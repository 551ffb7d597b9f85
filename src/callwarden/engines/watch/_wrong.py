"""D8: a call with one person, the record of another."""

from __future__ import annotations

from collections.abc import Iterator

from ._facts import Alert
from ._scene import Scene


def look(scene: Scene) -> Iterator[Alert | None]:
    access = scene.access
    if scene.stranger and access.caller and scene.actor.count("wrong", access.subject, access.at, access.index):
        yield scene.over("wrong_subject_in_call", "wrong", least=3)
