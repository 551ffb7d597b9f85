"""Whoever asked for no calls since the copy is called by nobody in the restored store either."""

from __future__ import annotations

import json
from typing import Any

from callwarden.custody.models import LedgerPending, Line
from callwarden.custody.scope import client_scope
from callwarden.engines.ledger import MAX_ENTRY
from callwarden.flows.dialling import may_call_again, stop_calling
from callwarden.flows.replay import replay
from callwarden.kernel.events import Event
from callwarden.lawful.dialling.models import DoNotCall
from callwarden.lawful.dialling.queries import listed, tokens
from tests.centre import _keeper, client, keeper, keeper_folder, line
from tests.copies import Copied, tables

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line", "tables"]  # fixtures
FIRST, SECOND, THIRD = "+8615412340001", "+8615412340002", "+8615412340003"


def stop(line: Line, *numbers: str) -> int:
    return stop_calling(line.client_id, numbers, source=DoNotCall.Source.API, actor="system")[0]


def again(line: Line, *numbers: str) -> int:
    return may_call_again(line.client_id, numbers, actor="system", reason="asked on 2 March")


def on_list(line: Line, *numbers: str) -> list[bool]:
    with client_scope(line.client_id):
        made = tokens(line.client_id, numbers)
        found = listed(made)
    return [token in found for token in made]


def told(line: Line, event: Event) -> list[dict[str, Any]]:
    bodies = [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("id")]
    return [body for body in bodies if body["event"] == event and body["client"] == str(line.client_id)]


def test_numbers_put_on_the_list_since_are_on_it_again_and_twice_is_once(tables: Any, line: Line) -> None:
    stop(line, FIRST)
    copy = Copied(tables)
    stop(line, SECOND, THIRD)
    lost = copy.lay_down()
    assert on_list(line, FIRST, SECOND, THIRD) == [True, False, False], "the copy knows nothing of them"
    for _time in range(2):
        assert not replay(lost).unplaced
        assert on_list(line, FIRST, SECOND, THIRD) == [True, True, True]
    with client_scope(line.client_id):
        row = DoNotCall.objects.get(token=tokens(line.client_id, [SECOND])[0])
        assert (DoNotCall.objects.count(), row.source, row.added_by) == (3, "api", "system")
    assert row.added_at.isoformat(timespec="milliseconds") == lost[0]["at"], "since when is kept"


def test_a_replayed_list_can_be_replayed_from_its_own_log(tables: Any, line: Line) -> None:
    """The restored store is lost as well before it is copied."""
    copy = Copied(tables)
    stop(line, FIRST)
    lost = copy.lay_down()
    replay(lost)
    lost += copy.lay_down()
    assert not on_list(line, FIRST)[0]
    replay(lost)
    assert on_list(line, FIRST)[0]


def test_the_last_word_on_a_number_holds_in_whatever_order_the_chains_are_read(tables: Any, line: Line) -> None:
    stop(line, FIRST, SECOND)
    copy = Copied(tables)
    again(line, FIRST, SECOND)
    stop(line, SECOND, THIRD)
    again(line, THIRD)
    lost = copy.lay_down()
    assert not replay(lost[::-1]).unplaced
    assert on_list(line, FIRST, SECOND, THIRD) == [False, True, False]


def test_what_the_copy_knows_is_not_done_again(line: Line) -> None:
    """Its rows say what followed, also where the journal does not."""
    stop(line, FIRST)
    again(line, FIRST)
    (added,) = told(line, Event.DO_NOT_CALL_ADDED)
    assert not replay([added]).unplaced
    assert on_list(line, FIRST) == [False]


def test_an_entry_of_old_that_names_no_number_is_told_as_not_placed(line: Line) -> None:
    entry = {"event": str(Event.DO_NOT_CALL_ADDED), "at": "2031-02-14T08:30:00.000+00:00", "count": 7}
    assert replay([entry | {"client": str(line.client_id)}]).unplaced == {Event.DO_NOT_CALL_ADDED: 1}


def test_the_list_of_a_closed_client_stays_empty(line: Line) -> None:
    stop(line, FIRST)
    (added,) = told(line, Event.DO_NOT_CALL_ADDED)
    LedgerPending.objects.all().delete()
    with client_scope(line.client_id):
        DoNotCall.objects.all().delete()
    closed = {"event": str(Event.CLIENT_CLOSED), "at": added["at"], "client": added["client"]}
    assert not replay([added, closed]).unplaced
    with client_scope(line.client_id):
        assert not DoNotCall.objects.exists()


def test_a_long_list_is_many_entries_that_fit_and_tell_no_number(line: Line) -> None:
    many = [f"+86154{number:08d}" for number in range(1_050)]
    assert stop(line, *many) == 1_050
    entries = told(line, Event.DO_NOT_CALL_ADDED)
    named = [token for entry in entries for token in entry["data"]["tokens"]]
    assert (len(named), len(set(named)), sum(entry["count"] for entry in entries)) == (1_050, 1_050, 1_050)
    assert again(line, *many) == 1_050
    bodies = [bytes(row.body) for row in LedgerPending.objects.all()]
    assert max(map(len, bodies)) < MAX_ENTRY - 512, "room for the longest actor and session"
    assert len(bodies) < 25
    assert not any(number[1:].encode() in body for number in many[:50] for body in bodies)
    assert {len(token) for token in named} == {64}, "a whole keyed token; the key is the keeper's"


def test_more_numbers_than_fit_one_question_to_the_keeper_go_on_the_list(line: Line) -> None:
    many = [f"+86154{number:08d}" for number in range(95_000)]
    assert stop(line, *many) == 95_000
    assert stop(line, *many[-3:]) == 0
