"""Insiders in the invented centre: what they do beside their ordinary work, and the truth about it.

    planted = plant(centre, KINDS, seed=1, each=4)         # four incidents of each kind, at the kind's usual intensity
    stream, incidents = planted.stream, planted.incidents  # in order of time; whom, when, which leaf indices

Written from the events alone (`engines/watch/_facts.py`), before and without reading any detector. Whoever does these
things here knows that somebody counts: look-ups come at uneven moments, between calls or in them, over days.

Each kind has levels of intensity from hardly anything to blatant. `usual` are those that recall is stated for: what a
centre would call an incident and investigate. The choice was made before any detector was run; below it, the sweep
shows how much is seen. One look-up more a day than one's work asks for is beneath every usual level of a slow kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bench._alerts_order import merged
from bench._alerts_world import (
    BEGIN,
    CUSTOMERS,
    DAY,
    EXPORT,
    NO_LINK,
    NOBODY,
    REQUEST,
    REVEAL,
    SEARCH,
    SITES,
    VIEW,
    Centre,
    Person,
)
from callwarden.engines.watch._facts import Delivery, Happening, Power, Privilege

Rng = np.random.Generator


@dataclass(frozen=True)
class Incident:
    """The truth about one attack.

    Attributes:
        kind: name in `KINDS` (or among the held-out ones).
        level: intensity, in the unit of the kind.
        actors: whom an alert may be about; a partner for the kinds of partners.
        begin, end: of its first and last happening, seconds since the epoch.
        indices: leaf indices of its happenings.
    """

    kind: str
    level: int
    actors: frozenset[str]
    begin: float
    end: float
    indices: tuple[int, ...]


@dataclass(frozen=True)
class Planted:
    stream: list[Happening]
    incidents: list[Incident]


class Deed(Protocol):
    """Does it: the happenings in any order, and who is behind them. None: this person could not have."""

    def __call__(self, rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None: ...


@dataclass(frozen=True)
class Kind:
    """One kind of attack.

    Attributes:
        levels: intensities, rising.
        usual: those of them that recall is stated for.
        roles: who does such things; empty for partners.
        days: how many working days in the judged time the person needs at least.
    """

    deed: Deed
    unit: str
    levels: tuple[int, ...]
    usual: tuple[int, ...]
    roles: tuple[str, ...] = ("agent",)
    days: int = 3


# Tools


def _chosen(rng: Rng, centre: Centre, person: Person, count: int) -> list[int]:
    """So many of this person's working days in the judged time, in order; fewer when they work fewer."""
    days = centre.working_days(person.row, centre.learn_days, centre.days)
    return sorted(rng.choice(days, min(count, len(days)), replace=False).tolist())


def _run(rng: Rng, centre: Centre, person: Person, count: int) -> list[int]:
    """So many working days in a row."""
    days = centre.working_days(person.row, centre.learn_days, centre.days)
    start = int(rng.integers(0, max(1, len(days) - count + 1)))
    return days[start : start + count]


def _moments(rng: Rng, centre: Centre, person: Person, day: int, count: int, *, in_calls: bool = False) -> list[float]:
    """Moments of a working day. Out of calls by preference, since a call in hand draws a second look-up into view."""
    duty = centre.duties[person.row][day]
    if in_calls:
        calls = centre.calls[person.row]
        mine = np.flatnonzero((calls.begin >= duty.begin) & (calls.begin < duty.end) & calls.known)
        picked = rng.choice(mine, min(count, len(mine)), replace=False)
        return sorted(float(calls.begin[n] + rng.uniform(0.3, 0.95) * (calls.end[n] - calls.begin[n])) for n in picked)
    found: list[float] = []
    for _ in range(count):
        at = float(rng.uniform(duty.begin, duty.end))
        for _ in range(6):
            if centre.caller_at(person.row, at) == NOBODY:
                break
            at = float(rng.uniform(duty.begin, duty.end))
        found.append(at)
    return sorted(found)


def _strangers(rng: Rng, centre: Centre, count: int) -> list[int]:
    """Customers taken at random, neither invented nor specially protected."""
    found: list[int] = []
    while len(found) < count:
        customer = int(rng.integers(CUSTOMERS))
        if not centre.canary[customer] and not centre.vip[customer]:
            found.append(customer)
    return found


def _looked(rng: Rng, centre: Centre, person: Person, at: float, customer: int) -> list[Happening]:
    """Somebody is looked up, as the console has it: found, opened, sometimes in clear."""
    acts: list[Happening] = []
    if rng.random() < 0.6:
        acts.append(centre.access(at, person.row, SEARCH, customer))
    acts.append(centre.access(at + 4, person.row, VIEW, customer))
    if rng.random() < 0.5:
        acts.append(centre.access(at + 9, person.row, REVEAL, customer))
    return acts


def _signed_in(at: float, person: Person, region: str, where: str, idle: float | None = None) -> Privilege:
    return Privilege(index=0, at=at, actor=person.name, what="signed_in", where=where, region=region, idle_days=idle)


def _did(at: float, person: Person, what: Power, about: str = "") -> Privilege:
    return Privilege(index=0, at=at, actor=person.name, what=what, about=about)


# Deeds


def bulk_harvest(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """So many customers opened one after the other, within a quarter to three quarters of an hour."""
    (day,) = _chosen(rng, centre, person, 1)
    duty = centre.duties[person.row][day]
    length = float(rng.uniform(900, 2700))
    begin = float(rng.uniform(duty.begin, duty.end - length))
    moments = np.sort(rng.uniform(begin, begin + length, level)).tolist()
    return [
        act
        for at, customer in zip(moments, _strangers(rng, centre, level), strict=True)
        for act in _looked(rng, centre, person, at, customer)
    ]


def slow_harvest(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """So many customers a day, for two to three weeks of work."""
    acts: list[Happening] = []
    for day in _run(rng, centre, person, int(rng.integers(10, 16))):
        for at in _moments(rng, centre, person, day, level):
            acts += _looked(rng, centre, person, at, _strangers(rng, centre, 1)[0])
    return acts


def vip_curiosity(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """So many specially protected people looked up, without a call of theirs, within a week."""
    known = np.flatnonzero(centre.vip)
    days = _run(rng, centre, person, 5)
    acts: list[Happening] = []
    for customer in rng.choice(known, level, replace=False).tolist():
        (at,) = _moments(rng, centre, person, days[int(rng.integers(len(days)))], 1)
        acts += _looked(rng, centre, person, at, customer)
    return acts


def family_lookup(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """So many looks at the record of a relative or of somebody of the team."""
    near = [each for each in np.flatnonzero(centre.owner != NOBODY).tolist() if centre.is_close(person.row, each)]
    if not near:
        return None
    customer = near[int(rng.integers(len(near)))]
    acts: list[Happening] = []
    for day in (_chosen(rng, centre, person, level) * level)[:level]:
        (at,) = _moments(rng, centre, person, day, 1)
        acts += _looked(rng, centre, person, at, customer)
    return acts


def former_partner(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """One and the same person, of whom no register knows what they were to the agent, so many times a day for weeks."""
    (customer,) = _strangers(rng, centre, 1)
    acts: list[Happening] = []
    for day in _run(rng, centre, person, int(rng.integers(10, 16))):
        for at in _moments(rng, centre, person, day, level):
            acts += _looked(rng, centre, person, at, customer)
    return acts


def enumeration(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """So many customer numbers tried one after the other; a third and more of them are nobody's."""
    (day,) = _chosen(rng, centre, person, 1)
    (at,) = _moments(rng, centre, person, day, 1)
    customer = int(rng.integers(CUSTOMERS - level))
    acts: list[Happening] = []
    for _ in range(level):
        at += float(rng.uniform(8, 40))
        if rng.random() < 0.4:
            acts.append(centre.access(at, person.row, SEARCH, NOBODY, subjects=0))
            continue
        customer += 1
        acts.append(centre.access(at, person.row, SEARCH, customer))
        if rng.random() < 0.4:
            acts.append(centre.access(at + 4, person.row, VIEW, customer))
    return acts


def off_shift(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """So many look-ups at night or on a day off, within an hour or two."""
    if not person.has_roster:
        return None
    free = [day for day in range(centre.learn_days, centre.days) if day not in centre.duties[person.row]]
    night = rng.random() < 0.5 or not free
    day = _chosen(rng, centre, person, 1)[0] if night else free[int(rng.integers(len(free)))]
    begin = BEGIN + day * DAY + float(rng.uniform(0.5, 5) if night else rng.uniform(8, 21)) * 3600
    length = float(rng.uniform(1800, 5400))
    acts: list[Happening] = [_signed_in(begin - 60, person, f"home-{person.site}", f"h{person.row}", 0.5)]
    for at, customer in zip(
        np.sort(rng.uniform(begin, begin + length, level)).tolist(), _strangers(rng, centre, level), strict=True
    ):
        acts += _looked(rng, centre, person, at, customer)
    return acts


def export_spike(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """An export of so many times what somebody of that work exports at once; asked for by a request like any other."""
    (day,) = _chosen(rng, centre, person, 1)
    duty = centre.duties[person.row][day]
    usual = 900 if person.role == "analyst" else 35
    size = int(usual * level * rng.uniform(0.9, 1.3))
    link = REQUEST if rng.random() < 0.7 else NO_LINK
    return [
        centre.access(float(rng.uniform(duty.begin, duty.end)), person.row, EXPORT, NOBODY, link=link, subjects=size)
    ]


def wrong_subject(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """While one customer talks, another is looked up: so many a day, for one to two weeks."""
    acts: list[Happening] = []
    for day in _run(rng, centre, person, int(rng.integers(5, 11))):
        for at in _moments(rng, centre, person, day, level, in_calls=True):
            acts += _looked(rng, centre, person, at, _strangers(rng, centre, 1)[0])
    return acts


def self_approval(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """So many tries within two days to approve what oneself asked for."""
    days = _run(rng, centre, person, 2)
    acts: list[Happening] = []
    for _ in range(level):
        duty = centre.duties[person.row][days[int(rng.integers(len(days)))]]
        acts.append(_did(float(rng.uniform(duty.begin, duty.end)), person, "own_approval_tried"))
    return acts


def new_role_bulk(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """A friend among the administrators gives a role; within hours so many customers are looked up with it."""
    (day,) = _chosen(rng, centre, person, 1)
    duty = centre.duties[person.row][day]
    friends = [each for each in centre.people if each.role == "administrator"]
    friend = friends[int(rng.integers(len(friends)))]
    given = float(rng.uniform(duty.begin, duty.begin + 7200))
    acts: list[Happening] = [_did(given, friend, "role_given", person.name)]
    begin = given + float(rng.uniform(600, 7200))
    for at, customer in zip(
        np.sort(rng.uniform(begin, begin + 5400, level)).tolist(), _strangers(rng, centre, level), strict=True
    ):
        acts += _looked(rng, centre, person, at, customer)
    return acts


def emergency_habit(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """Emergency access opened so many times within a week, a few look-ups each time."""
    days = _run(rng, centre, person, 5)
    acts: list[Happening] = []
    for number in range(level):
        duty = centre.duties[person.row][days[number % len(days)]]
        at = float(rng.uniform(duty.begin, duty.end - 1800))
        acts.append(_did(at, person, "emergency_opened"))
        for customer in _strangers(rng, centre, int(rng.integers(1, 4))):
            at += float(rng.uniform(60, 400))
            acts += _looked(rng, centre, person, at, customer)
    return acts


def dormant_account(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """The account of somebody who left months ago signs in and looks up so many."""
    begin = BEGIN + (centre.learn_days + float(rng.uniform(0, centre.days - centre.learn_days - 1))) * DAY
    idle = float(rng.uniform(50, 200))
    acts: list[Happening] = [_signed_in(begin, person, person.site, f"w{person.site}-7", idle)]
    at = begin
    for customer in _strangers(rng, centre, level):
        at += float(rng.uniform(20, 300))
        acts += _looked(rng, centre, person, at, customer)
    return acts


def two_places(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """While its owner works, the account signs in from another site, on so many days, and looks around."""
    acts: list[Happening] = []
    elsewhere = [site for site in SITES if site != person.site]
    region = elsewhere[int(rng.integers(len(elsewhere)))]
    for day in _run(rng, centre, person, level):
        duty = centre.duties[person.row][day]
        at = float(duty.begin + rng.uniform(300, 2400))
        acts.append(_signed_in(at, person, region, f"w{region}-{int(rng.integers(40))}", 0.0))
        for customer in _strangers(rng, centre, int(rng.integers(1, 4))):
            at += float(rng.uniform(30, 200))
            acts += _looked(rng, centre, person, at, customer)
    return acts


def canary_touch(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """Among so many customers opened one is invented."""
    (day,) = _chosen(rng, centre, person, 1)
    bait = int(rng.choice(np.flatnonzero(centre.canary)))
    customers = [*_strangers(rng, centre, level - 1), bait]
    acts: list[Happening] = []
    for at, customer in zip(
        _moments(rng, centre, person, day, level), rng.permutation(customers).tolist(), strict=True
    ):
        acts += _looked(rng, centre, person, at, customer)
    return acts


def partner_volume(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """A partner is sent so many times what it usually gets, on one to three days."""
    partner = person.name
    day = int(rng.integers(centre.learn_days, centre.days - 3))
    fields = centre.partners[partner]
    return [
        Delivery(
            index=0,
            at=BEGIN + (day + number) * DAY + float(rng.uniform(3600, 80_000)),
            partner=partner,
            records=int(centre.mean_records[partner] * level * rng.uniform(0.9, 1.2)),
            fields=fields,
        )
        for number in range(int(rng.integers(1, 4)))
    ]


def partner_fields(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """So many fields more than agreed go to a partner, in the usual number of records."""
    partner = person.name
    day = int(rng.integers(centre.learn_days, centre.days - 3))
    more = frozenset(("id_number", "card_number", "birthday", "income")[:level])
    return [
        Delivery(
            index=0,
            at=BEGIN + day * DAY + float(rng.uniform(3600, 80_000)),
            partner=partner,
            records=int(centre.mean_records[partner] * rng.uniform(0.8, 1.2)),
            fields=centre.partners[partner] | more,
        )
    ]


KINDS: Mapping[str, Kind] = {
    "bulk_harvest": Kind(bulk_harvest, "customers", (1, 3, 5, 10, 20, 40, 100), (20, 40, 100)),
    "slow_harvest": Kind(slow_harvest, "a day", (1, 2, 3, 5, 8, 13, 21), (5, 8, 13), days=12),
    "vip_curiosity": Kind(vip_curiosity, "people", (1, 2, 3, 5), (1, 2, 3)),
    "family_lookup": Kind(family_lookup, "look-ups", (1, 2, 4, 8), (1, 2, 4)),
    "former_partner": Kind(former_partner, "a day", (1, 2, 3, 5, 8), (2, 3, 5), days=12),
    "enumeration": Kind(enumeration, "numbers", (3, 6, 12, 25, 50, 100), (12, 25, 50)),
    "off_shift": Kind(off_shift, "customers", (1, 2, 4, 8, 15, 30), (4, 8, 15)),
    "export_spike": Kind(export_spike, "times usual", (2, 4, 8, 15, 30, 60), (15, 30, 60), roles=("analyst", "leader")),
    "wrong_subject": Kind(wrong_subject, "a day", (1, 2, 3, 5, 8), (3, 5, 8), days=8),
    "self_approval": Kind(self_approval, "tries", (1, 2, 3, 5), (1, 2, 3), roles=("agent", "leader")),
    "new_role_bulk": Kind(new_role_bulk, "customers", (2, 5, 10, 20, 40), (10, 20, 40)),
    "emergency_habit": Kind(emergency_habit, "times", (1, 2, 3, 5, 8), (3, 5), roles=("agent", "leader"), days=5),
    "dormant_account": Kind(dormant_account, "customers", (1, 3, 6, 12, 24), (3, 6, 12), roles=("former",)),
    "two_places": Kind(two_places, "days", (1, 2, 3), (1, 2, 3)),
    "canary_touch": Kind(canary_touch, "customers", (1, 3, 6, 12), (1, 3, 6)),
    "partner_volume": Kind(partner_volume, "times usual", (2, 3, 4, 6, 10), (4, 6, 10), roles=()),
    "partner_fields": Kind(partner_fields, "fields", (1, 2, 3), (1, 2, 3), roles=()),
}
PARTNERS_AT_ONCE = 2
"""Incidents of each kind of partners in one run: there are eight partners."""


# Planting


def plant(
    centre: Centre,
    kinds: Mapping[str, Kind],
    *,
    seed: int,
    each: int = 4,
    level: Callable[[Rng, Kind], int] | None = None,
) -> Planted:
    """Incidents of every kind, each by somebody who does nothing else that is wrong.

    Args:
        level: chooses the intensity; without it one of the usual ones is drawn.
    """
    rng = np.random.default_rng([seed, 2])
    free = [centre.people[row] for row in rng.permutation(len(centre.people)).tolist()]
    partners = [_as_person(name) for name in rng.permutation(sorted(centre.partners)).tolist()]
    deeds: list[tuple[str, int, frozenset[str], list[Happening]]] = []
    for name, kind in kinds.items():
        for _ in range(each if kind.roles else min(each, PARTNERS_AT_ONCE)):
            strength = level(rng, kind) if level else int(rng.choice(kind.usual))
            for person in list(partners if not kind.roles else free):
                if not _could(centre, kind, person):
                    continue
                acts = kind.deed(rng, centre, strength, person)
                if not acts:
                    continue
                (partners if not kind.roles else free).remove(person)
                actors = frozenset(act.partner if isinstance(act, Delivery) else act.actor for act in acts) | frozenset(
                    {person.name}
                )
                for partner in [other for other in free if other.name in actors and other.role == "agent"]:
                    free.remove(partner)
                deeds.append((name, strength, actors, acts))
                break
    stream, given = merged(centre.life, [act for *_, acts in deeds for act in acts])
    incidents, place = [], 0
    for name, strength, actors, acts in deeds:
        times = [act.at for act in acts]
        indices = tuple(sorted(given[place : place + len(acts)]))
        incidents.append(Incident(name, strength, actors, min(times), max(times), indices))
        place += len(acts)
    return Planted(stream, incidents)


def _could(centre: Centre, kind: Kind, person: Person) -> bool:
    if not kind.roles:
        return True
    if kind.roles == ("former",):
        return person.role == "former"
    enough = len(centre.working_days(person.row, centre.learn_days, centre.days)) >= kind.days
    return person.role in kind.roles and enough


def _as_person(partner: str) -> Person:
    return Person(NOBODY, partner, "", "", NOBODY, "", 0, 0, False)
