"""An invented call centre and two months of what its people look at, with nobody doing anything wrong.

    centre = build(seed=1)                    # 300 agents, 60 days, 98 % of the calls linked to their look-ups
    len(centre.life)                          # about 0.6 million happenings, in order of time
    centre.life[0].at                         # 2026-03-02, local time is UTC+8

What makes life hard for detectors is in it: shifts that rotate, swaps that the roster learns of or does not,
overtime, a team without a roster, new joiners, leavers, leave and long leave, a public holiday, campaigns that dial a
list in the order of customer numbers and borrow agents for it, hours in which the telephone system tells nothing of its
calls, agents whose telephone tells less than others', mistyped numbers that find nobody or somebody else, callers who
speak for others, look-ups after the call, call-backs, calls of colleagues and of the specially protected, quality
reviews by team leaders, small and month-end exports, changed roles, emergency access with a reason, a clicked "approve"
on one's own request, mistyped passwords, evenings at home, partners' deliveries with busy and slow days.

Nothing is copied from a real centre: the rates are assumptions, written as constants below and where they are used. The
same seed gives the same centre on every machine with the same NumPy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench._alerts_life import Rows, calls, deliveries, other_work, partners, privileges
from bench._alerts_order import in_order
from bench._alerts_world import (
    BEGIN,
    CANARIES,
    CUSTOMERS,
    DAY,
    NOBODY,
    QUEUES,
    SHIFTS_H,
    SITES,
    VIP_SHARE,
    Centre,
    Duty,
    Ints,
    Person,
)


def build(seed: int, *, agents: int = 300, days: int = 60, linkage: float = 0.98) -> Centre:
    """The centre and its life.

    Args:
        days: 14 or more.
        linkage: share of calls whose look-ups can be tied to them, outside of hours in which none can.
    """
    rng = np.random.default_rng([seed, 1])
    people = _people(rng, agents, days)
    order = 100_000 + np.cumsum(rng.integers(1, 4, CUSTOMERS))
    owner, own = _records_of_staff(rng, people)
    canary = np.zeros(CUSTOMERS, bool)
    canary[rng.choice(np.flatnonzero(owner == NOBODY), CANARIES, replace=False)] = True
    agreed, means = partners(rng)
    centre = Centre(
        seed=seed,
        days=days,
        linkage=linkage,
        people=people,
        duties=_duties(rng, people, days),
        calls=[],
        order=order,
        vip=rng.random(CUSTOMERS) < VIP_SHARE,
        canary=canary,
        owner=owner,
        own=own,
        partners=agreed,
        mean_records=means,
    )
    rows = Rows()
    calls(rng, centre, rows)
    other_work(rng, centre, rows)
    others = [*privileges(rng, centre), *deliveries(rng, centre)]
    centre.life = in_order(centre, rows, others)
    return centre


# People and their time


def _people(rng: np.random.Generator, agents: int, days: int) -> list[Person]:
    people: list[Person] = []

    def add(role: str, queue: str, team: int, site: str, *, joined: int = 0, left: int = 10**6, roster: bool) -> None:
        people.append(Person(len(people), f"p{len(people):04d}", role, queue, team, site, joined, left, roster))

    shares = np.array([0.30, 0.16, 0.16, 0.12, 0.16, 0.10])
    of_queue = rng.choice(len(QUEUES), agents, p=shares)
    team = 0
    for number, queue in enumerate(QUEUES):
        members = int((of_queue == number).sum())
        for start in range(0, members, 14):
            site, roster = str(rng.choice(SITES)), team != 3
            for _ in range(min(14, members - start)):
                chance = rng.random()
                joined = int(rng.integers(days // 4, days - 8)) if chance < 0.07 else 0
                left = int(rng.integers(days // 4, days - 2)) if chance > 0.96 else 10**6
                add("agent", queue, team, site, joined=joined, left=left, roster=roster)
            add("leader", queue, team, site, roster=roster)
            team += 1
    for _ in range(8):
        add("former", str(rng.choice(QUEUES)), 800, str(rng.choice(SITES)), left=0, roster=True)
    for role, count in (("quality", 6), ("analyst", 6), ("backoffice", 8), ("administrator", 4)):
        for _ in range(count):
            add(role, "staff", 900 + len(role), str(rng.choice(SITES)), roster=role == "backoffice")
    return people


def _duties(rng: np.random.Generator, people: list[Person], days: int) -> list[dict[int, Duty]]:
    holiday = set(range(int(days * 0.55), int(days * 0.55) + 3))
    duties: list[dict[int, Duty]] = []
    for person in people:
        first_off, rotation = int(rng.integers(7)), int(rng.integers(3))
        leave = int(rng.integers(0, days)), int(rng.integers(4, 12))
        long_leave = person.role == "agent" and rng.random() < 0.02
        mine: dict[int, Duty] = {}
        for day in range(days):
            weekday = day % 7
            off = {first_off, (first_off + 1) % 7} if person.role in ("agent", "leader") else {5, 6}
            away = weekday in off or leave[0] <= day < leave[0] + leave[1] or not person.joined <= day < person.left
            away |= long_leave and day < days * 0.7
            away |= day in holiday and rng.random() < 0.6
            away |= rng.random() < 0.03
            shift = SHIFTS_H[(rotation + day // 7) % 3] if person.role == "agent" else SHIFTS_H[1]
            midnight = BEGIN + day * DAY
            planned = (midnight + shift[0] * 3600, midnight + shift[1] * 3600)
            if away:
                continue
            begin, end = planned
            rostered: tuple[float, float] | None = planned
            if person.role == "agent" and rng.random() < 0.03:
                # Swapped with somebody of another shift; one roster in five does not learn of it.
                other = SHIFTS_H[int(rng.integers(3))]
                begin, end = midnight + other[0] * 3600, midnight + other[1] * 3600
                rostered = (begin, end) if rng.random() < 0.8 else planned
            if rng.random() < 0.08:
                end += float(rng.uniform(600, 4200))
            mine[day] = Duty(begin + float(rng.uniform(-120, 400)), end - float(rng.uniform(0, 300)), rostered)
        duties.append(mine)
    return duties


def _records_of_staff(rng: np.random.Generator, people: list[Person]) -> tuple[Ints, NDArray[np.bool_]]:
    owner = np.full(CUSTOMERS, NOBODY, np.int64)
    own = np.zeros(CUSTOMERS, bool)
    free = iter(rng.permutation(CUSTOMERS).tolist())
    for person in people:
        if rng.random() < 0.5:
            customer = next(free)
            owner[customer], own[customer] = person.row, True
        for _ in range(int(rng.integers(0, 3))):
            owner[next(free)] = person.row
    return owner, own
