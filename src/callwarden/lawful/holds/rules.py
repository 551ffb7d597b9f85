"""What a matter covers, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.kernel import structural
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.structural import NotStructural, Value

# A matter is looked at again at least this often.
LONGEST_REVIEW: Final = timedelta(days=366)


@dataclass(frozen=True)
class Query:
    """All records of a line (None: every line), of these kinds (none named: all), made within these days."""

    line: UUID | None = None
    categories: Sequence[str] = ()
    since: date | None = None
    until: date | None = None

    def as_data(self) -> dict[str, Value]:
        return {
            "line": str(self.line) if self.line else None,
            "categories": sorted(self.categories),
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Query:
        return cls(
            line=UUID(data["line"]) if data.get("line") else None,
            categories=tuple(data.get("categories") or ()),
            since=date.fromisoformat(data["since"]) if data.get("since") else None,
            until=date.fromisoformat(data["until"]) if data.get("until") else None,
        )


@dataclass(frozen=True)
class Wish:
    """A matter as somebody asks for it.

    Args:
        target: id of the call, customer or person; None with a query.
    """

    client: UUID
    label: str
    ground: str
    scope: str
    review_on: date
    target: UUID | None = None
    query: Query | None = None


def check(wish: Wish, *, today: date) -> None:
    """Refuse a matter that says too little or is never looked at again.

    Raises:
        InvalidInput: with what to correct.
    """
    try:
        structural.check_text(wish.label, where="label")
    except NotStructural:
        raise InvalidInput(
            "label_not_structural",
            _("A matter's reference is a file number of letters, digits and -_./ without names or long numbers."),
        ) from None
    if not wish.label:
        raise InvalidInput("label_missing", _("Give the matter a reference, such as a file number."))
    if not today < wish.review_on <= today + LONGEST_REVIEW:
        raise InvalidInput("review_out_of_range", _("Say on which day within a year this is looked at again."))
    if (wish.scope == "query") != (wish.target is None):
        raise InvalidInput("scope_unclear", _("Say which call, customer or person, or which records this is about."))
    if wish.scope == "query":
        _check_query(wish.query or Query())


def _check_query(query: Query) -> None:
    if not (query.line or query.categories or query.since or query.until):
        raise InvalidInput("query_covers_everything", _("Narrow it to a line, to kinds of data or to days."))
    if unknown := set(query.categories) - set(Category.values):
        raise InvalidInput("unknown_category", _("There is no such kind of data."), data={"kinds": sorted(unknown)})
    if query.since and query.until and query.since > query.until:
        raise InvalidInput("days_the_wrong_way", _("The first day comes after the last."))
