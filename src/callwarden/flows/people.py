"""What people see of customers: masked profiles, their orders and calls, and the look-up by what callers are known by.

Values lie sealed in a customer's records. A page of profiles is opened masked in one act; one profile as far as the
purpose needs it; a look-up compares keyed tokens and returns ids only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from callwarden.custody import indexes
from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Customer, Record
from callwarden.custody.scope import client_scope
from callwarden.engines.seal import InvalidInput as Unusable
from callwarden.engines.seal.normalise import normalise_customer_no, normalise_email, normalise_phone
from callwarden.flows import calls as call_views
from callwarden.flows import lookups
from callwarden.flows.actors import Actor
from callwarden.flows.customers import normal_number
from callwarden.flows.facts import in_hand
from callwarden.flows.glimpse import MaskedField, Withheld, glimpse
from callwarden.flows.searching import Asked, search_for
from callwarden.kernel import journal
from callwarden.kernel.errors import NotFound
from callwarden.kernel.events import Event
from callwarden.kernel.roles import only_an_agent
from callwarden.lawful.requests.models import SubjectRequest

IN_LISTS = ("name", "phone", "customer_no")
_IN_LISTS = (Category.IDENTITY, Category.CONTACT)


@dataclass(frozen=True)
class Order:
    """One order of a customer: fields by name as they may be seen."""

    record: UUID
    placed_at: datetime | None
    fields: Mapping[str, MaskedField]


@dataclass(frozen=True)
class CustomerView:
    """One customer as this person may see them for this purpose; `call` is the call in their hands, if any."""

    customer: Customer
    purpose: str
    call: UUID | None
    fields: tuple[MaskedField, ...]
    orders: tuple[Order, ...]
    withheld: tuple[Withheld, ...]


def visible(actor: Actor) -> QuerySet[Customer]:
    """Customers this person has to do with, with `call_count` and `last_call_at`. Call it inside `client_scope`.

    An agent sees those of the calls in their hands, and other records of the same people; who works for some lines
    sees those of these lines.
    """
    customers = Customer.objects.annotate(call_count=Count("calls"), last_call_at=Max("calls__started_at"))
    user = actor.user
    if user is None:
        return customers.none()
    if only_an_agent(user):
        return customers.filter(Exists(in_hand(user).filter(customer__person=OuterRef("person"))))
    if user.lines is None:
        return customers
    return customers.filter(
        Exists(Call.objects.filter(customer=OuterRef("pk"), line_id__in=user.lines))
        | Exists(Record.objects.filter(customer=OuterRef("pk"), line_id__in=user.lines))
    )


def find_customer(actor: Actor, client: UUID, customer_id: UUID) -> Customer:
    """A customer this person has to do with.

    Raises:
        NotFound: no such customer, or not theirs to see.
    """
    with client_scope(client):
        customer = visible(actor).filter(pk=customer_id).first()
    if customer is None:
        raise NotFound(
            "customer_not_found", _("This customer does not exist, has been erased, or is not one of your calls.")
        )
    return customer


def find_by_number(actor: Actor, client: UUID, customer_no: str, *, purpose: str) -> Customer:
    """The customer with this number, for programs of the client. Found or not, the look-up stands in the ledger.

    Raises:
        NotFound: there is none.
        InvalidInput: the number cannot be one.
        TooManyLookups: the program has looked up too many within a minute.
    """
    normal = normal_number(customer_no)
    with client_scope(client, durable=True):
        allowed = lookups.count(actor)
        known = indexes.known_by(client, indexes.NUMBER, normal)
        found = Customer.objects.filter(known, client_id=client).first() if allowed else None
        journal.record(
            journal.Entry(
                event=Event.DISCLOSE_SEARCH,
                actor=actor.name,
                client=client,
                purpose=purpose,
                decision="allow" if allowed else "refuse",
                reasons=() if allowed else (lookups.REASON,),
                count=int(found is not None),
                data={"column": indexes.NUMBER},
                detail={"query": customer_no},
            )
        )
    if not allowed:
        raise lookups.too_many()
    if found is None:
        raise NotFound("customer_not_found", _("There is no customer with this number."))
    return found


def call_in_hand(actor: Actor, customer: Customer) -> UUID | None:
    """The newest call with this customer, by whichever record of theirs, that the person has in hand.

    Call it inside `client_scope`.
    """
    if actor.user is None:
        return None
    calls = in_hand(actor.user).filter(customer__person=customer.person_id).order_by("-started_at")
    return calls.values_list("id", flat=True).first()


def profiles(
    actor: Actor, client: UUID, customers: Sequence[Customer], *, purpose: str
) -> dict[UUID, dict[str, MaskedField]]:
    """Customer -> what a list shows of them, masked, by field name. One act for the whole page.

    An agent asks about each customer by the call they have with them in hand, so for an agent it is one act a customer.
    """
    with client_scope(client):
        records = list(
            Record.objects.filter(customer__in=customers, category__in=_IN_LISTS).exclude(state=Record.State.DESTROYED)
        )
        calls = {customer.id: call_in_hand(actor, customer) for customer in customers} if _is_agent(actor) else {}
    batches: dict[UUID | None, list[Record]] = {}
    for record in records:
        batches.setdefault(calls.get(record.customer_id) if record.customer_id else None, []).append(record)
    shown: dict[UUID, dict[str, MaskedField]] = {customer.id: {} for customer in customers}
    for call, batch in batches.items():
        owner = {record.id: record.customer_id for record in batch}
        looked = glimpse(actor, client, batch, purpose=purpose, call=call, only=IN_LISTS)
        for field in looked.fields:
            if (customer_id := owner[field.record]) is not None:
                shown[customer_id][field.name] = field
    return shown


def open_customer(actor: Actor, customer: Customer, *, purpose: str, must: bool = False) -> CustomerView:
    """Open a customer's profile and orders masked, as far as this person or program may and the purpose needs.

    Raises:
        AccessRefused: with `must`, when nothing at all may be opened; that refusal is in the ledger.
    """
    wanted = (*call_views.ABOUT_CUSTOMER, Category.PURCHASE_HISTORY)
    with client_scope(customer.client_id):
        call = call_in_hand(actor, customer)
        records = list(
            Record.objects.filter(customer=customer, category__in=wanted).exclude(state=Record.State.DESTROYED)
        )
    looked = glimpse(actor, customer.client_id, records, purpose=purpose, call=call, must=must)
    orders = [
        _order(record.id, looked.fields_of(record.id))
        for record in looked.allowed
        if record.category == Category.PURCHASE_HISTORY
    ]
    return CustomerView(
        customer=customer,
        purpose=purpose,
        call=call,
        fields=tuple(field for field in looked.fields if field.category != Category.PURCHASE_HISTORY),
        orders=tuple(sorted(orders, key=lambda order: str(order.placed_at or ""), reverse=True)),
        withheld=looked.withheld,
    )


def find_by_identifier(actor: Actor, client: UUID, value: str, *, purpose: str) -> tuple[UUID, ...]:
    """Ids of the customers known by exactly this telephone number, e-mail address or customer number.

    The value is compared as keyed tokens; it is in no address, and in the ledger only sealed.

    Raises:
        AccessRefused: this person may not search customers for this purpose.
        TooManyLookups: they have looked up too many within a minute.
    """

    def find() -> list[UUID]:
        known = Q(pk__in=[])
        for column, normal in _readings(value):
            known |= indexes.known_by(client, column, normal)
        return list(visible(actor).filter(known).values_list("id", flat=True))

    return tuple(search_for(Asked(actor, client, (Category.CONTACT,), purpose, value), find, by_identifier=True))


def find_record(actor: Actor, client: UUID, record_id: UUID) -> Record:
    """A record of a call or customer this person has to do with, or what was said with a request.

    Raises:
        NotFound: there is none, or not theirs to see.
    """
    with client_scope(client):
        record = Record.objects.select_related("call", "customer").filter(pk=record_id).first()
        if record is not None and record.state != Record.State.DESTROYED:
            if record.customer_id and visible(actor).filter(pk=record.customer_id).exists():
                return record
            if record.call_id and call_views.visible(actor, call_views.Filters(ids=(record.call_id,))).exists():
                return record
            if SubjectRequest.objects.filter(statement=record).exists():
                return record  # whether they may see it the policy says
    raise NotFound("record_not_found", _("This record does not exist, or it has been erased."))


def _order(record: UUID, fields: Mapping[str, MaskedField]) -> Order:
    placed = fields.get("placed_at")
    return Order(record, parse_datetime(placed.shown[0]) if placed else None, fields)


def _readings(value: str) -> Iterable[tuple[str, str]]:
    """(column, normalised value) for everything this can be read as."""
    for column, normalise in (
        ("phone", normalise_phone),
        ("email", normalise_email),
        ("customer_no", normalise_customer_no),
    ):
        try:
            yield column, normalise(value)
        except Unusable:
            continue


def _is_agent(actor: Actor) -> bool:
    return actor.user is not None and only_an_agent(actor.user)
