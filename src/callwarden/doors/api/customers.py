"""Customer records: kept up to date by the systems that know them, looked up masked by those that need them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Path, Query, Router

from callwarden.custody import intake
from callwarden.custody.models import IntakeItem
from callwarden.doors.api import document
from callwarden.doors.api.credentials import CSV, JSON, MULTIPART, ServiceKeyAuth, actor_of, key_of, line_of
from callwarden.doors.api.idempotency import Answer, digest_of, once
from callwarden.doors.api.intake import take_lists
from callwarden.doors.api.parts import parts_of, spooled_body
from callwarden.doors.api.problems import FieldError, FieldsRefused
from callwarden.doors.api.replies import reply
from callwarden.doors.api.shapes import (
    CustomerIn,
    CustomerKeptOut,
    CustomerOut,
    Number,
    ReceivedOut,
    SamePersonIn,
    SamePersonOut,
    ShownOut,
    Slug,
)
from callwarden.flows.consents import customer_called
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import RowError, customer_of
from callwarden.flows.glimpse import MaskedField
from callwarden.flows.identify import join, part
from callwarden.flows.people import find_by_number, open_customer
from callwarden.kernel.errors import InvalidInput
from callwarden.protection.signin.models import ServiceKey

Kind, Scope = IntakeItem.Kind, ServiceKey.Scope
router = Router(tags=["customers"])


@router.put(
    "/customers/{customer_no}",
    auth=ServiceKeyAuth(Scope.CUSTOMERS, JSON),
    response={200: CustomerKeptOut, 201: CustomerKeptOut},
)
def put_customer(
    request: HttpRequest,
    told: CustomerIn,
    customer_no: Annotated[Number, Path()],
    line: Annotated[Slug | None, Query()] = None,
) -> HttpResponse:
    """Create or replace one customer with their orders. What stood there before is destroyed, not overwritten."""
    key = key_of(request)
    of = line_of(key, line)
    row = customer_of(told.model_dump(mode="json"), customer_no=customer_no)
    if isinstance(row, RowError):
        raise FieldsRefused([FieldError.of_row(row)])

    def act() -> Answer:
        intake.refuse_when_full()
        taken = take_in_customer(of, row, actor=key.actor)
        return Answer(201 if taken.created else 200, {"created": taken.created, "orders": taken.orders})

    content = digest_of([b"PUT /customers", of.id.bytes, customer_no.encode(errors="replace"), request.body])
    return reply(once(key, request, content, act))


@router.post(
    "/customers",
    auth=ServiceKeyAuth(Scope.CUSTOMERS, CSV, MULTIPART),
    response={202: ReceivedOut},
    openapi_extra=document.either(
        csv=True, multipart=document.parts(files=("customers", "orders"), required=["customers"])
    ),
)
def post_customers(request: HttpRequest, line: Annotated[Slug | None, Query()] = None) -> HttpResponse:
    """Hand in a list of customers as CSV, or two parts: `customers` and the `orders` that belong to them."""
    of = line_of(key_of(request), line)
    if request.content_type == CSV:
        with spooled_body(request) as body:
            return take_lists(request, of, {Kind.CUSTOMERS: body})
    with parts_of(request, files=("customers", "orders")) as parts:
        if any(len(files) != 1 for files in parts.files.values()) or "customers" not in parts.files:
            raise InvalidInput("parts_do_not_fit", _("Send one part customers and at most one part orders."))
        # Orders first: the list of customers is read as soon as it is here.
        kinds = [kind for kind in (Kind.ORDERS, Kind.CUSTOMERS) if kind in parts.files]
        return take_lists(request, of, {kind: parts.files[kind][0] for kind in kinds})


@router.post(
    "/customers/{customer_no}/same-person", auth=ServiceKeyAuth(Scope.CUSTOMERS, JSON), response={200: SamePersonOut}
)
def same_person(request: HttpRequest, told: SamePersonIn, customer_no: Annotated[Number, Path()]) -> HttpResponse:
    """Say that this customer record and another are of one person, or that this one is somebody else after all.

    Both records stay as they are. Where one says no, a yes of the other ends and is asked for again; holds, requests
    and ties of staff reach both. While a request of the person is under way it is refused.
    """
    key = key_of(request)
    if told.joined and told.other is None:
        raise InvalidInput("other_missing", _("Name the other customer record."))

    def act() -> Answer:
        customer = customer_called(key.client_id, customer_no)
        if not told.joined:
            part(actor_of(key), customer, reason=told.reason)
            return Answer(200, {"joined": False, "consents_ended": 0})
        other = customer_called(key.client_id, told.other or "")
        done = join(actor_of(key), customer, other, reason=told.reason)
        return Answer(200, {"joined": True, "consents_ended": done.ended})

    content = digest_of([b"POST /customers/same-person", customer_no.encode(errors="replace"), request.body])
    return reply(once(key, request, content, act))


@router.get("/customers/{customer_no}", auth=ServiceKeyAuth(Scope.CUSTOMERS), response={200: CustomerOut})
def get_customer(
    request: HttpRequest, customer_no: Annotated[Number, Path()], purpose: Annotated[Slug, Query()]
) -> CustomerOut:
    """A customer as far as the purpose needs them, masked. The look-up stands in the ledger."""
    key = key_of(request)
    actor = actor_of(key)
    found = find_by_number(actor, key.client_id, customer_no, purpose=purpose)
    seen = open_customer(actor, found, purpose=purpose, must=True)
    return CustomerOut(
        purpose=seen.purpose,
        language=seen.customer.language,
        vip=seen.customer.vip,
        fields=_shown(seen.fields),
        orders=[_shown(order.fields.values()) for order in seen.orders],
        withheld=[withheld.category for withheld in seen.withheld],
    )


def _shown(fields: Iterable[MaskedField]) -> list[ShownOut]:
    return [ShownOut(name=field.name, category=field.category, shown=text) for field in fields for text in field.shown]
