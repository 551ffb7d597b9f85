"""What of a person left this system before they were erased: nothing here reaches it, so a certificate has to say so.

Files are known from the permits that opened something for them. Whether somebody registered as a recipient was given
the data of one person is not recorded here: who they are is told, as a number, and nothing is said of what they hold.

Call everything here inside `client_scope`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Final

from django.db.models import Q, QuerySet

from callwarden.custody.models import Call, Permit, PermitRecord, Record, Subject
from callwarden.custody.permits import opening
from callwarden.lawful.certificates.rules import NotCovered
from callwarden.lawful.purposes.models import LinePurpose, Recipient
from callwarden.lawful.requests.models import RequestTask

EXPORTS: Final = str(RequestTask.Replica.EXPORTS)
RECIPIENTS: Final = str(RequestTask.Replica.RECIPIENTS)
LEFT: Final = "left_by_export"
TO_THEM: Final = "given_to_the_person"
RELEASED: Final = "in_anonymous_release"
UNSEEN: Final = "giving_is_not_recorded"
# How many days a certificate names; of more the latest.
DAYS: Final = 100


def exports(subjects: Iterable[Subject]) -> QuerySet[Permit]:
    """The permits by which something of theirs was opened to be taken away, also what others' calls say of them."""
    used = PermitRecord.objects.filter(permit__action="export", uses__gt=0)
    return Permit.objects.filter(id__in=opening([one.pk for one in subjects], used))


def recipients(subjects: Iterable[Subject]) -> QuerySet[Recipient]:
    """Whoever was registered to be given data of a line these were dealt with on, from their first record on."""
    theirs = list(subjects)
    records = Record.objects.filter(subject__in=theirs)
    lines = {*records.values_list("line", flat=True).distinct()}
    lines |= {*Call.objects.filter(legs__subject__in=theirs).values_list("line", flat=True).distinct()}
    served = LinePurpose.objects.filter(line__in=lines).values("purpose")
    since = min((one.created_at for one in theirs), default=None)
    given = Recipient.objects.filter(client__in={one.client_id for one in theirs}, purposes__in=served).distinct()
    return given.filter(Q(ended_at__isnull=True) | Q(ended_at__gte=since)) if since else given.none()


def counted(subjects: Iterable[Subject]) -> dict[str, int]:
    """Replica -> how many things left there."""
    theirs = list(subjects)
    return {EXPORTS: exports(theirs).count(), RECIPIENTS: recipients(theirs).count()}


def untold(subjects: Iterable[Subject]) -> Iterator[NotCovered]:
    """What a certificate about these does not cover, because it left."""
    theirs = list(subjects)
    days: dict[str, list[str]] = {}
    for principal, purpose, at in exports(theirs).values_list("principal", "purpose", "issued_at"):
        days.setdefault(_why(principal, purpose), []).append(at.astimezone(UTC).date().isoformat())
    for why, when in sorted(days.items()):
        yield NotCovered(EXPORTS, why, count=len(when), days=sorted(set(when))[-DAYS:])
    if given := recipients(theirs).count():
        yield NotCovered(RECIPIENTS, UNSEEN, count=given)


def _why(principal: str, purpose: str) -> str:
    if purpose == "subject_request":
        return TO_THEM
    return RELEASED if principal.startswith("job:") else LEFT
