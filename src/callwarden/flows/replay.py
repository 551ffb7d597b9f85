"""Doing again, in a restored store, what took access away after the copy was made. Nothing opens before this is done.

What the journal names by id is done again exactly. What it cannot place is settled the strict way: every session,
permit and waiting approval ends, whoever lost a role since does not have it, and what is left over is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import transaction

from callwarden.custody.destroy import destroy_of_client, destroy_record, destroy_subject
from callwarden.custody.models import Bucket, BucketKey, Call, Client, Epoch, Hold, Line, Permit, Record, Subject
from callwarden.custody.scope import client_scope
from callwarden.flows.consents import caller_of
from callwarden.kernel import clock, journal, people
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Approval, Session, User
from callwarden.lawful.consent.actions import How, mark_for_renewal
from callwarden.lawful.consent.actions import record as say
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.consent.queries import person_reference
from callwarden.lawful.notices.models import Notice
from callwarden.protection.signin import actions as signin
from callwarden.protection.signin.models import ServiceKey

ACTOR = "job:restore"
_AT_ONCE = 1_000
_SAID = {
    Event.CONSENT_WITHDRAWN: ConsentEvent.State.WITHDRAWN,
    Event.CONSENT_INVALIDATED: ConsentEvent.State.INVALIDATED,
    Event.CONSENT_EXPIRED: ConsentEvent.State.EXPIRED,
    Event.CONSENT_REFUSED: ConsentEvent.State.REFUSED,
}


@dataclass
class Replayed:
    """How many acts were done again, by event; how many could not be placed; epochs whose key files must go."""

    done: Counter[str] = field(default_factory=Counter)
    unplaced: Counter[str] = field(default_factory=Counter)
    epochs: list[str] = field(default_factory=list)


def replay(entries: Sequence[Mapping[str, Any]]) -> Replayed:
    """Do the acts of the journal again; each may have been done already, and doing it twice changes nothing."""
    result = Replayed()
    _end_what_was_under_way()
    context = _Context.of(entries)
    for entry in entries:
        placed = _again(entry, result, context)
        (result.done if placed else result.unplaced)[entry["event"]] += 1
    return result


@dataclass(frozen=True)
class _Context:
    """What later entries say of earlier ones: records whose hold was set and not released, clients that were closed."""

    held: frozenset[str]
    closed: frozenset[str]

    @staticmethod
    def of(entries: Sequence[Mapping[str, Any]]) -> _Context:
        held: Counter[str] = Counter()
        for entry in entries:
            if entry["event"] in (Event.HOLD_SET, Event.HOLD_RELEASED):
                held.update(dict.fromkeys(entry.get("records", ()), 1 if entry["event"] == Event.HOLD_SET else -1))
        closed = frozenset(entry["client"] for entry in entries if entry["event"] == Event.CLIENT_CLOSED)
        return _Context(frozenset(record for record, count in held.items() if count > 0), closed)


def _again(entry: Mapping[str, Any], result: Replayed, context: _Context) -> bool:
    event, data = entry["event"], entry.get("data", {})
    if event in (Event.RECORD_DESTROYED, Event.KEY_SUBJECT_DESTROYED, Event.RETENTION_DESTROYED):
        return _destroy(entry, context)
    if event == Event.KEY_BUCKET_DESTROYED:
        return _end_bucket(entry, context)
    if event == Event.CLIENT_CLOSED:
        return _close_client(UUID(entry["client"]))
    if event == Event.KEY_SUBJECT_TURNED:
        return _turn(entry)
    if event == Event.HOLD_SET:
        return _is_held_here(entry, context)
    if event in _SAID:
        return _say(entry, _SAID[Event(event)])
    if event == Event.SERVICE_KEY_REVOKED:
        if ServiceKey.objects.filter(pk=data["key"]).exists():
            signin.revoke(UUID(data["key"]), actor=ACTOR, reason="restored")
        return True
    if event in (Event.ACCOUNT_CLOSED, Event.ROLES_CHANGED):
        return _narrow(event, data)
    if event == Event.KEY_EPOCH_DESTROYED:
        return _end_epoch(entry, result)
    # Releases give, and are not done again. Index keys end as files. Sessions, permits and approvals have ended all;
    # arrivals of the quarantine and day keys are never restored.
    return event in (
        Event.SESSION_REVOKED,
        Event.PERMIT_REVOKED,
        Event.APPROVAL_EXECUTED,
        Event.QUARANTINE_DESTROYED,
        Event.KEY_DAY_DESTROYED,
        Event.KEY_INDEX_DESTROYED,
        Event.HOLD_RELEASED,
    )


def _destroy(entry: Mapping[str, Any], context: _Context) -> bool:
    listed = entry.get("records", [])
    with client_scope(UUID(entry["client"])):
        if subject := entry.get("subject"):
            found = Subject.objects.filter(pk=subject).first()
            if found is not None and found.destroyed_at is None:
                destroy_subject(found, actor=ACTOR, reason="restored")
            return True
        for record in Record.objects.filter(pk__in=listed):
            destroy_record(record, actor=ACTOR, reason="restored")
    # A longer list names fifty at most. What a bucket or a client ended is ended again by that entry.
    whole = entry.get("count", len(listed)) <= len(listed)
    return whole or "retention_ended" in entry.get("reasons", ()) or entry["client"] in context.closed


def _end_bucket(entry: Mapping[str, Any], context: _Context) -> bool:
    """End the key of this very bucket, unless a record in it is on hold since the copy: then people decide."""
    bucket = entry.get("data", {}).get("bucket")
    with client_scope(UUID(entry["client"])):
        found = Bucket.objects.select_for_update().filter(pk=bucket, destroyed_at=None).first()
        if found is None:
            return True
        if Record.objects.filter(bucket=found, pk__in=context.held).exists():
            return False
        BucketKey.objects.filter(bucket=found).delete()
        Bucket.objects.filter(pk=found.pk).update(destroyed_at=clock.now())
        data = {"bucket": str(found.pk)}
        journal.record(Entry(event=Event.KEY_BUCKET_DESTROYED, actor=ACTOR, client=found.client_id, data=data))
    return True


def _close_client(client: UUID) -> bool:
    while True:
        with client_scope(client):
            if not destroy_of_client(client, at_most=_AT_ONCE, actor=ACTOR, reason="client_closed"):
                break
    with transaction.atomic():
        Client.objects.filter(pk=client, closed_at=None).update(closed_at=clock.now())
    with client_scope(client):
        alive = Epoch.objects.filter(client_id=client).exclude(state=Epoch.State.DESTROYED)
        alive.update(state=Epoch.State.DESTROYED, destroyed_at=clock.now())
    return True


def _turn(entry: Mapping[str, Any]) -> bool:
    with client_scope(UUID(entry["client"])):
        Subject.objects.filter(pk=entry.get("subject"), destroyed_at=None).update(turn_due=True)
    return True


def _is_held_here(entry: Mapping[str, Any], context: _Context) -> bool:
    """A hold that lasts and is in the copy, or has ended since, needs nothing; another must be set again by people."""
    lasting = context.held & set(entry.get("records", ()))
    if not lasting:
        return True
    with client_scope(UUID(entry["client"])):
        held = Hold.objects.filter(record__in=lasting, released_at=None).values_list("record_id", flat=True)
        return {str(record) for record in held} == set(lasting)


def _say(entry: Mapping[str, Any], state: str) -> bool:
    data = entry.get("data", {})
    if data.get("notice"):
        return _renew(data)
    if not entry.get("call") and not entry.get("subject"):
        return True  # said of a call that was not admitted then; a store restored without it holds nothing of it
    with client_scope(UUID(entry["client"])):
        call = Call.objects.select_related("line").filter(pk=entry.get("call")).first()
        subject = Subject.objects.filter(pk=entry.get("subject")).first()
        if call is None and (subject is None or entry.get("call")):
            return True
        line = call.line if call else Line.objects.filter(client=entry["client"], slug=data.get("line")).first()
        if line is None:
            return True
        reference = bytes(call.reference) if call else person_reference(cast(Subject, subject))
        say(
            line,
            reference=reference,
            purpose=entry["purpose"],
            recipient=data.get("recipient", ""),
            state=state,
            how=How(data.get("method", ConsentEvent.Method.API)),
            at=datetime.fromisoformat(entry["at"]),
            actor=ACTOR,
            call=call,
            subject=subject or (caller_of(call) if call else None),
        )
    return True


def _renew(data: Mapping[str, Any]) -> bool:
    """A notice that said more ended older consents; without that notice in the copy nobody consented to it either."""
    notice = Notice.objects.select_related("line").filter(pk=data["notice"]).first()
    if notice is not None:
        mark_for_renewal(notice.line, data.get("purposes", ()), notice=notice, actor=ACTOR)
    return True


def _narrow(event: str, data: Mapping[str, Any]) -> bool:
    user = User.objects.filter(pseudonym=data["person"]).first()
    if user is None:
        return True  # the account was opened after the copy
    if event == Event.ACCOUNT_CLOSED:
        people.close_account(user, actor=ACTOR, reason="restored")
    else:
        people.set_roles(user, set(user.roles) & set(data["after"]), actor=ACTOR)
    return True


def _end_epoch(entry: Mapping[str, Any], result: Replayed) -> bool:
    epoch = entry.get("data", {}).get("epoch")
    if not epoch:
        return False
    result.epochs.append(str(epoch))
    with client_scope(UUID(entry["client"])):
        Epoch.objects.filter(pk=epoch).exclude(state=Epoch.State.ACTIVE).update(
            state=Epoch.State.DESTROYED, destroyed_at=clock.now()
        )
    return True


@transaction.atomic
def _end_what_was_under_way() -> None:
    """Sessions, permits and approvals of the copy end: what became of them since cannot be known for certain."""
    now = clock.now()
    Session.objects.filter(revoked_at=None).update(revoked_at=now)
    Permit.objects.filter(revoked_at=None).update(revoked_at=now)
    open_ones = Approval.objects.filter(state__in=(Approval.State.PENDING, Approval.State.APPROVED), expires_at__gt=now)
    open_ones.update(expires_at=now)
