"""Until when things are kept, in a restored store: as long as the lost present had it, and no longer.

Rules and events of the lost time are told again, and dates computed anew by what the copy knows. Then every record has
the date of its last move, unless a rule or an event of later concerns it: a move may rest on what the copy does not
know, such as a call that came since. What the copy's own ledger holds is in its rows already, and with it whatever was
decided afterwards; so it is passed over.

All of it comes before a bucket ends again: where a record went last decides what ended with the bucket's key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any, Final
from uuid import UUID

from callwarden.custody.models import Bucket, Client, Customer, LedgerEntry, LedgerPending, Line, Record
from callwarden.custody.put import expiry_week, tell_opened
from callwarden.custody.scope import client_scope
from callwarden.kernel.events import Event
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.retention import actions, runs
from callwarden.lawful.retention.models import RetentionRun
from callwarden.lawful.retention.rules import Change

Entry = Mapping[str, Any]
DATES: Final = frozenset({Event.RECORD_MOVED, Event.RETENTION_RULE_CHANGED, Event.RETENTION_EVENT})
_AT_ONCE: Final = 1_000


@dataclass
class _Later:
    """At which place of the journal the dates of a line's (or jurisdiction's) category, or of a customer, were last
    decided anew; and whose dates are to be computed.
    """

    categories: dict[tuple[object, str], int] = field(default_factory=dict)
    customers: dict[str, int] = field(default_factory=dict)
    clients: set[UUID] = field(default_factory=set)

    def than(self, place: int, record: Record) -> bool:
        """Whether the date of this record was decided anew after this place."""
        customer = record.customer or (record.call.customer if record.call else None)
        decided = (
            self.categories.get((record.line_id, record.category), -1),
            self.categories.get((record.line.jurisdiction, record.category), -1),
            self.customers.get(str(customer.subject_id), -1) if customer else -1,
        )
        return max(decided) > place


@dataclass(frozen=True)
class Dated:
    """What became of the entries that are of dates.

    Attributes:
        placed: each of them, and whether it could be placed.
        moved: record -> bucket it went to last since the copy. It ended with that one if at all: no date of later
            says so, for a rule may change when things have ended, and nobody ends a bucket before what is due later
            has left it.
    """

    placed: Sequence[tuple[Entry, bool]]
    moved: Mapping[UUID, UUID]


def dates_again(entries: Iterable[Entry], *, closed: frozenset[str], actor: str) -> Dated:
    """Give the records of the store the dates they had when it was lost.

    Records move to the weeks of their dates once the keeper answers, by a run of the client; until then nobody ends
    their buckets.

    Args:
        closed: clients that were closed since; nothing is kept of them.
    """
    told = sorted((entry for entry in entries if entry["event"] in DATES), key=_when)
    known = in_the_copy(told)
    lost = [entry for entry in told if entry.get("id") not in known and entry.get("client") not in closed]
    later = _decide_again(lost, actor=actor)
    moves = [(place, entry) for place, entry in enumerate(lost) if entry["event"] == Event.RECORD_MOVED]
    moved = {UUID(entry["client"]) for _place, entry in moves}
    for client in Client.objects.filter(pk__in=moved | later.clients, closed_at=None).order_by("pk"):
        _compute(client.pk, anew=client.pk in later.clients, actor=actor)
    went: dict[UUID, UUID] = {}
    unplaced = {id(entry) for place, entry in moves if not _move(entry, place, later, went)}
    return Dated([(entry, id(entry) not in unplaced) for entry in told], went)


def midnight(week: Bucket) -> datetime:
    """When the week of a bucket ends: what is due by then ends with its key."""
    return datetime.combine(week.expires_on, time.min, UTC)


def _when(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["at"])


def in_the_copy(told: Sequence[Entry]) -> set[str]:
    """Which of these entries the copy's own ledger holds, or has given up with a year that is over."""
    ids = [entry["id"] for entry in told if "id" in entry]
    known: set[str] = set()
    for first in range(0, len(ids), _AT_ONCE):
        some = ids[first : first + _AT_ONCE]
        for ledger in (LedgerEntry, LedgerPending):
            known |= {str(one) for one in ledger.objects.filter(entry__in=some).values_list("entry", flat=True)}
    oldest = LedgerEntry.objects.order_by("index").values_list("at", flat=True).first()
    return known | {entry["id"] for entry in told if "id" in entry and oldest and _when(entry) < oldest}


def _decide_again(lost: Sequence[Entry], *, actor: str) -> _Later:
    """Tell events and the last word on every rule again. What a restore told again stands for nothing by itself."""
    later, rules = _Later(), dict[Change, Change]()
    for place, entry in enumerate(lost):
        if entry.get("actor") == actor:
            continue
        if entry["event"] == Event.RETENTION_EVENT and _tell(entry, actor=actor):
            later.customers[entry["subject"]] = place
            later.clients.add(UUID(entry["client"]))
        elif entry["event"] == Event.RETENTION_RULE_CHANGED and (change := _change_in(entry)):
            rules[_same(change)] = change
            later.categories[change.line or change.jurisdiction, change.category] = place
    for change in rules.values():
        later.clients.update(actions.clients_of(actions.put_again(change, actor=actor)))
    return later


def _same(change: Change) -> Change:
    """Equal for changes of one rule."""
    return Change(change.line, change.category, change.purpose, 0, 0, None, change.jurisdiction)


def _change_in(entry: Entry) -> Change | None:
    """None: of a line or a purpose that came after the copy, for which it holds nothing."""
    data, line = entry["data"], None
    if data.get("line"):
        line = Line.objects.filter(client=entry["client"], slug=data["line"]).first()
    if (data.get("line") and line is None) or not Purpose.objects.filter(pk=entry["purpose"]).exists():
        return None
    return Change(
        line=line.pk if line else None,
        category=data["category"],
        purpose=entry["purpose"],
        floor_days=data["floor_days"],
        ceiling_days=data["ceiling_days"],
        before=None,
        jurisdiction="" if line else data["jurisdiction"],
        trigger=data["trigger"],
        floor_provision=data["floor_provision"],
        ceiling_provision=data["ceiling_provision"],
    )


def _tell(entry: Entry, *, actor: str) -> bool:
    """Whether the copy knows the customer."""
    with client_scope(UUID(entry["client"])):
        customer = Customer.objects.filter(subject=entry["subject"]).first()
        if customer is not None:
            at = datetime.fromisoformat(entry["data"]["at"])
            actions.tell(customer, entry["data"]["trigger"], at, actor=actor)
    return customer is not None


def _compute(client: UUID, *, anew: bool, actor: str) -> None:
    """Write the dates that follow from what the store knows; moving the records is left to the run.

    Where no rule or event was lost only the moving is: computed anew, a date could end what the lost present kept for
    something the copy does not know.
    """
    anew = anew or RetentionRun.objects.filter(client=client, finished_at=None).exists()
    run = runs.start(client, cause="restore", actor=actor)
    if not anew:
        RetentionRun.objects.filter(pk=run.pk).update(step="buckets")
        return
    while (now := RetentionRun.objects.get(pk=run.pk)).step == "dates":
        runs.step(now)


def _move(entry: Entry, place: int, later: _Later, went: dict[UUID, UUID]) -> bool:
    """Give records the dates they were moved for, unless these were decided anew. The buckets of their dates are made
    where they came after the copy, so that they can end again with what had moved there.
    """
    named, due = entry.get("records", ()), entry.get("data", {}).get("due", ())
    if not named or len(named) != len(due):
        return False
    dates = {UUID(record): datetime.fromisoformat(at) for record, at in zip(named, due, strict=True)}
    with client_scope(UUID(entry["client"])):
        found = Record.objects.filter(pk__in=dates).exclude(state=Record.State.DESTROYED).order_by("pk")
        for record in found.select_related("line", "customer", "call__customer"):
            at = dates[record.pk]
            if not later.than(place, record):
                Record.objects.filter(pk=record.pk).update(due_at=max(at, record.erase_at or at))
            week = {"line_id": record.line_id, "category": record.category, "expires_on": expiry_week(at)}
            home, created = Bucket.objects.get_or_create(**week, hold=False, defaults={"client_id": record.client_id})
            if created:
                tell_opened(home)
            went[record.pk] = home.pk
    return True
