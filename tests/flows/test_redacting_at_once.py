"""Redacting right after admission, while the sound is in memory: the result is the same, and no rule is skipped."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from django.db import transaction

from callwarden.control.access.actions import activate
from callwarden.custody.models import Call, LedgerPending, Record
from callwarden.custody.scope import client_scope
from callwarden.engines.policy import Matrix
from callwarden.flows import jobs, matching, redact_call, take_in
from callwarden.flows.arrivals import take_in_row
from callwarden.flows.disclose import AccessRefused
from callwarden.flows.receive import Sender, names_of, receive_as
from samples.generate import GeneratedCall, generate_call
from tests.doors.api.conftest import line as ready_line
from tests.work import do_all, waiting

line = ready_line


def arrive(line, call: GeneratedCall):
    sender = Sender(line, "test")
    words = f"{call.name.rpartition('.')[0]}.words.json"
    for kind, name, raw in (("audio", call.name, call.audio), ("words", words, call.words_json)):
        receive_as(io.BytesIO(raw), kind=kind, name=name, matches=names_of(name, kind), sender=sender)
    notice = call.cdr.notice._replace(version="2026-1")
    return take_in_row(replace(call.cdr, notice=notice), sender).item


def admitted(line, number: int) -> take_in.Outcome:
    item = arrive(line, generate_call(31, number, minutes=0.3, line="service-zh"))
    (arrived,) = matching.complete_calls(line, only=item.id)
    return take_in.admit(arrived)


def test_the_result_is_the_same_with_and_without_what_was_in_memory(line, monkeypatch):
    results = []
    real = redact_call._publish
    monkeypatch.setattr(redact_call, "_publish", lambda originals, result: results.append((originals, result)))
    outcome = admitted(line, 0)
    redact_call.redact_call(outcome.call, line.client_id, fresh=outcome.fresh)
    redact_call.redact_call(outcome.call, line.client_id)
    (first, at_once), (second, later) = results
    assert at_once.redaction.transcript.to_json() == later.redaction.transcript.to_json()
    assert at_once.redaction.spans == later.redaction.spans
    assert redact_call.spans_document(at_once) == redact_call.spans_document(later)
    for (leg, mine, plans), (other_leg, theirs, other_plans) in zip(at_once.legs, later.legs, strict=True):
        assert (leg.id, plans) == (other_leg.id, other_plans)
        assert np.array_equal(mine.samples, theirs.samples)
    assert first.known == second.known
    real(*results[0])
    with client_scope(line.client_id):
        assert Call.objects.get().redaction == Call.Redaction.DONE


def test_it_is_decided_and_recorded_like_any_other_disclosure(line):
    outcome = admitted(line, 1)
    redact_call.redact_call(outcome.call, line.client_id, fresh=outcome.fresh)
    entries = [json.loads(bytes(body)) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    (entry,) = [entry for entry in entries if entry["event"] == "disclose:record:redact"]
    assert (entry["actor"], entry["decision"], entry["purpose"]) == ("job:redaction", "allow", "redaction")
    assert len(entry["records"]) == 4  # two legs, the transcript, the call's details


def test_what_is_in_memory_is_not_used_where_the_policy_says_no(line):
    outcome = admitted(line, 2)
    matrix = Matrix.default()
    for cell in sorted(cell for cell in matrix.cells if cell.role == "job:redaction"):
        matrix = matrix.with_cell(cell, False)
    activate(matrix, actor="system")
    with pytest.raises(AccessRefused):
        redact_call.redact_call(outcome.call, line.client_id, fresh=outcome.fresh)
    with client_scope(line.client_id):
        assert not Record.objects.filter(category="recording_redacted").exists()


def test_when_it_fails_the_job_of_its_own_takes_over(line, monkeypatch):
    item = arrive(line, generate_call(31, 3, minutes=0.3, line="service-zh"))
    real = redact_call.redact_call
    seen = []

    def fails_once(call, client, *, fresh=None):
        seen.append(fresh is not None)
        if len(seen) == 1:
            raise MemoryError
        return real(call, client, fresh=fresh)

    monkeypatch.setattr(redact_call, "redact_call", fails_once)
    jobs.admit.func(str(item.id))
    assert waiting() == ["redaction.call"]
    do_all()
    assert seen == [True, False]
    with client_scope(line.client_id):
        assert Call.objects.get().redaction == Call.Redaction.DONE


def test_a_job_that_waits_already_does_not_spoil_the_transaction_that_asks_for_it(line):
    with transaction.atomic():
        assert jobs.match_later(line.id)
        assert not jobs.match_later(line.id)
        line.name = "still written"
        line.save()
    line.refresh_from_db()
    assert line.name == "still written"
    assert waiting() == ["intake.match"]


def test_memory_is_not_told_in_a_repr(line):
    outcome = admitted(line, 4)
    assert "Fresh" not in repr(outcome)
    assert str(next(iter(outcome.fresh.documents.values()))["turns"][0]["text"]) not in repr(outcome.fresh)


def test_a_call_that_cannot_be_cleaned_says_how_much_was_left(line, monkeypatch):
    def leaving(*_args, **_more):
        raise redact_call.text.ResidualFound(digits=2, values=1)

    monkeypatch.setattr(redact_call, "_redact", leaving)
    outcome = admitted(line, 2)
    assert redact_call.redact_call(outcome.call, line.client_id, fresh=outcome.fresh) is False
    entries = [json.loads(bytes(body)) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    (entry,) = [entry for entry in entries if entry["event"] == "redaction:call:failed"]
    assert (entry["reasons"], entry["count"]) == (["residual_found"], 3)
