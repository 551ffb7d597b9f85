"""Words are found where they could be read, and nowhere else: that a word fell in something is told by finding it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from callwarden.custody.categories import Category
from callwarden.custody.destroy import buckets_over, destroy_buckets
from callwarden.custody.models import Call, SearchToken
from callwarden.custody.restrict import restrict
from callwarden.custody.scope import client_scope
from callwarden.flows.actors import Actor
from callwarden.flows.calls import find_by_words
from callwarden.flows.search import find
from callwarden.kernel import clock
from tests.flows.centre_of_controls import login_of, person
from tests.flows.test_mentions import take

WORD = "订单"


@pytest.fixture
def call(exchange) -> Call:
    return take(exchange, "C1")


@pytest.fixture
def officer(call) -> Actor:
    found = person("officer", "data_protection_officer")
    return Actor.person(found, login_of(found))


def by(officer: Actor, call: Call, purpose: str) -> tuple[UUID, ...]:
    return find_by_words(officer, call.client_id, WORD, purpose=purpose)


def found(call: Call) -> bool:
    with client_scope(call.client_id):
        return bool(find(call.client_id, WORD))


def test_a_restricted_transcript_is_found_only_for_what_goes_on_while_it_is(call, officer, exchange):
    assert by(officer, call, "complaint_handling") == (call.pk,)
    with client_scope(call.client_id):
        for record in exchange.records(Category.TRANSCRIPT_REDACTED):
            until = clock.now() + timedelta(days=30)
            restrict(record, until=until, provision="none", actor="system", reason="request_restriction")
    assert by(officer, call, "complaint_handling") == ()
    assert by(officer, call, "subject_request") == (call.pk,)


def test_a_transcript_past_its_due_date_is_not_found(call, exchange):
    (record,) = exchange.records(Category.TRANSCRIPT_REDACTED)
    assert found(call)
    with clock.frozen(record.due_at - timedelta(minutes=1)) as time:
        assert found(call)
        time.advance(timedelta(minutes=2))
        assert not found(call)


def test_a_transcript_whose_bucket_has_ended_is_not_found_before_it_is_cleared_away(call, exchange):
    (record,) = exchange.records(Category.TRANSCRIPT_REDACTED)
    with client_scope(call.client_id):
        destroy_buckets(buckets_over(call.client_id, today=record.bucket.expires_on), actor="system")
        assert SearchToken.objects.filter(record=record).exists()
    assert not found(call)
