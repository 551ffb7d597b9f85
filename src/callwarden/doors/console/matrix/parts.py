"""What a draft is made of: its roles, purposes and kinds of data, added and taken out with names in both languages."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from callwarden.control.access import actions, rules
from callwarden.control.access.models import PolicyVersion
from callwarden.doors.console.access import do, for_roles
from callwarden.doors.console.chapters.asking import CHANGE
from callwarden.doors.console.matrix import parts_tables as tables
from callwarden.doors.console.matrix.editing import frame
from callwarden.doors.console.matrix.pages import find, matrix_of
from callwarden.doors.console.matrix.parts_forms import CategoryForm, PartForm, PurposeForm, RoleForm
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.engines.policy import Matrix
from callwarden.kernel.errors import CallwardenError, NotFound, Refused

FORMS: dict[str, type[PartForm]] = {"roles": RoleForm, "purposes": PurposeForm, "categories": CategoryForm}


@for_roles(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The three lists, each with a form to add one."""
    one = find(pk)
    matrix = matrix_of(one)
    part = request.POST.get("part", "")
    forms = {name: made(request.POST if name == part else None, matrix=matrix) for name, made in FORMS.items()}
    refused = False
    if part in forms:
        refused = not _add(request, one, forms[part])
        if not refused:
            return HttpResponseRedirect(reverse("console:matrix_parts", args=[pk]))
    writable = one.state == PolicyVersion.State.DRAFT
    context = {
        **frame(one, "parts"),
        "parts": [tables.part(name, one, matrix, forms[name], writable=writable) for name in FORMS],
    }
    return render(request, "console/matrix/parts.html", context, status=422 if refused else 200)


def _add(request: ConsoleRequest, one: PolicyVersion, form: PartForm) -> bool:
    newer = form.matrix() if form.is_valid() else None
    if newer is None:
        return False
    try:
        actions.revise(one, newer, expected=form.cleaned_data["expected"], actor=request.actor.name)
    except CallwardenError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, str(_("The draft is saved. It decides nothing yet.")))
    return True


@for_roles(CHANGE)
@require_POST
def take_out(request: ConsoleRequest, pk: UUID, part: str, slug: str) -> HttpResponse:
    """Take one that the site added out of the draft, with its cells."""
    one = find(pk)
    if part not in FORMS:
        raise NotFound("no_such_part", _("There is no such part of the matrix."))
    return do(
        request,
        lambda: actions.revise(
            one,
            _without(matrix_of(one), part, slug),
            expected=request.POST.get("expected", ""),
            actor=request.actor.name,
        ),
        said=_("It is out of the draft, and its cells with it."),
        then=reverse("console:matrix_parts", args=[pk]),
    )


def _without(matrix: Matrix, part: str, slug: str) -> Matrix:
    if slug in rules.SHIPPED[part] or slug not in getattr(matrix, part):
        raise Refused("part_stays", _("This one cannot be taken out: take its cells away instead."))
    return matrix.without(part, slug)
