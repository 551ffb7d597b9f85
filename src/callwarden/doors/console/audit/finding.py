"""Looking up whom or what the log is asked about. What is typed comes by POST; the address it leads to holds an id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from callwarden.custody.categories import Category
from callwarden.custody.models import Client
from callwarden.custody.scope import client_scope
from callwarden.doors.console import purposes
from callwarden.doors.console.access import for_roles
from callwarden.doors.console.audit import about
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Crumb, Option, Text
from callwarden.doors.console.listing import LONGEST_TEXT
from callwarden.doors.console.navigation import PROVE
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import calls, people
from callwarden.kernel.errors import CallwardenError

CALL: Final = "call"
SUBJECT: Final = "subject"
_NOBODY: dict[str, Text] = {
    SUBJECT: _("No customer you may see is known by exactly this. That you looked is on record."),
    CALL: _("No call you may see has exactly this number. That you looked is on record."),
}
_LOOKS_IN: dict[str, Category] = {SUBJECT: Category.CONTACT, CALL: Category.CALL_METADATA}
_LABELS: dict[str, Text] = {
    SUBJECT: _("Phone number, e-mail address or customer number"),
    CALL: _("Number of the call at the telephone system"),
}
# More choices than this help nobody: whoever typed it looks for one.
MOST: Final = 20


@dataclass(frozen=True)
class LookUp:
    """One way to say whom or what the log is asked about, for whoever has a purpose to look there."""

    what: str
    label: Text
    purposes: Sequence[Option]
    chosen: str


def look_ups(request: ConsoleRequest) -> list[LookUp]:
    """Those that are open to the viewer's roles."""
    open_ones = []
    for what, category in _LOOKS_IN.items():
        if allowed := purposes.open_to(request.actor, "search", [category]):
            chosen = purposes.usual(request, allowed)
            open_ones.append(LookUp(what, _LABELS[what], purposes.options(allowed), chosen))
    return open_ones


@for_roles(PROVE)
@require_POST
def find(request: ConsoleRequest) -> HttpResponse:
    """Look up whom or what was typed, and go on to the log about it; where several fit, to a choice."""
    what = CALL if request.POST.get("what") == CALL else SUBJECT
    client, sought = client_of(request), request.POST.get("q", "").strip()[:LONGEST_TEXT]
    purpose = purposes.chosen(request, purposes.open_to(request.actor, "search", [_LOOKS_IN[what]]))
    try:
        found = _FIND[what](request, client, sought, purpose) if sought else []
    except CallwardenError as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("console:audit"))
    if not found:
        messages.error(request, str(_NOBODY[what]))
        return HttpResponseRedirect(reverse("console:audit"))
    if len(found) == 1:
        return HttpResponseRedirect(_about(what, found[0]))
    choice = [(_about(what, one), about.told(request, {what: str(one)})) for one in found[:MOST]]
    crumbs = (Crumb(_("Audit"), reverse("console:audit")), Crumb(_("Several fit")))
    return render(request, "console/audit/found.html", {"choice": choice, "crumbs": crumbs})


def _about(what: str, one: UUID) -> str:
    return f"{reverse('console:audit')}?{urlencode({what: one})}#entries"


def _subjects(request: ConsoleRequest, client: Client, sought: str, purpose: str) -> list[UUID]:
    found = people.find_by_identifier(request.actor, client.id, sought, purpose=purpose)
    with client_scope(client.id):
        known = people.visible(request.actor).filter(pk__in=found).order_by("id")
        return list(known.values_list("subject_id", flat=True))


def _calls(request: ConsoleRequest, client: Client, sought: str, purpose: str) -> list[UUID]:
    return list(calls.find_by_number(request.actor, client.id, sought, purpose=purpose))


_FIND: dict[str, Callable[[ConsoleRequest, Client, str, str], list[UUID]]] = {SUBJECT: _subjects, CALL: _calls}
