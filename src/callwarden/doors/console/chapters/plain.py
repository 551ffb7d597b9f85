"""A table that is no list: everything at once, in one order, without filters or pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from callwarden.doors.console.components import Action, Empty, Row, Text


@dataclass(frozen=True)
class PlainTable:
    """Rows of cells under headings; drawn with `{% show %}`."""

    template: ClassVar[str] = "console/oversight/plain_table.html"
    caption: Text
    headings: Sequence[Text]
    rows: Sequence[Row]
    empty: Empty | None = None

    @property
    def lines(self) -> list[list[tuple[Text, object]]]:
        return [list(zip(self.headings, row.cells, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Button:
    """An action as a cell of a table."""

    template: ClassVar[str] = "console/oversight/button.html"
    action: Action
