"""Tickets, campaigns and shifts make the facts of a decision, each only for whom and as long as it was reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from callwarden.control.access.queries import active
from callwarden.control.work import actions, queries
from callwarden.control.work.models import Shift, Task, Tie
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.models import AgentLogin, Customer, Record
from callwarden.custody.scope import client_scope
from callwarden.engines import policy
from callwarden.flows import work
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, foresee
from callwarden.flows.facts import principal_of
from callwarden.kernel import clock
from callwarden.kernel.errors import Conflict, Refused
from callwarden.kernel.models import User
from tests.doors.api.conftest import assert_says_nothing_of, program_for
from tests.flows.centre_of_controls import login_of

from .test_customers import ANN


@pytest.fixture
def agent(line) -> Actor:
    user = User.objects.create(username="lin", roles=["agent"])
    token = keeper_client.tokens(line.client_id, "agent", ["4711"])[0]
    with client_scope(line.client_id):
        AgentLogin.objects.create(client=line.client, login=token, user=user)
    return Actor.person(user, login_of(user))


@pytest.fixture
def ann(program, line) -> Customer:
    program.send("PUT", "/customers/C-2001", ANN)
    with client_scope(line.client_id):
        return Customer.objects.get()


def why_not(actor: Actor, customer: Customer, *, action: str = "view_masked", purpose: str = "service") -> set[str]:
    """The reasons against opening the customer's contact record now."""
    with client_scope(customer.client_id):
        record = Record.objects.get(customer=customer, category="contact")
        ask = Ask(actor, customer.client_id, action, purpose, records={record.id: ()}, reason="asked")
        (reasons,) = foresee(ask).values()
    return set(reasons)


def ticket(program, **changes):
    told = {"ticket": "T-77 13800138000", "customer_no": "C-2001", "agents": ["4711"], **changes}
    return program.send("POST", "/tickets", told)


def test_an_open_ticket_explains_and_a_closed_one_no_more(program, agent, ann, logged):
    assert why_not(agent, ann) == {"no_task"}
    told = ticket(program)
    assert (told.status_code, told.json()["agents"], told.json()["customers"]) == (200, 1, 1)
    assert why_not(agent, ann) == set()
    assert ticket(program, state="closed").json()["ended"]
    assert why_not(agent, ann) == {"no_task"}
    assert not ticket(program, state="closed").json()["ended"]
    assert_says_nothing_of(["T-77", "13800138000", "C-2001"], told, logged)
    with client_scope(ann.client_id):
        assert b"13800138000" not in bytes(Task.objects.get().reference)


def test_a_ticket_explains_to_its_agents_and_its_customer_alone(program, line, agent, ann):
    other = User.objects.create(username="wei", roles=["agent"])
    ticket(program)
    assert why_not(Actor.person(other, login_of(other)), ann) == {"no_task"}
    program.send("PUT", "/customers/C-9", {**ANN, "name": "Bo Other", "phones": ["+44 20 7946 0999"], "emails": []})
    with client_scope(line.client_id):
        bo = Customer.objects.exclude(pk=ann.pk).get()
    assert why_not(agent, bo) == {"no_task"}
    ticket(program, agents=["nobody"])  # reported anew: somebody else's now
    assert why_not(agent, ann) == {"no_task"}


def test_a_forgotten_ticket_ends_by_itself(program, agent, ann):
    ticket(program)
    now = clock.now()
    with clock.frozen(now + timedelta(days=30, minutes=1)), client_scope(ann.client_id):
        assert not queries.explaining(agent.user, [ann.subject_id], purpose="service")
    for wrong in (now - timedelta(minutes=1), now + timedelta(days=31)):
        assert ticket(program, until=wrong.isoformat()).status_code == 422


def test_a_ticket_of_an_unknown_customer_is_refused_and_kept_nowhere(program, line, agent):
    assert ticket(program, customer_no="C-404").status_code == 404
    with client_scope(line.client_id):
        assert not Task.objects.exists()


def test_a_campaign_explains_a_masked_look_for_its_purpose_and_nothing_more(program, agent, ann):
    told = {"campaign": "Autumn", "purpose": "outbound_service", "agents": ["4711"], "customers": ["C-2001", "C-404"]}
    answer = program.send("POST", "/campaigns", told).json()
    assert (answer["customers"], answer["unknown_customers"]) == (1, 1)
    assert "no_task" not in why_not(agent, ann, purpose="outbound_service")
    assert "no_task" in why_not(agent, ann, purpose="outbound_service", action="reveal")
    assert "no_task" in why_not(agent, ann, purpose="service")
    program.send("POST", "/campaigns", {"campaign": "Autumn", "state": "closed"})
    assert "no_task" in why_not(agent, ann, purpose="outbound_service")


def shift(program, starts, ends, **more):
    one = {"agent": "4711", "starts": starts.isoformat(), "ends": ends.isoformat(), **more}
    return program.send("POST", "/shifts", {"shifts": [one]})


def test_without_a_roster_nothing_is_measured_and_with_one_the_hours_count(program, agent, ann):
    ticket(program)
    now, hour = clock.now(), timedelta(hours=1)
    assert why_not(agent, ann) == set()
    assert shift(program, now + hour, now + 8 * hour).status_code == 200
    assert why_not(agent, ann) == {"off_shift"}
    shift(program, now - hour, now + hour)
    assert why_not(agent, ann) == set()
    shift(program, now - hour, now + hour, cancelled=True)
    assert why_not(agent, ann) == {"off_shift"}
    with client_scope(ann.client_id):
        assert Shift.objects.count() == 1


def test_a_shift_that_cannot_be_is_refused_whole(program, agent):
    now = clock.now()
    assert shift(program, now, now).status_code == 422
    assert shift(program, now, now + timedelta(hours=25)).status_code == 422
    assert program.send("POST", "/shifts", {"shifts": []}).status_code == 422


def test_a_key_without_the_scope_reports_nothing(client, owner, line, agent):
    other = program_for(client, owner, scopes=["customers", "calls"])
    for path, told in (("/tickets", {"ticket": "1"}), ("/campaigns", {"campaign": "1"}), ("/shifts", {"shifts": []})):
        assert other.send("POST", path, told).status_code == 403


def declared(customer: Customer, user: User, by: str = "system") -> Tie:
    return work.declare_tie(customer.client_id, "C-2001", user=user, kind="family", actor=by)


def test_a_tie_forbids_everything_from_its_declaration_on(program, agent, ann):
    ticket(program)
    assert why_not(agent, ann) == set()
    tie = declared(ann, agent.user, by="11111111-1111-4111-8111-111111111111")
    assert "own_record" in why_not(agent, ann)
    with client_scope(ann.client_id):
        actions.confirm_tie(tie, actor="22222222-2222-4222-8222-222222222222")
    assert "own_record" in why_not(agent, ann)
    with client_scope(ann.client_id):
        actions.end_tie(tie, actor="22222222-2222-4222-8222-222222222222")
    assert why_not(agent, ann) == set()


def test_neither_who_declared_a_tie_nor_who_has_it_confirms_or_ends_it(agent, ann):
    tie = declared(ann, agent.user, by="11111111-1111-4111-8111-111111111111")
    with client_scope(ann.client_id):
        for actor in ("11111111-1111-4111-8111-111111111111", agent.name):
            for act in (actions.confirm_tie, actions.end_tie):
                with pytest.raises(Refused):
                    act(tie, actor=actor)
    with pytest.raises(Conflict):
        declared(ann, agent.user)


def test_a_tie_reaches_every_key_holder_known_to_be_the_same_person(agent, ann):
    from callwarden.custody.models import PersonLink, Subject

    declared(ann, agent.user)
    with client_scope(ann.client_id):
        caller = Subject.objects.create(client_id=ann.client_id, kind="caller", created_at=clock.now())
        PersonLink.objects.create(
            client_id=ann.client_id, person_id=ann.person_id, subject=caller, linked_at=clock.now()
        )
        assert {str(caller.id), str(ann.subject_id)} <= principal_of(agent).subject_links


SPOILT = [
    ("context", name) for name in ("ticket", "campaign", "active_call", "grant", "consent", "bulk_count")
] + [("principal", name) for name in ("shift", "training", "subject_links", "queues", "clients", "session")] + [
    ("resource", name) for name in ("vip", "hold", "restricted", "subject_links", "queue", "client")
]  # fmt: skip


@pytest.mark.parametrize(("part", "fact"), SPOILT)
def test_a_fact_that_is_lost_on_the_way_opens_nothing(line, part, fact):
    law = active()
    principal = policy.Principal(
        "x", frozenset({"agent"}), "s", frozenset(), "not_measured", "on", policy.ANY, policy.ANY, mfa_age_s=1
    )
    record = policy.Record("r", "contact", "c", "l", "", frozenset({"x"}), vip=False, hold=False, restricted=False)
    context = policy.Context("service", reason_given=True, ticket=True)
    request = policy.Request(principal, "view_masked", record, context)
    assert policy.decide(law, request).allowed
    spoilt = replace(request, **{part: replace(getattr(request, part), **{fact: None})})
    assert not policy.decide(law, spoilt).allowed
