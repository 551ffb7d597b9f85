"""Who may speak to the REST door: live keys, within their scopes, from their networks. A session is nobody here."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.test import RequestFactory

from callwarden.custody.models import LedgerPending
from callwarden.doors.api.credentials import address_of
from callwarden.kernel import clock, sessions
from callwarden.kernel.errors import InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.protection.signin import rules
from callwarden.protection.signin.actions import create, revoke
from callwarden.protection.signin.models import ServiceKey
from tests.doors.api.conftest import Program, assert_says_nothing_of, open_line, program_for

SOMEWHERE = "/calls/C-1"


def asked_with(header: str | None) -> int:
    headers = {"Authorization": header} if header is not None else {}
    return Browser().get(f"/api/v1{SOMEWHERE}", headers=headers).status_code


def test_a_live_key_lets_in_and_leaves_the_time_of_its_use(program):
    assert program.get(SOMEWHERE).status_code == 404
    key = ServiceKey.objects.get(pk=program.key.pk)
    assert key.last_used_at is not None
    with clock.frozen(clock.now() + timedelta(seconds=30)):
        program.get(SOMEWHERE)
    assert ServiceKey.objects.get(pk=program.key.pk).last_used_at == key.last_used_at


def test_without_a_live_key_the_answer_is_always_the_same(program):
    other = rules.fresh()
    stolen_prefix = f"cw_{program.key.prefix}_{other.secret}"
    wrong = [None, "", "Bearer", "Bearer ", "Basic Og==", f"Bearer {other}", f"Bearer {stolen_prefix}", "Bearer 密钥"]
    for header in wrong:
        headers = {} if header is None else {"HTTP_AUTHORIZATION": header.encode().decode("latin-1")}
        answer = Browser().get(f"/api/v1{SOMEWHERE}", **headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        assert answer["WWW-Authenticate"] == "Bearer"


def test_a_revoked_key_counts_no_more_from_that_moment(program):
    assert revoke(program.key, actor="system")
    assert program.get(SOMEWHERE).status_code == 401
    assert not revoke(program.key, actor="system")


def test_a_key_ends_with_its_time(program):
    with clock.frozen(clock.now() + timedelta(days=90, seconds=1)):
        assert program.get(SOMEWHERE).status_code == 401


def test_a_key_ends_with_its_owner(program, owner):
    owner.is_active = False
    owner.save()
    assert program.get(SOMEWHERE).status_code == 401


def test_a_key_counts_from_its_networks_only(client, owner, line):
    inside = program_for(client, owner, networks=["127.0.0.0/8"])
    outside = program_for(client, owner, networks=["192.0.2.0/24"])
    assert inside.get(SOMEWHERE).status_code == 404
    assert outside.get(SOMEWHERE).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "kind", "scope"),
    [
        ("POST", "/calls", "multipart/form-data; boundary=x", "intake"),
        ("POST", "/recordings", "multipart/form-data; boundary=x", "intake"),
        ("POST", "/words", "multipart/form-data; boundary=x", "intake"),
        ("POST", "/cdr", "text/csv", "intake"),
        ("GET", "/intake/batches/5f9c6a3e-7f5e-4c4e-9a55-3f6b7f1f0000", "", "intake"),
        ("POST", "/consents", "application/json", "consent"),
        ("PUT", "/customers/C1", "application/json", "customers"),
        ("POST", "/customers", "text/csv", "customers"),
        ("GET", "/customers/C1", "", "customers"),
        ("GET", "/calls/C1", "", "calls"),
        ("POST", "/events/retention", "application/json", "retention"),
        ("POST", "/holds", "application/json", "retention"),
        ("GET", "/holds/5f9c6a3e-7f5e-4c4e-9a55-3f6b7f1f0000", "", "retention"),
    ],
)
def test_every_address_asks_for_its_scope(client, owner, line, method, path, kind, scope):
    others = [other for other in ServiceKey.Scope.values if other != scope]
    program = program_for(client, owner, scopes=others)
    answer = program.send(method, path, b"{}", kind=kind)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), answer.content


def test_a_console_session_opens_nothing_here(client, owner, line):
    browser = Browser()
    browser.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    sessions.open(owner, browser.session.session_key, mfa=True)
    for method, path in (("get", "/api/v1/calls/C-1"), ("post", "/api/v1/consents")):
        assert getattr(browser, method)(path).status_code == 401


def test_nobody_can_read_a_key_out_of_the_database(program, django_db_blocker):
    from django.db import connection

    secret = program.written.rpartition("_")[2]
    row = ServiceKey.objects.values().get(pk=program.key.pk)
    assert secret not in repr(row)
    assert bytes(row["secret"]) == rules.parse(program.written).digest
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM custody_ledgerpending WHERE position(%s in body) > 0", [secret.encode()])
        assert cursor.fetchone() == (0,)


def test_making_and_ending_a_key_stand_in_the_ledger(program, owner):
    revoke(program.key, actor=owner.actor, reason="leaked")
    entries = [json.loads(bytes(body)) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    found = [entry for entry in entries if entry["event"].startswith("people:service_key:")]
    assert [entry["event"].rpartition(":")[2] for entry in found] == ["created", "revoked"]
    assert all(entry["data"]["key"] == str(program.key.id) for entry in found)
    assert found[1]["reasons"] == ["leaked"]


def test_the_database_itself_refuses_a_key_without_an_end(program):
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceKey.objects.filter(pk=program.key.pk).update(expires_at=clock.now() + timedelta(days=91))
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceKey.objects.filter(pk=program.key.pk).update(scopes=["everything"])


def test_a_key_is_for_lines_of_its_own_client(client, owner, line):
    from callwarden.custody.epochs import open_client

    foreign = open_line(open_client(slug="other", name="Other", actor="system"), "sales")
    with pytest.raises(InvalidInput):
        program_for(client, owner, lines=[line, foreign])


def test_nobody_answers_for_a_key_from_a_closed_account(client, owner, line):
    owner.is_active = False
    owner.save()
    with pytest.raises(Refused):
        create(owner=owner, purpose="pbx", scopes=["intake"], client=client, actor="system")


def test_a_purpose_cannot_carry_a_telephone_number(client, owner, line):
    with pytest.raises(InvalidInput):
        create(owner=owner, purpose="for-13900001111", scopes=["intake"], client=client, actor="system")


@pytest.mark.parametrize(
    ("remote", "forwarded", "trusted", "address"),
    [
        ("203.0.113.9", "192.0.2.7", [], "203.0.113.9"),
        ("10.0.0.2", "192.0.2.7", ["10.0.0.0/8"], "192.0.2.7"),
        ("10.0.0.2", "127.0.0.1, 192.0.2.7, 10.0.0.3", ["10.0.0.0/8"], "192.0.2.7"),
        ("10.0.0.2", "", ["10.0.0.0/8"], "10.0.0.2"),
        ("203.0.113.9:5123", "", [], "203.0.113.9"),
        ("[2001:db8::1]:5123", "", [], "2001:db8::1"),
        ("2001:db8::1", "", [], "2001:db8::1"),
        ("10.0.0.2", "garbage", ["10.0.0.0/8"], "garbage"),
    ],
)
def test_what_a_proxy_says_counts_only_from_a_trusted_one(settings, remote, forwarded, trusted, address):
    settings.TRUSTED_PROXIES = trusted
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers)
    assert address_of(request) == address


def test_a_refused_key_is_neither_answered_nor_logged(program, logged):
    wrong = f"cw_{program.key.prefix}_{'A' * 43}"
    answer = Program(program.key, wrong).get(SOMEWHERE)
    assert_says_nothing_of([wrong, "A" * 43, program.written], answer, logged)


def refusals() -> list[dict[str, Any]]:
    bodies = [json.loads(bytes(body)) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    return [body for body in bodies if body["event"] == Event.ADDRESS_REFUSED]


def test_what_a_program_is_refused_is_on_record_without_what_it_asked_for(client, owner, line):
    narrow = program_for(client, owner, scopes=[ServiceKey.Scope.DECIDE])
    assert narrow.get("/calls/13800138000").status_code == 403
    (told,) = refusals()
    assert (told["actor"], told["decision"], told["reasons"]) == (narrow.key.actor, "refuse", ["scope_missing"])
    assert told["data"] == {"address": "api/v1/calls/<call_id>", "method": "GET"}
    wide = program_for(client, owner)
    assert wide.get(f"/holds/{uuid.uuid4()}").status_code == 404
    assert [one["actor"] for one in refusals()] == [narrow.key.actor, wide.key.actor]


def test_a_key_that_is_tried_is_on_record_by_its_name_and_guessed_names_are_not(program):
    _cw, prefix, secret = program.written.split("_", 2)
    guesses = [f"cw_{prefix}_{secret[::-1]}", f"cw_{prefix[::-1]}_{secret}", "nonsense", f"cw_{prefix}_"]
    for guess in guesses:
        program.written = guess
        assert program.get("/calls/x").status_code == 401
    (told,) = refusals()
    assert (told["actor"], told["reasons"]) == (program.key.actor, ["key_not_accepted"])
    assert secret[::-1] not in json.dumps(told)
