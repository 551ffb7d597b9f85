"""The pages of the four chapters."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.models import Client
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.chapters import lawful as lawful_
from callwarden.doors.console.chapters import matrix, people
from callwarden.doors.console.chapters import protection as protection_
from callwarden.doors.console.chapters.asking import CHANGE
from callwarden.doors.console.chapters.rooms import rooms_for
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.keys.tables import epochs
from callwarden.doors.console.navigation import KEEP, OVERSEE, SECURITY
from callwarden.doors.console.overview.pages import Chapter, chapters
from callwarden.doors.console.partners.finding import SEE as SEE_PARTNERS
from callwarden.doors.console.partners.tables import tiles_of
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import controls
from callwarden.kernel import sessions


def _chapter(slug: str) -> Chapter:
    href = reverse(f"console:{slug}")
    return next(chapter for chapter in chapters(controls.look()) if chapter.href == href)


@for_roles(OVERSEE)
@require_safe
def lawful(request: ConsoleRequest) -> HttpResponse:
    """Lines, purposes, notices, consent and retention as they are set up."""
    may_change = holds(request, CHANGE)
    context = {
        "chapter": _chapter("lawful"),
        "rooms": rooms_for(request.user.roles),
        "may_change": may_change,
        **lawful_.context_of(request, may_change=may_change),
    }
    return render(request, "console/chapters/lawful.html", context)


@for_roles(OVERSEE)
@require_safe
def protection(request: ConsoleRequest) -> HttpResponse:
    """Keys, suites, who is signed in, programs, the state of the site."""
    context = {
        "chapter": _chapter("protection"),
        "may_keep": holds(request, KEEP),
        "epochs": epochs(may_change=False),
        "day_keys": protection_.day_keys(),
        "keys": protection_.key_counts(),
        "suites": protection_.suites(),
        "sessions": protection_.sessions(may_revoke=holds(request, {SECURITY}), own=request.actor.session),
        "programs": protection_.programs(),
        "health": protection_.health(),
    }
    return render(request, "console/chapters/protection.html", context)


@for_roles({SECURITY})
@require_POST
def session_revoke(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """End somebody's session at once, and every permit bound to it."""
    return do(
        request,
        lambda: sessions.revoke(pk, actor=request.actor.name, reason="administrator"),
        said=_("The session has ended; so have the permits bound to it."),
        then=f"{reverse('console:protection')}#sessions",
    )


@for_roles(OVERSEE)
@require_safe
def control(request: ConsoleRequest) -> HttpResponse:
    """The access matrix and who holds which role."""
    context = {
        "chapter": _chapter("control"),
        "people": people.table(),
        "may_change": holds(request, CHANGE),
        **matrix.context_of(request),
    }
    return render(request, "console/chapters/control.html", context)


@for_roles(OVERSEE)
@require_safe
def partners(request: ConsoleRequest) -> HttpResponse:
    """How many partners are in which state, and what is asked of one before anything leaves."""
    tiles = tiles_of(client_of(request).pk) if Client.objects.exists() else []
    context = {
        "chapter": _chapter("partners"),
        "tiles": tiles,
        "registered": bool(tiles),
        "may_see": holds(request, SEE_PARTNERS),
    }
    return render(request, "console/chapters/partners.html", context)
