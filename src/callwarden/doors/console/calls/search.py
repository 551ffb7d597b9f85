"""One box over calls and customers. What is typed comes by POST, each search is decided and on record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from callwarden.custody.categories import Category
from callwarden.custody.models import Client
from callwarden.custody.scope import client_scope
from callwarden.doors.console import purposes
from callwarden.doors.console.access import for_roles
from callwarden.doors.console.calls.listed import COLUMNS
from callwarden.doors.console.calls.shown import call_row
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Row, Text
from callwarden.doors.console.customers.listed import COLUMNS as CUSTOMER_COLUMNS
from callwarden.doors.console.customers.listed import customer_row
from callwarden.doors.console.listing import LONGEST_TEXT, Column
from callwarden.doors.console.navigation import HANDLE_CALLS, SECURITY
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.actors import Actor
from callwarden.flows.calls import Filters, find_by_words
from callwarden.flows.calls import visible as visible_calls
from callwarden.flows.disclose import AccessRefused
from callwarden.flows.lookups import TooManyLookups
from callwarden.flows.people import find_by_identifier, profiles, visible

SHOWN = 20
SEARCHED = (Category.TRANSCRIPT_REDACTED, Category.CONTACT)


@dataclass(frozen=True)
class Results:
    """What one part of the search found, or why it was not done."""

    title: Text
    columns: Sequence[Column]
    rows: Sequence[Row] = ()
    total: int = 0
    refused: str = ""

    @property
    def lines(self) -> list[list[tuple[Column, object]]]:
        return [list(zip(self.columns, row.cells, strict=True)) for row in self.rows]


@for_roles(HANDLE_CALLS | {SECURITY})
@require_http_methods(["GET", "POST"])
def search(request: ConsoleRequest) -> HttpResponse:
    """The box, and for a posted search what was found among calls and customers."""
    allowed = purposes.open_to(request.actor, "search", SEARCHED)
    purpose = purposes.chosen(request, allowed)
    query = request.POST.get("q", "").strip()[:LONGEST_TEXT]
    found = look(request.actor, client_of(request), query, purpose) if query and purpose else None
    context = {"purpose": purpose, "purposes": purposes.options(allowed), "query": query, "found": found}
    return render(request, "console/search/search.html", context)


def look(actor: Actor, client: Client, query: str, purpose: str) -> dict[str, Results]:
    """Both parts of the search, each as far as this person may."""
    return {
        "calls": _part(
            _("Calls whose redacted text holds these words"), COLUMNS, _calls, actor, client, query, purpose
        ),
        "customers": _part(
            _("Customers known by exactly this"), CUSTOMER_COLUMNS, _customers, actor, client, query, purpose
        ),
    }


def _part(
    title: Text,
    columns: Sequence[Column],
    find: Callable[[Actor, UUID, str, str], tuple[int, list[Row]]],
    actor: Actor,
    client: Client,
    query: str,
    purpose: str,
) -> Results:
    try:
        total, rows = find(actor, client.id, query, purpose)
    except (AccessRefused, TooManyLookups) as refusal:
        return Results(title, columns, refused=str(refusal))
    return Results(title, columns, rows, total)


def _calls(actor: Actor, client: UUID, query: str, purpose: str) -> tuple[int, list[Row]]:
    found = find_by_words(actor, client, query, purpose=purpose)
    with client_scope(client):
        calls = visible_calls(actor, Filters(ids=found))
        return calls.count(), [call_row(call) for call in calls[:SHOWN]]


def _customers(actor: Actor, client: UUID, query: str, purpose: str) -> tuple[int, list[Row]]:
    found = find_by_identifier(actor, client, query, purpose=purpose)
    with client_scope(client):
        customers = list(visible(actor).filter(pk__in=found).order_by("id")[:SHOWN])
    shown = profiles(actor, client, customers, purpose=purpose)
    return len(found), [customer_row(customer, shown[customer.id]) for customer in customers]
