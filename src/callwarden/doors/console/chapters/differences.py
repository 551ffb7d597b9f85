"""What one version of the access matrix changes of another, cell by cell."""

from __future__ import annotations

from collections import defaultdict

from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.chapters.words import action_label, category_label, role_label
from callwarden.doors.console.components import Change, Difference
from callwarden.doors.console.labels import purpose_label
from callwarden.doors.console.matrix.words import guard_changes
from callwarden.engines.policy import Matrix


def of_matrices(before: Matrix, after: Matrix) -> Difference | None:
    """Cells granted and taken away, one line for each role, purpose and kind of data, then guards; None where
    nothing differs."""
    diff = before.diff(after)
    places: dict[tuple[str, str, str], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, cells in enumerate((diff.removed, diff.added)):
        for cell in sorted(cells):
            places[cell.role, cell.purpose, cell.category][side].append(str(action_label(cell.action)))
    changes = [
        Change(_place(*place), ", ".join(removed), ", ".join(added))
        for place, (removed, added) in sorted(places.items())
    ]
    changes += guard_changes(before, after)
    return Difference(changes, _("What the new matrix changes")) if changes else None


def _place(role: str, purpose: str, category: str) -> str:
    return " · ".join(str(label) for label in (role_label(role), purpose_label(purpose), category_label(category)))
