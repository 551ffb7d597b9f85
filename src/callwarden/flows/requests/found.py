"""Where a person's data lies: every replica, and how much of it is there. Counts and ids only.

Call everything here inside `client_scope`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from callwarden.custody.categories import Category
from callwarden.custody.models import (
    IdentifierToken,
    Mention,
    PermitRecord,
    PersonLink,
    Record,
    SearchToken,
    Subject,
)
from callwarden.flows.requests import left
from callwarden.kernel import clock
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.requests.models import RequestTask, SubjectRequest

Replica = RequestTask.Replica
RECORDINGS: Final = (Category.RECORDING_ORIGINAL, Category.RECORDING_REDACTED)
TRANSCRIPTS: Final = (Category.TRANSCRIPT_ORIGINAL, Category.TRANSCRIPT_REDACTED, Category.REDACTION_SPANS)


def subjects_of(person: UUID) -> list[Subject]:
    """The key holders that are this person: those linked to them now. A link that was revoked is somebody else."""
    links = PersonLink.objects.filter(person=person, revoked_at__isnull=True)
    return list(Subject.objects.filter(id__in=links.values("subject")).order_by("created_at", "id"))


def subjects_to_erase(person: UUID) -> list[Subject]:
    """Those linked to this person; where an erasure has revoked every link since, the erased they belonged to."""
    linked = subjects_of(person)
    if linked:
        return linked
    before = PersonLink.objects.filter(person=person, revoked_at__isnull=False).values("subject")
    erased = Subject.objects.filter(id__in=before, destroyed_at__isnull=False)
    return list(erased.order_by("created_at", "id"))


def known_by(person: UUID) -> QuerySet[IdentifierToken]:
    """What this person is recognised by, in every customer record that is theirs."""
    return IdentifierToken.objects.filter(customer__person=person)


def live_records(subjects: Iterable[Subject]) -> QuerySet[Record]:
    """Records under the keys of these that have not been destroyed."""
    return Record.objects.filter(subject__in=list(subjects)).exclude(state=Record.State.DESTROYED)


def mentioning(subjects: Iterable[Subject]) -> QuerySet[Record]:
    """Records of others that are marked as speaking of one of these."""
    wanted = list(subjects)
    marked = Mention.objects.filter(record=OuterRef("pk"), subject__in=wanted)
    live = Record.objects.exclude(state=Record.State.DESTROYED).exclude(subject__in=wanted)
    return live.filter(Exists(marked))


def open_views(subjects: Iterable[Subject]) -> QuerySet[PermitRecord]:
    """Permits by which one of their records could be opened now."""
    standing = Q(permit__revoked_at__isnull=True, permit__expires_at__gt=clock.now())
    return PermitRecord.objects.filter(standing, record__subject__in=list(subjects))


def count(request: SubjectRequest) -> dict[str, int]:
    """How many things of the person who asks lie in each replica."""
    assert request.person_id is not None
    subjects = subjects_of(request.person_id)
    records = live_records(subjects)
    known = known_by(request.person_id).count()
    found = SearchToken.objects.filter(record__in=records).count()
    return {
        Replica.RECORDS: records.exclude(category__in=[*RECORDINGS, *TRANSCRIPTS]).count(),
        Replica.RECORDINGS: records.filter(category__in=RECORDINGS).count(),
        Replica.TRANSCRIPTS: records.filter(category__in=TRANSCRIPTS).count(),
        Replica.INDEXES: known + found,
        Replica.MENTIONS: mentioning(subjects).count(),
        Replica.OPEN_VIEWS: open_views(subjects).count(),
        Replica.BACKUPS: records.count(),
        Replica.CONSENTS: ConsentEvent.objects.filter(subject__in=subjects).count(),
        **left.counted(subjects),
    }
