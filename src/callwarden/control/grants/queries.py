"""Grants that count, and whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import F, QuerySet

from callwarden.control.grants.models import AccessGrant, GrantedRecord
from callwarden.control.grants.rules import covers
from callwarden.kernel import clock
from callwarden.kernel.models import User


def live() -> QuerySet[AccessGrant]:
    """Grants that run now."""
    now = clock.now()
    return AccessGrant.objects.filter(state=AccessGrant.State.LIVE, starts_at__lte=now, ends_at__gt=now)


def covering(
    person: User,
    client: UUID,
    action: str,
    purpose: str,
    records: Mapping[UUID, tuple[str, ...]],
    *,
    lock: bool = False,
    only: UUID | None = None,
) -> dict[UUID, AccessGrant]:
    """Record -> a grant by which this person may do this now; a record without one is left out.

    Everything has to fit: person, client, action, purpose, record, fields, time and uses. With `lock` the grants are
    held until the transaction ends, so that neither their end nor their last use happens at the same moment. `only`
    looks at one grant alone.
    """
    fitting = live().filter(person=person, client=client, action=action, purpose=purpose, uses__lt=F("max_uses"))
    if only is not None:
        fitting = fitting.filter(pk=only)
    if lock:
        # By id, so that two decisions take them in one order.
        fitting = fitting.select_for_update(of=("self",)).order_by("pk")
    grants = {grant.pk: grant for grant in fitting}
    if not grants:
        return {}
    rows = GrantedRecord.objects.filter(grant__in=list(grants), record__in=list(records)).order_by("grant")
    return {row.record: grants[row.grant_id] for row in rows if covers(row.fields, records[row.record])}


def of_person(person: User) -> QuerySet[AccessGrant]:
    """A person's own grants, the latest first."""
    return AccessGrant.objects.filter(person=person).order_by("-asked_at")


def about_subjects(subjects: list[UUID]) -> QuerySet[AccessGrant]:
    """Grants that ran on records of these people, for their access report; the latest first."""
    theirs = GrantedRecord.objects.filter(subject__in=subjects).values("grant")
    return (
        AccessGrant.objects.filter(pk__in=theirs, starts_at__isnull=False)
        .select_related("person")
        .order_by("-asked_at")
    )
