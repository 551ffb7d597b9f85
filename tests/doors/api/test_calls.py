"""Calls handed in over REST go the same way as those of the watch folders, and nothing of them is ever told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from callwarden.custody.models import Call, IntakeItem
from callwarden.custody.scope import client_scope
from callwarden.flows.formats import ConsentEvent
from samples.generate import GeneratedCall, generate_call
from tests.doors.api.conftest import assert_says_nothing_of, open_line, parts_of, program_for
from tests.work import do_all


def personal_values(call: GeneratedCall) -> list[str]:
    return [plant["value"] for plant in call.planted] + [call.cdr.caller]


def calls_on(line) -> list[Call]:
    with client_scope(line.client_id):
        return list(Call.objects.filter(line=line))


def test_a_call_is_sealed_judged_and_redacted(program, generated, line, logged):
    answer = program.post("/calls", parts_of(generated))
    assert answer.status_code == 202, answer.content
    assert [item["kind"] for item in answer.json()["items"]] == ["audio", "words", "row"]
    assert program.get(f"/calls/{generated.cdr.call_id}").json() == {"state": "received", "reason": "", "call": None}
    do_all()
    state = program.get(f"/calls/{generated.cdr.call_id}").json()
    assert state["state"] == "redacted", state
    assert [str(call.id) for call in calls_on(line)] == [state["call"]]
    assert_says_nothing_of(personal_values(generated), answer, logged)


def test_the_same_call_sent_twice_is_one_call(program, generated, line):
    program.post("/calls", parts_of(generated))
    do_all()
    second = program.post("/calls", parts_of(generated))
    do_all()
    assert all(item["duplicate"] for item in second.json()["items"])
    assert len(calls_on(line)) == 1


def test_calls_whose_files_have_the_same_name_do_not_mix(program, line):
    first, second = (generate_call(11, n, minutes=0.2, line="service-zh") for n in (0, 1))
    for call in (first, second):
        parts = parts_of(call) | {"audio": SimpleUploadedFile("audio.wav", call.audio)}
        assert program.post("/calls", parts).status_code == 202
    do_all()
    assert sorted(call.duration_ms for call in calls_on(line)) == sorted([first.duration_ms, second.duration_ms])
    assert all(call.redaction == Call.Redaction.DONE for call in calls_on(line))


def test_a_refusing_caller_keeps_the_call_in_quarantine(program, generated, line):
    at = generated.cdr.consents[0].at
    refused = replace(generated.cdr, consents=(ConsentEvent("recording", "refused", "keypress", "2", at),))
    program.post("/calls", parts_of(replace(generated, cdr=refused)))
    do_all()
    state = program.get(f"/calls/{generated.cdr.call_id}").json()
    assert (state["state"], state["reason"]) == ("quarantined", "consent_refused")
    assert not calls_on(line)


def test_a_recording_cut_short_is_set_aside_with_its_reason(program, generated):
    parts = parts_of(generated) | {"audio": SimpleUploadedFile("a.wav", generated.audio[: len(generated.audio) // 2])}
    assert program.post("/calls", parts).status_code == 202
    do_all()
    state = program.get(f"/calls/{generated.cdr.call_id}").json()
    assert state["state"] == "set_aside"
    assert state["reason"].startswith("audio_")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"audio": SimpleUploadedFile("a.wav", b"not a recording at all" * 50)}, 415, "unsupported_audio"),
        ({"words": SimpleUploadedFile("w.json", b'{"nothing": "known"}')}, 422, "fields_refused"),
        ({"cdr": '{"call_id": "C-1"'}, 422, "fields_refused"),
        ({"cdr": "[" * 100_000}, 422, "fields_refused"),
        ({"elsewhere": "1"}, 422, "unknown_part"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_kept(program, generated, changed, status, code):
    answer = program.post("/calls", parts_of(generated) | changed)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert not IntakeItem.objects.exists()


def test_a_wrong_field_is_named_and_its_value_is_not_repeated(program, generated, logged):
    answer = program.post("/calls", parts_of(generated, caller="call me on +86 130 0000 0000", secret_13900001111="x"))
    assert [error["at"] for error in answer.json()["errors"]] == ["cdr.?"]
    assert_says_nothing_of(["13900001111", "130 0000 0000"], answer, logged)
    answer = program.post("/calls", parts_of(generated, caller="call me on +86 130 0000 0000"))
    assert [(error["at"], error["code"]) for error in answer.json()["errors"]] == [("cdr.caller", "bad_number")]
    assert_says_nothing_of(["130 0000 0000"], answer, logged)


def test_a_key_for_one_line_neither_hands_in_nor_asks_for_another(program, generated, line, client, owner):
    other = open_line(client, "outbound")
    stranger = program_for(client, owner, lines=[other])
    program.post("/calls", parts_of(generated))
    do_all()
    call_id = generated.cdr.call_id
    assert stranger.get(f"/calls/{call_id}").status_code == 404
    assert stranger.get(f"/calls/{call_id}", line=line.slug).json()["code"] == "line_not_found"
    assert stranger.post("/calls", parts_of(generated)).json()["code"] == "line_not_found"


def test_a_key_for_several_lines_has_to_name_one(program, generated, client):
    open_line(client, "outbound")
    assert program.get(f"/calls/{generated.cdr.call_id}").json()["code"] == "line_needed"
    assert program.post("/calls", parts_of(generated, line=None)).json()["code"] == "line_needed"
    assert program.post("/calls", parts_of(generated, line=None), line="service-zh").status_code == 202


def test_a_call_of_which_nothing_arrived_is_not_found(program):
    assert program.get("/calls/C-404").json()["code"] == "call_not_found"


def test_legs_on_recordings_of_their_own_are_taken_in_order(program, line):
    """Two mono files, as a switch with a recorder on each side makes them."""
    import io

    import numpy as np
    import soundfile

    call = generate_call(12, 0, minutes=0.2, line="service-zh")
    samples, rate = soundfile.read(io.BytesIO(call.audio), dtype="int16")
    files = []
    for channel in (0, 1):
        out = io.BytesIO()
        soundfile.write(out, np.ascontiguousarray(samples[:, channel]), rate, format="FLAC")
        files.append(SimpleUploadedFile(f"leg{channel}.flac", out.getvalue()))
    parts = parts_of(call, layouts=["mono:caller", "mono:agent"]) | {"audio": files}
    assert program.post("/calls", parts).status_code == 202
    do_all()
    (taken,) = calls_on(line)
    with client_scope(line.client_id):
        assert [leg.party for leg in taken.legs.order_by("channel")] == ["caller", "agent"]
