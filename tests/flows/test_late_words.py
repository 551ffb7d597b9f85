"""A recogniser with a long queue: words that come after their call redact it, and so do words delivered again."""

from __future__ import annotations

from uuid import uuid4

import pytest

from callwarden.custody import holds
from callwarden.custody.categories import Category
from callwarden.custody.intake import sealed_path
from callwarden.custody.models import Call, IntakeItem, Leg, Mention
from callwarden.custody.scope import client_scope
from callwarden.flows import jobs, mentions
from tests.exchange import SPOKEN, Exchange, words_of
from tests.flows.test_take_in import MISFITS, said, whole
from tests.work import do_all


@pytest.fixture
def restricted(exchange: Exchange, settings) -> Exchange:
    """A call whose words did not come in time."""
    settings.WORDS_GRACE_SECONDS = 0
    exchange.drop("C1.wav", SPOKEN.audio)
    exchange.record("C1")
    exchange.settle()
    assert [call.redaction for call in exchange.calls()] == ["failed"]
    return exchange


def test_words_that_come_late_redact_their_call(restricted):
    restricted.drop("C1.words.json", SPOKEN.words_json)
    restricted.settle()
    assert whole(restricted)
    assert restricted.states("words") == [("admitted", "")]
    assert not sealed_path(restricted.item("words").pk).exists()


def test_words_find_their_call_though_a_floor_keeps_the_side_of_an_agent_who_was_erased(restricted):
    restricted.line.retention.filter(category=Category.RECORDING_ORIGINAL).update(floor_days=30)
    (call,) = restricted.calls()
    with client_scope(call.client_id):
        agent = Leg.objects.get(call=call, party=Leg.Party.AGENT).subject
    mentions.erase_subject(call.client_id, agent.pk, actor="system", reason="asked")
    restricted.drop("C1.words.json", SPOKEN.words_json)
    restricted.settle()
    assert restricted.states("words") == [("admitted", "")]
    with client_scope(call.client_id):
        agent.refresh_from_db()
        assert agent.erasure_due
    assert [call.redaction for call in restricted.calls()] == ["done"]
    assert {one.subject_id for one in restricted.records(Category.RECORDING_REDACTED)}.isdisjoint({agent.pk})
    assert restricted.records(Category.TRANSCRIPT_REDACTED)


def test_words_of_another_call_change_nothing(restricted):
    restricted.drop("C2.words.json", SPOKEN.words_json)
    restricted.settle()
    assert [call.redaction for call in restricted.calls()] == ["failed"]
    assert restricted.states("words") == [("sealed", "")]


@pytest.mark.parametrize("what", MISFITS)
def test_late_words_that_do_not_fit_are_set_aside_and_good_ones_still_count(restricted, what):
    words, reason = MISFITS[what]
    restricted.drop("C1.words.json", words)
    restricted.settle()
    assert restricted.states("words") == [("set_aside", reason)]
    assert [call.redaction for call in restricted.calls()] == ["failed"]
    assert restricted.records(Category.TRANSCRIPT_REDACTED) == []
    restricted.drop("C1.words.json", SPOKEN.words_json)
    restricted.settle()
    assert whole(restricted)


def test_words_that_did_not_fit_in_time_are_made_good_by_a_new_delivery(exchange):
    exchange.call("C1", words=words_of([said(900_000)]))
    exchange.settle()
    assert exchange.states("words") == [("set_aside", "words_after_the_end")]
    exchange.drop("C1.words.json", SPOKEN.words_json)
    exchange.settle()
    assert whole(exchange)


def test_words_damaged_in_the_spool_stop_nothing_and_may_be_delivered_again(exchange):
    exchange.call("C1")
    exchange.look()
    path = sealed_path(exchange.item("words").pk)
    path.write_bytes(path.read_bytes()[:-1])
    do_all()
    assert [call.redaction for call in exchange.calls()] == ["failed"]
    assert exchange.states("words") == [("set_aside", "spool_damaged")]
    exchange.drop("C1.words.json", SPOKEN.words_json)
    exchange.settle()
    assert whole(exchange)


def test_a_damaged_list_is_set_aside_and_may_be_delivered_again(exchange):
    row = exchange.list_of("C1")
    exchange.drop("cdr-1.csv", row)
    exchange.look()
    sealed_path(exchange.item("cdr").pk).unlink()
    do_all()
    assert exchange.states("cdr") == [("set_aside", "spool_damaged")]
    exchange.drop("cdr-1.csv", row)
    exchange.drop("C1.wav", SPOKEN.audio)
    exchange.drop("C1.words.json", SPOKEN.words_json)
    exchange.settle()
    assert whole(exchange)


def test_a_damaged_row_is_set_aside_instead_of_failing_for_ever(exchange):
    exchange.record("C1")
    exchange.settle()
    IntakeItem.objects.filter(kind="row").update(inline=b"\x00" * 200)
    exchange.drop("C1.wav", SPOKEN.audio)
    exchange.drop("C1.words.json", SPOKEN.words_json)
    exchange.settle()
    assert exchange.states("row") == [("set_aside", "spool_damaged")]
    assert exchange.calls() == []


def test_of_words_delivered_twice_before_their_call_the_newest_count(exchange):
    exchange.drop("C1.wav", SPOKEN.audio)
    exchange.drop("C1.words.json", words_of([said(900_000)]))
    exchange.look()
    exchange.drop("C1.words.json", SPOKEN.words_json)
    exchange.look()
    exchange.record("C1")
    exchange.settle()
    assert whole(exchange)


def test_words_that_come_twice_redact_once(restricted):
    restricted.drop("C1.words.json", SPOKEN.words_json)
    restricted.look()
    for _time in range(2):
        jobs.match_later(restricted.line.pk)
        do_all()
    restricted.drop("C1.words.json", SPOKEN.words_json)
    restricted.settle()
    assert whole(restricted)


def test_words_on_hold_keep_whom_they_speak_of_when_others_come_in_their_place(exchange):
    exchange.call("C1", words=words_of([said(4_000)]))
    exchange.settle()
    (call,), (old,) = exchange.calls(), exchange.records(Category.TRANSCRIPT_ORIGINAL)
    with client_scope(call.client_id):
        holds.hold(old, matter=uuid4(), actor="system")
        before = set(Mention.objects.filter(record=old).values_list("subject", flat=True))
        Call.objects.filter(pk=call.pk).update(redaction=Call.Redaction.FAILED)
    assert before
    exchange.drop("C1.words.json", SPOKEN.words_json)
    exchange.settle()
    assert len(exchange.records(Category.TRANSCRIPT_ORIGINAL)) == 2
    with client_scope(call.client_id):
        assert set(Mention.objects.filter(record=old).values_list("subject", flat=True)) == before
