"""Calls handed in over REST go the same way as those of the watch folders, and nothing of them is ever told."""

from __future__ import annotations

import pytest

from callwarden.custody.models import Call, IntakeItem
from callwarden.custody.scope import client_scope
from tests.doors.api.conftest import assert_says_nothing_of, parts_of, record_of
from tests.work import do_all


def test_a_call_is_sealed_judged_and_redacted(program, generated, line, logged):
    answer = program.post("/calls", parts_of(generated))
    assert answer.status_code == 202, answer.content
    assert [item["kind"] for item in answer.json()["items"]] == ["audio", "words", "row"]
    assert program.get(f"/calls/{generated.cdr.call_id}").json() == {"state": "received", "reason": "", "call": None}
    do_all()
    state = program.get(f"/calls/{generated.cdr.call_id}").json()
    assert state["state"] == "redacted", state
    with client_scope(line.client_id):
        assert Call.objects.get(pk=state["call"]).line == line
    personal = [plant["value"] for plant in generated.planted] + [generated.cdr.caller]
    assert_says_nothing_of(personal, answer, logged)
