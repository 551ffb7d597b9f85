"""What belongs to a partner: what it does, whom it passes data to, whom to reach there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import for_roles
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Fact, Facts, Text
from callwarden.doors.console.partners.finding import KEEP, STOP, act, back, crumbs, find, form_page, here
from callwarden.doors.console.partners.forms import ContactForm, ServiceForm, SubProcessorForm
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import ledger_details
from callwarden.flows.names import named
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.partners.register import actions
from callwarden.partners.register.models import Partner
from callwarden.partners.register.terms import Duty


@for_roles(KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def service(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Say what it does for us, and with which data."""

    def add(one: Partner, form: Any) -> object:
        return actions.add_service(one, **form.given(), by=request.user, session=request.actor.session)

    return _adding(
        request,
        pk,
        lambda one: ServiceForm(request.POST or None, client=one.client),
        add,
        title=_("Add what it does"),
        lead=_("Its risk tier is computed from this. The same thing again replaces what was said before."),
    )


@for_roles(KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def sub_processor(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Say whom it passes data to."""

    def add(one: Partner, form: Any) -> object:
        return actions.add_sub_processor(one, **form.given(), by=request.user, session=request.actor.session)

    return _adding(
        request,
        pk,
        lambda one: SubProcessorForm(request.POST or None, partner=one),
        add,
        title=_("Add whom it passes data to"),
        lead=_("Where they handle data counts as if the partner did."),
    )


@for_roles(KEEP)
@never_cache
@sensitive_post_parameters("name", "mail", "phone")
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Name whom to reach there. It is sealed as it arrives."""

    def add(one: Partner, form: Any) -> object:
        return actions.name_contact(one, **form.cleaned_data, by=request.user, session=request.actor.session)

    return _adding(
        request,
        pk,
        lambda _one: ContactForm(request.POST or None, initial={"duty": request.GET.get("duty", "")}),
        add,
        title=_("Name whom to reach there"),
        lead=_("Name, address and number are sealed. Looking them up leaves an entry in the operation log."),
    )


@for_roles(STOP)
@never_cache
@require_POST
def open_contact(request: ConsoleRequest, pk: UUID, part: UUID) -> HttpResponse:
    """Whom to reach there, on a page that is kept nowhere."""
    with client_scope(client_of(request).pk):
        one = find(request, pk)
        there = one.contacts.filter(pk=part).first()
    if there is None:
        raise NotFound("no_such_contact", _("Nobody is named for this any more. Go back to the partner."))
    values = ledger_details.read_contact(request.actor, there).values
    labels = (("name", _("Name")), ("mail", _("E-mail address")), ("phone", _("Telephone number")))
    told = Facts([Fact(label, values[key]) for key, label in labels if values.get(key)])
    title: Text = Duty(there.duty).label
    context = {"title": title, "told": told, "away": here(pk), "crumbs": crumbs(named(one), title, pk)}
    return render(request, "console/partners/contact.html", context)


@for_roles(KEEP)
@require_POST
def no_service(request: ConsoleRequest, pk: UUID, part: UUID) -> HttpResponse:
    return _removing(request, pk, actions.remove_service, part, _("Removed. Its risk tier is computed anew."))


@for_roles(KEEP)
@require_POST
def no_sub(request: ConsoleRequest, pk: UUID, part: UUID) -> HttpResponse:
    return _removing(request, pk, actions.remove_sub_processor, part, _("Removed. Its risk tier is computed anew."))


@for_roles(KEEP)
@require_POST
def no_contact(request: ConsoleRequest, pk: UUID, part: UUID) -> HttpResponse:
    return _removing(request, pk, actions.forget_contact, part, _("Forgotten. What was sealed is gone too."))


def _removing(request: ConsoleRequest, pk: UUID, remove: Callable[..., object], part: UUID, said: Text) -> HttpResponse:
    return act(request, pk, lambda one: remove(one, part, by=request.user, session=request.actor.session), said)


def _adding(
    request: ConsoleRequest,
    pk: UUID,
    ask: Callable[[Partner], Form],
    add: Callable[[Partner, Form], object],
    *,
    title: Text,
    lead: Text,
) -> HttpResponse:
    with client_scope(client_of(request).pk):
        one = find(request, pk)
        form = ask(one)
    if request.method == "POST" and form.is_valid():
        try:
            with client_scope(one.client_id):
                add(one, form)
        except CallwardenError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, str(_("Put on record.")))
            return back(pk)
    context = {"form": form, "title": title, "lead": lead, "crumbs": crumbs(named(one), title, pk), "away": here(pk)}
    return form_page(request, context)
