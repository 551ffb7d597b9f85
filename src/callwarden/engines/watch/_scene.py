"""One access as detectors see it: with its actor, their peers, and the ways to count and to tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ._facts import Access, Alert
from ._settings import DAY, HOUR, KINDS, Settings
from ._state import Actor, Group, Memory
from ._tails import tail
from ._usual import ceiling, day_factor, hour_factor, improbable, mean

# Told once, the others of a family wait: they would tell of the same acts in other words.
FAMILIES: Mapping[str, str] = {
    "bulk_unexplained": "strangers",
    "slow_unexplained": "strangers",
    "wrong_subject_in_call": "strangers",
    "too_fast": "reach",
    "too_many_explained": "reach",
}
MUTE_S = 12 * HOUR


@dataclass(slots=True)
class Scene:
    """What a detector of accesses looks at.

    Attributes:
        stranger: nothing explains why this actor opened this named subject, neither now nor within 36 hours.
        fresh: this stranger was not counted today yet.
    """

    settings: Settings
    memory: Memory
    name: str
    actor: Actor
    group: Group
    access: Access
    stranger: bool
    fresh: bool

    def over(
        self,
        kind: str,
        measure: str,
        *,
        windows: tuple[int, ...] = (1, 3, 7, 14, 28),
        least: int = 2,
        excess: float = 1.0,
        trail: str = "",
    ) -> Alert | None:
        """An alert if one of the windows holds improbably much of a measure, and `excess` times what is expected."""
        actor, alpha = self.actor, self.settings.alpha(kind)
        today = actor.counts.get(measure, 0)
        if today + (0 if len(windows) == 1 else 100) < least:
            return None
        key = f"{kind}:{measure}"
        if key not in actor.ceilings:
            actor.ceilings[key] = ceiling(actor, self.group, measure, alpha, windows, least)
        if today < actor.ceilings[key]:
            return None
        factor = day_factor(self.group, measure, self.name)
        found = improbable(actor, self.group, measure, alpha, windows, least, factor)
        if found is None or found[1] < excess * found[2]:
            return None
        days, count, awaited, chance = found
        since = (actor.day - days + 1) * DAY - self.settings.utc_offset_s
        return self.tell(
            kind,
            since=since,
            evidence=actor.evidence(trail or measure, since),
            size=count,
            mute_s=MUTE_S if days == 1 else min(days, 14) * DAY,
            seen=count,
            expected=awaited,
            days=days,
            chance=chance,
        )

    def over_hour(self, kind: str, count: int, *, share_of_day: float, least: int, sure: float) -> float | None:
        """Probability of so many strangers within a part of a working day, when small enough to tell; else None.

        Args:
            sure: so many are told whatever is usual of this actor, unless the peers have the same trouble.
        """
        if count < least:
            return None
        risen = hour_factor(self.group, self.name)
        middle = mean(self.actor, self.group, "strangers") * share_of_day * risen
        chance = tail(count, middle, middle + middle * middle / 1.5)
        told = chance <= self.settings.alpha(kind) or (count >= sure and risen < 3.0 and chance < 1e-2)
        return chance if told else None

    def tell(
        self, kind: str, *, since: float, evidence: tuple[int, ...], size: float, mute_s: float = MUTE_S, **facts: float
    ) -> Alert | None:
        """An alert, unless the same was told of this actor lately and has not trebled since."""
        return tell(
            self.actor.muted, kind, self.name, self.access.at, self.access.index, since, evidence, size, mute_s, facts
        )


def tell(
    muted: dict[str, list[float]],
    kind: str,
    who: str,
    at: float,
    index: int,
    since: float,
    evidence: tuple[int, ...],
    size: float,
    mute_s: float,
    facts: Mapping[str, float],
) -> Alert | None:
    family = FAMILIES.get(kind, kind)
    until, told = muted.get(family, (0.0, 0.0))
    if at < until and at >= until - 15 * DAY and size < 3 * told + 2:
        return None
    muted[family] = [at + mute_s, max(size, told if at < until else 0.0)]
    named = tuple(dict.fromkeys((*evidence, index)))[-100:]
    return Alert(
        detector=KINDS[kind][0],
        kind=kind,
        actor=who,
        at=at,
        since=min(since, at),
        evidence=named,
        facts=tuple((name, float(value)) for name, value in facts.items()),
    )
