"""What the register gave up since the copy, in a restored store: recipients, transfers abroad, purposes and what
they gave up of themselves, what lines serve, laxer rules for kinds of data, and that somebody is too young to consent
themselves.

Only what narrows is done again, whatever stands around it: an act may rest on another that is lost. Where a later act
may give back what an earlier one took, the last word counts; what the copy's own ledger holds is in its rows already,
and is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from callwarden.custody.models import Line, Subject
from callwarden.custody.scope import client_scope
from callwarden.flows.replay_dates import in_the_copy
from callwarden.kernel.events import Event
from callwarden.lawful.consent.actions import note_young
from callwarden.lawful.purposes import actions
from callwarden.lawful.purposes.models import LinePurpose, Purpose, Recipient, Transfer
from callwarden.lawful.purposes.tightening import narrow, tighten

Entry = Mapping[str, Any]
_Again = Callable[[Entry, str], None]


def rules_again(entries: Iterable[Entry], *, actor: str) -> Sequence[Entry]:
    """Narrow what was narrowed. Returns the entries that are of this; all of them are placed.

    One that is about what came after the copy finds nothing and needs nothing.
    """
    told = sorted((entry for entry in entries if entry["event"] in RULES), key=_when)
    known = in_the_copy(told)
    last = {_about(entry): entry for entry in told if entry.get("id") not in known}
    for entry in last.values():
        with transaction.atomic():
            _AGAIN[Event(entry["event"])](entry, actor)
    return told


def _when(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["at"])


def _about(entry: Entry) -> tuple[object, ...]:
    """Equal for words on the same thing, of which the last one counts."""
    data = entry.get("data", {})
    thing = [data.get(name) for name in ("recipient", "transfer", "category", "jurisdiction", "line")]
    # A change of a recipient's name does not take back that it ended: nothing does.
    ended = data.get("ended", False)
    return (entry["event"], entry.get("client"), entry.get("subject"), entry.get("purpose"), *thing, ended)


def _end_recipient(entry: Entry, actor: str) -> None:
    """Also where a purpose in force names them: that it does not any more is lost."""
    if entry["data"].get("ended"):
        found = Recipient.objects.filter(client=entry["client"], slug=entry["data"]["recipient"], ended_at=None).first()
        if found is not None:
            actions.end_recipient(found, actor=actor, at=_when(entry), named_still=True)


def _end_transfer(entry: Entry, actor: str) -> None:
    if (found := Transfer.objects.filter(pk=entry["data"]["transfer"], ended_at=None).first()) is not None:
        actions.end_transfer(found, actor=actor, at=_when(entry))


def _retire(entry: Entry, actor: str) -> None:
    found = Purpose.objects.filter(slug=entry["purpose"]).exclude(state=Purpose.State.RETIRED).first()
    if found is not None:
        actions.retire(found, actor=actor)


def _narrow(entry: Entry, actor: str) -> None:
    """Kinds of data, recipients and methods that a published revision left out are left out again."""
    data = entry["data"]
    found = Purpose.objects.filter(slug=entry["purpose"], state=Purpose.State.ACTIVE).first()
    if found is not None and "recipients" in data:  # a draft's entry, or one of before, names none
        narrow(found, actor=actor, **{name: data[name] for name in ("categories", "recipients", "method")})


def _line(entry: Entry, actor: str) -> None:
    data = entry["data"]
    line = Line.objects.filter(client=entry["client"], slug=data["line"]).first()
    if line is None or data["serves"]:
        return
    served = LinePurpose.objects.select_related("purpose").filter(line=line, purpose=entry["purpose"]).first()
    if served is not None:
        actions.stop_serving(line, served.purpose, actor=actor)


def _rule(entry: Entry, actor: str) -> None:
    data = entry["data"]
    tighten(
        data["category"], data["jurisdiction"], level=data["level"], sensitive=data["sensitive"],
        never_store=data.get("never_store", False), actor=actor,
    )  # fmt: skip


def _young(entry: Entry, actor: str) -> None:
    """The log names no year of birth, so it is taken for as long as it can have lasted when it was noted."""
    with client_scope(UUID(entry["client"])):
        if (subject := Subject.objects.filter(pk=entry["subject"], destroyed_at=None).first()) is not None:
            note_young(subject, noted=_day(entry), actor=actor)


def _day(entry: Entry) -> date:
    return _when(entry).date()


_AGAIN: Final[Mapping[Event, _Again]] = {
    Event.RECIPIENT_CHANGED: _end_recipient,
    Event.TRANSFER_ENDED: _end_transfer,
    Event.PURPOSE_RETIRED: _retire,
    Event.PURPOSE_CHANGED: _narrow,
    Event.LINE_PURPOSE_CHANGED: _line,
    Event.CATEGORY_RULE_CHANGED: _rule,
    Event.MINOR_NOTED: _young,
}
RULES: Final = frozenset(_AGAIN)
