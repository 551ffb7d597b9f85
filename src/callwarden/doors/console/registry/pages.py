"""The registry as lists: purposes, kinds of data, and the record of processing made from it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.chapters.asking import CHANGE
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Action, Badge, Chips, Crumb, Empty, Fact, Facts, Link, Option, Row
from callwarden.doors.console.listing import Column, Filter, ListQuery, Table, render_list
from callwarden.doors.console.navigation import OVERSEE
from callwarden.doors.console.registry import words
from callwarden.doors.console.registry.forms import FileForm, KindForm
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.names import named
from callwarden.kernel import approvals
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.lawful.purposes import actions, acts, files, record_of_processing
from callwarden.lawful.purposes.entries import RuleEntry
from callwarden.lawful.purposes.models import CategoryRule, Purpose, Transfer
from callwarden.lawful.purposes.record_of_processing import Activity, Given
from callwarden.lawful.purposes.terms import CATEGORIES, Certainty, Ground, Role, Use, Whose

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
def listing(request: ConsoleRequest) -> HttpResponse:
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
    grounds = "; ".join(
        f"{Jurisdiction(one.jurisdiction).label}: {Ground(one.ground).label}"
        for one in sorted(purpose.grounds.all(), key=lambda one: one.jurisdiction)
    )
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
    return Row((link, Use(purpose.use).label, grounds, Chips(asks) if asks else "", words.state_badge(purpose)))


@for_roles(OVERSEE)
@require_safe
def kinds(request: ConsoleRequest) -> HttpResponse:
    """How each kind of data counts, one law at a time."""
    law = request.GET.get("law", Jurisdiction.CN)
    law = law if law in Jurisdiction.values else Jurisdiction.CN
    context = {
        "table": _kinds(law, may_change=holds(request, CHANGE)),
        "tabs": [(f"?law={place}", label, place == law, 0) for place, label in Jurisdiction.choices],
        "crumbs": crumbs(Crumb(_("Purposes"), reverse("console:registry")), Crumb(_("Kinds of data"))),
    }
    return render(request, "console/registry/kinds.html", context)


def _kinds(law: str, *, may_change: bool) -> PlainTable:
    rules = {rule.category: rule for rule in CategoryRule.objects.filter(jurisdiction=law)}
    rows = [
        Row((*_kind_cells(rule), *((_change_link(rule),) if may_change else ())))
        for category in CATEGORIES
        if (rule := rules.get(category))
    ]
    headings = (
        _("Kind of data"),
        _("Level"),
        _("Asks for"),
        _("Provision"),
        _("How sure"),
        *(("",) if may_change else ()),
    )
    empty = Empty(_("No kind of data is registered yet"), _("They come with the first registry file."), "stack-2")
    return PlainTable(_("Kinds of data"), headings, rows, empty)


def _kind_cells(rule: CategoryRule) -> tuple[object, ...]:
    marks = []
    if rule.never_store:
        marks.append(Badge(_("Never stored"), "fail", "ban"))
    if rule.sensitive:
        marks.append(Badge(_("Sensitive"), "warn", "fingerprint"))
    label = words.category_label(rule.category)
    sure = words.certainty_badge(rule.certainty)
    return label, str(rule.level), Chips(marks) if marks else "", rule.provision, sure


def _change_link(rule: CategoryRule) -> Link:
    href = reverse("console:registry_kind", args=[rule.category, rule.jurisdiction])
    return Link(_("Change"), href, icon="pencil")


@for_roles(CHANGE)
def kind(request: ConsoleRequest, category: str, law: str) -> HttpResponse:
    """Change how a kind of data counts: more care at once, less care by two people."""
    rule = CategoryRule.objects.filter(category=category, jurisdiction=law).first()
    if rule is None:
        raise NotFound("no_such_kind", _("There is no such kind of data. Go back to the list."))
    form = KindForm(request.POST or None, initial=rule.__dict__)
    back = f"{reverse('console:registry_kinds')}?law={law}"
    if form.is_valid():
        return do(request, lambda: _change_kind(request, rule, form.cleaned_data), said=_SAID, then=back)
    title = f"{words.category_label(category)} · {Jurisdiction(law).label}"
    context = {
        "form": form,
        "title": title,
        "back": back,
        "crumbs": crumbs(Crumb(_("Kinds of data"), back), Crumb(title)),
    }
    return render(request, "console/registry/kind.html", context, status=422 if form.errors else 200)


_SAID = _("More care holds at once. Less care has been asked for: somebody else decides in the approvals.")


def _change_kind(request: ConsoleRequest, rule: CategoryRule, given: dict[str, object]) -> object:
    wanted = RuleEntry(
        int(str(given["level"])),
        bool(given["sensitive"]),
        bool(given["never_store"]),
        str(given["provision"]),
        str(given["certainty"]),
    )
    actor = request.actor
    if not actions.is_looser(rule, wanted):
        return actions.write_rule(rule.category, rule.jurisdiction, wanted, actor=actor.name)
    act = acts.relaxation(rule, level=wanted.level, sensitive=wanted.sensitive, never_store=wanted.never_store)
    return approvals.request(act, requester=request.user, reason=str(given["reason"]), session=actor.session)


@for_roles(CHANGE)
def take_over(request: ConsoleRequest) -> HttpResponse:
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
def processing(request: ConsoleRequest) -> HttpResponse:
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
    where = f"{one.line or _('The client as a whole')} · {Jurisdiction(one.jurisdiction).label}"
    return (
        Link(named(one), reverse("console:purpose", args=[one.purpose]), where),
        " ".join(filter(None, (str(Ground(one.ground).label), one.provision, _mark(one)))),
        ", ".join(str(Whose(who).label) for who in one.concerns),
        _kept(one),
        ", ".join(_given(to) for to in one.recipients) or _("None"),
        one.suite or _("Not kept in a record of its own"),
        one.assessed_until,
    )


def _mark(one: Activity) -> str:
    return f"({Certainty(one.certainty).label})"


def _kept(one: Activity) -> str:
    """Kinds of data with the same term together: "Contact details, Identity: 1,095 days; Call details"."""
    alike: dict[int | None, list[str]] = defaultdict(list)
    for kind in one.kinds:
        alike[kind.ceiling_days].append(str(words.category_label(kind.category)))
    return "; ".join(
        str(_("%(kind)s: %(days)s days") % {"kind": ", ".join(kinds), "days": days})
        if days is not None
        else ", ".join(kinds)
        for days, kinds in alike.items()
    )


def _given(to: Given) -> str:
    transfer = [str(Transfer.Mechanism(to.transfer).label)] if to.transfer else []
    return f"{named(to)} ({', '.join([str(Role(to.role).label), to.country, *transfer])})"


@for_roles(OVERSEE)
@require_POST
def export(request: ConsoleRequest) -> HttpResponse:
    """The record as a file. That it left is in the operation log."""
    form = request.POST.get("format", "")
    if form not in ("csv", "json"):
        raise NotFound("no_such_format", _("Choose CSV or JSON."))
    content, media = record_of_processing.export(form, actor=request.actor.name)
    answer = HttpResponse(content, content_type=media)
    answer["Content-Disposition"] = f'attachment; filename="record-of-processing.{form}"'
    return answer
