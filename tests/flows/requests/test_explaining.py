"""The answer to a request for explanation: true to the registry, in the person's language, on record to the letter."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import pyrage
import pytest

from callwarden.custody.models import LedgerEntry, PersonLink, Record, SealedField, Subject
from callwarden.custody.scope import client_scope
from callwarden.doors.console.requests.explanation import page
from callwarden.flows.requests import explaining, report, work
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.events import Event
from callwarden.kernel.models import Deadline, User
from callwarden.lawful.consent.models import ConsentProposal
from callwarden.lawful.purposes.models import Purpose, PurposeGround, Recipient
from callwarden.lawful.requests import actions, statements
from callwarden.lawful.requests.kinds import Channel, Kind
from callwarden.lawful.requests.models import SubjectRequest
from tests.flows.centre_of_controls import sequence
from tests.flows.requests.conftest import NAME, Caller
from tests.flows.requests.test_reporting import at_the_console, carried_out
from tests.purposes import serve

State = SubjectRequest.State
WORDS = "我们不会用您的录音训练任何模型。"


def address(line: str, version: str) -> str:
    return f"https://calls.example/{line}/{version}"


def answered(caller: Caller, request: SubjectRequest, officer: User, words: str = WORDS) -> dict[str, bytes]:
    sequence()
    made = explaining.answer(
        at_the_console(officer), caller.client, request.pk, words=words, reason="Asked.", address=address, page=page
    )
    return opened(made, request)


def opened(made: report.Answer, request: SubjectRequest) -> dict[str, bytes]:
    plain = pyrage.passphrase.decrypt(made.sealed, report.passphrase(request))
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def asked(caller: Caller, question: str) -> SubjectRequest:
    """A request for explanation with a question of the person's own, under way."""
    with client_scope(caller.client):
        line, asks = caller.exchange.line, {"kind": Kind.EXPLANATION, "channel": Channel.WEB, "actor": "system"}
        request = actions.receive(line, claimed=caller.customer, statement=question, **asks)
        request = actions.verified(request, caller.customer, how="agent", actor="system")
        work.begin(work.plan(request, actor="system"), actor="system")
    return caller.now(request)


def told(files: dict[str, bytes]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files["explanation.json"])
    return document


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Uncertain: ask a lawyer", "at most 90 days", "No purpose of these lines is registered as deciding")),
        ("zh-hans", ("存疑：请咨询律师", "90", "没有任何目的登记为由程序对您作出决定")),
    ],
    ids=["english", "chinese"],
)
def test_it_tells_the_rules_of_the_registry_as_they_are(
    caller: Caller, officer: User, language: str, words: tuple[str, ...]
) -> None:
    line = caller.exchange.line
    serve(line, "surveys", "contract", method=["analyse"])
    given = {"ground": "contract", "provision": "pipl@2021:13(1)(2)", "certainty": "uncertain"}
    PurposeGround.objects.create(purpose_id="surveys", jurisdiction=line.jurisdiction, **given)
    maker = Recipient.objects.create(client=line.client, slug="maker", name="Maker", name_zh="制造商", country="CN")
    maker.purposes.add(Purpose.objects.get(slug="surveys"))
    line.retention.create(category="identity", purpose_id="surveys", ceiling_days=90)
    request = carried_out(caller, Kind.EXPLANATION)
    with client_scope(caller.client):
        SubjectRequest.objects.filter(pk=request.pk).update(language=language)
        sounds = {"purpose": "surveys", "answer": "given", "turn": 1, "rule": "yes", "made_at": caller.call.admitted_at}
        ConsentProposal.objects.create(client_id=caller.client, call=caller.call, **sounds)
    files = answered(caller, request, officer)
    (rules,) = told(files)["lines"]
    (surveys,) = [one for one in rules["purposes"] if one["slug"] == "surveys"]
    assert (surveys["provision"], surveys["certainty"]) == ("pipl@2021:13(1)(2)", "uncertain")
    assert [one["en"] for one in surveys["recipients"]] == ["Maker"]
    assert {"category": "identity", "days": 90, "counted_from": "call_end"} in surveys["kept"]
    assert told(files)["automated"]["redacted"] == 1
    assert told(files)["automated"]["proposals"] == {"open": 1}
    assert [one["en"] for one in told(files)["automated"]["analyses"]] == ["surveys"]
    shown = files["explanation.html"].decode()
    assert [word for word in (*words, WORDS, "pipl@2021:13(1)(2)") if word not in shown] == []
    assert NAME not in shown, "nothing that is kept of them is told; an access request tells that"


def test_the_answer_is_on_record_stops_the_clock_and_is_handed_out_again_to_the_letter(
    caller: Caller, officer: User
) -> None:
    request = carried_out(caller, Kind.EXPLANATION)
    first = answered(caller, request, officer)
    done = caller.now(request)
    digest = hashlib.sha256(first["explanation.json"]).hexdigest()
    assert done.state == State.ANSWERED
    assert not Deadline.objects.filter(about_id=request.pk, state=Deadline.State.RUNNING).exists()
    sequence()
    (entry,) = LedgerEntry.objects.filter(event=Event.REQUEST_ANSWERED)
    assert json.loads(bytes(entry.body))["data"]["document"] == digest
    Purpose.objects.update(name="Something else", name_zh="别的")
    made = explaining.again(at_the_console(officer), caller.client, request.pk, reason="Lost it.", page=page)
    assert opened(made, request) == first
    sequence()
    assert LedgerEntry.objects.filter(event=Event.DISCLOSE_REVEAL).count() == 2


def test_what_the_officer_says_lies_sealed(caller: Caller, officer: User) -> None:
    request = carried_out(caller, Kind.EXPLANATION)
    answered(caller, request, officer)
    with client_scope(caller.client):
        kept = statements.standing(caller.now(request))
        assert kept is not None
        assert kept.category == "request_statement"
        fields = SealedField.objects.filter(record=kept)
        assert [one.name for one in fields] == [statements.ANSWER]
        assert WORDS.encode() not in bytes(fields[0].blob)


def test_no_explanation_is_answered_without_its_document(caller: Caller) -> None:
    request = carried_out(caller, Kind.EXPLANATION)
    with client_scope(caller.client):
        one = SubjectRequest.objects.get(pk=request.pk)
        with pytest.raises(CallwardenError, match="carried out by the program"):
            work.done_by_hand(one, actor="system")
        for task in one.tasks.all():
            actions.settle(task, after=0, method="explained", actor="system")
        with pytest.raises(CallwardenError, match="explanation itself"):
            actions.answer(one, actor="system")
    assert caller.now(request).state == State.EXECUTING


def test_where_a_program_decides_the_officer_has_to_say_on_what(caller: Caller, officer: User) -> None:
    serve(caller.exchange.line, "scoring", "contract", method=["decide"])
    request = carried_out(caller, Kind.EXPLANATION)
    with pytest.raises(CallwardenError, match="A program decides"):
        answered(caller, request, officer, words=" ")
    assert caller.now(request).state == State.EXECUTING
    assert "scoring" in answered(caller, request, officer, words="On instalments.")["explanation.html"].decode()


def test_an_agent_answers_none_and_the_time_runs_on(caller: Caller) -> None:
    agent = User.objects.create(username="agent-9", roles=["agent"])
    request = carried_out(caller, Kind.EXPLANATION)
    with pytest.raises(CallwardenError):
        answered(caller, request, agent)
    assert caller.now(request).state == State.EXECUTING
    with client_scope(caller.client):
        assert not statements.answered(caller.now(request))
    with pytest.raises(CallwardenError, match="not kept any more"):
        explaining.again(at_the_console(agent), caller.client, request.pk, reason="x", page=page)


def test_a_draft_that_was_refused_is_not_what_is_answered_later(caller: Caller, officer: User) -> None:
    request = carried_out(caller, Kind.EXPLANATION)
    agent = User.objects.create(username="agent-9", roles=["agent"])
    with pytest.raises(CallwardenError):
        answered(caller, request, agent, words="Nonsense.")
    with client_scope(caller.client):
        before = caller.now(request).statement_id
    assert "Nonsense." not in answered(caller, request, officer)["explanation.html"].decode()
    with client_scope(caller.client):
        assert Record.objects.get(pk=before).state == Record.State.DESTROYED


@pytest.mark.parametrize("kind", [Kind.ACCESS, Kind.ERASURE])
def test_nothing_else_is_answered_with_an_explanation(caller: Caller, officer: User, kind: Kind) -> None:
    request = caller.asks(kind)
    with pytest.raises(CallwardenError, match="asks for no explanation"):
        answered(caller, request, officer)


def test_what_was_asked_is_answered_beside_it_and_lies_sealed_with_it(caller: Caller, officer: User) -> None:
    question = "为什么我接到推销电话？"
    request = asked(caller, question)
    files = answered(caller, request, officer)
    assert (told(files)["question"], told(files)["words"]) == (question, WORDS)
    assert question in files["explanation.html"].decode()
    with client_scope(caller.client):
        kept = statements.standing(caller.now(request))
        names = SealedField.objects.filter(record=kept).order_by("name").values_list("name", flat=True)
        assert list(names) == [statements.ANSWER, statements.FIELD]
    with pytest.raises(CallwardenError, match="says more"):
        statements.checked(Kind.ACCESS, "words")


def test_a_question_is_not_answered_with_silence(caller: Caller, officer: User) -> None:
    request = asked(caller, "为什么我接到推销电话？")
    with pytest.raises(CallwardenError, match="asked something"):
        answered(caller, request, officer, words=" ")
    assert caller.now(request).state == State.EXECUTING


def test_of_two_who_answer_at_once_one_is_told_and_leaves_nothing_behind(
    caller: Caller, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, open_ = asked(caller, "为什么？"), explaining._open

    def while_another_answers(*given: Any) -> dict[str, list[str]]:
        seen = open_(*given)
        with client_scope(caller.client):
            other = statements.seal(caller.exchange.line, "为什么？")
            SubjectRequest.objects.filter(pk=request.pk).update(statement=other)
        return seen

    monkeypatch.setattr(explaining, "_open", while_another_answers)
    with client_scope(caller.client):
        before = Record.objects.filter(category="request_statement").count()
    with pytest.raises(CallwardenError, match="meanwhile"):
        answered(caller, request, officer)
    with client_scope(caller.client):
        assert Record.objects.filter(category="request_statement").count() == before + 1, "the other's alone"


def test_whoever_was_erased_meanwhile_is_still_answered(caller: Caller, officer: User) -> None:
    request = carried_out(caller, Kind.EXPLANATION)
    with client_scope(caller.client):
        now = clock.now()
        PersonLink.objects.filter(person=request.person_id).update(revoked_at=now)
        Subject.objects.update(destroyed_at=now)
    assert told(answered(caller, request, officer))["words"] == WORDS
    assert caller.now(request).state == State.ANSWERED
