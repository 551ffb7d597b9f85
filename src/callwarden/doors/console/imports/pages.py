"""Taking in, as it goes: what arrives, what waits for its counterpart, what was refused and why."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from callwarden.custody.models import IntakeBatch, IntakeItem, Line
from callwarden.doors.console.access import for_roles
from callwarden.doors.console.bulk.picking import picks, to_bulk
from callwarden.doors.console.components import (
    Badge,
    Countdown,
    Crumb,
    Empty,
    Fact,
    Link,
    Option,
    Progress,
    Row,
    Text,
    Tile,
)
from callwarden.doors.console.imports import queries
from callwarden.doors.console.imports.reasons import problem_text, reason_for
from callwarden.doors.console.listing import Column, Filter, ListQuery, Picks, Table, render_list
from callwarden.doors.console.navigation import DPO, LEADER, SYSTEM
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import many_arrivals, progress, turned_away
from callwarden.flows.names import named
from callwarden.kernel import clock
from callwarden.kernel.errors import NotFound

IMPORT = frozenset({LEADER, SYSTEM, DPO})
LEFT_SHOWN = 50
LAST_DAY = timedelta(hours=24)
State, Kind = IntakeItem.State, IntakeItem.Kind
COLUMNS = (
    Column("arrived_at", _("Arrived"), sortable=True),
    Column("line", _("Line")),
    Column("what", _("What")),
    Column("why", _("Why, and what to do")),
    Column("left", _("Is destroyed")),
    Column("state", _("State")),
)
LISTS: dict[str, tuple[Text, Empty]] = {
    "waiting": (
        _("Waiting"),
        Empty(_("Nothing waits"), _("Put files into the watch folder of a line; they appear here sealed."), "inbox"),
    ),
    "rows": (_("Without a recording"), Empty(_("Every call record has its recording"), "", "circle-check")),
    "recordings": (_("Without a call record"), Empty(_("Every recording has its call record"), "", "circle-check")),
    "set_aside": (
        _("Set aside"),
        Empty(_("Nothing was set aside"), _("Files that cannot be used appear here with what to do."), "circle-check"),
    ),
    "quarantined": (
        _("In quarantine"),
        Empty(
            _("Nothing is in quarantine"),
            _("Calls the gate refuses wait here, unopened, until their time is up."),
            "circle-check",
        ),
    ),
    "duplicates": (
        _("Duplicates"),
        Empty(_("No duplicates"), _("A call that is delivered twice is kept once."), "copy"),
    ),
}
_LOOKS = {
    State.SEALED: ("info", "lock"),
    State.WAITING: ("warn", "hourglass"),
    State.ADMITTED: ("pass", "shield-check"),
    State.QUARANTINED: ("warn", "hourglass"),
    State.SET_ASIDE: ("fail", "archive"),
    State.DUPLICATE: ("neutral", "copy"),
    State.DESTROYED: ("neutral", "flame"),
}
_FINAL = (State.ADMITTED, State.DESTROYED)


@for_roles(IMPORT)
@require_safe
def imports(request: ConsoleRequest) -> HttpResponse:
    """The spool at a glance, the batches that run, and one list at a time."""
    chosen = request.GET.get("list", "")
    chosen = chosen if chosen in LISTS else "waiting"
    items = queries.of_lines(request.user.lines)
    label, empty = LISTS[chosen]
    # What was turned away can be read again or destroyed; the rest moves by itself.
    away = chosen in turned_away.TURNED_AWAY
    offered = picks("console:imports_many", request.user.roles, many_arrivals.READ, list=chosen) if away else None
    table = _table(request, items.filter(queries.LISTS[chosen]), label, empty, offered)
    counted = queries.lists(items)
    context = {
        "tabs": [(f"?list={name}", title, name == chosen, counted[name]) for name, (title, _e) in LISTS.items()],
        "chosen": chosen,
        "actions": (to_bulk(),),
        **_live(request),
    }
    return render_list(request, "console/imports/page.html", table, context)


@for_roles(IMPORT)
@require_safe
def live(request: ConsoleRequest) -> HttpResponse:
    """The part of the page that changes while files come in."""
    return render(request, "console/imports/live.html", _live(request))


def _live(request: ConsoleRequest) -> dict[str, object]:
    now = queries.spool(queries.of_lines(request.user.lines))
    batches = IntakeBatch.objects.select_related("line").order_by("-started_at")
    if request.user.lines is not None:
        batches = batches.filter(line__in=request.user.lines)
    newest = [progress.of_batch(batch) for batch in batches[:5]]
    tiles = (
        Tile(pgettext_lazy("calls", "Admitted"), "", now.admitted, _("calls"), ""),
        Tile(_("In quarantine"), "", now.quarantined, _("calls, unopened"), "?list=quarantined"),
        Tile(_("Waiting"), "", now.waiting, _("files and records"), "?list=waiting"),
        Tile(_("Set aside"), "", now.set_aside, _("files that cannot be used"), "?list=set_aside"),
        Tile(_("Sealed in the spool"), "", filesizeformat(now.sealed_bytes), _("on this host's disk"), ""),
    )
    left = queries.left(request.user.lines)
    shown = [(one, named(one.line) if one.line else "", reason_for(one.code)) for one in left[:LEFT_SHOWN]]
    return {
        "tiles": tiles,
        "left": shown,
        "left_count": left.count(),
        "batches": [(batch.batch, named(batch.batch.line), _bar(batch)) for batch in newest],
    }


def _bar(batch: progress.BatchProgress) -> Progress:
    """How far a batch is. The whole list of batches is asked for again, so the bar itself does not ask."""
    judged = sum(batch.calls.values())
    waiting = batch.pending + batch.missing_recordings
    counts = [Fact(OUTCOMES.get(name, name), count) for name, count in sorted(batch.calls.items()) if count]
    return Progress(
        id=f"batch-{batch.batch.id}",
        label=_("%(files)s files") % {"files": batch.files},
        done=judged,
        total=(judged + waiting) or None,
        state="done" if batch.settled else "running",
        counts=counts,
    )


OUTCOMES: dict[str, Text] = {
    "admitted": _("Being redacted"),
    "redacted": _("Redacted"),
    "redaction_failed": _("Could not be redacted"),
    "quarantined": _("In quarantine"),
    "set_aside": _("Set aside"),
    "duplicate": _("Duplicates"),
    "destroyed": _("Destroyed"),
    "unanswered": _("Unanswered"),
}


def filters() -> tuple[Filter, ...]:
    lines = [Option(str(line.id), named(line)) for line in Line.objects.order_by("slug")]
    kinds = [Option(str(kind), label) for kind, label in Kind.choices]
    return (Filter("line", _("Line"), options=lines), Filter("kind", _("What"), options=kinds))


def _table(
    request: ConsoleRequest, found: QuerySet[IntakeItem], label: Text, empty: Empty, offered: Picks | None = None
) -> Table:
    shown = filters()
    query = ListQuery.read(request, COLUMNS, shown, sort="-arrived_at")
    for name in ("line", "kind"):
        if value := query.values[name]:
            found = found.filter(**{name: value})
    page = found.order_by(query.sort, "id")[query.start : query.start + query.size]
    rows = [_row(item) for item in page]
    return Table("arrivals", label, COLUMNS, rows, query, found.count(), empty, filters=shown, picks=offered)


def _row(item: IntakeItem) -> Row:
    reason = reason_for(item.reason)
    tone, icon = _LOOKS[State(item.state)]
    what = Kind(item.kind).label
    label = item.shown or what
    href = reverse("console:import_item", args=[item.pk])
    return Row(
        (
            item.arrived_at,
            named(item.line),
            Link(label, href, what if item.shown else ""),
            Sentence(reason.says, reason.remedy) if reason.says else "",
            _end_of(item),
            Badge(State(item.state).label, tone, icon),
        ),
        pick=str(item.pk) if item.state in turned_away.TURNED_AWAY else "",
        pick_label=label,
    )


def _end_of(item: IntakeItem) -> object:
    """When its time is up: a clock on the last day, the day before that."""
    if item.state in _FINAL:
        return ""
    return Countdown(item.delete_at) if item.delete_at - clock.now() < LAST_DAY else item.delete_at


class Sentence:
    """What happened, and what to do about it, in one cell."""

    template = "console/imports/sentence.html"

    def __init__(self, says: Text, remedy: Text) -> None:
        self.says, self.remedy = says, remedy


@for_roles(IMPORT)
@require_safe
def item(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One arrival: why it is where it is, and which of its rows cannot be used."""
    found = queries.of_lines(request.user.lines).filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_arrival", _("There is no such arrival on your lines. Go back to the list."))
    tone, icon = _LOOKS[State(found.state)]
    facts = [
        Fact(_("Line"), named(found.line)),
        Fact(_("What"), Kind(found.kind).label),
        Fact(_("Came by"), found.door),
        Fact(_("Arrived"), found.arrived_at),
        Fact(_("Size"), filesizeformat(found.size)),
    ]
    if found.state not in _FINAL:
        facts.append(Fact(_("Is destroyed at"), found.delete_at))
    context = {
        "item": found,
        "title": found.shown or Kind(found.kind).label,
        "badge": Badge(State(found.state).label, tone, icon),
        "reason": reason_for(found.reason),
        "away": found.state in turned_away.TURNED_AWAY,
        "facts": facts,
        "problems": [(problem.get("line", 0), problem_text(problem)) for problem in found.problems],
        "crumbs": (Crumb(_("Imports"), reverse("console:imports")), Crumb(Kind(found.kind).label)),
    }
    return render(request, "console/imports/item.html", context)


@for_roles(IMPORT)
@require_safe
def batch(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One batch: how far it is, and everything that came with it."""
    batches = IntakeBatch.objects.select_related("line")
    if request.user.lines is not None:
        batches = batches.filter(line__in=request.user.lines)
    found = batches.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_batch", _("There is no such batch on your lines. Go back to the list."))
    state = progress.of_batch(found)
    if request.headers.get("HX-Target") == "batch-live":
        return render(request, "console/imports/batch_live.html", {"batch": found, "bar": _bar(state), "state": state})
    items = queries.of_lines(request.user.lines).filter(batch=found)
    table = _table(request, items, _("What came with it"), Empty(_("Nothing came with this batch"), "", "inbox"))
    context = {
        "batch": found,
        "title": named(found.line),
        "bar": _bar(state),
        "state": state,
        "crumbs": (Crumb(_("Imports"), reverse("console:imports")), Crumb(named(found.line))),
        "reasons": [(reason_for(code), count) for code, count in {**state.quarantined, **state.set_aside}.items()],
        "problems": [(problem.get("line", 0), problem_text(problem)) for problem in state.problems[:100]],
    }
    return render_list(request, "console/imports/batch.html", table, context)
