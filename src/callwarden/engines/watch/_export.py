"""D7: more handed out at once, or more originals played and values revealed, than peers do."""

from __future__ import annotations

from collections.abc import Iterator
from math import log1p

from ._facts import Alert
from ._scene import Scene
from ._settings import DAY, HOUR
from ._tails import median, robust_z

_KEPT = 200
_FEW = 5
_FLOOR = 0.25  # of the logarithm: a quarter more or less is no spike


def look(scene: Scene) -> Iterator[Alert | None]:
    access, actor = scene.access, scene.actor
    if access.action == "play_original":
        _count(scene, "originals")
        yield scene.over("deep_spike", "originals", windows=(1, 3, 7), least=4, excess=1.5)
    elif access.action == "reveal":
        _count(scene, "reveals")
        yield scene.over("deep_spike", "reveals", windows=(1, 3, 7), least=8, excess=1.5)
    elif access.action == "export" or access.subjects > 1:
        yield _spike(scene)
    if access.action == "export" and not access.allowed:
        actor.leave("refused", access.at, access.index)


def _count(scene: Scene, measure: str) -> None:
    access = scene.access
    scene.actor.count(measure, access.subject or f"#{access.index}", access.at, access.index)


def _spike(scene: Scene) -> Alert | None:
    """How many subjects left within a day, beside what the peers' days held."""
    actor, group, access = scene.actor, scene.group, scene.access
    action = access.action
    begun, size, days = actor.marks.get("many", {}).get(action, (0, 0, 0))
    earlier = size if begun == actor.day else 0
    now = earlier + max(1, access.subjects)
    actor.marks.setdefault("many", {})[action] = [actor.day, now, days + (begun != actor.day)]
    actor.leave(f"many:{action}", access.at, access.index)
    kept = group.sizes.setdefault(action, [])
    value = log1p(now)
    found = None
    least = 20 if action == "export" else 200
    if len(kept) >= _FEW and now >= least:
        z = robust_z(value, kept, _FLOOR)
        wanted = scene.settings.export_z * scene.settings.stricter("export_spike")
        if z >= wanted and value > max(sorted(kept)[: max(1, len(kept) * 99 // 100)]) + 0.3:
            found = z
    elif len(kept) < _FEW and now >= (100 if action == "export" else 1_000) and actor.history:
        found = 0.0  # peers who hardly ever do this
    if found is None:
        # One value a day and person: the largest so far.
        if earlier:
            last = log1p(earlier)
            if last in kept:
                kept.remove(last)
        kept.append(value)
        del kept[:-_KEPT]
        return None
    since = actor.day * DAY - scene.settings.utc_offset_s
    return scene.tell(
        "export_spike",
        since=since,
        evidence=actor.evidence(f"many:{action}", since),
        size=now,
        mute_s=6 * HOUR,
        subjects=now,
        usual=round(2.718281828459045 ** median(kept) - 1) if kept else 0.0,
        z=found,
    )
