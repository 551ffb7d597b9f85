"""Erasing a person: every replica in its turn, each step done again safely, nothing forgotten that has to wait.

What is open is closed first, then other people's calls lose what they say of the person, then the person's own keys
go. What a legal hold or a legal period keeps is restricted, and ends by itself when that is over. Copies end with the
keys they need, by the date the promise of erasure gives.

Source: PIPL art. 47; GDPR art. 17; GB/T 35273-2020 8.3.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models.functions import Coalesce

from callwarden.custody.models import Customer, Permit, SearchToken, Subject
from callwarden.custody.scope import client_scope
from callwarden.flows import mentions, residue
from callwarden.flows.requests import found, proving
from callwarden.flows.requests import left as outside
from callwarden.kernel import clock
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.actions import Waits
from callwarden.lawful.requests.models import PROOF_PROVISION, RequestTask, SubjectRequest
from callwarden.lawful.retention.queries import Floors
from callwarden.protection.keys import epochs

ACTOR: Final = proving.ACTOR
REASON: Final = "request_erasure"
HOLD_PROVISION: Final = "legal_hold"
Replica = RequestTask.Replica
_OF_RECORDS: Final = (Replica.RECORDS, Replica.RECORDINGS, Replica.TRANSCRIPTS)


def erase(client: UUID, request_id: UUID) -> bool:
    """Do all that can be done now; when nothing is left, search for residue, certify and answer. Whether it came to
    its end.

    Killed anywhere it is called again and goes on; every step finds what is left by looking, not by remembering. What
    was destroyed before is then searched for by random ids only, and the certificate says so.
    """
    with client_scope(client):
        request = SubjectRequest.objects.select_related("customer", "line").get(pk=request_id)
        assert request.person_id is not None
        subjects = found.subjects_to_erase(request.person_id)
        _close_views(subjects)
    alive = [subject for subject in subjects if subject.destroyed_at is None]
    if subjects and not alive and proving.too_soon([subject.id for subject in subjects], clock.now()):
        return False
    marks = residue.gather(client, [subject.id for subject in subjects], values=bool(alive))
    for subject in alive:
        mentions.erase_subject(client, subject.id, actor=ACTOR, reason=REASON)
    with client_scope(client):
        request = SubjectRequest.objects.select_related("customer").get(pk=request_id)
        if proving.others_came(request, [subject.id for subject in subjects]):
            return False
        _close_views(subjects)  # those that erasing itself needed
        _forget(request, subjects)
        finished = _settle(request, subjects)
    return finished and proving.prove(client, request_id, marks)


def waits(request: SubjectRequest) -> bool:
    """Whether what was left the last time is all still there, and nothing else can be done. Call it in the scope."""
    assert request.person_id is not None
    left = _left(request, found.subjects_to_erase(request.person_id))
    held = request.tasks.filter(state=RequestTask.State.HELD)
    return all(left.get(task.replica, 0) == task.after for task in held)


def backups_end(now: datetime) -> datetime:
    """By when no backup can be opened for what was destroyed at `now`."""
    return now + timedelta(days=epochs.terms().erased_within)


def _close_views(subjects: list[Subject]) -> None:
    permits = found.open_views(subjects).values("permit")
    Permit.objects.filter(id__in=permits, revoked_at__isnull=True).update(revoked_at=clock.now())


def _forget(request: SubjectRequest, subjects: list[Subject]) -> None:
    """When every key is gone: nobody is found by the number any more. Who it was stays known until it is certified."""
    alive = Subject.objects.filter(id__in=[one.id for one in subjects], destroyed_at__isnull=True)
    if request.person_id is None or request.customer is None or alive.exists():
        return
    found.known_by(request.person_id).delete()
    for customer in Customer.objects.filter(person=request.person_id):
        # A number that stands nowhere any more: nobody can have it, and nobody is looked up by it.
        changes = {"number": os.urandom(32), "language": "", "vip": False, "updated_at": clock.now()}
        # Since when they were known is asked when it is certified.
        changes["known_since"] = Coalesce("known_since", "updated_at")
        Customer.objects.filter(pk=customer.pk).update(**changes)


def _settle(request: SubjectRequest, subjects: list[Subject]) -> bool:
    left = _left(request, subjects)
    gone_out = outside.counted(subjects)
    for task in request.tasks.exclude(state__in=RequestTask.SETTLED):
        count = left.get(task.replica, 0)
        if task.replica == Replica.CONSENTS:
            actions.except_(task, after=task.before, provision=PROOF_PROVISION, actor=ACTOR)
        elif task.replica == Replica.BACKUPS:
            actions.settle(task, after=0, method="ends_with_epoch", until=backups_end(clock.now()), actor=ACTOR)
        elif task.replica in gone_out:
            # What left is out of reach; the certificate names it, and nobody waits for it here.
            there = max(gone_out[task.replica], task.before)
            actions.settle(task, after=there, method="out_of_reach" if there else "none_on_record", actor=ACTOR)
        elif count:
            actions.keep_back(task, _waits(subjects), after=count, actor=ACTOR)
        elif task.replica == Replica.MENTIONS and not task.before:
            actions.settle(task, after=0, method="not_measured", actor=ACTOR)
        else:
            actions.settle(task, after=0, method=_METHODS.get(task.replica, "key_destroyed"), actor=ACTOR)
    return not request.tasks.exclude(state__in=RequestTask.SETTLED).exists()


def _waits(subjects: list[Subject]) -> Waits:
    """Why something of the person is still here: a legal period, which ends on a day, or else a hold."""
    floors = Floors()
    inside = [
        record
        for records in (found.live_records(subjects), found.mentioning(subjects))
        for record in records.filter(erase_at__isnull=False).select_related("line", "call")
    ]
    for record in sorted(inside, key=lambda one: one.erase_at or clock.now()):
        if floor := floors.of(record):
            return Waits(floor.provision, record.erase_at)
    return Waits(HOLD_PROVISION, None)


_METHODS: Final[dict[str, str]] = {
    Replica.INDEXES: "rows_deleted",
    Replica.OPEN_VIEWS: "permits_revoked",
    Replica.MENTIONS: "version_without_person",
}


def _left(request: SubjectRequest, subjects: list[Subject]) -> dict[str, int]:
    """What is still there of each replica, by looking at it."""
    assert request.person_id is not None
    records = found.live_records(subjects)
    return {
        Replica.RECORDS: records.exclude(category__in=[*found.RECORDINGS, *found.TRANSCRIPTS]).count(),
        Replica.RECORDINGS: records.filter(category__in=found.RECORDINGS).count(),
        Replica.TRANSCRIPTS: records.filter(category__in=found.TRANSCRIPTS).count(),
        Replica.INDEXES: found.known_by(request.person_id).count()
        + SearchToken.objects.filter(record__subject__in=subjects).count(),
        Replica.MENTIONS: found.mentioning(subjects).count(),
        Replica.OPEN_VIEWS: found.open_views(subjects).count(),
    }
