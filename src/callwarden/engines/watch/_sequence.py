"""D5: customer numbers tried one after the other, and searches that no work explains."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from ._facts import Alert
from ._scene import Scene
from ._settings import DAY
from ._tails import tail
from ._usual import mean

_QUARTER = 900.0
_KNOWN = 20


def look(scene: Scene) -> Iterator[Alert | None]:
    access, actor = scene.access, scene.actor
    if access.action == "search" and not access.link and not (access.caller and access.caller == access.subject):
        actor.counts["searches"] = actor.counts.get("searches", 0) + 1
        actor.leave("searches", access.at, access.index)
        yield _burst(scene)
        yield scene.over("searches_unexplained", "searches", windows=(1, 3, 7), least=6, excess=1.5)
    if access.order is None:
        return
    if access.link:
        actor.list_order(access.at, access.order)
    elif scene.fresh or not access.subject:
        actor.note_order(access.at, access.order, access.index)
        yield _run(scene, _QUARTER, scene.settings.run_length - 1)
        yield _run(scene, 7 * DAY, scene.settings.run_length + 1)


def _burst(scene: Scene) -> Alert | None:
    """Searches of a quarter of an hour, beside what this actor's day usually holds."""
    actor, at = scene.actor, scene.access.at
    lately = [one for one in actor.marks.get("searched", []) if abs(at - one[0]) <= _QUARTER]
    lately.append([at, scene.access.index])
    actor.marks["searched"] = lately[-100:]
    if len(lately) < 8:
        return None
    middle = mean(actor, scene.group, "searches") / 12
    chance = tail(len(lately), middle, middle + middle * middle / 1.5)
    if chance > scene.settings.alpha("searches_unexplained"):
        return None
    return scene.tell(
        "searches_unexplained",
        since=lately[0][0],
        evidence=tuple(int(one[1]) for one in lately),
        size=len(lately),
        seen=len(lately),
        expected=middle,
        minutes=_QUARTER / 60,
        chance=chance,
    )


def _run(scene: Scene, window_s: float, least: int) -> Alert | None:
    """The run of near-adjacent numbers this one belongs to, if it is long and could not be chance."""
    actor, at, here = scene.actor, scene.access.at, scene.access.order
    assert here is not None
    gap = scene.settings.run_gap if window_s <= _QUARTER else scene.settings.run_gap - 1
    found = sorted({one[1]: one for one in actor.orders if abs(at - one[0]) <= window_s}.values(), key=_order)
    if len(found) < least:
        return None
    orders = [one[1] for one in found]
    middle = bisect_left(orders, here)
    low = high = middle
    while low > 0 and orders[low] - orders[low - 1] <= gap:
        low -= 1
    while high + 1 < len(orders) and orders[high + 1] - orders[high] <= gap:
        high += 1
    run = found[low : high + 1]
    # Where the work itself goes along a list, its unexplained remainder does too.
    listed = sorted(one[1] for one in actor.listed if abs(at - one[0]) <= 2 * DAY)
    run = [one for one in run if not _beside(listed, one[1], 2 * gap)]
    wanted = least * scene.settings.stricter("sequence")
    # Chance is judged by how far apart this actor's work lies; a run one shorter than sure is told only where that is
    # known.
    known = [one[1] for one in actor.listed] + orders
    span = max(known) - min(known)
    if len(run) < wanted or _by_chance(len(found), span, gap, len(run)) > 1e-6:
        return None
    if len(run) < scene.settings.run_length and len(actor.listed) < _KNOWN:
        return None
    return scene.tell(
        "sequence",
        since=min(one[0] for one in run),
        evidence=tuple(sorted(int(one[2]) for one in run)),
        size=len(run),
        length=len(run),
        gap=gap,
        minutes=(max(one[0] for one in run) - min(one[0] for one in run)) / 60,
    )


def _order(one: Sequence[Any]) -> int:
    return int(one[1])


def _beside(listed: Sequence[int], order: int, within: int) -> bool:
    place = bisect_left(listed, order - within)
    return place < len(listed) and listed[place] <= order + within


def _by_chance(count: int, span: int, gap: int, length: int) -> float:
    """How many runs of this length scattered numbers would hold. A span that is all run says nothing of chance."""
    if span <= gap * count:
        return 0.0
    near = min(1.0, count * gap / span)
    return count * float(near ** (length - 1))
