"""What the pages of searches show."""

from __future__ import annotations

from collections.abc import Iterable

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody.models import Client, ResidueScan
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Empty, Fact, Facts, Link, Row, Text
from callwarden.doors.console.residue.words import REPLICAS, WHAT, why
from callwarden.flows.names import named
from callwarden.flows.residue import Place, Replica, ScanReport
from callwarden.flows.residue.report import NotCovered

SHOWN = 50


def searches() -> PlainTable:
    clients = {client.pk: named(client) for client in Client.objects.all()}
    rows = [
        Row(
            (
                Link(
                    f"{timezone.localtime(row.finished_at):%Y-%m-%d %H:%M}",
                    reverse("console:residue_scan", args=[row.pk]),
                ),
                clients.get(row.client, ""),
                len(row.subjects),
                badge(row),
                _("Values and ids") if row.values_known else _("Random ids alone"),
                row.ends_on.isoformat(),
            )
        )
        for row in ResidueScan.objects.order_by("-finished_at")[:SHOWN]
    ]
    headings = (_("Searched at"), _("Client"), _("People"), _("Outcome"), _("Searched for"), _("Copies end by"))
    empty = Empty(
        _("Nobody was erased yet"), _("After each erasure every place is searched for what is left of it."), "search"
    )
    return PlainTable(_("Searches"), headings, rows, empty)


def _when(row: ResidueScan) -> str:
    return f"{timezone.localtime(row.finished_at):%Y-%m-%d %H:%M}"


def badge(row: ResidueScan) -> Badge:
    return Badge.of(row.outcome)


def facts(row: ResidueScan) -> Facts:
    report = ScanReport.from_json(row.report)
    found = [
        Fact(_("Searched at"), row.finished_at),
        Fact(_("Took, seconds"), round((report.finished_at - report.started_at).total_seconds(), 1)),
        Fact(_("People"), len(report.subjects)),
        Fact(_("Searched for"), _("Values and ids") if report.values_known else _("Random ids alone")),
        Fact(_("Copies end by"), row.ends_on.isoformat()),
    ]
    if report.held:
        found.append(Fact(_("Records on hold"), report.held))
    return Facts(found)


def places(row: ResidueScan) -> PlainTable:
    """Each kind of place: what came out, how much was looked through, whether the search could find at all."""
    rows = [
        Row(
            (
                REPLICAS.get(one.name, one.name),
                Badge.of(str(one.outcome)),
                filesizeformat(one.bytes) if one.bytes else "",
                one.rows or "",
                _control(one),
                " ".join(str(why(left.why)) for left in _once(one)),
            )
        )
        for one in ScanReport.from_json(row.report).replicas
    ]
    headings = (_("Place"), _("Outcome"), _("Read"), _("Rows, files"), _("Control"), _("Not looked at"))
    return PlainTable(_("Places"), headings, rows)


def _control(one: Replica) -> Text:
    if one.control is None:
        return ""
    return pgettext_lazy("control", "Found") if one.control else pgettext_lazy("control", "Not found")


def _once(one: Replica) -> Iterable[NotCovered]:
    return {left.why: left for left in one.not_covered}.values()


def found(row: ResidueScan) -> PlainTable | None:
    """What must not be there: where, never what it says."""
    places = [(one.name, place) for one in ScanReport.from_json(row.report).replicas for place in one.found]
    return _table(_("What was found"), places) if places else None


def lingering(row: ResidueScan) -> PlainTable | None:
    """What the database keeps of deleted rows until it writes over them."""
    places = [(one.name, place) for one in ScanReport.from_json(row.report).replicas for place in one.lingering]
    return _table(_("What the database has not overwritten yet"), places) if places else None


def _table(caption: Text, places: Iterable[tuple[str, Place]]) -> PlainTable:
    rows = [
        Row((REPLICAS.get(name, name), place.where, WHAT.get(place.what, place.what), place.form, place.count))
        for name, place in places
    ]
    return PlainTable(caption, (_("Place"), _("Where exactly"), _("What"), _("Form"), _("Times")), rows)
