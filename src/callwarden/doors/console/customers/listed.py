"""How the list of customers is asked for and laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.models import Client, Customer
from callwarden.custody.scope import client_scope
from callwarden.doors.console import purposes
from callwarden.doors.console.components import Badge, Empty, Link, Moment, Option, Row
from callwarden.doors.console.labels import language_label
from callwarden.doors.console.listing import Column, Filter, ListQuery, Table
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.actors import Actor
from callwarden.flows.glimpse import MaskedField
from callwarden.flows.people import find_by_identifier, profiles, visible

COLUMNS = (
    Column("name", _("Customer")),
    Column("phone", _("Phone number")),
    Column("number", _("Customer number")),
    Column("language", _("Language"), sortable=True),
    Column("calls", _("Calls"), sortable=True, end=True),
    Column("last", _("Last call"), sortable=True),
)
KNOWN_BY = Filter("q", _("Phone number, e-mail address or customer number"), "search")
VIP = Filter("vip", _("Protection"), options=(Option("yes", _("Specially protected")), Option("no", _("Usual"))))
_ORDERS = {"language": "language", "calls": "call_count", "last": "last_call_at"}
EMPTY = Empty(
    _("No customers to show"),
    _("You see the customers of the calls on your lines; an agent sees those of the calls in hand."),
    "users",
)


@dataclass(frozen=True)
class CustomersPage:
    """The table; whether this person may look customers up; what they looked for was found or not."""

    table: Table
    searchable: bool
    asked: bool


def page_of(request: ConsoleRequest, client: Client, purpose: str) -> CustomersPage:
    """One page of masked profiles. Changing the purpose changes what is shown of each."""
    searchable = purpose in purposes.open_to(request.actor, "search", [Category.CONTACT])
    filters = (KNOWN_BY, VIP) if searchable else (VIP,)
    offered = filters if request.method == "POST" else (VIP,)
    query = ListQuery.read(request, COLUMNS, offered, sort="-last")
    asked = query.values.get("q", "")
    found = find_by_identifier(request.actor, client.id, asked, purpose=purpose) if asked else None
    total, customers = slice_of(request.actor, client.id, query, found)
    shown = profiles(request.actor, client.id, customers, purpose=purpose)
    rows = [customer_row(customer, shown[customer.id]) for customer in customers]
    table = Table("customers", _("Customers"), COLUMNS, rows, query, total, EMPTY, filters=filters, private=True)
    return CustomersPage(table, searchable, bool(asked))


def slice_of(actor: Actor, client: UUID, query: ListQuery, found: Sequence[UUID] | None) -> tuple[int, list[Customer]]:
    """(how many customers there are, those of this page)."""
    column = _ORDERS[query.sort.removeprefix("-")]
    with client_scope(client):
        customers = visible(actor)
        if found is not None:
            customers = customers.filter(pk__in=found)
        if vip := query.values.get("vip"):
            customers = customers.filter(vip=vip == "yes")
        order = F(column).desc(nulls_last=True) if query.sort.startswith("-") else F(column).asc(nulls_last=True)
        ordered = customers.order_by(order, "id")
        return customers.count(), list(ordered[query.start : query.start + query.size])


def customer_row(customer: Customer, shown: Mapping[str, MaskedField]) -> Row:
    """One customer in a list: what may be seen of them masked, and what their calls say."""
    href = reverse("console:customer", args=[customer.id])
    name = " · ".join(shown["name"].shown) if "name" in shown else gettext("Customer")
    return Row(
        (
            Link(name, href, gettext("specially protected") if customer.vip else ""),
            _text(shown, "phone"),
            _text(shown, "customer_no"),
            language_label(customer.language),
            customer.call_count,  # type: ignore[attr-defined]
            Moment(customer.last_call_at),  # type: ignore[attr-defined]
        ),
        href,
    )


def _text(shown: Mapping[str, MaskedField], name: str) -> object:
    if name not in shown:
        return Badge(_("Not shown"), "plain", "lock")
    return " · ".join(shown[name].shown)
