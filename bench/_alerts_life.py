"""The ordinary life of the invented centre: calls and their look-ups, other work, rights and sign-ins, deliveries."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from bench._alerts_world import (
    BEGIN,
    CALL,
    CALLS_A_DAY,
    CAMPAIGN,
    CUSTOMERS,
    DAY,
    EXPORT,
    NO_LINK,
    NOBODY,
    ORIGINAL,
    ORIGINALS_A_CALL,
    PLAY,
    QUEUES,
    REQUEST,
    REVEAL,
    SEARCH,
    TICKET,
    VIEW,
    Calls,
    Centre,
    Duty,
    Floats,
    Ints,
    Person,
)
from callwarden.engines.watch._facts import Delivery, Power, Privilege


class Rows:
    """Columns of look-ups, gathered in pieces."""

    def __init__(self) -> None:
        self._pieces: list[tuple[NDArray[np.generic], ...]] = []

    def add(
        self,
        at: Floats,
        person: Ints,
        action: int | Ints,
        customer: int | Ints,
        link: int | Ints,
        *,
        caller: int | Ints = NOBODY,
        subjects: int | Ints = 1,
        allowed: bool | NDArray[np.bool_] = True,
    ) -> None:
        size = len(at)
        full: Callable[[object, type], NDArray[np.generic]] = lambda value, kind: np.broadcast_to(  # noqa: E731
            np.asarray(value, kind), size
        )
        self._pieces.append(
            (
                at,
                full(person, np.int64),
                full(action, np.int64),
                full(customer, np.int64),
                full(link, np.int64),
                full(caller, np.int64),
                full(subjects, np.int64),
                full(allowed, bool),
            )
        )

    def columns(self) -> list[NDArray[np.generic]]:
        return [np.concatenate(column) for column in zip(*self._pieces, strict=True)]


def calls(rng: np.random.Generator, centre: Centre, rows: Rows) -> None:
    """Every call of every agent, and the look-ups that belong to it."""
    pace = rng.normal(1.0, 0.15, len(centre.people)).clip(0.6, 1.5)
    # Some telephones tell less than others, so misses are not spread evenly.
    uneven = rng.gamma(2.0, 0.5, len(centre.people))
    missing = (1 - centre.linkage) * uneven / uneven[[person.role == "agent" for person in centre.people]].mean()
    outages = _outages(rng, centre.days)
    campaigns = _campaigns(centre.days)
    lists = {start: int(rng.integers(0, CUSTOMERS // 2)) for start, _ in campaigns}
    of_person: list[list[tuple[Floats, Floats, Ints, NDArray[np.bool_]]]] = [[] for _ in centre.people]
    for person in centre.people:
        if person.role != "agent":
            continue
        lent = rng.random() < 0.12
        for day, duty in centre.duties[person.row].items():
            campaign = next((each for each in campaigns if each[0] <= day < each[0] + each[1]), None)
            dials = person.queue == "outbound" or (lent and campaign is not None)
            new = day - person.joined < 10 and person.joined > 0
            mean = (CALLS_A_DAY["outbound" if dials else person.queue]) * float(pace[person.row]) * (0.6 if new else 1)
            count = int(rng.poisson(mean * (0.8 if day % 7 >= 5 else 1.0)))
            if count == 0:
                continue
            slot = (duty.end - duty.begin) / count
            begin = duty.begin + (np.arange(count) + rng.uniform(0.02, 0.3, count)) * slot
            end = begin + slot * rng.uniform(0.35, 0.68, count)
            if dials and campaign is not None:
                # A list is dialled in the order of numbers by everybody at once, so each gets every tenth or so.
                head = lists[campaign[0]] + (day - campaign[0]) * 900
                customer = (head + np.sort(rng.integers(0, 900, count))) % CUSTOMERS
            else:
                customer = rng.integers(0, CUSTOMERS, count)
            customer = _but_canaries(centre, customer)
            known = rng.random(count) >= missing[person.row]
            for queue, from_, until in outages:
                if queue in ("", person.queue):
                    known &= ~((begin >= from_) & (begin < until))
            of_person[person.row].append((begin, end, customer, known))
            _look_ups(rng, centre, rows, person, (begin, end, customer, known), dials=dials, new=new)
    for pieces in of_person:
        if pieces:
            centre.calls.append(Calls(*(np.concatenate(column) for column in zip(*pieces, strict=True))))  # type: ignore[arg-type]
        else:
            nothing = np.zeros(0)
            centre.calls.append(Calls(nothing, nothing, nothing.astype(np.int64), nothing.astype(bool)))


def _look_ups(
    rng: np.random.Generator,
    centre: Centre,
    rows: Rows,
    person: Person,
    calls: tuple[Floats, Floats, Ints, NDArray[np.bool_]],
    *,
    dials: bool,
    new: bool,
) -> None:
    begin, end, customer, known = calls
    count, length = len(begin), end - begin
    who = np.full(count, person.row)
    link = np.where(known, CAMPAIGN if dials else CALL, NO_LINK)
    caller = np.where(known, customer, NOBODY)

    def some(chance: float) -> NDArray[np.bool_]:
        return rng.random(count) < chance

    def put(chosen: NDArray[np.bool_], after: float, action: int) -> None:
        at = begin[chosen] + after * length[chosen] * rng.uniform(0.8, 1.2, int(chosen.sum()))
        rows.add(at, who[chosen], action, customer[chosen], link[chosen], caller=caller[chosen])

    put(some(0.25 if dials else 0.85), 0.05, SEARCH)
    put(np.ones(count, bool), 0.1, VIEW)
    put(some(0.05 if dials else 0.35), 0.4, VIEW)
    put(some(0.03 if dials else 0.12), 0.5, REVEAL)
    put(some(0.008), 0.6, PLAY)
    put(some(ORIGINALS_A_CALL.get(person.queue, 0.0004)), 0.7, ORIGINAL)
    if not dials:
        several = some(0.05)
        at = begin[several] + 0.02 * length[several]
        rows.add(
            at,
            who[several],
            SEARCH,
            NOBODY,
            NO_LINK,
            caller=caller[several],
            subjects=rng.integers(2, 16, int(several.sum())),
        )
    # A mistyped number: mostly nobody's, sometimes another customer's, near in the list when a last digit was wrong.
    slip = some(0.06 if new else 0.022)
    for place in np.flatnonzero(slip).tolist():
        at = np.array([begin[place] + 0.03 * length[place]])
        if rng.random() < 0.7:
            rows.add(at, who[:1], SEARCH, NOBODY, NO_LINK, caller=caller[place : place + 1], subjects=0)
            continue
        near = int(customer[place]) + int(rng.integers(-8, 9))
        other = near % CUSTOMERS if rng.random() < 0.5 else int(rng.integers(CUSTOMERS))
        rows.add(at, who[:1], SEARCH, other, NO_LINK, caller=caller[place : place + 1])
        if rng.random() < 0.3:
            rows.add(at + 6, who[:1], VIEW, other, NO_LINK, caller=caller[place : place + 1])
    # Callers who speak for somebody else; a note of that exists only sometimes.
    for place in np.flatnonzero(some(0.02 if new else 0.012)).tolist():
        at = np.array([begin[place] + 0.55 * length[place]])
        other = int(_any(rng, centre, 1)[0])
        noted = TICKET if rng.random() < 0.35 else NO_LINK
        rows.add(at, who[:1], VIEW, other, noted, caller=caller[place : place + 1])
    # Work after the call still belongs to it.
    late = some(0.08)
    pause = rng.uniform(0.02, 0.25, int(late.sum())) * length[late]
    rows.add(end[late] + pause, who[late], VIEW, customer[late], link[late])
    # Asked for more than the role may: refused.
    denied = some(0.002)
    rows.add(
        begin[denied] + 0.45 * length[denied],
        who[denied],
        REVEAL,
        customer[denied],
        link[denied],
        caller=caller[denied],
        allowed=False,
    )


def _outages(rng: np.random.Generator, days: int) -> list[tuple[str, float, float]]:
    """Hours in which the telephone system tells nothing: (queue or "" for all, begin, end); some in each half."""
    found = []
    for half in (0, 1):
        for _ in range(2):
            day = int(rng.integers(half * days // 2, (half + 1) * days // 2))
            begin = BEGIN + day * DAY + float(rng.uniform(8, 19)) * 3600
            queue = "" if rng.random() < 0.3 else str(rng.choice(QUEUES))
            found.append((queue, begin, begin + float(rng.uniform(0.5, 2.5)) * 3600))
    return found


def _campaigns(days: int) -> list[tuple[int, int]]:
    """First day and length of each."""
    return [(int(days * 0.13), 6), (int(days * 0.4), 5), (int(days * 0.68), 7)]


def other_work(rng: np.random.Generator, centre: Centre, rows: Rows) -> None:
    """Call-backs, reviews, tickets and exports: work without a call in hand."""
    untied = 0.25 * (1 - centre.linkage) + 0.01

    def times(duty: Duty, count: int) -> Floats:
        return np.sort(rng.uniform(duty.begin, duty.end, count))

    def tied(count: int, link: int, chance: float) -> Ints:
        return np.where(rng.random(count) < chance, NO_LINK, link)

    for person in centre.people:
        for day, duty in centre.duties[person.row].items():
            who: Callable[[int], Ints] = lambda count: np.full(count, person.row)  # noqa: B023, E731
            if person.role == "agent":
                count = int(rng.poisson(1.2))
                customer = _any(rng, centre, count)
                at, link = times(duty, count), tied(count, TICKET, untied)
                rows.add(at, who(count), VIEW, customer, link, caller=_callers(centre, person.row, at))
                again = rng.random(count) < 0.3
                later = at[again] + 40
                rows.add(
                    later,
                    who(int(again.sum())),
                    REVEAL,
                    customer[again],
                    link[again],
                    caller=_callers(centre, person.row, later),
                )
            elif person.role in ("leader", "quality"):
                count = int(rng.poisson(7 if person.role == "leader" else 22))
                customer = _any(rng, centre, count)
                at, link = times(duty, count), tied(count, TICKET, untied)
                heard = np.where(rng.random(count) < 0.8, PLAY, ORIGINAL)
                rows.add(at, who(count), VIEW, customer, link)
                rows.add(at + 25, who(count), heard, customer, link)
            elif person.role == "backoffice":
                count = int(rng.poisson(38))
                customer = _any(rng, centre, count)
                at, link = times(duty, count), tied(count, TICKET, untied)
                rows.add(at, who(count), VIEW, customer, link)
                more = rng.random(count) < 0.4
                rows.add(at[more] + 30, who(int(more.sum())), REVEAL, customer[more], link[more])
            _exports(rng, rows, person, day, times, duty, untied)


def _exports(
    rng: np.random.Generator,
    rows: Rows,
    person: Person,
    day: int,
    times: Callable[[Duty, int], Floats],
    duty: Duty,
    untied: float,
) -> None:
    if person.role == "analyst":
        count = int(rng.poisson(0.8)) + (2 if day % 30 in (0, 1) else 0)
        size = rng.lognormal(np.log(900), 0.7, count)
    elif person.role == "leader":
        count = int(day % 7 == 0 or rng.random() < 0.05)
        size = rng.lognormal(np.log(35), 0.4, count)
    else:
        return
    at = times(duty, count)
    link = np.where(rng.random(count) < untied, NO_LINK, REQUEST)
    rows.add(at, np.full(count, person.row), EXPORT, NOBODY, link, subjects=size.astype(np.int64) + 1)


def _but_canaries(centre: Centre, customer: Ints) -> Ints:
    """Nobody calls about an invented customer; the neighbour does. Only a mistyped number may hit one."""
    return np.where(centre.canary[customer], (customer + 1) % CUSTOMERS, customer)


def _any(rng: np.random.Generator, centre: Centre, count: int) -> Ints:
    return _but_canaries(centre, rng.integers(0, CUSTOMERS, count))


def _callers(centre: Centre, person: int, at: Floats) -> Ints:
    return np.array([centre.caller_at(person, float(each)) for each in at], np.int64)


# Rights, partners


def privileges(rng: np.random.Generator, centre: Centre) -> Iterator[Privilege]:
    def one(at: float, person: Person, what: Power, **more: object) -> Privilege:
        return Privilege(index=0, at=at, actor=person.name, what=what, **more)  # type: ignore[arg-type]

    for person in centre.people:
        last: float | None = None
        home = f"home-{person.site}"
        where = f"w{person.site}-{person.row % 40}"
        if person.joined == 0 and centre.duties[person.row]:
            first = min(centre.duties[person.row])
            # Whoever comes back from long leave had not signed in for months.
            last = BEGIN - DAY * (1 if first < 20 else 70)
        for _, duty in sorted(centre.duties[person.row].items()):
            at = duty.begin - float(rng.uniform(30, 400))
            for slip in range(int(rng.choice([0, 1, 2, 3], p=[0.965, 0.025, 0.008, 0.002]))):
                yield one(at - 20 * (slip + 1), person, "sign_in_failed", where=where, region=person.site)
            idle = None if last is None else max(0.0, (at - last) / DAY)
            yield one(at, person, "signed_in", where=where, region=person.site, idle_days=idle)
            last = duty.end
            if rng.random() < 0.004:
                # Once more from home, after the way there.
                later = duty.end + float(rng.uniform(2400, 9000))
                yield one(
                    later, person, "signed_in", where=f"h{person.row}", region=home, idle_days=(later - last) / DAY
                )
            if rng.random() < 0.01:
                yield one(float(rng.uniform(duty.begin, duty.end)), person, "refused")
    administrators = [person for person in centre.people if person.role == "administrator"]
    agents = [person for person in centre.people if person.role == "agent"]
    leaders = [person for person in centre.people if person.role == "leader"]

    def when(person: Person) -> float:
        duty = centre.duties[person.row][int(rng.choice(sorted(centre.duties[person.row])))]
        return float(rng.uniform(duty.begin, duty.end))

    def any_of(persons: list[Person]) -> Person:
        return persons[int(rng.integers(len(persons)))]

    for _ in range(int(rng.poisson(centre.days / 3))):
        giver = any_of(administrators)
        yield one(when(giver), giver, "role_given", about=any_of(agents).name)
    for _ in range(int(rng.poisson(centre.days / 20))):
        opener = any_of(leaders)
        yield one(when(opener), opener, "emergency_opened")
    for _ in range(int(rng.poisson(centre.days / 30))):
        clicker = any_of(leaders)
        yield one(when(clicker), clicker, "own_approval_tried")


def partners(rng: np.random.Generator) -> tuple[dict[str, frozenset[str]], dict[str, float]]:
    fields = ("name", "phone", "address", "contract", "balance", "consent", "city", "language")
    named = [f"partner{number}" for number in range(8)]
    return (
        {each: frozenset(rng.choice(fields, int(rng.integers(3, 6)), replace=False).tolist()) for each in named},
        {each: float(rng.lognormal(np.log(400), 1.0)) + 20 for each in named},
    )


def deliveries(rng: np.random.Generator, centre: Centre) -> Iterator[Delivery]:
    for partner, fields in centre.partners.items():
        hour = float(rng.uniform(1, 23))
        busy = int(rng.integers(0, centre.days))
        for day in range(centre.days):
            quiet = day % 7 >= 5
            if quiet and rng.random() < 0.5:
                continue
            records = centre.mean_records[partner] * float(rng.lognormal(0, 0.2))
            records *= 0.5 if quiet else 1.6 if busy <= day < busy + 3 else 1.0
            at = BEGIN + day * DAY + hour * 3600 + float(rng.uniform(0, 900))
            yield Delivery(index=0, at=at, partner=partner, records=int(records), fields=fields)
