"""An act on many rows: what it would do, leave to do it, how far it has come, what became of each row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.models import LedgerEntry
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.bulk import words
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Crumb, Empty, Fact, Facts, Link, Option, Progress, Row, Text
from callwarden.doors.console.listing import Column, Filter, ListQuery, Table, render_list
from callwarden.doors.console.navigation import OVERSEE, PROVE
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import bulk
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.models import Approval, BulkAct, BulkRow, User

State, Outcome = BulkAct.State, BulkRow.Outcome
EXAMPLES = 20
COLUMNS = (
    Column("what", _("What")),
    Column("who", _("Drawn by")),
    Column("drawn_at", _("Drawn"), sortable=True),
    Column("total", _("Rows"), end=True),
    Column("done", _("Done"), end=True),
    Column("skipped", _("Skipped"), end=True),
    Column("state", _("State")),
)
FILTERS = (Filter("state", _("State"), options=[Option(*pair) for pair in State.choices]),)
EMPTY = Empty(
    _("No bulk act yet"),
    _("Choose rows in a list, or take all that match its filters. You see what would be done before anything is."),
    "stack-2",
)
ROWS = (
    Column("which", _("Which")),
    Column("sort", _("Kind")),
    Column("outcome", _("Outcome")),
    Column("why", _("Why")),
)


@for_roles(OVERSEE)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """Acts on many rows, the latest first; what somebody else only looked at is not among them."""
    query = ListQuery.read(request, COLUMNS, FILTERS, sort="-drawn_at")
    seen = ~Q(state__in=(State.DRAWN, State.DROPPED)) | Q(drawn_by=request.user)
    found = BulkAct.objects.select_related("drawn_by").filter(seen).order_by(query.sort, "pk")
    if state := query.values["state"]:
        found = found.filter(state=state)
    rows = [_row(act) for act in found[query.start : query.start + query.size]]
    table = Table("bulk", _("Bulk acts"), COLUMNS, rows, query, found.count(), EMPTY, filters=FILTERS)
    return render_list(request, "console/bulk/page.html", table, {"crumbs": (Crumb(_("Bulk acts")),)})


def _row(act: BulkAct) -> Row:
    return Row(
        (
            Link(words.title(act), reverse("console:bulk_act", args=[act.pk])),
            act.drawn_by.get_full_name(),
            act.drawn_at,
            act.total,
            act.done,
            act.skipped,
            words.badge(act),
        )
    )


@for_roles(OVERSEE)
@require_safe
def act(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One act, from the preview to the last row."""
    one = bulk.find(pk, request.user)
    kind = bulk.kind_of(one.kind)
    may = holds(request, kind.roles)
    context = {
        "act": one,
        "title": kind.title,
        "badge": words.badge(one),
        "by_two": kind.by_two,
        "words_label": words.telling(one).words or _("Why"),
        "words_needed": kind.words or kind.by_two,
        "facts": Facts(_facts(one)),
        "kinds": _kinds(one),
        "examples": _rows(request, one, Outcome.WAITING) if one.state in _BEFORE else None,
        "left_out": _reasons(one, Outcome.LEFT_OUT),
        "left_examples": _rows(request, one, Outcome.LEFT_OUT) if one.left_out and one.state in _BEFORE else None,
        "skipped": _reasons(one, Outcome.SKIPPED),
        "progress": _progress(one),
        "why_stopped": words.WHY_STOPPED.get(one.why_stopped, ""),
        "mine": one.drawn_by_id == request.user.pk,
        "may": may,
        "approval": Approval.objects.filter(pk=one.approval).first() if one.approval else None,
        "entry": _index_of(one) if holds(request, PROVE) else None,
        "crumbs": _crumbs(one, kind.title),
    }
    return render(request, "console/bulk/act.html", context)


# What is to be done is shown by examples while it can still be decided on; afterwards the outcomes tell.
_BEFORE = (State.DRAWN, State.ASKED)


def _facts(one: BulkAct) -> list[Fact]:
    facts = [
        *words.telling(one).about(one),
        Fact(_("Drawn by"), one.drawn_by.get_full_name()),
        Fact(_("Drawn"), one.drawn_at),
    ]
    if one.carried_by:
        facts.append(Fact(_("Carried out by"), one.carried_by.get_full_name()))
    if one.started_at:
        facts.append(Fact(_("Begun"), one.started_at))
    if one.finished_at:
        facts.append(Fact(_("Ended"), one.finished_at))
    return facts


def _kinds(one: BulkAct) -> PlainTable:
    told = words.telling(one)
    rows = [Row((told.sort(sort), count)) for sort, count in bulk.sorts_of(one)]
    return PlainTable(_("Of which kinds"), (told.sorts, _("How many")), rows)


def _reasons(one: BulkAct, outcome: str) -> PlainTable | None:
    found = bulk.reasons_of(one, outcome)
    here = reverse("console:bulk_rows", args=[one.pk])
    rows = [
        Row((words.why(one, reason), Link(str(count), f"{here}?outcome={outcome}&reason={reason}")))
        for reason, count in found
    ]
    return PlainTable(_("Why"), (_("Why"), _("How many")), rows) if rows else None


def _rows(request: ConsoleRequest, one: BulkAct, outcome: str) -> PlainTable:
    """The first of the rows, named without anything personal."""
    found = list(one.rows.filter(outcome=outcome).order_by("place")[:EXAMPLES])
    told = words.telling(one)
    names = told.rows(one, [row.target for row in found], request.user.roles)
    left = outcome == Outcome.LEFT_OUT
    rows = [Row((_name(names, row), words.why(one, row.reason) if left else told.sort(row.sort))) for row in found]
    return PlainTable(_("Examples"), (_("Which"), _("Why") if left else told.sorts), rows)


def _name(names: object, row: BulkRow) -> object:
    assert isinstance(names, dict)
    return names.get(row.target) or _("Not there any more (%(number)s)") % {"number": str(row.target)[:8]}


def _progress(one: BulkAct) -> Progress | None:
    state = _PROGRESS.get(one.state)
    if state is None:
        return None
    return Progress(
        f"bulk-{one.pk}",
        _("Rows seen to"),
        one.seen_to,
        one.total,
        state,
        [Fact(_("Done"), one.done), Fact(_("Skipped"), one.skipped)],
        href=reverse("console:bulk_live", args=[one.pk]),
        note=_("A hundred at a time; you may leave this page."),
    )


_PROGRESS: dict[str, str] = {State.RUNNING: "running", State.STOPPED: "paused", State.DONE: "done", State.ENDED: "done"}


@for_roles(OVERSEE)
@require_safe
def live(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """How far it has come; the page is drawn anew when it is over, or was stopped."""
    shown = _progress(bulk.find(pk, request.user))
    if shown is None or shown.state != "running":
        answer = HttpResponse()
        answer["HX-Refresh"] = "true"
        return answer
    return render(request, "console/components/progress.html", {"it": shown})


@for_roles(OVERSEE)
@require_safe
def rows(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """What became of each row."""
    one = bulk.find(pk, request.user)
    filters = _row_filters(one)
    query = ListQuery.read(request, ROWS, filters)
    found = one.rows.order_by("place")
    for name in ("outcome", "reason"):
        if value := query.values[name]:
            found = found.filter(**{name: value})
    shown = list(found[query.start : query.start + query.size])
    told = words.telling(one)
    names = told.rows(one, [row.target for row in shown], request.user.roles)
    lines = [
        Row(
            (
                _name(names, row),
                told.sort(row.sort),
                words.outcome_badge(row.outcome),
                words.why(one, row.reason) if row.reason else "",
            )
        )
        for row in shown
    ]
    table = Table("rows", _("Rows of this act"), ROWS, lines, query, found.count(), EMPTY, filters=filters)
    crumbs = (*_crumbs(one, "")[:-1], Crumb(words.title(one), reverse("console:bulk_act", args=[pk])), Crumb(_("Rows")))
    return render_list(request, "console/bulk/rows.html", table, {"act": one, "crumbs": crumbs})


def _row_filters(one: BulkAct) -> tuple[Filter, ...]:
    reasons = {
        reason for outcome in (Outcome.SKIPPED, Outcome.LEFT_OUT) for reason, _count in bulk.reasons_of(one, outcome)
    }
    return (
        Filter("outcome", _("Outcome"), options=[Option(*pair) for pair in Outcome.choices]),
        Filter("reason", _("Why"), options=[Option(reason, words.why(one, reason)) for reason in sorted(reasons)]),
    )


@for_roles(OVERSEE)
@require_POST
def move(request: ConsoleRequest, pk: UUID, step: str) -> HttpResponse:
    """Take one step; what may not be done is said where the person stands."""
    here = reverse("console:bulk_act", args=[pk])
    one = bulk.find(pk, request.user)
    away = reverse(words.telling(one).lists) if step == "drop" else here
    return do(request, _step(request, pk, step), said=_SAID.get(step, ""), then=away)


_SAID: dict[str, Text] = {
    "ask": _("Approval has been asked for. Somebody else decides in the approvals."),
    "start": _("It is under way."),
    "drop": _("The set was put away. Nothing has happened."),
    "stop": _("It has stopped. What was done stays done."),
    "resume": _("It goes on."),
    "end": _("The rest is left alone."),
}


def _step(request: ConsoleRequest, pk: UUID, step: str) -> Callable[[], object]:
    by: User = request.user
    session = request.actor.session
    digest, reason = request.POST.get("digest", ""), request.POST.get("reason", "")[:1000]
    steps: dict[str, Callable[[], object]] = {
        "ask": lambda: bulk.ask(pk, digest=digest, by=by, reason=reason, session=session),
        "start": lambda: bulk.start(pk, digest=digest, by=by, reason=reason, session=session),
        "drop": lambda: bulk.drop(pk, by=by, session=session),
        "stop": lambda: bulk.stop(pk, by=by, session=session),
        "resume": lambda: bulk.resume(pk, by=by, session=session),
        "end": lambda: bulk.end(pk, by=by, session=session),
    }
    return steps.get(step, _unknown)


def _unknown() -> None:
    raise InvalidInput("unknown_act", _("This act is not known here."))


def _index_of(one: BulkAct) -> int | None:
    return LedgerEntry.objects.filter(entry=one.entry).values_list("index", flat=True).first() if one.entry else None


def _crumbs(_one: BulkAct, here: Text) -> Sequence[Crumb]:
    return (Crumb(_("Bulk acts"), reverse("console:bulk")), Crumb(here))
