"""Counting in SQL: k and l are checked by the database over the quasi-identifiers, before anything is called anonymous.

The table is temporary, of one transaction, and holds small whole numbers only: a number drawn for each person, and a
code for each label. What a code means stays in this process. No name of a column comes from outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from callwarden.lawful.anonymisation.places import OTHER
from callwarden.lawful.anonymisation.rules import SEVERAL, Column, Figures, Group, Recipe, reached

TABLE: Final = "pg_temp.anonymisation_members"
_MANY: Final = -1
_FEW: Final = 0


@dataclass(frozen=True)
class Row:
    """One record of one person as far as a release needs it: the finest label of each field, in the fields' order.

    `person` is a number drawn for this count alone.
    """

    person: int
    labels: tuple[str, ...]

    def __repr__(self) -> str:
        return "Row(...)"


@dataclass(frozen=True)
class Gathered:
    """Records as rows, in memory only.

    Attributes:
        fields: slugs of the fields that `Row.labels` holds.
        left_out: why -> how many people or calls could not be part of it.
    """

    fields: tuple[str, ...]
    rows: Sequence[Row]
    left_out: Mapping[str, int]

    def __repr__(self) -> str:
        return f"Gathered({len(self.rows)} rows)"


@dataclass(frozen=True)
class Coarser:
    """What one column a step coarser would bring: the share that would be left out, and whether it would do."""

    field: str
    level: str
    suppressed_percent: float
    reached: bool


@dataclass(frozen=True)
class Measured:
    """What counting found, and the groups that may leave; no group when the recipe was not reached."""

    recipe: Recipe
    figures: Figures
    against: tuple[str, ...]
    groups: tuple[Group, ...]
    coarser: tuple[Coarser, ...] = ()

    @property
    def left_out(self) -> bool:
        """Whether some groups are not among the rows."""
        return bool(self.figures.suppressed)


def measure(recipe: Recipe, gathered: Gathered) -> Measured:
    """Count the people in every group of the recipe. Where k or l is not reached, say what each column would bring
    one step coarser.
    """
    with _loaded(recipe, gathered) as (cursor, codes):
        figures = _figures(cursor, recipe)
        against = reached(recipe, figures)
        if not against:
            return Measured(recipe, figures, (), tuple(_groups(cursor, recipe, codes)))
    coarser = []
    for one in recipe.columns:
        other = recipe.coarser(one.field)
        if other is not None:
            found = figures_of(other, gathered)
            level = next(column.level for column in other.columns if column.field == one.field)
            coarser.append(Coarser(one.field, level, found.suppressed_percent, not reached(other, found)))
    coarser.sort(key=lambda found: (not found.reached, found.suppressed_percent, found.field))
    return Measured(recipe, figures, against, (), tuple(coarser))


def figures_of(recipe: Recipe, gathered: Gathered) -> Figures:
    """The figures alone."""
    with _loaded(recipe, gathered) as (cursor, _codes):
        return _figures(cursor, recipe)


class _Codes:
    """Labels of one column by numbers that mean nothing outside this process."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._of_finest: dict[str, int] = {}
        self._of_label: dict[str, int] = {}
        self.labels: dict[int, str] = {_FEW: OTHER, _MANY: SEVERAL}

    def code(self, finest: str) -> int:
        known = self._of_finest.get(finest)
        if known is None:
            whole = finest == SEVERAL and self._column.level != "any"
            label = SEVERAL if whole else self._column.of.label(finest, self._column.level)
            known = self._of_label.get(label)
            if known is None:
                # What stands for no value has one code, wherever it comes from: told apart, it would count as two.
                known = {OTHER: _FEW, SEVERAL: _MANY}.get(label, len(self._of_label) + 1)
                self._of_label[label] = known
                self.labels[known] = label
            self._of_finest[finest] = known
        return known


def _name(recipe: Recipe, column: Column) -> str:
    """`c0` to `c5`, by position: nothing that was typed enters a statement."""
    return f"c{recipe.columns.index(column)}"


@contextmanager
def _loaded(recipe: Recipe, gathered: Gathered) -> Iterator[tuple[CursorWrapper, list[_Codes]]]:
    codes = [_Codes(one) for one in recipe.columns]
    places = [gathered.fields.index(one.field) for one in recipe.columns]
    names = [_name(recipe, one) for one in recipe.columns]
    with transaction.atomic(), connection.cursor() as cursor:
        listed = ", ".join(f"{name} integer NOT NULL" for name in ("person", *names))
        cursor.execute(f"CREATE TEMPORARY TABLE anonymisation_members ({listed}) ON COMMIT DROP")
        try:
            # A table this size stays in the memory of its session; `temp_buffers` is its bound.
            with cursor.copy(f"COPY {TABLE} (person, {', '.join(names)}) FROM STDIN") as copy:
                for row in gathered.rows:
                    told = (one.code(row.labels[at]) for one, at in zip(codes, places, strict=True))
                    copy.write_row((row.person, *told))
            _hide_rare(cursor, recipe)
            yield cursor, codes
        finally:
            # Inside another transaction the table would last as long as that one.
            if not connection.needs_rollback:
                cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")


def _hide_rare(cursor: CursorWrapper, recipe: Recipe) -> None:
    """A label that comes from records and that fewer than k people have could say who they are: it becomes "other"."""
    for column in recipe.columns:
        if column.of.open:
            name = _name(recipe, column)
            rare = f"SELECT {name} FROM {TABLE} GROUP BY {name} HAVING count(DISTINCT person) < %s"  # noqa: S608
            cursor.execute(f"UPDATE {TABLE} SET {name} = {_FEW} WHERE {name} IN ({rare})", [recipe.k])  # noqa: S608


def _classes(recipe: Recipe) -> str:
    """A person is a member of a group once, however many of their records are in it; where these differ in the
    sensitive column, their value is "several".
    """
    quasi = ", ".join(_name(recipe, one) for one in recipe.quasi)
    sensitive = recipe.sensitive
    value = "0"
    if sensitive is not None:
        name = _name(recipe, sensitive)
        value = f"CASE WHEN min({name}) = max({name}) THEN min({name}) ELSE {_MANY} END"
    members = f"SELECT {quasi}, {value} AS value FROM {TABLE} GROUP BY {quasi}, person"  # noqa: S608
    counted = "count(*) AS people, count(DISTINCT value) AS kinds"
    return f"WITH members AS ({members}), classes AS (SELECT {quasi}, {counted} FROM members GROUP BY {quasi})"  # noqa: S608


_KEPT: Final = "people >= %(k)s AND kinds >= %(l)s"
_FIGURES: Final = f"""
SELECT count(*), coalesce(min(people), 0), coalesce(min(kinds), 0), coalesce(sum(people), 0),
       count(*) FILTER (WHERE people < %(k)s), count(*) FILTER (WHERE people >= %(k)s AND kinds < %(l)s),
       coalesce(sum(people) FILTER (WHERE NOT ({_KEPT})), 0), count(*) FILTER (WHERE {_KEPT}),
       coalesce(min(people) FILTER (WHERE {_KEPT}), 0), coalesce(min(kinds) FILTER (WHERE {_KEPT}), 0)
FROM classes
"""  # noqa: S608


def _needed(recipe: Recipe) -> dict[str, int]:
    return {"k": recipe.k, "l": recipe.l if recipe.sensitive else 0}


def _figures(cursor: CursorWrapper, recipe: Recipe) -> Figures:
    cursor.execute(f"SELECT count(DISTINCT person) FROM {TABLE}")  # noqa: S608
    (people,) = cursor.fetchone()
    classes = _classes(recipe)
    cursor.execute(classes + _FIGURES, _needed(recipe))
    found = [int(number) for number in cursor.fetchone()]
    cursor.execute(f"{classes} SELECT people, count(*) FROM classes GROUP BY people ORDER BY people")  # noqa: S608
    histogram = {int(size): int(count) for size, count in cursor.fetchall()}
    figures = Figures(
        people=people,
        classes=found[0],
        smallest=found[1],
        least_values=found[2],
        members=found[3],
        small=found[4],
        alike=found[5],
        suppressed=found[6],
        kept_classes=found[7],
        kept_smallest=found[8],
        kept_least=found[9],
        histogram=histogram,
    )
    return figures if recipe.sensitive else replace(figures, least_values=0, kept_least=0)


def _groups(cursor: CursorWrapper, recipe: Recipe, codes: Sequence[_Codes]) -> list[Group]:
    """What may leave: groups that reach k and l, in the order of their labels."""
    names = [_name(recipe, one) for one in recipe.quasi]
    listed = ", ".join(names)
    of = {_name(recipe, column): codes[at] for at, column in enumerate(recipe.columns)}
    counted = f"SELECT {listed}, value, count(*) FROM members JOIN classes USING ({listed})"  # noqa: S608
    cursor.execute(f"{_classes(recipe)} {counted} WHERE {_KEPT} GROUP BY {listed}, value", _needed(recipe))
    sensitive = recipe.sensitive
    found = []
    for *quasi, value, people in cursor.fetchall():
        labels = tuple(of[name].labels[code] for name, code in zip(names, quasi, strict=True))
        told = of[_name(recipe, sensitive)].labels[value] if sensitive else ""
        found.append(Group(labels, told, people))
    return sorted(found, key=lambda group: (group.labels, group.value))
