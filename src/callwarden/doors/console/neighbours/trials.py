"""What a line would be kept as under a mapping in the making, and what stands where in it. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.control.neighbours.models import Neighbour
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Fact, Facts, Row, Text
from callwarden.doors.console.neighbours import tables
from callwarden.doors.console.neighbours.mapping import MappingFields, TrialForm
from callwarden.doors.console.neighbours.words import REASONS
from callwarden.engines.neighbours import Unreadable, Within, places
from callwarden.flows import neighbours

LONGEST_SHOWN = 60
# The fields that name a place, in the order they are told.
_NAMING = ("who", "act", "subject", "time", "call", "rows", "only", "within", "inside")


@dataclass(frozen=True)
class Trial:
    """A trial of a line: `facts` is what it would be kept as, `missing` why nothing can be said yet.

    Attributes:
        found: places in the line with what stands there; only whoever pasted the line sees it.
        paths: the same places by name, to choose from.
    """

    facts: Facts | None
    missing: Text
    found: PlainTable | None
    paths: tuple[str, ...]


def of(client: UUID, form: MappingFields, *, look_up: bool = False) -> Trial | None:
    """None where there is no line to try."""
    given = form.cleaned_data
    line = given.get("line", "")
    if not line.strip():
        return None
    document = given.get("way") == Neighbour.Way.HTTP
    known, broken = _places(form, line, document=document)
    facts: Facts | None = None
    missing: Text = ""
    if broken:
        facts = Facts([Fact(_("Kept out"), REASONS[broken])])
    elif (reading := given.get("reading")) is not None:
        told = neighbours.try_line(
            client, reading, line, named_by=given.get("named_by", ""), document=document, look_up=look_up
        )
        facts = tables.understood(told)
    else:
        missing = _("Say where who acted and the act stand; then it is shown here what the line would be kept as.")
    return Trial(facts, missing, _table(form, known) if known else None, tuple(path for path, _value in known))


def _places(form: MappingFields, line: str, *, document: bool) -> tuple[list[tuple[str, str]], str]:
    given = form.cleaned_data
    within: Within | None = form.within_of() if isinstance(form, TrialForm) else None
    if (reading := given.get("reading")) is not None:
        within = reading.within
    text = reading.text if reading is not None else given.get("text") or "json"
    try:
        return places(line.strip().encode(), text, within, document=document), ""
    except Unreadable as refused:
        return [], refused.reason


def _table(form: MappingFields, known: list[tuple[str, str]]) -> PlainTable:
    labels = {form.cleaned_data.get(name): form.fields[name].label for name in _NAMING if form.cleaned_data.get(name)}
    return PlainTable(
        caption=_("What stands where in this line"),
        headings=(_("Place"), _("What stands there"), _("Read as")),
        rows=[Row((path, _short(value), labels.get(path, ""))) for path, value in known],
    )


def _short(value: str) -> str:
    return value if len(value) <= LONGEST_SHOWN else value[: LONGEST_SHOWN - 1] + "…"
