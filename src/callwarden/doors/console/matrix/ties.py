"""Ties of staff to data subjects: declared, confirmed and ended by different people; a tie forbids every access."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from callwarden.control.work import actions
from callwarden.control.work.models import Tie
from callwarden.custody.models import Client
from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import do, for_roles
from callwarden.doors.console.chapters.asking import CHANGE
from callwarden.doors.console.chapters.plain import Button, PlainTable
from callwarden.doors.console.components import Action, Badge, Chips, Crumb, Empty, Row
from callwarden.doors.console.deeds import named_actor
from callwarden.doors.console.matrix.pages import crumbs, home_crumb
from callwarden.doors.console.offering import offer
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import work
from callwarden.flows.names import named
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.kernel.models import User

State = Tie.State
LOOKS = {
    State.DECLARED: ("warn", "hourglass"),
    State.CONFIRMED: ("seal", "lock"),
    State.ENDED: ("neutral", "circle-minus"),
}
MOST = 200


class TieForm(forms.Form):
    """Who, and which customer they are or are close to."""

    client = forms.ChoiceField(label=_("Client"))
    person = forms.ChoiceField(label=_("Person"))
    customer_no = forms.CharField(
        label=_("Customer number"), max_length=100, help_text=_("Compared as a keyed token and kept nowhere.")
    )
    kind = forms.ChoiceField(label=_("The customer is"), choices=Tie.Kind.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "client", [(str(one.pk), named(one)) for one in Client.objects.order_by("slug")])
        people = User.objects.filter(is_active=True).order_by("display_name", "username")
        offer(self, "person", [(str(one.pk), one.get_full_name()) for one in people])


@for_roles(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: ConsoleRequest) -> HttpResponse:
    """All declared ties, and the form that declares one."""
    form = TieForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            work.declare_tie(
                UUID(given["client"]),
                given["customer_no"],
                user=User.objects.get(pk=given["person"]),
                kind=given["kind"],
                actor=request.actor.name,
                session=request.actor.session,
            )
        except CallwardenError as error:
            form.add_error("customer_no", str(error))
        else:
            messages.success(request, str(_("Declared. From now on this person opens nothing of this customer.")))
            return HttpResponseRedirect(reverse("console:ties"))
    rows = [_row(tie, request) for tie in _found()]
    empty = Empty(
        _("No tie is declared"),
        _("Who works here and is a customer, or has family among the customers, is declared here."),
        "users",
    )
    headings = (_("Person"), _("Client"), _("The customer is"), _("State"), _("Declared"), _("Declared by"), "")
    context = {
        "form": form,
        "table": PlainTable(_("Ties of staff to customers"), headings, rows, empty),
        "crumbs": crumbs(home_crumb(), Crumb(_("Own and family records"))),
    }
    return render(request, "console/matrix/ties.html", context, status=422 if form.errors else 200)


def _found() -> Iterator[Tie]:
    for client in Client.objects.order_by("slug"):
        with client_scope(client.pk):
            yield from list(Tie.objects.select_related("user", "client").order_by("-declared_at")[:MOST])


def _row(tie: Tie, request: ConsoleRequest) -> Row:
    state = State(tie.state)
    may = tie.state != State.ENDED and request.actor.name not in (tie.declared_by, str(tie.user.pseudonym))
    buttons = []
    if may and tie.state == State.DECLARED:
        confirm = reverse("console:tie_confirm", args=[tie.client_id, tie.pk])
        buttons.append(Button(Action(_("Confirm"), confirm, "check", method="post")))
    if may:
        end = reverse("console:tie_end", args=[tie.client_id, tie.pk])
        buttons.append(Button(Action(_("End"), end, "circle-minus", method="post")))
    return Row(
        (
            tie.user.get_full_name(),
            named(tie.client),
            Tie.Kind(tie.kind).label,
            Badge(state.label, *LOOKS[state]),
            tie.declared_at,
            named_actor(tie.declared_by),
            Chips(buttons) if buttons else "",
        )
    )


@for_roles(CHANGE)
@require_POST
def confirm(request: ConsoleRequest, client: UUID, pk: UUID) -> HttpResponse:
    """Say that it is so; somebody else declared it."""
    return do(
        request,
        lambda: _move(client, pk, request, end=False),
        said=_("The tie is confirmed."),
        then=reverse("console:ties"),
    )


@for_roles(CHANGE)
@require_POST
def end(request: ConsoleRequest, client: UUID, pk: UUID) -> HttpResponse:
    """Say that it holds no longer; somebody else declared it."""
    return do(
        request,
        lambda: _move(client, pk, request, end=True),
        said=_("The tie has ended. The usual rules hold again."),
        then=reverse("console:ties"),
    )


def _move(client: UUID, pk: UUID, request: ConsoleRequest, *, end: bool) -> Tie:
    with client_scope(client):
        tie = Tie.objects.select_related("user").filter(pk=pk).first()
        if tie is None:
            raise NotFound("no_such_tie", _("There is no such declaration. Go back to the list."))
        return (actions.end_tie if end else actions.confirm_tie)(tie, actor=request.actor.name)
