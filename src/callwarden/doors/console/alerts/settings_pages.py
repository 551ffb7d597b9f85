"""Suppressions, thresholds and canaries: what people set about alerts, each with its reason in the log."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from callwarden.control.alerts import actions, acts, queries
from callwarden.control.alerts.models import Canary, Suppression, Tuning
from callwarden.custody.models import Customer
from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.alerts import words
from callwarden.doors.console.alerts.forms import CanaryForm, SuppressForm, TuneForm
from callwarden.doors.console.alerts.pages import crumbs
from callwarden.doors.console.chapters.plain import Button, PlainTable
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Action, Badge, Crumb, Empty, Option, Row
from callwarden.doors.console.deeds import named_actor
from callwarden.doors.console.listing import Column, Filter, ListQuery, Table, render_list
from callwarden.doors.console.navigation import DPO, JUDGE, WATCH
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import clock
from callwarden.kernel.errors import NotFound

COLUMNS = (
    Column("kind", _("Kind of alert")),
    Column("actor", _("About whom")),
    Column("owner", _("Answered for by")),
    Column("expires_at", _("Until"), sortable=True),
    Column("silenced", _("Silenced"), sortable=True, end=True),
    Column("state", _("State")),
)
NONE_SILENT = Empty(
    _("Nothing is suppressed"),
    _("When a known cause raises alerts that need nobody, silence them for a time, with a reason."),
    "volume-off",
)


@for_roles(WATCH)
@require_http_methods(["GET", "HEAD", "POST"])
def suppressions(request: ConsoleRequest) -> HttpResponse:
    """What is kept from being shown, by whom, why and until when."""
    may = holds(request, JUDGE)
    form = SuppressForm(request.POST or None) if may else None
    if request.method == "POST" and form is not None and form.is_valid():
        return _silence(request, form)
    shown = (Filter("state", _("State"), options=[Option("now", _("In force")), Option("over", _("Over"))]),)
    query = ListQuery.read(request, COLUMNS, shown, sort="-expires_at")
    found = queries.suppressions().order_by(query.sort, "pk")
    if query.values["state"] == "now":
        found = found.filter(ended_at=None, expires_at__gt=clock.now())
    elif query.values["state"] == "over":
        found = found.exclude(ended_at=None, expires_at__gt=clock.now())
    rows = [_suppression_row(one, may) for one in found[query.start : query.start + query.size]]
    table = Table("suppressions", _("Suppressions"), COLUMNS, rows, query, found.count(), NONE_SILENT, filters=shown)
    context = {"form": form, "crumbs": crumbs(Crumb(_("Suppressions")))}
    return render_list(request, "console/alerts/suppressions.html", table, context)


def _silence(request: ConsoleRequest, form: SuppressForm) -> HttpResponse:
    """Ask somebody else for it, or do it alone for the short time one person may."""
    given, owner, session = form.cleaned_data, request.user, request.actor.session
    kind, person, reason = given["kind"], given["person"], given["reason"]
    here = reverse("console:suppressions")
    if form.alone:
        return do(
            request,
            lambda: actions.suppress_alone(kind, person=person, owner=owner, reason=reason, session=session),
            said=_("Such alerts are kept and shown to nobody for four hours. The others have been told."),
            then=here,
        )
    return do(
        request,
        lambda: acts.ask_to_suppress(
            kind, person=person, until=form.end(), owner=owner, reason=reason, session=session
        ),
        said=_("Asked. Somebody else has to approve it; then you carry it out under Approvals."),
        then=here,
    )


def _suppression_row(one: Suppression, may: bool) -> Row:
    over = Badge(_("Over"), "neutral", "clock")
    end = Button(Action(_("End it"), reverse("console:suppression_end", args=[one.pk]), "x", method="post"))
    return Row(
        (
            words.title_of(one.kind),
            named_actor(one.actor) if one.actor else _("Everybody"),
            one.owner.get_full_name(),
            one.expires_at,
            one.silenced,  # type: ignore[attr-defined]
            (end if may else Badge(_("In force"), "warn", "volume-off")) if one.in_force else over,
        )
    )


@for_roles(JUDGE)
@require_POST
def suppression_end(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Show such alerts again."""
    one = Suppression.objects.filter(pk=pk).first()
    if one is None:
        raise NotFound("no_such_suppression", _("There is no such suppression."))
    return do(
        request,
        lambda: actions.end_suppression(one, by=request.user, session=request.actor.session),
        said=_("From now on such alerts are shown again."),
        then=reverse("console:suppressions"),
    )


@for_roles(WATCH)
@require_safe
def thresholds(request: ConsoleRequest) -> HttpResponse:
    """How strict each kind is, what people said of its alerts, and what that asks for."""
    history = [
        Row(
            (
                one.at,
                words.title_of(one.kind),
                f"{one.before:+g} → {one.after:+g}",
                _WHY.get(one.why, one.why),
                named_actor(one.by),
            )
        )
        for one in Tuning.objects.order_by("-at")[:50]
    ]
    headings = (_("When"), _("Kind of alert"), _("Strictness"), _("Because of"), _("By"))
    empty = Empty(_("As shipped"), _("Nobody has changed a threshold yet."), "scale")
    context = {
        "tuned": [(one, words.title_of(one.kind)) for one in queries.thresholds()],
        "history": PlainTable(_("What was changed"), headings, history, empty),
        "may": holds(request, JUDGE),
        "crumbs": crumbs(Crumb(_("Thresholds"))),
    }
    return render(request, "console/alerts/thresholds.html", context)


_WHY = {"feedback": _("Marks of closed alerts"), "decided": _("A decision"), "reverted": _("Taken back")}


@for_roles(JUDGE)
@require_POST
def tune(request: ConsoleRequest, kind: str) -> HttpResponse:
    """Change how strict a kind is, from the next entry of the log on."""
    form = TuneForm(request.POST)
    here = reverse("console:thresholds")

    def change() -> object:
        if not form.is_valid():
            raise NotFound("unusable", _("Say why, and choose a strictness between -1 and 2."))
        given = form.cleaned_data
        return actions.tune(
            kind,
            given["after"],
            expected=given["before"],
            why=given["why"],
            by=request.user,
            reason=given["reason"],
            session=request.actor.session,
        )

    return do(request, change, said=_("Changed. It holds from the next entry of the log on."), then=here)


@for_roles({DPO})
@require_http_methods(["GET", "HEAD", "POST"])
def canaries(request: ConsoleRequest) -> HttpResponse:
    """Invented customers with whom nobody has business. Only the data protection officer sees which they are."""
    client = client_of(request)
    form = CanaryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():

        def plant() -> object:
            with client_scope(client.pk):
                found = Customer.objects.filter(pk=form.cleaned_data["customer"]).first()
            if found is None:
                raise NotFound("customer_not_found", _("There is no such customer here."))
            return actions.plant(client.pk, found.subject_id, by=request.user, session=request.actor.session)

        return do(
            request,
            plant,
            said=_("From now on any touch of this record raises an alert."),
            then=reverse("console:canaries"),
        )
    planted = list(queries.canaries(client.pk))
    with client_scope(client.pk):
        of = dict(Customer.objects.filter(subject__in=[one.subject for one in planted]).values_list("subject_id", "id"))
    rows = [
        Row(
            (
                str(of.get(one.subject, one.subject))[:8],
                one.planted_at,
                named_actor(one.planted_by),
                Button(Action(_("Take away"), reverse("console:canary_remove", args=[one.pk]), "trash", method="post")),
            )
        )
        for one in planted
    ]
    empty = Empty(
        _("No canary is planted"),
        _("Invent a customer, import them like any other, and name them here. Whoever opens them is noticed at once."),
        "flag",
    )
    table = PlainTable(_("Canaries"), (_("Customer"), _("Planted"), _("By"), _("Take away")), rows, empty)
    context = {"form": form, "table": table, "crumbs": crumbs(Crumb(_("Canaries")))}
    return render(request, "console/alerts/canaries.html", context)


@for_roles({DPO})
@require_POST
def canary_remove(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """An ordinary record again."""
    one = Canary.objects.filter(pk=pk, client=client_of(request).pk).first()
    if one is None:
        raise NotFound("no_such_canary", _("This is no canary any more."))
    return do(
        request,
        lambda: actions.remove(one, by=request.user, session=request.actor.session),
        said=_("It is an ordinary record again."),
        then=reverse("console:canaries"),
    )
