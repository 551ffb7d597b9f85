"""A certificate of an erasure says no more than was looked at, however often the erasure was interrupted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from callwarden.custody import holds
from callwarden.custody.models import Call, Mention, PersonLink, Record, Subject
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import link, new_subject
from callwarden.flows import mentions, residue
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.flows.requests import found, work
from callwarden.flows.requests.certify import certify
from callwarden.kernel import clock, findings
from callwarden.kernel.errors import Refused
from callwarden.kernel.models import Finding, User
from callwarden.lawful.certificates.models import Certificate
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import RequestTask, SubjectRequest
from tests.exchange import CALLER, OTHER
from tests.flows.requests.conftest import NAME, NUMBER, Caller, approved

State = SubjectRequest.State


def planned(caller: Caller) -> SubjectRequest:
    request = caller.asks(Kind.ERASURE)
    with client_scope(caller.client):
        return work.plan(SubjectRequest.objects.get(pk=request.pk), actor="system")


@pytest.fixture
def asked(caller: Caller, officer: User, second: User) -> SubjectRequest:
    request = planned(caller)
    approved(request, officer, second)
    return request


def subjects(caller: Caller) -> list[Subject]:
    with client_scope(caller.client):
        return found.subjects_of(caller.customer.person_id)


def told(caller: Caller, request: SubjectRequest) -> dict[str, Any]:
    certificate = Certificate.objects.get(pk=caller.now(request).certificate)
    text: dict[str, Any] = json.loads(bytes(certificate.body))
    return text


def silences(text: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["what"], one["why"]) for one in text["not_covered"]}


def dies(*_arguments: object, **_named: object) -> None:
    raise MemoryError


@pytest.fixture
def left_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that somebody wrote while the values were still there."""
    left = Path(settings.DATA_DIR) / "spool" / "left-behind.txt"
    real = mentions.erase_subject

    def leaves(*arguments: Any, **named: Any) -> mentions.Erased:
        left.parent.mkdir(exist_ok=True)
        left.write_text(f"{NAME} {NUMBER} {CALLER}", encoding="utf-8")
        return real(*arguments, **named)

    monkeypatch.setattr(mentions, "erase_subject", leaves)
    yield left
    left.unlink(missing_ok=True)


@pytest.mark.parametrize("place", ["scan", "note"])
def test_killed_in_the_search_it_searches_for_the_same_people_again(
    caller: Caller, asked: SubjectRequest, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    erased = len(subjects(caller))
    with monkeypatch.context() as broken:
        broken.setattr(residue, place, dies)
        with pytest.raises(MemoryError):
            work.run(caller.client, asked.id)
    work.run(caller.client, asked.id)
    text = told(caller, asked)
    assert text["scope"]["subjects"] == erased > 0
    assert text["scope"]["values_known_to_the_search"] is False
    assert ("values", "gone_before_the_search") in silences(text)
    with client_scope(caller.client):
        assert not PersonLink.objects.filter(person=caller.customer.person_id, revoked_at__isnull=True).exists()


def test_what_was_found_while_its_value_was_known_is_not_certified_by_a_search_that_does_not_know_it(
    caller: Caller, asked: SubjectRequest, left_behind: Path
) -> None:
    for _again in range(3):
        work.run(caller.client, asked.id)
        assert left_behind.exists()
        assert caller.now(asked).state == State.EXECUTING
    assert not Certificate.objects.exists()
    assert Finding.objects.filter(kind="residue-found").exists()


def test_what_somebody_took_away_is_certified_with_the_word_that_nobody_could_search_for_it_again(
    caller: Caller, asked: SubjectRequest, left_behind: Path, officer: User
) -> None:
    work.run(caller.client, asked.id)
    left_behind.unlink()
    finding = Finding.objects.get(kind="residue-found")
    findings.triage(finding, actor=officer.actor)
    findings.start(Finding.objects.get(pk=finding.pk), actor=officer.actor)
    findings.remedied(Finding.objects.get(pk=finding.pk), actor=officer.actor)
    work.run(caller.client, asked.id)
    text = told(caller, asked)
    assert ("spool", "taken_away_by_hand") in silences(text)
    assert text["scope"]["subjects"] > 0


def test_a_search_for_nobody_certifies_nothing(caller: Caller, asked: SubjectRequest) -> None:
    with client_scope(caller.client):
        PersonLink.objects.filter(person=caller.customer.person_id).delete()
    work.run(caller.client, asked.id)
    assert caller.now(asked).state == State.EXECUTING
    assert not Certificate.objects.exists()
    assert Finding.objects.get(kind="erasure-not-certified").where == f"request:{asked.id}"


def test_what_is_known_again_and_certified_closes_what_was_said_to_be_remedied(
    caller: Caller, asked: SubjectRequest, officer: User
) -> None:
    with client_scope(caller.client):
        links = list(PersonLink.objects.filter(person=caller.customer.person_id))
        PersonLink.objects.filter(person=caller.customer.person_id).delete()
    work.run(caller.client, asked.id)
    finding = Finding.objects.get(kind="erasure-not-certified")
    with client_scope(caller.client):
        PersonLink.objects.bulk_create(links)
    for step in (findings.triage, findings.start, findings.remedied):
        step(Finding.objects.get(pk=finding.pk), actor=officer.actor)
    work.run(caller.client, asked.id)
    assert caller.now(asked).state == State.ANSWERED
    assert Finding.objects.get(pk=finding.pk).state == Finding.State.CLOSED


def test_a_report_about_others_certifies_nothing(caller: Caller, asked: SubjectRequest) -> None:
    theirs = subjects(caller)
    with client_scope(caller.client):
        somebody = new_subject(caller.client, "caller")
    report = residue.scan(residue.gather(caller.client, [somebody.id], values=False))
    with client_scope(caller.client), pytest.raises(Refused, match="did not look for"):
        certify(SubjectRequest.objects.get(pk=asked.pk), report, of=theirs, actor="system")


def test_somebody_asking_twice_is_answered_twice_about_the_same_people(
    caller: Caller, asked: SubjectRequest, officer: User, second: User
) -> None:
    erased = len(subjects(caller))
    again = planned(caller)
    approved(again, officer, second)
    for request in (asked, again):
        work.run(caller.client, request.id)
        assert told(caller, request)["scope"]["subjects"] == erased > 0


def test_who_comes_to_be_known_while_the_search_runs_is_erased_before_anything_is_certified(
    caller: Caller, asked: SubjectRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, late = residue.scan, []

    def and_somebody_calls(*arguments: Any, **named: Any) -> Any:
        if not late:
            with client_scope(caller.client):
                late.append(new_subject(caller.client, "caller"))
                link(caller.customer.person, late[0])
        return real(*arguments, **named)

    monkeypatch.setattr(residue, "scan", and_somebody_calls)
    erased = len(subjects(caller))
    work.run(caller.client, asked.id)
    assert caller.now(asked).state == State.EXECUTING
    work.run(caller.client, asked.id)
    assert told(caller, asked)["scope"]["subjects"] == erased + 1
    with client_scope(caller.client):
        assert Subject.objects.get(pk=late[0].pk).destroyed_at is not None


def test_the_values_of_all_were_known_or_the_certificate_does_not_say_so(
    caller: Caller, asked: SubjectRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the first of several: what the others' records say is known still, what the first said is not."""
    assert len(subjects(caller)) > 1
    real = mentions.erase_subject

    def one_only(*arguments: Any, **named: Any) -> None:
        real(*arguments, **named)
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(mentions, "erase_subject", one_only)
        with pytest.raises(MemoryError):
            work.run(caller.client, asked.id)
    work.run(caller.client, asked.id)
    text = told(caller, asked)
    assert text["scope"]["values_known_to_the_search"] is False
    assert ("values", "gone_before_the_search") in silences(text)


def test_a_mention_that_a_hold_keeps_is_not_certified_as_gone_a_minute_later(
    caller: Caller, asked: SubjectRequest
) -> None:
    caller.exchange.call("C2", caller="15900001111", audio=OTHER.audio, words=OTHER.words_json)
    caller.exchange.settle()
    with client_scope(caller.client):
        others = Record.objects.filter(category="recording_original", leg__party="caller")
        kept = others.exclude(call=caller.call).get()
        Mention.objects.create(client_id=caller.client, record=kept, subject=caller.customer.subject)
        hold = holds.hold(kept, matter=uuid4(), actor="system")
    for _minute in range(3):
        work.run(caller.client, asked.id)
        assert caller.now(asked).state == State.RESTRICTED
    assert not Certificate.objects.exists()
    with client_scope(caller.client):
        holds.release(hold.id, actor="system")
    mentions.take_out_left(caller.client)
    work.run(caller.client, asked.id)
    assert told(caller, asked)["scope"]["subjects"] > 0
    with client_scope(caller.client):
        assert Record.objects.get(pk=kept.pk).state == Record.State.DESTROYED


def test_what_fails_is_shown_as_failed_and_taken_up_again_later_each_time(
    caller: Caller, asked: SubjectRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = []
    with monkeypatch.context() as broken:
        broken.setattr(mentions, "erase_subject", dies)
        for _time in range(2):
            with pytest.raises(MemoryError):
                work.run(caller.client, asked.id)
            with client_scope(caller.client):
                failed = list(RequestTask.objects.filter(request=asked))
            assert {one.state for one in failed} == {"failed"}
            waits.append(min(one.not_before for one in failed) - clock.now())  # type: ignore[type-var,operator]
            assert (caller.client, asked.id) not in work.waiting()
    assert waits[1] > waits[0] > timedelta(minutes=4)
    later = clock.now() + timedelta(minutes=11)
    with monkeypatch.context() as ahead:
        ahead.setattr(clock, "now", lambda: later)
        assert (caller.client, asked.id) in work.waiting()
    work.run(caller.client, asked.id)
    assert caller.now(asked).state == State.ANSWERED


def test_what_others_may_have_said_is_not_measured_and_the_certificate_says_so(
    caller: Caller, asked: SubjectRequest
) -> None:
    work.run(caller.client, asked.id)
    text = told(caller, asked)
    assert ("mentions", "named_without_number") in silences(text)
    assert "mentions" not in {one["name"] for one in text["replicas"]}
    assert "mentions" not in text["scan"]["covered"]


@pytest.mark.parametrize("sought", ["looked-up", "not-looked-up", "before-a-new-number"])
def test_calls_in_which_nobody_was_looked_up_are_counted_on_the_certificate(
    caller: Caller, asked: SubjectRequest, sought: str
) -> None:
    caller.exchange.call("C2", caller="15900001111", audio=OTHER.audio, words=OTHER.words_json)
    caller.exchange.settle()
    if sought == "before-a-new-number":
        row = customer_of({"name": NAME, "phones": ["13900000002"]}, customer_no=NUMBER)
        take_in_customer(caller.exchange.line, row, actor="system")
    if sought == "not-looked-up":
        with client_scope(caller.client):
            assert Call.objects.exclude(pk=caller.call.pk).update(sought_at=None) == 1
    work.run(caller.client, asked.id)
    counted = [one["count"] for one in told(caller, asked)["not_covered"] if one["why"] == "only_marked_calls"]
    assert counted == ([] if sought == "looked-up" else [1])
