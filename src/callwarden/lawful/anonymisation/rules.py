"""What a release must be like before it may be called anonymous: k-anonymity, distinct l-diversity, no difference that
singles somebody out. Pure; the counting itself is SQL (`measuring`).

Source: Samarati and Sweeney (1998), k-anonymity; Machanavajjhala et al. (2007), l-diversity, the "distinct" kind;
Article 29 Working Party, Opinion 05/2014 (WP216): singling out, linkability, inference; PIPL art. 73(4); GDPR
recital 26.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import rfc8785
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.errors import InvalidInput, Translatable
from callwarden.kernel.spreadsheets import inert
from callwarden.lawful.anonymisation.fields import NEVER, Field, Role, Source, fields, fields_of

# Raised when what is checked, or how, changes; every release says under which it was made.
RULES: Final = 1
DEFAULT_K: Final = 10
DEFAULT_L: Final = 2
LARGEST_K: Final = 1000
MOST_COLUMNS: Final = 6
MOST_SUPPRESSED: Final = 20
SEVERAL: Final = "several"

# The release says these of itself, so that nobody takes more from it than it holds.
NOT_CLAIMED: Final[Mapping[str, Translatable]] = {
    "background": _("Whoever knows something else about a person may still learn more from the group they are in."),
    "skewness": _("A group whose values are very unlike those of everybody tells something about its members."),
    "similarity": _("Values that differ but mean much the same count as different."),
    "other_releases": _("Releases of others, and public registers, were not compared."),
    "different_columns": _("Releases with other columns were compared on the columns that both have, and no further."),
}


@dataclass(frozen=True)
class Column:
    """One column: which field, in which role, how coarse."""

    field: str
    role: str
    level: str

    @property
    def of(self) -> Field:
        return fields()[self.field]


@dataclass(frozen=True)
class Recipe:
    """Exactly what is counted and what it has to reach. Two recipes that say the same have the same digest.

    Attributes:
        k: people every group has at least.
        l: different values of the sensitive column every group has at least; without one it asks for nothing.
        suppress: per cent of people who may be left out because their group falls short.
    """

    source: str
    columns: tuple[Column, ...]
    k: int = DEFAULT_K
    l: int = DEFAULT_L  # noqa: E741  (the field's own name)
    suppress: int = 0

    @property
    def quasi(self) -> tuple[Column, ...]:
        return tuple(one for one in self.columns if one.role == Role.QUASI)

    @property
    def sensitive(self) -> Column | None:
        return next((one for one in self.columns if one.role == Role.SENSITIVE), None)

    def as_data(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "columns": [[one.field, one.role, one.level] for one in self.columns],
            "k": self.k,
            "l": self.l,
            "suppress": self.suppress,
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Recipe:
        columns = tuple(Column(*map(str, one)) for one in data["columns"])
        return cls(str(data["source"]), columns, int(data["k"]), int(data["l"]), int(data["suppress"]))

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of the recipe in canonical JSON."""
        return hashlib.sha256(rfc8785.dumps(self.as_data())).hexdigest()

    def ordered(self) -> Recipe:
        """The same with its columns in the product's order, so that asking in another order asks for the same."""
        order = {field.slug: at for at, field in enumerate(fields_of(self.source))}
        columns = tuple(sorted(self.columns, key=lambda one: (one.role != Role.QUASI, order.get(one.field, 0))))
        return Recipe(self.source, columns, self.k, self.l, self.suppress)

    def coarser(self, field: str) -> Recipe | None:
        """The same with one column a step coarser; None when that column cannot be."""
        columns = []
        for one in self.columns:
            level = one.of.coarser(one.level) if one.field == field else None
            if one.field == field and level is None:
                return None
            columns.append(Column(one.field, one.role, level.slug) if level else one)
        return Recipe(self.source, tuple(columns), self.k, self.l, self.suppress)


def check(recipe: Recipe, *, least_k: int, least_l: int = DEFAULT_L) -> None:
    """Refuse a recipe that names what may not leave, or asks for less than the site does.

    Raises:
        InvalidInput: with what to correct; it repeats no name that was sent.
    """
    if recipe.source not in Source.values:
        raise InvalidInput("unknown_source", _("Choose what is to be counted: customer records or calls."))
    known = {field.slug for field in fields_of(recipe.source)}
    for one in recipe.columns:
        if one.field in NEVER:
            raise InvalidInput(
                "never_a_column",
                _("Names, numbers, addresses as written, free text and sound are never part of a release."),
            )
        if one.field not in known:
            raise InvalidInput("unknown_column", _("There is no such column. Choose from the list."))
        if one.role not in Role.values:
            raise InvalidInput("unknown_role", _("A column is a quasi-identifier or sensitive, or it is not chosen."))
        if one.level not in {level.slug for level in one.of.levels}:
            raise InvalidInput("unknown_level", _("There is no such step of this column. Choose from the list."))
    _check_shape(recipe)
    if not max(2, least_k) <= recipe.k <= LARGEST_K:
        raise InvalidInput(
            "k_too_small",
            _("Every group needs at least %(least)s people here, and %(most)s are the most that can be asked for."),
            data={"least": max(2, least_k), "most": LARGEST_K},
        )
    if not max(2, least_l) <= recipe.l <= recipe.k:
        raise InvalidInput(
            "l_out_of_range",
            _("Every group needs at least %(least)s different values, and no more than it has people."),
            data={"least": max(2, least_l)},
        )
    if not 0 <= recipe.suppress <= MOST_SUPPRESSED:
        raise InvalidInput(
            "suppression_out_of_range",
            _("At most %(most)s per cent of people may be left out."),
            data={"most": MOST_SUPPRESSED},
        )


def _check_shape(recipe: Recipe) -> None:
    if len({one.field for one in recipe.columns}) != len(recipe.columns):
        raise InvalidInput("column_twice", _("A column can be chosen once."))
    if not recipe.quasi or len(recipe.columns) > MOST_COLUMNS:
        raise InvalidInput(
            "columns_out_of_range",
            _("Choose at least one quasi-identifier and at most %(most)s columns."),
            data={"most": MOST_COLUMNS},
        )
    if sum(one.role == Role.SENSITIVE for one in recipe.columns) > 1:
        # Each would help to guess the other within a group: l-diversity of several needs more than a count of each.
        raise InvalidInput("two_sensitive", _("A release has at most one sensitive column. Make two releases."))
    # Both come from one address: together they are finer than either step says.
    if {"region", "postcode"} <= {one.field for one in recipe.columns}:
        raise InvalidInput("region_twice", _("Choose the region or the postcode: they come from one address."))


# What was counted


@dataclass(frozen=True)
class Scope:
    """Of which records: those that began within these days, or those of these retention buckets."""

    since: date | None = None
    until: date | None = None
    buckets: tuple[UUID, ...] = ()

    def as_data(self) -> dict[str, Any]:
        return {
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "buckets": sorted(map(str, self.buckets)),
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Scope:
        return cls(
            date.fromisoformat(data["since"]) if data.get("since") else None,
            date.fromisoformat(data["until"]) if data.get("until") else None,
            tuple(map(UUID, data.get("buckets", ()))),
        )

    def overlaps(self, other: Scope) -> bool:
        """Whether one record could have been counted under both. When in doubt, yes."""
        if self.buckets and other.buckets:
            return not set(self.buckets).isdisjoint(other.buckets)
        if self.buckets or other.buckets:
            return True
        first, last = max(_first(self), _first(other)), min(_last(self), _last(other))
        return first < last


def _first(scope: Scope) -> date:
    return scope.since or date.min


def _last(scope: Scope) -> date:
    """The day after the last."""
    return scope.until or date.max


@dataclass(frozen=True)
class Group:
    """One row of a release: labels of the quasi-identifiers, value of the sensitive column, how many people."""

    labels: tuple[str, ...]
    value: str
    people: int


def class_sizes(groups: Iterable[Group]) -> dict[tuple[str, ...], int]:
    sizes: dict[tuple[str, ...], int] = {}
    for one in groups:
        sizes[one.labels] = sizes.get(one.labels, 0) + one.people
    return sizes


@dataclass(frozen=True)
class Figures:
    """What counting found, for one recipe.

    Attributes:
        people: distinct people among the records.
        members: memberships counted: a person counts once in every group they are in.
        classes, smallest, least_values: of all groups, before any is left out; 0 where there is none.
        kept_classes, kept_smallest, kept_least: of those that are left. `..._least` is 0 without a sensitive column.
        small, alike: groups that fall short of k; groups that reach k and fall short of l.
        suppressed: memberships in these.
        histogram: group size -> how many groups have it.
    """

    people: int
    members: int
    classes: int
    smallest: int
    least_values: int
    kept_classes: int
    kept_smallest: int
    kept_least: int
    small: int
    alike: int
    suppressed: int
    histogram: Mapping[int, int]

    @property
    def suppressed_percent(self) -> float:
        """Of all memberships, in per cent with one decimal, rounded up: a limit is never met by rounding."""
        return -(-1000 * self.suppressed // self.members) / 10 if self.members else 0.0


def reached(recipe: Recipe, figures: Figures) -> tuple[str, ...]:
    """Why these figures do not make a release, as slugs; empty when they do."""
    against = []
    if not figures.kept_classes:
        against.append("nothing_left")
    if 100 * figures.suppressed > recipe.suppress * figures.members:
        against += ["k_not_reached"] if figures.small else []
        against += ["l_not_reached"] if figures.alike else []
    return tuple(against)


# The dataset


def dataset(recipe: Recipe, groups: Iterable[Group]) -> bytes:
    """The release as CSV (RFC 4180, UTF-8): a line per group and value, in the order of their labels.

    Equal counts give equal bytes, wherever and in whatever order the records lay.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    names = [one.field for one in recipe.quasi]
    sensitive = recipe.sensitive
    writer.writerow([*names, *([sensitive.field] if sensitive else []), "people"])
    for one in sorted(groups, key=lambda group: (group.labels, group.value)):
        cells = [*one.labels, *([one.value] if sensitive else [])]
        writer.writerow([*map(inert, cells), one.people])
    return text.getvalue().encode()


def dataset_digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
