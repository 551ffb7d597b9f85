"""The access matrix as people read it, and how a change of it is proposed."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.control.access.actions import draft
from callwarden.control.access.acts import ACTIVATE, activation
from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import active
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.chapters.asking import CHANGE, AskForm
from callwarden.doors.console.chapters.differences import of_matrices
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.chapters.words import ACTIONS, action_label, category_label, role_label
from callwarden.doors.console.components import Badge, Chips, Crumb, Empty, Fact, Facts, Row
from callwarden.doors.console.labels import purpose_label
from callwarden.doors.console.navigation import OVERSEE
from callwarden.doors.console.offering import offer
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.engines.policy import Cell, CompiledPolicy, Matrix, effective_matrix
from callwarden.kernel import approvals
from callwarden.kernel.errors import Conflict, NotFound
from callwarden.kernel.models import Approval

AS_GRANTED, AS_DECIDED = "granted", "decided"
_LOOKS = {
    PolicyVersion.State.DRAFT: ("neutral", "pencil"),
    PolicyVersion.State.ACTIVE: ("pass", "circle-check"),
    PolicyVersion.State.SUPERSEDED: ("neutral", "history"),
}


@lru_cache(maxsize=4)
def _decided(law: CompiledPolicy) -> frozenset[Cell]:
    """What the compiled policy really allows when all guards are content; some seconds of work, kept per policy."""
    return frozenset(cell for cell, allowed in effective_matrix(law).items() if allowed)


def context_of(request: ConsoleRequest) -> dict[str, object]:
    """One role's part of the matrix, as it was granted or as it is decided."""
    law = active()
    roles = [role for role in law.matrix.roles]
    role = request.GET.get("role", "")
    role = role if role in roles else roles[0]
    view = AS_DECIDED if request.GET.get("view") == AS_DECIDED else AS_GRANTED
    cells = _decided(law) if view == AS_DECIDED else law.matrix.cells
    return {
        "matrix": table_of(cells, role),
        "roles": [(one, role_label(one), one == role) for one in roles],
        "role_label": role_label(role),
        "view": view,
        "version": PolicyVersion.objects.filter(state=PolicyVersion.State.ACTIVE).first(),
        "differs": sorted(_decided(law) ^ law.matrix.cells) if view == AS_DECIDED else (),
        "versions": versions(),
    }


def table_of(cells: frozenset[Cell], role: str) -> PlainTable:
    """Purpose by purpose: which kinds of data, and what may be done with them."""
    mine: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    found: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        if cell.role == role:
            found.setdefault((cell.purpose, cell.category), []).append(cell.action)
    order = list(ACTIONS)
    for (purpose, category), actions in sorted(found.items()):
        acts = tuple(sorted(actions, key=lambda action: order.index(action) if action in order else len(order)))
        mine.setdefault((purpose, acts), []).append(category)
    rows = [
        Row(
            (
                purpose_label(purpose),
                Chips([Badge(category_label(category)) for category in categories]),
                Chips([Badge(action_label(action), *_tone(action)) for action in acts]),
            )
        )
        for (purpose, acts), categories in mine.items()
    ]
    empty = Empty(_("This role may do nothing"), _("Whatever the matrix does not grant is refused."), "ban")
    return PlainTable(role_label(role), (_("Purpose"), _("Kinds of data"), _("May")), rows, empty)


def _tone(action: str) -> tuple[str, str]:
    if action in {"reveal", "play_original", "export", "share", "erase", "release_hold"}:
        return ("seal", "")
    return ("info", "")


def versions() -> PlainTable:
    rows = []
    for version in PolicyVersion.objects.order_by("-version")[:10]:
        tone, icon = _LOOKS[PolicyVersion.State(version.state)]
        rows.append(
            Row(
                (
                    _link(version),
                    Badge(PolicyVersion.State(version.state).label, tone, icon),
                    version.created_at,
                    version.activated_at or "",
                )
            )
        )
    return PlainTable(_("Versions"), (_("Version"), _("State"), _("Written"), _("In force from")), rows)


def _link(version: PolicyVersion) -> object:
    from callwarden.doors.console.components import Link

    return Link(f"#{version.version}", reverse("console:matrix_version", args=[version.pk]))


class ChangeForm(forms.Form):
    """For one role, purpose and kind of data: exactly these actions from now on."""

    role = forms.ChoiceField(label=_("Role"))
    purpose = forms.ChoiceField(label=_("Purpose"))
    category = forms.ChoiceField(label=_("Kind of data"))
    actions = forms.MultipleChoiceField(
        label=_("May then"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=list(ACTIONS.items()),
        help_text=_("Exactly these, and nothing else. None of them: the role may do nothing with it for this purpose."),
    )

    def __init__(self, *args: Any, matrix: Matrix, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "role", [(role, role_label(role)) for role in matrix.roles])
        offer(self, "purpose", [(purpose, purpose_label(purpose)) for purpose in matrix.purposes])
        offer(self, "category", [(one, category_label(one)) for one in matrix.categories])


def changed(matrix: Matrix, given: dict[str, object]) -> Matrix:
    """The next version, in which one place allows exactly the chosen actions.

    Raises:
        Conflict: nothing would change.
    """
    place = (str(given["role"]), str(given["purpose"]), str(given["category"]))
    chosen = set(given["actions"])  # type: ignore[call-overload]
    newer = matrix
    for action in ACTIONS:
        cell = Cell(*place, action)
        if (cell in matrix.cells) != (action in chosen):
            newer = newer.with_cell(cell, action in chosen)
    if newer is matrix:
        raise Conflict("nothing_changes", _("This is how it is already. Nothing was proposed."))
    return newer


@for_roles(CHANGE)
def propose(request: ConsoleRequest) -> HttpResponse:
    """Draft a new version; it decides nothing until two people have put it into force."""
    matrix = active().matrix
    form = ChangeForm(request.POST or None, initial={"role": request.GET.get("role", "")}, matrix=matrix)
    if form.is_valid():
        made = draft(changed(matrix, form.cleaned_data), actor=request.actor.name)
        return HttpResponseRedirect(reverse("console:matrix_version", args=[made.pk]))
    crumbs = (Crumb(_("Internal control"), reverse("console:control")), Crumb(_("Propose a change")))
    context = {"form": form, "crumbs": crumbs}
    return render(request, "console/chapters/matrix_propose.html", context, status=422 if form.errors else 200)


@for_roles(OVERSEE)
@require_safe
def version(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One version: what it changes of the one in force, or changed of the one before."""
    one = _find(pk)
    is_draft = one.state == PolicyVersion.State.DRAFT
    before = PolicyVersion.objects.filter(state=PolicyVersion.State.ACTIVE) if is_draft else _earlier(one)
    other = before.order_by("-version").first()
    tone, icon = _LOOKS[PolicyVersion.State(one.state)]
    context = {
        "version": one,
        "title": _("Access matrix, version %(number)s") % {"number": one.version},
        "badge": Badge(PolicyVersion.State(one.state).label, tone, icon),
        "facts": Facts(
            [
                Fact(_("Written"), one.created_at),
                Fact(_("In force from"), one.activated_at or None),
                Fact(_("Digest"), one.digest),
            ]
        ),
        "other": other,
        "difference": of_matrices(Matrix.from_data(other.matrix), Matrix.from_data(one.matrix)) if other else None,
        "may_ask": is_draft and holds(request, CHANGE),
        "asked": _asked(one) if is_draft else None,
        "form": AskForm(),
        "crumbs": (Crumb(_("Internal control"), reverse("console:control")), Crumb(f"#{one.version}")),
    }
    return render(request, "console/chapters/matrix_version.html", context)


def _find(pk: UUID) -> PolicyVersion:
    found = PolicyVersion.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_version", _("There is no such version. Go back to the chapter."))
    return found


def _earlier(one: PolicyVersion) -> QuerySet[PolicyVersion]:
    return PolicyVersion.objects.filter(version__lt=one.version).exclude(state=PolicyVersion.State.DRAFT)


def _asked(one: PolicyVersion) -> Approval | None:
    open_still = (Approval.State.PENDING, Approval.State.APPROVED)
    return Approval.objects.filter(kind=ACTIVATE, digest=activation(one).digest, state__in=open_still).first()


@for_roles(CHANGE)
@require_POST
def ask(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask for leave to decide by exactly this version."""
    one = _find(pk)
    return do(
        request,
        lambda: approvals.request(
            activation(one),
            requester=request.user,
            reason=request.POST.get("reason", "")[:1000],
            session=request.actor.session,
        ),
        said=_("It has been asked to put this version into force. Somebody else decides in the approvals."),
        then=reverse("console:matrix_version", args=[pk]),
    )
