"""What the invented centre is made of: the rates assumed for it, its people, their time, their calls."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from callwarden.engines.watch._facts import Access, Happening, Link

DAY = 86_400
BEGIN = 1_772_409_600.0 - 8 * 3600
"""Midnight of 2026-03-02, a Monday, in the centre's local time."""
LEARN_DAYS = 30
GAP = 64
"""Leaf indices between two happenings of ordinary life: the ledger holds much else, and attacks come in between."""

CUSTOMERS = 60_000
VIP_SHARE = 0.002
CANARIES = 40
QUEUES = ("service", "billing", "technical", "retention", "orders", "outbound")
CALLS_A_DAY = {"service": 24, "billing": 21, "technical": 15, "retention": 18, "orders": 26, "outbound": 44}
ORIGINALS_A_CALL = {"technical": 0.002, "retention": 0.006}
SITES = ("north", "south", "east")
SHIFTS_H = ((7.0, 15.0), (9.0, 17.5), (14.0, 22.0))
ACTIONS = ("search", "view_masked", "reveal", "play_redacted", "play_original", "export")
SEARCH, VIEW, REVEAL, PLAY, ORIGINAL, EXPORT = range(len(ACTIONS))
LINKS: tuple[Link, ...] = ("", "call", "ticket", "campaign", "request")
NO_LINK, CALL, TICKET, CAMPAIGN, REQUEST = range(len(LINKS))
NOBODY = -1

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Person:
    """Somebody who works here, or did before the first day (`former`). `row` is their place in `Centre.people`."""

    row: int
    name: str
    role: str
    queue: str
    team: int
    site: str
    joined: int
    left: int
    has_roster: bool

    @property
    def peers(self) -> str:
        return f"{'agent' if self.role == 'former' else self.role}:{self.queue}"


@dataclass(frozen=True)
class Duty:
    """A day's work: when somebody really works, and what the roster says (None: nothing, or a day off)."""

    begin: float
    end: float
    rostered: tuple[float, float] | None


@dataclass
class Calls:
    """One person's calls in order of time; `known` tells whether the centre can tie look-ups to the call."""

    begin: Floats
    end: Floats
    customer: Ints
    known: NDArray[np.bool_]


@dataclass
class Centre:
    """The centre and its ordinary life.

    Attributes:
        life: happenings in order of time, with leaf indices `GAP` apart.
        duties: for each person, day -> what they work that day.
        owner: for each customer, the row of the employee whose own or family's record it is, else NOBODY.
        own: the record is the employee's own rather than the family's.
    """

    seed: int
    days: int
    linkage: float
    people: list[Person]
    duties: list[dict[int, Duty]]
    calls: list[Calls]
    order: Ints
    vip: NDArray[np.bool_]
    canary: NDArray[np.bool_]
    owner: Ints
    own: NDArray[np.bool_]
    partners: dict[str, frozenset[str]]
    mean_records: dict[str, float]
    life: list[Happening] = field(default_factory=list)

    @property
    def learn_days(self) -> int:
        """Days for learning, without attacks; the rest is judged."""
        return min(LEARN_DAYS, self.days // 2)

    @property
    def learn_until(self) -> float:
        return BEGIN + self.learn_days * DAY

    @property
    def end(self) -> float:
        return BEGIN + self.days * DAY

    def caller_at(self, person: int, at: float) -> int:
        """The customer of the call this person has in hand, NOBODY when none is or the centre does not know of it."""
        calls = self.calls[person]
        place = int(np.searchsorted(calls.begin, at, side="right")) - 1
        if place < 0 or at >= calls.end[place] or not calls.known[place]:
            return NOBODY
        return int(calls.customer[place])

    def on_shift(self, person: int, at: float) -> bool | None:
        """What the roster says; None where there is none for this person."""
        if not self.people[person].has_roster:
            return None
        duty = self.duties[person].get(int((at - BEGIN) // DAY))
        return duty is not None and duty.rostered is not None and duty.rostered[0] <= at < duty.rostered[1]

    def is_close(self, person: int, customer: int) -> bool:
        """The record is this person's own, their family's, or that of somebody of their team."""
        owner = int(self.owner[customer])
        if owner == NOBODY:
            return False
        return owner == person or (bool(self.own[customer]) and self.people[owner].team == self.people[person].team)

    def access(
        self,
        at: float,
        person: int,
        action: int,
        customer: int,
        *,
        link: int = NO_LINK,
        index: int = 0,
        subjects: int = 1,
        allowed: bool = True,
    ) -> Access:
        """A look-up with all that the centre knows of its surroundings."""
        nobody = customer == NOBODY
        return Access(
            index=index,
            at=at,
            actor=self.people[person].name,
            peers=self.people[person].peers,
            action=ACTIONS[action],
            subject="" if nobody else subject(customer),
            subjects=subjects,
            allowed=allowed,
            link=LINKS[link],
            caller="" if (caller := self.caller_at(person, at)) == NOBODY else subject(caller),
            order=None if nobody else int(self.order[customer]),
            vip=not nobody and bool(self.vip[customer]),
            canary=not nobody and bool(self.canary[customer]),
            close=not nobody and self.is_close(person, customer),
            on_shift=self.on_shift(person, at),
        )

    def working_days(self, person: int, begin: int, end: int) -> list[int]:
        return [day for day in sorted(self.duties[person]) if begin <= day < end]


def subject(customer: int) -> str:
    return f"s{customer:06d}"
