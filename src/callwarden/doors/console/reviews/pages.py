"""Reviews: the list, one campaign, one person's rights, and what is decided about them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.control.reviews import actions, queries
from callwarden.control.reviews.models import Campaign, Item
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.components import Action, Crumb, Fact, Facts, Progress, Text
from callwarden.doors.console.listing import ListQuery, Table, render_list
from callwarden.doors.console.navigation import AUDITOR, DPO, LEADER, PROVE, SECURITY
from callwarden.doors.console.reviews import tables
from callwarden.doors.console.reviews.forms import DecideForm, KeepForm, StartForm
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import reviewing
from callwarden.kernel.errors import CallwardenError, NotFound

LOOK = frozenset({LEADER, DPO, SECURITY, AUDITOR})
BEGIN = frozenset({DPO, SECURITY})


@for_roles(LOOK)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """All reviews, the latest first."""
    query = ListQuery.read(request, tables.COLUMNS, tables.FILTERS, sort="-due_at")
    found = Campaign.objects.order_by(query.sort, "pk")
    if state := query.values["state"]:
        found = found.filter(state=state)
    rows = [tables.row(one) for one in found[query.start : query.start + query.size]]
    caption = _("Reviews of rights")
    table = Table("reviews", caption, tables.COLUMNS, rows, query, found.count(), tables.EMPTY, filters=tables.FILTERS)
    new = Action(_("Begin a review"), reverse("console:review_new"), "plus", "primary")
    context = {"crumbs": _crumbs(), "actions": (new,) if holds(request, BEGIN) else ()}
    return render_list(request, "console/reviews/page.html", table, context)


@for_roles(BEGIN)
def new(request: ConsoleRequest) -> HttpResponse:
    """Say which rights, and by when."""
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            campaign = actions.start(
                form.cleaned_data["reference"],
                roles=form.cleaned_data["roles"],
                lines=form.chosen(),
                due_at=form.due_at(),
                by=request.user,
            )
            messages.success(request, str(_("The review has begun; reviewers are told by e-mail.")))
            return HttpResponseRedirect(reverse("console:review", args=[campaign.pk]))
        except CallwardenError as error:
            form.add_error(None, str(error))
    context = {"form": form, "crumbs": _crumbs(_("Begin a review"))}
    return render(request, "console/reviews/new.html", context, status=422 if form.errors else 200)


@for_roles(LOOK)
@require_safe
def review(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """How far one review has come, person by person."""
    campaign = _find(pk)
    query, done = ListQuery.read(request, tables.PEOPLE, tables.WHOSE), queries.progress(campaign)
    items = [one for one in _ordered(campaign, request) if _fits(one, query.values["whose"], request)]
    rows = tables.people_rows(campaign, items)
    shown = rows[query.start : query.start + query.size]
    table = Table("people", _("Rights"), tables.PEOPLE, shown, query, len(rows), tables.NO_PEOPLE, filters=tables.WHOSE)
    facts = Facts(
        [
            Fact(_("Roles"), tables.role_names(campaign)),
            Fact(_("Begun by"), campaign.started_by.get_full_name()),
            Fact(_("Begun"), campaign.started_at),
            Fact(_("Ends on"), campaign.due_at),
            Fact(_("Closed at"), campaign.closed_at),
        ]
    )
    context = {
        "campaign": campaign,
        "badge": tables.badge(campaign),
        "facts": facts,
        "done": done,
        "bar": Progress(f"review-{pk}", _("Decided"), done.decided, done.total, "running" if done.open else "done"),
        "signed": campaign.state == Campaign.State.CLOSED and reviewing.index_of(campaign) is not None,
        "may_prove": holds(request, PROVE),
        "may_close": holds(request, BEGIN) and campaign.state == Campaign.State.RUNNING and not done.open,
        "crumbs": _crumbs(campaign.reference),
    }
    return render_list(request, "console/reviews/review.html", table, context)


def _ordered(campaign: Campaign, request: ConsoleRequest) -> list[Item]:
    found = queries.for_viewer(campaign, request.user).select_related("campaign", "person", "reviewer")
    return list(found.order_by("person__display_name", "person__username", "kind", "target"))


def _fits(item: Item, whose: str, request: ConsoleRequest) -> bool:
    match whose:
        case "mine":
            return queries.may_decide(item, request.user)
        case "open":
            return not item.decision
        case "decided":
            return bool(item.decision)
        case "notable":
            return bool(tables.notable(item))
    return True


@for_roles(LOOK)
@require_safe
def person(request: ConsoleRequest, pk: UUID, who: UUID) -> HttpResponse:
    """All rights of one person in this review; having looked at them allows keeping them together."""
    campaign = _find(pk)
    items = [one for one in _ordered(campaign, request) if one.person_id == who]
    if not items:
        raise NotFound("no_such_item", _("There is no such right in this review. Go back to it."))
    mine = [one for one in items if queries.may_decide(one, request.user)]
    if mine:
        actions.see(campaign, who, by=request.user)
    rights = [
        {
            "item": one,
            "name": tables.right_name(one),
            "facts": tables.facts(one),
            "badge": tables.outcome(one),
            "form": DecideForm(prefix=str(one.pk)) if one in mine else None,
        }
        for one in items
    ]
    context = {
        "campaign": campaign,
        "who": items[0].person,
        "rights": rights,
        "keep": KeepForm() if len(mine) > 1 else None,
        "own": who == request.user.pk,
        "crumbs": (*_crumbs(campaign.reference, campaign), Crumb(items[0].person.get_full_name())),
    }
    return render(request, "console/reviews/person.html", context)


@for_roles(LOOK)
@require_POST
def decide(request: ConsoleRequest, pk: UUID, item: UUID) -> HttpResponse:
    """Keep or revoke one right."""
    campaign, form = _find(pk), DecideForm(request.POST, prefix=str(item))
    found = queries.for_viewer(campaign, request.user).filter(pk=item).first()
    if found is None:
        raise NotFound("no_such_item", _("There is no such right in this review. Go back to it."))
    here = reverse("console:review_person", args=[pk, found.person_id])
    if not form.is_valid():
        messages.error(request, str(_("Choose keep or revoke, and say why.")))
        return HttpResponseRedirect(here)
    given = form.cleaned_data
    return do(
        request,
        lambda: actions.decide(
            item, given["decision"], by=request.user, reason=given["reason"], session=request.actor.session
        ),
        said=_("It is on record. What was revoked has been taken back."),
        then=here,
    )


@for_roles(LOOK)
@require_POST
def keep(request: ConsoleRequest, pk: UUID, who: UUID) -> HttpResponse:
    """Keep all rights of a person that the viewer has looked at."""
    campaign, reason = _find(pk), request.POST.get("reason", "")[:500]
    return do(
        request,
        lambda: actions.keep_all(campaign, who, by=request.user, reason=reason, session=request.actor.session),
        said=_("It is on record. What was revoked has been taken back."),
        then=reverse("console:review_person", args=[pk, who]),
    )


@for_roles(BEGIN)
@require_POST
def close(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """End a review in which everything is decided, before its day."""
    campaign = _find(pk)
    return do(
        request,
        lambda: actions.close_decided(campaign, actor=request.user.actor),
        said=_("The review is closed; the log signs its report."),
        then=reverse("console:review", args=[pk]),
    )


@for_roles(PROVE)
@require_safe
def report(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The report as a file that is checked without this system."""
    campaign = _find(pk)
    response = HttpResponse(reviewing.document(campaign), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="review-{campaign.reference}{reviewing.SUFFIX}"'
    response["Cache-Control"] = "no-store"
    return response


def _find(pk: UUID) -> Campaign:
    found = Campaign.objects.select_related("started_by").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_review", _("There is no such review. Go back to the list."))
    return found


def _crumbs(here: Text = "", campaign: Campaign | None = None) -> tuple[Crumb, ...]:
    control = Crumb(_("Internal control"), reverse("console:control"))
    if not here:
        return (control, Crumb(_("Reviews of rights")))
    address = reverse("console:review", args=[campaign.pk]) if campaign else ""
    return (control, Crumb(_("Reviews of rights"), reverse("console:reviews")), Crumb(here, address))
