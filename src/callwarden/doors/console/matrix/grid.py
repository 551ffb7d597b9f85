"""The matrix as a grid: for one role and purpose, kinds of data down, actions across."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final, NamedTuple

from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.chapters.words import action_label, category_label
from callwarden.doors.console.components import Text
from callwarden.doors.console.matrix.words import Both, both
from callwarden.engines.policy import Cell, Matrix

# Columns in the order in which people think of them; every action of the engine is in exactly one group.
COLUMNS: Final[tuple[tuple[Text, tuple[str, ...]], ...]] = (
    (_("See and hear"), ("view_masked", "reveal", "play_redacted", "play_original", "search")),
    (_("Hand out"), ("export", "share")),
    (_("Handle"), ("import", "admit", "redact", "erase", "hold", "release_hold")),
    (_("Govern"), ("approve", "read_ledger", "administer_users", "administer_keys", "administer_policy")),
)
ORDER: Final = tuple(action for _title, actions in COLUMNS for action in actions)
SEPARATOR: Final = ":"


class Field(NamedTuple):
    """One cell: whether it is granted, how that differs from the version in force, and its name in the form."""

    action: str
    label: Text
    value: str
    on: bool
    change: str
    first: bool


class Line(NamedTuple):
    category: str
    label: Both
    fields: Sequence[Field]


@dataclass(frozen=True)
class Grid:
    """Drawn by `{% show %}`; `editable` makes it part of a form, whose cells are named `cell`."""

    template: ClassVar[str] = "console/matrix/grid.html"
    caption: Text
    groups: Sequence[tuple[Both, int]]
    headings: Sequence[tuple[Both, bool]]
    lines: Sequence[Line]
    editable: bool = False


def grid_of(
    matrix: Matrix,
    role: str,
    purpose: str,
    *,
    cells: Collection[Cell] | None = None,
    against: Matrix | None = None,
    editable: bool = False,
    caption: Text = "",
) -> Grid:
    """The grid of one role and purpose.

    Args:
        cells: shown as granted instead of the matrix's own (what a person chose in a form that was refused).
        against: the matrix to mark differences from.
    """
    granted = matrix.cells if cells is None else frozenset(cells)
    before = against.cells if against else granted
    starts = {actions[0] for _title, actions in COLUMNS[1:]}
    lines = []
    for category in matrix.categories:
        fields = []
        for action in ORDER:
            cell = Cell(role, purpose, category, action)
            on, was = cell in granted, cell in before
            change = "" if on == was else "added" if on else "removed"
            fields.append(
                Field(action, action_label(action), f"{category}{SEPARATOR}{action}", on, change, action in starts)
            )
        lines.append(Line(category, both(category_label(category)), fields))
    return Grid(
        caption,
        [(both(title), len(actions)) for title, actions in COLUMNS],
        [(both(action_label(action)), action in starts) for action in ORDER],
        lines,
        editable,
    )


def cells_of(chosen: Collection[str], matrix: Matrix, role: str, purpose: str) -> frozenset[Cell] | None:
    """The cells a form names; None when it names one that this matrix cannot have."""
    found = set()
    for value in chosen:
        category, _colon, action = value.partition(SEPARATOR)
        if category not in matrix.categories or action not in ORDER:
            return None
        found.add(Cell(role, purpose, category, action))
    return frozenset(found)


def with_cells(matrix: Matrix, role: str, purpose: str, cells: frozenset[Cell]) -> Matrix:
    """The matrix in which this role has exactly these cells for this purpose."""
    kept = frozenset(cell for cell in matrix.cells if (cell.role, cell.purpose) != (role, purpose))
    return replace(matrix, cells=kept | cells)
