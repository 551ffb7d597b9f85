"""Lists that filter, sort, page and export, on the server, with or without scripts.

A page declares its columns and filters once, reads a `ListQuery` from the request, asks a chapter's query for that
slice and hands a `Table` to the template:

    query = ListQuery.read(request, COLUMNS, FILTERS, sort="-at")
    total, calls = queries.calls(query.values, order=query.sort, start=query.start, count=query.size)
    table = Table("calls", _("Calls"), COLUMNS, [row(call) for call in calls], query, total, EMPTY, filters=FILTERS)
    return render_list(request, "console/calls.html", table)

A list whose filters may hold personal data is `private`: its form posts, so that nothing a person typed enters an
address, a history or a log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from callwarden.doors.console.components import Empty, Option, Row, Text

RowType = TypeVar("RowType", bound=Model)

SIZES = (25, 50, 100)
LONGEST_PAGE = 100_000
LONGEST_TEXT = 200
# Beyond this many rows nobody pages through a list, and counting them all would cost more than drawing the page.
COUNTED = 10_000


@dataclass(frozen=True)
class Column:
    key: str
    label: Text
    sortable: bool = False
    end: bool = False


@dataclass(frozen=True)
class Filter:
    """One filter. `kind` is choice, search, date or id: an id is set by a link, goes along unseen, and is no text."""

    name: str
    label: Text
    kind: str = "choice"
    options: Sequence[Option] = ()
    placeholder: Text = ""

    def accept(self, value: str) -> str:
        """The value when this filter can use it, else nothing: a stale or mistyped filter must not break a page."""
        value = value.strip()
        if self.kind == "choice":
            return value if value in {option.value for option in self.options} else ""
        if self.kind == "date":
            try:
                return date.fromisoformat(value).isoformat()
            except ValueError:
                return ""
        if self.kind == "id":
            return _id(value)
        return value[:LONGEST_TEXT]


@dataclass(frozen=True)
class ListQuery:
    """What the viewer asked of a list: filter values, order (`-` first for descending) and page, all validated."""

    values: Mapping[str, str]
    sort: str
    page: int
    size: int

    @classmethod
    def read(
        cls, request: HttpRequest, columns: Sequence[Column], filters: Sequence[Filter] = (), *, sort: str = ""
    ) -> ListQuery:
        """Reads GET, or POST for private lists. Unknown names and values are dropped."""
        given = request.POST if request.method == "POST" else request.GET
        sortable = {column.key for column in columns if column.sortable}
        asked = given.get("sort", "")
        return cls(
            values={one.name: one.accept(given.get(one.name, "")) for one in filters},
            sort=asked if asked.removeprefix("-") in sortable else sort,
            page=_whole(given.get("page", ""), 1, LONGEST_PAGE),
            size=size if (size := _whole(given.get("size", ""), 0, SIZES[-1])) in SIZES else SIZES[0],
        )

    @property
    def start(self) -> int:
        return (self.page - 1) * self.size

    @property
    def is_filtered(self) -> bool:
        return any(self.values.values())


@dataclass(frozen=True)
class Heading:
    """A column as the header draws it: `next_sort` is what its button asks for."""

    column: Column
    direction: str
    next_sort: str


@dataclass(frozen=True)
class Picks:
    """Rows of a list can be chosen, or all that match be taken, for an act on many: the form that does it.

    Args:
        href: the page the choice goes to, with the filters of the list, `which` (`chosen` or `all`) and `chosen`.
        given: what else is told there.
        label, acts: where only chosen rows can be acted on: what the buttons are about and, as `action`, what each is.
    """

    href: str
    given: Sequence[tuple[str, str]] = ()
    label: Text = ""
    acts: Sequence[Option] = ()


@dataclass(frozen=True)
class Table:
    """A slice of a list, ready to draw.

    Args:
        name: unique in the page; names the form and the region that is swapped.
        total: rows in all, after filtering; None when there are more than `COUNTED`, or counting costs too much.
        more: whether a page follows, where there is no total.
        export_href: where an export is asked for; the export itself passes the door.
        picks: where choosing rows leads, for somebody who may act on many; rows that can be chosen have a `pick`.
    """

    name: str
    caption: Text
    columns: Sequence[Column]
    rows: Sequence[Row]
    query: ListQuery
    total: int | None
    empty: Empty
    filters: Sequence[Filter] = ()
    export_href: str = ""
    export_label: Text = ""
    private: bool = False
    more: bool = False
    picks: Picks | None = None

    @property
    def beyond(self) -> int:
        """How many there are at least, where the list is too long to be counted."""
        return COUNTED if self.total is None and self.more else 0

    @property
    def method(self) -> str:
        return "post" if self.private else "get"

    @property
    def headings(self) -> list[Heading]:
        return [self._heading(column) for column in self.columns]

    def _heading(self, column: Column) -> Heading:
        if self.query.sort == column.key:
            return Heading(column, "ascending", f"-{column.key}")
        if self.query.sort == f"-{column.key}":
            return Heading(column, "descending", column.key)
        return Heading(column, "", column.key)

    @property
    def lines(self) -> list[tuple[Row, list[tuple[Column, object]]]]:
        return [(row, list(zip(self.columns, row.cells, strict=True))) for row in self.rows]

    @property
    def controls(self) -> list[tuple[Filter, str]]:
        return [(one, self.query.values.get(one.name, "")) for one in self.filters]

    @property
    def first(self) -> int:
        return self.query.start + 1

    @property
    def last(self) -> int:
        return self.query.start + len(self.rows)

    @property
    def previous_page(self) -> int | None:
        return self.query.page - 1 if self.query.page > 1 else None

    @property
    def next_page(self) -> int | None:
        follows = self.more if self.total is None else self.last < self.total
        return self.query.page + 1 if follows else None


def slice_of(rows: QuerySet[RowType], query: ListQuery) -> tuple[int | None, list[RowType], bool]:
    """(how many rows there are, None for more than `COUNTED`; those of this page; whether more follow).

    Counting stops at the bound, so that a list costs the same over a thousand rows and over a million.
    """
    counted: int = rows.order_by()[: COUNTED + 1].count()
    found = list(rows[query.start : query.start + query.size + 1])
    return (counted if counted <= COUNTED else None), found[: query.size], len(found) > query.size


def render_list(
    request: HttpRequest, template: str, table: Table, context: Mapping[str, object] | None = None
) -> HttpResponse:
    """The whole page, or only the table when htmx asked for its region."""
    asked_for = request.headers.get("HX-Target", "") if request.headers.get("HX-Request") == "true" else ""
    if asked_for == f"{table.name}-region":
        response = render(request, "console/components/table.html", {"table": table})
    else:
        response = render(request, template, {**(context or {}), "table": table})
    # The same address answers two shapes; a shared cache or the back button must not mix them up.
    response["Vary"] = "HX-Request, HX-Target, Cookie"
    return response


def _id(text: str) -> str:
    """The id; one that nothing has in place of what is none, so that a slip never widens what is taken away."""
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        return str(UUID(int=0))


def _whole(text: str, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        return least
    return max(least, min(most, number))
