"""Requests of data subjects in the console: taken in, proved, found, approved by somebody else, carried out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Leg, Line, PersonLink, Subject
from callwarden.custody.put import Place, put
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.flows.requests import codes, work
from callwarden.kernel import clock
from callwarden.kernel.models import Approval
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.purposes.terms import Use
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.kinds import Channel, Kind
from callwarden.lawful.requests.models import SubjectRequest
from callwarden.lawful.retention.models import RetentionRule
from tests.centre import basis_for
from tests.flows.centre_of_controls import call_on, sequence
from tests.flows.requests.conftest import own_temporary_folder
from tests.purposes import serve

__all__ = ["own_temporary_folder"]

State = SubjectRequest.State


@pytest.fixture
def customer(centre, line):
    serve(line, "service", "contract", core=True)
    for category in Category:
        RetentionRule.objects.create(line=line, category=category, purpose_id="service", ceiling_days=90)
    return take_in_customer(
        line, customer_of({"name": "林秋白", "phones": ["13900001111"]}, customer_no="K1"), actor="system"
    ).customer


def asked(line, customer, kind: Kind = Kind.ERASURE) -> SubjectRequest:
    with client_scope(line.client_id):
        return actions.receive(line, kind=kind, channel=Channel.WEB, actor="system", claimed=customer)


def now(request: SubjectRequest) -> SubjectRequest:
    with client_scope(request.client_id):
        return SubjectRequest.objects.get(pk=request.pk)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_from_the_letter_to_the_answer(person, line, customer, language):
    officer, second = person("data_protection_officer"), person("security_administrator")
    for one in (officer, second):
        one.browser.cookies["django_language"] = language
    came = (clock.now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    given = {"kind": "erasure", "line": str(line.pk), "channel": "letter", "received_at": came}
    answer = officer.post(reverse("console:request_new"), given)
    with client_scope(line.client_id):
        request = SubjectRequest.objects.get()
        SubjectRequest.objects.filter(pk=request.pk).update(claimed=customer)
        code = codes.make(now(request), customer, codes.Way.CALL_BACK, actor="system")
    here = reverse("console:request", args=[request.pk])
    assert answer["Location"] == here

    def step(name: str, **data: object) -> None:
        officer.post(reverse("console:request_move", args=[request.pk, name]), data)

    step("plan")
    assert now(request).state == State.VERIFYING, "nothing is counted before it is known who asks"
    step("prove", code="00000000" if code != "00000000" else "11111111")
    assert now(request).state == State.VERIFYING
    step("prove", code=f"{code[:4]} {code[4:]}")
    step("plan")
    assert now(request).state == State.PLANNED
    assert len(officer.get(here).context["tasks"].rows) == 10
    step("ask", reason="Asked by letter.")
    approval = Approval.objects.get()
    page = second.get(reverse("console:approval", args=[approval.pk]))
    assert request.code in page.content.decode()
    second.post(
        reverse("console:approval_decide", args=[approval.pk]), {"decision": "approve", "digest": approval.digest}
    )
    officer.post(reverse("console:approval_carry_out", args=[approval.pk]))
    assert now(request).state == State.EXECUTING
    work.run(request.client_id, request.pk)
    for page in (here, reverse("console:requests"), reverse("console:requests_all")):
        assert officer.get(page).status_code == 200


def test_a_correction_is_entered_field_by_field_and_told_by_their_names(person, line, customer):
    with client_scope(line.client_id):
        request = actions.receive(
            line, kind=Kind.CORRECTION, channel=Channel.LETTER, actor="system", claimed=customer, statement="姓名错了"
        )
        actions.verified(request, customer, how="agent", actor="system")
        work.begin(work.plan(now(request), actor="system"), actor="system")
    officer, leader = person("data_protection_officer"), person("team_leader")
    here, there = (reverse(name, args=[request.pk]) for name in ("console:request", "console:request_correct"))
    done = reverse("console:request_move", args=[request.pk, "done"])
    officer.post(done)
    assert now(request).state == State.EXECUTING, "nothing was corrected for it yet"
    assert leader.get(there).status_code == 403
    assert "reveal" in officer.get(here).content.decode()
    assert officer.post(there, {"reason": "They say so."}).status_code == 422
    answer = officer.post(there, {"name": "林秋柏", "phone": "13900001111\n13900002222", "reason": "They say so."})
    assert answer["Location"] == here
    assert now(request).corrected == ["name", "phone"]
    page = officer.get(here).content.decode()
    assert not [value for value in ("林秋柏", "13900002222", "姓名错了") if value in page]
    officer.post(done)
    assert now(request).state == State.ANSWERED


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_explanation_is_read_answered_and_handed_out_again(person, line, customer, language):
    with client_scope(line.client_id):
        told = {"channel": Channel.LETTER, "actor": "system", "language": language}
        request = actions.receive(line, kind=Kind.EXPLANATION, claimed=customer, statement="为什么？", **told)
        actions.verified(request, customer, how="agent", actor="system")
        work.begin(work.plan(now(request), actor="system"), actor="system")
    officer, leader = person("data_protection_officer"), person("team_leader")
    here, there, again = (
        reverse(f"console:{name}", args=[request.pk]) for name in ("request", "request_explain", "request_explained")
    )
    page = officer.get(here).content.decode()
    assert (there in page, "Table(" in page) == (True, False), "where their data lies is a table, not its source"
    assert leader.get(there).status_code == 403
    shown = officer.get(there).content.decode()
    assert [
        word for word in ("service", reverse("console:public_request", args=[line.slug])) if word not in shown
    ] == []
    assert "林秋白" not in shown
    assert officer.post(there, {"words": "因为。"}).status_code == 422, "it stands on record why"
    assert now(request).state == State.EXECUTING
    sequence()
    file = officer.post(there, {"words": "因为。", "reason": "They asked."})
    assert file["Content-Disposition"] == f'attachment; filename="{request.code}.zip.age"'
    assert now(request).state == State.ANSWERED
    page = officer.get(here).content.decode()
    assert (there in page, again in page) == (False, True)
    sequence()
    assert officer.post(again, {"reason": "They lost it."})["Content-Type"] == "application/octet-stream"
    assert officer.get(there)["Location"] == here, "nothing is left to answer"


def test_five_wrong_codes_end_the_code(person, line, customer):
    leader = person("team_leader")
    request = asked(line, customer)
    with client_scope(line.client_id):
        code = codes.make(request, customer, codes.Way.CALL_BACK, actor="system")
    wrong = "00000000" if code != "00000000" else "11111111"
    there = reverse("console:request_move", args=[request.pk, "prove"])
    for _ in range(codes.ATTEMPTS):
        leader.post(there, {"code": wrong})
    leader.post(there, {"code": code})
    assert now(request).verified_at is None, "not even the right one counts any more"


def test_a_team_leader_decides_nothing(person, line, customer):
    request = asked(line, customer)
    with client_scope(line.client_id):
        actions.verified(request, customer, how="agent", actor="system")
    leader = person("team_leader")
    for step in ("plan", "begin", "ask", "reject", "extend", "close"):
        leader.post(reverse("console:request_move", args=[request.pk, step]), {"reason": "not_verified"})
    assert now(request).state == State.ACCEPTED


@pytest.mark.parametrize("role", ["quality_reviewer", "system_administrator", "partner_manager", "agent"])
def test_others_see_no_board(person, role):
    assert person(role).get(reverse("console:requests")).status_code == 403


def test_an_overdue_request_stands_out_and_is_counted_beside_the_place(person, line, customer):
    request = asked(line, customer)
    with client_scope(line.client_id):
        early = clock.now() - timedelta(days=1)
        SubjectRequest.objects.filter(pk=request.pk).update(received_at=early - timedelta(days=30), due_at=early)
    page = person("data_protection_officer").get(reverse("console:requests"))
    (_lane, cards), *_others = page.context["lanes"]
    assert [card.code for card in cards] == [request.code]
    assert cards[0].due.tone == "fail"
    assert {tile.label: tile.value for tile in page.context["tiles"]}["Overdue"] == 1


def test_a_request_from_the_future_is_told_in_the_form(person, line):
    came = (clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    given = {"kind": "access", "line": str(line.pk), "channel": "phone", "received_at": came}
    answer = person("agent").post(reverse("console:request_new"), given)
    assert "received_at" in answer.context["form"].errors
    with client_scope(line.client_id):
        assert not SubjectRequest.objects.exists()


@pytest.fixture
def call_of(line, customer):
    """A call of this customer that somebody has in hand."""

    def make(agent):
        call = call_on(line)
        with client_scope(line.client_id):
            Call.objects.filter(pk=call.pk).update(agent=agent.user, customer=customer, duration_ms=1000)
        return call

    return make


@pytest.mark.parametrize(
    ("language", "link"), [("en", "They ask about their data"), ("zh-hans", "来电人问起自己的数据")]
)
def test_from_the_call_in_hand_it_is_opened_in_two_clicks(person, line, customer, call_of, language, link):
    agent = person("agent")
    agent.browser.cookies["django_language"] = language
    call = call_of(agent)
    there = f"{reverse('console:request_new')}?call={call.pk}"
    page = agent.get(reverse("console:call", args=[call.pk])).content.decode()
    assert link in page
    assert there in page
    assert 'name="attested"' in agent.get(there).content.decode()
    answer = agent.post(there, {"call": str(call.pk), "kind": "erasure", "attested": "on"})
    assert answer["Location"] == reverse("console:call", args=[call.pk])
    with client_scope(line.client_id):
        request = SubjectRequest.objects.get()
    assert (request.state, request.verified_how, request.customer_id) == (State.ACCEPTED, "agent", customer.pk)
    assert (request.call_id, request.line_id, request.channel) == (call.pk, line.pk, "phone")


@pytest.mark.parametrize(("language", "told"), [("en", "what was recorded in 1 call."), ("zh-hans", "1 通通话")])
def test_the_agent_names_what_is_taken_back_and_sees_what_goes_with_it(person, line, customer, call_of, language, told):
    serve(line, "taping", use=Use.RECORDING)
    serve(line, "offers")
    agent = person("agent")
    agent.browser.cookies["django_language"] = language
    call = call_of(agent)
    with client_scope(line.client_id):
        Leg.objects.create(
            client_id=line.client_id, call=call, party="caller", channel=0, subject_id=customer.subject_id
        )
        put(
            basis_for(line),
            category=Category.RECORDING_REDACTED,
            subject=customer.subject,
            write=lambda out: out.write(b"sound" * 100),
            place=Place(call=call),
        )
    there = f"{reverse('console:request_new')}?call={call.pk}"
    page = agent.get(there).content.decode()
    assert 'value="taping"' in page
    assert told in page
    assert 'value="service"' not in page, "a contract is not taken back"
    agent.post(there, {"call": str(call.pk), "kind": "withdrawal", "purposes": ["offers"], "attested": "on"})
    with client_scope(line.client_id):
        assert SubjectRequest.objects.get().purposes == ["offers"]
        assert set(ConsentEvent.objects.values_list("purpose", "state")) == {("offers", "withdrawn")}


def test_a_letter_names_what_is_taken_back_on_a_line_that_serves_it(person, line, customer):
    serve(line, "offers")
    other = Line.objects.create(client=line.client, slug="other", name="Other", languages=["zh"])
    serve(other, "tips")
    officer = person("data_protection_officer")
    came = (clock.now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    given = {"kind": "withdrawal", "line": str(line.pk), "channel": "letter", "received_at": came}
    answer = officer.post(reverse("console:request_new"), {**given, "purposes": ["tips"]})
    assert "purposes" in answer.context["form"].errors
    officer.post(reverse("console:request_new"), {**given, "purposes": ["offers"]})
    with client_scope(line.client_id):
        assert SubjectRequest.objects.get().purposes == ["offers"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_agent_attests_a_caller_who_is_no_customer(person, line, call_of, language):
    agent = person("agent")
    agent.browser.cookies["django_language"] = language
    call = call_of(agent)
    there = f"{reverse('console:request_new')}?call={call.pk}"
    with client_scope(line.client_id):
        Call.objects.filter(pk=call.pk).update(customer=None)
    assert 'name="attested"' not in agent.get(there).content.decode(), "nobody outside is in it"
    with client_scope(line.client_id):
        caller = new_subject(line.client_id, Subject.Kind.CALLER)
        Leg.objects.create(client_id=line.client_id, call=call, party="caller", channel=0, subject=caller)
    assert 'name="attested"' in agent.get(there).content.decode()
    agent.post(there, {"call": str(call.pk), "kind": "erasure", "attested": "on"})
    with client_scope(line.client_id):
        request = SubjectRequest.objects.get()
        assert (request.state, request.verified_how, request.customer_id) == (State.ACCEPTED, "agent", None)
        assert list(PersonLink.objects.filter(person=request.person_id).values_list("subject", flat=True)) == [
            caller.pk
        ]
    officer = person("data_protection_officer")
    assert officer.get(reverse("console:request", args=[request.pk])).status_code == 200


def test_an_agent_opens_no_request_on_somebody_elses_call(person, line, call_of):
    call = call_of(person("agent"))
    other = person("agent")
    there = f"{reverse('console:request_new')}?call={call.pk}"
    assert other.get(there).status_code == 404
    assert other.post(there, {"call": str(call.pk), "kind": "erasure", "attested": "on"}).status_code == 404
    assert other.post(there, {"call": "no-call", "kind": "erasure"}).status_code == 404
    with client_scope(line.client_id):
        assert not SubjectRequest.objects.exists()


def test_who_does_not_have_the_call_in_hand_cannot_attest(person, line, call_of):
    call = call_of(person("agent"))
    leader = person("team_leader")
    there = f"{reverse('console:request_new')}?call={call.pk}"
    assert 'name="attested"' not in leader.get(there).content.decode()
    leader.post(there, {"call": str(call.pk), "kind": "access", "attested": "on"})
    with client_scope(line.client_id):
        request = SubjectRequest.objects.get()
    assert (request.state, request.verified_at) == (State.RECEIVED, None)
