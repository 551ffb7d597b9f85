"""Customer records with identifiers, contacts and orders: taken in through the gate, sealed per field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.custody import indexes
from callwarden.custody.bounds import FREE, Bounds, bounds_of
from callwarden.custody.categories import Category
from callwarden.custody.clients import require_open
from callwarden.custody.destroy import destroy_record
from callwarden.custody.models import Customer, IdentifierToken, Line, Record
from callwarden.custody.put import Place, put_fields
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_customer
from callwarden.custody.versions import hold_still, versions
from callwarden.engines.seal import InvalidInput as UnusableValue
from callwarden.engines.seal.normalise import (
    normalise_card,
    normalise_customer_no,
    normalise_email,
    normalise_id,
    normalise_phone,
)
from callwarden.flows.formats import CustomerRow, OrderRow
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.lawful.consent.actions import note_age
from callwarden.lawful.gate import Refusal, customer_basis

Fields = list[tuple[str, str]]
NO_BASIS: Final = _(
    "This line has no lawful basis to keep customer records. Give it a purpose on contract and retention rules."
)
# Field -> the index it is found by, and the one spelling in which it is compared.
_INDEXED: Final[Mapping[str, tuple[str, Callable[[str], str]]]] = {
    "phone": ("phone", normalise_phone),
    "email": ("email", normalise_email),
    "id_number": ("id", normalise_id),
    "card_number": ("card", normalise_card),
}


@dataclass(frozen=True)
class Taken:
    """Whether the customer was new, and how many orders are held now."""

    customer: Customer
    created: bool
    orders: int


def take_in_customer(line: Line, row: CustomerRow, *, actor: str) -> Taken:
    """Create or replace one customer's record in one transaction.

    What stood there before is destroyed, key and all, not overwritten. Where its processing was restricted, what takes
    its place is stored only as well: the person asked for that, not for these very values (PIPL art. 47; GDPR art. 18).

    Raises:
        InvalidInput: the customer number cannot be one.
        ClientClosed: the line's client was closed.
        Refused: the line has no contract purpose or no retention rule to keep customers on.
    """
    with client_scope(line.client_id):
        require_open(line.client_id)
        basis = customer_basis(line, now=clock.now())
        if isinstance(basis, Refusal):
            raise Refused(
                "no_basis_for_customers",
                NO_BASIS,
                data={"reasons": list(basis.reasons)},
            )
        normal = normal_number(row.customer_no)
        known = Customer.objects.filter(indexes.known_by(line.client_id, indexes.NUMBER, normal))
        customer = known.select_for_update().filter(client_id=line.client_id).first()
        created = customer is None
        bounds = _bounds(customer) if customer is not None else FREE
        before = _tokens(customer) if customer is not None else set()
        version, (number,) = indexes.make(line.client_id, indexes.NUMBER, [normal])
        if customer is None:
            customer = new_customer(line.client_id, number=number, version=version, language=row.language, vip=row.vip)
        else:
            customer.number, customer.number_version = number, version
            _replace(customer, row, actor)
        wanted = [*fields_of(row), *((Category.PURCHASE_HISTORY, order_fields(order)) for order in row.orders)]
        with versions(basis, actor=actor) as shelf:
            for category, fields in wanted:
                if fields:
                    put_fields(
                        shelf,
                        category=category,
                        subject=customer.subject,
                        fields=fields,
                        place=Place(customer=customer),
                        bounds=bounds,
                    )
        _index(customer, row)
        _note_known(customer, before)
        today = clock.now().date()
        note_age(customer.subject, row.birth_date, jurisdiction=line.jurisdiction, today=today, actor=actor)
        journal.record(
            journal.Entry(
                event=Event.CUSTOMER_IMPORTED if created else Event.CUSTOMER_CHANGED,
                actor=actor,
                client=line.client_id,
                subject=customer.subject_id,
                count=len(row.orders),
                data={"line": line.slug},
            )
        )
    return Taken(customer, created, len(row.orders))


def normal_number(customer_no: str) -> str:
    """A customer number in the one spelling that is indexed.

    Raises:
        InvalidInput: it holds nothing a number is made of.
    """
    try:
        return normalise_customer_no(customer_no)
    except UnusableValue:
        raise InvalidInput(
            "bad_customer_no", _("Customer numbers are made of 1 to 64 letters and digits. Correct it.")
        ) from None


def _own(customer: Customer) -> QuerySet[Record]:
    """What is kept of the customer beside their calls."""
    return Record.objects.filter(customer=customer, call__isnull=True).exclude(state=Record.State.DESTROYED)


def _bounds(customer: Customer) -> Bounds:
    """What binds all that is kept of the customer, held until it has been replaced."""
    records = list(_own(customer))
    hold_still(records, replacing=True)
    return bounds_of(records)


def _replace(customer: Customer, row: CustomerRow, actor: str) -> None:
    for record in _own(customer):
        destroy_record(record, actor=actor, reason="corrected")
    IdentifierToken.objects.filter(customer=customer).delete()
    customer.language, customer.vip, customer.updated_at = row.language, row.vip, clock.now()
    customer.save(update_fields=["number", "number_version", "language", "vip", "updated_at"])


def fields_of(row: CustomerRow) -> Iterator[tuple[Category, Fields]]:
    """The row's values by the category they belong to; empty values are not kept."""
    born = row.birth_date.isoformat() if row.birth_date else None
    yield Category.IDENTITY, _present(("name", row.name), ("birth_date", born))
    yield (
        Category.CONTACT,
        _present(
            *(("phone", phone) for phone in row.phones),
            *(("email", email) for email in row.emails),
            ("address", row.address),
            ("plate", row.plate),
            ("customer_no", row.customer_no),
        ),
    )
    yield Category.GOVERNMENT_ID, _present(("id_number", row.id_number))
    yield Category.PAYMENT_CARD, _present(*(("card_number", card) for card in row.card_numbers))


def order_fields(order: OrderRow) -> Fields:
    return _present(
        ("order_no", order.order_no),
        ("placed_at", order.placed_at.isoformat()),
        ("product", order.product),
        ("amount", str(order.amount)),
        ("currency", order.currency),
        ("status", order.status),
    )


def _present(*pairs: tuple[str, str | None]) -> Fields:
    return [(name, value) for name, value in pairs if value]


def _index(customer: Customer, row: CustomerRow) -> None:
    told = {
        "phone": row.phones,
        "email": row.emails,
        "id_number": [row.id_number] if row.id_number else [],
        "card_number": row.card_numbers,
    }
    _make_index(customer, told)


def index_again(customer: Customer, told: Mapping[str, Sequence[str]]) -> None:
    """Have the customer found by these values of these fields, and by none that stood there before."""
    columns, before = [_INDEXED[name][0] for name in told if name in _INDEXED], _tokens(customer)
    IdentifierToken.objects.filter(customer=customer, column__in=columns).delete()
    _make_index(customer, told)
    _note_known(customer, before)


def _tokens(customer: Customer) -> set[tuple[str, bytes]]:
    found = IdentifierToken.objects.filter(customer=customer).values_list("column", "token")
    return {(column, bytes(token)) for column, token in found}


def _note_known(customer: Customer, before: set[tuple[str, bytes]]) -> None:
    """Note that they are known by something else from now on. Under a new key of the index everything looks new, and
    calls of before are said to be unsearched rather than not."""
    if _tokens(customer) - before:
        customer.known_since = clock.now()
        customer.save(update_fields=["known_since"])


def _make_index(customer: Customer, told: Mapping[str, Sequence[str]]) -> None:
    """Blind index of what callers are recognised by. A value that cannot be normalised is simply not found by it."""
    for name, values in told.items():
        if name not in _INDEXED:
            continue
        column, normalise = _INDEXED[name]
        normal = []
        for value in values:
            try:
                normal.append(normalise(value))
            except UnusableValue:
                continue
        if not normal:
            continue
        version, tokens = indexes.make(customer.client_id, column, normal)
        IdentifierToken.objects.bulk_create(
            IdentifierToken(
                client_id=customer.client_id, column=column, token=token, customer=customer, version=version
            )
            for token in tokens
        )
