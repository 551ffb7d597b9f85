"""A code sent to the number or address somebody gave: it reaches whom it is for, proves who asks, and tells nothing."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep

import pytest
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callwarden.custody.models import LookupCount
from callwarden.custody.scope import client_scope
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.flows.requests import codes, found, sending
from callwarden.kernel import clock, notify
from callwarden.kernel.models import Finding
from callwarden.lawful.consent import queries as consent
from callwarden.lawful.requests.models import RequestProof, SubjectRequest
from callwarden.site.outside import BadSetting, gateway
from tests.doors.console.rooms.test_public_requests import HERE, NUMBER, form, requests_of, shown, stranger
from tests.doors.console.rooms.test_requests import customer, own_temporary_folder
from tests.purposes import serve

__all__ = ["customer", "own_temporary_folder", "stranger"]

CODE = "/privacy/service-zh/request/code/"
SECRET = bytes(range(32))
State = SubjectRequest.State


@dataclass
class Gateway:
    """The centre's message gateway: checks who sends, keeps what came, answers as it is told."""

    answer: int = 202
    bodies: list[bytes] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def texts(self, count: int) -> list[dict[str, str]]:
        """What came, once so many have."""
        deadline = monotonic() + 20
        while len(self.bodies) < count and monotonic() < deadline:
            sleep(0.01)
        return [json.loads(body)["data"] for body in self.bodies]

    def last_code(self, count: int = 1) -> str:
        found = re.search(r"\b\d{6}\b", self.texts(count)[-1]["text"])
        assert found is not None
        return found.group()


@pytest.fixture
def gateway_here(settings, tmp_path) -> Iterator[Gateway]:
    there = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            there.ids.add(notify.verify(SECRET, dict(self.headers), body, now=int(clock.now().timestamp())))
            there.bodies.append(body)
            self.send_response(there.answer)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    secret = tmp_path / "gateway-secret"
    secret.write_text("whsec_" + base64.b64encode(SECRET).decode())
    settings.CALLWARDEN_MESSAGE_GATEWAY = {
        "url": f"http://127.0.0.1:{server.server_port}/sms", "secret_file": str(secret),
    }  # fmt: skip
    yield there
    server.shutdown()
    server.server_close()


def typed(browser: Browser, number: str, code: str):
    return browser.post(CODE, {"number": number, "code": code})


def states(line, customer) -> dict[str, str]:
    with client_scope(line.client_id):
        people = [one.id for one in found.subjects_of(customer.person_id)]
        return {purpose: answer.state for purpose, answer in consent.of_person(people).items()}


def test_the_code_comes_to_the_number_given_and_proves_who_asks(stranger, line, customer, gateway_here):
    page = stranger.post(HERE, form(kind="access")).content.decode()
    number, shown_code = shown(page)
    assert "one-time-code" in page
    (text,) = gateway_here.texts(1)
    assert text["to"] == "+8613900001111"
    assert shown_code.replace(" ", "") not in text["text"]
    assert len(gateway_here.ids) == 1
    answer = typed(stranger, number, gateway_here.last_code())
    assert answer.status_code == 200
    assert "We know now who asks" in answer.content.decode()
    (request,) = requests_of(line)
    assert (request.state, request.verified_how, request.customer_id) == (State.ACCEPTED, "message", customer.pk)
    with client_scope(line.client_id):
        assert not RequestProof.objects.exists(), "no code of the request is worth anything any more"


def test_what_is_taken_back_is_taken_back_that_moment(stranger, line, customer, gateway_here):
    serve(line, "quality")
    serve(line, "training")
    number, _code = shown(stranger.post(HERE, form(kind="withdrawal", purposes=["quality"])).content.decode())
    page = typed(stranger, number, gateway_here.last_code()).content.decode()
    assert "What you took back holds from now on" in page
    (request,) = requests_of(line)
    assert (request.state, request.purposes) == (State.ANSWERED, ["quality"])
    told = states(line, customer)
    assert told["quality"] == "withdrawn"
    assert "training" not in told


def test_an_access_request_names_no_purposes(stranger, line, customer, gateway_here):
    serve(line, "quality")
    stranger.post(HERE, form(kind="access", purposes=["quality"]))
    (request,) = requests_of(line)
    assert request.purposes == []


def test_called_back_or_attested_it_is_taken_back_that_moment_too(stranger, person, line, customer):
    serve(line, "quality")
    _number, code = shown(stranger.post(HERE, form(kind="withdrawal")).content.decode())
    (request,) = requests_of(line)
    person("team_leader").post(reverse("console:request_move", args=[request.pk, "prove"]), {"code": code})
    assert requests_of(line)[0].state == State.ANSWERED
    assert states(line, customer)["quality"] == "withdrawn"


def test_an_erasure_still_waits_for_two_people(stranger, line, customer, gateway_here):
    number, _code = shown(stranger.post(HERE, form(kind="erasure")).content.decode())
    typed(stranger, number, gateway_here.last_code())
    assert requests_of(line)[0].state == State.ACCEPTED


def test_by_mail_it_comes_to_the_address_given(stranger, line, customer, settings):
    settings.EMAIL_HOST = "mail.example.org"
    row = {"name": "林秋白", "phones": [NUMBER], "emails": ["lin@example.org"]}
    take_in_customer(line, customer_of(row, customer_no="K1"), actor="system")
    answer = stranger.post(f"{HERE}?language=en", form(kind="access", by="email", value="Lin@Example.org"))
    number, _code = shown(answer.content.decode())
    deadline = monotonic() + 20
    while not mail.outbox and monotonic() < deadline:
        sleep(0.01)
    (sent,) = mail.outbox
    assert sent.to == ["lin@example.org"]
    assert number in sent.subject
    code = re.search(r"\b\d{6}\b", sent.body)
    assert code is not None
    assert code.group() not in sent.subject
    assert typed(stranger, number, code.group()).status_code == 200


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_text_is_in_the_language_of_the_page(stranger, line, customer, gateway_here, language):
    stranger.post(f"{HERE}?language={language}", form())
    (text,) = gateway_here.texts(1)
    assert text["language"] == language
    assert ("验证码" in text["text"]) == (language == "zh-hans")


def test_nobody_known_gets_nothing_and_the_page_is_the_same(stranger, line, customer, gateway_here):
    pages = [stranger.post(HERE, form(value=value)).content.decode() for value in ("13911112222", NUMBER)]
    gateway_here.texts(1)
    assert [text["to"] for text in gateway_here.texts(1)] == ["+8613900001111"]
    numbers = [shown(page) for page in pages]
    bare = [page.replace(number, "N").replace(code, "C") for page, (number, code) in zip(pages, numbers, strict=True)]
    bare = [re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page) for page in bare]
    assert bare[0] == bare[1]
    told = [typed(stranger, number, "000000") for number, _code in numbers]
    assert [answer.status_code for answer in told] == [422, 422]
    said = [re.findall(r'class="wrong".*?</p>', answer.content.decode(), re.S) for answer in told]
    assert said[0] == said[1]
    assert said[0]


def test_known_and_unknown_take_the_same_statements(stranger, line, customer, gateway_here):
    stranger.post(HERE, form(value="13933334444"))  # the first of an index makes its key
    taken = []
    for value in (NUMBER, "13911112222"):
        with CaptureQueriesContext(connection) as asked:
            stranger.post(HERE, form(value=value))
        taken.append([re.findall(r'^\w+|"[a-z]+_[a-z]+"', one["sql"])[:2] for one in asked.captured_queries])
    assert taken[0] == taken[1]


def test_the_code_of_one_request_proves_no_other_and_neither_way_the_other(
    stranger, person, line, customer, gateway_here
):
    first, shown_code = shown(stranger.post(HERE, form(kind="access")).content.decode())
    code = gateway_here.last_code()
    second, _other = shown(stranger.post(HERE, form(kind="access")).content.decode())
    assert typed(stranger, second, code).status_code == 422 or gateway_here.last_code(2) == code
    assert typed(stranger, first, shown_code).status_code == 422
    request = next(one for one in requests_of(line) if one.code == first)
    person("team_leader").post(reverse("console:request_move", args=[request.pk, "prove"]), {"code": code})
    assert next(one for one in requests_of(line) if one.code == first).verified_at is None


def test_five_wrong_codes_end_it_and_the_right_one_comes_too_late(stranger, line, customer, gateway_here):
    number, _code = shown(stranger.post(HERE, form(kind="access")).content.decode())
    right = gateway_here.last_code()
    wrong = "000000" if right != "000000" else "111111"
    for place in range(codes.ATTEMPTS):
        assert typed(Browser(REMOTE_ADDR=f"192.0.2.{place}"), number, wrong).status_code == 422
    assert typed(stranger, number, right).status_code == 422
    assert requests_of(line)[0].verified_at is None


def test_after_ten_minutes_it_proves_nothing(stranger, line, customer, gateway_here):
    number, _code = shown(stranger.post(HERE, form(kind="access")).content.decode())
    code = gateway_here.last_code()
    with clock.frozen(clock.now() + timedelta(minutes=10, seconds=1)):
        assert typed(stranger, number, code).status_code == 422


def test_nobody_is_flooded_with_codes_by_what_others_type_in(stranger, line, customer, gateway_here, settings):
    settings.CODES_PER_HOUR = 2
    for place in range(4):
        assert Browser(REMOTE_ADDR=f"192.0.2.{place}").post(HERE, form()).status_code == 200
    Browser(REMOTE_ADDR="192.0.2.9").post(HERE, form(value="13911112222"))
    sending._senders.submit(lambda: None).result(20)
    assert len(gateway_here.texts(2)) == 2
    assert len(requests_of(line)) == 5, "each was taken in all the same"


def test_neither_number_nor_code_is_written_anywhere(stranger, line, customer, gateway_here, caplog, capfd):
    number, _code = shown(stranger.post(HERE, form(kind="access")).content.decode())
    code = gateway_here.last_code()
    with client_scope(line.client_id):
        rows = [*SubjectRequest.objects.values(), *RequestProof.objects.values(), *LookupCount.objects.values()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(string_agg(encode(body, 'escape'), ' '), '') FROM custody_ledgerentry")
        (ledger,) = cursor.fetchone()
    logged = caplog.text + "".join(capfd.readouterr())
    for place in (" ".join(str(v) for row in rows for v in row.values()), ledger, logged):
        assert "13900001111" not in place
        assert not re.search(rf"(?<![0-9a-f.]){code}(?![0-9a-f])", place)
    assert number


def test_a_gateway_that_does_not_take_it_is_a_finding_and_the_request_is_taken_in(
    stranger, line, customer, gateway_here, monkeypatch
):
    monkeypatch.setattr(sending._senders, "submit", lambda act, note: act(note))
    gateway_here.answer = 503
    for _ in range(2):
        assert stranger.post(HERE, form()).status_code == 200
    (finding,) = Finding.objects.filter(kind="codes-not-sent")
    assert (finding.data, finding.times_seen) == ({"way": "phone", "reason": "http_503"}, 2)
    assert len(requests_of(line)) == 2


def test_without_a_gateway_nothing_is_promised(stranger, line, customer, settings):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", ""
    assert "second code" not in stranger.get(HERE, {"language": "en"}).content.decode()
    assert "one-time-code" not in stranger.post(HERE, form()).content.decode()
    with client_scope(line.client_id):
        assert [proof.way for proof in RequestProof.objects.all()] == ["call_back"]


@pytest.mark.parametrize("told", [{}, {"number": "X"}, {"number": "ABCD2345", "code": "x"}, {"code": "1" * 99}])
def test_what_cannot_be_a_code_is_said_on_the_page(stranger, line, told):
    assert stranger.post(CODE, told).status_code == 422


def test_a_gateway_that_is_no_receiver_stops_the_start():
    with pytest.raises(BadSetting, match="CALLWARDEN_MESSAGE_GATEWAY"):
        gateway("sms", {"siem": {}})
    receivers = {"sms": {"url": "https://x"}, "siem": {}}
    assert gateway("sms", receivers) == {"url": "https://x"}
    assert list(receivers) == ["siem"], "it is told nothing else"
    assert gateway("", receivers) == {}
