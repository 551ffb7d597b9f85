"""A customer's record as somebody may see it: masked, and only the fields that the purpose of the moment needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.models import Customer, Record
from callwarden.custody.open import open_fields
from callwarden.custody.scope import client_scope
from callwarden.flows.actors import Actor
from callwarden.flows.customers import customer_token
from callwarden.flows.disclose import Ask, disclose, may
from callwarden.flows.masking import mask
from callwarden.kernel.errors import NotFound


@dataclass(frozen=True)
class MaskedField:
    """A value as it may be seen without revealing it, and what to ask for to reveal it."""

    record: UUID
    name: str
    shown: str
    may_reveal: bool
    category: str


@dataclass(frozen=True)
class Profile:
    """A customer as seen for one purpose. `withheld` names the categories that the purpose does not need."""

    customer: Customer
    purpose: str
    fields: tuple[MaskedField, ...]
    orders: tuple[tuple[MaskedField, ...], ...]
    withheld: tuple[str, ...]


def find_customer(client: UUID, customer_no: str) -> Customer:
    """The customer with this number.

    Raises:
        NotFound: there is none (or the number cannot be one).
    """
    with client_scope(client):
        found = Customer.objects.filter(client_id=client, number=customer_token(client, customer_no)).first()
    if found is None:
        raise NotFound("customer_not_found", _("There is no customer with this number."))
    return found


def open_profile(actor: Actor, customer: Customer, *, purpose: str, call: UUID | None = None) -> Profile:
    """Open what this actor may see of a customer for this purpose.

    Raises:
        AccessRefused: nothing of it; the refusal is in the ledger.
    """
    with client_scope(customer.client_id):
        of_customer = Record.objects.filter(customer=customer, call__isnull=True)
        records = list(of_customer.exclude(state=Record.State.DESTROYED).order_by("created_at", "id"))
    opened, withheld = open_masked(actor, customer.client_id, records, purpose=purpose, call=call)
    if records and not opened:
        disclose(_ask(actor, customer.client_id, records, "view_masked", purpose, call))
    is_order = {record.id: record.category == Category.PURCHASE_HISTORY for record in records}
    return Profile(
        customer=customer,
        purpose=purpose,
        fields=tuple(field for fields in opened for field in fields if not is_order[field.record]),
        orders=tuple(fields for fields in opened if fields and is_order[fields[0].record]),
        withheld=withheld,
    )


def open_masked(
    actor: Actor, client: UUID, records: Sequence[Record], *, purpose: str, call: UUID | None = None
) -> tuple[tuple[tuple[MaskedField, ...], ...], tuple[str, ...]]:
    """Masked values of those records that may be seen, record by record; and the categories that may not."""
    with client_scope(client):
        allowed = [record for record in records if may(_ask(actor, client, [record], "view_masked", purpose, call))]
    withheld = tuple(sorted({record.category for record in records if record not in allowed}))
    if not allowed:
        return (), withheld
    grant = disclose(_ask(actor, client, allowed, "view_masked", purpose, call))
    opened: list[tuple[MaskedField, ...]] = []
    with client_scope(client):
        for record in allowed:
            reveal = may(_ask(actor, client, [record], "reveal", purpose, call))
            opened.append(
                tuple(
                    MaskedField(record.id, name, mask(name, value), reveal, record.category)
                    for name, values in open_fields(grant, record).items()
                    for value in values
                )
            )
    return tuple(opened), withheld


def _ask(actor: Actor, client: UUID, records: Sequence[Record], action: str, purpose: str, call: UUID | None) -> Ask:
    # For the question what could be revealed a reason counts as given: it is asked for when the time comes.
    reason = "asked" if action == "reveal" else ""
    return Ask(
        actor=actor,
        client=client,
        action=action,
        purpose=purpose,
        records={record.id: () for record in records},
        reason=reason,
        call=call,
    )
