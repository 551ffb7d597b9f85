"""Putting happenings in order: ordinary life from its columns, and attacks in their places among it."""

from __future__ import annotations

import bisect

import numpy as np

from bench._alerts_life import Rows
from bench._alerts_world import ACTIONS, BEGIN, CUSTOMERS, DAY, GAP, LINKS, NOBODY, Centre, Floats, Ints, subject
from callwarden.engines.watch._facts import Access, Delivery, Happening, Privilege


def in_order(centre: Centre, rows: Rows, others: list[Privilege | Delivery]) -> list[Happening]:
    columns = rows.columns()
    by_time = np.argsort(columns[0], kind="stable")
    at, person, action, customer, link, caller, subjects, allowed = (column[by_time] for column in columns)
    nobody = customer == NOBODY
    safe = np.where(nobody, 0, customer)
    owner = centre.owner[safe]
    team = np.array([each.team for each in centre.people])
    owner_team = np.where(owner == NOBODY, -1, team[owner])
    close = (owner != NOBODY) & ((owner == person) | (centre.own[safe] & (owner_team == team[person]))) & ~nobody
    shift = _on_shift(centre, at, person)
    later = sorted(others, key=lambda each: each.at)
    # Places of the other happenings among the look-ups, so that indices follow the time.
    before = np.searchsorted(at, np.array([each.at for each in later]))
    index = (np.arange(len(at)) + np.searchsorted(before, np.arange(len(at)), side="right")) * GAP
    names, peers = [each.name for each in centre.people], [each.peers for each in centre.people]
    subjects_by_row = [subject(number) for number in range(CUSTOMERS)]
    numbers: list[int] = centre.order.tolist()
    vip, canary = centre.vip.tolist(), centre.canary.tolist()
    life: list[Happening] = [
        Access(
            place,
            when,
            names[who],
            peers[who],
            ACTIONS[what],
            "" if whom < 0 else subjects_by_row[whom],
            many,
            granted,
            LINKS[why],
            "" if calling < 0 else subjects_by_row[calling],
            None if whom < 0 else numbers[whom],
            whom >= 0 and vip[whom],
            whom >= 0 and canary[whom],
            near,
            (False, True, None)[rostered],
        )
        for place, when, who, what, whom, many, granted, why, calling, near, rostered in zip(
            index.tolist(),
            at.tolist(),
            person.tolist(),
            action.tolist(),
            customer.tolist(),
            subjects.tolist(),
            allowed.tolist(),
            link.tolist(),
            caller.tolist(),
            close.tolist(),
            shift.tolist(),
            strict=True,
        )
    ]
    for number, (place, each) in enumerate(zip(before.tolist(), later, strict=True)):
        life.append(_at_index(each, (place + number) * GAP))
    life.sort(key=lambda each: each.index)
    return life


def _at_index(happening: Privilege | Delivery, index: int) -> Privilege | Delivery:
    if isinstance(happening, Delivery):
        return Delivery(index, happening.at, happening.partner, happening.records, happening.fields)
    return Privilege(
        index,
        happening.at,
        happening.actor,
        happening.what,
        happening.about,
        happening.where,
        happening.region,
        happening.idle_days,
    )


def _on_shift(centre: Centre, at: Floats, person: Ints) -> Ints:
    """0 no, 1 yes, 2 not known, for each look-up."""
    people = len(centre.people)
    begin = np.full((people, centre.days + 2), np.inf)
    end = np.full((people, centre.days + 2), -np.inf)
    for row, duties in enumerate(centre.duties):
        for day, duty in duties.items():
            if duty.rostered is not None:
                begin[row, day], end[row, day] = duty.rostered
    day = ((at - BEGIN) // DAY).astype(np.int64)
    on = (at >= begin[person, day]) & (at < end[person, day])
    rostered = np.array([each.has_roster for each in centre.people])
    return np.where(rostered[person], on.astype(np.int64), 2)


def merged(life: list[Happening], more: list[Happening]) -> tuple[list[Happening], list[int]]:
    """Ordinary life with further happenings in their places, and the leaf indices those got, in the order given.

    The further ones get indices between their neighbours'; the happenings of `life` keep theirs.
    """
    times = [each.at for each in life]
    taken: dict[int, int] = {}
    placed: list[tuple[int, Happening]] = []
    given = [0] * len(more)
    for number in sorted(range(len(more)), key=lambda each: more[each].at):
        each = more[number]
        place = bisect.bisect_right(times, each.at)
        nth = taken[place] = taken.get(place, 0) + 1
        if nth >= GAP:
            raise ValueError("Too many attacks in one moment.")
        index = (life[place - 1].index if place else -GAP) + nth
        given[number] = index
        placed.append((place, _renumbered(each, index)))
    result: list[Happening] = []
    done = 0
    for place, each in placed:
        result += life[done:place]
        result.append(each)
        done = place
    result += life[done:]
    return result, given


def _renumbered(happening: Happening, index: int) -> Happening:
    if not isinstance(happening, Access):
        return _at_index(happening, index)
    return Access(
        index,
        happening.at,
        happening.actor,
        happening.peers,
        happening.action,
        happening.subject,
        happening.subjects,
        happening.allowed,
        happening.link,
        happening.caller,
        happening.order,
        happening.vip,
        happening.canary,
        happening.close,
        happening.on_shift,
    )
