"""No new version of a record gives back to use, or keeps for longer, what was taken out of use."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import OperationalError, connections

from callwarden.custody import holds
from callwarden.custody.categories import Category
from callwarden.custody.destroy import destroy_record
from callwarden.custody.models import Call, Hold, LedgerPending, Record
from callwarden.custody.restrict import lift, restrict, store_only
from callwarden.custody.scope import client_scope
from callwarden.flows import mentions, redact_call, timers
from callwarden.flows.consents import Told, take_in_consent
from callwarden.flows.mentioned import REASON
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.purposes.terms import Use
from callwarden.lawful.retention import erasing
from callwarden.lawful.retention.models import RetentionRule
from tests.exchange import SPOKEN, Exchange
from tests.flows.test_mentions import agent_of, live, take

ORIGINALS = (Category.RECORDING_ORIGINAL, Category.TRANSCRIPT_ORIGINAL)
MADE = (Category.RECORDING_REDACTED, Category.TRANSCRIPT_REDACTED, Category.REDACTION_SPANS)
FLOOR_DAYS = 7


@pytest.fixture
def floored(exchange: Exchange) -> Exchange:
    """A line whose originals the law keeps for a week, and whose recording rests on a yes."""
    Purpose.objects.filter(slug="recording").update(use=Use.RECORDING)
    RetentionRule.objects.filter(line=exchange.line, category__in=ORIGINALS).update(floor_days=FLOOR_DAYS)
    return exchange


def withdraw(exchange: Exchange) -> None:
    take_in_consent(exchange.line, "C1", Told("recording", "withdrawn", "spoken", clock.now()), actor="system")


def during_redaction(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """This happens once, after a call was opened to be redacted and before the result is published."""
    real, done = redact_call._redact, []

    def redact(originals: redact_call.Originals) -> redact_call.Redacted:
        result = real(originals)
        if not done:
            done.append(act())
        return result

    monkeypatch.setattr(redact_call, "_redact", redact)


def objects_without_a_row(call: Call) -> list[str]:
    folder = Path(settings.DATA_DIR) / "objects"
    with client_scope(call.client_id):
        known = set(Record.objects.exclude(state=Record.State.DESTROYED).values_list("object_key", flat=True))
    return [str(path) for path in folder.rglob("*.cws") if str(path.relative_to(folder)) not in known]


def the_call(exchange: Exchange) -> Call:
    (call,) = exchange.calls()
    return call


def bound_like(originals: list[Record], made: list[Record]) -> None:
    assert made
    days = {record.erase_at for record in originals}
    assert None not in days
    for record in made:
        assert record.state == Record.State.RESTRICTED, record.category
        assert record.erase_at in days
        assert record.erase_reason == "consent_withdrawn"


def test_withdrawn_while_it_is_redacted_nothing_becomes_playable(floored, monkeypatch):
    during_redaction(monkeypatch, lambda: withdraw(floored))
    floored.call("C1")
    floored.settle()
    call = the_call(floored)
    bound_like(live(call, *ORIGINALS), live(call, *MADE))
    day = max(record.erase_at for record in live(call, *ORIGINALS) if record.erase_at)
    with clock.frozen(day + timedelta(minutes=1)):
        timers.end_retention()
    assert live(call, *ORIGINALS, *MADE) == []


def test_words_that_come_after_a_withdrawal_are_stored_only_and_go_with_the_sound(floored, settings):
    settings.WORDS_GRACE_SECONDS = 0
    floored.drop("C1.wav", SPOKEN.audio)
    floored.record("C1")
    floored.settle()
    withdraw(floored)
    recordings = live(the_call(floored), Category.RECORDING_ORIGINAL)
    floored.drop("C1.words.json", SPOKEN.words_json)
    floored.settle()
    call = the_call(floored)
    assert live(call, Category.TRANSCRIPT_ORIGINAL)
    bound_like(recordings, live(call, Category.TRANSCRIPT_ORIGINAL, *MADE))


def test_what_is_destroyed_while_it_is_redacted_is_not_published_and_leaves_nothing(exchange, monkeypatch):
    def destroy_one() -> None:
        record = live(the_call(exchange), Category.RECORDING_ORIGINAL)[0]
        with client_scope(record.client_id):
            destroy_record(record, actor="system", reason="erased")

    during_redaction(monkeypatch, destroy_one)
    exchange.call("C1")
    exchange.settle()
    call = the_call(exchange)
    assert live(call, *MADE) == []
    assert objects_without_a_row(call) == []
    assert redact_call.redact_call(call.pk, call.client_id)  # what is left of it is redacted by the next run
    assert len(live(call, Category.RECORDING_REDACTED)) == 1


def test_withdrawn_without_a_floor_nothing_is_left_and_the_call_waits_for_nothing(exchange, monkeypatch):
    Purpose.objects.filter(slug="recording").update(use=Use.RECORDING)
    during_redaction(monkeypatch, lambda: withdraw(exchange))
    exchange.call("C1")
    exchange.settle()
    call = the_call(exchange)
    redact_call.redact_call(call.pk, call.client_id)
    assert live(call, *ORIGINALS, *MADE) == []
    assert objects_without_a_row(call) == []
    assert the_call(exchange).redaction != Call.Redaction.PENDING


def test_a_version_of_what_waits_for_somebody_to_be_taken_out_waits_for_the_same(exchange, monkeypatch):
    """No lifting of a dispute gives it back, and a restore does not take it for what the caller asked for."""

    def spoken_of() -> None:
        with client_scope(exchange.line.client_id):
            store_only(Record.objects.filter(category__in=ORIGINALS), reason=REASON)

    during_redaction(monkeypatch, spoken_of)
    exchange.call("C1")
    exchange.settle()
    made = live(the_call(exchange), *MADE)
    assert {(one.state, one.erase_reason) for one in made} == {("restricted", REASON)}
    told = [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("id")]
    told = [entry for entry in told if entry["event"] == "custody:record:restricted"]
    assert {one for entry in told for one in entry["records"]} == {str(one.pk) for one in made}
    assert {(entry.get("subject"), *entry["reasons"]) for entry in told} == {(None, REASON)}
    with client_scope(exchange.line.client_id):
        assert lift(Record.objects.filter(pk__in=[one.pk for one in made])) == []


def test_publishing_that_fails_half_way_leaves_no_object(exchange, monkeypatch):
    def fails(*_told: object) -> None:
        raise MemoryError

    monkeypatch.setattr(redact_call, "index_words", fails)
    exchange.call("C1")
    with pytest.raises(MemoryError):
        exchange.settle()
    call = the_call(exchange)
    assert live(call, *MADE) == []
    assert objects_without_a_row(call) == []


def test_a_version_put_in_the_place_of_a_restricted_one_is_restricted_until_the_same_day(exchange, monkeypatch):
    call = take(exchange, "C1")
    day = clock.now() + timedelta(days=5)
    with client_scope(call.client_id):
        for record in live(call, *ORIGINALS):
            restrict(record, until=day, provision="none", actor="system", reason="consent_withdrawn")
        Call.objects.filter(pk=call.pk).update(redaction=Call.Redaction.PENDING)
    old = {record.pk for record in live(call, *ORIGINALS)}
    # As if a security code had been found everywhere.
    monkeypatch.setattr(
        redact_call, "_without_authentication", lambda found, *_told: (found.transcript, found.legs, ())
    )
    assert redact_call.redact_call(call.pk, call.client_id)
    new = live(call, *ORIGINALS)
    assert not old & {record.pk for record in new}
    assert {(record.state, record.erase_at, record.erase_reason) for record in new} == {
        ("restricted", day, "consent_withdrawn")
    }
    entries = [json.loads(bytes(body)) for body in LedgerPending.objects.values_list("body", flat=True)]
    told = {entry["data"].get("until") for entry in entries if entry["event"] == "custody:record:restricted"}
    assert told == {day.isoformat()}, "a restore restricts the old and the new until the same moment"


def test_erasing_somebody_from_a_restricted_call_leaves_it_restricted_until_the_same_day(exchange):
    call = take(exchange, "C1", channels=1)
    day = clock.now() + timedelta(days=5)
    with client_scope(call.client_id):
        for record in live(call, *ORIGINALS, *MADE):
            restrict(record, until=day, provision="none", actor="system", reason="consent_withdrawn")
    mentions.erase_subject(call.client_id, agent_of(call).id, actor="system", reason="erasure")
    new = live(call, *ORIGINALS, *MADE)
    assert {Category(record.category) for record in new} == {*ORIGINALS, *MADE}
    assert {(record.state, record.erase_at) for record in new} == {("restricted", day)}


def test_a_version_of_what_a_matter_holds_is_held_by_it_too(exchange):
    call, matter = take(exchange, "C1"), uuid4()
    with client_scope(call.client_id):
        for record in live(call, *ORIGINALS):
            holds.hold(record, matter=matter, actor="system")
        Call.objects.filter(pk=call.pk).update(redaction=Call.Redaction.PENDING)
        for record in live(call, *MADE):
            destroy_record(record, actor="system", reason="erased")
    assert redact_call.redact_call(call.pk, call.client_id)
    made = live(call, *MADE)
    with client_scope(call.client_id):
        held = Hold.objects.filter(record__in=made, matter=matter, released_at=None)
        assert set(held.values_list("record", flat=True)) == {record.pk for record in made}
        assert holds.move_held(call.client_id) == len(made)


def test_a_floor_that_grew_since_puts_the_day_off(floored):
    floored.call("C1")
    floored.settle()
    withdraw(floored)
    (words,) = live(the_call(floored), Category.TRANSCRIPT_ORIGINAL)
    assert words.erase_at is not None
    RetentionRule.objects.filter(line=floored.line, category=words.category).update(floor_days=3 * FLOOR_DAYS)
    later = words.erase_at + timedelta(days=2 * FLOOR_DAYS)
    with clock.frozen(words.erase_at + timedelta(minutes=1)):
        timers.end_retention()
        assert live(the_call(floored), Category.RECORDING_ORIGINAL) == []
        (words,) = live(the_call(floored), Category.TRANSCRIPT_ORIGINAL)
    assert (words.state, words.erase_at) == ("restricted", later)
    with clock.frozen(later + timedelta(minutes=1)):
        timers.end_retention()
    assert live(the_call(floored), Category.TRANSCRIPT_ORIGINAL) == []


def test_of_two_live_originals_the_newer_is_redacted(exchange, monkeypatch):
    call, opened, real = take(exchange, "C1"), [], redact_call._redact
    with client_scope(call.client_id):
        for record in live(call, *ORIGINALS):
            holds.hold(record, matter=uuid4(), actor="system")
    # As if a security code had been found everywhere, again and again; what is on hold stays beside what replaces it.
    monkeypatch.setattr(
        redact_call, "_without_authentication", lambda found, *_told: (found.transcript, found.legs, ())
    )
    monkeypatch.setattr(redact_call, "_redact", lambda found: opened.append(found) or real(found))
    for number in range(3):
        words = live(call, Category.TRANSCRIPT_ORIGINAL)
        assert len(words) == number + 1
        with client_scope(call.client_id):
            Call.objects.filter(pk=call.pk).update(redaction=Call.Redaction.PENDING)
        assert redact_call.redact_call(call.pk, call.client_id)
        assert opened[-1].transcript_record.pk == max(words, key=lambda one: one.created_at).pk
        assert len(opened[-1].legs) == 2


def test_what_is_published_while_its_caller_is_erased_is_kept_by_its_floor_or_not_published(exchange, monkeypatch):
    RetentionRule.objects.filter(line=exchange.line).update(floor_days=FLOOR_DAYS)
    monkeypatch.setattr("callwarden.flows.jobs._redact_at_once", lambda *_told: None)
    exchange.call("C1")
    exchange.settle()
    call, real, redacting = the_call(exchange), erasing._keep, []

    def redact() -> None:
        try:
            # It may be told to wait for too long; the job would come again.
            with suppress(OperationalError, CallwardenError):
                redact_call.redact_call(call.pk, call.client_id)
        finally:
            connections.close_all()

    def published_meanwhile(*told: Any, **more: Any) -> bool:
        if not redacting:
            redacting.append(Thread(target=redact))
            redacting[0].start()
            redacting[0].join(timeout=5)
        return real(*told, **more)

    monkeypatch.setattr(erasing, "_keep", published_meanwhile)
    with client_scope(call.client_id):
        caller = live(call, Category.TRANSCRIPT_ORIGINAL)[0].subject
        erasing.erase_subject(caller, reason="request_erasure", actor="system")
    redacting[0].join(timeout=30)
    with client_scope(call.client_id):
        theirs = Record.objects.filter(call=call, subject=caller)
        assert set(theirs.values_list("state", flat=True)) == {"restricted"}
