"""Holds: the list, a matter, and what two people do about it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.models import LedgerEntry
from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.bulk.picking import picks, to_bulk
from callwarden.doors.console.components import Action, Crumb, Facts, Text
from callwarden.doors.console.holds import tables
from callwarden.doors.console.holds.forms import MatterForm, ReleaseForm, ReviewForm
from callwarden.doors.console.listing import ListQuery, Table, render_list
from callwarden.doors.console.navigation import DPO, LEADER, OVERSEE, PROVE, SECURITY
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.kernel.models import Approval
from callwarden.lawful.holds import actions, queries, rules
from callwarden.lawful.holds import many as many_holds
from callwarden.lawful.holds.models import Matter

ASK = frozenset({DPO, SECURITY, LEADER})
DECIDE = frozenset({DPO, SECURITY})
State = Matter.State


@for_roles(OVERSEE)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """All matters, the latest first."""
    query = ListQuery.read(request, tables.COLUMNS, tables.FILTERS, sort="-opened_at")
    found = Matter.objects.select_related("owner").order_by(query.sort, "pk")
    state = query.values["state"]
    if state == "in_force":
        found = found.filter(state__in=queries.IN_FORCE)
    elif state:
        found = found.filter(state=state)
    if ground := query.values["ground"]:
        found = found.filter(ground=ground)
    rows = [tables.row(one) for one in found[query.start : query.start + query.size]]
    table = Table(
        "matters",
        _("Holds"),
        tables.COLUMNS,
        rows,
        query,
        found.count(),
        tables.EMPTY,
        filters=tables.FILTERS,
        picks=picks("console:holds_release", request.user.roles, many_holds.RELEASE),
    )
    new = Action(_("Open a matter"), reverse("console:hold_new"), "plus", "primary")
    all_that_match = Action(_("Hold all that match"), reverse("console:holds_set"), "gavel")
    context = {"crumbs": _crumbs(), "actions": (to_bulk(), *((all_that_match, new) if holds(request, ASK) else ()))}
    return render_list(request, "console/holds/page.html", table, context)


@for_roles(ASK)
def new(request: ConsoleRequest) -> HttpResponse:
    """Say what is to be kept and why; see how much that is; ask."""
    form = MatterForm(
        request.POST or None, initial={name: request.GET[name] for name in ("scope", "target") if name in request.GET}
    )
    preview = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("step") != "count":
                matter = _ask(request, form)
                messages.success(request, str(_("The hold was asked for. Somebody else decides in the approvals.")))
                return HttpResponseRedirect(reverse("console:hold", args=[matter.pk]))
            preview = _preview(form.wish())
        except CallwardenError as error:
            form.add_error(None, str(error))
    context = {"form": form, "preview": preview, "crumbs": _crumbs(_("Open a matter"))}
    return render(request, "console/holds/new.html", context, status=422 if form.errors else 200)


def _ask(request: ConsoleRequest, form: MatterForm) -> Matter:
    return actions.ask(
        form.wish(),
        by=request.user,
        reason=form.cleaned_data["reason"],
        provisional=form.cleaned_data["provisional"],
        session=request.actor.session,
    )


def _preview(wish: rules.Wish) -> dict[str, object]:
    rules.check(wish, today=clock.now().date())
    with client_scope(wish.client):
        counts = queries.counts_of(queries.records_of(wish.scope, wish.target, wish.query))
    return {"total": sum(count for _kind, count in counts), "table": tables.kinds(counts, _("What it would hold"))}


@for_roles(OVERSEE)
@require_safe
def matter(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One matter: what it holds, which erasures wait for it, what can be done."""
    one = _find(pk)
    with client_scope(one.client_id):
        now = queries.standing(one)
    in_force = one.state in queries.IN_FORCE
    asked = Approval.objects.filter(pk=one.approval).first() if one.approval else None
    context = {
        "matter": one,
        "badge": tables.badge(one),
        "facts": Facts(list(tables.facts(one, request.user.roles))),
        "now": now,
        "kinds": tables.kinds(now.by_category, _("What is on hold")),
        "progress": tables.progress(one, now),
        "review": ReviewForm(initial={"review_on": one.review_on}) if in_force and holds(request, DECIDE) else None,
        "release": ReleaseForm() if in_force and holds(request, DECIDE) else None,
        "asked": asked if asked and asked.state == Approval.State.PENDING and holds(request, DECIDE) else None,
        "entry": _index_of(one) if holds(request, PROVE) else None,
        "crumbs": _crumbs(one.label),
    }
    return render(request, "console/holds/matter.html", context)


def _index_of(one: Matter) -> int | None:
    return LedgerEntry.objects.filter(entry=one.entry).values_list("index", flat=True).first()


@for_roles(OVERSEE)
@require_safe
def live(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """How far a matter has come; the page is drawn anew when it got there."""
    one = _find(pk)
    with client_scope(one.client_id):
        shown = tables.progress(one, queries.standing(one))
    if shown is None:
        answer = HttpResponse()
        answer["HX-Refresh"] = "true"
        return answer
    return render(request, "console/components/progress.html", {"it": shown})


@for_roles(DECIDE)
@require_POST
def review(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """It is needed still; look again later."""
    form, one = ReviewForm(request.POST), _find(pk)
    here = reverse("console:hold", args=[pk])
    if not form.is_valid():
        messages.error(request, str(_("Say on which day within a year this is looked at again.")))
        return HttpResponseRedirect(here)
    return do(
        request,
        lambda: actions.review(
            one, until=form.cleaned_data["review_on"], by=request.user, session=request.actor.session
        ),
        said=_("It is on record that you looked at it."),
        then=here,
    )


@for_roles(DECIDE)
@require_POST
def release(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask that it lets go; somebody else decides."""
    form, one = ReleaseForm(request.POST), _find(pk)
    if not form.is_valid():
        messages.error(request, str(_("Say why, so that the approvers can judge.")))
        return HttpResponseRedirect(reverse("console:hold", args=[pk]))
    return do(
        request,
        lambda: actions.ask_release(
            one, by=request.user, reason=form.cleaned_data["reason"], session=request.actor.session
        ),
        said=_("The release has been asked for. Somebody else decides in the approvals."),
        then=f"{reverse('console:approvals')}?list=mine",
    )


def _find(pk: UUID) -> Matter:
    found = Matter.objects.select_related("owner", "client").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_matter", _("There is no such matter. Go back to the list."))
    return found


def _crumbs(here: Text = "") -> tuple[Crumb, ...]:
    lawful = Crumb(_("Lawful handling"), reverse("console:lawful"))
    if not here:
        return (lawful, Crumb(_("Holds")))
    return (lawful, Crumb(_("Holds"), reverse("console:holds")), Crumb(here))
