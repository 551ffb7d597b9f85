"""The roles, purposes and kinds of data of one version, as the page of its parts shows them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.control.access import rules
from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import not_live
from callwarden.control.access.rules import Lapse
from callwarden.doors.console.chapters.plain import Button, PlainTable
from callwarden.doors.console.chapters.words import category_label, role_label
from callwarden.doors.console.components import Action, Badge, Link, Row, Text
from callwarden.doors.console.labels import purpose_label
from callwarden.doors.console.matrix.parts_forms import PartForm, PurposeForm
from callwarden.doors.console.matrix.words import both
from callwarden.engines.policy import JOB_PREFIX, Matrix
from callwarden.kernel.models import User
from callwarden.lawful.purposes.models import Purpose

LABELS = {"roles": role_label, "purposes": purpose_label, "categories": category_label}
WORDS: dict[str, tuple[Text, Text, Text]] = {
    "roles": (_("Roles"), _("Roles of programs come with the release and are not listed."), _("Add a role")),
    "purposes": (
        _("Purposes"),
        _("Names, grounds and assessments of purposes are kept in the register of chapter 1."),
        _("Add a purpose"),
    ),
    "categories": (
        _("Kinds of data"),
        _("Added ones can be granted and tried at once; records are filed in the shipped kinds."),
        _("Add a kind of data"),
    ),
}


@dataclass(frozen=True)
class Stacked:
    """A value with a smaller one beneath it."""

    template: ClassVar[str] = "console/matrix/stacked.html"
    label: object
    note: object = ""
    language: str = ""


@dataclass(frozen=True)
class Part:
    """One card: what is there, and the form to add one (None: nothing can be added here)."""

    name: str
    title: Text
    lead: Text
    table: PlainTable
    add: Text
    form: PartForm | None


def part(name: str, one: PolicyVersion, matrix: Matrix, form: PartForm, *, writable: bool) -> Part:
    title, lead, add = WORDS[name]
    cells = Counter(getattr(cell, {"roles": "role", "purposes": "purpose", "categories": "category"}[name])
                    for cell in matrix.cells)  # fmt: skip
    about = _ABOUT[name](matrix)
    rows = [
        Row(
            (
                _named(LABELS[name](slug)),
                _shipped(name, slug),
                about[1].get(slug, ""),
                cells[slug],
                _take_out(one, name, slug) if writable and slug not in rules.SHIPPED[name] else "",
            )
        )
        for slug in getattr(matrix, name)
        if not slug.startswith(JOB_PREFIX)
    ]
    headings = (_("What it is called"), _("Where from"), about[0], _("Cells granted"), "")
    nothing_left = isinstance(form, PurposeForm) and not form.offered
    return Part(
        name, title, lead, PlainTable(title, headings, rows), add, form if writable and not nothing_left else None
    )


def _named(label: Text) -> Stacked:
    told = both(label)
    return Stacked(told.own, told.other, told.language)


def _shipped(part: str, slug: str) -> Badge:
    if slug in rules.SHIPPED[part]:
        return Badge(_("Shipped"), "neutral", "lock")
    return Badge(_("Added here"), "info", "plus")


def _take_out(one: PolicyVersion, part: str, slug: str) -> Button:
    href = reverse("console:matrix_part_out", args=[one.pk, part, slug])
    return Button(Action(_("Take out"), href, "trash", "quiet", method="post", name="expected", value=one.digest))


def _of_roles(matrix: Matrix) -> tuple[Text, dict[str, object]]:
    held = Counter(
        role for roles in User.objects.filter(is_active=True).values_list("roles", flat=True) for role in roles
    )
    based = matrix.names.get("roles", {})
    told: dict[str, object] = {
        role: Stacked(held[role], role_label(based[role].based_on)) if role in based else held[role]
        for role in matrix.roles
    }
    return _("People who hold it"), told


def _of_purposes(matrix: Matrix) -> tuple[Text, dict[str, object]]:
    rows = Purpose.objects.filter(slug__in=list(matrix.purposes)).annotate(count=Count("grounds"))
    told: dict[str, object] = {
        row.slug: Link(Purpose.State(row.state).label, reverse("console:purpose", args=[row.slug])) for row in rows
    }
    for slug, lapse in not_live(matrix).items():
        label = _("Retired: gives no access") if lapse is Lapse.RETIRED else _("Not there: gives no access")
        told[slug] = Badge(label, "fail", "ban")
    return _("In the register"), told


def _of_categories(matrix: Matrix) -> tuple[Text, dict[str, object]]:
    live = set(matrix.guards.live_call_categories)
    return _("Guard"), {slug: _("In clear only during a call") for slug in matrix.categories if slug in live}


_ABOUT = {"roles": _of_roles, "purposes": _of_purposes, "categories": _of_categories}
