"""What a control looks at and what it found: four outcomes, of which "not measured" is never dressed as a pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import yaml
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from callwarden.flows.names import named
from callwarden.kernel.models import Outcome

Text = object
"""A string or a lazily translated one."""


@dataclass(frozen=True)
class Fact:
    """One thing the control saw: a count, a time, a digest, a name."""

    label: Text
    value: object


@dataclass(frozen=True)
class Reading:
    """What a control found just now.

    Attributes:
        says: one sentence; for anything but a pass it says what to do.
        facts: what it looked at.
        faults: exactly what is wrong, one sentence each.
    """

    outcome: Outcome
    says: Text
    facts: tuple[Fact, ...] = ()
    faults: tuple[Text, ...] = ()


def passed(says: Text, *facts: Fact) -> Reading:
    return Reading(Outcome.PASS, says, facts)


def failed(says: Text, *facts: Fact, faults: tuple[Text, ...] = ()) -> Reading:
    return Reading(Outcome.FAIL, says, facts, faults)


def unmeasured(says: Text, *facts: Fact) -> Reading:
    return Reading(Outcome.NOT_MEASURED, says, facts)


def not_applicable(says: Text, *facts: Fact) -> Reading:
    return Reading(Outcome.NOT_APPLICABLE, says, facts)


@dataclass(frozen=True)
class Control:
    """One safeguard with the check that looks at it.

    Attributes:
        chapter: slug of the chapter it belongs to.
        asks: the question the check answers, as a person would ask it.
        map: entries of the control map it is evidence toward.
    """

    slug: str
    chapter: str
    title: Text
    asks: Text
    map: tuple[str, ...]
    check: Callable[[], Reading]

    @property
    def provisions(self) -> tuple[Provision, ...]:
        """Where in laws and standards this is asked for, each place once."""
        return tuple(dict.fromkeys(provision for entry in self.map for provision in _map()[entry]))


MARKS: Final[dict[str, Text]] = {
    "S": _("read in the text"),
    "2": _("read second-hand"),
    "M": _("from general knowledge, not read again"),
    "?": _("uncertain: check before relying on it"),
}


@dataclass(frozen=True)
class Provision:
    """Places of one instrument in one edition, and how certain the reference is (a key of `MARKS`)."""

    instrument: str
    edition: str
    name: str
    name_zh: str
    places: str
    mark: str
    superseded: bool

    @property
    def title(self) -> Text:
        return lazy(named, str)(self)

    @property
    def certainty(self) -> Text:
        return MARKS[self.mark]


@cache
def _map() -> dict[str, tuple[Provision, ...]]:
    data = yaml.safe_load(files(__package__).joinpath("provisions.yaml").read_text(encoding="utf-8"))
    return {entry: tuple(_provision(data["instruments"], *row) for row in rows) for entry, rows in data["map"].items()}


def _provision(instruments: dict[str, dict[str, str]], slug: str, places: str, mark: str) -> Provision:
    one = instruments[slug]
    return Provision(
        instrument=slug,
        edition=str(one["edition"]),
        name=one["name"],
        name_zh=one["name_zh"],
        places=places,
        mark=mark,
        superseded=bool(one.get("superseded")),
    )
