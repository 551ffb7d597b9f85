"""What follows from what was said: which answer stands, whether a yes reaches a purpose, whether one may ask again.

Pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from callwarden.lawful.consent.models import ConsentEvent

State = ConsentEvent.State
# Which of two answers of the same moment holds; the database ranks them alike (migration `consent_states`).
RANK: Mapping[str, int] = MappingProxyType(
    {
        State.REQUESTED: 0,
        State.GIVEN: 1,
        State.EXPIRED: 2,
        State.INVALIDATED: 3,
        State.REFUSED: 4,
        State.WITHDRAWN: 5,
    }
)
NO = frozenset({State.REFUSED, State.WITHDRAWN})
OVER = frozenset({State.EXPIRED, State.INVALIDATED})
# Age from which one consents for oneself. Source: PIPL art. 31; GDPR art. 8(1); UK DPA 2018 s. 9; COPPA.
# Member states may set 13 to 16; where this is not set up otherwise the strictest holds.
AGE_OF_CONSENT: Mapping[str, int] = MappingProxyType({"cn": 14, "eu": 16, "uk": 13, "us-ca": 16, "generic": 16})


@dataclass(frozen=True)
class Answer:
    """The answer that stands for one purpose.

    Attributes:
        state: "requested" while nobody has answered.
        of_call: said in a call and of that call; a yes of one call reaches no other.
        bundled: one yes to several purposes at once.
        guardian: said by a parent or guardian.
        ends: when a yes ends by itself.
    """

    state: str
    said_at: datetime
    of_call: bool = True
    bundled: bool = False
    guardian: bool = False
    ends: datetime | None = None
    notice: str | None = None

    @property
    def order(self) -> tuple[bool, datetime, int, bool, bool, bool, float, str]:
        """The greatest stands. Of two alike in moment and state (two numbers of one person) it is the one that carries
        less, so that no order of rows decides."""
        rank = RANK[self.state]
        ends_sooner = -self.ends.timestamp() if self.ends else float("-inf")
        less = self.bundled, not self.guardian, self.of_call, ends_sooner, self.notice or ""
        return rank > 0, self.said_at, rank, *less

    def as_of(self, now: datetime) -> str:
        """The state at a moment: a yes whose time is over has ended, whether or not somebody has noted it."""
        if self.state == State.GIVEN and self.ends is not None and self.ends <= now:
            return State.EXPIRED
        return self.state


def concerns(state: str, said_of: str, recipient: str) -> bool:
    """Whether an answer about giving data to `said_of` ("" is ourselves) counts for giving it to `recipient`.

    A no to ourselves is a no to everybody we would give it to: what we may not do, nobody may do for us or after us.
    A yes reaches only whom it names. Source: PIPL art. 15, 23; GDPR art. 7(3).
    """
    return said_of == recipient or (not said_of and state in NO)


def newest(answers: Iterable[Answer]) -> Answer | None:
    """Of answers of the same person, under however many key holders, the one that stands."""
    return max(answers, key=lambda answer: answer.order, default=None)


def reaches_every_call(answer: Answer) -> bool:
    """Whether an answer counts for all calls of whoever gave it: not the yes of one call, nor the end of that yes."""
    return not answer.of_call or answer.state not in OVER | {State.GIVEN}


def of_call_and_person(call: Answer | None, person: Answer | None) -> Answer | None:
    """What stands for the records of one call, from what was said in it and what its caller said anywhere.

    A no in the call stays for that call. A yes of another call does not reach it, and neither does the end of that
    yes; a no of the person, later than what was said in the call, does.

    Args:
        person: the newest of what `reaches_every_call`: that of all that was said could be the yes of another call,
            and hide a no.
    """
    if call is not None and call.state in NO:
        return call
    if person is not None and not reaches_every_call(person):
        return call
    return newest(answer for answer in (call, person) if answer is not None)


def why_not(answer: Answer | None, *, separate: bool, minor: bool, now: datetime) -> str:
    """Why this answer does not cover a purpose, as a code; "" when it does. Nothing said means no.

    Args:
        separate: the purpose needs a consent of its own, which one yes to several things is not.
        minor: the person is too young to consent themselves.
    """
    state = answer.as_of(now) if answer else State.REQUESTED
    if answer is None or state != State.GIVEN:
        return "consent_unknown" if state == State.REQUESTED else f"consent_{state}"
    if separate and answer.bundled:
        return "consent_bundled"
    if minor and not answer.guardian:
        return "guardian_needed"
    return ""


def ask_again_at(refused_at: datetime | None, *, days: int) -> datetime | None:
    """The first moment at which somebody who refused may be asked again; None when nobody refused.

    Source: NDSR (China, 2025) art. 22(5): no frequent asking after a refusal. The number of days is a setting: the
    rule names none.
    """
    return refused_at + timedelta(days=days) if refused_at is not None else None


def is_bundled(event: ConsentEvent, others: Iterable[ConsentEvent]) -> bool:
    """Whether this yes was one act with a yes to something else: the same moment of the same call, by the same means.

    A form with a box for each purpose is sent in one moment too; there the sender says that the box stood apart. One
    key and one breath are one act, whatever a sender says.
    """
    if event.apart and event.method == ConsentEvent.Method.WEB:
        return False
    return any(
        other.state == State.GIVEN
        and other.at == event.at
        and (other.purpose, other.recipient) != (event.purpose, event.recipient)
        for other in others
    )
