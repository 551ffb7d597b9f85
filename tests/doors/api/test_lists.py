"""Call records sent as lists, pieces of calls sent apart, and the progress of what is worked on in the background."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from callwarden.custody.models import Call, IntakeItem
from callwarden.custody.scope import client_scope
from tests.doors.api.conftest import assert_says_nothing_of, open_line, program_for, record_of
from tests.work import do_all

MAPPING = """
version: 1
columns:
  call_id: id
  line: {constant: service-zh}
  direction: {column: way, values: {in: inbound}}
  started_at: start
  answered_at: start
  ended_at: end
  caller: from
  recordings: file
notice: {version: {constant: "2026-1"}, language: {constant: zh-CN}, at: start}
consents:
  - {purposes: [recording], answer: {column: ok, values: {"1": given, "2": refused}}}
recordings: {layout: "stereo:caller,agent"}
"""
HEAD = "id,way,start,end,from,file,ok\n"


@pytest.fixture
def mapped(line):
    line.cdr_mapping = MAPPING
    line.save()
    return line


def row_for(call, *, ok: str = "1", name: str | None = None) -> str:
    row = call.cdr
    start, end = row.answered_at.isoformat(), row.ended_at.isoformat()
    return f"{row.call_id},in,{start},{end},{row.caller},{name or call.name},{ok}\n"


def test_a_list_recordings_and_words_that_come_apart_become_one_call(program, generated, mapped, logged):
    name = f"{generated.cdr.caller}_20261102.wav"
    listed = program.send("POST", "/cdr", (HEAD + row_for(generated, name=name)).encode(), kind="text/csv")
    sound = program.post("/recordings", {"audio": SimpleUploadedFile(name, generated.audio)})
    words = program.post("/words", {"words": SimpleUploadedFile(f"{name[:-4]}.words.json", generated.words_json)})
    assert [answer.status_code for answer in (listed, sound, words)] == [202, 202, 202]
    do_all()
    batch = program.get(f"/intake/batches/{listed.json()['batch']}").json()
    assert batch["calls"] == {"redacted": 1}
    assert (batch["settled"], batch["pending"], batch["problems"]) == (True, 0, [])
    assert program.get(f"/calls/{generated.cdr.call_id}").json()["state"] == "redacted"
    for answer in (listed, sound, words):
        assert_says_nothing_of([generated.cdr.caller, name], answer, logged)


def test_pieces_find_their_call_by_its_number_whatever_their_names(program, generated, line):
    record = record_of(generated)
    assert program.send("POST", "/cdr", {"rows": [record]}).json() == {"taken": 1, "duplicates": 0, "problems": []}
    call_id = generated.cdr.call_id
    program.post("/recordings", {"audio": SimpleUploadedFile("x.wav", generated.audio), "call_id": call_id})
    assert program.get(f"/calls/{call_id}").json()["state"] == "received"
    program.post("/words", {"words": SimpleUploadedFile("y.json", generated.words_json), "call_id": call_id})
    do_all()
    assert program.get(f"/calls/{call_id}").json()["state"] == "redacted"


def test_a_progress_tells_what_is_missing_and_what_was_wrong(program, generated, mapped):
    rows = row_for(generated) + row_for(generated).replace(generated.cdr.call_id, "C-2").replace(",in,", ",sideways,")
    listed = program.send("POST", "/cdr", (HEAD + rows).encode(), kind="text/csv")
    do_all()
    batch = program.get(f"/intake/batches/{listed.json()['batch']}").json()
    assert batch["missing_recordings"] == 1
    assert [(p["line"], p["field"], p["code"]) for p in batch["problems"]] == [(3, "direction", "unknown_value")]
    program.post("/recordings", {"audio": SimpleUploadedFile(generated.name, generated.audio)})
    again = program.get(f"/intake/batches/{listed.json()['batch']}").json()
    assert (again["missing_recordings"], again["pending"], again["settled"]) == (0, 1, False)


def test_a_quarantined_call_is_counted_with_its_reason(program, generated, mapped):
    listed = program.send("POST", "/cdr", (HEAD + row_for(generated, ok="2")).encode(), kind="text/csv")
    program.post("/recordings", {"audio": SimpleUploadedFile(generated.name, generated.audio)})
    program.post("/words", {"words": SimpleUploadedFile(f"{generated.name[:-4]}.json", generated.words_json)})
    do_all()
    batch = program.get(f"/intake/batches/{listed.json()['batch']}").json()
    assert (batch["calls"], batch["quarantined"]) == ({"quarantined": 1}, {"consent_refused": 1})


def test_the_same_list_sent_again_points_to_the_batch_it_came_with(program, generated, mapped):
    body = (HEAD + row_for(generated)).encode()
    first, second = (program.send("POST", "/cdr", body, kind="text/csv").json() for _ in range(2))
    assert second["items"][0]["duplicate"]
    assert second["batch"] == first["batch"]
    assert IntakeItem.objects.count() == 1


def test_a_bad_row_costs_that_row_and_no_other(program, generated, logged):
    good = record_of(generated)
    bad = record_of(generated, call_id="C-2", caller="ring 13900001111 after six")
    worse = {"13900001111": "x"}
    answer = program.send("POST", "/cdr", {"rows": [bad, good, worse]})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["taken"], told["duplicates"]) == (1, 0)
    assert {(problem["row"], problem["code"]) for problem in told["problems"]} >= {(0, "bad_number"), (2, "missing")}
    assert_says_nothing_of(["13900001111", "after six"], answer, logged)


def test_rows_of_which_none_is_usable_are_refused(program):
    answer = program.send("POST", "/cdr", {"rows": [{}, {}]})
    assert (answer.status_code, answer.json()["code"]) == (422, "fields_refused")
    assert not IntakeItem.objects.exists()


def test_a_line_without_a_mapping_says_so(program, line):
    answer = program.send("POST", "/cdr", b"id\n1\n", kind="text/csv")
    assert (answer.status_code, answer.json()["code"]) == (422, "no_mapping")


def test_a_batch_of_another_line_does_not_exist_for_a_key(program, generated, mapped, client, owner):
    listed = program.send("POST", "/cdr", (HEAD + row_for(generated)).encode(), kind="text/csv")
    stranger = program_for(client, owner, lines=[open_line(client, "outbound")])
    answer = stranger.get(f"/intake/batches/{listed.json()['batch']}")
    assert (answer.status_code, answer.json()["code"]) == (404, "batch_not_found")


def test_a_call_nobody_answered_is_no_gap(program, generated, line):
    record = record_of(generated, answered_at=None)
    program.send("POST", "/cdr", {"rows": [record]})
    do_all()
    with client_scope(line.client_id):
        assert not Call.objects.exists()
    assert program.get(f"/calls/{generated.cdr.call_id}").json() == {"state": "received", "reason": "", "call": None}
