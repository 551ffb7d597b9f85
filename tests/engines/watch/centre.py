"""A small invented call centre for these tests: what its people usually do, and ways to misbehave.

It tries the detectors' machinery. How well they notice is measured elsewhere, by attacks written apart from them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from callwarden.engines.watch import Access, Happening

DAY, HOUR = 86_400.0, 3_600.0
START = 20_000 * DAY


@dataclass(frozen=True)
class Centre:
    """Agents taking calls from nine to five; `linkage` of the accesses are explained."""

    seed: int = 1
    agents: int = 20
    days: int = 20
    linkage: float = 0.98
    calls: float = 15.0
    customers: int = 20_000

    def usual(self) -> list[Access]:
        """All accesses, in order, without index gaps."""
        chance = random.Random(self.seed)
        found = [access for agent in range(self.agents) for access in self._of_agent(chance, f"agent{agent}")]
        found.sort(key=lambda access: access.at)
        return number(found)

    def _of_agent(self, chance: random.Random, name: str) -> Iterator[Access]:
        for day in range(self.days):
            if day % 7 >= 5:
                continue
            for _call in range(max(3, round(chance.gauss(self.calls, self.calls / 4)))):
                at = START + day * DAY + 9 * HOUR + chance.random() * 8 * HOUR
                who = chance.randrange(self.customers)
                linked = chance.random() < self.linkage
                for action in ("view_masked", "view_masked", "reveal")[: chance.randint(1, 3)]:
                    yield look(name, at, f"c{who}", linked=linked, action=action, order=who, vip=who % 500 == 0)
                    at += 40


def look(actor: str, at: float, subject: str, *, linked: bool = False, **further: object) -> Access:
    given = {"action": "view_masked", "peers": "agent", "on_shift": True, **further}
    return Access(index=-1, at=at, actor=actor, subject=subject, link="call" if linked else "", **given)  # type: ignore[arg-type]


def number(happenings: list[Access], start: int = 0) -> list[Access]:
    return [replace(one, index=index) for index, one in enumerate(happenings, start)]


def mixed(usual: list[Access], more: list[Access]) -> list[Happening]:
    """Everything by time, numbered anew."""
    return list(number(sorted([*usual, *more], key=lambda one: one.at)))
