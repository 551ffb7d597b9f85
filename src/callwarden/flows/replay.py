"""Doing again, in a restored store, what took access away after the copy was made. Nothing opens before this is done.

What the journal names by id is done again exactly. What it cannot place is settled the strict way: every session,
permit and waiting approval ends, whoever lost a role since does not have it, and what is left over is told. A hold
that was set since is set again before anything is destroyed; one that was released since stays in force until people
release it again, unless what it held was destroyed afterwards: too much is kept for a while, and nothing that was held
is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from callwarden.custody.destroy import HELD, destroy_of_client, destroy_record, destroy_subject
from callwarden.custody.holds import hold_again
from callwarden.custody.models import (
    Bucket,
    BucketKey,
    Call,
    Client,
    Customer,
    Epoch,
    Hold,
    IndexKey,
    KeyRun,
    Leg,
    Line,
    Permit,
    PersonLink,
    Record,
    Subject,
)
from callwarden.custody.restrict import restrict, store_only
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import join_people, part_customer, unlink
from callwarden.flows.consents import caller_of
from callwarden.flows.mentioned import REASON as MENTION
from callwarden.flows.replay_dates import DATES, dates_again, midnight
from callwarden.flows.replay_lists import LISTS, lists_again
from callwarden.flows.replay_lost import answered_again, lifted_again, requests_lost
from callwarden.flows.replay_partners import PARTNERS, partners_again
from callwarden.flows.replay_rules import RULES, rules_again
from callwarden.flows.replay_terms import TERMS, terms_again
from callwarden.kernel import clock, journal, people
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Approval, Session, User
from callwarden.lawful.consent.actions import How, mark_for_renewal
from callwarden.lawful.consent.actions import record as say
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.consent.queries import person_reference
from callwarden.lawful.holds.actions import hold_both
from callwarden.lawful.holds.models import Matter
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
    """What became of the journal.

    Attributes:
        done: acts done again, by event; one that had been done already counts too.
        unplaced: acts that could not be placed, by event.
        kept: holds that were released after the copy and are in force again: people release them once more.
        requests: of data subjects that came in after the copy and are lost: findings name them.
        lifted: restrictions that were lifted after the copy and stand again: findings name them too.
        answered: explanations that were answered after the copy, of which only the digest is known: findings name them.
        epochs, clients, indexes: whose key files must go, the last as (client, column, version).
    """

    done: Counter[str] = field(default_factory=Counter)
    unplaced: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    requests: int = 0
    lifted: int = 0
    answered: int = 0
    epochs: list[str] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)
    indexes: list[tuple[str, str, int]] = field(default_factory=list)

    def count(self, entry: Mapping[str, Any], placed: bool) -> None:
        (self.done if placed else self.unplaced)[entry["event"]] += 1


def replay(entries: Sequence[Mapping[str, Any]]) -> Replayed:
    """Do the acts of the journal again; each may have been done already, and doing it twice changes nothing.

    Holds come first, then the dates until which things are kept: nothing may be destroyed because its hold, or its
    later date, is younger than the copy.
    """
    result = Replayed()
    _end_what_was_under_way()
    context = _Context.of(entries)
    for entry in entries:
        if entry["event"] == Event.HOLD_SET:
            result.count(entry, _again(entry, result, context))
    dated = dates_again(entries, closed=context.closed, actor=ACTOR)
    for entry, placed in dated.placed:
        result.count(entry, placed)
    context = context.with_moves(dated.moved)
    for entry, placed in lists_again(entries, closed=context.closed, actor=ACTOR):
        result.count(entry, placed)
    settled = (rules_again, terms_again, partners_again)
    for entry in (entry for again in settled for entry in again(entries, actor=ACTOR)):
        result.count(entry, True)
    result.requests = requests_lost(entries, actor=ACTOR)
    apart = {Event.HOLD_SET, *DATES, *LISTS, *RULES, *TERMS, *PARTNERS}
    for entry in entries:
        if entry["event"] not in apart:
            result.count(entry, _again(entry, result, context))
    result.kept = _kept(entries)
    result.lifted = lifted_again(entries, actor=ACTOR)
    result.answered = answered_again(entries, actor=ACTOR)
    return result


@dataclass(frozen=True)
class _Context:
    """What later entries say of earlier ones: holds that were released since, clients that were closed, and where
    records went last (`Dated.moved`), and by bucket what came there.
    """

    released: frozenset[str]
    closed: frozenset[str]
    moved: Mapping[UUID, UUID] = field(default_factory=dict)
    came: Mapping[UUID, Sequence[UUID]] = field(default_factory=dict)

    def with_moves(self, moved: Mapping[UUID, UUID]) -> _Context:
        came: dict[UUID, list[UUID]] = {}
        for record, bucket in moved.items():
            came.setdefault(bucket, []).append(record)
        return replace(self, moved=moved, came=came)

    @staticmethod
    def of(entries: Sequence[Mapping[str, Any]]) -> _Context:
        released = frozenset(str(_hold_in(entry)) for entry in entries if entry["event"] == Event.HOLD_RELEASED)
        closed = frozenset(entry["client"] for entry in entries if entry["event"] == Event.CLIENT_CLOSED)
        return _Context(released, closed)


def _again(entry: Mapping[str, Any], result: Replayed, context: _Context) -> bool:
    event, data = entry["event"], entry.get("data", {})
    if event in (Event.RECORD_DESTROYED, Event.KEY_SUBJECT_DESTROYED):
        return _destroy(entry, context)
    if event == Event.RECORD_RESTRICTED:
        return _restrict(entry)
    if event == Event.KEY_BUCKET_DESTROYED:
        return _end_bucket(entry, context)
    if event == Event.CLIENT_CLOSED:
        return _close_client(entry, result)
    if event == Event.KEY_SUBJECT_TURNED:
        return _turn(entry)
    if event == Event.HOLD_SET:
        return _hold(entry, context)
    if event in _SAID:
        return _say(entry, _SAID[Event(event)])
    if event in (Event.PERSON_JOINED, Event.PERSON_PARTED, Event.PERSON_UNLINKED):
        return _who_is_who(entry)
    if event == Event.SERVICE_KEY_REVOKED:
        if ServiceKey.objects.filter(pk=data["key"]).exists():
            signin.revoke(UUID(data["key"]), actor=ACTOR, reason="restored")
        return True
    if event in (Event.ACCOUNT_CLOSED, Event.ACCOUNT_FROZEN, Event.ROLES_CHANGED):
        return _narrow(event, data)
    if event == Event.KEY_EPOCH_DESTROYED:
        return _end_epoch(entry, result)
    if event == Event.KEY_INDEX_DESTROYED:
        result.indexes.append((entry["client"], str(data["column"]), int(data["version"])))
        return True
    # Releases give, and are done again only where a destruction followed (`_let_go`). Sessions, permits and approvals
    # have ended all; arrivals of the quarantine and day keys are never restored.
    return event in (
        Event.SESSION_REVOKED,
        Event.APPROVAL_EXECUTED,
        Event.QUARANTINE_ERASED,
        Event.QUARANTINE_DESTROYED,
        Event.REQUEST_RECEIVED,
        Event.REQUEST_ANSWERED,
        Event.RECORD_UNRESTRICTED,
        Event.KEY_DAY_DESTROYED,
        Event.HOLD_RELEASED,
    )


def _destroy(entry: Mapping[str, Any], context: _Context) -> bool:
    listed = entry.get("records", [])
    with client_scope(UUID(entry["client"])):
        if subject := entry.get("subject"):
            found = Subject.objects.filter(pk=subject).first()
            if found is not None and found.destroyed_at is None:
                _let_go(Record.objects.filter(subject=found), context)
                destroy_subject(found, actor=ACTOR, reason="restored")
                store_only(Record.objects.filter(subject=found))
            return True
        named = Record.objects.filter(pk__in=listed)
        _let_go(named, context)
        for record in named:
            destroy_record(record, actor=ACTOR, reason="restored")
    # A longer list names fifty at most. What a bucket or a client ended is ended again by that entry.
    whole = entry.get("count", len(listed)) <= len(listed)
    return whole or "retention_ended" in entry.get("reasons", ()) or entry["client"] in context.closed


def _let_go(records: QuerySet[Record], context: _Context) -> None:
    """End the holds on these records that were released after the copy. Only for what was destroyed afterwards: that it
    was shows that nothing held it any more."""
    over = Hold.objects.filter(record__in=records, released_at=None, pk__in=context.released)
    for hold in over.select_for_update():
        hold.released_by, hold.released_at = ACTOR, clock.now()
        hold.save(update_fields=["released_by", "released_at"])
        data = {"hold": str(hold.pk), "matter": str(hold.matter)}
        told = Entry(
            event=Event.HOLD_RELEASED, actor=ACTOR, client=hold.client_id, records=(hold.record_id,), data=data
        )
        journal.record(told)


def _end_bucket(entry: Mapping[str, Any], context: _Context) -> bool:
    """End the key of this very bucket; what had come into it by then, from a hold or another week, ends with it.

    Where a hold or a later date is younger than the copy, its record still lies in the bucket: the others end one by
    one now, the key once those have moved (`holds.move_held`, the client's run).
    """
    with client_scope(UUID(entry["client"])):
        found = Bucket.objects.select_for_update().filter(pk=entry.get("data", {}).get("bucket")).first()
        if found is None or found.destroyed_at is not None:
            return True
        if not found.hold:
            _end_what_came(found, context)
        inside = Record.objects.filter(bucket=found).exclude(state=Record.State.DESTROYED)
        kept = inside.filter(HELD | Q(erase_at__gt=midnight(found)) | Q(pk__in=_left(found, inside, context)))
        if kept.exists():
            for record in inside.exclude(pk__in=kept.values("pk")):
                destroy_record(record, actor=ACTOR, reason="retention_ended", turn=False)
            return True
        BucketKey.objects.filter(bucket=found).delete()
        Bucket.objects.filter(pk=found.pk).update(destroyed_at=clock.now())
        data = {"bucket": str(found.pk)}
        journal.record(Entry(event=Event.KEY_BUCKET_DESTROYED, actor=ACTOR, client=found.client_id, data=data))
    return True


def _left(home: Bucket, inside: QuerySet[Record], context: _Context) -> list[UUID]:
    """Those in this bucket that had gone to another since the copy."""
    return [pk for pk in inside.values_list("pk", flat=True) if context.moved.get(pk, home.pk) != home.pk]


def _end_what_came(home: Bucket, context: _Context) -> None:
    """Records that are on hold or in another week in the copy, came into this bucket since, and ended with it."""
    ends = midnight(home)
    apart = Record.objects.filter(line=home.line_id, category=home.category).exclude(bucket=home)
    # What came back from a hold before moves were told is known by its date alone.
    back = Q(bucket__hold=True, due_at__gt=ends - timedelta(days=7), due_at__lte=ends)
    came = apart.filter(Q(pk__in=context.came.get(home.pk, ())) | back).exclude(state=Record.State.DESTROYED)
    lasting = Hold.objects.filter(record=OuterRef("pk"), released_at=None).exclude(pk__in=context.released)
    for record in came.exclude(Exists(lasting)):
        if context.moved.get(record.pk, home.pk) == home.pk:
            _let_go(Record.objects.filter(pk=record.pk), context)
            destroy_record(record, actor=ACTOR, reason="retention_ended")


def _close_client(entry: Mapping[str, Any], result: Replayed) -> bool:
    """End the client again, in its rows; its key files, which an older copy brings back, end by whoever restores."""
    client, now = UUID(entry["client"]), clock.now()
    while True:
        with client_scope(client):
            if not destroy_of_client(client, at_most=_AT_ONCE, actor=ACTOR, reason="client_closed"):
                break
    with transaction.atomic():
        Client.objects.filter(pk=client, closed_at=None).update(closed_at=now)
    with client_scope(client):
        alive = Epoch.objects.filter(client_id=client).exclude(state=Epoch.State.DESTROYED)
        alive.update(state=Epoch.State.DESTROYED, destroyed_at=now)
        IndexKey.objects.filter(client_id=client).exclude(state=IndexKey.State.DESTROYED).update(
            state=IndexKey.State.DESTROYED, destroyed_at=now
        )
        open_runs = KeyRun.objects.filter(client_id=client, state__in=[KeyRun.State.RUNNING, KeyRun.State.PAUSED])
        open_runs.update(state=KeyRun.State.STOPPED, reason="client_closed", finished_at=now)
        Hold.objects.filter(released_at=None).update(released_by=ACTOR, released_at=now)
        known = {str(epoch) for epoch in Epoch.objects.filter(client_id=client).values_list("id", flat=True)}
    result.epochs += sorted(known | set(entry.get("data", {}).get("epochs", ())))
    result.clients.append(str(client))
    return True


def _turn(entry: Mapping[str, Any]) -> bool:
    with client_scope(UUID(entry["client"])):
        Subject.objects.filter(pk=entry["subject"], destroyed_at=None).update(turn_due=True)
    return True


def _hold(entry: Mapping[str, Any], context: _Context) -> bool:
    """Set a hold that lasts again, unless it is here. One that was released since needs nothing."""
    data = entry.get("data", {})
    if _hold_in(entry) in context.released:
        return True
    with client_scope(UUID(entry["client"])):
        found = list(Record.objects.filter(pk__in=entry.get("records", ())))
        # All of them, whatever the first says: what is held must not wait for what cannot be.
        held = [
            hold_again(
                UUID(data["hold"]), record, matter=UUID(data["matter"]), by=entry["actor"],
                at=datetime.fromisoformat(entry["at"]), actor=ACTOR,
            )
            for record in found
        ]  # fmt: skip
    return all(held)


def _restrict(entry: Mapping[str, Any]) -> bool:
    """Restrict again until the day that was said then; the newest entry of a record is the last, and holds."""
    data = entry.get("data", {})
    if "until" not in data:
        return _store_only(entry)
    until, reason = datetime.fromisoformat(data["until"]), next(iter(entry.get("reasons", ())), "erased")
    with client_scope(UUID(entry["client"])):
        for record in Record.objects.filter(pk__in=entry.get("records", ())).exclude(state=Record.State.DESTROYED):
            if (record.state, record.erase_at, record.erase_reason) != (Record.State.RESTRICTED, until, reason):
                restrict(record, until=until, provision=data["provision"], actor=ACTOR, reason=reason)
    return True


def _store_only(entry: Mapping[str, Any]) -> bool:
    """Restrict again what somebody asked to have restricted, or what was to go and only a hold kept: that is asked to
    go again, and the last release carries it out."""
    with client_scope(UUID(entry["client"])):
        if subject := entry.get("subject"):
            store_only(Record.objects.filter(subject=subject))
            return True
        named = Record.objects.filter(pk__in=entry.get("records", ()))
        if MENTION in entry.get("reasons", ()):
            # Not to go as a whole: a version without whom they mention is made once nothing holds them.
            store_only(named, reason=MENTION)
            return True
        for record in named.exclude(state=Record.State.DESTROYED):
            destroy_record(record, actor=ACTOR, reason=next(iter(entry.get("reasons", ())), "restored"))
        store_only(named)
    return True


def _who_is_who(entry: Mapping[str, Any]) -> bool:
    """Join and part people again, and take a customer off a call again. Records that came after the copy are not here.

    The consents that ended by joining stand in the journal for themselves.
    """
    with client_scope(UUID(entry["client"])):
        customer = Customer.objects.filter(subject=entry.get("subject")).first()
        if customer is None:
            return True
        if entry["event"] == Event.PERSON_UNLINKED:
            _take_off(customer, UUID(entry["call"]))
            return True
        other = Customer.objects.filter(subject=entry.get("data", {}).get("other")).first()
        together = other is not None and other.person_id == customer.person_id
        if entry["event"] == Event.PERSON_JOINED and other is not None and not together:
            join_people(customer.person_id, other.person_id)
            Matter.objects.filter(scope=Matter.Scope.PERSON, target=other.person_id).update(target=customer.person_id)
        elif entry["event"] == Event.PERSON_PARTED and together:
            before = customer.person_id
            hold_both(before, part_customer(customer).pk, actor=ACTOR)
    return True


def _take_off(customer: Customer, call: UUID) -> None:
    found = Call.objects.filter(pk=call, customer=customer)
    callers = Leg.objects.filter(call__in=found).exclude(party=Leg.Party.AGENT).values("subject")
    for one in PersonLink.objects.filter(person=customer.person_id, subject__in=callers, revoked_at__isnull=True):
        unlink(one)
    found.update(customer=None)


def _hold_in(entry: Mapping[str, Any]) -> str:
    return str(entry.get("data", {}).get("hold", ""))


def _kept(entries: Sequence[Mapping[str, Any]]) -> int:
    """How many holds are in force here although the journal knows their release."""
    kept = 0
    for entry in entries:
        if entry["event"] == Event.HOLD_RELEASED:
            with client_scope(UUID(entry["client"])):
                kept += Hold.objects.filter(pk=_hold_in(entry), released_at=None).count()
    return kept


def _call_in(entry: Mapping[str, Any]) -> Call | None:
    named = entry.get("call")
    return Call.objects.select_related("line").filter(pk=named).first() if named else None


def _subject_in(entry: Mapping[str, Any]) -> Subject | None:
    named = entry.get("subject")
    return Subject.objects.filter(pk=named).first() if named else None


def _say(entry: Mapping[str, Any], state: str) -> bool:
    data = entry.get("data", {})
    if data.get("notice"):
        return _renew(data)
    if not entry.get("call") and not entry.get("subject"):
        # Said of a call that was not admitted then, of which a store restored without it holds nothing; or, of old, of
        # many at once, and nobody can tell of whom.
        return "bulk" not in data
    with client_scope(UUID(entry["client"])):
        call, subject = _call_in(entry), _subject_in(entry)
        if call is None and subject is None:
            # Said in a call that came after the copy: it reaches the person's other calls all the same.
            holders = [UUID(one) for one in data.get("person_holders", ())]
            subject = Subject.objects.filter(pk__in=holders).order_by("id").first()
        if call is None and subject is None:
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
            at=datetime.fromisoformat(data.get("said_at", entry["at"])),
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
    elif event == Event.ACCOUNT_FROZEN:
        if user.frozen_at is None:
            people.freeze_account(user, actor=ACTOR, reason="restored")
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
