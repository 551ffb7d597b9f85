"""Acts in neighbouring systems beside our own entries: same filters, one order by time, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from callwarden.control.neighbours.models import Neighbour, NeighbourEntry
from callwarden.custody.models import Client, LedgerEntry
from callwarden.custody.scope import client_scope
from callwarden.doors.console.components import Badge, Link, Option, Row, Text
from callwarden.doors.console.listing import Filter
from callwarden.doors.console.neighbours.tables import ICONS
from callwarden.doors.console.neighbours.words import ACTS
from callwarden.flows.names import named
from callwarden.kernel.models import User

# What neighbours do not tell of: whoever filters by these looks for our own entries.
_OURS_ALONE = ("family", "event", "purpose", "decision", "copy")
# So far back both are put in one order; beyond that a list is narrowed by its filters.
DEEPEST = 10_000
OURS = "ours"
_LINKS: dict[str, Text] = {
    "call": _("a call"),
    "ticket": _("a ticket"),
    "campaign": _("a campaign"),
    "request": _("a request"),
}


def source_filter() -> Filter:
    """Ours, or those of one system."""
    systems = [Option(one.slug, named(one)) for one in Neighbour.objects.order_by("slug")]
    return Filter("source", _("Source"), options=[Option(OURS, _("Callwarden")), *systems])


def wanted(values: Mapping[str, str]) -> bool:
    """Whether neighbours can have anything that fits these filters."""
    return values.get("source") != OURS and not any(values.get(name) for name in _OURS_ALONE)


def ours_wanted(values: Mapping[str, str]) -> bool:
    return values.get("source") in (None, "", OURS)


def count(values: Mapping[str, str]) -> int:
    """How many acts fit, of all clients."""
    total = 0
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            total += _fitting(values)[: DEEPEST + 1].count()
    return total


def latest(values: Mapping[str, str], most: int) -> list[NeighbourEntry]:
    """The latest acts that fit, of all clients, at most so many."""
    found: list[NeighbourEntry] = []
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            found += _fitting(values).select_related("neighbour", "user").order_by("-at", "pk")[:most]
    return sorted(found, key=lambda row: row.at, reverse=True)[:most]


def in_order(
    ours: list[LedgerEntry], theirs: list[NeighbourEntry], start: int, size: int
) -> list[LedgerEntry | NeighbourEntry]:
    """Both, the latest first, from `start` on. Ours keep the order of the log among themselves."""
    merged: list[LedgerEntry | NeighbourEntry] = []
    waiting = iter(theirs)
    other = next(waiting, None)
    for row in ours:
        while other is not None and other.at > row.at:
            merged.append(other)
            other = next(waiting, None)
        merged.append(row)
    while other is not None:
        merged.append(other)
        other = next(waiting, None)
    return merged[start : start + size]


def row_of(entry: NeighbourEntry) -> Row:
    """One act in another system, marked with where it is from and that its word is all there is."""
    return Row(
        (
            "",
            entry.at,
            Link(ACTS.get(entry.act, entry.act), reverse("console:neighbours"), icon=ICONS[entry.neighbour.kind]),
            entry.user.get_full_name() if entry.user else _("Somebody not known here"),
            "",
            _concerning(entry),
            Badge(_("%(system)s: as received") % {"system": named(entry.neighbour)}, "neutral", "file-import"),
        )
    )


def _concerning(entry: NeighbourEntry) -> str:
    parts = [f"{entry.subject}"[:8] + "…" if entry.subject else ""]
    if entry.rows is not None:
        parts.append(ngettext("%(count)s row", "%(count)s rows", entry.rows) % {"count": f"{entry.rows:,}"})
    if entry.inside is False:
        parts.append(str(_("around the application")))
    parts.append(explained(entry))
    return " · ".join(part for part in parts if part)


def explained(entry: NeighbourEntry) -> str:
    """What was found to explain an act; "" where nobody has looked yet, or nothing has to."""
    if entry.judged_at is None or entry.act not in ("read", "search", "export", "play", "change"):
        return ""
    told = _LINKS.get(entry.link)
    return str(_("explained by %(what)s") % {"what": told} if told else _("nothing explains it"))


def _fitting(values: Mapping[str, str]) -> QuerySet[NeighbourEntry]:
    found = NeighbourEntry.objects.all()
    if source := values.get("source"):
        found = found.filter(neighbour__slug=source)
    if actor := values.get("actor"):
        person = User.objects.filter(pseudonym=actor).first() if _id(actor) else None
        found = found.filter(user=person) if person else found.none()
    for name in ("call", "subject"):
        if value := values.get(name):
            found = found.filter(**{name: _id(value)}) if _id(value) else found.none()
    if since := values.get("since"):
        found = found.filter(at__gte=_start(since))
    if until := values.get("until"):
        found = found.filter(at__lt=_start(until) + timedelta(days=1))
    return found


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _start(day: str) -> datetime:
    return timezone.make_aware(datetime.combine(date.fromisoformat(day), time()))
