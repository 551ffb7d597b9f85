"""What arrived from a neighbouring system, batch by batch: taken in, kept out and why, and whether it still holds."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from callwarden.control.neighbours import queries, rules
from callwarden.control.neighbours.models import Neighbour, NeighbourBatch, NeighbourEntry
from callwarden.control.neighbours.queries import Checked
from callwarden.custody.models import LedgerEntry
from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import for_roles
from callwarden.doors.console.audit import enquiry
from callwarden.doors.console.audit.beside import explained
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Crumb, Duration, Empty, Fact, Facts, Link, Moment, Row, Text
from callwarden.doors.console.listing import Column, ListQuery, Table, render_list, slice_of
from callwarden.doors.console.navigation import PROVE
from callwarden.doors.console.neighbours.words import ACTS, REASONS
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.names import named
from callwarden.kernel.errors import NotFound

COLUMNS = (
    Column("received_at", _("Arrived")),
    Column("batch", _("Batch")),
    Column("taken", _("Taken in"), end=True),
    Column("repeated", _("Sent twice"), end=True),
    Column("left_out", _("Not meant for us"), end=True),
    Column("refused", _("Kept out"), end=True),
    Column("why", _("Why, most often")),
)
EMPTY = Empty(
    _("Nothing has arrived yet"), _("Each delivery of lines appears here with what became of it."), "file-import"
)
ENTRY_COLUMNS = (
    Column("number", "#", end=True),
    Column("at", _("Time")),
    Column("act", pgettext_lazy("part of a line", "Act")),
    Column("who", pgettext_lazy("part of a line", "Who")),
    Column("subject", pgettext_lazy("part of a line", "Customer")),
    Column("call", pgettext_lazy("part of a line", "Call")),
    Column("rows", pgettext_lazy("act elsewhere", "Rows"), end=True),
    Column("link", _("What explains it")),
)
NONE_TAKEN = Empty(_("No line of it was taken in"), _("What was kept out is told above, by reason."), "ban")


@for_roles(PROVE)
@require_safe
def listing(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Every batch that is still kept, the latest first."""
    neighbour = _find(pk)
    query = ListQuery.read(request, COLUMNS)
    with client_scope(neighbour.client_id):
        total, batches, more = slice_of(queries.batches(neighbour), query)
        rows = [_row(neighbour, one) for one in batches]
    table = Table("batches", _("What arrived"), COLUMNS, rows, query, total, EMPTY, more=more)
    context = {"crumbs": _crumbs(neighbour), "name": named(neighbour)}
    return render_list(request, "console/neighbours/batches.html", table, context)


@for_roles(PROVE)
@require_safe
def one(request: ConsoleRequest, pk: UUID, batch: UUID) -> HttpResponse:
    """One batch: what was taken in, what was kept out and why, and whether it is what the operation log says."""
    neighbour = _find(pk)
    query = ListQuery.read(request, ENTRY_COLUMNS)
    with client_scope(neighbour.client_id):
        row = NeighbourBatch.objects.filter(pk=batch, neighbour=neighbour).first()
        if row is None:
            raise NotFound("no_such_batch", _("There is no such batch any more. Go back to the list."))
        checked = queries.verify(row)
        total, entries, more = slice_of(queries.entries_of(row), query)
    enquiry.enter(request, "batch", {"batch": str(batch)}, rows=len(entries), batch=str(batch))
    lines = [_entry(entry) for entry in entries]
    table = Table("entries", _("Lines that were taken in"), ENTRY_COLUMNS, lines, query, total, NONE_TAKEN, more=more)
    context = {
        "title": named(neighbour),
        "facts": _facts(row, checked),
        "trouble": _trouble(checked),
        "refused": _refused(row),
        "crumbs": _crumbs(neighbour, _("One batch")),
    }
    return render_list(request, "console/neighbours/batch.html", table, context)


def _row(neighbour: Neighbour, batch: NeighbourBatch) -> Row:
    most = max(batch.refused, key=lambda reason: batch.refused[reason], default="")
    where = reverse("console:neighbour_batch", args=[neighbour.pk, batch.pk])
    return Row(
        (
            batch.received_at,
            Link(_("See what became of it"), where, icon="file-import"),
            batch.taken,
            batch.repeated,
            batch.left_out,
            sum(batch.refused.values()),
            REASONS.get(most, most),
        )
    )


def _facts(row: NeighbourBatch, checked: Checked) -> Facts:
    index = LedgerEntry.objects.filter(entry=row.entry).values_list("index", flat=True).first()
    log: object = _("not in its place yet")
    if index is not None:
        log = Link(f"#{index}", reverse("console:entry", args=[index]))
    facts = [
        Fact(_("Arrived"), Moment(row.received_at)),
        Fact(_("Came by"), Neighbour.Way(row.way).label),
        Fact(_("Taken in"), f"{row.taken:,}"),
        Fact(_("Sent twice, kept once"), f"{row.repeated:,}"),
        Fact(_("Not meant for us"), f"{row.left_out:,}"),
        Fact(_("Kept out"), f"{sum(row.refused.values()):,}"),
        Fact(_("As the operation log says"), _holds(checked)),
        Fact(_("On record as"), log),
        Fact(_("Digest"), row.digest),
    ]
    if rules.is_off(row.skew_s):
        facts.append(Fact(_("Clock ahead by"), Duration(-row.skew_s)))
    if checked.erased:
        facts.append(Fact(_("Emptied, as the person was erased"), f"{checked.erased:,}"))
    return Facts(facts)


def _holds(checked: Checked) -> Badge:
    if checked.holds:
        return Badge.of("pass")
    return Badge.of("fail") if checked.logged else Badge.of("not_measured")


def _trouble(checked: Checked) -> Text:
    if checked.holds or not checked.logged:
        return ""
    if checked.changed:
        numbers = ", ".join(map(str, checked.changed[:20]))
        return _("Changed after they were received: lines %(numbers)s. Open an incident.") % {"numbers": numbers}
    return _("Lines are missing, or were added after the batch was received. Open an incident.")


def _refused(row: NeighbourBatch) -> PlainTable:
    most_first = sorted(row.refused.items(), key=lambda pair: -pair[1])
    return PlainTable(
        caption=_("Kept out, by reason"),
        headings=(_("Why"), _("How many")),
        rows=[Row((REASONS.get(reason, reason), f"{count:,}")) for reason, count in most_first],
    )


def _entry(entry: NeighbourEntry) -> Row:
    erased = entry.erased_at is not None
    return Row(
        (
            entry.number,
            entry.at,
            ACTS.get(entry.act, entry.act),
            entry.user.get_full_name() if entry.user else _("Somebody not known here"),
            _("erased") if erased else _known(entry.subject, there=entry.person_token is not None),
            _("erased") if erased else _known(entry.call, there=entry.calls is not None),
            "" if entry.rows is None else f"{entry.rows:,}",
            explained(entry),
        )
    )


def _known(found: UUID | None, *, there: bool) -> Text:
    if found is not None:
        return f"{found}"[:8] + "…"
    return _("named, not known here") if there else ""


def _find(pk: UUID) -> Neighbour:
    found = Neighbour.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_neighbour", _("There is no such neighbouring system. Go back to the list."))
    return found


def _crumbs(neighbour: Neighbour, here: Text = "") -> tuple[Crumb, ...]:
    before = (
        Crumb(_("Audit"), reverse("console:audit")),
        Crumb(_("Neighbouring systems"), reverse("console:neighbours")),
    )
    if not here:
        return (*before, Crumb(named(neighbour)))
    return (*before, Crumb(named(neighbour), reverse("console:neighbour_batches", args=[neighbour.pk])), Crumb(here))
