"""Anonymous releases: the list, the guided proposal with what counting finds, one release and its file."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.models import LedgerEntry
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.anonymous import tables
from callwarden.doors.console.anonymous.forms import AtEndForm, RecipeForm, initial_of
from callwarden.doors.console.components import Action, Crumb, Facts, Text
from callwarden.doors.console.listing import ListQuery, Table, render_list
from callwarden.doors.console.navigation import DPO, OVERSEE, PROVE, SECURITY
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import anonymise
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.kernel.models import Approval
from callwarden.lawful.anonymisation import actions, note, rules
from callwarden.lawful.anonymisation.fields import Source
from callwarden.lawful.anonymisation.models import EndRecipe, Release
from callwarden.lawful.retention.models import RetentionRule

DECIDE = frozenset({DPO, SECURITY})
# While somebody tries columns the release has no name yet.
TRYING = "trial"


@for_roles(OVERSEE)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """All releases, the latest first, and what is counted before it ends."""
    query = ListQuery.read(request, tables.COLUMNS, tables.FILTERS, sort="-proposed_at")
    found = Release.objects.order_by(query.sort, "pk")
    if state := query.values["state"]:
        found = found.filter(state=state)
    rows = [tables.row(one) for one in found[query.start : query.start + query.size]]
    table = Table(
        "releases",
        _("Anonymous releases"),
        tables.COLUMNS,
        rows,
        query,
        found.count(),
        tables.EMPTY,
        filters=tables.FILTERS,
    )
    may = holds(request, DECIDE)
    ends = EndRecipe.objects.exclude(state=EndRecipe.State.ENDED).select_related("rule__line", "rule__purpose")
    context = {
        "crumbs": _crumbs(),
        "ends": tables.ends_table(list(ends.order_by("-asked_at")), may_end=may),
        "may_decide": may,
        "meaning": tables.meaning(),
        "does": note.DOES,
        "not_claimed": rules.NOT_CLAIMED.values(),
        "actions": (_begin(),) if may else (),
    }
    return render_list(request, "console/anonymous/page.html", table, context)


def _begin() -> Action:
    return Action(_("Propose a release"), reverse("console:anonymous_new", args=[Source.CUSTOMERS]), "plus", "primary")


@for_roles(DECIDE)
def new(request: ConsoleRequest, source: str) -> HttpResponse:
    """Choose columns, see what counting finds, ask."""
    _known(source)
    form = RecipeForm(source, request.POST or None, initial=_initial(request))
    shown = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("step") != "count":
                made = anonymise.propose(
                    form.client_id,
                    form.cleaned_data["label"].strip(),
                    form.recipe(),
                    form.scope(),
                    by=request.user,
                    reason=form.cleaned_data["reason"],
                    session=request.actor.session,
                    most=settings.ANONYMITY_AT_ONCE,
                )
                messages.success(request, str(_("It was asked for. Somebody else decides in the approvals.")))
                return HttpResponseRedirect(reverse("console:anonymous_release", args=[made.pk]))
            shown = _count(form, form.cleaned_data["label"].strip())
        except CallwardenError as error:
            form.add_error(None, str(error))
    return _form_page(request, form, source, shown, "console/anonymous/new.html", _("Propose a release"))


@for_roles(DECIDE)
@require_POST
def figures(request: ConsoleRequest, source: str) -> HttpResponse:
    """What counting finds for the form as it stands; drawn beside it while somebody fills it in."""
    _known(source)
    given = request.POST.copy()
    given["label"] = TRYING
    form = RecipeForm(source, given)
    shown, problem = None, ""
    if form.is_valid() and form.recipe().quasi:
        try:
            shown = _count(form, TRYING)
        except CallwardenError as error:
            problem = str(error)
    return render(request, "console/anonymous/figures.html", {"shown": shown, "problem": problem})


def _count(form: RecipeForm, label: str) -> tables.Verdict:
    candidate = anonymise.count(form.client_id, label, form.recipe(), form.scope(), most=settings.ANONYMITY_AT_ONCE)
    found = None if candidate.measured.against else actions.isolating(candidate)
    return tables.verdict(candidate.measured, candidate.left_out, str(actions.isolates(found)) if found else "")


@for_roles(DECIDE)
def at_end(request: ConsoleRequest, source: str) -> HttpResponse:
    """Ask that the records of a retention rule are counted in the week they end."""
    _known(source)
    form = AtEndForm(source, request.POST or None, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            actions.ask_at_end(
                form.client_id,
                RetentionRule.objects.get(pk=form.cleaned_data["rule"]),
                form.recipe(),
                form.cleaned_data["label"].strip(),
                by=request.user,
                reason=form.cleaned_data["reason"],
                session=request.actor.session,
            )
            messages.success(request, str(_("It was asked for. Somebody else decides in the approvals.")))
            return HttpResponseRedirect(reverse("console:anonymous"))
        except CallwardenError as error:
            form.add_error(None, str(error))
    return _form_page(request, form, source, None, "console/anonymous/at_end.html", _("Count before it ends"))


def _form_page(
    request: ConsoleRequest, form: RecipeForm, source: str, shown: tables.Verdict | None, template: str, title: Text
) -> HttpResponse:
    name = "console:anonymous_at_end" if isinstance(form, AtEndForm) else "console:anonymous_new"
    context = {
        "form": form,
        "source": source,
        "sources": [(one.value, one.label, reverse(name, args=[one.value])) for one in Source],
        "shown": shown,
        "crumbs": _crumbs(title),
    }
    return render(request, template, context, status=422 if form.errors else 200)


def _initial(request: ConsoleRequest) -> dict[str, object]:
    """Begin from the recipe of a release that there is, where the link names one."""
    try:
        base = Release.objects.filter(pk=UUID(request.GET.get("like", ""))).first()
    except ValueError:
        base = None
    return dict(initial_of(base.made_of)) if base else {}


@for_roles(DECIDE)
@require_POST
def stop(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Count no more by this recipe."""
    one = EndRecipe.objects.filter(pk=pk).first()
    if one is None:
        raise NotFound("no_such_end_recipe", _("There is no such recipe. Go back to the list."))
    return do(
        request,
        lambda: actions.end_at_end(one, actor=request.user.actor, session=request.actor.session),
        said=_("Nothing is counted by it any more."),
        then=reverse("console:anonymous"),
    )


@for_roles(OVERSEE)
@require_safe
def release(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One release: what was checked, how large its groups are, what it holds."""
    one = _find(pk)
    may = holds(request, DECIDE)
    released = one.state == Release.State.RELEASED
    asked = None
    if may and one.approval:
        asked = Approval.objects.filter(pk=one.approval, state=Approval.State.PENDING).first()
    context = {
        "release": one,
        "badge": tables.badge(one),
        "found": one.found,
        "chart": tables.histogram(one.found, one.made_of.k),
        "sizes": tables.sizes_table(one.found),
        "suppressed": one.found.suppressed_percent,
        "facts": Facts(list(tables.facts(one))),
        "dataset": tables.dataset_table(one) if released or may else None,
        "more": max(0, len(one.rows) - tables.ROWS_SHOWN),
        "file": reverse("console:anonymous_file", args=[one.pk]) if released and may else "",
        "asked": asked,
        "like": f"{reverse('console:anonymous_new', args=[one.made_of.source])}?like={one.pk}" if may else "",
        "entry": _index_of(one) if holds(request, PROVE) else None,
        "not_claimed": rules.NOT_CLAIMED.values(),
        "crumbs": _crumbs(one.label),
    }
    return render(request, "console/anonymous/release.html", context)


@for_roles(DECIDE)
@require_safe
def file(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """CSV and note, as one ZIP. Who took it is on record."""
    one = _find(pk)
    content = actions.hand_out(one, by=request.user, session=request.actor.session)
    answer = HttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="callwarden-{note.file_name(one)}.zip"'
    return answer


def _index_of(one: Release) -> int | None:
    return LedgerEntry.objects.filter(entry=one.entry).values_list("index", flat=True).first()


def _find(pk: UUID) -> Release:
    found = Release.objects.select_related("client").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_release", _("There is no such release. Go back to the list."))
    return found


def _known(source: str) -> None:
    if source not in Source.values:
        raise Http404


def _crumbs(here: Text = "") -> tuple[Crumb, ...]:
    lawful = Crumb(_("Lawful handling"), reverse("console:lawful"))
    if not here:
        return (lawful, Crumb(_("Anonymous releases")))
    return (lawful, Crumb(_("Anonymous releases"), reverse("console:anonymous")), Crumb(here))
