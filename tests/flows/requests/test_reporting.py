"""The answer to an access request: everything of the person, nobody else's, and who looked at it."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from datetime import timedelta
from typing import Any

import pyrage
import pytest

from callwarden.control.neighbours.actions import Wish, connect
from callwarden.custody.models import Line, Record
from callwarden.custody.moving import OPEN_UNTIL
from callwarden.custody.scope import client_scope
from callwarden.doors.console.requests.report import page
from callwarden.engines.neighbours import PRESETS
from callwarden.flows import neighbours
from callwarden.flows.actors import Actor
from callwarden.flows.consents import Told, say_for_person
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.flows.requests import report, work
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.models import Session, User
from callwarden.lawful.purposes.models import Purpose, PurposeGround, Recipient
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest
from tests.exchange import CALLER
from tests.flows.centre_of_controls import sequence
from tests.flows.requests.conftest import NAME, NUMBER, Caller, approved
from tests.purposes import serve

State = SubjectRequest.State
ID_NUMBER = "11010519491231002X"
OTHER = "欧阳别人"


@pytest.fixture
def known(caller: Caller) -> Caller:
    """The caller has an identity number as well, and there is another customer."""
    told = {"name": NAME, "phones": [CALLER], "id_number": ID_NUMBER}
    take_in_customer(caller.exchange.line, customer_of(told, customer_no=NUMBER), actor="system")
    take_in_customer(
        caller.exchange.line, customer_of({"name": OTHER, "phones": ["13911112222"]}, customer_no="K8"), actor="system"
    )
    return caller


def at_the_console(user: User) -> Actor:
    now = clock.now()
    login = Session.objects.create(
        user=user,
        key=uuid.uuid4().bytes,
        created_at=now,
        last_seen_at=now,
        mfa_at=now,
        expires_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=12),
    )
    return Actor.person(user, login)


def carried_out(caller: Caller, kind: Kind, *people: User) -> SubjectRequest:
    request = caller.asks(kind)
    with client_scope(caller.client):
        request = work.plan(SubjectRequest.objects.get(pk=request.pk), actor="system")
    if people:
        approved(request, *people)
    else:
        with client_scope(caller.client):
            work.begin(request, actor="system")
    return caller.now(request)


def opened(answer: report.Answer, request: SubjectRequest) -> dict[str, bytes]:
    plain = pyrage.passphrase.decrypt(answer.sealed, report.passphrase(request))
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def answered(caller: Caller, request: SubjectRequest, officer: User) -> tuple[dict[str, bytes], dict[str, Any]]:
    sequence()
    made = report.prepare(at_the_console(officer), caller.client, request.id, reason="Asked by the person.", page=page)
    files = opened(made, request)
    return files, json.loads(files["report.json"])


def test_it_holds_what_is_kept_why_how_long_and_who_looked(known: Caller, officer: User) -> None:
    request = carried_out(known, Kind.ACCESS)
    files, told = answered(known, request, officer)
    assert told["data"]["identity"][0]["name"] == [NAME]
    assert len(told["calls"]) == 1
    assert told["calls"][0]["transcript"]
    assert told["consents"]
    assert told["purposes"]
    assert set(told["kept_until"]) >= {"identity", "contact", "transcript_redacted"}
    assert {one["what"] for one in told["looked_at"]} >= {"redact"}
    assert NAME in files["report.html"].decode()
    assert known.now(request).state == State.ANSWERED


def test_it_holds_who_looked_in_other_systems_and_which_do_not_tell(known: Caller, officer: User) -> None:
    phone = {**PRESETS["crm"], "subject": {"path": "tel", "kind": "phone"}}
    wish = Wish("CRM", "客户系统", officer, 60, phone, "account", "http", program="crm-log")
    crm = connect(known.client, "crm", "crm", wish, by=officer)
    event = {"at": clock.now().isoformat(), "user": officer.username, "action": "view", "tel": CALLER}
    kept = neighbours.take_documents(crm, [(json.dumps(event).encode(), event)], actor="system")
    assert kept.taken == 1
    files, told = answered(known, carried_out(known, Kind.ACCESS), officer)
    (act,) = told["looked_at_elsewhere"]["acts"]
    assert (act["system"]["zh"], act["who"], act["what"]) == ("客户系统", "+".join(sorted(officer.roles)), "read")
    assert set(told["looked_at_elsewhere"]["not_measured"]) == {"telephony", "recorder", "database"}
    shown = files["report.html"].decode()
    assert "CRM" in shown or "客户系统" in shown
    assert officer.get_full_name() not in shown


def test_it_says_what_it_leaves_out_what_waits_who_is_named_and_what_every_line_does(
    known: Caller, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person asks on one line; another holds data of theirs too, for purposes and recipients of its own."""
    line = known.exchange.line
    other = Line.objects.create(client=line.client, slug="repairs", name="Repairs", name_zh="维修热线")
    serve(other, "repairs", "contract")
    purpose = Purpose.objects.get(slug="repairs")
    maker = Recipient.objects.create(client=line.client, slug="maker", name="Maker", name_zh="制造商", country="CN")
    maker.purposes.add(purpose)
    yes = Told("repairs", "given", "web", clock.now(), recipient="maker")
    say_for_person(other, known.customer.subject, yes, actor="system")
    with client_scope(known.client):
        Record.objects.filter(customer=known.customer, category="contact").update(due_at=OPEN_UNTIL)
    answered(known, carried_out(known, Kind.ACCESS), officer)  # which is a look as well
    monkeypatch.setattr(report, "MOST_SEEN", 1)
    files, told = answered(known, carried_out(known, Kind.ACCESS), officer)
    (repairs,) = [one for one in told["purposes"] if one["en"] == purpose.name]
    assert (repairs["ground"], repairs["lines"]) == ("contract", [{"en": "Repairs", "zh": "维修热线"}])
    assert "制造商" in {one["zh"] for one in told["recipients"]}
    assert {"en": "Maker", "zh": "制造商"} in [one["recipient"] for one in told["consents"]]
    assert None in [one["recipient"] for one in told["consents"]]
    assert told["kept_until"]["contact"] is None
    assert told["kept_until"]["identity"] < "9000"
    assert len(told["looked_at"]) == 1
    assert told["looked_at_before"] > 0
    shown = files["report.html"].decode()
    assert "9999" not in shown
    assert [word for word in ("Maker", "Repairs", "Not set yet", "These are the newest") if word not in shown] == []


@pytest.mark.parametrize(("language", "words"), [("en", "Uncertain: ask a lawyer"), ("zh-hans", "存疑：请咨询律师")])
def test_a_provision_the_registry_is_not_sure_of_is_not_told_as_certain(
    known: Caller, officer: User, language: str, words: str
) -> None:
    line = known.exchange.line
    serve(line, "surveys", "contract")
    told = {"ground": "contract", "provision": "pipl@2021:13(1)(2)", "certainty": "uncertain"}
    PurposeGround.objects.create(purpose_id="surveys", jurisdiction=line.jurisdiction, **told)
    request = carried_out(known, Kind.ACCESS)
    with client_scope(known.client):
        SubjectRequest.objects.filter(pk=request.pk).update(language=language)
    files, report_told = answered(known, request, officer)
    (surveys,) = [one for one in report_told["purposes"] if one["en"] == "surveys"]
    assert (surveys["provision"], surveys["certainty"]) == ("pipl@2021:13(1)(2)", "uncertain")
    (row,) = [row for row in files["report.html"].decode().split("<tr>") if "pipl@2021:13(1)(2)" in row]
    assert words in row


def test_nothing_of_anybody_else_is_in_it(known: Caller, officer: User) -> None:
    files, _told = answered(known, carried_out(known, Kind.COPY), officer)
    for name, content in files.items():
        assert OTHER.encode() not in content, name
        assert officer.get_full_name().encode() not in content, "colleagues are told by role, never by name"


def test_an_identity_number_leaves_in_full_only_when_two_approved(known: Caller, officer: User, second: User) -> None:
    alone, _told = answered(known, carried_out(known, Kind.ACCESS), officer)
    assert ID_NUMBER.encode() not in b"".join(alone.values())
    both, told = answered(known, carried_out(known, Kind.ACCESS, officer, second), officer)
    assert told["data"]["government_id"][0]["id_number"] == [ID_NUMBER]
    assert ID_NUMBER in both["report.html"].decode()


def test_a_copy_holds_the_person_s_own_voice_and_no_other(known: Caller, officer: User, second: User) -> None:
    files, told = answered(known, carried_out(known, Kind.COPY, officer, second), officer)
    assert len(told["recordings"]) == 1, "the caller's leg, not the agent's"
    assert files[told["recordings"][0]][:4] == b"fLaC"


def test_nothing_leaves_before_it_is_carried_out(known: Caller, officer: User) -> None:
    request = known.asks(Kind.ACCESS)
    with pytest.raises(CallwardenError, match="Carry the request out"):
        report.prepare(at_the_console(officer), known.client, request.id, reason="x")


def test_an_agent_exports_nothing(known: Caller) -> None:
    agent = User.objects.create(username="agent-9", roles=["agent"])
    request = carried_out(known, Kind.ACCESS)
    with pytest.raises(CallwardenError):
        report.prepare(at_the_console(agent), known.client, request.id, reason="Because.")
    assert known.now(request).state == State.EXECUTING


def test_each_request_has_a_passphrase_of_its_own(known: Caller) -> None:
    first, second = known.asks(Kind.ACCESS), known.asks(Kind.ACCESS)
    assert report.passphrase(first) != report.passphrase(second)
    assert report.passphrase(first) == report.passphrase(known.now(first))
