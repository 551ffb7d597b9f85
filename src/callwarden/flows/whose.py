"""Whose copy a found file is: from its mark to who exported or played it, when, for what purpose, by what leave.

identity = mark.read(file)  # engines.mark
whose(identity)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from callwarden.control.grants.models import GrantUse
from callwarden.custody.models import LedgerEntry, Permit


@dataclass(frozen=True)
class Copy:
    """What is on record of a copy's making.

    Attributes:
        principal: pseudonym of who exported or played it.
        grants: grants of access that it rested on.
        index: its entry in the operation log; None while that has no place there yet, or none any more.
    """

    permit: UUID
    principal: str
    at: datetime
    action: str
    purpose: str
    grants: tuple[UUID, ...]
    index: int | None


def whose(identity: bytes) -> list[Copy]:
    """The copies that carry this mark: one, or none of ours. Several only where chance drew the same six bytes twice.

    Args:
        identity: 16 bytes of an exported copy, or the 6 of a played one.
    """
    found = list(permits(identity).order_by("issued_at"))
    entries = {one.entry for one in found}
    indexes = dict(LedgerEntry.objects.filter(entry__in=entries).values_list("entry", "index"))
    grants: dict[UUID, list[UUID]] = {}
    for permit, grant in GrantUse.objects.filter(permit__in=[one.pk for one in found]).values_list("permit", "grant"):
        grants.setdefault(permit, []).append(grant)
    return [
        Copy(
            permit=one.pk,
            principal=one.principal,
            at=one.issued_at,
            action=one.action,
            purpose=one.purpose,
            grants=tuple(grants.get(one.pk, ())),
            index=indexes.get(one.entry),
        )
        for one in found
    ]


def permits(identity: bytes) -> QuerySet[Permit]:
    """Permits to play or to export whose id begins so."""
    first, last = identity.ljust(16, b"\0"), identity.ljust(16, b"\xff")
    return Permit.objects.filter(
        pk__gte=UUID(bytes=first), pk__lte=UUID(bytes=last), action__in=("play_redacted", "play_original", "export")
    )
