"""Erasing somebody reaches what calls of others say of them, and one that was left out is found."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest
import soundfile

from callwarden.custody import holds
from callwarden.custody.categories import Category
from callwarden.custody.destroy import destroy_record
from callwarden.custody.keeper.client import KeyDestroyed, NotPermitted
from callwarden.custody.models import Call, LedgerPending, Leg, Mention, Record, Subject
from callwarden.custody.open import open_record
from callwarden.custody.scope import client_scope
from callwarden.flows import mentions, playback, redact_call, timers, troubles
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.flows.mentioned import left
from callwarden.flows.replay import replay
from callwarden.flows.search import find
from callwarden.kernel import clock
from callwarden.kernel.events import Event
from callwarden.kernel.models import Finding
from callwarden.lawful.retention import erasing
from callwarden.lawful.retention.models import RetentionRule
from tests.custody.test_locks import grant_for, login
from tests.exchange import Exchange, words_of

__all__ = ["login"]
SAYS_AGENT = "您好 这里是 蓝鲸 客服"
SAYS_CALLER = "我 想问 订单 的事 是 欧阳长风 让我 打来 的"


def turns(*, channels: bool, end: int) -> list[dict[str, object]]:
    said = [
        ("agent", SAYS_AGENT, 0, 4000),
        ("customer", SAYS_CALLER, 4500, 9000),
        ("agent", "好的 蓝鲸 为您 查询", 9500, end),
    ]
    return [
        {"speaker": who, "text": text, "start_ms": start, "end_ms": end}
        | ({"channel": 1 if who == "agent" else 0} if channels else {})
        for who, text, start, end in said
    ]


def noise(channels: int, seconds: int) -> bytes:
    out = io.BytesIO()
    sound = np.random.default_rng(7).integers(-3000, 3000, (8000 * seconds, channels)).astype(np.int16)
    soundfile.write(out, sound, 8000, format="WAV")
    return out.getvalue()


def take(exchange: Exchange, call_id: str, *, channels: int = 2, seconds: int = 14) -> Call:
    exchange.call(
        call_id,
        audio=noise(channels, seconds),
        words=words_of(turns(channels=channels == 2, end=seconds * 1000 - 1500)),
    )
    exchange.settle()
    with client_scope(exchange.line.client_id):
        call = Call.objects.order_by("-admitted_at").first()
    assert call is not None
    assert call.redaction == "done"
    return call


def agent_of(call: Call) -> Subject:
    with client_scope(call.client_id):
        leg = Leg.objects.select_related("subject").filter(call=call, party="agent").first()
        if leg is not None:
            return leg.subject
        return Subject.objects.get(mentions__record__call=call, mentions__record__category="transcript_original")


def live(call: Call, *categories: Category) -> list[Record]:
    with client_scope(call.client_id):
        records = Record.objects.filter(call=call, category__in=categories).exclude(state=Record.State.DESTROYED)
        return list(records.select_related("leg", "subject"))


def words_in(record: Record, login) -> str:
    document = json.loads(open_record(grant_for(record, login), record).readall())
    return json.dumps(document, ensure_ascii=False)


def found(call: Call, query: str) -> list[object]:
    with client_scope(call.client_id):
        return find(call.client_id, query)


SOUNDS = (Category.RECORDING_ORIGINAL, Category.RECORDING_REDACTED)
WORDS = (Category.TRANSCRIPT_ORIGINAL, Category.TRANSCRIPT_REDACTED)


def test_erasing_an_agent_takes_their_words_out_of_every_version_and_leaves_the_caller_s(exchange, login):
    call = take(exchange, "C1")
    agent = agent_of(call)
    old = live(call, *WORDS)
    assert all("蓝鲸" in words_in(record, login) for record in old)
    assert found(call, "蓝鲸")
    reached = mentions.erase_subject(call.client_id, agent.id, actor="system", reason="erasure")
    assert (reached.calls, reached.left) == (1, 0)
    new = live(call, *WORDS)
    assert len(new) == 2
    assert not {one.id for one in new} & {one.id for one in old}
    for record in new:
        said = words_in(record, login)
        assert "蓝鲸" not in said
        assert "订单" in said
    assert not found(call, "蓝鲸")
    assert found(call, "订单")
    assert all(record.leg.party == "caller" for record in live(call, Category.RECORDING_REDACTED) if record.leg)
    for record in old:
        with pytest.raises((KeyDestroyed, NotPermitted)):
            open_record(grant_for(record, login), record)


def test_an_old_call_of_a_card_line_has_its_time_anew_to_be_redacted_without_somebody(exchange, monkeypatch):
    call = take(exchange, "C1")
    type(exchange.line).objects.filter(pk=exchange.line.pk).update(takes_cards=True)
    old = clock.now() - timedelta(days=30)
    with client_scope(call.client_id):
        Call.objects.filter(pk=call.pk).update(admitted_at=old)
        Record.objects.filter(call=call).update(created_at=old)
    monkeypatch.setattr(redact_call, "redact_call", lambda *told: None)  # the timer comes before it is through
    mentions.erase_subject(call.client_id, agent_of(call).id, actor="system", reason="erasure")
    with client_scope(call.client_id):
        assert Call.objects.get(pk=call.pk).redaction == "pending"
    assert timers.end_unredacted() == 0
    originals = live(call, Category.RECORDING_ORIGINAL, Category.TRANSCRIPT_ORIGINAL)
    assert {one.category for one in originals} == {Category.RECORDING_ORIGINAL, Category.TRANSCRIPT_ORIGINAL}
    with clock.frozen(clock.now() + timedelta(days=3)):
        assert timers.end_unredacted() == len(originals), "its words had their time as well"


def test_calls_with_another_agent_stay_as_they_are(exchange, login):
    first, second = take(exchange, "C1"), take(exchange, "C2", seconds=15)
    kept = {record.id for record in live(second, *Category)}
    mentions.erase_subject(first.client_id, agent_of(first).id, actor="system", reason="erasure")
    assert {record.id for record in live(second, *Category)} == kept


def test_in_a_mixed_recording_the_time_of_the_erased_is_silent_and_the_rest_sounds(exchange, login):
    call = take(exchange, "C1", channels=1)
    agent = agent_of(call)
    (mixed,) = live(call, Category.RECORDING_ORIGINAL)
    with client_scope(call.client_id):
        assert Mention.objects.filter(record=mixed, subject=agent).exists()
    mentions.erase_subject(call.client_id, agent.id, actor="system", reason="erasure")
    recordings = live(call, Category.RECORDING_ORIGINAL, Category.RECORDING_REDACTED)
    assert {one.category for one in recordings} == {Category.RECORDING_ORIGINAL, Category.RECORDING_REDACTED}
    for record in recordings:
        sound, rate = soundfile.read(io.BytesIO(open_record(grant_for(record, login), record).readall()), dtype="int16")
        assert not np.any(sound[int(0.5 * rate) : int(3.5 * rate)]), "the agent's turn"
        assert np.any(sound[int(6 * rate) : int(7 * rate)]), "the caller's"
    assert all("蓝鲸" not in words_in(record, login) for record in live(call, *WORDS))


def test_somebody_who_is_only_spoken_of_is_taken_out_by_what_is_known_of_them(exchange, login):
    row = customer_of({"name": "欧阳长风", "phones": ["13912345678"]}, customer_no="K7")
    spoken_of = take_in_customer(exchange.line, row, actor="system").customer.subject
    call = take(exchange, "C1")
    (original,) = live(call, Category.TRANSCRIPT_ORIGINAL)
    assert "欧阳长风" in words_in(original, login)
    assert mentions.mention(call, spoken_of) > 0
    reached = mentions.erase_subject(call.client_id, spoken_of.id, actor="system", reason="erasure")
    assert (reached.calls, reached.left) == (1, 0)
    for record in live(call, *WORDS):
        said = words_in(record, login)
        assert "欧阳长风" not in said
        assert "蓝鲸" in said, "the agent was not erased"
        assert "订单" in said
    assert len(live(call, Category.TRANSCRIPT_REDACTED)) == 1


def test_what_is_kept_of_an_erased_agent_keeps_nobody_else_from_being_taken_out(exchange, login):
    RetentionRule.objects.filter(line=exchange.line, category=Category.RECORDING_ORIGINAL).update(floor_days=30)
    row = customer_of({"name": "欧阳长风", "phones": ["13912345678"]}, customer_no="K7")
    spoken_of = take_in_customer(exchange.line, row, actor="system").customer.subject
    call = take(exchange, "C1")
    agent = agent_of(call)
    mentions.erase_subject(call.client_id, agent.id, actor="system", reason="erasure")
    assert "restricted" in {one.state for one in live(call, *SOUNDS) if one.subject_id == agent.id}
    before = live(call, *WORDS)
    assert all("订单" in words_in(record, login) for record in before)
    assert mentions.mention(call, spoken_of) > 0
    mentions.erase_subject(call.client_id, spoken_of.id, actor="system", reason="erasure")
    new = live(call, *WORDS)
    assert sorted(one.category for one in new) == sorted(WORDS)
    assert not {one.id for one in new} & {one.id for one in before}
    for record in new:
        said = words_in(record, login)
        assert "欧阳长风" not in said
        assert "订单" in said, "what the caller said is not destroyed for what is kept of the agent"


def test_one_that_was_left_out_is_found(exchange, monkeypatch):
    call = take(exchange, "C1")
    monkeypatch.setattr(mentions, "_take_out", lambda *_arguments: None)
    reached = mentions.erase_subject(call.client_id, agent_of(call).id, actor="system", reason="erasure")
    assert reached.left == 2
    troubles.look()
    finding = Finding.objects.get(kind="mention-left")
    assert finding.data["count"] == 2


def test_it_is_found_even_when_its_mention_was_taken_away(exchange, monkeypatch):
    call = take(exchange, "C1")
    agent = agent_of(call)
    with client_scope(call.client_id):
        Mention.objects.all().delete()
    monkeypatch.setattr(mentions, "_take_out", lambda *_arguments: None)
    assert mentions.erase_subject(call.client_id, agent.id, actor="system", reason="erasure").left == 2


def test_a_missing_mention_keeps_no_call_from_being_gone_over(exchange, login):
    call = take(exchange, "C1")
    agent = agent_of(call)
    with client_scope(call.client_id):
        Mention.objects.all().delete()
    assert mentions.erase_subject(call.client_id, agent.id, actor="system", reason="erasure").left == 0
    assert all("蓝鲸" not in words_in(record, login) for record in live(call, *WORDS))


def test_killed_before_the_end_it_is_done_again_and_nothing_is_left(exchange, login, monkeypatch):
    first, second = take(exchange, "C1"), take(exchange, "C2", seconds=15)
    agent = agent_of(first)
    with client_scope(first.client_id):
        Leg.objects.filter(call=second, party="agent").update(subject=agent)
        Mention.objects.filter(record__call=second).update(subject=agent)
    real, done = mentions._take_out, []

    def dies_at_the_second(*arguments):
        if done:
            raise MemoryError
        done.append(real(*arguments))

    with monkeypatch.context() as broken:
        broken.setattr(mentions, "_take_out", dies_at_the_second)
        with pytest.raises(MemoryError):
            mentions.erase_subject(first.client_id, agent.id, actor="system", reason="erasure")
    assert mentions.erase_subject(first.client_id, agent.id, actor="system", reason="erasure").left == 0
    for call in (first, second):
        assert all("蓝鲸" not in words_in(record, login) for record in live(call, *WORDS))


def test_what_a_hold_keeps_of_the_erased_is_stored_only_and_gone_over_with_its_release_by_itself(exchange, login):
    call = take(exchange, "C1", channels=1)
    agent = agent_of(call)
    (original,) = live(call, Category.TRANSCRIPT_ORIGINAL)
    with client_scope(call.client_id):
        held = holds.hold(original, matter=uuid4(), actor="system")
    before = {record.id for record in live(call, *WORDS)}
    assert mentions.erase_subject(call.client_id, agent.id, actor="system", reason="erasure").left > 0
    kept = live(call, *WORDS)
    assert {record.id for record in kept} == before
    assert {record.state for record in kept} == {"restricted"}
    assert not mentions.take_out_left(call.client_id), "while it is held there is nothing to do"
    with client_scope(call.client_id):
        assert not holds.release(held.id, actor="system")
    assert {record.state for record in live(call, *WORDS)} == {"restricted"}
    assert mentions.take_out_left(call.client_id) == 1
    with client_scope(call.client_id):
        assert not left(call.client_id).exists()
    new = live(call, *WORDS)
    assert not before & {record.id for record in new}
    assert {record.state for record in new} == {"stored"}
    assert all("蓝鲸" not in words_in(record, login) for record in new)
    assert not mentions.take_out_left(call.client_id)


def test_a_restore_keeps_what_mentions_the_erased_stored_only_and_whole_until_it_is_gone_over(exchange):
    call = take(exchange, "C1", channels=1)
    agent = agent_of(call)
    (original,) = live(call, Category.TRANSCRIPT_ORIGINAL)
    with client_scope(call.client_id):
        held = holds.hold(original, matter=uuid4(), actor="system")
    mentions.erase_subject(call.client_id, agent.id, actor="system", reason="erasure")
    told = [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("id")]
    entries = [one for one in told if one["event"] == Event.RECORD_RESTRICTED]
    before = {record.id for record in live(call, *WORDS)}
    with client_scope(call.client_id):
        Record.objects.filter(call=call, state="restricted").update(state="stored", erase_reason="")
        holds.release(held.id, actor="system")
    assert not replay(entries).unplaced
    kept = live(call, *WORDS)
    assert ({record.id for record in kept}, {record.state for record in kept}) == (before, {"restricted"})
    assert mentions.take_out_left(call.client_id) == 1
    assert not before & {record.id for record in live(call, *WORDS)}
    with client_scope(call.client_id):
        assert not left(call.client_id).exists()


def outbound(call: Call) -> None:
    """A call that is evidence: its recording is kept for 30 days from today."""
    with client_scope(call.client_id):
        Call.objects.filter(pk=call.pk).update(direction="outbound", started_at=clock.now())


def kept_until_its_day(call: Call, agent: Subject, records: set[UUID]) -> None:
    """These are kept, marked and found until their floor is over; then nothing of the agent is left."""
    for _time in range(2):
        assert mentions.erase_subject(call.client_id, agent.id, actor="system", reason="erasure").left > 0
        with client_scope(call.client_id):
            kept = Record.objects.filter(pk__in=records)
            assert {one.state for one in kept} == {"restricted"}
            assert all(one.erase_at and one.mentions.filter(subject=agent).exists() for one in kept)
            day = max(one.erase_at for one in kept)
    with clock.frozen(day + timedelta(minutes=1)):
        timers.end_retention()
        assert mentions.erase_subject(call.client_id, agent.id, actor="system", reason="erasure").left == 0
    with client_scope(call.client_id):
        assert not Record.objects.filter(pk__in=records).exclude(state="destroyed").exists()


def test_a_mixed_recording_without_words_is_kept_by_its_floor_from_the_erasure_of_its_agent(exchange):
    call = take(exchange, "C1", channels=1)
    agent = agent_of(call)
    with client_scope(call.client_id):
        for record in Record.objects.filter(call=call).exclude(category=Category.RECORDING_ORIGINAL):
            destroy_record(record, actor="system", reason="retention_ended")
    outbound(call)
    kept_until_its_day(call, agent, {one.pk for one in live(call, Category.RECORDING_ORIGINAL)})


def test_what_a_floor_keeps_of_an_erased_caller_is_kept_from_the_erasure_of_the_agent_too(exchange):
    call = take(exchange, "C1", channels=1)
    agent = agent_of(call)
    outbound(call)
    (mixed,) = live(call, Category.RECORDING_ORIGINAL)
    with client_scope(call.client_id):
        erasing.erase_subject(mixed.subject, reason="request_erasure", actor="system")
    kept_until_its_day(call, agent, {mixed.pk})
    with client_scope(call.client_id):
        assert Subject.objects.get(pk=mixed.subject_id).destroyed_at
        assert Record.objects.get(pk=mixed.pk).erase_reason == "request_erasure"


def test_where_no_version_without_them_can_be_made_what_mentions_them_goes_as_a_whole(exchange):
    call = take(exchange, "C1")
    agent = agent_of(call)
    with client_scope(call.client_id):
        for record in Record.objects.filter(call=call, category=Category.TRANSCRIPT_ORIGINAL):
            destroy_record(record, actor="system", reason="retention_ended")
    assert mentions.erase_subject(call.client_id, agent.id, actor="system", reason="erasure").left == 0
    assert live(call, *WORDS) == []
    assert [one.leg.party for one in live(call, Category.RECORDING_ORIGINAL) if one.leg] == ["caller"]
    with client_scope(call.client_id):
        assert not left(call.client_id).exists()


def test_a_version_on_hold_keeps_whom_it_speaks_of_when_a_new_one_is_made(exchange, monkeypatch):
    call = take(exchange, "C1", channels=1)
    agent = agent_of(call)
    originals = live(call, Category.TRANSCRIPT_ORIGINAL, Category.RECORDING_ORIGINAL)
    with client_scope(call.client_id):
        for record in originals:
            holds.hold(record, matter=uuid4(), actor="system")
        mentioned = set(Mention.objects.filter(record__in=originals, subject=agent).values_list("record", flat=True))
        Call.objects.filter(pk=call.pk).update(redaction=Call.Redaction.PENDING)
    assert mentioned
    # As if a security code had been found everywhere.
    monkeypatch.setattr(
        redact_call, "_without_authentication", lambda found, *_told: (found.transcript, found.legs, ())
    )
    assert redact_call.redact_call(call.pk, call.client_id)
    with client_scope(call.client_id):
        still = Mention.objects.filter(record__in=originals, subject=agent).values_list("record", flat=True)
        assert set(still) == mentioned


def test_what_a_floor_keeps_stays_beside_the_version_without_the_erased_until_its_day(exchange, login):
    RetentionRule.objects.filter(line=exchange.line, category__in=[*SOUNDS, *WORDS]).update(floor_days=30)
    call = take(exchange, "C1", channels=1)
    agent = agent_of(call)
    old = {one.pk for one in live(call, *SOUNDS, *WORDS)}
    for _time in range(2):  # asked again it makes no third version
        assert mentions.erase_subject(call.client_id, agent.id, actor="system", reason="erasure").left > 0
        with client_scope(call.client_id):
            kept = list(Record.objects.filter(pk__in=old))
            assert {one.state for one in kept} == {"restricted"}
            day = max(one.erase_at for one in kept if one.erase_at)
        new = [one for one in live(call, *SOUNDS, *WORDS) if one.pk not in old]
        assert sorted(one.category for one in new) == sorted([*SOUNDS, *WORDS])
        assert {one.state for one in new} == {"stored"}
    assert all("蓝鲸" not in words_in(one, login) for one in new if one.category in WORDS)
    with client_scope(call.client_id):
        played = playback._legs(call.pk, Category.RECORDING_REDACTED)
    assert {one.pk for one in played} == {one.pk for one in new if one.category == Category.RECORDING_REDACTED}
    with clock.frozen(day + timedelta(minutes=1)):
        timers.end_retention()
        assert {one.pk for one in live(call, *SOUNDS, *WORDS)} == {one.pk for one in new}
        assert mentions.erase_subject(call.client_id, agent.id, actor="system", reason="erasure").left == 0


def test_a_hold_that_comes_while_a_version_is_made_keeps_the_call_as_it_is(exchange, monkeypatch):
    call = take(exchange, "C1")
    before = {one.pk for one in live(call, *SOUNDS, *WORDS)}
    real = mentions._replace

    def held_first(*told):
        with client_scope(call.client_id):
            holds.hold(live(call, Category.TRANSCRIPT_REDACTED)[0], matter=uuid4(), actor="system")
        return real(*told)

    monkeypatch.setattr(mentions, "_replace", held_first)
    agent = agent_of(call)
    assert mentions.erase_subject(call.client_id, agent.id, actor="system", reason="erasure").left > 0
    with client_scope(call.client_id):
        theirs = set(Record.objects.filter(call=call, subject=agent).values_list("pk", flat=True))
    assert {one.pk for one in live(call, *SOUNDS, *WORDS)} == before - theirs
