"""D6: looking people up outside the shift, without a call."""

from __future__ import annotations

from collections.abc import Iterator

from ._facts import Alert
from ._scene import Scene
from ._settings import HOUR
from ._tails import tail
from ._usual import group_mean, hour_factor


def look(scene: Scene) -> Iterator[Alert | None]:
    access, actor = scene.access, scene.actor
    if access.on_shift is not False or not access.subject:
        return
    marks = actor.marks
    told = [one for one in marks.get("outside", []) if abs(access.at - one[0]) <= HOUR and one[1] != access.subject]
    told.append([access.at, access.subject, access.index, int(scene.stranger)])
    marks["outside"] = told[-100:]
    if not scene.stranger:
        return
    actor.count("outside", access.subject, access.at, access.index)
    strangers = [one for one in told if one[3]]
    # Whoever works another's shift has calls; then only more strangers than work leaves unexplained are told.
    share = group_mean(scene.group, "strangers") / max(1.0, group_mean(scene.group, "load"))
    awaited = share * hour_factor(scene.group, scene.name) * (len(told) - len(strangers)) + 0.02
    if len(strangers) >= 3 and tail(len(strangers), awaited, awaited * 2) <= scene.settings.alpha("outside_shift"):
        yield scene.tell(
            "outside_shift",
            since=strangers[0][0],
            evidence=tuple(int(one[2]) for one in strangers),
            size=len(strangers),
            seen=len(strangers),
            minutes=60,
        )
    yield scene.over("outside_shift", "outside", windows=(1, 7, 28), least=4)
