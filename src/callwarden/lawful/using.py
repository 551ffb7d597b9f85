"""Use of what was taken in: may data of this person be put to this use now, for which purposes, until when?

`decide_use` is pure; unknown consent means no. `may_use` asks it about what the database knows now, `covers` asks about
one record and one purpose as a disclosure states it. What they judge comes in one statement (`lawful.use_facts`).
Source: PIPL art. 6, 13-16, 21, 23, 38; GDPR art. 5(1)(b), 6, 7, 44.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from callwarden.custody.models import Call, Line, Record
from callwarden.kernel import clock
from callwarden.lawful import use_facts
from callwarden.lawful.consent.rules import NO, Answer, State, why_not
from callwarden.lawful.gate import NOT_AT_THE_GATE, Refusal, needs_its_own
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.purposes.queries import Served
from callwarden.lawful.purposes.rules import is_abroad, needs_separate_consent
from callwarden.lawful.purposes.terms import Ending, Ground, Use


@dataclass(frozen=True)
class UseFacts:
    """What decides whether data of one person may be used.

    Attributes:
        served: purposes of this use that the line serves, as the registry has them.
        answers: purpose -> what stands for this person and this recipient.
        contract: a contract with them is on record.
        ended: what has ended for them (`terms.Ending`): a ground that ends with it carries no more.
        own: to whom the data would go needs a consent that names them.
    """

    served: tuple[Served, ...]
    answers: Mapping[str, Answer]
    contract: bool
    now: datetime
    ended: frozenset[str] = frozenset()
    minor: bool = False
    own: bool = False


@dataclass(frozen=True)
class Allowed:
    """Purposes for which it may be used, with the ground of each, and when the first of these ends by itself."""

    grounds: Mapping[str, str]
    until: datetime | None = None


def decide_use(facts: UseFacts) -> Allowed | Refusal:
    """Which purposes carry a use now; a Refusal with the reason of each when none does. Pure."""
    carried: dict[str, str] = {}
    against: list[str] = []
    ends: list[datetime] = []
    for served in facts.served:
        answer = facts.answers.get(served.purpose)
        if reason := _against(served, answer, facts):
            against.append(reason)
            continue
        carried[served.purpose] = served.ground
        if (served.by_consent or facts.own) and answer is not None and answer.ends is not None:
            ends.append(answer.ends)
    if not carried:
        return Refusal(tuple(dict.fromkeys(against)) or ("no_purpose",))
    return Allowed(carried, min(ends, default=None))


def _against(served: Served, answer: Answer | None, facts: UseFacts) -> str:
    if answer is not None and answer.state in NO and (facts.own or served.yields_to_no):
        return f"consent_{answer.state}"
    if served.by_consent or facts.own:
        separate = facts.own or needs_its_own(served)
        return why_not(answer, separate=separate, minor=facts.minor, now=facts.now)
    if served.ground in NOT_AT_THE_GATE:
        return "ground_not_for_callers"
    if served.ground == Ground.CONTRACT and not facts.contract:
        return "no_contract"
    if served.ends_with in facts.ended:
        return "ground_ended"
    return served.why_not_carried(facts.now.date())


def may_use(
    use: Use | str,
    *,
    line: Line,
    subject: UUID | None = None,
    person: UUID | None = None,
    call: Call | None = None,
    recipient: str = "",
) -> Allowed | Refusal:
    """May data of this person be put to this use on this line now? Every use beyond taking a call in asks here.

    Call it inside `client_scope`.

    Args:
        subject, person: whose data; one of them, or neither for somebody nobody knows.
        call: the call it comes from, where there is one; what was said in it counts.
        recipient: slug of the recipient it would go to; "" is ourselves.
    """
    found = gather(use, line=line, subject=subject, person=person, call=call, recipient=recipient)
    return found if isinstance(found, Refusal) else decide_use(found)


def gather(
    use: Use | str,
    *,
    line: Line,
    subject: UUID | None = None,
    person: UUID | None = None,
    call: Call | None = None,
    recipient: str = "",
) -> UseFacts | Refusal:
    """What `decide_use` judges of `may_use`; a Refusal where the line or the recipient alone rules it out."""
    now = clock.now()
    found = use_facts.of_use(use, line=line, subject=subject, person=person, call=call, recipient=recipient, now=now)
    if not found:
        return Refusal(("no_purpose",))
    own = False
    if recipient:
        role, country = found[0].role, found[0].country
        if role is None or country is None:
            return Refusal(("unknown_recipient",))
        if is_abroad(line.jurisdiction, country) and not found[0].transferred:
            return Refusal(("no_transfer",))
        # A processor handles data for us: what covers us covers them (PIPL art. 21; GDPR art. 28).
        own = needs_separate_consent(line.jurisdiction, role, country)
        found = [one for one in found if one.theirs]
    named = recipient if own else ""
    answers = _answers(found, recipient=named, call=call is not None)
    served = tuple(one.served for one in found if one.served is not None)
    ended = {what for one in found for what in one.ended}
    if any(not one.by_consent for one in served):
        ended |= _ended_with(call, now)
    return UseFacts(
        served=served,
        answers=answers,
        contract=any(one.contract for one in found),
        now=now,
        ended=frozenset(ended),
        minor=bool(answers) and any(one.young for one in found),
        own=own,
    )


def _ended_with(call: Call | None, now: datetime) -> frozenset[str]:
    return frozenset({Ending.CALL_END.value}) if use_facts.over(call, now) else frozenset()


def _answers(found: list[use_facts.Wanted], *, recipient: str, call: bool) -> dict[str, Answer]:
    stands = {one.purpose: use_facts.stands(one, recipient=recipient, call=call) for one in found}
    return {purpose: answer for purpose, answer in stands.items() if answer is not None}


def covers(record: Record, purpose: str) -> bool | None:
    """Whether a record may be used for a purpose now, by what whoever it is about said and by what the registry says
    of that purpose on its line. None where nothing was said and nothing is registered.

    What a record was stored for counts as covered until somebody says no to it where a no ends it, until its ground
    ends, or until the purpose is retired.
    """
    now = clock.now()
    found = use_facts.of_record(record, purpose, now=now)
    answer, served = use_facts.stands(found, recipient="", call=record.call is not None), found.served
    if found.state == Purpose.State.RETIRED:
        return False
    if answer is not None and answer.state in NO and (served is None or served.yields_to_no):
        return False
    said = answer is not None and answer.state != State.REQUESTED
    if served is None or served.by_consent:
        if not said:
            return True if purpose in record.purposes else None
        separate = served is not None and needs_its_own(served)
        return not why_not(answer, separate=separate, minor=found.young, now=now)
    if served.ends_with and served.ends_with in found.ended | _ended_with(record.call, now):
        return False
    if served.why_not_carried(now.date()):
        return False
    if served.purpose not in record.purposes and served.ground == Ground.CONTRACT:
        return record.customer_id is not None or bool(record.call and record.call.customer_id) or None
    return True
