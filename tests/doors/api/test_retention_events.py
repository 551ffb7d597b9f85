"""What the customer system tells starts the periods: in any order, any number of times, never of strangers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callwarden.custody.scope import client_scope
from callwarden.kernel import clock
from callwarden.lawful.retention.models import RetentionEvent
from tests.doors.api.conftest import program_for
from tests.work import do_all

ADDRESS = "/events/retention"


@pytest.fixture
def customer(program, line):
    answer = program.send("PUT", "/customers/C-77", {"name": "Zhang San"})
    assert answer.status_code == 201, answer.content


def event(**changes) -> dict:
    at = (clock.now() - timedelta(days=1)).isoformat()
    return {"customer_no": "C-77", "event": "contract_end", "at": at, **changes}


def events(client) -> int:
    with client_scope(client.id):
        return RetentionEvent.objects.count()


def test_an_event_is_taken_once_however_often_it_is_told(program, client, customer):
    told = event()
    assert program.send("POST", ADDRESS, {"rows": [told, told]}).json() == {
        "taken": 1, "duplicates": 1, "problems": [],
    }  # fmt: skip
    assert program.send("POST", ADDRESS, {"rows": [told]}).json()["duplicates"] == 1
    assert events(client) == 1


def test_a_row_about_a_stranger_is_refused_and_the_others_are_taken(program, client, customer):
    answer = program.send("POST", ADDRESS, {"rows": [event(customer_no="nobody"), event()]}).json()
    assert (answer["taken"], [one["code"] for one in answer["problems"]]) == (1, ["customer_not_found"])
    assert answer["problems"][0]["row"] == 0
    assert events(client) == 1


def test_a_table_is_read_row_by_row(program, client, customer):
    at = (clock.now() - timedelta(days=3)).isoformat()
    table = f"customer_no,event,at\nC-77,account_closed,{at}\nC-77,full_moon,{at}\nC-77,contract_end,yesterday\n,x,\n"
    answer = program.send("POST", ADDRESS, table.encode(), kind="text/csv").json()
    assert answer["taken"] == 1
    assert [(one["row"], one["code"]) for one in answer["problems"]] == [
        (1, "unknown_trigger"), (2, "bad_time"), (3, "cell_empty_or_long"),
    ]  # fmt: skip


@pytest.mark.parametrize(("table", "code"), [(b"\xff\xfe", "not_a_table"), (b"a,b\n1,2\n", "columns_missing")])
def test_what_is_no_such_table_is_refused_as_a_whole(program, client, customer, table, code):
    answer = program.send("POST", ADDRESS, table, kind="text/csv")
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert events(client) == 0


def test_a_key_of_one_line_tells_nothing_of_customers(client, owner, line, customer):
    answer = program_for(client, owner, lines=[line]).send("POST", ADDRESS, {"rows": [event()]})
    assert (answer.status_code, answer.json()["code"]) == (403, "whole_client_needed")


def test_the_clock_carries_the_dates_on(program, client, customer):
    from callwarden.flows import jobs
    from callwarden.lawful.retention.models import RetentionRun

    program.send("POST", ADDRESS, {"rows": [event()]})
    jobs.tend_retention_later.func(timestamp=0)
    do_all()
    assert RetentionRun.objects.get().finished_at
