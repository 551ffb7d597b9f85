"""The facts of a decision on use, gathered one by one through the object mapper: what one statement must bring too."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from callwarden.custody.models import Call, Customer, Leg, Line, Record
from callwarden.kernel import clock
from callwarden.lawful.consent import queries as consent
from callwarden.lawful.consent.rules import NO, State, of_call_and_person, why_not
from callwarden.lawful.gate import Refusal, answers_about, needs_its_own
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.purposes.terms import Ending, Ground, Use
from callwarden.lawful.retention import queries as retention
from callwarden.lawful.using import UseFacts

WRAP_UP = timedelta(minutes=30)


def gather(
    use: Use | str,
    *,
    line: Line,
    subject: UUID | None = None,
    person: UUID | None = None,
    call: Call | None = None,
    recipient: str = "",
) -> UseFacts | Refusal:
    served = tuple(one for one in registry.grounds(line) if one.use == use)
    if not served:
        return Refusal(("no_purpose",))
    if call is not None and subject is None and person is None:
        subject = caller_of(call)
    people = consent.linked(person) if person else consent.same_person(subject) if subject else []
    own, named = False, ""
    if recipient:
        found = next((one for one in registry.recipients(line) if one.slug == recipient), None)
        if found is None:
            return Refusal(("unknown_recipient",))
        if found.abroad_from(line.jurisdiction) and not registry.transfers_in_force(
            found, line.jurisdiction, clock.now().date()
        ):
            return Refusal(("no_transfer",))
        theirs = set(found.purposes.values_list("slug", flat=True))
        served = tuple(one for one in served if one.purpose in theirs)
        own = found.separate_consent_in(line.jurisdiction)
        named = recipient if own else ""
    answers = by_person = consent.of_person(people, recipient=named) if people else {}
    if call is not None:
        in_call = consent.of_call(line, bytes(call.reference), recipient=named)
        both = {one: of_call_and_person(in_call.get(one), by_person.get(one)) for one in {*in_call, *by_person}}
        answers = {one: answer for one, answer in both.items() if answer is not None}
    # What was said about other purposes decides nothing here.
    answers = {purpose: answer for purpose, answer in answers.items() if purpose in {one.purpose for one in served}}
    now = clock.now()
    return UseFacts(
        served=served,
        answers=answers,
        contract=_customers(people).exists() if any(one.ground == Ground.CONTRACT for one in served) else False,
        now=now,
        ended=_ended(people, call, now) if any(not one.by_consent for one in served) else frozenset(),
        minor=bool(answers) and consent.is_minor(people, today=now.date()),
        own=own,
    )


def caller_of(call: Call) -> UUID | None:
    return Leg.objects.filter(call=call).exclude(party="agent").values_list("subject", flat=True).first()


def _customers(people: Iterable[UUID]):
    return Customer.objects.filter(person__links__subject__in=list(people), person__links__revoked_at__isnull=True)


def _ended(people: Iterable[UUID], call: Call | None, now: datetime) -> frozenset[str]:
    ended = set()
    if call is not None and call.started_at + timedelta(milliseconds=call.duration_ms) + WRAP_UP < now:
        ended.add(Ending.CALL_END.value)
    for customer in _customers(people).values_list("id", flat=True).distinct():
        ended |= {trigger for trigger, at in retention.events_of(customer).items() if at <= now}
    return frozenset(ended)


def covers(record: Record, purpose: str) -> bool | None:
    answer = answers_about(record).get(purpose)
    if Purpose.objects.filter(slug=purpose, state="retired").exists():
        return False
    served = next((one for one in registry.grounds(record.line) if one.purpose == purpose), None)
    if answer is not None and answer.state in NO and (served is None or _may_be_refused(served)):
        return False
    said = answer is not None and answer.state != State.REQUESTED
    if served is None or served.by_consent:
        if not said:
            return True if purpose in record.purposes else None
        separate = served is not None and needs_its_own(served)
        now = clock.now()
        young = consent.is_minor([*_about(record), record.subject_id], today=now.date())
        return not why_not(answer, separate=separate, minor=young, now=now)
    if served.ends_with in _ended(_about(record), record.call, clock.now()):
        return False
    if served.why_not_carried(clock.now().date()):
        return False
    if served.purpose not in record.purposes and served.ground == Ground.CONTRACT:
        return record.customer_id is not None or bool(record.call and record.call.customer_id) or None
    return True


def _may_be_refused(served: registry.Served) -> bool:
    if served.use in ("marketing", "outbound_calling") or served.ends_with == "objection":
        return True
    return served.ground not in ("contract", "legal_obligation", "vital_interest", "hr_management")


def _about(record: Record) -> list[UUID]:
    if record.call is not None:
        caller = caller_of(record.call)
        return consent.same_person(caller) if caller else []
    if record.customer is not None:
        return consent.linked(record.customer.person_id)
    return consent.same_person(record.subject_id)
