"""Small pieces of a call centre for the controls to look at: each as the real actions make it."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

from procrastinate.contrib.django.models import ProcrastinatePeriodicDefer

from callwarden.custody.categories import Category
from callwarden.custody.ledger.sequencer import Sequencer
from callwarden.custody.models import Call, IntakeItem, IntakeKey, Line, Record, Subject
from callwarden.custody.put import Place, put
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.kernel import clock
from callwarden.kernel.models import Session, User
from callwarden.kernel.people import open_account
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.notices.actions import draft, publish
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.purposes.models import LinePurpose
from tests.centre import basis_for
from tests.purposes import serve


def sequence() -> None:
    """What the sequencer does within a second."""
    sequencer = Sequencer()
    while sequencer.step():
        pass


def ran(task: str, *, seconds_ago: float = 0) -> None:
    """The clock handed out this task then."""
    ProcrastinatePeriodicDefer.objects.using("default").bulk_create(
        [ProcrastinatePeriodicDefer(task_name=task, defer_timestamp=int(time.time() - seconds_ago), periodic_id="")]
    )


def notice_for(line: Line) -> Notice:
    return publish(draft(line, text_en="We record this call.", text_zh="本次通话将被录音。"), actor="system")


def purpose_for(line: Line, slug: str = "recording", *, core: bool = True) -> LinePurpose:
    return serve(line, slug, core=core, name=slug.title())


def call_on(line: Line, *, redaction: str = Call.Redaction.DONE, admitted_ago: timedelta = timedelta()) -> Call:
    """An admitted call; whether anybody consented is told apart."""
    now = clock.now()
    with client_scope(line.client_id):
        return Call.objects.create(
            client_id=line.client_id,
            line=line,
            reference=uuid4().bytes * 2,
            direction="inbound",
            started_at=now - admitted_ago,
            admitted_at=now - admitted_ago,
            redaction=redaction,
        )


def says(line: Line, call: Call, state: str, *, purpose: str = "recording") -> None:
    """The caller says yes or no, just before the call was admitted."""
    at = call.admitted_at - timedelta(minutes=1)
    with client_scope(line.client_id), clock.frozen(at):
        consent.record(
            line,
            reference=bytes(call.reference),
            purpose=purpose,
            state=state,
            how=consent.How("keypress"),
            at=at,
            actor="job:intake",
        )


def record_on(line: Line, *, days: int = 30) -> Record:
    with client_scope(line.client_id):
        return put(
            basis_for(line, days=days),
            category=Category.RECORDING_REDACTED,
            subject=new_subject(line.client_id, Subject.Kind.CALLER),
            write=lambda out: out.write(b"sound" * 100),
            place=Place(),
        )


def arrival_on(line: Line, *, state: str = IntakeItem.State.QUARANTINED, **more: object) -> IntakeItem:
    """Something that came in and was judged, or not; only its row, for nobody opens it here."""
    now = clock.now()
    key, _made = IntakeKey.objects.get_or_create(
        day=now.date(), defaults={"public": b"p", "signature": b"s", "expires_at": now + timedelta(days=7)}
    )
    given: dict[str, object] = {
        "kind": IntakeItem.Kind.ROW,
        "door": "spool",
        "digest": uuid4().bytes * 2,
        "key": key,
        "sealed_key": b"k",
        "size": 1,
        "arrived_at": now,
        "delete_at": now + timedelta(days=3),
    }
    return IntakeItem.objects.create(line=line, state=state, **{**given, **more})


def person(name: str, *roles: str, **more: object) -> User:
    return open_account(name, roles=roles, actor="system", display_name=name.title(), **more)


def login_of(user: User, *, mfa: bool = True) -> Session:
    """A live session of theirs, apart from any browser."""
    now = clock.now()
    return Session.objects.create(
        user=user,
        key=uuid4().bytes,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=12),
        mfa_at=now if mfa else None,
    )
