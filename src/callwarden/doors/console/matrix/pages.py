"""Reading the matrix: the version in force, any other, what differs, and all of it to take away."""

from __future__ import annotations

import csv
import io
import json
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.control.access import actions, rules
from callwarden.control.access.acts import ACTIVATE, activation
from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import active, in_shadow, not_live, still_used
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.chapters.asking import CHANGE, AskForm
from callwarden.doors.console.chapters.differences import of_matrices
from callwarden.doors.console.chapters.words import role_label
from callwarden.doors.console.components import Action, Crumb, Text
from callwarden.doors.console.labels import purpose_label
from callwarden.doors.console.matrix import tables
from callwarden.doors.console.matrix.forms import ShadowForm
from callwarden.doors.console.matrix.grid import grid_of
from callwarden.doors.console.matrix.words import LAPSES, faults_told, marked
from callwarden.doors.console.navigation import OVERSEE, PROVE
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.engines.policy import Matrix, MatrixRefused
from callwarden.kernel import approvals
from callwarden.kernel.errors import Conflict, NotFound
from callwarden.kernel.models import Approval
from callwarden.kernel.spreadsheets import inert

State = PolicyVersion.State
AS_GRANTED, AS_DECIDED = "granted", "decided"


def crumbs(*more: Crumb) -> tuple[Crumb, ...]:
    return (Crumb(_("Internal control"), reverse("console:control")), *more)


def home_crumb() -> Crumb:
    return Crumb(_("Roles and purposes"), reverse("console:access"))


def version_label(version: PolicyVersion) -> Text:
    return _("Version %(number)s") % {"number": version.version}


def find(pk: UUID) -> PolicyVersion:
    """A version.

    Raises:
        NotFound: there is none.
    """
    found = PolicyVersion.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_version", _("There is no such version. Go back to the list of versions."))
    return found


def matrix_of(version: PolicyVersion) -> Matrix:
    """What a version says.

    Raises:
        Conflict: it was written under a release that knew other settings.
    """
    try:
        return Matrix.from_data(version.matrix)
    except MatrixRefused as refusal:
        raise Conflict(
            "matrix_of_another_release",
            _("Version %(number)s was written under another release and cannot be read by this one: %(why)s"),
            data={"number": version.version, "why": " ".join(faults_told(refusal))},
        ) from None


def in_force() -> PolicyVersion | None:
    return PolicyVersion.objects.filter(state=State.ACTIVE).first()


def chosen(request: ConsoleRequest, matrix: Matrix) -> tuple[str, str]:
    """The role and the purpose that the page is about: those asked for, else where the matrix grants something."""
    given = request.POST if request.method == "POST" else request.GET
    role = given.get("role", "")
    role = role if role in matrix.roles else matrix.roles[0]
    purpose = given.get("purpose", "")
    if purpose not in matrix.purposes:
        used = {cell.purpose for cell in matrix.cells if cell.role == role}
        purpose = next((one for one in matrix.purposes if one in used), next(iter(matrix.purposes)))
    return role, purpose


def choices(matrix: Matrix, role: str, purpose: str) -> dict[str, object]:
    """The two lists to choose from; a purpose says for how many cells the role has it."""
    counts, dead = {one: 0 for one in matrix.purposes}, not_live(matrix)
    for cell in matrix.cells:
        if cell.role == role:
            counts[cell.purpose] += 1
    return {
        "roles": [(one, role_label(one), one == role) for one in matrix.roles],
        "purposes": [(one, marked(one, dead), one == purpose, counts[one]) for one in matrix.purposes],
        "dead": LAPSES[dead[purpose]] if purpose in dead else "",
    }


@for_roles(OVERSEE)
@require_safe
def home(request: ConsoleRequest) -> HttpResponse:
    """The matrix in force as a grid, drafts and the shadow, and the ways to try and compare."""
    matrix = active().matrix
    role, purpose = chosen(request, matrix)
    version = in_force()
    shadow = in_shadow()
    drafts = PolicyVersion.objects.filter(state=State.DRAFT).order_by("-version")
    context = {
        "version": version,
        "grid": grid_of(matrix, role, purpose, caption=role_label(role)),
        **choices(matrix, role, purpose),
        "shadow": shadow,
        "drafts": tables.versions(drafts[:5]) if drafts.exists() else None,
        "versions": tables.versions(PolicyVersion.objects.order_by("-version")[:20]),
        "may_change": holds(request, CHANGE),
        "may_try": holds(request, PROVE),
        "crumbs": crumbs(Crumb(_("Roles and purposes"))),
        "actions": _ways(request, version),
    }
    return render(request, "console/matrix/home.html", context)


def _ways(request: ConsoleRequest, version: PolicyVersion | None) -> list[Action]:
    ways = []
    if holds(request, PROVE):
        ways.append(Action(_("Could this person do that?"), reverse("console:access_try"), "help-circle"))
    if version:
        ways.append(
            Action(_("Effective matrix"), reverse("console:matrix_effective", args=[version.pk]), "clipboard-check")
        )
    ways.append(Action(_("Compare versions"), reverse("console:matrix_compare"), "arrows-sort"))
    if holds(request, CHANGE):
        ways.append(Action(_("Own and family records"), reverse("console:ties"), "users"))
        ways.append(Action(_("New draft"), reverse("console:matrix_draft"), "plus", "primary", method="post"))
    return ways


@for_roles(OVERSEE)
@require_safe
def version(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One version: what it changes of the one in force, or changed of the one before, and what may become of it."""
    one = find(pk)
    waiting = one.state in (State.DRAFT, State.SHADOW)
    before = PolicyVersion.objects.filter(state=State.ACTIVE) if waiting else _earlier(one)
    other = before.order_by("-version").first()
    matrix = matrix_of(one)
    may_change = holds(request, CHANGE)
    context = {
        "version": one,
        "title": _("Access matrix, version %(number)s") % {"number": one.version},
        "badge": tables.badge(one),
        "facts": tables.facts(one),
        "other": other,
        "difference": of_matrices(matrix_of(other), matrix) if other else None,
        "objections": [*rules.objections(matrix), *still_used(matrix)] if waiting else (),
        "may_write": may_change and one.state == State.DRAFT,
        "may_drop": may_change and waiting,
        "may_copy": may_change,
        "was_in_shadow": one.shadowed_at is not None,
        "shadow_form": ShadowForm() if may_change and one.state == State.DRAFT and not in_shadow() else None,
        "may_ask": may_change and waiting,
        "may_try": holds(request, PROVE) and waiting,
        "asked": _asked(one) if waiting else None,
        "form": AskForm(),
        "crumbs": crumbs(home_crumb(), Crumb(version_label(one))),
    }
    return render(request, "console/matrix/version.html", context)


def _earlier(one: PolicyVersion) -> QuerySet[PolicyVersion]:
    decided = (State.ACTIVE, State.SUPERSEDED)
    return PolicyVersion.objects.filter(version__lt=one.version, state__in=decided)


def _asked(one: PolicyVersion) -> Approval | None:
    open_still = (Approval.State.PENDING, Approval.State.APPROVED)
    return Approval.objects.filter(kind=ACTIVATE, digest=activation(one).digest, state__in=open_still).first()


@for_roles(CHANGE)
@require_POST
def ask(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask for leave to decide by exactly this version."""
    one = find(pk)
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


@for_roles(CHANGE)
@require_POST
def drop(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Put a draft or a shadow away."""
    one = find(pk)
    return do(
        request,
        lambda: actions.drop(one, actor=request.actor.name),
        said=_("The version is put away. It can be read still."),
        then=reverse("console:access"),
    )


@for_roles(OVERSEE)
@require_safe
def compare(request: ConsoleRequest) -> HttpResponse:
    """What one version changes of another, whichever two."""
    found = list(PolicyVersion.objects.order_by("-version"))
    by_number = {str(one.version): one for one in found}
    after = by_number.get(request.GET.get("after", "")) or (found[0] if found else None)
    before = by_number.get(request.GET.get("before", "")) or in_force() or after
    difference = None
    if before and after:
        difference = of_matrices(matrix_of(before), matrix_of(after))
    context = {
        "versions": [(str(one.version), _option(one)) for one in found],
        "before": before,
        "after": after,
        "difference": difference,
        "crumbs": crumbs(home_crumb(), Crumb(_("Compare versions"))),
    }
    return render(request, "console/matrix/compare.html", context)


def _option(one: PolicyVersion) -> Text:
    return f"#{one.version} · {State(one.state).label}"


@for_roles(OVERSEE)
@require_safe
def effective(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """What the compiled policy does with every cell when all guards are content, beside what is granted."""
    one = find(pk)
    law, decided = tables.effective(one)
    role, _purpose = chosen(request, law.matrix)
    context = {
        "version": one,
        "badge": tables.badge(one),
        "title": _("Effective matrix, version %(number)s") % {"number": one.version},
        "roles": [(each, role_label(each), each == role) for each in law.matrix.roles],
        "table": tables.by_purpose(decided, role),
        "role_label": role_label(role),
        "allowed": len(decided),
        "differs": len(decided ^ law.matrix.cells),
        "law": law.digest,
        "crumbs": crumbs(home_crumb(), Crumb(version_label(one), reverse("console:matrix_version", args=[pk])),
                         Crumb(_("Effective matrix"))),
    }  # fmt: skip
    return render(request, "console/matrix/effective.html", context)


@for_roles(OVERSEE)
@require_safe
def effective_csv(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Every allowed cell as a line: slugs, then names in the reader's language. What is not listed is refused."""
    from callwarden.doors.console.chapters.words import action_label, category_label

    one = find(pk)
    _law, decided = tables.effective(one)
    text = io.StringIO()
    write = csv.writer(text)
    write.writerow(
        ("role", "purpose", "category", "action", "role_name", "purpose_name", "category_name", "action_name")
    )
    for cell in sorted(decided):
        names = (
            role_label(cell.role),
            purpose_label(cell.purpose),
            category_label(cell.category),
            action_label(cell.action),
        )
        write.writerow([inert(str(one)) for one in (*cell, *names)])
    # The mark at the beginning lets spreadsheets read the Chinese names.
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="access-matrix-{one.version}.csv"'
    return answer


@for_roles(OVERSEE)
@require_safe
def effective_json(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The matrix of a version, its digests, and every cell that the compiled policy allows."""
    one = find(pk)
    law, decided = tables.effective(one)
    told = {
        "version": one.version,
        "state": one.state,
        "matrix_digest": one.digest,
        "policy_digest": law.digest,
        "matrix": law.matrix.to_data(),
        "allowed": [cell._asdict() for cell in sorted(decided)],
    }
    answer = HttpResponse(json.dumps(told, ensure_ascii=False, indent=1), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="access-matrix-{one.version}.json"'
    return answer
