"""One purpose: as it is, what it still needs, and the changes two people decide on."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.custody.models import Line
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.chapters.asking import CHANGE
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Change, Crumb, Difference, Empty, Fact, Facts, Row, Text
from callwarden.doors.console.navigation import OVERSEE
from callwarden.doors.console.registry import forms, words
from callwarden.doors.console.registry.pages import crumbs
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.names import named
from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.lawful.assessments.models import Assessment
from callwarden.lawful.purposes import actions, acts, rules
from callwarden.lawful.purposes.entries import GroundEntry, PurposeEntry
from callwarden.lawful.purposes.models import LinePurpose, Purpose, PurposeRevision
from callwarden.lawful.purposes.queries import entry_of
from callwarden.lawful.purposes.terms import Condition, Ending, Ground, Method, Role, Use, Whose

State = Purpose.State


def find(slug: str) -> Purpose:
    """The purpose of this name.

    Raises:
        NotFound: there is none.
    """
    found = Purpose.objects.select_related("assessment").filter(pk=slug).first()
    if found is None:
        raise NotFound("no_such_purpose", _("There is no such purpose. Go back to the list."))
    return found


@for_roles(OVERSEE)
@require_safe
def purpose(request: ConsoleRequest, slug: str) -> HttpResponse:
    """One purpose with its grounds, kinds of data, lines, assessment and history."""
    one = find(slug)
    entry = entry_of(one)
    may_change = holds(request, CHANGE) and one.state != State.RETIRED
    waiting = list(one.revisions.filter(applied_at__isnull=True).order_by("-number"))
    context = {
        "purpose": one,
        "title": named(one),
        "description": one.description_zh if request.LANGUAGE_CODE.startswith("zh") else one.description_en,
        "badge": words.state_badge(one),
        "facts": _facts(one, entry),
        "grounds": _grounds(entry),
        "lines": _lines(one),
        "triggers": [
            (trigger.says, trigger.provision, words.certainty_badge(trigger.certainty))
            for trigger in rules.triggers(entry)
        ],
        "assessments": list(one.assessments.exclude(state=Assessment.State.ABANDONED).order_by("-number")),
        "missing": [str(says) for says in actions.why_not_active(one, entry)] if one.state == State.DRAFT else [],
        "waiting": [
            (revision, difference(entry, actions.content_of(revision)), approvals.under_way(acts.alteration(revision)))
            for revision in waiting
        ],
        "asked": approvals.under_way(acts.activation(one)) if one.state == State.DRAFT else None,
        "may_change": may_change,
        "form": forms.ReasonForm(),
        "serve": forms.ServeForm() if may_change else None,
        "crumbs": crumbs(Crumb(_("Purposes"), reverse("console:registry")), Crumb(named(one))),
    }
    return render(request, "console/registry/purpose.html", context)


def _facts(one: Purpose, entry: PurposeEntry) -> Facts:
    return Facts(
        [
            Fact(_("Short name"), one.slug),
            Fact(_("Use"), Use(one.use).label),
            Fact(_("Term of the Data Privacy Vocabulary"), one.dpv),
            Fact(_("Whose data"), words.chips(Whose(who).label for who in entry.concerns)),
            Fact(_("How it is handled"), words.chips(Method(how).label for how in entry.method)),
            Fact(_("Kinds of data"), words.chips(words.category_label(kind) for kind in entry.categories)),
            Fact(_("Recipients"), _recipients(one)),
            Fact(_("Sensitive"), _("Yes") if one.sensitive else _("No")),
            Fact(_("Separate consent"), _("Yes") if one.separate_consent else _("No")),
            Fact(_("Abroad"), _("Yes") if one.abroad else _("No")),
        ]
    )


def _recipients(one: Purpose) -> object:
    found = one.recipients.order_by("slug")
    return ", ".join(f"{named(to)} ({Role(to.role).label}, {to.country})" for to in found) or _("None")


def _grounds(entry: PurposeEntry) -> PlainTable:
    rows = [
        Row(
            (
                Jurisdiction(place).label,
                Ground(one.ground).label,
                Condition(one.condition).label,
                Ending(one.ends_with).label,
                one.provision,
                words.certainty_badge(one.certainty),
                _shown_by(one),
            )
        )
        for place, one in sorted(entry.grounds.items())
    ]
    of_ground = (_("Ground"), _("Condition"), _("Ends when"), _("Provision"), _("How sure"), _("Where it is on record"))
    headings = (_("Where"), *of_ground)
    return PlainTable(_("What it rests on, law by law"), headings, rows)


def _shown_by(one: GroundEntry) -> str:
    """What shows that a ground holds, and until when it does, in words."""
    until = format_lazy(_("in force until {day}"), day=one.valid_until) if one.valid_until else ""
    return " · ".join(str(part) for part in (one.reference, one.recorded_on, until) if part)


def _lines(one: Purpose) -> PlainTable:
    rows = []
    registered = {ground.jurisdiction: ground.ground for ground in one.grounds.all()}
    for row in LinePurpose.objects.filter(purpose=one).select_related("line").order_by("line__slug"):
        agrees = registered.get(row.line.jurisdiction, row.ground) == row.ground
        rows.append(
            Row(
                (
                    named(row.line),
                    Jurisdiction(row.line.jurisdiction).label,
                    Ground(row.ground).label if agrees else Badge(_("Contradicts the registry"), "fail", "circle-x"),
                    Badge(_("Needed"), "info", "lock")
                    if row.core
                    else Badge(pgettext_lazy("use of data", "Optional"), "neutral", "circle-dashed"),
                )
            )
        )
    empty = Empty(_("No line serves it"), _("It is done beside the calls of a line, or not at all."), "phone")
    return PlainTable(
        _("Lines that serve it"), (_("Line"), _("Where"), _("Ground"), _("For keeping a call")), rows, empty
    )


def difference(before: PurposeEntry, after: PurposeEntry) -> Difference:
    """What a revision changes, field by field."""
    old, new = _flat(before), _flat(after)
    return Difference(
        [
            Change(label, old.get(label, ""), new.get(label, ""))
            for label in dict.fromkeys((*old, *new))
            if old.get(label, "") != new.get(label, "")
        ],
        _("What changes"),
    )


def _flat(entry: PurposeEntry) -> dict[str, str]:
    def yes(value: bool) -> str:
        return str(_("Yes") if value else _("No"))

    told: dict[Text, object] = {
        _("Name in English"): entry.name.en,
        _("Name in Chinese"): entry.name.zh,
        _("Description in English"): entry.description.en,
        _("Description in Chinese"): entry.description.zh,
        _("Use"): Use(entry.use).label,
        _("Term of the Data Privacy Vocabulary"): entry.dpv,
        _("Whose data"): ", ".join(str(Whose(who).label) for who in sorted(entry.concerns)),
        _("How it is handled"): ", ".join(str(Method(how).label) for how in sorted(entry.method)),
        _("Kinds of data"): ", ".join(str(words.category_label(kind)) for kind in sorted(entry.categories)),
        _("Recipients"): ", ".join(sorted(entry.recipients)),
        _("Sensitive"): yes(entry.sensitive),
        _("Separate consent"): yes(entry.separate_consent),
        _("Abroad"): yes(entry.abroad),
    }
    for place, one in sorted(entry.grounds.items()):
        parts = (
            Ground(one.ground).label,
            Ending(one.ends_with).label,
            one.provision,
            words.certainty_badge(one.certainty).label,
            _shown_by(one),
        )
        told[Jurisdiction(place).label] = " · ".join(str(part) for part in parts if part)
    return {str(label): str(value) for label, value in told.items()}


@for_roles(CHANGE)
def new(request: ConsoleRequest) -> HttpResponse:
    """Register a purpose, as a draft."""
    form = forms.NewPurposeForm(request.POST or None)
    grounds = forms.grounds_of(request.POST or None, None)
    if form.is_valid() and all(ground.is_valid() for _place, ground in grounds):
        slug = form.cleaned_data["slug"]
        entry, faults = forms.entry_from(slug, form, grounds)
        if entry and not faults and _kept(form, lambda: actions.create(entry, actor=request.actor.name)):
            return HttpResponseRedirect(reverse("console:purpose", args=[slug]))
        for fault in faults:
            form.add_error(None, fault)
    return _editor(request, form, grounds, _("New purpose"), reverse("console:registry"))


@for_roles(CHANGE)
def edit(request: ConsoleRequest, slug: str) -> HttpResponse:
    """Change a draft, or say how a purpose in force shall be."""
    one = find(slug)
    now = entry_of(one)
    form = forms.PurposeForm(request.POST or None, initial=forms.start_of(now))
    grounds = forms.grounds_of(request.POST or None, now)
    here = reverse("console:purpose", args=[slug])
    if form.is_valid() and all(ground.is_valid() for _place, ground in grounds):
        entry, faults = forms.entry_from(slug, form, grounds)
        change = actions.revise if one.state == State.DRAFT else actions.propose
        if entry and not faults and _kept(form, lambda: change(one, entry, actor=request.actor.name)):
            return HttpResponseRedirect(here)
        for fault in faults:
            form.add_error(None, fault)
    return _editor(request, form, grounds, named(one), here)


def _kept(form: forms.PurposeForm, act: Callable[[], object]) -> bool:
    """Do it, or show on the form what is wrong with it."""
    try:
        act()
    except actions.RegistryRefused as error:
        for fault in error.faults:
            form.add_error(None, str(fault))
        return False
    except CallwardenError as error:
        form.add_error(None, str(error))
        return False
    return True


def _editor(request: ConsoleRequest, form: forms.PurposeForm, grounds: object, title: Text, back: str) -> HttpResponse:
    context = {
        "form": form,
        "grounds": grounds,
        "title": title,
        "back": back,
        "crumbs": crumbs(Crumb(_("Purposes"), reverse("console:registry")), Crumb(title)),
    }
    return render(request, "console/registry/edit.html", context, status=422 if form.errors else 200)


@for_roles(CHANGE)
@require_POST
def activate(request: ConsoleRequest, slug: str) -> HttpResponse:
    """Ask for leave to put exactly this into force."""
    one = find(slug)
    missing = actions.why_not_active(one, entry_of(one))
    here = reverse("console:purpose", args=[slug])
    if missing:
        messages.error(request, str(missing[0]))
        return HttpResponseRedirect(here)
    return _request(request, acts.activation(one), here)


@for_roles(CHANGE)
@require_POST
def ask(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask for leave to put a proposed change into force."""
    revision = PurposeRevision.objects.filter(pk=pk).first()
    if revision is None:
        raise NotFound("no_such_revision", _("There is no such change. Go back to the list."))
    return _request(request, acts.alteration(revision), reverse("console:purpose", args=[revision.purpose_id]))


@for_roles(CHANGE)
@require_POST
def retire(request: ConsoleRequest, slug: str) -> HttpResponse:
    """End a purpose at once; what only takes away needs one person."""
    one = find(slug)
    return do(
        request,
        lambda: actions.retire(one, actor=request.actor.name),
        said=_("The purpose is retired. Nothing new rests on it; what is kept follows its retention."),
        then=reverse("console:purpose", args=[slug]),
    )


@for_roles(CHANGE)
@require_POST
def serve(request: ConsoleRequest, slug: str) -> HttpResponse:
    """Ask for leave to let a line serve it, or serve it no more."""
    one, form = find(slug), forms.ServeForm(request.POST)
    here = reverse("console:purpose", args=[slug])
    if not form.is_valid():
        messages.error(request, str(_("Name the line and say why.")))
        return HttpResponseRedirect(here)
    line = Line.objects.get(pk=form.cleaned_data["line"])
    serves = form.cleaned_data["serves"] == "yes"
    return _request(request, acts.service(line, one, serves=serves, core=serves and form.cleaned_data["core"]), here)


def _request(request: ConsoleRequest, act: Act, then: str) -> HttpResponse:
    return do(
        request,
        lambda: approvals.request(
            act,
            requester=request.user,
            reason=request.POST.get("reason", "")[:1000],
            session=request.actor.session,
        ),
        said=_("It has been asked for. Somebody else decides in the approvals."),
        then=then,
    )
