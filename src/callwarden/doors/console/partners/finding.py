"""Which partner a page is about, and who has to do with it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import do
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Crumb, Text
from callwarden.doors.console.navigation import AUDITOR, DPO, PARTNERS, SECURITY
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel.errors import NotFound
from callwarden.partners.register import queries
from callwarden.partners.register.models import Partner

SEE = frozenset({PARTNERS, DPO, SECURITY, AUDITOR})
KEEP = frozenset({PARTNERS, DPO})
STOP = KEEP | {SECURITY}


def find(request: ConsoleRequest, pk: UUID) -> Partner:
    """The partner of the viewer's client. Called inside `client_scope`.

    Raises:
        NotFound: there is none of this id.
    """
    found = queries.partners().filter(pk=pk, client=client_of(request)).first()
    if found is None:
        raise NotFound("no_such_partner", _("There is no such partner. Go back to the register."))
    return found


def here(pk: UUID) -> str:
    return reverse("console:partner", args=[pk])


def act(request: ConsoleRequest, pk: UUID, deed: Callable[[Partner], object], said: Text) -> HttpResponse:
    """Do what a form asked for to one partner, and go back to its page."""

    def within() -> object:
        with client_scope(client_of(request).pk):
            return deed(find(request, pk))

    return do(request, within, said=said, then=here(pk))


def crumbs(label: Text = "", more: Text = "", pk: UUID | None = None) -> tuple[Crumb, ...]:
    """The way here: chapter, register, partner, what is done with it."""
    chapter = Crumb(_("Partners and sharing"), reverse("console:partners"))
    if not label:
        return (chapter, Crumb(_("Register of partners")))
    register = Crumb(_("Register of partners"), reverse("console:partner_register"))
    if not more or pk is None:
        return (chapter, register, Crumb(label))
    return (chapter, register, Crumb(label, here(pk)), Crumb(more))


def form_page(request: ConsoleRequest, context: dict[str, object]) -> HttpResponse:
    """One form about a partner; 422 where something in it is wrong."""
    status = 422 if getattr(context["form"], "errors", None) else 200
    return render(request, "console/partners/form.html", context, status=status)


def back(pk: UUID) -> HttpResponseRedirect:
    return HttpResponseRedirect(here(pk))
