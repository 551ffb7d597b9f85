"""How the list of calls is asked for and laid out."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.control.grants.models import AccessGrant
from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Client
from callwarden.doors.console import purposes
from callwarden.doors.console.calls import queries
from callwarden.doors.console.calls.shown import call_row
from callwarden.doors.console.components import Action, Empty, Option
from callwarden.doors.console.listing import Column, Filter, ListQuery, Picks, Table
from callwarden.doors.console.navigation import may_go
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.actors import Actor
from callwarden.flows.calls import find_by_words

COLUMNS = (
    Column("started", _("Started"), sortable=True),
    Column("line", _("Line"), sortable=True),
    Column("agent", _("Agent"), sortable=True),
    Column("duration", _("Length"), sortable=True, end=True),
    Column("language", _("Language")),
    Column("customer", _("Customer")),
    Column("removed", _("Removed"), sortable=True, end=True),
    Column("state", _("State"), sortable=True),
)
DIRECTIONS = (Option("inbound", _("Inbound")), Option("outbound", _("Outbound")))
WORDS = Filter("q", _("Words in the transcript"), "search")


@dataclass(frozen=True)
class CallsPage:
    """The table, and what the gate turned away."""

    table: Table
    turned_away: dict[str, int]


def page_of(request: ConsoleRequest, client: Client, purpose: str) -> CallsPage:
    """One page of the list. With words the list is private: its form posts, and every search is an act on record."""
    filters = filters_for(request.actor, client.id)
    private = request.method == "POST"
    offered = (WORDS, *filters) if private and purpose else filters
    query = ListQuery.read(request, COLUMNS, offered, sort="-started")
    words = query.values.get("q", "")
    found = find_by_words(request.actor, client.id, words, purpose=purpose) if words else None
    wanted = queries.filters_of(query.values, ids=found)
    total, calls, more = queries.slice_of(request.actor, client.id, wanted, query)
    rows = [call_row(call) for call in calls]
    empty = empty_for(request)
    table = Table(
        "calls",
        _("Calls"),
        COLUMNS,
        rows,
        query,
        total,
        empty,
        filters=offered,
        private=private,
        more=more,
        picks=_picks(request.actor),
    )
    return CallsPage(table, queries.turned_away(request.actor, client.id))


# What leave can be asked for of several calls at once, and the kind of data by which it is known who ever could.
ASKED_FOR = (
    (Option("play_original", _("Play the originals")), (Category.RECORDING_ORIGINAL,)),
    (Option("export", _("Export")), (Category.RECORDING_REDACTED, Category.RECORDING_ORIGINAL)),
)


def _picks(actor: Actor) -> Picks | None:
    """Choosing calls to ask for access to them, for whoever has a purpose that could ever open it."""
    acts = [option for option, kinds in ASKED_FOR if purposes.open_to(actor, option.value, kinds)]
    given = (("scope", AccessGrant.Scope.SELECTION.value),)
    return Picks(reverse("console:grant_ask"), given, _("Ask for access to the chosen ones:"), acts) if acts else None


def filters_for(actor: Actor, client: UUID) -> tuple[Filter, ...]:
    """The filters with the choices that this person has; a filter with nothing to choose is left out."""
    agents = queries.agent_options(actor, client)
    lines = queries.line_options(actor, client)
    languages = queries.language_options(client)
    offered = (
        Filter("line", _("Line"), options=lines),
        Filter("direction", _("Direction"), options=DIRECTIONS),
        Filter("state", _("State"), options=[Option(value, label) for value, label in Call.Redaction.choices]),
        Filter("agent", _("Agent"), options=agents),
        Filter("language", _("Language"), options=languages),
        Filter("customer", _("Customer"), options=(Option("yes", _("Known")), Option("no", _("Not known")))),
        Filter("since", pgettext_lazy("day", "From"), "date"),
        Filter("until", pgettext_lazy("day", "To"), "date"),
    )
    return tuple(one for one in offered if one.kind != "choice" or len(one.options) > 1)


def may_import(request: ConsoleRequest) -> bool:
    """Whether the viewer has business with the imports, where what was turned away is listed."""
    return may_go(request.user.roles, "console:imports")


EMPTY = Empty(
    _("No calls yet"),
    _("Calls appear here once the gate has admitted them. Recordings come in through a watch folder or an import."),
    "phone",
)


def empty_for(request: ConsoleRequest) -> Empty:
    if not may_import(request):
        return EMPTY
    return Empty(EMPTY.title, EMPTY.text, EMPTY.icon, Action(_("Import calls"), reverse("console:imports"), "upload"))
