"""What people ask about their own data without signing in, and what nobody learns from it."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callwarden.custody.models import LookupCount
from callwarden.custody.scope import client_scope
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.flows.requests import codes
from callwarden.kernel import clock
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.kinds import Channel, Kind, RejectionReason
from callwarden.lawful.requests.models import RequestProof, SubjectRequest
from tests.doors.console.rooms.test_requests import customer, own_temporary_folder

__all__ = ["customer", "own_temporary_folder"]

State = SubjectRequest.State
HERE, STATUS = "/privacy/service-zh/request/", "/privacy/service-zh/request/status/"
NUMBER = "13900001111"


def form(**changes: object) -> dict[str, object]:
    return {"kind": "erasure", "by": "phone", "value": NUMBER, "form": str(uuid4()), **changes}


def shown(page: str) -> tuple[str, str]:
    """Number and code as the answer shows them."""
    number, code, *_date = re.findall(r"<dd[^>]*>(.*?)</dd>", page)
    return number, code


def requests_of(line) -> list[SubjectRequest]:
    with client_scope(line.client_id):
        return list(SubjectRequest.objects.order_by("received_at"))


@pytest.fixture
def stranger(centre) -> Browser:
    return Browser()


@pytest.mark.parametrize(
    ("by", "value"), [("phone", "+86 139 0000 1111"), ("email", "Lin@Example.org"), ("customer_no", "k-1")]
)
def test_whoever_is_known_is_called_back_with_the_code_they_were_shown(stranger, person, line, customer, by, value):
    row = {"name": "林秋白", "phones": [NUMBER], "emails": ["lin@example.org"]}
    take_in_customer(line, customer_of(row, customer_no="K1"), actor="system")
    answer = stranger.post(HERE, form(by=by, value=value))
    assert answer.status_code == 200, answer.content
    number, code = shown(answer.content.decode())
    (request,) = requests_of(line)
    assert (request.code, request.claimed_id, request.channel) == (number, customer.pk, "web")
    assert (request.state, request.verified_at) == (State.VERIFYING, None)
    leader = person("team_leader")
    leader.post(reverse("console:request_move", args=[request.pk, "prove"]), {"code": code})
    (request,) = requests_of(line)
    assert (request.state, request.verified_how) == (State.ACCEPTED, "call_back")


def test_a_correction_says_what_is_wrong_and_that_is_kept_sealed(stranger, line, customer):
    wrong = "我的名字写错了：是林秋柏。"
    answer = stranger.post(HERE, form(kind="correction"))
    assert (answer.status_code, requests_of(line)) == (422, [])
    assert "statement" in answer.context["form"].errors
    answer = stranger.post(HERE, form(kind="correction", statement=wrong))
    assert answer.status_code == 200
    assert wrong not in answer.content.decode()
    stranger.post(HERE, form(statement=wrong))
    correction, erasure = requests_of(line)
    assert correction.statement_id is not None
    assert (erasure.kind, erasure.statement_id) == ("erasure", None), "nothing else says why"


def test_for_somebody_unknown_everything_looks_the_same_and_proves_nothing(stranger, person, line, customer):
    pages = [stranger.post(HERE, form(value=value)).content.decode() for value in (NUMBER, "13911112222")]
    known, unknown = requests_of(line)
    assert (known.claimed_id, unknown.claimed_id) == (customer.pk, None)
    assert known.state == unknown.state
    numbers = [shown(page) for page in pages]
    bare = [page.replace(number, "N").replace(code, "C") for page, (number, code) in zip(pages, numbers, strict=True)]
    assert bare[0] == bare[1]
    person("team_leader").post(reverse("console:request_move", args=[unknown.pk, "prove"]), {"code": numbers[1][1]})
    assert requests_of(line)[1].verified_at is None
    told = [stranger.post(STATUS, {"number": number, "code": code}).content.decode() for number, code in numbers]
    assert told[0].replace(numbers[0][0], "N") == told[1].replace(numbers[1][0], "N")


def test_known_and_unknown_take_the_same_statements(stranger, line, customer):
    stranger.post(HERE, form(value="13933334444"))  # the first of an index makes its key
    taken = []
    for value in (NUMBER, "13911112222"):
        with CaptureQueriesContext(connection) as asked:
            stranger.post(HERE, form(value=value))
        taken.append([re.findall(r'^\w+|"[a-z]+_[a-z]+"', one["sql"])[:2] for one in asked.captured_queries])
    assert taken[0] == taken[1]


def test_a_number_two_people_share_proves_neither(stranger, line, customer):
    take_in_customer(line, customer_of({"name": "陈墨", "phones": [NUMBER]}, customer_no="K2"), actor="system")
    stranger.post(HERE, form())
    (request,) = requests_of(line)
    assert request.claimed_id is None


def test_nothing_given_is_kept(stranger, line, customer):
    answer = stranger.post(HERE, form())
    _number, code = shown(answer.content.decode())
    assert NUMBER not in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    with client_scope(line.client_id):
        rows = [*SubjectRequest.objects.values(), *RequestProof.objects.values(), *LookupCount.objects.values()]
    told = " ".join(
        bytes(v).hex() if isinstance(v, memoryview | bytes) else str(v) for row in rows for v in row.values()
    )
    for secret in (NUMBER, code.replace(" ", ""), "127.0.0.1"):
        assert secret not in told


def test_one_form_sent_twice_is_one_request_and_shows_no_second_code(stranger, line, customer):
    same = form()
    stranger.post(HERE, same)
    again = stranger.post(HERE, same)
    assert again.status_code == 422
    assert "taken in before" in again.content.decode()
    assert len(requests_of(line)) == 1


@pytest.mark.parametrize(
    "changes", [{"kind": "gossip"}, {"by": "name"}, {"value": ""}, {"by": "email", "value": "nobody"}, {"form": "1"}]
)
def test_what_cannot_be_meant_is_said_in_the_form(stranger, line, changes):
    answer = stranger.post(HERE, form(**changes))
    assert answer.status_code == 422
    assert not requests_of(line)


def test_too_many_from_one_address_are_refused_and_others_are_not(stranger, line, settings):
    settings.STRANGERS_PER_MINUTE = 1
    # The two tries may fall into different minutes, so the hour counts as well.
    settings.STRANGERS_PER_HOUR = 1
    assert stranger.post(HERE, form()).status_code == 200
    assert stranger.post(HERE, form()).status_code == 429
    assert len(requests_of(line)) == 1
    assert Browser(REMOTE_ADDR="192.0.2.7").post(HERE, form()).status_code == 200


def test_codes_of_one_number_cannot_be_tried_from_many_addresses(stranger, line, customer, settings):
    number, code = shown(stranger.post(HERE, form()).content.decode())
    settings.STRANGERS_PER_HOUR = 3
    for place in range(3):
        wrong = Browser(REMOTE_ADDR=f"192.0.2.{place}").post(STATUS, {"number": number, "code": "00000000"})
        assert wrong.status_code == 422
    assert Browser(REMOTE_ADDR="192.0.2.9").post(STATUS, {"number": number, "code": code}).status_code == 429


def test_a_wrong_code_and_an_unknown_number_are_answered_alike(stranger, line, customer):
    number, code = shown(stranger.post(HERE, form()).content.decode())
    wrong = "0000 0000" if code != "0000 0000" else "1111 1111"
    pages = [stranger.post(STATUS, {"number": n, "code": c}) for n, c in ((number, wrong), ("XXXXXXXX", code))]
    assert {page.status_code for page in pages} == {422}
    said = [re.findall(r'role="alert".*?</p>', page.content.decode(), re.S) for page in pages]
    assert said[0] == said[1]
    assert said[0]


def test_the_status_follows_the_request_and_tells_nothing_of_the_person(stranger, line, customer):
    number, code = shown(stranger.post(HERE, form()).content.decode())
    (request,) = requests_of(line)

    def told() -> str:
        page = stranger.post(STATUS, {"number": number.lower(), "code": code}).content.decode()
        assert "林秋白" not in page
        return page

    assert "making sure who asks" in told()
    with client_scope(line.client_id):
        actions.verified(request, customer, how="call_back", actor="system")
    assert "Being prepared" in told()
    with client_scope(line.client_id):
        request.refresh_from_db()
        actions.reject(request, reason=RejectionReason.EXCESSIVE, actor="system")
    ended = told()
    assert "Ended without being carried out" in ended
    assert "Repeated" not in ended
    assert "Answered by" not in ended


def test_a_request_by_letter_is_followed_by_nobody(stranger, line, customer):
    with client_scope(line.client_id):
        request = actions.receive(line, kind=Kind.ACCESS, channel=Channel.LETTER, actor="system", claimed=customer)
        code = codes.make(request, customer, codes.Way.CALL_BACK, actor="system")
    assert stranger.post(STATUS, {"number": request.code, "code": code}).status_code == 422


def test_a_form_without_its_token_is_refused(centre, line):
    assert Browser(enforce_csrf_checks=True).post(HERE, form()).status_code == 403
    assert not requests_of(line)


@pytest.mark.parametrize(
    ("asked", "said"), [({"language": "zh-hans"}, "您想请求什么"), ({"language": "en"}, "What do you ask for?")]
)
def test_the_page_speaks_the_language_of_its_address(stranger, line, asked, said):
    page = stranger.get(HERE, asked)
    assert said in page.content.decode()
    assert page["Content-Language"] == asked["language"]
    assert "default-src" in page["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/privacy/nowhere/request/", "/privacy/no.service-zh/request/status/"])
def test_there_is_no_page_of_a_line_that_does_not_exist(stranger, line, path):
    assert stranger.get(path).status_code == 404


def test_old_codes_are_forgotten_and_the_status_stays(stranger, line, customer):
    number, code = shown(stranger.post(HERE, form()).content.decode())
    with clock.frozen(clock.now() + codes.SHAPES[codes.Way.CALL_BACK].lasts * 2), client_scope(line.client_id):
        codes.forget_old()
        assert not RequestProof.objects.exists()
    assert stranger.post(STATUS, {"number": number, "code": code}).status_code == 200
