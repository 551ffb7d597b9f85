"""The registry as lists: purposes, kinds of data, and the record of processing made from it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.doors.console.access import for_roles, holds
from callwarden.doors.console.chapters.asking import CHANGE
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Action, Badge, Chips, Crumb, Empty, Fact, Facts, Link, Option, Row, Text
from callwarden.doors.console.listing import Column, Filter, ListQuery, Table, render_list
from callwarden.doors.console.navigation import OVERSEE
from callwarden.doors.console.registry import words
from callwarden.doors.console.registry.forms import FileForm
from callwarden.flows.names import named
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.lawful.purposes import actions, files, record_of_processing
from callwarden.lawful.purposes.models import CategoryRule, Purpose, Transfer
from callwarden.lawful.purposes.record_of_processing import Activity
from callwarden.lawful.purposes.terms import CATEGORIES, Ground, Role, Use, Whose

COLUMNS = (
    Column("name", _("Purpose"), sortable=True),
    Column("use", _("Use"), sortable=True),
    Column("grounds", _("Rests on")),
    Column("needs", _("Asks for")),
    Column("state", _("State"), sortable=True),
)
FILTERS = (
    Filter("state", _("State"), options=[Option(*pair) for pair in Purpose.State.choices]),
    Filter("use", _("Use"), options=[Option(*pair) for pair in Use.choices]),
)
EMPTY = Empty(
    _("No purpose is registered yet"),
    _("Without a purpose in force nothing can be admitted. Register one first."),
    "scale",
)


def crumbs(*last: Crumb) -> tuple[Crumb, ...]:
    return (Crumb(_("Lawful handling"), reverse("console:lawful")), *last)


@for_roles(OVERSEE)
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Every purpose, with its grounds and what it asks for."""
    query = ListQuery.read(request, COLUMNS, FILTERS, sort="name")
    found = Purpose.objects.prefetch_related("grounds").order_by(query.sort, "pk")
    for name, value in query.values.items():
        if value:
            found = found.filter(**{name: value})
    rows = [_row(one) for one in found[query.start : query.start + query.size]]
    table = Table("purposes", _("Purposes"), COLUMNS, rows, query, found.count(), EMPTY, filters=FILTERS)
    new = (
        Action(_("New purpose"), reverse("console:purpose_new"), "plus", "primary"),
        Action(_("Take over a file"), reverse("console:registry_file"), "upload"),
    )
    kinds_action = Action(_("Kinds of data"), reverse("console:registry_kinds"), "stack-2")
    context = {"crumbs": crumbs(), "actions": (kinds_action, *(new if holds(request, CHANGE) else ()))}
    return render_list(request, "console/registry/page.html", table, context)


def _row(purpose: Purpose) -> Row:
    grounds = [
        Badge(
            _("%(place)s: %(ground)s") % {"place": Jurisdiction(g.jurisdiction).label, "ground": Ground(g.ground).label}
        )
        for g in sorted(purpose.grounds.all(), key=lambda one: one.jurisdiction)
    ]
    asks = [
        Badge(label, tone, icon)
        for wanted, label, tone, icon in (
            (purpose.sensitive, _("Sensitive"), "warn", "fingerprint"),
            (purpose.separate_consent, _("Separate consent"), "info", "checkbox"),
            (purpose.abroad, _("Abroad"), "warn", "map-pin"),
        )
        if wanted
    ]
    link = Link(named(purpose), reverse("console:purpose", args=[purpose.slug]), purpose.slug)
    return Row((link, Use(purpose.use).label, Chips(grounds), Chips(asks) if asks else "", words.state_badge(purpose)))


@for_roles(OVERSEE)
@require_safe
def kinds(request: HttpRequest) -> HttpResponse:
    """How each kind of data counts, law by law."""
    rules: dict[str, dict[str, CategoryRule]] = defaultdict(dict)
    for rule in CategoryRule.objects.all():
        rules[rule.category][rule.jurisdiction] = rule
    rows = [
        Row((label, *(_kind_cell(rules[category].get(place)) for place in Jurisdiction.values)))
        for category, label in CATEGORIES.items()
        if category in rules
    ]
    headings = (_("Kind of data"), *Jurisdiction.labels)
    empty = Empty(_("No kind of data is registered yet"), _("They come with the first registry file."), "stack-2")
    context = {
        "table": PlainTable(_("Kinds of data"), headings, rows, empty),
        "crumbs": crumbs(Crumb(_("Purposes"), reverse("console:registry")), Crumb(_("Kinds of data"))),
    }
    return render(request, "console/registry/kinds.html", context)


def _kind_cell(rule: CategoryRule | None) -> object:
    if rule is None:
        return ""
    marks = [Badge(_("Level %(level)s") % {"level": rule.level}, "warn" if rule.level >= 4 else "neutral")]
    if rule.never_store:
        marks.append(Badge(_("Never stored"), "fail", "ban"))
    if rule.sensitive:
        marks.append(Badge(_("Sensitive"), "warn", "fingerprint"))
    if rule.provision:
        marks.append(Badge(rule.provision))
    marks.append(words.certainty_badge(rule.certainty))
    return Chips(marks)


@for_roles(CHANGE)
def take_over(request: HttpRequest) -> HttpResponse:
    """Take a registry file over: all of it, or nothing and every fault named."""
    form = FileForm(request.POST or None)
    done, faults = None, []
    if request.method == "POST" and form.is_valid():
        try:
            done = actions.load(files.read_text(form.cleaned_data["text"]), actor=request.actor.name)
        except actions.RegistryRefused as error:
            faults = [str(fault) for fault in error.faults]
        except CallwardenError as error:
            faults = [str(error)]
    context = {
        "form": form,
        "done": done,
        "faults": faults,
        "crumbs": crumbs(Crumb(_("Purposes"), reverse("console:registry")), Crumb(_("Take over a file"))),
    }
    return render(request, "console/registry/file.html", context, status=422 if faults or form.errors else 200)


@for_roles(OVERSEE)
@require_safe
def processing(request: HttpRequest) -> HttpResponse:
    """The record of processing, from what is configured now."""
    found = record_of_processing.activities()
    context = {
        "table": _processing(found),
        "controllers": _controllers(found),
        "unsure": sum(one.certainty == "uncertain" for one in found),
        "crumbs": crumbs(Crumb(_("Record of processing"))),
    }
    return render(request, "console/registry/processing.html", context)


@dataclass(frozen=True)
class Controller:
    """Who answers for the data, named in either language."""

    name: str
    name_zh: str
    contact: str


def _controllers(found: list[Activity]) -> Facts:
    known = dict.fromkeys(Controller(one.controller, one.controller_zh, one.contact) for one in found)
    return Facts([Fact(named(one), one.contact) for one in known])


def _processing(found: list[Activity]) -> PlainTable:
    rows = [Row(_cells(one)) for one in found]
    headings = (
        _("Purpose"),
        _("Line"),
        _("Ground"),
        _("Whose data"),
        _("Kinds of data and how long"),
        _("Recipients"),
        _("Protected by"),
        _("Assessed until"),
    )
    empty = Empty(_("Nothing is done yet"), _("Purposes in force appear here, line by line."), "file-report")
    return PlainTable(_("Record of processing"), headings, rows, empty)


def _cells(one: Activity) -> tuple[object, ...]:
    ground = Chips(
        [
            Badge(Ground(one.ground).label),
            *([Badge(one.provision)] if one.provision else []),
            words.certainty_badge(one.certainty),
        ]
    )
    kinds = Chips(
        [Badge(_kept(kind.category, kind.ceiling_days), "warn" if kind.sensitive else "neutral") for kind in one.kinds]
    )
    given = Chips(
        [
            Badge(
                f"{named(to)} · {Role(to.role).label} · {to.country}"
                + (f" · {Transfer.Mechanism(to.transfer).label}" if to.transfer else ""),
                "warn" if to.abroad and not to.transfer else "neutral",
            )
            for to in one.recipients
        ]
    )
    link = Link(named(one), reverse("console:purpose", args=[one.purpose]), Jurisdiction(one.jurisdiction).label)
    whose = ", ".join(str(Whose(who).label) for who in one.concerns)
    return (
        link,
        one.line or _("The client as a whole"),
        ground,
        whose,
        kinds,
        given if one.recipients else _("None"),
        one.suite or _("Not kept in a record of its own"),
        one.assessed_until,
    )


def _kept(category: str, days: int | None) -> Text:
    if days is None:
        return words.category_label(category)
    return _("%(kind)s: %(days)s days") % {"kind": words.category_label(category), "days": days}


@for_roles(OVERSEE)
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The record as a file. That it left is in the operation log."""
    form = request.POST.get("format", "")
    if form not in ("csv", "json"):
        raise NotFound("no_such_format", _("Choose CSV or JSON."))
    content, media = record_of_processing.export(form, actor=request.actor.name)
    answer = HttpResponse(content, content_type=media)
    answer["Content-Disposition"] = f'attachment; filename="record-of-processing.{form}"'
    return answer
