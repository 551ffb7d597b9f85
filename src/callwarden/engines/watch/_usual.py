"""What is usual: an actor's own days, shrunk toward the peer group, corrected for what happens to all peers at once.

A count of a day is compared with a gamma-Poisson prediction: the mean of the actor's days, with the group's mean
counting as five days more, and a variance that knows how bursty such days are in the group and how little is known of
the actor. Where the peers have the same trouble at the same time (the connection that explains accesses is down, a
campaign began), the expectation rises with theirs, so that an outage is not misuse by three hundred people.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, sqrt
from typing import Final

from ._state import KEPT_DAYS, Actor, Group
from ._tails import tail

PRIOR_DAYS: Final = 5.0
_GROUP_PRIOR_DAYS: Final = 20.0
_HALF_LIFE: Final = 0.5 ** (1 / 45)
_GROUP_HALF_LIFE: Final = 0.5 ** (1 / 9_000)  # in actor-days: thirty days of three hundred people
_NEW_DAYS: Final = 8.0
_LATER_DAYS: Final = 14
_CALM_BEFORE: Final = 60.0  # actor-days of a group before extreme days are cut

# Measure -> mean a day before anything was learned.
MEASURES: Final[Mapping[str, float]] = {
    "load": 20.0,
    "reach": 30.0,
    "made": 5.0,
    "pace": 5.0,
    "strangers": 1.0,
    "idle": 0.5,
    "deep": 0.1,
    "wrong": 0.3,
    "vip": 0.01,
    "close": 0.003,
    "close_known": 0.01,
    "outside": 0.3,
    "searches": 3.0,
    "originals": 0.3,
    "reveals": 3.0,
    "refused": 0.5,
    "emergency": 0.01,
    "elsewhere": 1.0,
}
# These rise with the work done and with the share of accesses nothing explains.
LINKED: Final = frozenset({"strangers", "idle", "deep", "wrong", "vip", "outside", "searches"})
# These rise when the peers do more of the same today.
SHARED: Final = frozenset({"reach", "made", "originals", "reveals", "refused", "close_known", "searches", "elsewhere"})
_CAP_OF_BURST: Final = 4.0
WINDOWS: Final = (1, 3, 7, 14, 28)


def group_mean(group: Group, measure: str) -> float:
    total, days, *_ = group.base.get(measure, (0.0, 0.0))
    return (total + _GROUP_PRIOR_DAYS * MEASURES[measure] * 0.5) / (days + _GROUP_PRIOR_DAYS * 0.5)


def mean(actor: Actor, group: Group, measure: str) -> float:
    """What this actor does on an active day."""
    total, days = actor.base.get(measure, (0.0, 0.0))
    return (total + PRIOR_DAYS * group_mean(group, measure)) / (days + PRIOR_DAYS)


def _shape(actor: Actor, group: Group, measure: str) -> float:
    return actor.base.get(measure, (0.0,))[0] + PRIOR_DAYS * group_mean(group, measure) + 0.5


def burst(group: Group, measure: str) -> float:
    """Variance over mean of such days; 1 for independent events."""
    _total, days, squares, expected = group.base.get(measure, (0.0, 0.0, 0.0, 0.0))
    if days < _CALM_BEFORE / 2:
        return 2.0
    found = (squares + 5.0) / (expected + 5.0)
    return min(max(found, 1.0), _CAP_OF_BURST if measure in LINKED else 40.0)


def work(actor: Actor, group: Group, load: int) -> float:
    """How much of a usual day's work a day held, from a half to three."""
    usual = mean(actor, group, "load")
    return 1.0 if usual < 2.0 else min(3.0, max(0.5, 0.5 + 0.5 * load / usual))


def day_factor(group: Group, measure: str, but: str) -> float:
    """How much more the peers do of this today than usual; at least 1."""
    if measure in LINKED:
        return _unlinked(group, group.today.get("strangers", {}), group.today.get("load", {}), but)
    if measure not in SHARED:
        return 1.0
    others = [count for name, count in group.today.get(measure, {}).items() if name != but]
    if sum(1 for count in others if count) < 3:
        return 1.0
    usual = group_mean(group, measure)
    active = sum(1 for name in group.today.get("reach", {}) if name != but)
    cap = 4.0 + 3.0 * usual
    return max(1.0, (sum(min(count, cap) for count in others) + 1.0) / (usual * max(active, len(others)) + 1.0))


def hour_factor(group: Group, but: str) -> float:
    """The same for strangers within the last hour."""
    strangers: dict[str, int] = {}
    load: dict[str, int] = {}
    for _number, some, done in group.quarters:
        for name, count in some.items():
            strangers[name] = strangers.get(name, 0) + count
        for name, count in done.items():
            load[name] = load.get(name, 0) + count
    return _unlinked(group, strangers, load, but)


def _unlinked(group: Group, strangers: Mapping[str, int], load: Mapping[str, int], but: str) -> float:
    having = [count for name, count in strangers.items() if name != but and count]
    if len(having) < 3:
        return 1.0
    usual, work_usual = group_mean(group, "strangers"), max(group_mean(group, "load"), 1.0)
    cap = 3.0 + 2.0 * usual
    seen = sum(min(count, cap) for count in having)
    expected = usual / work_usual * sum(count for name, count in load.items() if name != but)
    return min(50.0, max(1.0, (seen + 1.0) / (expected + 1.0)))


def expected(actor: Actor, group: Group, measure: str, days: int, factor: float) -> tuple[float, float]:
    """Mean and variance of what the last `days` days, today included, usually hold of this."""
    usual = mean(actor, group, measure)
    linked = measure in LINKED
    weights = work(actor, group, actor.counts.get("load", 0)) * factor if linked else factor
    extra = weights - weights / factor
    for day, counts, _learned in actor.history:
        if actor.day - days < day < actor.day:
            share = work(actor, group, counts.get("load", 0)) if linked else 1.0
            risen = factor_of(group, day, measure)
            weights += share * risen
            extra += share * (risen - 1.0)
    middle = usual * weights
    unsure = middle * middle / _shape(actor, group, measure)
    return middle, middle * burst(group, measure) + unsure + (0.5 * usual * extra) ** 2


def seen(actor: Actor, measure: str, days: int) -> int:
    """How many the last `days` days, today included, held."""
    earlier: int = sum(
        counts.get(measure, 0) for day, counts, _learned in actor.history if actor.day - days < day < actor.day
    )
    return earlier + actor.counts.get(measure, 0)


def ceiling(actor: Actor, group: Group, measure: str, alpha: float, windows: tuple[int, ...], least: int) -> int:
    """A count of today below which none of the windows can be told, so that nothing need be computed before.

    Whatever is less probable than one in three hundred lies two standard deviations above the mean, at least.
    """
    kept = actor.counts.get("load", 0)
    actor.counts["load"] = 0
    away = 2.0 if alpha <= 3.2e-3 else 0.8
    lowest = 1_000_000
    for days in windows:
        middle, variance = expected(actor, group, measure, days, 1.0)
        earlier = seen(actor, measure, days) - actor.counts.get(measure, 0)
        lowest = min(lowest, max(least, ceil(middle + away * sqrt(variance))) - earlier)
    actor.counts["load"] = kept
    return max(1, lowest)


def improbable(
    actor: Actor, group: Group, measure: str, alpha: float, windows: tuple[int, ...], least: int, factor: float
) -> tuple[int, int, float, float] | None:
    """The window in which this is least probable, if below `alpha`: (days, seen, expected, probability)."""
    found: tuple[int, int, float, float] | None = None
    for days in windows:
        count = seen(actor, measure, days)
        if count < least:
            continue
        middle, variance = expected(actor, group, measure, days, factor)
        chance = tail(count, middle, variance)
        if chance <= alpha and (found is None or chance < found[3]):
            found = (days, count, middle, chance)
    return found


def factor_of(group: Group, day: int, measure: str) -> float:
    """How much more everybody did of this on that earlier day."""
    return group.factors.get(str(day), {}).get("links" if measure in LINKED else measure, 1.0)


def _fold_group(actor: Actor, group: Group) -> None:
    """Take a finished day into what is usual among peers. Extreme days count only so far."""
    load = actor.counts.get("load", 0)
    for measure in MEASURES:
        count = float(actor.counts.get(measure, 0))
        weight = _weight(actor, group, measure, actor.day, load)
        middle = mean(actor, group, measure) * weight
        total, days, squares, awaited = group.base.get(measure, (0.0, 0.0, 0.0, 0.0))
        if days >= _CALM_BEFORE:
            count = min(count, _most(actor, group, measure, middle))
        known = actor.base.get(measure, (0.0, 0.0))[1] >= 3
        group.base[measure] = [
            total * _GROUP_HALF_LIFE + count / weight,
            days * _GROUP_HALF_LIFE + 1.0,
            squares * _GROUP_HALF_LIFE + ((count - middle) ** 2 if known else 0.0),
            awaited * _GROUP_HALF_LIFE + (middle if known else 0.0),
        ]


def _fold_own(actor: Actor, group: Group, day: int, counts: Mapping[str, int], *, fresh: bool) -> None:
    """Take an earlier day into what is usual of this actor.

    Args:
        fresh: it is compared with at the same time as it is learned, so that even one of something rare adds little.
    """
    load = counts.get("load", 0)
    for measure in MEASURES:
        count = float(counts.get(measure, 0))
        weight = _weight(actor, group, measure, day, load)
        if group.base.get(measure, (0.0, 0.0))[1] >= _CALM_BEFORE:
            middle = mean(actor, group, measure) * weight
            rare = 1.0 - min(1.0, 5.0 * middle) if fresh else 0.0
            count = min(count, _most(actor, group, measure, middle) - rare)
        total, days = actor.base.get(measure, (0.0, 0.0))
        actor.base[measure] = [total * _HALF_LIFE + count / weight, days * _HALF_LIFE + 1.0]


def _weight(actor: Actor, group: Group, measure: str, day: int, load: int) -> float:
    return factor_of(group, day, measure) * (work(actor, group, load) if measure in LINKED else 1.0)


def _most(actor: Actor, group: Group, measure: str, middle: float) -> float:
    """Beyond this a day is extreme: what lies there is not to become usual."""
    return middle + 3.0 * sqrt(middle * burst(group, measure) + middle * middle / _shape(actor, group, measure)) + 1.0


def learn_days(actor: Actor, group: Group, *, all_of_them: bool) -> None:
    """Let earlier days count as usual of this actor: all, or those older than two weeks.

    What happens now is compared with what was usual before it began; of somebody new every day is learned at once.
    """
    for entry in actor.history:
        day, counts, learned = entry
        new = actor.base.get("load", (0.0, 0.0))[1] < _NEW_DAYS
        late = all_of_them or actor.day - day >= _LATER_DAYS
        if not learned and (new or late):
            entry[2] = 1
            _fold_own(actor, group, day, counts, fresh=not late)


def turn_group(group: Group, day: int) -> None:
    """Begin another day of this group: what everybody did more of on the one that ends is kept."""
    risen = {
        "links" if measure == "strangers" else measure: round(factor, 4)
        for measure in ("strangers", *sorted(SHARED - LINKED))
        if (factor := day_factor(group, measure, "")) > 1.0
    }
    if risen:
        group.factors[str(group.day)] = risen
    group.factors = {one: told for one, told in group.factors.items() if day - KEPT_DAYS < int(one) < day}
    group.day, group.today = day, {}


def turn_day(actor: Actor, group: Group, day: int, at: float, *, learning: bool) -> None:
    """Begin another day of this actor."""
    if actor.counts:
        _fold_group(actor, group)
        actor.history.append([actor.day, {name: count for name, count in actor.counts.items() if count}, 0])
    actor.day = day
    learn_days(actor, group, all_of_them=learning)
    actor.history = [one for one in actor.history if day - KEPT_DAYS < one[0] < day]
    actor.counts, actor.seen, actor.ceilings = {}, {}, {}
    actor.clear_old(at)
