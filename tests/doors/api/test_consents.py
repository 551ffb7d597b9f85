"""Consent told over REST: what it lets out of quarantine, what it never lets out, and what it closes later."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from callwarden.custody.models import Call, IntakeItem, Record
from callwarden.custody.scope import client_scope
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import AccessRefused, Ask, disclose
from callwarden.kernel import clock
from callwarden.kernel.models import Session, User
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.notices.actions import draft
from tests.doors.api.conftest import assert_says_nothing_of, parts_of
from tests.work import do_all, waiting


@pytest.fixture
def unasked(generated):
    """A call in which nobody was asked."""
    return replace(generated, cdr=replace(generated.cdr, consents=()))


@pytest.fixture
def asked_at(generated) -> str:
    return generated.cdr.consents[0].at.isoformat()


def told(call, purpose, state, at, **more):
    return {"call_id": call.cdr.call_id, "purpose": purpose, "state": state, "method": "web", "at": at, **more}


def state_of(program, call) -> tuple[str, str]:
    answer = program.get(f"/calls/{call.cdr.call_id}").json()
    return answer["state"], answer["reason"]


def test_a_yes_that_comes_late_lets_the_gate_judge_again(program, unasked, asked_at, logged):
    program.post("/calls", parts_of(unasked))
    do_all()
    assert state_of(program, unasked) == ("quarantined", "consent_unknown")
    before = {item.id: item.delete_at for item in IntakeItem.objects.all()}

    answer = program.send("POST", "/consents", told(unasked, "recording", "given", asked_at))

    assert (answer.status_code, answer.json()["judged_again"]) == (201, 3)
    assert waiting() == ["intake.match"]
    assert {item.state for item in IntakeItem.objects.all()} == {IntakeItem.State.WAITING}
    assert {item.id: item.delete_at for item in IntakeItem.objects.all()} == before  # no timer is prolonged
    do_all()
    assert state_of(program, unasked)[0] == "redacted"
    assert_says_nothing_of([unasked.cdr.call_id, unasked.cdr.caller], answer, logged)


def test_a_yes_to_something_else_leaves_it_where_it_is(program, unasked, asked_at):
    program.post("/calls", parts_of(unasked))
    do_all()
    program.send("POST", "/consents", told(unasked, "quality", "given", asked_at))
    do_all()
    assert state_of(program, unasked) == ("quarantined", "consent_unknown")


@pytest.mark.parametrize("no", ["refused", "withdrawn"])
def test_a_no_never_lets_anything_out(program, unasked, asked_at, no):
    program.post("/calls", parts_of(unasked))
    do_all()
    answer = program.send("POST", "/consents", told(unasked, "recording", no, asked_at))
    assert answer.json()["judged_again"] == 0
    do_all()
    assert state_of(program, unasked) == ("quarantined", "consent_unknown")


def test_who_refused_in_the_call_stays_refused_whatever_somebody_reports_later(program, generated, asked_at):
    no = tuple(event._replace(answer="refused") for event in generated.cdr.consents)
    call = replace(generated, cdr=replace(generated.cdr, consents=no))
    program.post("/calls", parts_of(call))
    do_all()
    later = (generated.cdr.consents[0].at + timedelta(minutes=1)).isoformat()
    assert program.send("POST", "/consents", told(call, "recording", "given", later)).json()["judged_again"] == 0
    do_all()
    assert state_of(program, call) == ("quarantined", "consent_refused")


def test_consent_told_before_the_call_counts_when_it_comes(program, unasked, asked_at):
    program.send("POST", "/consents", told(unasked, "recording", "given", asked_at))
    program.post("/calls", parts_of(unasked))
    do_all()
    assert state_of(program, unasked)[0] == "redacted"


def test_withdrawn_before_the_gate_looked_the_call_is_not_kept(program, generated):
    later = (generated.cdr.consents[0].at + timedelta(minutes=1)).isoformat()
    program.post("/calls", parts_of(generated))
    program.send("POST", "/consents", told(generated, "recording", "withdrawn", later))
    do_all()
    assert state_of(program, generated) == ("quarantined", "consent_withdrawn")


def reviewer() -> Actor:
    user, now = User.objects.create(username="reviewer", roles=["quality_reviewer"]), clock.now()
    login = Session.objects.create(
        user=user,
        key=uuid.uuid4().bytes,
        created_at=now,
        last_seen_at=now,
        mfa_at=now,
        expires_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=2),
    )
    return Actor.person(user, login)


def test_withdrawn_after_admission_the_next_disclosure_for_that_purpose_is_refused(program, generated, line):
    program.post("/calls", parts_of(generated))
    do_all()
    with client_scope(line.client_id):
        call = Call.objects.get()
        sounds = list(Record.objects.filter(call=call, category="recording_redacted").exclude(state="destroyed"))
    assert len(sounds) == 2
    somebody = reviewer()

    def ask(record: Record, purpose: str) -> Ask:
        wanted = {record.id: ()}
        return Ask(somebody, line.client_id, "play_redacted", purpose, records=wanted, call=call.id)

    for record in sounds:
        assert disclose(ask(record, "quality"))
    later = (generated.cdr.consents[0].at + timedelta(minutes=1)).isoformat()
    answer = program.send("POST", "/consents", told(generated, "quality", "withdrawn", later))
    assert answer.json()["call"] == str(call.id)
    for record in sounds:  # of both parties' legs
        with pytest.raises(AccessRefused) as refused:
            disclose(ask(record, "quality"))
        assert refused.value.data["reasons"] == ["consent_missing"]
        assert disclose(ask(record, "complaint_handling"))


def test_an_event_told_twice_is_one_event(program, generated, asked_at, line):
    from callwarden.lawful.consent.models import ConsentEvent

    event = told(generated, "quality", "given", asked_at)
    first, second = (program.send("POST", "/consents", event).json()["event"] for _ in range(2))
    assert first == second
    with client_scope(line.client_id):
        assert ConsentEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purpose": "marketing"}, "unknown_purpose"),
        ({"purpose": "Marketing!"}, "fields_refused"),
        ({"at": "2126-01-01T00:00:00Z"}, "in_the_future"),
        ({"at": "2026-11-02T09:30:00"}, "fields_refused"),
        ({"state": "perhaps"}, "fields_refused"),
        ({"key": "12"}, "fields_refused"),
        ({"call_id": ""}, "fields_refused"),
        ({"line": "nowhere"}, "line_not_found"),
    ],
)
def test_what_cannot_be_an_event_is_refused(program, generated, asked_at, changes, code):
    answer = program.send("POST", "/consents", told(generated, "quality", "given", asked_at) | changes)
    assert answer.json()["code"] == code


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("version", ["2099-9", "2026-2"])
def test_a_yes_to_a_notice_that_was_not_published_is_refused_and_a_no_is_taken(program, line, version, language):
    draft(line, version="2026-2", text_en="More is recorded.", text_zh="录得更多。")
    program.language = language
    told = {"call_id": "C1", "purpose": "quality", "at": clock.now().isoformat(), "notice": version}
    answer = program.send("POST", "/consents", told | {"state": "given"})
    assert (answer.status_code, answer.json()["code"]) == (422, "notice_unknown"), answer.content
    assert program.send("POST", "/consents", told | {"state": "refused"}).status_code == 201
    with client_scope(line.client_id):
        assert [(one.state, one.notice) for one in ConsentEvent.objects.all()] == [("refused", None)]


def test_a_yes_before_the_notice_was_published_is_none_to_it(program, line):
    at = (line.notices.get().told_from - timedelta(hours=1)).isoformat()
    told = {"call_id": "C1", "purpose": "quality", "state": "given", "notice": "2026-1", "at": at}
    assert program.send("POST", "/consents", told).json()["code"] == "notice_unknown"
    told["at"] = clock.now().isoformat()
    assert program.send("POST", "/consents", told).status_code == 201
