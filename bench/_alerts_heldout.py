"""Two kinds of attack that nobody who tunes the detectors may read; figures of them are published, their code is not
looked at. They are unlike the others: one is explained by calls from first to last, the other is shared by two people.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench._alerts_attacks import Kind, Rng, _moments, _run, _strangers
from bench._alerts_world import (
    CALL,
    NO_LINK,
    ORIGINAL,
    REVEAL,
    SEARCH,
    TICKET,
    VIEW,
    Centre,
    Person,
)
from callwarden.engines.watch._facts import Happening


def listening_to_a_competitors_callers(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """So many originals a day are played, each of a customer who really is on the line or has a ticket.

    A tenth of the customers came from one competitor; whenever one of them calls, the agent listens to what they said
    before. Nothing is unexplained; there is only more listening than the work asks for.
    """
    acts: list[Happening] = []
    calls = centre.calls[person.row]
    for day in _run(rng, centre, person, int(rng.integers(8, 14))):
        duty = centre.duties[person.row][day]
        mine = np.flatnonzero((calls.begin >= duty.begin) & (calls.begin < duty.end) & calls.known)
        picked = rng.choice(mine, min(len(mine), max(1, round(level * float(rng.uniform(0.7, 1.3))))), replace=False)
        for number in sorted(picked.tolist()):
            customer = int(calls.customer[number])
            length = float(calls.end[number] - calls.begin[number])
            at = float(calls.begin[number] + rng.uniform(0.5, 0.9) * length)
            link = CALL
            if rng.random() < 0.3:
                at, link = float(calls.end[number] + 0.1 * length), TICKET
            acts.append(centre.access(at, person.row, ORIGINAL, customer, link=link))
    return acts


def split_between_two(rng: Rng, centre: Centre, level: int, person: Person) -> list[Happening] | None:
    """Two of a team share a list of so many customers a day: one finds and opens them, the other reads the number.

    They swap parts from day to day, and no customer is opened twice by the same one. Each of the two has half the acts.
    """
    mates = [each for each in centre.people if each.team == person.team and each.row != person.row]
    mates = [each for each in mates if each.role == "agent"]
    if not mates:
        return None
    mate = mates[int(rng.integers(len(mates)))]
    shared = sorted(
        set(centre.working_days(person.row, centre.learn_days, centre.days))
        & set(centre.working_days(mate.row, centre.learn_days, centre.days))
    )
    wanted = min(10, (centre.days - centre.learn_days) // 3)
    if len(shared) < wanted:
        return None
    start = int(rng.integers(len(shared) - wanted + 1))
    acts: list[Happening] = []
    for number, day in enumerate(shared[start : start + wanted]):
        finder, reader = (person, mate) if number % 2 else (mate, person)
        for at in _moments(rng, centre, finder, day, level):
            (customer,) = _strangers(rng, centre, 1)
            acts.append(centre.access(at, finder.row, SEARCH, customer, link=NO_LINK))
            acts.append(centre.access(at + 5, finder.row, VIEW, customer, link=NO_LINK))
            later = at + float(rng.uniform(90, 1500))
            acts.append(centre.access(later, reader.row, REVEAL, customer, link=NO_LINK))
    return acts


HELD_OUT: Mapping[str, Kind] = {
    "competitors_callers": Kind(
        listening_to_a_competitors_callers, "originals a day", (1, 2, 4, 6, 10), (4, 6, 10), days=8
    ),
    "split_between_two": Kind(split_between_two, "customers a day", (1, 2, 4, 6, 10), (4, 6, 10), days=10),
}
