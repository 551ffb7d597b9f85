"""What starts retention periods, as the customer system tells it: row by row, each taken or refused on its own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody import indexes
from callwarden.custody.clients import require_open
from callwarden.custody.models import Client, Customer
from callwarden.custody.scope import client_scope
from callwarden.flows.customers import normal_number
from callwarden.kernel.errors import CallwardenError, InvalidInput, NotFound
from callwarden.lawful.retention import actions, runs

COLUMNS: Final = ("customer_no", "event", "at")
MOST_ROWS: Final = 10_000
ACTOR: Final = "job:retention"


@dataclass(frozen=True)
class Told:
    """One event as it is told. `row` counts from 0; `at` is aware."""

    row: int
    customer_no: str
    event: str
    at: datetime


@dataclass
class Taken:
    """What became of the rows: taken, told before, refused with why."""

    taken: int = 0
    duplicates: int = 0
    problems: list[tuple[int, CallwardenError]] = field(default_factory=list)


def tell(client: UUID, rows: Iterable[Told], *, actor: str) -> Taken:
    """Note events of customers; those whose records wait for them move to their buckets within minutes.

    Told in any order and any number of times, the outcome is the same. A customer nobody knows is refused: the event
    has to be told again once the customer is.

    Raises:
        ClientClosed: nothing is kept for this client any more.
    """
    require_open(client)
    result = Taken()
    with client_scope(client):
        for row in rows:
            try:
                with transaction.atomic():
                    _event, new = actions.tell(_customer(client, row.customer_no), row.event, row.at, actor=actor)
            except (InvalidInput, NotFound) as problem:
                result.problems.append((row.row, problem))
            else:
                result.taken += new
                result.duplicates += not new
    return result


def _customer(client: UUID, customer_no: str) -> Customer:
    known = indexes.known_by(client, indexes.NUMBER, normal_number(customer_no))
    found = Customer.objects.filter(known, client_id=client).first()
    if found is None:
        raise NotFound(
            "customer_not_found", _("There is no customer with this number. Hand the customer in, then tell it again.")
        )
    return found


def read(data: bytes) -> tuple[list[Told], list[tuple[int, CallwardenError]]]:
    """Events out of a CSV file with the columns customer_no, event, at (ISO 8601 with a zone).

    Raises:
        InvalidInput: not UTF-8, columns missing, or too many rows.
    """
    try:
        table = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), strict=True)
        missing = set(COLUMNS) - set(table.fieldnames or ())
        rows = [] if missing else list(table)
    except (UnicodeDecodeError, csv.Error):
        raise InvalidInput("not_a_table", _("This is not a CSV file in UTF-8.")) from None
    if missing:
        raise InvalidInput(
            "columns_missing", _("The columns customer_no, event and at are needed."), data={"missing": sorted(missing)}
        )
    if len(rows) > MOST_ROWS:
        raise InvalidInput("too_many_rows", _("Send at most ten thousand rows at a time."))
    told: list[Told] = []
    problems: list[tuple[int, CallwardenError]] = []
    for place, row in enumerate(rows):
        try:
            told.append(Told(place, _cell(row["customer_no"]), _cell(row["event"]), _time(row["at"])))
        except InvalidInput as problem:
            problems.append((place, problem))
    return told, problems


def _cell(text: str | None) -> str:
    cleaned = (text or "").strip()
    if not 0 < len(cleaned) <= 100:
        raise InvalidInput("cell_empty_or_long", _("A cell is empty or too long."))
    return cleaned


def _time(text: str | None) -> datetime:
    try:
        at = datetime.fromisoformat(_cell(text))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InvalidInput("bad_time", _("Times are ISO 8601 with a zone, such as 2026-03-09T14:05:00+08:00."))
    return at


def start_runs() -> Sequence[UUID]:
    """Start runs for clients with records whose event has come. Returns the runs that have something to do."""
    for client in Client.objects.filter(closed_at=None).values_list("pk", flat=True):
        runs.start_for_events(client, actor=ACTOR)
    return runs.waiting()


def start_nightly() -> None:
    """Once a night: periods that count from the last contact move with every call."""
    for client in Client.objects.filter(closed_at=None).values_list("pk", flat=True):
        if runs.counts_from_contact(client):
            runs.start(client, cause="last_contact", actor=ACTOR)
