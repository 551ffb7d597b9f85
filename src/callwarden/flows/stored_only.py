"""People who asked that what is kept of them is stored and protected and nothing else (PIPL art. 47; GDPR art. 18).

They asked it of all that is theirs, not of the records there were that day: what comes later is bound by it too.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from callwarden.custody.destroy import NAMED
from callwarden.custody.models import Customer, PersonLink, Record, Subject
from callwarden.custody.restrict import asked_for, store_only
from callwarden.kernel import journal
from callwarden.kernel.events import Event
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest

_STANDING: Final = (SubjectRequest.State.EXECUTING, SubjectRequest.State.ANSWERED, SubjectRequest.State.CLOSED)


def hold(person: UUID) -> None:
    """Have nobody join, part or take in a call of this person until the transaction ends."""
    theirs = Customer.objects.select_for_update(of=("self",), no_key=True).filter(person=person)
    list(theirs.order_by("id").values_list("id"))


def standing(person: UUID) -> QuerySet[SubjectRequest]:
    """The requests of this person that bind what is kept of them now. Call it inside `client_scope`."""
    asked = SubjectRequest.objects.filter(person=person, kind=Kind.RESTRICTION, state__in=_STANDING)
    return asked.filter(lifted_at__isnull=True)


def asked_by(person: UUID) -> bool:
    """Whether this person asked for it: by a request, or by what is kept of them as a customer, which outlasts the
    joining of two. Call it inside `client_scope`."""
    requests = standing(person)
    own = asked_for(Record.objects.filter(customer__person=person, call__isnull=True))
    return requests.exists() or own.exists()


def binds(subject: UUID) -> bool:
    """Whether what is put under this subject's keys is stored only, since whose they are asked for it. Call it inside
    `client_scope`, while the subject is held still: `reach` waits for that."""
    theirs = PersonLink.objects.filter(subject=subject, revoked_at__isnull=True)
    return any(asked_by(person) for person in theirs.values_list("person", flat=True))


def reach_all(person: UUID, *, actor: str) -> None:
    """Restrict what lies under the keys of everybody who is this person. Call it inside `client_scope`."""
    links = PersonLink.objects.filter(person=person, revoked_at__isnull=True)
    for subject in Subject.objects.filter(id__in=links.values("subject")).order_by("created_at", "id"):
        reach(subject, actor=actor)


def reach(subject: Subject, *, actor: str) -> None:
    """Restrict what lies under this subject's keys. The entry lets a restore do it again."""
    # Whoever makes a version of what is restricted for something else has put it by now, or finds what was asked for.
    list(Subject.objects.select_for_update(no_key=True).filter(pk=subject.pk).values_list("id"))
    records = Record.objects.filter(subject=subject, state=Record.State.STORED)
    ids = list(records.order_by("id").values_list("id", flat=True))
    if not ids:
        return
    store_only(records)
    journal.record(
        journal.Entry(
            event=Event.RECORD_RESTRICTED,
            actor=actor,
            client=subject.client_id,
            subject=subject.id,
            records=tuple(ids[:NAMED]),
            count=len(ids),
            reasons=("request_restriction",),
        )
    )
