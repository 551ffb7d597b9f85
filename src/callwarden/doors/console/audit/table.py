"""The list of entries: its columns, its filters, and how one entry becomes a row."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from callwarden.doors.console.audit.beside import source_filter
from callwarden.doors.console.audit.words import DECISIONS, FAMILIES, MORE, deed_of
from callwarden.doors.console.components import Badge, Empty, Link, Option, Row
from callwarden.doors.console.deeds import DEEDS, JOBS, who_did
from callwarden.doors.console.labels import PURPOSES, field_label, purpose_label
from callwarden.doors.console.listing import Column, Filter
from callwarden.flows.names import named
from callwarden.flows.trail import Line, program_name
from callwarden.kernel.models import User
from callwarden.lawful.purposes.models import Purpose
from callwarden.protection.signin.models import ServiceKey

COLUMNS = (
    Column("index", "#", end=True),
    Column("at", _("Time")),
    Column("event", _("What")),
    Column("actor", _("Who")),
    Column("purpose", _("Purpose")),
    Column("fields", _("Concerning")),
    Column("decision", _("Decision, or source")),
)
# What the count of an entry counts differs from event to event; here it is records.
_OF_RECORDS = ("disclose:record", "custody:record")
EMPTY = Empty(_("Nothing is on record yet"), _("The first act of anybody appears here within a second."), "certificate")


def filters() -> tuple[Filter, ...]:
    """People are named to the reader and asked for by pseudonym: no name enters an address."""
    people = [Option(str(user.pseudonym), user.get_full_name()) for user in User.objects.order_by("display_name")]
    programs = [Option(name, label) for name, label in JOBS.items()]
    keys = [Option(key.actor, program_name(key)) for key in ServiceKey.objects.order_by("purpose", "created_at")]
    events = [Option(str(event), deed.label) for event, deed in (DEEDS | MORE).items()]
    return (
        Filter("family", _("About"), options=[Option(*pair) for pair in FAMILIES.items()]),
        Filter("event", _("Event"), options=events),
        Filter("actor", _("Who"), options=people + keys + programs),
        Filter("purpose", _("Purpose"), options=_purposes()),
        source_filter(),
        Filter("decision", _("Decision"), options=[Option(key, look[0]) for key, look in DECISIONS.items()]),
        Filter("since", _("From"), kind="date"),
        Filter("until", _("To"), kind="date"),
        Filter("call", _("Call"), kind="id"),
        Filter("subject", _("Data subject"), kind="id"),
        Filter("copy", _("Found copy"), kind="search", placeholder=_("What whose-copy says")),
    )


def _purposes() -> list[Option]:
    """Those that are shipped, and those the site added of its own."""
    own = Purpose.objects.exclude(slug__in=PURPOSES).order_by("slug")
    return [*(Option(*pair) for pair in PURPOSES.items()), *(Option(one.slug, named(one)) for one in own)]


def row_of(line: Line) -> Row:
    deed = deed_of(line.event)
    return Row(
        (
            line.index,
            line.at,
            Link(deed.label, reverse("console:entry", args=[line.index]), icon=deed.icon),
            who_did(line.who),
            purpose_label(line.purpose) if line.purpose else "",
            _concerning(line),
            Badge(*DECISIONS[line.decision]) if line.decision in DECISIONS else "",
        )
    )


def _concerning(line: Line) -> str:
    if line.fields:
        return ", ".join(str(field_label(name)) for name in line.fields)
    if line.count and line.event.startswith(_OF_RECORDS):
        return ngettext("%(count)s record", "%(count)s records", line.count) % {"count": f"{line.count:,}"}
    return ""
