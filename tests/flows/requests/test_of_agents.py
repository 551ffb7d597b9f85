"""An agent who asks or has left is erased by two people, neither of them themselves."""

from __future__ import annotations

from uuid import uuid4

import pytest

from callwarden.custody.categories import Category
from callwarden.custody.holds import hold
from callwarden.custody.models import Call, Leg, Record, Subject
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import agent_subject
from callwarden.flows import redact_call, take_in
from callwarden.flows.mentioned import left
from callwarden.flows.requests import of_agents
from callwarden.kernel import approvals
from callwarden.kernel.errors import CallwardenError, Conflict
from callwarden.kernel.models import User
from callwarden.kernel.people import open_account
from callwarden.kernel.roles import Role
from tests.exchange import OTHER
from tests.flows.requests.conftest import Caller
from tests.work import do_all


@pytest.fixture
def agent(caller: Caller) -> User:
    """Whoever took the call."""
    person = open_account("agent", roles=[Role.AGENT, Role.DPO], actor="system", display_name="Agent")
    with client_scope(caller.client):
        spoke = Subject.objects.filter(records__call=caller.call, kind=Subject.Kind.AGENT)
        Subject.objects.filter(id__in=spoke.values("id")).update(user=person)
        assert agent_subject(caller.client, person).records.exists()
    return person


def test_what_an_agent_said_goes_when_two_others_decide(
    caller: Caller, agent: User, officer: User, second: User
) -> None:
    asked = of_agents.ask(agent, by=officer, reason="They have left.")
    with pytest.raises(CallwardenError):
        approvals.approve(asked.pk, by=officer)
    approvals.approve(asked.pk, by=second)
    approvals.execute(asked.pk, of_agents.act(agent), by=officer)
    do_all()
    assert not of_agents.subjects_of(agent)
    with client_scope(caller.client):
        theirs = Record.objects.filter(subject__user=agent).exclude(state=Record.State.DESTROYED)
        assert not theirs.exists()
        assert not left(caller.client).exists()
        assert Record.objects.filter(call=caller.call, state=Record.State.STORED).exists(), "the caller's stay"
    with pytest.raises(Conflict):
        of_agents.act(agent)


def test_nobody_decides_on_their_own_erasure(caller: Caller, agent: User, officer: User) -> None:
    asked = of_agents.ask(agent, by=officer, reason="They asked for it.")
    approvals.approve(asked.pk, by=agent)
    with pytest.raises(CallwardenError, match="their own erasure"):
        approvals.execute(asked.pk, of_agents.act(agent), by=officer)
    assert of_agents.subjects_of(agent)


def erased(agent: User, officer: User, second: User) -> None:
    asked = of_agents.ask(agent, by=officer, reason="They asked for it.")
    approvals.approve(asked.pk, by=second)
    approvals.execute(asked.pk, of_agents.act(agent), by=officer)
    do_all()


@pytest.mark.parametrize("kept_by", ["floor", "hold"])
def test_an_agent_whose_erasure_waits_takes_calls_as_somebody_new(
    caller: Caller, agent: User, officer: User, second: User, kept_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client_scope(caller.client):
        side = Record.objects.get(subject__user=agent, category=Category.RECORDING_ORIGINAL)
        if kept_by == "hold":
            hold(side, matter=uuid4(), actor="system")
    caller.exchange.line.retention.filter(category=side.category).update(floor_days=30 if kept_by == "floor" else 0)
    erased(agent, officer, second)
    with client_scope(caller.client):
        assert Subject.objects.get(user=agent).erasure_due
    monkeypatch.setattr(take_in, "_agent_of", lambda *_told: agent)
    caller.exchange.call("C2", audio=OTHER.audio, words=OTHER.words_json)
    caller.exchange.settle()
    with client_scope(caller.client):
        call = Call.objects.exclude(pk=caller.call.pk).get()
        assert call.redaction == Call.Redaction.DONE
        spoke = Leg.objects.get(call=call, party=Leg.Party.AGENT).subject
        assert (spoke.user, spoke == side.subject) == (agent, False)
        assert agent_subject(caller.client, agent) == spoke


def test_what_the_caller_said_is_published_anew_while_a_floor_keeps_the_agents_side(
    caller: Caller, agent: User, officer: User, second: User
) -> None:
    caller.exchange.line.retention.filter(category=Category.RECORDING_ORIGINAL).update(floor_days=30)
    erased(agent, officer, second)
    with client_scope(caller.client):
        assert Subject.objects.get(user=agent).erasure_due
        assert Call.objects.get(pk=caller.call.pk).redaction == Call.Redaction.DONE
        Call.objects.filter(pk=caller.call.pk).update(redaction=Call.Redaction.PENDING)
    assert redact_call.redact_call(caller.call.pk, caller.client), "as often as it is to be redacted"
    with client_scope(caller.client):
        live = Record.objects.filter(call=caller.call).exclude(state=Record.State.DESTROYED)
        published = live.filter(category__in=[Category.RECORDING_REDACTED, Category.TRANSCRIPT_REDACTED])
        assert set(published.values_list("subject__kind", "category")) == {
            ("caller", "recording_redacted"),
            ("caller", "transcript_redacted"),
        }
