"""D7: more handed out at once, or more originals played and values revealed, than peers do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import exp, log1p

from ._facts import Alert
from ._scene import Scene
from ._settings import DAY, HOUR
from ._tails import median, robust_z

_KEPT = 200
_OWN = 30
_DOUBLE = log1p(1)
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
    """How many subjects left within a day, beside what the days of the peers, and one's own, held."""
    actor, group, access = scene.actor, scene.group, scene.access
    action = access.action
    begun, earlier, own = actor.marks.setdefault("many", {}).get(action, (0, 0, []))
    if begun != actor.day:
        earlier = 0
    now = earlier + max(1, access.subjects)
    kept = group.sizes.setdefault(action, [])
    value = log1p(now)
    actor.leave(f"many:{action}", access.at, access.index)
    if earlier:
        # One value a day and person: the largest so far.
        for sizes in (kept, own):
            if log1p(earlier) in sizes:
                sizes.remove(log1p(earlier))
    found = _unusual(scene, now, kept, own)
    actor.marks["many"][action] = [actor.day, now, own]
    if found is None:
        for sizes, most in ((kept, _KEPT), (own, _OWN)):
            sizes.append(value)
            del sizes[:-most]
        return None
    since = actor.day * DAY - scene.settings.utc_offset_s
    return scene.tell(
        "export_spike",
        since=since,
        evidence=actor.evidence(f"many:{action}", since),
        size=now,
        mute_s=6 * HOUR,
        subjects=now,
        usual=round(exp(median(kept)) - 1) if kept else 0.0,
        z=found,
    )


def _unusual(scene: Scene, now: int, kept: Sequence[float], own: Sequence[float]) -> float | None:
    """Robust distance from the peers' days where it is to be told; 0 where peers hardly ever do this.

    Somebody who never did so, or never nearly so much, is told at less distance from the peers.
    """
    exported = scene.access.action == "export"
    if len(kept) < _FEW:
        rare = now >= (100 if exported else 1_000) and scene.actor.history
        return 0.0 if rare else None
    if now < (20 if exported else 200):
        return None
    value = log1p(now)
    z = robust_z(value, kept, _FLOOR)
    wanted = scene.settings.export_z
    if not own or (len(own) >= 3 and value > max(own) + _DOUBLE):
        wanted *= 0.6
    return z if z >= wanted * scene.settings.stricter("export_spike") else None
