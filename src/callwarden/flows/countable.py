"""Who may be counted for an anonymous release. Structure only; nothing is opened here. Call it inside `client_scope`.

Out of it stays whoever objected, or asked for restriction, erasure or withdrawal; whoever said no to a purpose of what
would be counted; whoever has anything on hold or restricted; and whatever has no basis left or is past its time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Customer, Hold, Leg, PersonLink, Record, Subject
from callwarden.kernel import clock
from callwarden.lawful.anonymisation.fields import Source, fields
from callwarden.lawful.anonymisation.rules import Scope
from callwarden.lawful.consent import queries as consent
from callwarden.lawful.consent.rules import NO
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest

_T = TypeVar("_T")
PURPOSE: Final = "anonymisation"
# Kinds of request that take a person out, from the moment they arrive; only a rejection lets them in again.
TAKES_OUT: Final = (Kind.OBJECTION, Kind.RESTRICTION, Kind.ERASURE, Kind.ACCOUNT_CLOSING, Kind.WITHDRAWAL)


@dataclass
class Unit:
    """One customer, or one call, on its way to a row.

    Attributes:
        person: whose; the key holder where nobody is known.
        subjects: every key holder whose records and answers count for it.
        ticket: the record that stands for it.
        customer: of whom more is known, if anybody.
        labels: finest label by field, as far as structure tells.
    """

    person: UUID
    subjects: frozenset[UUID]
    ticket: UUID
    customer: UUID | None
    labels: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "Unit(...)"


def units(source: str, scope: Scope, chosen: Iterable[str], left_out: Counter[str]) -> list[Unit]:
    """Everybody, or every call, that may be counted.

    Args:
        chosen: fields that are asked for.
        left_out: counts up why the others may not.
    """
    found = _customers(scope, set(chosen)) if source == Source.CUSTOMERS else _calls(scope, set(chosen))
    against = _reasons(found)
    allowed = []
    for unit in found:
        if why := against(unit):
            left_out[why] += 1
        else:
            allowed.append(unit)
    return allowed


def count(source: str, scope: Scope) -> int:
    """How many there are, whether or not they may be counted."""
    return _tickets(source, scope).count()


def live() -> QuerySet[Record]:
    """Records that can still be opened, are not past their time, and that nothing keeps or restricts."""
    return Record.objects.filter(
        state=Record.State.STORED,
        erase_at__isnull=True,
        due_at__gt=clock.now(),
        bucket__destroyed_at__isnull=True,
        bucket__hold=False,
    )


def _tickets(source: str, scope: Scope) -> QuerySet[Record]:
    """The record that stands for each: a customer's identity, a call's details. Whether it may be counted is asked
    later, so that those who may not are told apart.
    """
    there = Record.objects.filter(due_at__gt=clock.now(), bucket__destroyed_at__isnull=True)
    there = there.exclude(state=Record.State.DESTROYED)
    if source == Source.CUSTOMERS:
        found = there.filter(category=Category.IDENTITY, call__isnull=True, customer__isnull=False)
        return found.filter(_within(scope, "customer__created_at"))
    return there.filter(category=Category.CALL_METADATA, call__isnull=False).filter(_within(scope, "call__started_at"))


def _within(scope: Scope, column: str) -> Q:
    chosen = Q()
    if scope.buckets:
        return Q(bucket__in=scope.buckets)
    if scope.since:
        chosen &= Q(**{f"{column}__gte": datetime.combine(scope.since, time(), UTC)})
    if scope.until:
        chosen &= Q(**{f"{column}__lt": datetime.combine(scope.until, time(), UTC)})
    return chosen


def _customers(scope: Scope, chosen: set[str]) -> list[Unit]:
    tickets = dict(_tickets(Source.CUSTOMERS, scope).order_by("created_at").values_list("customer", "id"))
    customers = list(Customer.objects.filter(pk__in=tickets))
    holders = _holders(one.person_id for one in customers)
    orders = _orders(tickets) if "orders" in chosen else {}
    return [
        Unit(
            one.person_id,
            holders[one.person_id] | {one.subject_id},
            tickets[one.pk],
            one.pk,
            _labels(
                chosen,
                {"language": one.language, "vip": one.vip, "since": one.created_at, "orders": orders.get(one.pk, 0)},
            ),
        )
        for one in customers
    ]


def _calls(scope: Scope, chosen: set[str]) -> list[Unit]:
    tickets = dict(_tickets(Source.CALLS, scope).order_by("created_at").values_list("call", "id"))
    calls = list(Call.objects.select_related("line", "customer").filter(pk__in=tickets))
    legs = Leg.objects.filter(call__in=tickets).exclude(party=Leg.Party.AGENT).order_by("-channel")
    callers = dict(legs.values_list("call", "subject"))
    links = PersonLink.objects.filter(subject__in=set(callers.values()), revoked_at__isnull=True)
    people = dict(links.values_list("subject", "person"))
    holders = _holders({*people.values(), *(one.customer.person_id for one in calls if one.customer)})
    orders = _orders({one.customer_id for one in calls if one.customer_id}) if "orders" in chosen else {}
    return [_of_call(one, callers.get(one.pk), people, holders, tickets[one.pk], chosen, orders) for one in calls]


def _of_call(
    one: Call,
    caller: UUID | None,
    people: Mapping[UUID, UUID],
    holders: Mapping[UUID, frozenset[UUID]],
    ticket: UUID,
    chosen: set[str],
    orders: Mapping[UUID, int],
) -> Unit:
    person = one.customer.person_id if one.customer else people.get(caller) if caller else None
    subjects = (holders[person] if person else frozenset()) | ({caller} if caller else set())
    began = one.started_at.astimezone(ZoneInfo(one.line.time_zone))
    told = {
        "language": one.language or (one.customer.language if one.customer else ""),
        "line": one.line.slug,
        "direction": one.direction,
        "month": began,
        "weekday": began,
        "day_part": began,
        "duration": one.duration_ms // 60_000,
        "marks": one.spans,
        "orders": orders.get(one.customer_id, 0) if one.customer_id else 0,
    }
    return Unit(person or caller or one.pk, subjects, ticket, one.customer_id, _labels(chosen, told))


def _labels(chosen: set[str], told: Mapping[str, object]) -> dict[str, str]:
    return {name: fields()[name].finest(value) for name, value in told.items() if name in chosen}


def _holders(people: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Person -> their key holders, as linked now."""
    found: dict[UUID, set[UUID]] = {person: set() for person in people}
    links = PersonLink.objects.filter(person__in=found, revoked_at__isnull=True)
    for person, subject in links.values_list("person", "subject"):
        found[person].add(subject)
    return {person: frozenset(subjects) for person, subjects in found.items()}


def _orders(customers: Iterable[UUID]) -> Counter[UUID]:
    kept = live().filter(category=Category.PURCHASE_HISTORY, customer__in=list(customers))
    return Counter(one for one in kept.values_list("customer", flat=True) if one is not None)


def _reasons(found: Sequence[Unit]) -> Callable[[Unit], str]:
    """A function that tells why a unit may not be counted; "" where it may. What it needs is looked up once."""
    subjects = list({subject for unit in found for subject in unit.subjects})
    alive = Record.objects.filter(subject__in=subjects).exclude(state=Record.State.DESTROYED)
    holds = Hold.objects.filter(record__subject__in=subjects, released_at__isnull=True)
    held = {*holds.values_list("record__subject", flat=True), *_subjects(alive.filter(bucket__hold=True))}
    restricted = _subjects(alive.filter(Q(state=Record.State.RESTRICTED) | Q(erase_at__isnull=False)))
    gone = Subject.objects.filter(pk__in=subjects).filter(Q(destroyed_at__isnull=False) | Q(erasure_due=True))
    erased = set(gone.values_list("pk", flat=True))
    requests = SubjectRequest.objects.filter(kind__in=TAKES_OUT).exclude(state=SubjectRequest.State.REJECTED)
    asked = {one for pair in requests.values_list("person", "customer__person") for one in pair if one}
    # A request nobody has proved to have made yet counts for whom it claims to be: nothing is lost by waiting.
    asked |= set(requests.exclude(claimed=None).values_list("claimed__person", flat=True))
    purposes = dict(Record.objects.filter(pk__in=[unit.ticket for unit in found]).values_list("pk", "purposes"))
    groups = {unit.person: unit.subjects for unit in found}
    answers, _young = consent.of_people(groups, today=clock.now().date())

    def against(unit: Unit) -> str:
        if unit.subjects & erased:
            return "erased"
        if unit.subjects & held:
            return "on_hold"
        if unit.subjects & restricted:
            return "restricted"
        if unit.person in asked:
            return "objected"
        said = answers.get(unit.person, {})
        wanted = {PURPOSE, *purposes[unit.ticket]}
        return "said_no" if any(purpose in wanted and answer.state in NO for purpose, answer in said.items()) else ""

    return against


def _subjects(records: QuerySet[Record]) -> set[UUID]:
    return set(records.order_by().values_list("subject", flat=True).distinct())


def batches(found: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Slices of at most so many."""
    for start in range(0, len(found), size):
        yield found[start : start + size]
