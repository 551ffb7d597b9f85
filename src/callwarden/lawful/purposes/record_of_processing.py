"""The record of processing activities, made from what is really configured: nobody writes it, so it cannot be wrong
about what the product does. What happens beside the product is not in it.

Source: GDPR art. 30(1); PIPL art. 55, 56 (records of handling); NDSR art. 12, 21 (lists of recipients).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from callwarden.custody.models import Client, Line
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.kernel.spreadsheets import inert
from callwarden.lawful.purposes.models import CategoryRule, LinePurpose, Purpose, PurposeGround, Recipient
from callwarden.lawful.purposes.queries import in_force
from callwarden.lawful.retention.models import RetentionRule

FORMAT: Final = "callwarden-record-of-processing/1"


@dataclass(frozen=True)
class Kind:
    """A kind of data in an activity, and how long it is kept. Days are None where no rule keeps it at all."""

    category: str
    level: int | None
    sensitive: bool
    floor_days: int | None
    ceiling_days: int | None
    counted_from: str


@dataclass(frozen=True)
class Given:
    """A recipient in an activity; `transfer` names the registered mechanism where it is abroad, else ""."""

    recipient: str
    name: str
    name_zh: str
    role: str
    country: str
    abroad: bool
    transfer: str
    reference: str


@dataclass(frozen=True)
class Activity:
    """What is done for one purpose on one line (or for the client as a whole, where `line` is "")."""

    client: str
    controller: str
    controller_zh: str
    contact: str
    line: str
    jurisdiction: str
    purpose: str
    name: str
    name_zh: str
    use: str
    ground: str
    condition: str
    ends_with: str
    provision: str
    certainty: str
    concerns: tuple[str, ...]
    method: tuple[str, ...]
    kinds: tuple[Kind, ...]
    recipients: tuple[Given, ...]
    suite: str
    assessed_until: str

    @property
    def key(self) -> str:
        return f"{self.client}/{self.line or '*'}/{self.purpose}"


def activities() -> list[Activity]:
    """Everything that is done now: each active purpose on each line that serves it, and those no line serves by itself
    for each client.
    """
    found = list(_of_lines())
    served = set(LinePurpose.objects.values_list("purpose", flat=True))
    beside = Purpose.objects.filter(state=Purpose.State.ACTIVE).exclude(slug__in=served).order_by("slug")
    for client in Client.objects.filter(closed_at__isnull=True).order_by("slug"):
        places = sorted(set(client.lines.values_list("jurisdiction", flat=True)))
        for purpose in beside.select_related("assessment"):
            named = purpose.recipients.all()
            if named and not named.filter(client=client).exists():
                continue  # another client's
            for ground in purpose.grounds.filter(jurisdiction__in=places).order_by("jurisdiction"):
                found.append(_activity(client, None, ground.jurisdiction, purpose, ground, ground.ground))
    return found


def _of_lines() -> Iterator[Activity]:
    rows = (
        LinePurpose.objects.filter(purpose__state=Purpose.State.ACTIVE, line__client__closed_at__isnull=True)
        .select_related("line__client", "purpose__assessment")
        .order_by("line__client__slug", "line__slug", "purpose")
    )
    for row in rows:
        ground = PurposeGround.objects.filter(purpose=row.purpose, jurisdiction=row.line.jurisdiction).first()
        yield _activity(row.line.client, row.line, row.line.jurisdiction, row.purpose, ground, row.ground)


def _activity(
    client: Client, line: Line | None, place: str, purpose: Purpose, ground: PurposeGround | None, rests_on: str
) -> Activity:
    return Activity(
        client=client.slug,
        controller=client.controller or client.name,
        controller_zh=client.controller_zh or client.name_zh,
        contact=client.contact,
        line=line.slug if line else "",
        jurisdiction=place,
        purpose=purpose.slug,
        name=purpose.name,
        name_zh=purpose.name_zh,
        use=purpose.use,
        ground=rests_on,
        condition=ground.condition if ground else "",
        ends_with=ground.ends_with if ground else "",
        provision=ground.provision if ground else "",
        certainty=ground.certainty if ground else "uncertain",
        concerns=tuple(sorted(purpose.concerns)),
        method=tuple(sorted(purpose.method)),
        kinds=tuple(_kinds(purpose, line, place)),
        recipients=tuple(_given(client, purpose, place)),
        suite=Line.Suite(line.suite).label if line else "",
        assessed_until=_day(purpose.assessment.valid_until) if purpose.assessment else "",
    )


def _kinds(purpose: Purpose, line: Line | None, place: str) -> Iterator[Kind]:
    rules = {one.category: one for one in CategoryRule.objects.filter(jurisdiction=place)}
    kept: dict[str, RetentionRule] = {}
    mine = Q(line__isnull=True, jurisdiction=place) | (Q(line=line) if line else Q(pk__in=[]))
    # A line's own rule goes before the one of its jurisdiction.
    for period in RetentionRule.objects.filter(mine, purpose=purpose).order_by("line__id"):
        if period.line_id is not None or period.category not in kept:
            kept[period.category] = period
    named = set(purpose.categories.values_list("category", flat=True)) | set(kept)
    for category in sorted(named):
        rule, kept_by = rules.get(category), kept.get(category)
        yield Kind(
            category,
            rule.level if rule else None,
            bool(rule and rule.sensitive),
            kept_by.floor_days if kept_by else None,
            kept_by.ceiling_days if kept_by else None,
            kept_by.trigger if kept_by else "",
        )


def _given(client: Client, purpose: Purpose, place: str) -> Iterator[Given]:
    today = clock.now().date()
    named = Recipient.objects.filter(client=client, ended_at__isnull=True, purposes=purpose)
    for one in named.prefetch_related("transfers").order_by("slug"):
        holds = next((t for t in one.transfers.all() if t.jurisdiction == place and in_force(t, today)), None)
        yield Given(
            one.slug,
            one.name,
            one.name_zh,
            one.role,
            one.country,
            one.abroad_from(place),
            holds.mechanism if holds else "",
            holds.reference if holds else "",
        )


def _day(at: datetime | None) -> str:
    return at.date().isoformat() if at else ""


def to_json(found: Iterable[Activity], *, at: date) -> str:
    """The record as JSON, for programs."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "made_on": at.isoformat(),
        "basis": "Evidence toward GDPR art. 30(1) and PIPL art. 55-56; made from the configuration, not legal advice.",
        "activities": [asdict(one) for one in found],
    }
    return json.dumps(data, ensure_ascii=False, indent=1)


def to_csv(found: Iterable[Activity]) -> str:
    """The record as a table, one activity a row. Begins with a byte order mark, so that Excel reads Chinese."""
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    names = list(Activity.__dataclass_fields__)
    writer.writerow(names)
    for one in found:
        writer.writerow([inert(_cell(getattr(one, name))) for name in names])
    return text.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(_cell(one) for one in value)
    if isinstance(value, Kind):
        days = f" {value.floor_days}-{value.ceiling_days} days" if value.ceiling_days is not None else ""
        return f"{value.category}{' (sensitive)' if value.sensitive else ''}{days}"
    if isinstance(value, Given):
        return f"{value.name} ({value.role}, {value.country}{', ' + value.transfer if value.transfer else ''})"
    text = str(value)
    # What a spreadsheet would take for a formula is only text.
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text


@transaction.atomic
def export(form: str, *, actor: str) -> tuple[str, str]:
    """(content, media type) of the record as `csv` or `json`; that it left is written into the ledger."""
    found = activities()
    entry = journal.Entry(
        event=Event.RECORD_OF_PROCESSING_EXPORTED, actor=actor, count=len(found), data={"format": form}
    )
    journal.record(entry)
    if form == "csv":
        return to_csv(found), "text/csv; charset=utf-8"
    return to_json(found, at=clock.now().date()), "application/json"
