"""From committed entries to alerts: exactly once, in one transaction, with what explains an access looked up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from callwarden.control.alerts import actions, links
from callwarden.control.alerts.models import AccessDay, Alert, Suppression, WatchState
from callwarden.control.work.models import Shift, Task, TaskAgent, TaskSubject
from callwarden.custody.models import (
    Call,
    Client,
    Customer,
    LedgerEntry,
    LedgerPending,
    Line,
    Person,
    PersonLink,
    Subject,
)
from callwarden.custody.scope import client_scope
from callwarden.flows import watching
from callwarden.flows.watching import Stream, happenings_of
from callwarden.kernel import clock
from callwarden.kernel.events import Event
from callwarden.kernel.models import OutboxMessage, User
from callwarden.kernel.people import open_account

pytestmark = pytest.mark.django_db(transaction=True)
Write = Callable[..., LedgerEntry]


@pytest.fixture
def agent(db: None) -> User:
    return open_account("agent", roles=["agent"], actor="system")


@pytest.fixture
def write(client: Client) -> Write:
    """Puts a leaf into the log, as the sequencer does."""
    WatchState.objects.create(learn_until=clock.now() - timedelta(days=1))

    def leaf(event: str, actor: str, *, at: Any = None, subject: UUID | None = None, **body: Any) -> LedgerEntry:
        index = LedgerEntry.objects.count()
        moment = at or clock.now() - timedelta(minutes=5) + timedelta(seconds=index)
        fields = {
            "event": str(event),
            "actor": actor,
            "client": str(client.pk),
            "subject": str(subject) if subject else None,
        }
        told = {name: value for name, value in {**fields, **body}.items() if value is not None}
        return LedgerEntry.objects.create(
            index=index,
            entry=uuid4(),
            body=json.dumps(told).encode(),
            at=moment,
            event=event,
            actor=actor,
            client=client.pk,
            call=body.get("call"),
            subject=subject,
            decision=body.get("decision", "allow"),
            purpose=body.get("purpose", ""),
        )

    return leaf


@pytest.fixture
def customer(client: Client) -> Callable[..., Customer]:
    def make(**more: Any) -> Customer:
        now = clock.now()
        with client_scope(client.pk):
            subject = Subject.objects.create(client=client, kind="customer", created_at=now)
            person = Person.objects.create(client=client, created_at=now)
            PersonLink.objects.create(client=client, person=person, subject=subject, linked_at=now)
            dated = {"created_at": now, "updated_at": now}
            return Customer.objects.create(
                client=client, person=person, subject=subject, number=uuid4().bytes * 2, **dated, **more
            )

    return make


@pytest.fixture
def _no_sources() -> Iterator[None]:
    before = list(links._explains), list(links._shifts), list(links._close)
    yield
    links._explains[:], links._shifts[:], links._close[:] = before


def strangers(write: Write, who: User, count: int) -> None:
    for _ in range(count):
        write(Event.DISCLOSE_VIEW_MASKED, who.actor, subject=uuid4(), purpose="service", count=1)


def test_strangers_within_minutes_raise_one_alert_that_names_its_entries(write: Write, agent: User) -> None:
    officer = open_account("officer", roles=["data_protection_officer"], actor="system", email="dpo@example.org")
    strangers(write, agent, 12)
    Stream().step()
    alert = Alert.objects.get()
    assert (alert.kind, alert.actor, alert.state, alert.severity) == ("bulk_unexplained", agent.actor, "open", "high")
    assert set(alert.evidence) <= set(range(12))
    assert len(alert.evidence) >= 4
    assert OutboxMessage.objects.get(template="alert-raised").recipient == officer
    bodies = [json.loads(bytes(body)) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    raised = [body for body in bodies if body["event"] == Event.ALERT_RAISED]
    assert [body["data"]["person"] for body in raised] == [agent.actor]
    assert WatchState.objects.get().cursor == 12


def test_the_accused_is_not_told(write: Write) -> None:
    officer = open_account("officer", roles=["data_protection_officer"], actor="system", email="dpo@example.org")
    strangers(write, officer, 12)
    Stream().step()
    assert Alert.objects.exists()
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("breaks", ["_keep", "_count"])
def test_what_breaks_in_the_middle_has_not_happened_and_is_done_once_after(
    breaks: str, write: Write, agent: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Stream()
    strangers(write, agent, 3)
    stream.step()
    strangers(write, agent, 9)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(watching, breaks, dies)
        with pytest.raises(KeyboardInterrupt):
            stream.step()
    assert not Alert.objects.exists()
    assert WatchState.objects.get().cursor == 3
    Stream().step()  # another process
    stream.step()  # the one that broke, and goes on
    assert Alert.objects.count() == 1
    assert sum(AccessDay.objects.values_list("count", flat=True)) == 12


def test_two_processes_never_take_in_the_same_entries(write: Write, agent: User) -> None:
    one, other = Stream(), Stream()
    for _ in range(4):
        strangers(write, agent, 3)
        one.step()
        other.step()
    assert Alert.objects.count() == 1
    assert sum(AccessDay.objects.values_list("count", flat=True)) == 12


def test_entries_from_before_the_watch_began_are_learned_from_and_not_told(write: Write, agent: User) -> None:
    WatchState.objects.update(learn_until=clock.now())
    strangers(write, agent, 12)
    Stream().step()
    assert not Alert.objects.exists()
    assert AccessDay.objects.get().count == 12


def made(write: Write) -> Any:
    rows = list(LedgerEntry.objects.order_by("index"))
    return [one for one, _row in happenings_of(rows)]


def test_the_call_in_hand_explains_its_caller_and_nobody_else(
    write: Write, agent: User, client: Client, line: Line, customer: Callable[..., Customer]
) -> None:
    caller, other = customer(), customer(vip=True)
    with client_scope(client.pk):
        call = Call.objects.create(
            client=client, line=line, reference=uuid4().bytes * 2, direction="in", customer=caller, agent=agent,
            started_at=clock.now() - timedelta(minutes=8), duration_ms=60_000, admitted_at=clock.now(),
        )  # fmt: skip
    write(Event.DISCLOSE_REVEAL, agent.actor, subject=caller.subject_id, call=str(call.pk))
    write(Event.DISCLOSE_REVEAL, agent.actor, subject=other.subject_id)
    write(Event.DISCLOSE_REVEAL, agent.actor, subject=caller.subject_id, at=clock.now() - timedelta(hours=5))
    first, second, third = made(write)
    assert (first.link, first.caller, first.subject) == ("call", str(caller.person_id), str(caller.person_id))
    assert (second.link, second.caller, second.vip, second.order) == ("", str(caller.person_id), True, 1)
    assert (third.link, third.caller) == ("", "")


@pytest.mark.usefixtures("_no_sources")
def test_other_tasks_rosters_and_kin_are_asked_where_somebody_keeps_them(
    write: Write, agent: User, customer: Callable[..., Customer]
) -> None:
    one = customer()
    links.explain_by(lambda asked: "ticket" if one.subject_id in asked.subjects else "")
    links.shifts_from(lambda user, at: False)
    links.close_from(lambda client, user: [one.subject_id])
    write(Event.DISCLOSE_VIEW_MASKED, agent.actor, subject=one.subject_id)
    write(Event.DISCLOSE_VIEW_MASKED, agent.actor, subject=uuid4(), decision="refuse")
    first, second = made(write)
    assert (first.link, first.on_shift, first.close, first.allowed) == ("ticket", False, True, True)
    assert (second.link, second.close, second.allowed) == ("", False, False)


def test_a_ticket_and_a_roster_count_as_they_were_at_that_time(
    write: Write, agent: User, client: Client, customer: Callable[..., Customer]
) -> None:
    one, now = customer(), clock.now()
    with client_scope(client.pk):
        task = Task.objects.create(
            client=client, kind="ticket", reference=uuid4().bytes * 2, opened_at=now - timedelta(hours=3), until=now,
            ended_at=now - timedelta(hours=1),
        )  # fmt: skip
        TaskAgent.objects.create(client=client, task=task, user=agent)
        TaskSubject.objects.create(client=client, task=task, subject=one.subject)
        Shift.objects.create(client=client, user=agent, starts=now - timedelta(hours=4), ends=now - timedelta(hours=1))
    for hours in (2.0, 0.5):
        write(Event.DISCLOSE_VIEW_MASKED, agent.actor, subject=one.subject_id, at=now - timedelta(hours=hours))
    assert [(one.link, one.on_shift) for one in made(write)] == [("ticket", True), ("", False)]


def test_a_canary_is_told_at_the_first_touch_and_the_log_does_not_name_it(
    write: Write, agent: User, client: Client, customer: Callable[..., Customer]
) -> None:
    officer, planted = open_account("officer", roles=["data_protection_officer"], actor="system"), customer()
    actions.plant(client.pk, planted.subject_id, by=officer)
    write(Event.DISCLOSE_VIEW_MASKED, agent.actor, subject=planted.subject_id)
    Stream().step()
    assert (Alert.objects.get().kind, Alert.objects.get().severity) == ("canary", "critical")
    bodies = b"".join(bytes(body) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True))
    assert str(planted.subject_id).encode() not in bodies


@pytest.mark.parametrize(("second", "kinds"), [("south", ["two_places"]), ("north", []), (None, [])])
def test_signing_in_from_two_named_places_within_an_hour_is_told(
    write: Write, agent: User, second: str | None, kinds: list[str]
) -> None:
    for place in ("north", second):
        told = {"person": agent.actor} | ({"region": place} if place else {})
        write(Event.SESSION_OPENED, agent.actor, data=told)
    Stream().step()
    assert [(one.kind, list(one.evidence)) for one in Alert.objects.all()] == [(kind, [0, 1]) for kind in kinds]


def test_sign_ins_and_roles_become_acts_upon_rights(write: Write, agent: User) -> None:
    write(Event.SIGN_IN_FAILED, "door:console", data={"person": agent.actor})
    write(Event.SESSION_OPENED, agent.actor, data={"person": agent.actor})
    write(
        Event.ROLES_CHANGED, "system", data={"person": agent.actor, "before": ["agent"], "after": ["agent", "auditor"]}
    )
    write(
        Event.ROLES_CHANGED, "system", data={"person": agent.actor, "before": ["agent", "auditor"], "after": ["agent"]}
    )
    write(Event.BACKUP_MADE, "system")
    assert [(one.what, one.actor, one.about) for one in made(write)] == [
        ("sign_in_failed", agent.actor, ""),
        ("signed_in", agent.actor, ""),
        ("role_given", "system", agent.actor),
    ]


def test_what_is_suppressed_is_kept_and_tells_nobody(write: Write, agent: User) -> None:
    owner = open_account("owner", roles=["security_administrator"], actor="system", email="s@example.org")
    until = clock.now() + actions.ALONE
    actions.suppress("bulk_unexplained", person=agent.actor, until=until, owner=owner, reason="A test of the recorder")
    strangers(write, agent, 12)
    Stream().step()
    alert = Alert.objects.get()
    assert (alert.state, alert.suppression) == ("suppressed", Suppression.objects.get())
    assert not OutboxMessage.objects.exists()
