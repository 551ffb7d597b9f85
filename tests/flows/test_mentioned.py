"""Looking every minute for whom erasing left behind takes as many queries however many calls it reached."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from callwarden.custody.models import Call, Leg, Mention, Record, Subject
from callwarden.custody.scope import client_scope
from callwarden.flows import mentioned, mentions
from callwarden.kernel import clock
from tests.exchange import Exchange
from tests.flows.test_mentions import WORDS, agent_of, live, take


@pytest.fixture
def cleaned(exchange: Exchange) -> Call:
    """A call without its agent, who is erased."""
    call = take(exchange, "C1")
    mentions.erase_subject(call.client_id, agent_of(call).id, actor="system", reason="erasure")
    with client_scope(call.client_id):
        assert not Mention.objects.exists()
    return call


def more(call: Call, first: int, last: int) -> None:
    """Further calls like this one: rows only, nothing is opened here."""
    with client_scope(call.client_id):
        rows = [*Leg.objects.filter(call=call), *live(call, *WORDS)]
        for number in range(first, last):
            other = Call.objects.get(pk=call.pk)
            other.pk, other.reference = UUID(int=number), number.to_bytes(32)
            other.save(force_insert=True)
            for place, row in enumerate(rows):
                copy = type(row).objects.get(pk=row.pk)
                copy.pk, copy.call = UUID(int=(number << 8) + place), other
                copy.save(force_insert=True)


def cost(client: UUID) -> tuple[int, int]:
    """Queries of the clock and of the job, where nothing is left to be done."""
    with client_scope(client):
        with CaptureQueriesContext(connection) as clock_s:
            assert not mentioned.waiting(client)
        with CaptureQueriesContext(connection) as job_s:
            assert not mentioned.to_go_over(client)
            assert not mentioned.left(client).exists()
    return len(clock_s), len(job_s)


def test_thirty_cleaned_calls_take_no_more_queries_than_three(cleaned):
    more(cleaned, 1, 3)
    few = cost(cleaned.client_id)
    more(cleaned, 3, 30)
    assert cost(cleaned.client_id) == few
    assert few[0] <= 3


def test_while_nobody_is_erased_no_record_is_looked_at(exchange):
    call = take(exchange, "C1")
    with client_scope(call.client_id), CaptureQueriesContext(connection) as asked:
        assert not mentioned.waiting(call.client_id)
    assert len(asked) == 1


@pytest.mark.parametrize("seen", ["leg", "mention", "due"])
def test_one_call_with_the_erased_among_many_without_them_is_found(cleaned, seen):
    more(cleaned, 1, 4)
    with client_scope(cleaned.client_id):
        agent = Leg.objects.get(call=cleaned, party=Leg.Party.AGENT).subject
        record = live(Call.objects.get(pk=UUID(int=2)), *WORDS)[0]
        if seen == "mention":
            Mention.objects.create(client_id=cleaned.client_id, record=record, subject=agent)
        else:
            Record.objects.filter(pk=record.pk).update(media={"format": "json"})
        if seen == "due":
            Subject.objects.filter(pk=agent.pk).update(destroyed_at=None, erasure_due=True)
        assert mentioned.waiting(cleaned.client_id)
        assert list(mentioned.left(cleaned.client_id)) == [record]
        assert mentioned.to_go_over(cleaned.client_id) == {record.call: [agent]}
        # What goes by itself on its day is not gone over.
        Record.objects.filter(pk=record.pk).update(erase_at=clock.now() + timedelta(days=1))
        assert not mentioned.waiting(cleaned.client_id)
