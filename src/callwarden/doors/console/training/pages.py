"""The register of training: everybody, one person, entering, taking a table, taking back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from callwarden.control.training import actions, queries
from callwarden.control.training.models import TrainingRecord
from callwarden.control.training.rules import Standing
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.components import Crumb, Text
from callwarden.doors.console.listing import ListQuery, Table, render_list
from callwarden.doors.console.navigation import JUDGE, KEEP
from callwarden.doors.console.people.tables import TRAINING
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.doors.console.training import tables
from callwarden.doors.console.training.forms import RecordForm, TableForm, TakeBackForm
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.kernel.models import User
from callwarden.kernel.roles import SENSITIVE


@for_roles(KEEP)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """Whether each person's training in security is current."""
    query = ListQuery.read(request, tables.COLUMNS, tables.FILTERS)
    people = list(User.objects.filter(is_active=True).order_by("display_name", "username"))
    trained = queries.trained(one.pk for one in people)
    if query.values["standing"] == "sensitive":
        people = [one for one in people if SENSITIVE & set(one.roles)]
    elif query.values["standing"] == "missing":
        people = [one for one in people if trained[one.pk].standing is not Standing.VALID]
    rows = tables.rows(people[query.start : query.start + query.size], trained)
    table = Table(
        "training", _("Training"), tables.COLUMNS, rows, query, len(people), tables.EMPTY, filters=tables.FILTERS
    )
    may = holds(request, JUDGE)
    context = {
        "enter": RecordForm(but=request.user) if may else None,
        "table_form": TableForm() if may else None,
        "crumbs": _crumbs(),
    }
    return render_list(request, "console/training/page.html", table, context)


@for_roles(KEEP)
@require_safe
def person(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """What one person completed."""
    found = User.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_account", _("There is no such account. Go back to the list."))
    may = holds(request, JUDGE) and found.pk != request.user.pk
    context = {
        "who": found,
        "badge": TRAINING[queries.trained([found.pk])[found.pk].standing],
        "taught": tables.of_person(found, may_change=may),
        "crumbs": _crumbs(found.get_full_name()),
    }
    return render(request, "console/training/person.html", context)


@for_roles(JUDGE)
@require_POST
def enter(request: ConsoleRequest) -> HttpResponse:
    """Enter what somebody completed."""
    form, here = RecordForm(request.POST, but=request.user), reverse("console:training")
    if not form.is_valid():
        messages.error(request, str(_("Choose a colleague, a course and the day it was completed.")))
        return HttpResponseRedirect(here)
    given = form.cleaned_data
    return do(
        request,
        lambda: actions.record(
            given["person"],
            given["course"],
            completed_on=given["completed"],
            valid_until=given["until"],
            by=request.user,
            session=request.actor.session,
        ),
        said=_("The training is in the register."),
        then=here,
    )


@for_roles(JUDGE)
@require_POST
def take_table(request: ConsoleRequest) -> HttpResponse:
    """Take over what a learning system exported."""
    form = TableForm(request.POST)
    try:
        text = form.cleaned_data["table"] if form.is_valid() else ""
        count = actions.take_table(text, by=request.user, session=request.actor.session)
    except CallwardenError as error:
        messages.error(request, str(error))
    else:
        said = ngettext("%(count)d training is new here.", "%(count)d trainings are new here.", count)
        messages.success(request, said % {"count": count})
    return HttpResponseRedirect(reverse("console:training"))


@for_roles(JUDGE)
@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Say that a training was entered by mistake."""
    found = TrainingRecord.objects.select_related("person").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_training", _("This is not in the register of training. Go back to the list."))
    here, form = reverse("console:training_person", args=[found.person_id]), TakeBackForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        return do(
            request,
            lambda: actions.take_back(pk, by=request.user, reason=reason, session=request.actor.session),
            said=_("It does not count any more."),
            then=here,
        )
    context = {"form": form, "record": found, "back": here, "crumbs": _crumbs(_("Take back"))}
    return render(request, "console/training/take_back.html", context, status=422 if form.errors else 200)


def _crumbs(here: Text = "") -> tuple[Crumb, ...]:
    accounts = Crumb(_("Accounts"), reverse("console:accounts"))
    if not here:
        return (accounts, Crumb(_("Training")))
    return (accounts, Crumb(_("Training"), reverse("console:training")), Crumb(here))
