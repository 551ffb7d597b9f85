"""What the page of training shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.control.training import queries
from callwarden.control.training.models import TrainingRecord
from callwarden.control.training.rules import Trained
from callwarden.doors.console.chapters.plain import Button, PlainTable
from callwarden.doors.console.components import Action, Badge, Empty, Link, Option, Row
from callwarden.doors.console.deeds import named_actor
from callwarden.doors.console.listing import Column, Filter
from callwarden.doors.console.people.tables import TRAINING, role_chips
from callwarden.kernel.models import User

COLUMNS = (
    Column("person", pgettext_lazy("account", "Who")),
    Column("roles", _("Roles")),
    Column("standing", _("Training in security")),
    Column("until", _("Counts until")),
)
FILTERS = (
    Filter(
        "standing",
        _("Shown"),
        options=[
            Option("sensitive", _("Holds a sensitive role")),
            Option("missing", _("Not current")),
        ],
    ),
)
EMPTY = Empty(_("Nobody fits"), _("Change the filter to see everybody."), "users")


def rows(persons: Iterable[User], trained: Mapping[UUID, Trained]) -> list[Row]:
    return [
        Row(
            (
                Link(one.get_full_name(), reverse("console:training_person", args=[one.pk]), one.username),
                role_chips(one.roles) if one.roles else "",
                TRAINING[trained[one.pk].standing],
                until.isoformat() if (until := trained[one.pk].until) else "",
            ),
            reverse("console:training_person", args=[one.pk]),
        )
        for one in persons
    ]


def of_person(person: User, *, may_change: bool) -> PlainTable:
    """Everything in the register about one person, the latest first, also what was taken back."""
    found = TrainingRecord.objects.filter(person=person).select_related("taken_back")
    standing = set(queries.counted().filter(person=person).values_list("pk", flat=True))
    shown = [
        Row(
            (
                one.course,
                one.completed_on.isoformat(),
                one.valid_until.isoformat(),
                one.get_source_display(),
                named_actor(one.entered_by),
                _state(one, one.pk in standing, may_change),
            )
        )
        for one in found.order_by("-completed_on", "course", "-entered_at")
    ]
    headings = (_("Course"), _("Completed on"), _("Counts until"), _("Source"), _("Entered by"), "")
    empty = Empty(_("Never entered"), _("Enter what they completed on the page “Training”."), "certificate")
    return PlainTable(_("Training"), headings, shown, empty)


def _state(one: TrainingRecord, stands: bool, may_change: bool) -> object:
    if not stands:
        return Badge(_("Taken back"), "neutral", "circle-minus")
    if not may_change:
        return ""
    return Button(Action(_("Take back"), reverse("console:training_take_back", args=[one.pk]), "circle-minus"))
