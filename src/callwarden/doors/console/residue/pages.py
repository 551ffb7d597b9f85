"""The pages of searches after erasures."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.models import ResidueScan
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.components import Crumb, Text
from callwarden.doors.console.navigation import DPO, KEEP, SECURITY
from callwarden.doors.console.residue import tables
from callwarden.flows import jobs

DECIDE = frozenset({DPO, SECURITY})


@for_roles(KEEP)
@require_safe
def searches(request: HttpRequest) -> HttpResponse:
    """All searches, the newest first."""
    return render(request, "console/residue/page.html", {"searches": tables.searches(), "crumbs": _crumbs()})


@for_roles(KEEP)
@require_safe
def search(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One search: each place, what was looked through, what was found, and what could not be looked at."""
    row = _find(pk)
    title = _("Search after an erasure")
    context = {
        "scan": row,
        "title": title,
        "badge": tables.badge(row),
        "facts": tables.facts(row),
        "places": tables.places(row),
        "found": tables.found(row),
        "lingering": tables.lingering(row),
        "may_search": holds(request, DECIDE),
        "crumbs": _crumbs(title),
    }
    return render(request, "console/residue/scan.html", context)


@for_roles(DECIDE)
@require_POST
def again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have the same subjects searched for again, as after something was removed."""
    row = _find(pk)
    return do(
        request,
        lambda: jobs.search_later(row.client, row.subjects),
        said=_("The search has been asked for. It appears here when it has ended."),
        then=reverse("console:residue"),
    )


def _find(pk: UUID) -> ResidueScan:
    row = ResidueScan.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _crumbs(here: Text = "") -> tuple[Crumb, ...]:
    protection = Crumb(_("Technical protection"), reverse("console:protection"))
    if not here:
        return (protection, Crumb(_("Searches after erasures")))
    return (protection, Crumb(_("Searches after erasures"), reverse("console:residue")), Crumb(here))
