"""What the pages about calls read: slices of lists, choices of filters, and the facts around one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from callwarden.custody.models import Call, IntakeItem, Line, Record
from callwarden.custody.scope import client_scope
from callwarden.doors.console import listing
from callwarden.doors.console.components import Option, Text
from callwarden.doors.console.labels import language_label
from callwarden.doors.console.listing import ListQuery
from callwarden.flows.actors import Actor
from callwarden.flows.calls import Filters, visible
from callwarden.flows.names import named
from callwarden.kernel.models import User
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.purposes.models import Purpose

ORDERS = {
    "started": ("started_at", "id"),
    "line": ("line__name", "started_at", "id"),
    "agent": ("agent__display_name", "started_at", "id"),
    "duration": ("duration_ms", "id"),
    "removed": ("spans", "id"),
    "state": ("redaction", "started_at", "id"),
}


@dataclass(frozen=True)
class Consent:
    """What the caller of one call said about one purpose; `state` is empty when they were not asked."""

    purpose: str
    label: Text
    ground: str
    state: str
    method: str
    at: datetime | None
    notice: str


@dataclass(frozen=True)
class Kept:
    """One category kept of a call: until when, and how it is sealed."""

    category: str
    label: Text
    due: datetime
    suite: str
    restricted: bool


def filters_of(values: Mapping[str, str], *, ids: tuple[UUID, ...] | None = None) -> Filters:
    """The filters of the list, from validated values of its form; days are the viewer's."""
    customer = {"yes": True, "no": False}.get(values.get("customer", ""))
    return Filters(
        line=UUID(values["line"]) if values.get("line") else None,
        direction=values.get("direction", ""),
        redaction=values.get("state", ""),
        since=_midnight(values.get("since", "")),
        until=_midnight(values.get("until", ""), days=1),
        has_customer=customer,
        language=values.get("language", ""),
        agent=UUID(values["agent"]) if values.get("agent") else None,
        ids=ids,
    )


def slice_of(actor: Actor, client: UUID, filters: Filters, query: ListQuery) -> tuple[int | None, list[Call], bool]:
    """(how many calls there are, None for very many; those of this page; whether more follow)."""
    columns = ORDERS[query.sort.removeprefix("-")]
    ordered = [f"-{column}" for column in columns] if query.sort.startswith("-") else list(columns)
    with client_scope(client):
        return listing.slice_of(visible(actor, filters).order_by(*ordered), query)


def lines_for(actor: Actor, client: UUID) -> QuerySet[Line]:
    """Lines this person works for."""
    lines = Line.objects.filter(client=client).order_by("name")
    user = actor.user
    return lines if user is None or user.lines is None else lines.filter(id__in=user.lines)


def line_options(actor: Actor, client: UUID) -> list[Option]:
    return [Option(str(line.id), named(line)) for line in lines_for(actor, client)]


def agent_options(actor: Actor, client: UUID) -> list[Option]:
    """Who took one of the calls this person sees. Asked of each colleague, so that nobody goes through all calls."""
    with client_scope(client):
        took = visible(actor, Filters()).order_by().filter(agent=OuterRef("pk"))
        people = list(User.objects.filter(Exists(took)).order_by("display_name", "username"))
    return [Option(str(user.pk), user.get_full_name()) for user in people]


# From one language to the next by the index: a list of a million calls holds a handful of them.
_LANGUAGES = """
WITH RECURSIVE found AS (
  (SELECT language FROM custody_call WHERE client_id = %(client)s ORDER BY language LIMIT 1)
  UNION ALL
  SELECT (SELECT language FROM custody_call
           WHERE client_id = %(client)s AND language > found.language ORDER BY language LIMIT 1)
    FROM found WHERE found.language IS NOT NULL
)
SELECT language FROM found WHERE language IS NOT NULL AND language <> ''
"""


def language_options(client: UUID) -> list[Option]:
    """The languages calls of this client were held in."""
    with client_scope(client), connection.cursor() as cursor:
        cursor.execute(_LANGUAGES, {"client": client})
        known = sorted({str(code).partition("-")[0] for (code,) in cursor.fetchall()})
    return [Option(code, language_label(code)) for code in known]


def turned_away(actor: Actor, client: UUID) -> dict[str, int]:
    """How many calls the gate holds in quarantine, and how many arrivals were set aside, on this person's lines."""
    arrivals = IntakeItem.objects.filter(line__in=lines_for(actor, client))
    held = arrivals.filter(kind=IntakeItem.Kind.ROW, state=IntakeItem.State.QUARANTINED).count()
    aside = arrivals.filter(state=IntakeItem.State.SET_ASIDE).count()
    return {"quarantined": held, "set_aside": aside}


def consents_of(call: Call) -> list[Consent]:
    """For every purpose of the line: what the caller of this call said last, and under which notice."""
    with client_scope(call.client_id):
        events = ConsentEvent.objects.select_related("notice").filter(line=call.line, reference=bytes(call.reference))
        events = events.exclude(state=ConsentEvent.State.REQUESTED)
        newest = {event.purpose: event for event in events.order_by("at", "recorded_at")}
        served = list(call.line.purposes.select_related("purpose").order_by("-core", "purpose__name"))
    return [_consent(row.purpose, row.ground, newest.get(row.purpose_id)) for row in served]


def _consent(purpose: Purpose, ground: str, event: ConsentEvent | None) -> Consent:
    if event is None:
        return Consent(purpose.slug, named(purpose), ground, "", "", None, "")
    notice = event.notice.version if event.notice else ""
    return Consent(purpose.slug, named(purpose), ground, event.state, event.get_method_display(), event.at, notice)


def kept_of(call: Call) -> list[Kept]:
    """What is kept of a call, by category: the latest due date, the cipher suite."""
    with client_scope(call.client_id):
        records = Record.objects.filter(call=call).exclude(state=Record.State.DESTROYED)
        rows = records.values("category", "suite", "state").annotate(due=Max("due_at"), legs=Count("id"))
        found = list(rows.order_by("due", "category"))
    labels = dict(Record._meta.get_field("category").choices or ())
    return [
        Kept(
            row["category"],
            labels.get(row["category"], row["category"]),
            row["due"],
            Line.Suite(row["suite"]).label,
            row["state"] == Record.State.RESTRICTED,
        )
        for row in found
    ]


def parties_of(call: Call) -> list[str]:
    """Who speaks on each channel, as the console names speakers."""
    with client_scope(call.client_id):
        parties = list(call.legs.order_by("channel").values_list("party", flat=True))
    return [{"caller": "customer"}.get(party, party) for party in parties]


def _midnight(day: str, *, days: int = 0) -> datetime | None:
    if not day:
        return None
    start = datetime.combine(date.fromisoformat(day) + timedelta(days=days), time.min)
    return timezone.make_aware(start)
