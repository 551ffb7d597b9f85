"""The erasure of an agent ends in a certificate that says what went, what stays and why; nothing ends it early."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from callwarden.custody import holds
from callwarden.custody.categories import Category
from callwarden.custody.ledger.heads import verifier_keys
from callwarden.custody.models import Permit, PermitRecord, Record, Subject
from callwarden.custody.restrict import end_restricted
from callwarden.custody.scope import client_scope
from callwarden.engines.ledger.certificate_verifier import verify_certificate
from callwarden.flows import certificates, jobs, mentions, residue
from callwarden.flows.replay import replay
from callwarden.flows.requests import erase_agent, of_agents
from callwarden.flows.requests.erase_agent import Stage
from callwarden.kernel import approvals, clock
from callwarden.kernel.events import Event
from callwarden.kernel.models import Finding, User
from callwarden.kernel.people import open_account
from callwarden.kernel.roles import Role
from callwarden.lawful.certificates.models import Certificate
from callwarden.lawful.retention.due import Due
from tests.flows.centre_of_controls import sequence
from tests.flows.requests.conftest import Caller
from tests.work import do_all, forget_jobs


@pytest.fixture
def agent(caller: Caller) -> User:
    """Whoever took the call."""
    person = open_account("zhuo.lin", roles=[Role.AGENT], actor="system", display_name="卓琳")
    with client_scope(caller.client):
        spoke = Subject.objects.filter(records__call=caller.call, kind=Subject.Kind.AGENT)
        Subject.objects.filter(id__in=spoke.values("id")).update(user=person)
    return person


@pytest.fixture
def decided(agent: User, officer: User, second: User) -> Callable[[], UUID]:
    """Have two people decide, and return the key holder; nothing is done yet."""

    def decide() -> UUID:
        ((_client, (subject,)),) = of_agents.subjects_of(agent).items()
        asked = of_agents.ask(agent, by=officer, reason="They have left.")
        approvals.approve(asked.pk, by=second)
        approvals.execute(asked.pk, of_agents.act(agent), by=officer)
        return subject

    return decide


def told(subject: UUID) -> dict[str, Any]:
    certificate = Certificate.objects.get(about_kind="agent", about_id=subject)
    text: dict[str, Any] = json.loads(bytes(certificate.body))
    return text


def stands(caller: Caller, agent: User) -> erase_agent.Standing:
    with client_scope(caller.client):
        (one,) = erase_agent.standing(caller.client, person=agent)
    return one


def floor(caller: Caller, category: Category, days: int = 30) -> None:
    caller.exchange.line.retention.filter(category=category).update(floor_days=days)


def minutes_pass() -> None:
    """The clock's jobs and what they bring about."""
    for look in (jobs.take_out_mentions_later, jobs.take_up_agents):
        look(0)
        do_all()


def of_side(caller: Caller, agent: User) -> Record:
    with client_scope(caller.client):
        return Record.objects.get(subject__user=agent, category=Category.RECORDING_ORIGINAL)


def test_what_became_of_each_copy_is_certified_and_verified_without_this_system(
    caller: Caller, agent: User, decided: Callable[[], UUID], officer: User, second: User
) -> None:
    subject = decided()
    do_all()
    text = told(subject)
    went = {one["name"]: (one["method"], one["before"], one["after"]) for one in text["replicas"]}
    assert went["recordings"] == ("key_destroyed", 2, 0)
    assert went["mentions"] == ("redacted_again", 2, 0), "the words as heard and as published"
    assert went["backups"][0] == "ends_with_epoch"
    assert {(one["what"], one["why"]) for one in text["not_covered"]} >= {
        ("ledger", "kept_to_prove_who_did_what"),
        ("account", "kept_to_prove_who_did_what"),
        ("staff_records", "kept_to_prove_who_did_what"),
        ("transcripts", "words_under_keys_of_callers"),
        ("backups", "unreadable_when_their_keys_end"),
        ("mentions", "named_without_number"),
    }
    assert text["approvers"] == [str(second.pseudonym)]
    assert (text["scope"]["agent"], text["exempt"]) == (str(agent.pseudonym), [])
    assert text["scope"]["values_known_to_the_search"] is True
    assert agent.username not in json.dumps(text)
    assert agent.display_name not in json.dumps(text, ensure_ascii=False)
    sequence()
    file = certificates.document(Certificate.objects.get(about_id=subject))
    assert verify_certificate(file, verifier_keys()).verified
    assert stands(caller, agent).stage == Stage.CERTIFIED


@pytest.mark.parametrize("kept_by", ["floor", "hold"])
def test_what_keeps_their_own_voice_keeps_the_certificate_back_and_nobody_has_to_remember_it(
    caller: Caller, agent: User, decided: Callable[[], UUID], kept_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = of_side(caller, agent)
    if kept_by == "hold":
        with client_scope(caller.client):
            lies = holds.hold(side, matter=uuid4(), actor="system")
    else:
        floor(caller, side.category)
    subject = decided()
    do_all()
    minutes_pass()
    waits = stands(caller, agent)
    assert (waits.stage, waits.left, waits.until is None) == (Stage.WAITS, 1, kept_by == "hold")
    assert not Certificate.objects.exists()
    assert not Finding.objects.filter(kind="residue-found").exists(), "what is kept lawfully is no residue"
    with client_scope(caller.client):
        if kept_by == "hold":
            holds.release(lies.id, actor="system")
        else:
            later = clock.now() + timedelta(days=31)
            monkeypatch.setattr(clock, "now", lambda: later)
            assert end_restricted(Due(caller.client, ()).after_floors(9), actor="job:retention")
    minutes_pass()
    text = told(subject)
    assert ("values", "gone_before_the_search") in {(one["what"], one["why"]) for one in text["not_covered"]}
    assert {one["name"]: one["before"] for one in text["replicas"]}["recordings"] == 2


def test_the_callers_floor_keeps_what_the_agent_said_and_the_certificate_names_it_with_its_day(
    caller: Caller, agent: User, decided: Callable[[], UUID]
) -> None:
    floor(caller, Category.TRANSCRIPT_ORIGINAL)
    subject = decided()
    do_all()
    text = told(subject)
    (mentions_of,) = [one for one in text["replicas"] if one["name"] == "mentions"]
    assert (mentions_of["before"], mentions_of["after"]) == (2, 1)
    (stays,) = text["exempt"]
    with client_scope(caller.client):
        kept = Record.objects.get(category=Category.TRANSCRIPT_ORIGINAL, erase_at__isnull=False)
        assert kept.state == Record.State.RESTRICTED
    assert (stays["records"], stays["review_on"]) == (1, kept.erase_at.date().isoformat())


def test_a_hold_on_the_callers_words_keeps_the_certificate_back(
    caller: Caller, agent: User, decided: Callable[[], UUID]
) -> None:
    with client_scope(caller.client):
        words = Record.objects.get(category=Category.TRANSCRIPT_ORIGINAL)
        lies = holds.hold(words, matter=uuid4(), actor="system")
    subject = decided()
    do_all()
    minutes_pass()
    assert not Certificate.objects.exists()
    with client_scope(caller.client):
        holds.release(lies.id, actor="system")
    minutes_pass()
    assert told(subject)["exempt"] == []


@pytest.mark.parametrize("place", ["gather", "scan"])
def test_killed_anywhere_it_goes_on_by_itself(
    caller: Caller, decided: Callable[[], UUID], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def dies(*_arguments: object, **_named: object) -> None:
        raise MemoryError

    subject = decided()
    with monkeypatch.context() as broken:
        broken.setattr(residue, place, dies)
        with pytest.raises(MemoryError):
            do_all()
    forget_jobs()
    minutes_pass()
    assert told(subject)["scope"]["values_known_to_the_search"] is (place == "gather")


def test_where_something_is_left_nothing_is_certified(
    caller: Caller, decided: Callable[[], UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = decided()
    left, real = Path(settings.DATA_DIR) / "spool" / "left-behind.txt", mentions.erase_subject

    def leaves(*arguments: Any, **named: Any) -> mentions.Erased:
        left.parent.mkdir(exist_ok=True)
        marks = residue.gather(caller.client, [subject])
        left.write_bytes(next(mark.value for mark in marks.marks if mark.label == "sound"))
        return real(*arguments, **named)

    monkeypatch.setattr(mentions, "erase_subject", leaves)
    try:
        do_all()
        minutes_pass()
        assert not Certificate.objects.exists()
        assert Finding.objects.filter(kind="residue-found").exists()
    finally:
        left.unlink(missing_ok=True)


def test_open_views_are_closed_and_counted(caller: Caller, agent: User, decided: Callable[[], UUID]) -> None:
    side = of_side(caller, agent)
    with client_scope(caller.client):
        view = Permit.objects.create(
            principal=f"service:{uuid4()}",
            action="play",
            purpose="quality_review",
            records_digest=bytes(32),
            policy="1",
            issued_at=clock.now(),
            expires_at=clock.now() + timedelta(hours=1),
            entry=uuid4(),
        )
        PermitRecord.objects.create(permit=view, record=side)
    subject = decided()
    do_all()
    with client_scope(caller.client):
        assert Permit.objects.get(pk=view.pk).revoked_at is not None
    assert {one["name"]: one["before"] for one in told(subject)["replicas"]}["open_views"] == 1


def lost(event: Event, caller: Caller, subject: UUID, **further: Any) -> dict[str, Any]:
    """An entry of the journal that a restored store is told of."""
    at = clock.now().isoformat()
    return {"event": str(event), "at": at, "client": str(caller.client), "subject": str(subject), **further}


def test_an_agent_who_was_erased_after_the_copy_is_erased_again_and_certified_anew(caller: Caller, agent: User) -> None:
    ((_client, (subject,)),) = of_agents.subjects_of(agent).items()
    with client_scope(caller.client):
        words = list(Record.objects.filter(call=caller.call, category__startswith="transcript").order_by("id"))
    named = [str(one.pk) for one in words]
    gone = {"event": str(Event.RECORD_DESTROYED), "at": clock.now().isoformat(), "client": str(caller.client)}
    entries = [
        {**gone, "records": named, "count": len(named), "reasons": ["mention_erased"]},
        lost(Event.RECORD_DESTROYED, caller, subject, count=2, reasons=[of_agents.REASON]),
        lost(Event.KEY_SUBJECT_DESTROYED, caller, subject, reasons=[of_agents.REASON]),
    ]
    for _twice in range(2):
        assert not replay(entries).unplaced
    assert not of_agents.subjects_of(agent)
    minutes_pass()
    text = told(subject)
    assert (text["scope"]["decision_known"], text["approvers"]) == (False, [])


def test_an_agents_erasure_that_waited_for_a_floor_waits_again_after_a_restore_and_is_carried_out(
    caller: Caller, agent: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((_client, (subject,)),) = of_agents.subjects_of(agent).items()
    side, until = of_side(caller, agent), clock.now() + timedelta(days=30)
    floor(caller, side.category)
    kept = {"until": until.isoformat(), "provision": "retention-rule"}
    restricted = lost(
        Event.RECORD_RESTRICTED, caller, subject, records=[str(side.pk)], reasons=["request_erasure"], data=kept
    )
    erased = lost(Event.RECORD_DESTROYED, caller, subject, count=1, reasons=[of_agents.REASON])
    assert not replay([restricted, erased]).unplaced
    assert (stands(caller, agent).stage, stands(caller, agent).left) == (Stage.WAITS, 1)
    later = until + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    with client_scope(caller.client):
        assert end_restricted(Due(caller.client, ()).after_floors(9), actor="job:retention")
        assert Subject.objects.get(pk=subject).destroyed_at is not None


def test_it_is_certified_once(caller: Caller, decided: Callable[[], UUID]) -> None:
    subject = decided()
    do_all()
    assert (caller.client, subject) not in erase_agent.waiting()
    erase_agent.erase(caller.client, subject, actor="system")
    assert Certificate.objects.count() == 1
