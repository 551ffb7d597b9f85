"""Doing again, in a restored store, what took access away after the copy was made. Nothing opens before this is done.

What the journal names by id is done again exactly. What it cannot place is settled the strict way: every session,
permit and waiting approval ends, whoever lost a role since does not have it, and what is left over is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from callwarden.custody.destroy import destroy_due_buckets, destroy_record, destroy_subject
from callwarden.custody.models import Call, Client, Epoch, Permit, Record, Subject
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock, people
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval, Session, User
from callwarden.lawful.consent.actions import record as say
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.protection.signin import actions as signin
from callwarden.protection.signin.models import ServiceKey

ACTOR = "job:restore"
_SAID = {
    Event.CONSENT_WITHDRAWN: ConsentEvent.State.WITHDRAWN,
    Event.CONSENT_INVALIDATED: ConsentEvent.State.WITHDRAWN,
    Event.CONSENT_EXPIRED: ConsentEvent.State.WITHDRAWN,
    Event.CONSENT_REFUSED: ConsentEvent.State.REFUSED,
}


@dataclass
class Replayed:
    """How many acts were done again, by event; how many could not be placed; epochs whose key files must go."""

    done: Counter[str] = field(default_factory=Counter)
    unplaced: Counter[str] = field(default_factory=Counter)
    epochs: list[str] = field(default_factory=list)


def replay(entries: Iterable[Mapping[str, Any]]) -> Replayed:
    """Do the acts of the journal again; each may have been done already, and doing it twice changes nothing."""
    result, latest_retention = Replayed(), None
    _end_what_was_under_way()
    for entry in entries:
        event = entry["event"]
        if "retention_ended" in entry.get("reasons", ()):
            day = datetime.fromisoformat(entry["at"]).date()
            latest_retention = max(day, latest_retention or day)
        placed = _again(entry, result)
        (result.done if placed else result.unplaced)[event] += 1
    if latest_retention is not None:
        _end_buckets(latest_retention)
    return result


def _again(entry: Mapping[str, Any], result: Replayed) -> bool:
    event, data = entry["event"], entry.get("data", {})
    if event in (Event.RECORD_DESTROYED, Event.KEY_SUBJECT_DESTROYED, Event.RETENTION_DESTROYED):
        return _destroy(entry)
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
    # Sessions, permits and approvals have ended all; arrivals of the quarantine and day keys are never restored.
    return event in (
        Event.SESSION_REVOKED,
        Event.PERMIT_REVOKED,
        Event.APPROVAL_EXECUTED,
        Event.QUARANTINE_DESTROYED,
        Event.KEY_DAY_DESTROYED,
    )


def _destroy(entry: Mapping[str, Any]) -> bool:
    listed = entry.get("records", [])
    with client_scope(UUID(entry["client"])):
        if subject := entry.get("subject"):
            found = Subject.objects.filter(pk=subject).first()
            if found is not None and found.destroyed_at is None:
                destroy_subject(found, actor=ACTOR, reason="restored")
            return True
        for record in Record.objects.filter(pk__in=listed):
            destroy_record(record, actor=ACTOR, reason="restored")
    # A retention period that ended names fifty records at most; its buckets are ended by their date, below.
    return entry.get("count", len(listed)) <= len(listed) or "retention_ended" in entry.get("reasons", ())


def _end_buckets(day: date) -> None:
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            destroy_due_buckets(client, today=day, actor=ACTOR)


def _say(entry: Mapping[str, Any], state: str) -> bool:
    if not entry.get("call"):
        return True  # said of a call that was not admitted then; a store restored without it holds nothing of it
    with client_scope(UUID(entry["client"])):
        call = Call.objects.select_related("line").filter(pk=entry["call"]).first()
        if call is not None:
            say(
                call.line,
                reference=bytes(call.reference),
                purpose=entry["purpose"],
                state=state,
                method=entry.get("data", {}).get("method", ConsentEvent.Method.API),
                at=datetime.fromisoformat(entry["at"]),
                actor=ACTOR,
                call=call,
            )
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
