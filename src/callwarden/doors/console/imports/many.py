"""From what was turned away to an act on one arrival, or on many."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.models import IntakeItem
from callwarden.doors.console.access import do, for_roles
from callwarden.doors.console.bulk import picking
from callwarden.doors.console.bulk.choosing import Choice, Plain, choose_page
from callwarden.doors.console.bulk.words import arrival_filter
from callwarden.doors.console.components import Crumb, Option
from callwarden.doors.console.imports import queries
from callwarden.doors.console.imports.pages import IMPORT, filters
from callwarden.doors.console.listing import Filter
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import many_arrivals, turned_away
from callwarden.kernel.errors import NotFound
from callwarden.kernel.structural import Value

CHOICES: Mapping[str, Choice] = {
    "read": Choice(
        many_arrivals.READ,
        Plain,
        _("Each is offered to the gate as it lies. What is refused again comes back; its time goes on meanwhile."),
        "refresh",
    ),
    "destroy": Choice(
        many_arrivals.DESTROY,
        Plain,
        _("A second person decides on exactly these. What is destroyed cannot be brought back."),
        "flame",
    ),
}


@for_roles(IMPORT)
@require_safe
def choose(request: ConsoleRequest) -> HttpResponse:
    """What to do with what matches, or was chosen."""
    return _page(request, request.GET, {})


@for_roles(IMPORT)
@require_POST
def draw(request: ConsoleRequest, step: str) -> HttpResponse:
    """Draw the set for one of the acts and go to its page."""
    choice = CHOICES.get(step)
    if choice is None:
        raise NotFound("unknown_act", _("This act is not known here."))
    form = choice.form(request.POST)
    asked = lambda: picking.filters_of(request.POST, _filters())  # noqa: E731
    return picking.draw(request, form, choice.kind, asked) or _page(request, request.POST, {_href(step): form})


@for_roles(IMPORT)
@require_POST
def read_again(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Offer one arrival, and what belongs to its call, to the gate again."""
    item = found(request, pk)
    return do(
        request,
        lambda: _told(turned_away.read_again(item.pk, actor=request.user.actor, session=request.actor.session)),
        then=reverse("console:import_item", args=[pk]),
    )


def _told(pieces: int) -> str:
    return ngettext(
        "It is with the gate again; look here in a moment for what became of it.",
        "It is with the gate again, with all %(count)s pieces of it; look here in a moment for what became of them.",
        pieces,
    ) % {"count": pieces}


@for_roles(IMPORT)
@require_POST
def destroy(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Draw one arrival, with what belongs to its call, as the set two people decide on."""
    chosen = [str(part) for part in turned_away.with_parts(found(request, pk))]
    form = Plain(request.POST)
    drawn = picking.draw(request, form, many_arrivals.DESTROY, lambda: {"chosen": chosen})
    if drawn is None:
        for wrong in form.non_field_errors():
            messages.error(request, str(wrong))
    return drawn or HttpResponseRedirect(reverse("console:import_item", args=[pk]))


def found(request: ConsoleRequest, pk: UUID) -> IntakeItem:
    """An arrival on a line this person works for."""
    item = queries.of_lines(request.user.lines).filter(pk=pk).first()
    if item is None:
        raise NotFound("no_such_arrival", _("There is no such arrival on your lines. Go back to the list."))
    return item


def _filters() -> tuple[Filter, ...]:
    states = [Option(str(state), IntakeItem.State(state).label) for state in turned_away.TURNED_AWAY]
    return (Filter("list", _("State"), options=states), *filters())


def _href(step: str) -> str:
    return reverse("console:imports_draw", args=[step])


def _page(request: ConsoleRequest, given: QueryDict, filled: Mapping[str, forms.Form]) -> HttpResponse:
    return choose_page(
        request,
        given,
        filters=_filters(),
        told=arrival_filter,
        count=lambda parameters: _count(request, parameters),
        choices={_href(step): choice for step, choice in CHOICES.items()},
        filled=filled,
        back=reverse("console:imports"),
        crumbs=(Crumb(_("Imports"), reverse("console:imports")), Crumb(_("Act on many"))),
    )


def _count(request: ConsoleRequest, parameters: Mapping[str, Value]) -> int:
    return many_arrivals.matching(parameters, request.user.lines).count()
