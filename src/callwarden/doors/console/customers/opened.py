"""One opened customer laid out for its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Customer
from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import holds
from callwarden.doors.console.calls import shown
from callwarden.doors.console.components import Badge, Duration, Fact, Facts, Link, Moment, Option, Text
from callwarden.doors.console.consents.timeline import VIEWERS as SEE_CONSENTS
from callwarden.doors.console.deeds import LatestDeeds, latest
from callwarden.doors.console.labels import ORDER_STATES, language_label
from callwarden.doors.console.navigation import CORRECTS
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import trail
from callwarden.flows.calls import ABOUT_CUSTOMER, Filters, visible
from callwarden.flows.glimpse import MaskedField
from callwarden.flows.identify import joined_with, maybe_same
from callwarden.flows.names import named
from callwarden.flows.people import CustomerView, Order
from callwarden.kernel.models import User

PROFILE = (Category.IDENTITY, Category.CONTACT)
OPENED = (*ABOUT_CUSTOMER, Category.PURCHASE_HISTORY)
CALLS_SHOWN = 50


@dataclass(frozen=True)
class OrderLine:
    """One order, its number masked; what a purpose does not need is empty."""

    number: object
    placed: Moment | None
    product: str
    amount: str
    state: Text


def context_of(request: ConsoleRequest, view: CustomerView, options: list[Option]) -> dict[str, Any]:
    """Everything the template draws."""
    customer = view.customer
    return {
        "title": _("Customer"),
        # The masked name stands on the page only; the title goes into histories.
        "heading": next((" · ".join(field.shown) for field in view.fields if field.name == "name"), _("Customer")),
        "customer": customer,
        "may_see_consents": holds(request, SEE_CONSENTS),
        "badge": Badge(_("Specially protected"), "seal", "user-shield") if customer.vip else None,
        "purpose": view.purpose,
        "purposes": options,
        "profile": shown.masked_facts(view.fields, purpose=view.purpose, call=view.call),
        "about": about(customer),
        "orders": [order_line(order, view) for order in view.orders],
        "calls": call_lines(request, customer),
        "not_shown": shown.not_shown(view.withheld),
        "trail": trail_of(customer, request.user, everything="trail" in request.GET),
    }


@dataclass(frozen=True)
class SamePerson:
    """Other records of the same person, and those that may be: the same identity number, and nobody has said so."""

    joined: tuple[Link, ...]
    maybe: tuple[tuple[UUID, Link], ...]
    may_say: bool


def same_person(request: ConsoleRequest, customer: Customer) -> SamePerson:
    """What is known of the person beyond this record; proposals are for whoever may decide on them."""
    may_say = holds(request, CORRECTS)
    with client_scope(customer.client_id):
        joined, maybe = joined_with(customer), maybe_same(customer) if may_say else []
    proposed = tuple((one.pk, record_link(one)) for one in maybe)
    return SamePerson(tuple(record_link(one) for one in joined), proposed, may_say)


def record_link(customer: Customer) -> Link:
    since = f"{timezone.localtime(customer.created_at):%Y-%m-%d}"
    return Link(_("Record of %(since)s") % {"since": since}, reverse("console:customer", args=[customer.id]))


def about(customer: Customer) -> Facts:
    return Facts(
        (
            Fact(_("Language"), language_label(customer.language)),
            Fact(_("On record since"), Moment(customer.created_at)),
            Fact(_("Record replaced"), Moment(customer.updated_at)),
        )
    )


def order_line(order: Order, view: CustomerView) -> OrderLine:
    number = order.fields.get("order_no")
    status = _first(order.fields, "status")
    return OrderLine(
        number=shown.spot_of(number, purpose=view.purpose, call=view.call) if number else None,
        placed=Moment(order.placed_at) if order.placed_at else None,
        product=_first(order.fields, "product"),
        amount=money(_first(order.fields, "amount"), _first(order.fields, "currency")),
        state=ORDER_STATES.get(status, status),
    )


def money(amount: str, currency: str) -> str:
    """An amount as both languages read it: `1,899.00 CNY`."""
    try:
        return f"{Decimal(amount):,.2f} {currency}".strip()
    except InvalidOperation:
        return amount


@dataclass(frozen=True)
class CallLine:
    """One call with the customer."""

    link: Link
    direction: Badge
    duration: Duration
    agent: str
    state: Badge


def call_lines(request: ConsoleRequest, customer: Customer) -> list[CallLine]:
    """The customer's calls that this person may see, newest first."""
    with client_scope(customer.client_id):
        calls: list[Call] = list(visible(request.actor, Filters(customer=customer.id))[:CALLS_SHOWN])
    return [
        CallLine(
            Link(shown.started(call), reverse("console:call", args=[call.id]), named(call.line)),
            shown.direction_of(call),
            Duration(call.duration_ms / 1000),
            call.agent.get_full_name() if call.agent else "",
            shown.state_of(call),
        )
        for call in calls
    ]


def trail_of(customer: Customer, viewer: User, *, everything: bool) -> LatestDeeds:
    """Who opened this customer's records, when, why."""
    with client_scope(customer.client_id):
        found, about = trail.of_customer(customer), {"subject": customer.subject_id}
        return latest(found, viewer, everything=everything, about=about)


def _first(fields: Mapping[str, MaskedField], name: str) -> str:
    return fields[name].shown[0] if name in fields else ""
