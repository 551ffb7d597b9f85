"""A request that is sent again has its effect once, whatever happens in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.db import connections

from callwarden.custody.intake import spool_folder
from callwarden.custody.models import IntakeItem
from callwarden.doors.api import idempotency
from callwarden.doors.api.idempotency import digest_of, forget_expired
from callwarden.doors.api.models import AnsweredRequest
from callwarden.kernel import clock
from callwarden.lawful.consent.models import ConsentEvent
from tests.centre import database_url
from tests.doors.api.conftest import parts_of

YES = {"call_id": "C-1", "purpose": "quality", "state": "given", "method": "web", "at": "2026-11-02T09:30:00+08:00"}


def events(line) -> int:
    from callwarden.custody.scope import client_scope

    with client_scope(line.client_id):
        return ConsentEvent.objects.count()


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(program, generated):
    first = program.post("/calls", parts_of(generated), key="k-1")
    again = program.post("/calls", parts_of(generated), key="k-1")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert IntakeItem.objects.count() == 3


def test_the_same_key_with_another_body_is_refused(program, line):
    assert program.send("POST", "/consents", YES, key="k-1").status_code == 201
    other = program.send("POST", "/consents", YES | {"state": "refused"}, key="k-1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert events(line) == 1


def test_the_same_key_at_another_address_is_another_request(program):
    program.send("POST", "/consents", YES, key="k-1")
    answer = program.send("PUT", "/customers/C1", {"name": "Ann"}, key="k-1")
    assert answer.json()["code"] == "idempotency_key_reused"


def test_two_programs_may_use_the_same_key(program, client, owner, line):
    from tests.doors.api.conftest import program_for

    program.send("POST", "/consents", YES, key="k-1")
    other = program_for(client, owner).send("POST", "/consents", YES | {"call_id": "C-2"}, key="k-1")
    assert other.status_code == 201
    assert events(line) == 2


@pytest.mark.parametrize("key", ["", " ", "with blank", "ключ", "k" * 201])
def test_a_change_without_a_usable_key_is_refused(program, key):
    headers = {"Authorization": f"Bearer {program.written}", "Idempotency-Key": key}
    answer = program.browser.post("/api/v1/consents", YES, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_a_refused_request_leaves_its_key_free(program, line):
    assert program.send("POST", "/consents", YES | {"purpose": "unheard-of"}, key="k-1").status_code == 422
    assert program.send("POST", "/consents", YES, key="k-1").status_code == 201


def test_an_act_that_fails_halfway_keeps_neither_rows_nor_files(program, generated, monkeypatch):
    def broken(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("callwarden.doors.api.calls.take_in_row", broken)
    answer = program.post("/calls", parts_of(generated), key="k-1")
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "spool_full", "30")
    assert not IntakeItem.objects.exists()
    assert not [path for path in spool_folder().iterdir() if path.suffix in {".cws", ".part"}]
    monkeypatch.undo()
    assert program.post("/calls", parts_of(generated), key="k-1").status_code == 202


def test_many_at_once_with_one_key_have_one_effect(program, line):
    answers = []

    def send() -> None:
        try:
            answers.append(program.send("POST", "/consents", YES, key="k-1"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer for answer in answers) == 7
    assert events(line) == 1


KILLED = """
import os, signal, sys
import django
django.setup()
from callwarden.doors.api import idempotency
from callwarden.doors.api.models import AnsweredRequest
from django.test import Client
real = AnsweredRequest.objects.filter
def killed(*a, **k):
    if "pk" in k:
        os.kill(os.getpid(), signal.SIGKILL)  # the effect is written, the commit has not come
    return real(*a, **k)
type(AnsweredRequest.objects).filter = lambda self, *a, **k: killed(*a, **k) if self.model is AnsweredRequest \\
    else self.get_queryset().filter(*a, **k)
Client().post("/api/v1/consents", sys.argv[2], content_type="application/json",
              headers={"Authorization": "Bearer " + sys.argv[1], "Idempotency-Key": "k-1"})
print("survived")
"""


def test_killed_before_the_commit_nothing_happened_and_the_request_can_be_sent_again(program, line, settings):
    import json

    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "callwarden.site.settings",
        "CALLWARDEN_DATABASE_URL": database_url(),
        "CALLWARDEN_DATA_DIR": str(settings.DATA_DIR),
        "CALLWARDEN_HOSTS": "testserver",
    }
    command = [sys.executable, "-c", KILLED, program.written, json.dumps(YES)]
    ended = subprocess.run(command, env=environment, capture_output=True, timeout=60)
    assert ended.returncode == -signal.SIGKILL, ended.stderr[-2000:]
    assert events(line) == 0
    assert not AnsweredRequest.objects.exists()
    again = program.send("POST", "/consents", YES, key="k-1")
    assert again.status_code == 201
    assert "Idempotency-Replayed" not in again
    assert events(line) == 1


def test_after_a_day_the_key_is_forgotten(program, line):
    program.send("POST", "/consents", YES, key="k-1")
    with clock.frozen(clock.now() + idempotency.KEPT_FOR + timedelta(seconds=1)):
        other = program.send("POST", "/consents", YES | {"call_id": "C-2"}, key="k-1")
        assert other.status_code == 201
        assert forget_expired() == 0
    assert events(line) == 2


def test_what_is_remembered_holds_nothing_that_was_sent(program):
    program.send("PUT", "/customers/C-77001", {"name": "Zhang Wei", "phones": ["13900001111"]}, key="secret-key")
    (row,) = AnsweredRequest.objects.values()
    kept = repr(row)
    assert not [value for value in ("Zhang", "13900001111", "77001", "secret-key") if value in kept]
    assert row["answer"] == {"created": True, "orders": 0}


def test_no_two_lists_of_parts_have_the_same_digest():
    assert len({digest_of(parts) for parts in ([b"ab", b"c"], [b"a", b"bc"], [b"abc"], [b"abc", b""], [])}) == 5
