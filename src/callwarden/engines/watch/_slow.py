"""D2: strangers a few a day, the same stranger again and again, one stranger whom many look at."""

from __future__ import annotations

from collections.abc import Iterator

from ._facts import Alert
from ._scene import MUTE_S, Scene, tell
from ._settings import DAY, HOUR


def look(scene: Scene) -> Iterator[Alert | None]:
    if not scene.stranger:
        return
    if scene.fresh:
        yield scene.over("slow_unexplained", "strangers", least=4)
        yield scene.over("slow_unexplained", "idle", least=4)
        yield scene.over("slow_unexplained", "deep", least=3)
        yield _again(scene)
    yield from _together(scene)


def _again(scene: Scene) -> Alert | None:
    actor, access = scene.actor, scene.access
    days = [one for one in actor.again.pop(access.subject, []) if one[0] != actor.day]
    days.append([actor.day, access.index])
    actor.again[access.subject] = days[-28:]
    if len(days) < scene.settings.again_days * scene.settings.stricter("one_subject_again"):
        return None
    since = min(one[0] for one in days) * DAY - scene.settings.utc_offset_s
    return scene.tell(
        "one_subject_again",
        since=since,
        evidence=tuple(one[1] for one in days),
        size=len(days),
        mute_s=3 * DAY,
        days=len(days),
    )


def _together(scene: Scene) -> Iterator[Alert | None]:
    """Everybody who looked at this stranger within a week, once there are too many of them."""
    access, week = scene.access, 7 * DAY
    shelf = scene.memory.shelf(access.subject[:2])
    by = shelf.note(access.subject, scene.name, access.at, access.index, week)
    if len(by) < scene.settings.many_actors * scene.settings.stricter("many_at_one_subject"):
        return
    since = min(told[0] for told in by.values())
    evidence = tuple(sorted(int(told[1]) for told in by.values()))
    for name, (at, _index) in sorted(by.items()):
        muted = scene.memory.actor(name).muted
        facts = {"actors": len(by), "hours": (access.at - since) / HOUR}
        yield tell(
            muted, "many_at_one_subject", name, access.at, access.index, min(since, at), evidence, 1, MUTE_S * 6, facts
        )
