"""D1: many strangers within minutes; more people opened, or faster, than work explains."""

from __future__ import annotations

from collections.abc import Iterator

from ._facts import Alert
from ._scene import Scene
from ._settings import HOUR

_TEN_MINUTES = 600.0


def look(scene: Scene) -> Iterator[Alert | None]:
    actor, access = scene.actor, scene.access
    if scene.fresh:
        actor.recent = [one for one in actor.recent if abs(access.at - one[0]) <= HOUR]
        actor.recent.append([access.at, access.subject, access.index])
        del actor.recent[:-200]
        yield _strangers(scene, _TEN_MINUTES, share_of_day=1 / 24, least=4)
        yield _strangers(scene, HOUR, share_of_day=1 / 5, least=5)
    if access.subject:
        yield _pace(scene)
        yield scene.over("too_many_explained", "reach", windows=(1, 3, 7), least=25, excess=1.5, trail="all")
        yield scene.over("too_many_explained", "made", windows=(1, 3, 7, 14), least=8, excess=1.5)


def _strangers(scene: Scene, window_s: float, *, share_of_day: float, least: int) -> Alert | None:
    actor, at = scene.actor, scene.access.at
    lately = [one for one in actor.recent if abs(at - one[0]) <= window_s]
    sure = scene.settings.bulk_subjects * scene.settings.stricter("bulk_unexplained")
    if window_s > _TEN_MINUTES:
        sure *= 2
    chance = scene.over_hour("bulk_unexplained", len(lately), share_of_day=share_of_day, least=least, sure=sure)
    if chance is None:
        return None
    since = min(one[0] for one in lately)
    return scene.tell(
        "bulk_unexplained",
        since=since,
        evidence=tuple(int(one[2]) for one in lately),
        size=len(lately),
        mute_s=6 * HOUR,
        seen=len(lately),
        minutes=window_s / 60,
        chance=chance,
    )


def _pace(scene: Scene) -> Alert | None:
    """The most distinct people opened within ten minutes, as a measure of the day."""
    actor, access = scene.actor, scene.access
    actor.pace = [one for one in actor.pace if abs(access.at - one[0]) <= _TEN_MINUTES and one[1] != access.subject]
    actor.pace.append([access.at, access.subject])
    del actor.pace[:-300]
    fastest = len(actor.pace)
    if fastest <= actor.counts.get("pace", 0):
        return None
    actor.counts["pace"] = fastest
    return scene.over("too_fast", "pace", windows=(1,), least=10, excess=2.0, trail="all")
