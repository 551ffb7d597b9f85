"""Storing: the only way a record comes into being. Takes a Basis, seals under a fresh data key and two locks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import connection
from django.utils.translation import gettext_lazy as _

from callwarden.custody import objects
from callwarden.custody.basis import Basis
from callwarden.custody.bounds import FREE, Bounds
from callwarden.custody.categories import Category
from callwarden.custody.ciphertext import Ciphertext
from callwarden.custody.epochs import active_epoch, current_version
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import Bucket, Call, Customer, DataKey, Leg, Line, Mention, Record, SealedField, Subject
from callwarden.custody.naming import field_part
from callwarden.engines.seal import Binding, Key, SealedWriter, seal_bytes
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.structural import Value


@dataclass(frozen=True)
class Place:
    """What a record belongs to beside its subject."""

    call: Call | None = None
    leg: Leg | None = None
    customer: Customer | None = None
    mentions: tuple[Subject, ...] = ()


class Shelf:
    """What the records of one act have in common, looked up once: line, epoch and buckets. Never kept longer.

    Args:
        versions: whether what is put here may be a version of other records (see `custody.versions`).

    Attributes:
        made: what was put here so far, and what binds each of it.
    """

    def __init__(self, basis: Basis, *, versions: bool = False) -> None:
        self.basis = basis
        self.versions = versions
        self.made: list[tuple[Record, Bounds]] = []
        self.line = Line.objects.get(pk=basis.line)
        self.epoch = active_epoch(basis.client)
        self.version = current_version(basis.client)
        self._buckets: dict[tuple[Category, datetime], Bucket] = {}

    def bucket(self, category: Category, due: datetime) -> Bucket:
        if (category, due) not in self._buckets:
            self._buckets[category, due] = bucket_for(self.line, category, due)
        return self._buckets[category, due]


def expiry_week(due: datetime) -> date:
    """The Monday on or after the due date: when the bucket's key is destroyed at the latest."""
    day = due.astimezone(UTC).date()
    if due.astimezone(UTC).time() != datetime.min.time():
        day += timedelta(days=1)
    return day + timedelta(days=-day.weekday() % 7)


def put(
    basis: Basis | Shelf,
    *,
    category: Category,
    subject: Subject,
    write: Callable[[SealedWriter], object],
    place: Place,
    media: Mapping[str, Any] | None = None,
    bounds: Bounds = FREE,
) -> Record:
    """Seal what `write` writes into a new object. Call it inside `client_scope`.

    The object is stored before the rows are, so a crash leaves at worst ciphertext whose key was never kept.

    Args:
        basis: what makes it lawful to keep; a `Shelf` of it where several records are put together.
        write: writes plaintext to the sealing writer it is given; nothing of it touches a disk unsealed.
        media: structural facts (rate, channels, duration); never personal.
        bounds: what binds the records this is a version of; only inside `versions.versions`.

    Raises:
        InvalidInput: the basis does not cover this category.
        Refused: the subject has been erased meanwhile, or the time for keeping this is over.
        KeeperUnavailable: no key can be made now.
    """
    basis = basis if isinstance(basis, Shelf) else Shelf(basis)
    record, key, wrapped = _begin(basis, category, subject, place, media, bounds)
    with closing(Ciphertext()) as sealed:
        with SealedWriter(sealed, key, record_id=record.id.bytes) as writer:
            write(writer)
        record.object_key = objects.key_for(record.id)
        basis.made.append((record, bounds))
        record.sealed_size, record.sealed_digest = objects.create(record.object_key, sealed.file)
        record.plain_size = writer.plain_size
    _finish(record, wrapped, place, basis.version)
    return record


def put_fields(
    basis: Basis | Shelf,
    *,
    category: Category,
    subject: Subject,
    fields: Iterable[tuple[str, str]],
    place: Place,
    bounds: Bounds = FREE,
) -> Record:
    """Seal named values, each apart from its neighbours, as one record without an object."""
    basis = basis if isinstance(basis, Shelf) else Shelf(basis)
    record, key, wrapped = _begin(basis, category, subject, place, None, bounds)
    _finish(record, wrapped, place, basis.version)
    basis.made.append((record, bounds))
    SealedField.objects.bulk_create(
        SealedField(
            client_id=record.client_id,
            record=record,
            name=name,
            position=position,
            blob=seal_bytes(key, value.encode(), record_id=record.id.bytes, part=field_part(name, position)),
        )
        for position, (name, value) in enumerate(fields, start=1)
    )
    return record


def _begin(
    shelf: Shelf,
    category: Category,
    subject: Subject,
    place: Place,
    media: Mapping[str, Any] | None,
    bounds: Bounds,
) -> tuple[Record, Key, bytes]:
    if not connection.in_atomic_block:
        raise RuntimeError("put works inside client_scope")
    basis, line = shelf.basis, shelf.line
    if category not in basis.due:
        raise InvalidInput(
            "category_not_covered",
            _("There is no lawful basis to keep this category. Add it to the line's retention rules first."),
            data={"category": str(category)},
        )
    if bounds != FREE and not shelf.versions:
        raise RuntimeError("a version of other records is put inside `versions`")
    _hold_subject(subject)
    # No period ends it before the day it waits for.
    due = max(basis.due[category], bounds.erase_at or basis.due[category])
    record = Record(
        id=uuid4(),
        client_id=basis.client,
        line=line,
        category=category,
        purposes=sorted(basis.purposes),
        basis=basis.id,
        subject=subject,
        bucket=shelf.bucket(category, due),
        call=place.call,
        leg=place.leg,
        customer=place.customer,
        state=Record.State.RESTRICTED if bounds.restricted else Record.State.STORED,
        suite=line.suite,
        media=dict(media or {}),
        created_at=clock.now(),
        due_at=due,
        erase_at=bounds.erase_at,
        erase_reason=bounds.erase_reason,
    )
    binding = binding_for(record, generation=subject.generation)
    key, wrapped = keeper.mint(binding, suite=line.suite, epoch=shelf.epoch)
    return record, key, wrapped


def _finish(record: Record, wrapped: bytes, place: Place, version: int) -> None:
    record.save(force_insert=True)
    DataKey(
        record=record,
        subject_id=record.subject_id,
        generation=record.subject.generation,
        bucket_id=record.bucket_id,
        version=version,
        wrapped=wrapped,
    ).save(force_insert=True)
    Mention.objects.bulk_create(
        Mention(client_id=record.client_id, record=record, subject=subject) for subject in place.mentions
    )


def bucket_for(line: Line, category: Category, due: datetime) -> Bucket:
    """The retention bucket of line x category x expiry week; it cannot end while this transaction lasts.

    Raises:
        Refused: its time is over.
    """
    bucket, created = Bucket.objects.get_or_create(
        line=line, category=category, expires_on=expiry_week(due), hold=False, defaults={"client_id": line.client_id}
    )
    if created:
        tell_opened(bucket)
    with connection.cursor() as cursor:
        cursor.execute("SELECT destroyed_at FROM custody_bucket WHERE id = %s FOR SHARE", [bucket.id])
        (destroyed_at,) = cursor.fetchone()
    if destroyed_at is not None:
        raise Refused("retention_over", _("The time for which this may be kept is over, so it was not stored."))
    return bucket


def tell_opened(bucket: Bucket) -> None:
    """Enter in the log, in the caller's transaction, that there is a new bucket, and so a key to be destroyed."""
    facts: dict[str, Value] = {
        "bucket": str(bucket.pk),
        "line_id": str(bucket.line_id),
        "category": str(bucket.category),
        "expires": bucket.expires_on.isoformat(),
        "hold": bucket.hold,
    }
    opened = journal.Entry(event=Event.KEY_BUCKET_OPENED, actor="system", client=bucket.client_id, data=facts)
    journal.record(opened)


def _hold_subject(subject: Subject) -> None:
    """Keep the subject from being erased until this transaction ends, and work with its keys of now.

    Without this a key would be made anew for whoever was erased in the meantime.
    """
    with connection.cursor() as cursor:
        # The weakest lock that holds off an erasure and a new generation, which take the strongest: of two who store
        # under one subject, each may also mark it.
        cursor.execute(
            "SELECT generation, destroyed_at IS NOT NULL OR erasure_due FROM custody_subject"
            " WHERE id = %s FOR KEY SHARE",
            [subject.id],
        )
        row = cursor.fetchone()
    if row is None or row[1]:
        raise Refused("subject_erased", _("This person's data has been erased, so nothing more is stored about them."))
    subject.generation = row[0]


def binding_for(record: Record, *, generation: int) -> Binding:
    """What the data key's wrap is bound to (DESIGN section 5, seal)."""
    return Binding(
        client=str(record.client_id),
        line=str(record.line_id),
        record=str(record.id),
        subject=str(record.subject_id),
        generation=generation,
        bucket=str(record.bucket_id),
        purposes=tuple(sorted(record.purposes)),
    )
