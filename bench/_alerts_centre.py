"""An invented call centre and two months of what its people look at, with nobody doing anything wrong.

    centre = build(seed=1)                    # 300 agents, 60 days, 98 % of the calls linked to their look-ups
    len(centre.life)                          # about 0.8 million happenings, in order of time
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

import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from callwarden.engines.watch._facts import Access, Delivery, Happening, Link, Power, Privilege

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
    partners, means = _partners(rng)
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
        partners=partners,
        mean_records=means,
    )
    rows = _Rows()
    _calls(rng, centre, rows)
    _other_work(rng, centre, rows)
    others = [*_privileges(rng, centre), *_deliveries(rng, centre)]
    centre.life = _in_order(centre, rows, others)
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


# Look-ups


class _Rows:
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


def _calls(rng: np.random.Generator, centre: Centre, rows: _Rows) -> None:
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
    rows: _Rows,
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


def _other_work(rng: np.random.Generator, centre: Centre, rows: _Rows) -> None:
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
    rows: _Rows,
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


def _privileges(rng: np.random.Generator, centre: Centre) -> Iterator[Privilege]:
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


def _partners(rng: np.random.Generator) -> tuple[dict[str, frozenset[str]], dict[str, float]]:
    fields = ("name", "phone", "address", "contract", "balance", "consent", "city", "language")
    named = [f"partner{number}" for number in range(8)]
    return (
        {each: frozenset(rng.choice(fields, int(rng.integers(3, 6)), replace=False).tolist()) for each in named},
        {each: float(rng.lognormal(np.log(400), 1.0)) + 20 for each in named},
    )


def _deliveries(rng: np.random.Generator, centre: Centre) -> Iterator[Delivery]:
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


# Putting it in order


def _in_order(centre: Centre, rows: _Rows, others: list[Privilege | Delivery]) -> list[Happening]:
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
