"""An agent who asks or has left is erased by two people, neither of them themselves."""

from __future__ import annotations

import pytest

from callwarden.custody.models import Record, Subject
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import agent_subject
from callwarden.flows.mentioned import left
from callwarden.flows.requests import of_agents
from callwarden.kernel import approvals
from callwarden.kernel.errors import CallwardenError, Conflict
from callwarden.kernel.models import User
from callwarden.kernel.people import open_account
from callwarden.kernel.roles import Role
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
