"""Which rules hold for a line, when their events happened, and what must still be kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Max, Q

from callwarden.custody.categories import Category
from callwarden.custody.models import Line, Record
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.retention.models import RetentionEvent, RetentionRule
from callwarden.lawful.retention.rules import Rule, starts
from callwarden.lawful.retention.statutes import strictest


def rules_of(line: Line) -> list[RetentionRule]:
    """The rules that hold for a line: its own, and those of its jurisdiction for what it has none of its own."""
    found = RetentionRule.objects.filter(Q(line=line) | Q(line=None, jurisdiction=line.jurisdiction))
    held: dict[tuple[str, str], RetentionRule] = {}
    for rule in found.select_related("purpose").order_by("category", "purpose"):
        key = rule.category, rule.purpose_id
        if key not in held or rule.line_id:
            held[key] = rule
    return sorted(held.values(), key=lambda rule: (rule.category, rule.purpose_id))


def rules_to_store_by(line: Line) -> list[RetentionRule]:
    """The rules that hold for a line; nobody changes any until the transaction ends, so that a run that follows a
    change finds everything that was stored by what held before. Whoever locks rows first calls `hold_rules` before.
    """
    hold_rules()
    return rules_of(line)


def hold_rules(*, alone: bool = False) -> None:
    """Have no rule changed until the transaction ends. Take it before any lock on a row: whoever asks for it stands
    behind a change that waits for those who have it, and they may wait for the row. PostgreSQL lets the asker pass when
    `deadlock_timeout` is over; until then all wait. Taken again it is there at once.

    Args:
        alone: to change one: waits for whoever stores or ends something by what holds now.
    """
    with connection.cursor() as cursor:
        shared = "" if alone else "_shared"
        cursor.execute(f"SELECT pg_advisory_xact_lock{shared}(hashtextextended('retention:rules', 0))")


def as_data(rules: Iterable[RetentionRule]) -> tuple[Rule, ...]:
    return tuple(
        Rule(Category(rule.category), rule.purpose_id, rule.floor_days, rule.ceiling_days, rule.trigger)
        for rule in rules
    )


def events_of(customer: UUID | None) -> dict[str, datetime]:
    """When each thing happened to a customer last. Call it inside `client_scope`."""
    if customer is None:
        return {}
    told = RetentionEvent.objects.filter(customer=customer).values_list("trigger").annotate(at=Max("at"))
    return {str(trigger): at for trigger, at in told}


@dataclass(frozen=True)
class Floor:
    """Until when a record must be kept, and what says so."""

    until: datetime
    provision: str


class Floors:
    """What must be kept, for many records: rules are looked up once for each line. Use it inside `client_scope`."""

    def __init__(self) -> None:
        self._rules: dict[UUID, list[RetentionRule]] = {}
        self._events: dict[UUID, Mapping[str, datetime]] = {}

    def of(self, record: Record) -> Floor | None:
        """The longest floor that is not over; None when the record may go now.

        A floor whose event has not come yet is counted from the end of the call: nothing is kept for ever because
        an event is never told.
        """
        began = began_at(record)
        customer = record.customer_id or (record.call.customer_id if record.call else None)
        events = self._events_of(customer)
        law = strictest(
            "floor",
            jurisdiction=record.line.jurisdiction,
            direction=record.call.direction if record.call else record.line.direction,
            category=record.category,
        )
        floors = [Floor(began + timedelta(days=law.days), law.slug)] if law else []
        purposes = kept_for(record)
        for rule in self._rules_of(record.line):
            if rule.category == record.category and rule.purpose_id in purposes and rule.floor_days:
                at = starts(rule.trigger, trigger=began, events=events, known_customer=False) or began
                floors.append(Floor(at + timedelta(days=rule.floor_days), rule.floor_provision or "retention-rule"))
        return max(floors, key=lambda floor: floor.until, default=None)

    def _rules_of(self, line: Line) -> list[RetentionRule]:
        if line.pk not in self._rules:
            self._rules[line.pk] = rules_of(line)
        return self._rules[line.pk]

    def _events_of(self, customer: UUID | None) -> Mapping[str, datetime]:
        if customer is None:
            return {}
        if customer not in self._events:
            self._events[customer] = events_of(customer)
        return self._events[customer]


def kept_for(record: Record) -> set[str]:
    """Purposes whose rules say how long a record is kept: its own, and for a proof those of the answers it shows. Call
    it inside `client_scope`.
    """
    shown = ConsentEvent.objects.filter(evidence__record=record) if record.category == Category.CONSENT_PROOF else ()
    return {*record.purposes, *(event.purpose for event in shown)}


def began_at(record: Record) -> datetime:
    """When a record's period begins to count where nothing else starts it: the end of its call, or its making."""
    if record.call is None:
        return record.created_at
    return record.call.started_at + timedelta(milliseconds=record.call.duration_ms)
