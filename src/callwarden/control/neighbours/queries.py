"""Which systems there are, how each does, and what they told. Entries are read inside `client_scope`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from callwarden.control.neighbours import rules
from callwarden.control.neighbours.models import Neighbour, NeighbourBatch, NeighbourEntry
from callwarden.control.neighbours.rules import AsReceived, Health
from callwarden.custody.models import LedgerEntry
from callwarden.kernel import clock

State, Kind, Way = Neighbour.State, Neighbour.Kind, Neighbour.Way


def living() -> QuerySet[Neighbour]:
    """Systems that were not disconnected, by name."""
    return Neighbour.objects.exclude(state=State.ENDED).select_related("owner", "client").order_by("kind", "slug")


def by_certificate(digest: str) -> Neighbour | None:
    """The connected system that shows this certificate."""
    found = Neighbour.objects.filter(state=State.CONNECTED, way=Way.SYSLOG, certificates__contains=[digest])
    return found.order_by("slug").first()


def by_application(name: str) -> Neighbour | None:
    """The connected system on this machine whose messages bear this name of an application."""
    return Neighbour.objects.filter(state=State.CONNECTED, way=Way.LOCAL, slug=name).first()


def by_program(client: UUID, slug: str, program: str) -> Neighbour | None:
    """The connected system of this short name whose lines this program brings."""
    return Neighbour.objects.filter(
        state=State.CONNECTED, way=Way.HTTP, client=client, slug=slug, program=program
    ).first()


def silent_since(neighbour: Neighbour) -> datetime | None:
    """From when a system has said nothing for longer than it may; None while it has not."""
    if neighbour.state != State.CONNECTED:
        return None
    heard = neighbour.heard_at or neighbour.created_at
    return rules.silent_since(heard, neighbour.quiet_minutes, clock.now())


def silent() -> list[Neighbour]:
    return [one for one in living() if silent_since(one) is not None]


def health(neighbour: Neighbour) -> Health:
    """How it does: silent too long, paused, clock off, never heard, or well."""
    if neighbour.state == State.PAUSED:
        return "warn"
    if silent_since(neighbour):
        return "fail"
    if neighbour.heard_at is None:
        return "not_measured"
    return "warn" if rules.is_off(neighbour.skew_s) else "pass"


def not_connected(client: UUID | None = None) -> list[Neighbour.Kind]:
    """Kinds of systems of which none is connected: what happens there is not measured."""
    found = living().filter(client=client) if client else living()
    there = set(found.values_list("kind", flat=True))
    return [kind for kind in Kind if kind not in there]


def about(subjects: Collection[UUID]) -> QuerySet[NeighbourEntry]:
    """What is known of acts of neighbours upon these people, the latest first."""
    found = NeighbourEntry.objects.filter(subject__in=list(subjects))
    return found.select_related("neighbour", "user").order_by("-at", "pk")


def unjudged(neighbour: Neighbour, before: datetime) -> QuerySet[NeighbourEntry]:
    """Acts nobody has looked for an explanation of yet, of before that time."""
    return NeighbourEntry.objects.filter(
        Q(neighbour=neighbour, judged_at=None, batch__received_at__lte=before)
    ).order_by("at", "pk")


def batches(neighbour: Neighbour) -> QuerySet[NeighbourBatch]:
    """What arrived from a system and is still kept, the latest first."""
    return NeighbourBatch.objects.filter(neighbour=neighbour).order_by("-received_at", "pk")


def entries_of(batch: NeighbourBatch) -> QuerySet[NeighbourEntry]:
    """The lines of a batch that were taken in, in order."""
    return NeighbourEntry.objects.filter(batch=batch).select_related("user").order_by("number")


@dataclass(frozen=True)
class Checked:
    """Whether a batch is what the operation log says. `changed` names entries by their number in it."""

    holds: bool
    logged: bool
    changed: tuple[int, ...]
    erased: int


def verify(batch: NeighbourBatch) -> Checked:
    """Compute every commitment of a batch anew, and compare their digest with the one in the operation log."""
    rows = list(NeighbourEntry.objects.filter(batch=batch).order_by("number"))
    changed = tuple(row.number for row in rows if row.erased_at is None and not _as_committed(row))
    same = rules.digest_of(row.commitment for row in rows) == batch.digest == _logged(batch)
    return Checked(
        holds=same and not changed and len(rows) == batch.taken,
        logged=_logged(batch) == batch.digest,
        changed=changed,
        erased=sum(row.erased_at is not None for row in rows),
    )


def _as_committed(row: NeighbourEntry) -> bool:
    received = AsReceived(
        number=row.number,
        mark=bytes(row.mark),
        at=row.at,
        act=row.act,
        rows=row.rows,
        inside=row.inside,
        who=bytes(row.who),
        person=bytes(row.person_token) if row.person_token is not None else None,
        calls=bytes(row.calls) if row.calls is not None else None,
    )
    return row.salt is not None and received.commitment(bytes(row.salt)) == row.commitment


def _logged(batch: NeighbourBatch) -> str:
    """The digest in the entry of the log; "" while there is none."""
    entry = LedgerEntry.objects.filter(entry=batch.entry).first()
    if entry is None:
        return ""
    told = json.loads(bytes(entry.body)).get("data", {})
    return str(told.get("digest", "")) if told.get("batch") == str(batch.pk) else ""


def of_judgements(entries: Iterable[UUID]) -> QuerySet[NeighbourEntry]:
    """Acts that these entries of the log tell of, in the order they happened."""
    found = NeighbourEntry.objects.filter(judged_in__in=list(entries))
    return found.select_related("neighbour", "user").order_by("judged_in", "at", "pk")
