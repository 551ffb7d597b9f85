"""Holding everything that matches, and releasing several holds."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from callwarden.doors.console.access import for_roles
from callwarden.doors.console.bulk import picking
from callwarden.doors.console.bulk.choosing import Choice, Plain, choose_page
from callwarden.doors.console.bulk.words import chosen_told, matter_filter
from callwarden.doors.console.components import Crumb
from callwarden.doors.console.holds import tables
from callwarden.doors.console.holds.forms import SetForm
from callwarden.doors.console.holds.pages import ASK, DECIDE
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import bulk
from callwarden.kernel.structural import Value
from callwarden.lawful.holds import many, queries
from callwarden.lawful.holds.models import Matter

RELEASE = Choice(
    many.RELEASE,
    Plain,
    _("Each as it stands now. Records go back to where they were; what was to be erased meanwhile is erased then."),
    "lock-open",
)


@for_roles(DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def release(request: ConsoleRequest) -> HttpResponse:
    """Several matters are to let go: first shown, then asked for."""
    if request.method != "POST":
        return _release_page(request, request.GET)
    form = Plain(request.POST)
    asked = lambda: picking.filters_of(request.POST, tables.FILTERS)  # noqa: E731
    drawn = picking.draw(request, form, many.RELEASE, asked)
    return drawn or _release_page(request, request.POST, form)


def _release_page(request: ConsoleRequest, given: QueryDict, filled: forms.Form | None = None) -> HttpResponse:
    return choose_page(
        request,
        given,
        filters=tables.FILTERS,
        told=matter_filter,
        count=_count,
        choices={reverse("console:holds_release"): RELEASE},
        filled={reverse("console:holds_release"): filled} if filled else {},
        back=reverse("console:holds"),
        crumbs=_crumbs(),
    )


def _count(parameters: Mapping[str, Value]) -> int:
    if isinstance(chosen := parameters.get("chosen"), list):
        return Matter.objects.filter(pk__in=chosen).count()
    state = str(parameters.get("state") or "in_force")
    found = Matter.objects.filter(state__in=queries.IN_FORCE if state == "in_force" else [state])
    return found.filter(**({"ground": ground} if (ground := parameters.get("ground")) else {})).count()


@for_roles(ASK)
@require_http_methods(["GET", "HEAD", "POST"])
def set_page(request: ConsoleRequest) -> HttpResponse:
    """Hold everything that matches, or what was chosen in a list: first shown, then asked for."""
    given = request.POST if request.method == "POST" else request.GET
    chosen = picking.chosen_in(given)
    form = SetForm(request.POST or None, initial={"of": given.get("of", "")})
    if request.method == "POST":
        wish = lambda: many.parameters_of(  # noqa: E731
            form.wish(), form.cleaned_data["of"], provisional=form.cleaned_data["provisional"], chosen=chosen
        )
        if drawn := picking.draw(request, form, many.SET, wish, client=lambda: form.wish().client):
            return drawn
    context = {
        "form": form,
        "chosen": chosen,
        "which": chosen_told(chosen) if chosen else "",
        "limit": bulk.limit(),
        "crumbs": _crumbs(),
    }
    return render(request, "console/bulk/hold.html", context, status=422 if form.errors else 200)


def _crumbs() -> tuple[Crumb, ...]:
    return (
        Crumb(_("Lawful handling"), reverse("console:lawful")),
        Crumb(_("Holds"), reverse("console:holds")),
        Crumb(_("Act on many")),
    )
