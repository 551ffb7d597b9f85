"""What must be true in chapter 1, told a second time and by other means: the oracle of the walk.

It shares no code with the product: it is written from the decisions (ADR 16 and 18) and the law, keeps lists where the
product keeps tables, and works out everything anew each time it is asked. Time is a number of days.
"""

from __future__ import annotations

from dataclasses import dataclass, field

FLOOR_DAYS = 30.0  # evidence of calls out
STRENGTH = {"given": 1, "expired": 2, "refused": 4, "withdrawn": 5}
NO = ("refused", "withdrawn")


@dataclass
class Said:
    """One answer. `call`: said in this call; None: said outside any."""

    purpose: str
    state: str
    at: float
    call: int | None
    ends: float | None = None


@dataclass
class Kept:
    """One record of one call.

    Attributes:
        holds: matters in force on it; `perhaps`: matters a restore may have brought back.
        asked: its erasure was asked for; it goes as soon as neither hold nor floor keeps it.
        frozen: stored and protected only.
        gone: it must be unreadable for ever.
        settled: it surely lies in the bucket of its hold. Held only after its period, it stays shut until it does.
    """

    number: int
    person: int
    outbound: bool
    ended: float
    due: float
    holds: set[int] = field(default_factory=set)
    perhaps: set[int] = field(default_factory=set)
    asked: bool = False
    frozen: bool = False
    gone: bool = False
    settled: bool = False

    @property
    def floor(self) -> float:
        return self.ended + FLOOR_DAYS if self.outbound else float("-inf")


@dataclass
class Person:
    said: list[Said] = field(default_factory=list)
    erased: bool = False
    strict: bool = False  # a restore may have taken more from them than they asked for


@dataclass
class Model:
    now: float = 0.0
    days: float = 90.0
    people: dict[int, Person] = field(default_factory=dict)
    kept: dict[int, Kept] = field(default_factory=dict)

    def answer(self, record: Kept, purpose: str) -> str:
        """What stands for one record: "", "given", "refused", …"""
        said = [one for one in self.people[record.person].said if one.purpose == purpose]
        here = _last([one for one in said if one.call == record.number])
        if here is not None and here.state in NO:
            return here.state
        reaching = [here, _last([one for one in said if one.call is None])]
        for call in {one.call for one in said} - {None, record.number}:
            last = _last([one for one in said if one.call == call])
            if last is not None and last.state in NO:  # the yes of a call, and its end, are of that call alone
                reaching.append(last)
        best = _last([one for one in reaching if one is not None])
        return self._state(best) if best is not None else ""

    def _state(self, one: Said) -> str:
        return "expired" if one.state == "given" and one.ends is not None and one.ends <= self.now else one.state

    def may_read(self, record: Kept, purpose: str) -> bool:
        """Whether anybody may open it for this purpose now."""
        if record.gone or record.frozen:
            return False
        # On hold it stays open beyond its period, for whoever works on the matter: so the keeper decides.
        if record.due <= self.now and not record.holds and not record.perhaps:
            return False
        # A contract was never theirs to take back: it goes on, whatever they say.
        return purpose == "service" or self.answer(record, purpose) in ("", "given")

    def surely_opens(self, record: Kept, purpose: str) -> bool:
        """Whether it must open: it may be read, and nothing that depends on when jobs ran speaks against it."""
        sure = not self.people[record.person].strict and not record.perhaps
        return sure and self.may_read(record, purpose) and (record.due > self.now or record.settled)

    def must_be_there(self, record: Kept) -> bool:
        """Whether its loss would be forbidden: it is on hold, inside its floor, or nothing asked it to go."""
        if record.gone:
            return False
        if record.holds or record.floor > self.now:
            return True
        return not record.asked and record.due > self.now and not record.perhaps

    # What happens

    def end_recordings(self, person: int) -> None:
        """Somebody said no to recording: what no yes carries any more ends, or waits for its floor or its hold."""
        for record in self.of(person):
            if not record.asked and self.answer(record, "recording") != "given":
                record.asked = record.frozen = True
                self.go(record)

    def erase(self, person: int) -> None:
        """An erasure that two people approved was carried out as far as it can be."""
        self.people[person].erased = True
        for record in self.of(person):
            record.asked = record.frozen = True
            self.go(record)

    def restrict(self, person: int) -> None:
        for record in self.of(person):
            record.frozen = True

    def go(self, record: Kept) -> None:
        if record.asked and not record.holds and not record.perhaps and record.floor <= self.now:
            record.gone = True

    def jobs(self) -> None:
        """Everything the clock does has been done."""
        for record in self.kept.values():
            if record.due <= self.now and not record.holds and not record.perhaps and record.floor <= self.now:
                record.gone = True
            self.go(record)
            record.settled = bool(record.holds)

    def let_go(self, matter: int) -> None:
        for record in self.kept.values():
            record.holds.discard(matter)
            record.perhaps.discard(matter)
            record.settled = record.settled and bool(record.holds)

    def rule(self, days: float) -> None:
        """The period changed and due dates were computed anew; what only waits for its floor keeps its day."""
        self.days = days
        for record in self.kept.values():
            if not record.gone and not (record.asked and record.floor > self.now):
                record.due = record.ended + days

    def of(self, person: int) -> list[Kept]:
        return [record for record in self.kept.values() if record.person == person and not record.gone]

    def restored(self, copy: Model) -> Model:
        """What must be true after `copy`, which was made before, is laid down and the journal is done again."""
        copy.now, copy.days = self.now, self.days
        for number, person in copy.people.items():
            then, since = person.said, self.people[number].said
            for one in since:
                if one.state in NO and one not in then:
                    then.append(one)
                    person.strict = True
            person.erased = person.erased or self.people[number].erased
        for number, record in copy.kept.items():
            today = self.kept[number]
            record.perhaps |= record.holds - today.holds
            record.holds = set(today.holds)
            record.gone = record.gone or today.gone
            record.due = today.due
            record.asked = record.asked or today.asked
            record.frozen = record.frozen or today.frozen
            record.perhaps |= today.perhaps
            record.settled = False
        return copy


def _last(said: list[Said]) -> Said | None:
    """Of several answers the newest; of the same moment the no."""
    return max(said, key=lambda one: (one.at, STRENGTH[one.state]), default=None)
