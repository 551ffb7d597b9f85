"""What waits for its hold to be rid of somebody is not given back to use by its release: not what its caller asked to
be stored only meanwhile, and nothing before there is a version without them.
"""

from __future__ import annotations

from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone

from callwarden.custody import holds
from callwarden.custody.destroy import destroy_record
from callwarden.custody.keeper.client import KeeperUnavailable
from callwarden.custody.models import Call, Hold, Leg, Record, Subject
from callwarden.custody.scope import client_scope
from callwarden.engines.redact import KnownValues
from callwarden.flows import mentions
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.flows.mentioned import REASON, left
from callwarden.flows.requests import lifting, work
from callwarden.kernel import approvals
from callwarden.kernel.models import User
from callwarden.lawful.requests.kinds import Kind
from tests.exchange import words_of
from tests.flows.requests.conftest import NUMBER, Caller
from tests.flows.requests.test_erasing import planned
from tests.flows.requests.test_restricting import restricted
from tests.flows.test_mentions import SOUNDS, WORDS, agent_of, live, noise, turns


@pytest.fixture
def held(caller: Caller) -> Call:
    """A call whose sound is of both, on hold, and whose agent was erased meanwhile."""
    words = words_of(turns(channels=False, end=12_500))
    caller.exchange.call("C2", customer=NUMBER, audio=noise(1, 14), words=words)
    caller.exchange.settle()
    with client_scope(caller.client):
        call = Call.objects.exclude(pk=caller.call.pk).get()
        assert call.customer_id == caller.customer.id
        holds.hold(Record.objects.filter(call=call).earliest("created_at", "id"), matter=uuid4(), actor="system")
    mentions.erase_subject(caller.client, agent_of(call).id, actor="system", reason="erasure")
    assert {(one.state, one.erase_reason) for one in live(call, *SOUNDS, *WORDS)} == {("restricted", REASON)}
    return call


def release(call: Call) -> None:
    with client_scope(call.client_id):
        for one in Hold.objects.filter(record__call=call, released_at__isnull=True):
            holds.release(one.pk, actor="system")


def bounds(call: Call) -> set[tuple[str, str]]:
    """What binds the words and the sound there are of it now."""
    found = live(call, *SOUNDS, *WORDS)
    assert sorted(one.category for one in found) == sorted([*SOUNDS, *WORDS])
    return {(one.state, one.erase_reason) for one in found}


def test_a_restriction_asked_for_during_the_hold_survives_its_release_until_it_is_lifted(caller, held, officer):
    request, before = restricted(caller), {one.pk for one in live(held, *SOUNDS, *WORDS)}
    release(held)
    assert mentions.take_out_left(caller.client) == 1
    assert not before & {one.pk for one in live(held, *SOUNDS, *WORDS)}, "they are versions without the agent"
    assert bounds(held) == {("restricted", "")}
    second = User.objects.create(username="another", roles=["security_administrator"])
    with client_scope(caller.client):
        asked = lifting.ask(request, told_on=timezone.localdate(), by=officer, reason="The dispute is settled.")
        act = lifting.act(request, told_on=timezone.localdate())
    approvals.approve(asked.pk, by=second)
    approvals.execute(asked.pk, act, by=officer)
    assert bounds(held) == {("stored", "")}


def test_where_nobody_asked_for_it_the_version_without_the_erased_is_used_again(caller, held):
    release(held)
    assert mentions.take_out_left(caller.client) == 1
    assert bounds(held) == {("stored", "")}


def test_a_restriction_asked_for_while_the_version_is_made_reaches_it(caller, held, monkeypatch):
    release(held)
    with client_scope(caller.client):
        # Nothing else of theirs is there that both would meet at.
        for record in Record.objects.filter(call=held, state=Record.State.STORED):
            destroy_record(record, actor="system", reason="retention_ended")
    request = planned(caller, Kind.RESTRICTION)
    real, runs = mentions.put_json, []

    def ask() -> None:
        try:
            with client_scope(caller.client):
                work.begin(request, actor="system")
            work.run(caller.client, request.id)
        finally:
            connections.close_all()

    def asked_meanwhile(*told: Any, **more: Any) -> Record:
        if not runs:
            runs.append(Thread(target=ask))
            runs[0].start()
            runs[0].join(timeout=5)
        return real(*told, **more)

    monkeypatch.setattr(mentions, "put_json", asked_meanwhile)
    assert mentions.take_out_left(caller.client) == 1
    runs[0].join(timeout=120)
    with client_scope(caller.client):
        callers = Leg.objects.filter(call=held).exclude(party=Leg.Party.AGENT).values("subject")
        live_now = Record.objects.filter(call=held, subject__in=callers).exclude(state=Record.State.DESTROYED)
        assert set(live_now.values_list("state", flat=True)) == {"restricted"}


def test_a_keeper_that_refuses_after_the_release_gives_nothing_back_and_the_next_pass_succeeds(
    caller, held, monkeypatch
):
    release(held)
    before = {one.pk for one in live(held, *SOUNDS, *WORDS)}

    def refuses(*_told: object) -> None:
        raise KeeperUnavailable("keeper_unavailable", "The keeper does not answer.")

    with monkeypatch.context() as broken:
        broken.setattr(mentions, "open_record", refuses)
        with pytest.raises(KeeperUnavailable):
            mentions.take_out_left(caller.client)
    assert {one.pk for one in live(held, *SOUNDS, *WORDS)} == before
    assert bounds(held) == {("restricted", REASON)}
    assert mentions.take_out_left(caller.client) == 1
    assert not before & {one.pk for one in live(held, *SOUNDS, *WORDS)}
    assert bounds(held) == {("stored", "")}


def test_a_version_that_still_speaks_of_somebody_erased_waits_until_they_are_out_too(caller, held):
    row = customer_of({"name": "陆听雨", "phones": []}, customer_no="K99")
    other = take_in_customer(caller.exchange.line, row, actor="system").customer.subject
    assert mentions.mention(held, other)
    mentions.erase_subject(caller.client, other.id, actor="system", reason="erasure")
    release(held)
    with client_scope(caller.client):
        agent = Subject.objects.filter(kind="agent", mentions__record__call=held).distinct().get()
    mentions._take_out(held, agent, KnownValues())
    assert bounds(held) == {("restricted", REASON)}
    assert mentions.take_out_left(caller.client) == 1
    with client_scope(caller.client):
        assert not left(caller.client).exists()
