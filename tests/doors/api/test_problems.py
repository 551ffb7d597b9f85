"""Whatever arrives, the answer is a document that says what to do; never a page, a trace, or a piece of the request."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError
from django.utils.translation import trans_real
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callwarden.custody.keeper.client import KeeperUnavailable
from callwarden.custody.models import IntakeItem
from tests.doors.api.conftest import assert_says_nothing_of, parts_of
from tests.doors.api.test_consents import told

GUARD = "Zhang13900001111"
ADDRESSES = [
    ("POST", "/calls", "multipart/form-data; boundary=x"),
    ("POST", "/recordings", "multipart/form-data; boundary=x"),
    ("POST", "/words", "multipart/form-data; boundary=x"),
    ("POST", "/cdr", "text/csv"),
    ("POST", "/cdr", "application/json"),
    ("POST", "/consents", "application/json"),
    ("PUT", "/customers/C1", "application/json"),
    ("POST", "/customers", "text/csv"),
    ("POST", "/customers", "multipart/form-data; boundary=x"),
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(GUARD),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12) | st.just(GUARD), inner, max_size=4)
    ),
    max_leaves=12,
)
near_misses = st.fixed_dictionaries(
    {},
    optional={
        name: json_values
        for name in ("call_id", "line", "purpose", "state", "method", "at", "key", "name", "phones", "orders", "rows")
    },
)
bodies = st.one_of(
    st.binary(max_size=300),
    json_values.map(lambda value: json.dumps(value).encode()),
    near_misses.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [
            b"",
            b"{",
            b"[" * 5000,
            b'{"a":' * 5000,
            b'{"at":' + b"9" * 5000 + b"}",
            b'"\\ud800"',
            b'{"call_id":"\\u0000"}',
        ]
    ),
    st.binary(max_size=200).map(
        lambda raw: b'--x\r\nContent-Disposition: form-data; name="audio"; filename="' + raw + b'"\r\n\r\n' + raw
    ),
    st.text(max_size=50).map(
        lambda text: (
            b'--x\r\nContent-Disposition: form-data; name="cdr"\r\n\r\n'
            + text.encode("utf-8", "replace")
            + b"\r\n--x--"
        )
    ),
)


def is_a_problem(answer) -> bool:
    document = answer.json()
    return (
        answer["Content-Type"] == "application/problem+json"
        and document["status"] == answer.status_code
        and bool(document["code"])
        and bool(document["message"])
    )


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(where=st.sampled_from(ADDRESSES), body=bodies)
def test_a_flood_of_bad_input_is_refused_piece_by_piece(program, logged, where, body):
    method, path, kind = where
    answer = program.send(method, path, body, kind=kind)
    assert answer.status_code < 500, answer.content
    assert answer.status_code < 300 or is_a_problem(answer)
    assert_says_nothing_of([GUARD], answer, logged)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    path=st.text(max_size=30),
    query=st.text(max_size=30),
    header=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60),
)
def test_any_address_query_and_header_gets_a_document(program, path, query, header):
    from urllib.parse import quote

    for where in (f"/calls/{quote(path, safe='')}", f"/customers/{quote(path, safe='')}", f"/{quote(path)}"):
        answer = program.browser.get(
            f"/api/v1{where}?purpose={quote(query)}&line={quote(query)}",
            headers={"Authorization": f"Bearer {program.written}", "Accept-Language": header.strip() or "en"},
        )
        assert answer.status_code < 500, answer.content
        assert answer.status_code == 200 or is_a_problem(answer)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "address_not_found"),
        ("GET", "/", 404, "address_not_found"),
        ("GET", "/docs", 404, "address_not_found"),
        ("DELETE", "/customers/C1", 405, "method_not_allowed"),
        ("GET", "/consents", 405, "method_not_allowed"),
        ("GET", "/intake/batches/not-an-id", 422, "fields_refused"),
    ],
)
def test_even_what_no_view_answers_is_a_document(program, method, path, status, code):
    answer = program.send(method, path, b"")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert is_a_problem(answer)


def test_a_wrong_kind_of_content_is_refused_with_the_right_ones(program):
    answer = program.send("POST", "/consents", b"<xml/>", kind="application/xml")
    assert (answer.status_code, answer.json()["data"]) == (415, {"takes": "application/json"})


def test_an_announced_length_beyond_the_limit_is_refused_unread(program, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = program.send("POST", "/consents", b"{" + b" " * 200 + b"}")
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


def test_messages_come_in_the_language_that_was_asked_for(program, monkeypatch):
    message = "There is nothing at this address."
    monkeypatch.setitem(trans_real.translation("zh-hans")._catalog._catalogs[0], message, "这个地址没有内容。")
    assert program.get("/nowhere").json()["message"] == message
    for language in ("zh-CN", "zh-Hans-CN,zh;q=0.9,en;q=0.8", "zh"):
        program.language = language
        answer = program.get("/nowhere")
        assert answer.json()["message"] == "这个地址没有内容。"
        assert answer["Content-Language"] == "zh-hans"
    program.language = "tlh"
    assert program.get("/nowhere").json()["message"] == message


def failing(error):
    def fail(*_arguments, **_named):
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OperationalError(f"could not connect, row was {GUARD}"), 503, "try_again"),
        (OSError(28, f"No space left on device: {GUARD}"), 503, "spool_full"),
        (KeeperUnavailable("keeper_unavailable", "Try again."), 503, "keeper_unavailable"),
        (ZeroDivisionError(GUARD), 500, "unexpected"),
        (RecursionError(GUARD), 500, "unexpected"),
    ],
)
def test_faults_of_ours_say_nothing_of_the_request(program, generated, monkeypatch, logged, error, status, code):
    monkeypatch.setattr("callwarden.doors.api.consents.take_in_consent", failing(error))
    at = generated.cdr.started_at.isoformat()
    answer = program.send("POST", "/consents", told(generated, "quality", "given", at) | {"call_id": GUARD})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("Retry-After" in answer) is (status == 503)
    assert is_a_problem(answer)
    assert_says_nothing_of([GUARD], answer, logged)


def test_while_the_keeper_is_away_calls_are_still_taken_in(program, generated, keeper):
    keeper.stop()
    try:
        answer = program.post("/calls", parts_of(generated))
        assert answer.status_code == 202, answer.content
        looked_up = program.get("/customers/C-1", purpose="service")
        assert (looked_up.status_code, looked_up.json()["code"]) == (503, "keeper_unavailable")
    finally:
        keeper.start()
    assert IntakeItem.objects.count() == 3
