"""Writing a draft: its cells role by role and purpose by purpose, and the settings of its guards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from callwarden.control.access import actions
from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import active
from callwarden.doors.console.access import for_roles
from callwarden.doors.console.chapters.asking import CHANGE
from callwarden.doors.console.chapters.words import role_label
from callwarden.doors.console.components import Crumb
from callwarden.doors.console.labels import purpose_label
from callwarden.doors.console.matrix import tables
from callwarden.doors.console.matrix.forms import GuardForm
from callwarden.doors.console.matrix.grid import cells_of, grid_of, with_cells
from callwarden.doors.console.matrix.pages import choices, chosen, crumbs, find, home_crumb, matrix_of, version_label
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.engines.policy import Matrix
from callwarden.kernel.errors import CallwardenError, Conflict


@for_roles(CHANGE)
@require_POST
def draft(request: ConsoleRequest) -> HttpResponse:
    """Make a draft of the version in force, or of another; it decides nothing."""
    number = _whole(request.POST.get("of", ""))
    source = PolicyVersion.objects.filter(version=number).first() if number is not None else None
    matrix = matrix_of(source) if source else active().matrix
    of = source or PolicyVersion.objects.get(state=PolicyVersion.State.ACTIVE)
    made = actions.draft(matrix, actor=request.actor.name, based_on=of.version)
    return HttpResponseRedirect(reverse("console:matrix_cells", args=[made.pk]))


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@for_roles(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def cells(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The grid of one role and purpose, to be changed."""
    one = find(pk)
    matrix = matrix_of(one)
    role, purpose = chosen(request, matrix)
    wanted, error = None, ""
    if request.method == "POST":
        wanted = cells_of(request.POST.getlist("cell"), matrix, role, purpose)
        if wanted is None:
            error = str(_("This form names a kind of data or an action that does not exist. Load the page anew."))
        else:
            newer = with_cells(matrix, role, purpose, wanted)
            error = _revise(request, one, lambda: newer, request.POST.get("expected", ""))
            if not error:
                messages.success(request, str(_("The draft is saved. It decides nothing yet.")))
                place = urlencode({"role": role, "purpose": purpose})
                return HttpResponseRedirect(f"{reverse('console:matrix_cells', args=[pk])}?{place}")
    others = {(cell.role, cell.purpose) for cell in matrix.cells ^ active().matrix.cells}
    context = {
        **frame(one, "cells"),
        **choices(matrix, role, purpose),
        "grid": grid_of(
            matrix, role, purpose, cells=wanted, against=active().matrix, editable=True, caption=role_label(role)
        ),
        "role": role,
        "purpose": purpose,
        "role_label": role_label(role),
        "purpose_label": purpose_label(purpose),
        "changed": [(r, p, role_label(r), purpose_label(p)) for r, p in sorted(others)],
        "error": error,
    }
    return render(request, "console/matrix/cells.html", context, status=422 if error else 200)


@for_roles(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def guards(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The settings of the guards of a draft."""
    one = find(pk)
    matrix = matrix_of(one)
    form = GuardForm(request.POST or None, matrix=matrix, initial={"expected": one.digest})
    if request.method == "POST" and form.is_valid() and (newer := form.matrix()):
        error = _revise(request, one, lambda: newer, form.cleaned_data["expected"])
        if not error:
            messages.success(request, str(_("The draft is saved. It decides nothing yet.")))
            return HttpResponseRedirect(reverse("console:matrix_guards", args=[pk]))
        form.add_error(None, error)
        form.data = form.data.copy()  # type: ignore[attr-defined]
        form.data["expected"] = one.digest  # type: ignore[index]
    context = {**frame(one, "guards"), "form": form, "groups": list(form.groups())}
    return render(request, "console/matrix/guards.html", context, status=422 if form.errors else 200)


def _revise(request: ConsoleRequest, one: PolicyVersion, newer: Callable[[], Matrix], expected: str) -> str:
    """Save, or say why not; "" when it is saved. Saving what is there already is no fault."""
    try:
        actions.revise(one, newer(), expected=expected, actor=request.actor.name)
    except Conflict as error:
        one.refresh_from_db()
        return "" if error.code == "nothing_changes" else str(error)
    except CallwardenError as error:
        return str(error)
    return ""


def frame(one: PolicyVersion, here: str) -> dict[str, Any]:
    return {
        "version": one,
        "badge": tables.badge(one),
        "title": _("Draft, version %(number)s") % {"number": one.version},
        "here": here,
        "writable": one.state == PolicyVersion.State.DRAFT,
        "crumbs": crumbs(
            home_crumb(), Crumb(version_label(one), reverse("console:matrix_version", args=[one.pk])), Crumb(_("Write"))
        ),
    }
