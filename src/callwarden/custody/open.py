"""Opening: plaintext leaves only through here, against a Grant, with the key released by the keeper each time."""

from __future__ import annotations

from callwarden.custody import objects
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import PermitRecord, Record, SealedField
from callwarden.custody.naming import field_part
from callwarden.custody.permits import Grant
from callwarden.engines.seal import SealedReader, open_bytes


def open_record(grant: Grant, record: Record) -> SealedReader:
    """A seekable reader of the record's plaintext. Ask anew for every range: the keeper re-checks each time."""
    given = keeper.release(permit=grant.permit, record=record.id, principal=grant.principal, session=grant.session)
    # Not what `record` says: it may have been sealed anew, under another key and name, since it was read.
    source = objects.ObjectRange(given.object_key, given.sealed_size)
    return SealedReader(source, given.key, record_id=record.id.bytes)


def open_fields(grant: Grant, record: Record) -> dict[str, list[str]]:
    """The values of the fields this grant covers (all of them where it names none), by name in stored order."""
    covered = PermitRecord.objects.get(permit_id=grant.permit, record=record).fields
    rows = SealedField.objects.filter(record=record).order_by("position")
    if covered:
        rows = rows.filter(name__in=covered)
    given = keeper.release(permit=grant.permit, record=record.id, principal=grant.principal, session=grant.session)
    values: dict[str, list[str]] = {}
    for row in rows:
        plain = open_bytes(
            given.key, bytes(row.blob), record_id=record.id.bytes, part=field_part(row.name, row.position)
        )
        values.setdefault(row.name, []).append(plain.decode())
    return values
