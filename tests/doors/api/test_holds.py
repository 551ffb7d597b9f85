"""Programs hold records provisionally; nothing they do is in force without two people."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from callwarden.kernel import clock
from callwarden.lawful.holds.models import Matter
from tests.doors.api.conftest import open_line, program_for
from tests.flows.centre_of_controls import record_on


def hold(**changes) -> dict:
    given = {
        "label": "C-17",
        "ground": "litigation",
        "scope": "query",
        "line": "service-zh",
        "review_on": (clock.now() + timedelta(days=60)).date().isoformat(),
        "reason": "A dispute about one call.",
    }
    return {**given, **changes}


def test_a_program_holds_at_once_and_only_provisionally(program, line):
    record_on(line)
    answer = program.send("POST", "/holds", hold())
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["state"], told["held"], told["deferred"]) == ("provisional", 1, 0)
    matter = Matter.objects.get()
    assert (matter.owner, matter.opened_by) == (program.key.owner, program.key.actor)
    assert program.get(f"/holds/{matter.pk}").json() == told


def test_the_same_request_sent_twice_is_one_matter(program, line):
    record_on(line)
    key = str(uuid4())
    first = program.send("POST", "/holds", hold(), key=key)
    again = program.send("POST", "/holds", hold(), key=key)
    assert again.json() == first.json()
    assert Matter.objects.count() == 1


@pytest.mark.parametrize(
    ("status", "code", "changes"),
    [
        (422, "label_not_structural", {"label": "Mr. Smith"}),
        (422, "review_out_of_range", {"review_on": "2020-01-01"}),
        (404, "line_not_found", {"line": "nowhere"}),
        (404, "no_such_target", {"scope": "call", "line": None, "target": str(uuid4())}),
        (422, "unknown_category", {"categories": ["gossip"]}),
    ],
)
def test_what_makes_no_sense_is_refused_and_holds_nothing(program, line, status, code, changes):
    answer = program.send("POST", "/holds", hold(**changes))
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert not Matter.objects.exists()


def test_a_key_of_one_line_holds_nothing_of_another(client, owner, line):
    other = open_line(client, "other")
    record = record_on(other)
    narrow = program_for(client, owner, lines=[line])
    assert narrow.send("POST", "/holds", hold(line="other")).status_code == 404
    record_on(line)
    assert narrow.send("POST", "/holds", hold(line=None)).json()["held"] == 1
    assert record.line_id == other.pk
