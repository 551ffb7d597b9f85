"""What may become a column of a release, and how each becomes coarser, step by step.

Every ladder is built of functions of the step before, so what two people have in common on one step they have in
common on every coarser one: coarser never makes more groups. Identifiers and free text are no fields at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody.categories import Category
from callwarden.kernel.errors import Translatable
from callwarden.lawful.anonymisation import places
from callwarden.lawful.anonymisation.places import OTHER, UNKNOWN

Words = Translatable
OLDEST: Final = 1940
NEWEST: Final = 2100


class Source(TextChoices):
    """Of what a release counts the people."""

    CUSTOMERS = "customers", _("Customer records")
    CALLS = "calls", _("Calls")


class Role(TextChoices):
    QUASI = "quasi", _("Quasi-identifier")
    SENSITIVE = "sensitive", _("Sensitive")


# Named so that whoever asks for one is told why not; nothing by these names exists below.
NEVER: Final = frozenset(
    {"name", "phone", "caller", "callee", "email", "id_number", "card_number", "customer_no", "order_no", "plate",
     "call_id", "address", "birth_date", "audio", "recording", "transcript", "text", "agent"}
)  # fmt: skip


@dataclass(frozen=True)
class Level:
    """One step of a ladder: how it is called, and what makes a label of it out of one of the step before."""

    slug: str
    title: Words
    coarsen: Callable[[str], str]


@dataclass(frozen=True)
class Field:
    """One thing that may be a column.

    Attributes:
        finest: what the first step makes of the stored value. A value it cannot read becomes "other".
        reads: category and name of the sealed field it comes from; None where it is structure.
        open: its labels come from records, not from a list: one that few people have becomes "other".
    """

    slug: str
    title: Words
    sources: frozenset[str]
    levels: tuple[Level, ...]
    finest: Callable[[object], str]
    reads: tuple[Category, str] | None = None
    open: bool = False

    def step(self, level: str) -> int:
        """Position of a level; 0 is the finest.

        Raises:
            KeyError: there is none of this name.
        """
        for at, one in enumerate(self.levels):
            if one.slug == level:
                return at
        raise KeyError(level)

    def label(self, finest: str, level: str) -> str:
        """The label of a level, out of the finest one."""
        return self.between(finest, 0, self.step(level))

    def between(self, label: str, start: int, end: int) -> str:
        """A label of one step as a coarser step has it."""
        for one in self.levels[start + 1 : end + 1]:
            label = one.coarsen(label)
        return label

    def coarser(self, level: str) -> Level | None:
        """The next step, None after the last. The last leaves nothing: the column may as well be dropped."""
        at = self.step(level) + 1
        return self.levels[at] if at < len(self.levels) else None


ANY: Final = Level("any", _("Not told apart"), lambda _label: "*")


def _same(label: str) -> str:
    return label


def _kept(known: Callable[[str], str]) -> Callable[[str], str]:
    """A step that leaves "unknown" and "other" as they are."""
    return lambda label: label if label in (UNKNOWN, OTHER) else known(label)


def _band(width: int) -> Callable[[str], str]:
    """Years of birth in bands of so many, from a finer band; what lies before 1940 is one band."""

    def coarsen(label: str) -> str:
        if label.startswith("-"):
            return label
        start = int(label[:4]) // width * width
        return f"{start}-{start + width - 1}"

    return _kept(coarsen)


def _birth(value: object) -> str:
    """The five years somebody was born in."""
    text = str(value or "")
    if not text:
        return UNKNOWN
    if not text[:4].isdigit() or not 1850 <= int(text[:4]) <= NEWEST:
        return OTHER
    year = int(text[:4])
    return f"-{OLDEST - 1}" if year < OLDEST else _band(5)(f"{year}")


def _language(value: object) -> str:
    return str(value or "") or UNKNOWN


def _yes_no(value: object) -> str:
    return "yes" if value else "no"


def _text(value: object) -> str:
    return " ".join(str(value or "").split()) or UNKNOWN


def _month(value: object) -> str:
    return f"{value:%Y-%m}" if isinstance(value, datetime) else UNKNOWN


def _quarter(label: str) -> str:
    return f"{label[:4]}-Q{(int(label[5:7]) + 2) // 3}"


def _weekday(value: object) -> str:
    return f"{value.isoweekday()}" if isinstance(value, datetime) else UNKNOWN


def _part_of_day(value: object) -> str:
    """Four hours at a time, by the clock of the line."""
    if not isinstance(value, datetime):
        return UNKNOWN
    start = value.hour // 4 * 4
    return f"{start:02}-{start + 4:02}"


def _bands(edges: tuple[int, ...]) -> Callable[[object], str]:
    """Whole numbers in bands: below the first edge, between two, from the last on."""

    def finest(value: object) -> str:
        number = int(str(value))
        if number < edges[0]:
            return f"<{edges[0]}"
        for low, high in pairwise(edges):
            if low <= number < high:
                return f"{low}-{high}"
        return f"{edges[-1]}+"

    return finest


def _joined(groups: Mapping[str, tuple[str, ...]]) -> Callable[[str], str]:
    """Several labels become one."""
    of = {label: group for group, labels in groups.items() for label in labels}
    return _kept(lambda label: of[label])


BOTH: Final = frozenset({Source.CUSTOMERS.value, Source.CALLS.value})
CUSTOMERS: Final = frozenset({Source.CUSTOMERS.value})
CALLS: Final = frozenset({Source.CALLS.value})

FIELDS: Final[tuple[Field, ...]] = (
    Field(
        "birth",
        _("Age, as years of birth"),
        BOTH,
        (
            Level("5y", _("Five years"), _same),
            Level("10y", _("Ten years"), _band(10)),
            Level("20y", _("Twenty years"), _band(20)),
            ANY,
        ),
        _birth,
        reads=(Category.IDENTITY, "birth_date"),
    ),
    Field(
        "region",
        _("Region of the address"),
        BOTH,
        (
            Level("city", _("City"), _same),
            Level("province", _("Province"), _kept(places.province_of)),
            Level("part", _("Part of the country"), _kept(places.part_of)),
            ANY,
        ),
        lambda value: places.region(str(value or "")),
        reads=(Category.CONTACT, "address"),
    ),
    Field(
        "postcode",
        _("Begin of the postcode"),
        BOTH,
        (
            Level("district", _("Four digits, or outward code"), _same),
            Level("area", _("Two digits, or letters"), places.postcode_area),
            ANY,
        ),
        lambda value: places.postcode(str(value or "")),
        reads=(Category.CONTACT, "address"),
    ),
    Field("language", _("Language"), BOTH, (Level("each", _("Each apart"), _same), ANY), _language),
    Field("vip", _("Specially protected"), CUSTOMERS, (Level("each", _("Each apart"), _same), ANY), _yes_no),
    Field(
        "since",
        _("Customer since"),
        CUSTOMERS,
        (
            Level("month", _("Month"), _same),
            Level("quarter", _("Quarter"), _kept(_quarter)),
            Level("year", _("Year"), _kept(lambda label: label[:4])),
            ANY,
        ),
        _month,
    ),
    Field(
        "product",
        _("Product bought"),
        BOTH,
        (Level("each", _("Each apart"), _same), ANY),
        _text,
        reads=(Category.PURCHASE_HISTORY, "product"),
        open=True,
    ),
    Field(
        "orders",
        _("Number of orders"),
        BOTH,
        (
            Level("bands", _("0, 1, 2 to 4, 5 and more"), _same),
            Level("some", _("None or some"), _joined({"<1": ("<1",), "1+": ("1-2", "2-5", "5+")})),
            ANY,
        ),
        _bands((1, 2, 5)),
    ),
    Field("line", _("Line"), CALLS, (Level("each", _("Each apart"), _same), ANY), _text),
    Field("direction", _("Direction"), CALLS, (Level("each", _("Each apart"), _same), ANY), _text),
    Field(
        "month",
        pgettext_lazy("of a call", "Month of the call"),
        CALLS,
        (
            Level("month", _("Month"), _same),
            Level("quarter", _("Quarter"), _kept(_quarter)),
            Level("year", _("Year"), _kept(lambda label: label[:4])),
            ANY,
        ),
        _month,
    ),
    Field(
        "weekday",
        _("Weekday of the call"),
        CALLS,
        (
            Level("each", _("Each apart"), _same),
            Level(
                "weekend", _("Monday to Friday, or weekend"), _kept(lambda label: "1-5" if label in "12345" else "6-7")
            ),
            ANY,
        ),
        _weekday,
    ),
    Field(
        "day_part",
        _("Part of the day"),
        CALLS,
        (
            Level("4h", _("Four hours"), _same),
            Level(
                "day_night",
                _("Day (8 to 20 o'clock) or night"),
                _kept(lambda label: "08-20" if label in ("08-12", "12-16", "16-20") else "20-08"),
            ),
            ANY,
        ),
        _part_of_day,
    ),
    Field(
        "duration",
        _("Duration in minutes"),
        CALLS,
        (
            Level("fine", _("1, 3, 5, 10, 20 minutes"), _same),
            Level("bands", _("5 and 20 minutes"), _joined(
                {"<5": ("<1", "1-3", "3-5"), "5-20": ("5-10", "10-20"), "20+": ("20+",)}
            )),
            Level("long", _("Below or from 20 minutes"), _joined({"<20": ("<5", "5-20"), "20+": ("20+",)})),
            ANY,
        ),
        _bands((1, 3, 5, 10, 20)),
    ),
    Field(
        "marks",
        _("Numbers spoken and taken out"),
        CALLS,
        (
            Level("bands", _("0, 1 to 2, 3 to 9, 10 and more"), _same),
            Level("some", _("None or some"), _joined({"<1": ("<1",), "1+": ("1-3", "3-10", "10+")})),
            ANY,
        ),
        _bands((1, 3, 10)),
    ),
)  # fmt: skip


@cache
def fields() -> Mapping[str, Field]:
    return {field.slug: field for field in FIELDS}


def fields_of(source: str) -> tuple[Field, ...]:
    """What a release of this source may have as columns, in the order it shows them."""
    return tuple(field for field in FIELDS if source in field.sources)
