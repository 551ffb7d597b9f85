"""What matters cover and how far they have come. Call these inside `client_scope` unless they say otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from callwarden.custody.models import Customer, Hold, PersonLink, Record, Subject
from callwarden.kernel.models import BulkAct, BulkRow
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.rules import Query

State = Matter.State
IN_FORCE = (State.PROVISIONAL, State.HELD)


def records_of(scope: str, target: UUID | None, query: Query | None) -> QuerySet[Record]:
    """The live records a matter of this scope covers now."""
    live = Record.objects.exclude(state=Record.State.DESTROYED)
    if scope == Matter.Scope.QUERY:
        return matching(live, query or Query())
    if target is None:
        return live.none()
    if scope == Matter.Scope.CALL:
        return live.filter(call=target)
    if scope == Matter.Scope.CUSTOMER:
        return live.filter(_of_customers(Customer.objects.filter(pk=target)))
    subjects = PersonLink.objects.filter(person=target, revoked_at__isnull=True).values("subject")
    customers = Customer.objects.filter(person=target)
    return live.filter(Q(subject__in=subjects) | _of_customers(customers))


def of_things(of: str, ids: Iterable[UUID]) -> QuerySet[Record]:
    """The live records of these records, calls or customers."""
    live = Record.objects.exclude(state=Record.State.DESTROYED)
    if of == "records":
        return live.filter(pk__in=ids)
    if of == "calls":
        return live.filter(call__in=ids)
    return live.filter(_of_customers(Customer.objects.filter(pk__in=ids)))


def _of_set(matter: Matter) -> QuerySet[Record]:
    """What of a set is held: the whole set provisionally, and what the act came to once two have decided."""
    act = BulkAct.objects.get(pk=str(matter.target))
    rows = act.rows.exclude(outcome=BulkRow.Outcome.LEFT_OUT)
    if matter.state != State.PROVISIONAL:
        rows = rows.filter(outcome=BulkRow.Outcome.DONE)
    return of_things(str(act.parameters["of"]), rows.values_list("target", flat=True))


def _of_customers(customers: QuerySet[Customer]) -> Q:
    ids = customers.values("id")
    return Q(customer__in=ids) | Q(call__customer__in=ids) | Q(subject__in=customers.values("subject"))


def matching(live: QuerySet[Record], query: Query) -> QuerySet[Record]:
    if query.line:
        live = live.filter(line=query.line)
    if query.categories:
        live = live.filter(category__in=query.categories)
    if query.since:
        live = live.filter(created_at__gte=datetime.combine(query.since, time(), UTC))
    if query.until:
        live = live.filter(created_at__lt=datetime.combine(query.until, time(), UTC) + timedelta(days=1))
    return live


def covered(matter: Matter) -> QuerySet[Record]:
    if matter.scope == Matter.Scope.SET:
        return _of_set(matter)
    query = Query.of(matter.query) if matter.scope == Matter.Scope.QUERY else None
    return records_of(matter.scope, matter.target, query)


def not_yet_held(matter: Matter) -> QuerySet[Record]:
    """Covered records on which this matter does not lie yet."""
    mine = Hold.objects.filter(record=OuterRef("pk"), matter=matter.pk, released_at__isnull=True)
    return covered(matter).exclude(Exists(mine))


def coming(client: UUID) -> list[Query]:
    """What matters in force cover that may still be stored: of a filter, not of things that are known one by one. It
    needs no `client_scope`.
    """
    found = Matter.objects.filter(client=client, scope=Matter.Scope.QUERY, state__in=IN_FORCE)
    return [Query.of(query) for query in found.values_list("query", flat=True)]


def exists(scope: str, target: UUID | None) -> bool:
    """Whether there is such a call, customer or person of the client."""
    if scope == Matter.Scope.QUERY:
        return True
    if target is None:
        return False
    if scope == Matter.Scope.CUSTOMER:
        return Customer.objects.filter(pk=target).exists()
    if scope == Matter.Scope.PERSON:
        return PersonLink.objects.filter(person=target).exists() or Customer.objects.filter(person=target).exists()
    return Record.objects.filter(call=target).exists()


@dataclass(frozen=True)
class Standing:
    """How far a matter has come: records on hold, of them settled in a hold bucket, erasures that wait for it."""

    held: int
    settled: int
    deferred: int
    released: int
    by_category: Sequence[tuple[str, int]]


def standing(matter: Matter) -> Standing:
    holds = Hold.objects.filter(matter=matter.pk)
    open_ones = Q(released_at__isnull=True)
    counts = holds.aggregate(
        held=Count("id", filter=open_ones),
        settled=Count("id", filter=open_ones & Q(record__bucket__hold=True)),
        deferred=Count("id", filter=open_ones & ~Q(erase="")),
        released=Count("id", filter=~open_ones),
    )
    kinds = (
        holds.filter(open_ones)
        .values_list("record__category")
        .annotate(n=Count("id"))
        .order_by("-n", "record__category")
    )
    return Standing(**counts, by_category=[(str(kind), n) for kind, n in kinds])


def counts_of(records: QuerySet[Record]) -> list[tuple[str, int]]:
    """(category, how many), the most first."""
    kinds = records.order_by().values_list("category").annotate(n=Count("id", distinct=True))
    return sorted(((str(kind), n) for kind, n in kinds), key=lambda pair: (-pair[1], pair[0]))


def matters_of(subject: Subject) -> list[Matter]:
    """Matters in force under which records of this subject are held."""
    ids = Hold.objects.filter(record__subject=subject, released_at__isnull=True).values_list("matter", flat=True)
    return list(Matter.objects.filter(pk__in=set(ids)).order_by("opened_at"))
