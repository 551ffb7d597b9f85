"""Issuing, revoking and using permits. Only the decision (flows.disclose) may issue one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from callwarden.custody.models import Permit, PermitRecord
from callwarden.kernel import clock, endings
from callwarden.kernel.models import User

# What a player needs for one recording: every range is a use of its own.
MANY = 100_000


@dataclass(frozen=True)
class Grant:
    """A committed permit in the hands of the one it was issued to. Worthless to anybody else."""

    permit: UUID
    principal: str
    session: UUID | None
    entry: UUID


def records_digest(ids: Iterable[UUID]) -> bytes:
    """SHA-256 over the sorted ids: binds a permit to exactly this set."""
    digest = hashlib.sha256()
    for raw in sorted(identifier.bytes for identifier in ids):
        digest.update(raw)
    return digest.digest()


def issue(
    witness: object,
    *,
    principal: str,
    session: UUID | None,
    action: str,
    purpose: str,
    records: Mapping[UUID, tuple[str, ...]],
    items: tuple[UUID, ...] = (),
    entries: tuple[UUID, ...] = (),
    policy: str,
    entry: UUID,
    lasts: timedelta,
    max_uses: int = 1,
) -> Grant:
    """Write a permit in the caller's transaction; it counts once that has committed.

    Args:
        records: record id -> names of the fields covered; empty names the whole record.
        items: arrivals to be admitted.
        entries: ledger entries whose sealed detail may be read; the digest binds the permit to exactly these.
        entry: the ledger entry that says why; it carries this permit and no other.
    """
    from callwarden.custody.mint import WITNESS

    if witness is not WITNESS:
        raise TypeError("Only the decision issues permits.")
    now = clock.now()
    permit = Permit.objects.create(
        principal=principal,
        session=session,
        action=action,
        purpose=purpose,
        records_digest=records_digest([*records, *items, *entries]),
        policy=policy,
        entry=entry,
        issued_at=now,
        expires_at=now + lasts,
    )
    PermitRecord.objects.bulk_create(
        [
            *(
                PermitRecord(permit=permit, record_id=record, fields=list(fields), max_uses=max_uses)
                for record, fields in records.items()
            ),
            *(PermitRecord(permit=permit, item_id=item, max_uses=max_uses) for item in items),
        ]
    )
    return Grant(permit=permit.id, principal=principal, session=session, entry=entry)


def revoke_of_session(session: UUID) -> int:
    """End every live permit of a session at once."""
    return Permit.objects.filter(session=session, revoked_at__isnull=True).update(revoked_at=clock.now())


def revoke_of_principal(principal: str) -> int:
    """End every live permit of a program whose key was revoked, or of a person who lost what it rests on."""
    now = clock.now()
    return Permit.objects.filter(principal=principal, revoked_at=None, expires_at__gt=now).update(revoked_at=now)


def revoke_of_subjects(subjects: Iterable[UUID], purpose: str) -> int:
    """End every live permit for this purpose on a record of these subjects, or of a call they were a party to.

    Call it inside `client_scope`, with the subjects' rows locked: a disclosure holds them while it decides.
    """
    live = Permit.objects.filter(purpose=purpose, revoked_at__isnull=True, expires_at__gt=clock.now())
    return live.filter(id__in=opening(subjects, PermitRecord.objects.all())).update(revoked_at=clock.now())


def opening(subjects: Iterable[UUID], among: QuerySet[PermitRecord]) -> QuerySet[PermitRecord, Any]:
    """Ids of the permits among these that open a record of these subjects, of a call they were a party to, or that
    speaks of them. Call it inside `client_scope`.

    Asked thrice: an OR over three tables finds nothing by an index.
    """
    theirs = list(subjects)
    ways = ("record__subject__in", "record__call__legs__subject__in", "record__mentions__subject__in")
    own, heard, mentioned = (among.filter(**{way: theirs}).values("permit") for way in ways)
    return own.union(heard, mentioned)


def revoke_of_records(records: Iterable[UUID]) -> int:
    """End every live permit that covers one of these, whatever its purpose: from now on they are stored only.

    Call it inside `client_scope`. Whoever may still look asks again, and is judged by what the record is now.
    """
    covering = PermitRecord.objects.filter(record__in=list(records)).values("permit")
    live = Permit.objects.filter(id__in=covering, revoked_at__isnull=True, expires_at__gt=clock.now())
    return live.update(revoked_at=clock.now())


def any_live(permits: Iterable[UUID]) -> bool:
    """Whether one of these permits still opens something."""
    return Permit.objects.filter(id__in=list(permits), revoked_at__isnull=True, expires_at__gt=clock.now()).exists()


def revoke(permit: UUID) -> None:
    Permit.objects.filter(pk=permit, revoked_at__isnull=True).update(revoked_at=clock.now())


def _end_of_person(person: User, _actor: str, _reason: str) -> int:
    """Permits outlive no right they rest on: neither an account that closes nor a role that is taken away."""
    return revoke_of_principal(person.actor)


endings.register("permits", _end_of_person, with_rights=True)
