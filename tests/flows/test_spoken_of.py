"""Whoever is known by a number that others say is marked, nobody else is, and erasing them reaches those calls."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callwarden.custody import holds
from callwarden.custody.categories import Category
from callwarden.custody.keeper.client import KeeperUnavailable, ObjectDamaged
from callwarden.custody.models import Call, Client, Customer, LedgerPending, Mention, Record, Subject
from callwarden.custody.scope import client_scope
from callwarden.engines import redact as text
from callwarden.flows import customers, mentions, redact_call, spoken_before, spoken_of
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.flows.mentioned import left
from callwarden.flows.replay import replay
from callwarden.kernel import clock
from callwarden.kernel.errors import Refused
from callwarden.kernel.events import Event
from callwarden.lawful.retention import erasing
from tests.custody.test_locks import login
from tests.exchange import CALLER, Exchange, words_of
from tests.flows.test_mentions import WORDS, live, noise, words_in

__all__ = ["login"]
WIFE = "13912345678"
SPOKEN = "幺三九 幺二三四 五六七八"


def known(exchange: Exchange, number: str, **told: object) -> Customer:
    row = customer_of({"name": f"客户{number}", **told}, customer_no=number)
    return take_in_customer(exchange.line, row, actor="system").customer


def call_that_says(exchange: Exchange, *said: str, number: str = "C1", **told: str) -> Call:
    turns = [
        {"speaker": who, "text": one, "channel": channel, "start_ms": at * 3000, "end_ms": at * 3000 + 2800}
        for at, one in enumerate(["您好 请讲", *said])
        for who, channel in [("agent", 1) if at % 2 == 0 else ("customer", 0)]
    ]
    before = len(exchange.calls())
    # No two calls sound or read alike: the second would be taken for the first, sent again.
    exchange.call(number, audio=noise(2, 3 * len(turns) + 1 + before), words=words_of(turns), **told)
    exchange.settle()
    with client_scope(exchange.line.client_id):
        assert Call.objects.count() == before + 1
        call = Call.objects.latest("admitted_at")
    assert call.redaction == "done"
    return call


def marked(call: Call) -> set[Subject]:
    """Customers the call is marked as speaking of; the agent of a mixed recording is none."""
    with client_scope(call.client_id):
        return set(Subject.objects.filter(mentions__record__call=call, kind=Subject.Kind.CUSTOMER).distinct())


def test_who_is_known_by_a_number_somebody_says_is_marked_in_all_of_the_call(exchange, login):
    wife = known(exchange, "K7", phones=[WIFE]).subject
    known(exchange, "K8", phones=["13800001111"])
    call = call_that_says(exchange, f"请 打 我 妻子 的 电话 {SPOKEN}")
    assert marked(call) == {wife}
    with client_scope(call.client_id):
        records = set(Mention.objects.filter(subject=wife).values_list("record__category", flat=True))
        assert Call.objects.get(pk=call.pk).sought_at
    assert records == set(spoken_of.SPEAKING)
    (redacted,) = live(call, Category.TRANSCRIPT_REDACTED)
    assert "PHONE" in words_in(redacted, login)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"emails": ["li.mei_88@163.com"]}, ["她 的 邮箱 是 li点mei下划线八八艾特一六三点com"]),
        ({"emails": ["Li.Mei@example.com"]}, ["her email is li.mei@example.com"]),
        ({"id_number": "11010519491231002X"}, ["身份证号 是 一一零一零五一九四九一二三一零零二叉"]),
        ({"card_numbers": ["4111111111111111"]}, ["卡号 是 4111 1111 1111 1111"]),
        ({"phones": [WIFE]}, ["她 的 电话 是 一三九", "一三九", "一二三四", "嗯", "五六七八"]),
        ({"phones": ["+14155550199"]}, ["her number is four one five triple five oh one nine nine"]),
    ],
    ids=["email-spoken", "email-written", "id", "card", "phone-in-parts", "phone-of-north-america"],
)
def test_every_kind_of_identifier_is_looked_up_as_it_is_said(exchange, told, said):
    spoken = known(exchange, "K7", **told).subject
    assert marked(call_that_says(exchange, *said)) == {spoken}


def test_the_caller_s_own_numbers_mark_nobody(exchange):
    caller = known(exchange, "K1", phones=[CALLER, "13700002222"])
    shared = known(exchange, "K2", phones=["13700002222"])
    call = call_that_says(exchange, f"我 的 电话 是 {CALLER} 或 13700002222", customer="K1")
    assert call.customer_id == caller.pk
    assert marked(call) == set(), shared
    other = call_that_says(exchange, f"我 的 电话 是 {SPOKEN}", number="C2", caller=WIFE)
    assert marked(other) == set()


def test_unknown_numbers_leave_no_trace_and_no_number_stands_in_the_log(exchange):
    wife = known(exchange, "K7", phones=[WIFE]).subject
    call = call_that_says(exchange, f"电话 {SPOKEN}", "好的", "另一个 是 13655556666")
    assert marked(call) == {wife}
    bodies = [bytes(row.body).decode() for row in LedgerPending.objects.all()]
    assert not [one for one in bodies if WIFE in one or "13655556666" in one]
    (done,) = (one for one in map(json.loads, bodies) if one["event"] == Event.REDACTION_DONE)
    assert done["data"]["spoken_of"] == 1
    assert str(wife.id) not in json.dumps(done)


def test_one_query_looks_up_however_much_was_said(exchange):
    known(exchange, "K7", phones=[WIFE], emails=["a@example.com"])
    call = call_that_says(exchange, "没有")
    said = text.Identifiers(
        frozenset(f"139{at:08}" for at in range(300)), frozenset({"a@example.com", "b@example.com"})
    )
    with client_scope(call.client_id), CaptureQueriesContext(connection) as queries:
        assert len(spoken_of.look_up(call, said, text.KnownValues())) == 1
    assert len([one for one in queries if "custody_identifiertoken" in one["sql"]]) == 1


def test_another_client_s_customers_are_nobody(exchange):
    other = known(exchange, "K7", phones=[WIFE])
    call = call_that_says(exchange, "没有")
    said = text.Identifiers(frozenset({WIFE}))
    with client_scope(call.client_id):
        assert spoken_of.look_up(call, said, text.KnownValues()) == {other.subject_id}
    call.client_id = Client.objects.create(slug="another", name="Another").pk
    with client_scope(call.client_id):
        assert spoken_of.look_up(call, said, text.KnownValues()) == set()


def test_redacted_again_the_marks_are_the_same_and_who_was_erased_is_not_marked(exchange):
    wife = known(exchange, "K7", phones=[WIFE]).subject
    gone = known(exchange, "K8", phones=["13800001111"]).subject
    call = call_that_says(exchange, f"电话 {SPOKEN} 和 13800001111")
    assert marked(call) == {wife, gone}
    with client_scope(call.client_id):
        before = Mention.objects.filter(record__call=call, record__category="transcript_original").count()
        spoken_of.mark(call, [wife.id, wife.id])
        assert Mention.objects.filter(record__call=call, record__category="transcript_original").count() == before
        erasing.erase_subject(gone, reason="request_erasure", actor="system")
        Mention.objects.all().delete()
        assert spoken_of.mark(call, [wife.id, gone.id]) == 1
    assert marked(call) == {wife}


def test_killed_while_it_is_published_nobody_is_marked_and_the_next_time_they_are(exchange, monkeypatch):
    wife = known(exchange, "K7", phones=[WIFE]).subject
    call = call_that_says(exchange, f"电话 {SPOKEN}")
    with client_scope(call.client_id):
        Mention.objects.filter(subject=wife).delete()
        Call.objects.filter(pk=call.pk).update(redaction=Call.Redaction.PENDING, sought_at=None)

    def dies(*_told: object) -> None:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(redact_call.journal, "record", dies)
        with pytest.raises(MemoryError):
            spoken_then_dies(call)
    assert marked(call) == set()
    assert redact_call.redact_call(call.pk, call.client_id)
    assert marked(call) == {wife}


def spoken_then_dies(call: Call) -> None:
    """Publish what was opened; the log is what fails, after everything else was put."""
    with client_scope(call.client_id):
        records = redact_call.records_of(call)
        words = next(one for one in records if one.category == Category.TRANSCRIPT_ORIGINAL)
    spoken = text.Transcript.from_json({"id": "x", "turns": [{"speaker": "customer", "text": f"电话 {SPOKEN}"}]})
    originals = redact_call.Originals(call, (), spoken, words, text.KnownValues())
    redact_call._publish(originals, redact_call._redact(originals))


def test_erasing_who_was_spoken_of_takes_the_number_out_of_words_and_sound(exchange, login):
    wife = known(exchange, "K7", phones=[WIFE]).subject
    call = call_that_says(exchange, f"请 打 {SPOKEN}", "好的 蓝鲸 为您 查询", "谢谢")
    (before,) = live(call, Category.TRANSCRIPT_ORIGINAL)
    assert SPOKEN in words_in(before, login)
    reached = mentions.erase_subject(call.client_id, wife.id, actor="system", reason="erasure")
    assert (reached.calls, reached.left) == (1, 0)
    for record in live(call, *WORDS):
        said = words_in(record, login)
        assert "五六七八" not in said
        assert "蓝鲸" in said
    assert marked(call) == set()
    with client_scope(call.client_id):
        assert not left(call.client_id).exists()


def test_a_call_that_comes_while_somebody_is_erased_is_gone_over_as_well(exchange, login, monkeypatch):
    wife = known(exchange, "K7", phones=[WIFE]).subject
    call_that_says(exchange, f"电话 {SPOKEN}")
    real, came = mentions._take_out, []

    def and_another_comes(*told):
        if not came:
            came.append(call_that_says(exchange, f"是 {SPOKEN}", number="C2"))
        real(*told)

    monkeypatch.setattr(mentions, "_take_out", and_another_comes)
    reached = mentions.erase_subject(exchange.line.client_id, wife.id, actor="system", reason="erasure")
    assert (reached.calls, reached.left) == (2, 0)
    assert all("五六七八" not in words_in(one, login) for one in live(came[0], *WORDS))


def test_a_restore_goes_over_what_was_on_hold_when_they_were_erased(exchange):
    wife = known(exchange, "K7", phones=[WIFE]).subject
    call = call_that_says(exchange, f"电话 {SPOKEN}")
    (original,) = live(call, Category.TRANSCRIPT_ORIGINAL)
    with client_scope(call.client_id):
        held = holds.hold(original, matter=uuid4(), actor="system")
    mentions.erase_subject(call.client_id, wife.id, actor="system", reason="erasure")
    told = [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("id")]
    before = {record.id for record in live(call, *WORDS)}
    with client_scope(call.client_id):
        Record.objects.filter(call=call, state="restricted").update(state="stored", erase_reason="")
        holds.release(held.id, actor="system")
    assert not replay([one for one in told if one["event"] == Event.RECORD_RESTRICTED]).unplaced
    assert {one.state for one in live(call, *WORDS)} == {"restricted"}
    assert mentions.take_out_left(call.client_id) == 1
    assert not before & {one.id for one in live(call, *WORDS)}


def as_before(call: Call) -> None:
    """As calls were left that were redacted before anybody was looked up."""
    with client_scope(call.client_id):
        Mention.objects.filter(subject__kind=Subject.Kind.CUSTOMER).delete()
        Call.objects.filter(pk=call.pk).update(sought_at=None)


def test_calls_redacted_before_are_looked_through_where_their_words_are_kept(exchange, monkeypatch):
    wife = known(exchange, "K7", phones=[WIFE]).subject
    first = call_that_says(exchange, f"电话 {SPOKEN}")
    second = call_that_says(exchange, f"是 {SPOKEN}", number="C2")
    as_before(first)
    as_before(second)
    client = first.client_id
    with client_scope(client):
        assert {one.pk for one in spoken_of.not_sought(client, [wife.id])} == {first.pk, second.pk}
    real, done = spoken_of.seek, []

    def dies_at_the_second(*told):
        if done:
            raise MemoryError
        done.append(real(*told))

    with monkeypatch.context() as broken:
        broken.setattr(spoken_of, "seek", dies_at_the_second)
        with pytest.raises(MemoryError):
            spoken_before.seek_some(client)
    assert [bool(marked(one)) for one in (first, second)].count(True) == 1
    assert spoken_before.seek_some(client) == 1
    assert marked(first) == marked(second) == {wife}
    assert spoken_before.seek_some(client) == 0
    with client_scope(client):
        assert not spoken_of.not_sought(client, [wife.id]).exists()


def entries() -> int:
    bodies = [json.loads(bytes(row.body))["event"] for row in LedgerPending.objects.all()]
    return bodies.count(Event.DISCLOSE_REDACT)


def several_as_before(exchange: Exchange) -> tuple[Call, ...]:
    said = ("电话", "是", "请 打")
    calls = tuple(call_that_says(exchange, f"{one} {SPOKEN}", number=f"C{at}") for at, one in enumerate(said))
    for call in calls:
        as_before(call)
    return calls


def test_while_the_keys_cannot_be_reached_one_call_is_tried_and_all_of_them_wait(exchange, monkeypatch):
    wife = known(exchange, "K7", phones=[WIFE]).subject
    calls = several_as_before(exchange)
    client, before = calls[0].client_id, entries()

    def away(*_told: object) -> None:
        raise KeeperUnavailable("keeper_unavailable", "The keeper does not answer.")

    with monkeypatch.context() as broken:
        broken.setattr(spoken_before, "open_record", away)
        with pytest.raises(KeeperUnavailable):
            spoken_before.seek_some(client)
    assert entries() == before + 1
    assert spoken_before.seek_some(client) == len(calls)
    assert {subject for call in calls for subject in marked(call)} == {wife}


@pytest.mark.parametrize(
    "error", [Refused("no", "No."), ObjectDamaged("damaged", "It is.")], ids=["refused", "damaged"]
)
def test_what_may_not_be_opened_is_tried_once_and_counts_as_not_looked_through(exchange, monkeypatch, error):
    wife = known(exchange, "K7", phones=[WIFE]).subject
    calls = several_as_before(exchange)
    client, tried = calls[0].client_id, []

    def refused(ask: object) -> None:
        tried.append(ask)
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(spoken_before, "disclose", refused)
        assert [spoken_before.seek_some(client, most=2) for _ in range(3)] == [0, 0, 0]
        assert len(tried) == len(calls)
    with client_scope(client):
        assert not spoken_before.waiting(client).exists()
        assert spoken_of.not_sought(client, [wife.id]).count() == len(calls)


def test_no_run_tries_more_than_its_share(exchange, monkeypatch):
    calls = several_as_before(exchange)
    tried = []
    monkeypatch.setattr(spoken_before, "_seek", lambda call: bool(tried.append(call)))
    assert spoken_before.seek_some(calls[0].client_id, most=2) == 0
    assert len(tried) == 2


def test_where_the_heard_words_have_ended_nothing_is_looked_through_and_the_call_is_counted(exchange):
    wife = known(exchange, "K7", phones=[WIFE]).subject
    call = call_that_says(exchange, f"电话 {SPOKEN}")
    as_before(call)
    with client_scope(call.client_id):
        Record.objects.filter(call=call, category="transcript_original").update(state="destroyed")
    assert spoken_before.seek_some(call.client_id) == 0
    with client_scope(call.client_id):
        assert spoken_of.not_sought(call.client_id, [wife.id]).count() == 1


def test_a_call_from_before_somebody_was_known_counts_as_not_looked_through(exchange):
    call = call_that_says(exchange, f"电话 {SPOKEN}")
    late = known(exchange, "K7", phones=[WIFE])
    with client_scope(call.client_id):
        assert late.created_at <= clock.now()
        assert spoken_of.not_sought(call.client_id, [late.subject_id]).count() == 1
        Customer.objects.filter(pk=late.pk).update(known_since=call.admitted_at)
        assert not spoken_of.not_sought(call.client_id, [late.subject_id]).exists()


@pytest.mark.parametrize(("phones", "counted"), [(["13800001111"], 0), ([WIFE], 1), ([], 0)])
def test_a_call_from_before_somebody_was_known_by_another_number_counts_as_not_looked_through(
    exchange, phones, counted
):
    """An import that brings the same again changes nothing of what was looked for."""
    known(exchange, "K7", phones=["13800001111"])
    call = call_that_says(exchange, f"电话 {SPOKEN}")
    late = known(exchange, "K7", phones=phones)
    with client_scope(call.client_id):
        assert spoken_of.not_sought(call.client_id, [late.subject_id]).count() == counted


def test_a_number_put_right_counts_from_then_on(exchange):
    wife = known(exchange, "K7", phones=["13800001111"])
    call = call_that_says(exchange, f"电话 {SPOKEN}")
    with client_scope(call.client_id):
        customers.index_again(Customer.objects.get(pk=wife.pk), {"phone": [WIFE]})
        assert spoken_of.not_sought(call.client_id, [wife.subject_id]).count() == 1


def test_of_who_was_known_before_that_was_noted_the_last_change_decides(exchange):
    call = call_that_says(exchange, f"电话 {SPOKEN}")
    wife = known(exchange, "K7", phones=[WIFE])
    with client_scope(call.client_id):
        old = Customer.objects.filter(pk=wife.pk)
        old.update(known_since=None)
        assert spoken_of.not_sought(call.client_id, [wife.subject_id]).count() == 1
        old.update(updated_at=call.admitted_at)
        assert not spoken_of.not_sought(call.client_id, [wife.subject_id]).exists()


POOL = [f"13{9 - at}{at}234567{at}" for at in range(6)]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(st.sampled_from(POOL), max_size=6),
    gone=st.sets(st.sampled_from(POOL[:4]), max_size=2),
    twice=st.booleans(),
)
def test_the_marked_are_those_who_are_known_by_what_was_said(marking, said, gone, twice):
    """Four of six numbers are known; the first is the caller's own."""
    call, customers = marking
    turns = [{"speaker": "customer", "text": f"电话 是 {one}"} for one in said]
    transcript = text.Transcript.from_json({"id": "x", "turns": turns})
    caller = text.KnownValues(phones=(POOL[0],))
    with client_scope(call.client_id):
        Mention.objects.filter(record__call=call).delete()
        Subject.objects.filter(kind=Subject.Kind.CUSTOMER).update(destroyed_at=None)
        Subject.objects.filter(id__in=[customers[one] for one in gone]).update(destroyed_at=clock.now())
        for _time in range(1 + twice):
            spoken_of.seek(call, spoken_of.heard(transcript, caller), caller)
    expected = {customers[one] for one in said if one in customers and one not in gone and one != POOL[0]}
    assert {one.id for one in marked(call)} == expected


@pytest.fixture
def marking(exchange):
    customers = {one: known(exchange, f"P{at}", phones=[one]).subject_id for at, one in enumerate(POOL[:4])}
    return call_that_says(exchange, "没有", customer="P0"), customers
