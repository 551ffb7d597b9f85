"""Access for a time: it opens exactly what was approved, to whom, for what, until then, and not once more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.control.access.actions import activate, ensure_default
from callwarden.control.access.queries import active
from callwarden.control.grants import actions, queries, rules
from callwarden.control.grants.models import AccessGrant, GrantedRecord
from callwarden.control.grants.rules import Wish
from callwarden.custody.models import Customer, LedgerEntry, Permit, Record
from callwarden.custody.open import open_fields
from callwarden.custody.scope import client_scope
from callwarden.engines.policy import Cell
from callwarden.flows import granting
from callwarden.flows.actors import Actor
from callwarden.flows.customers import take_in_customer
from callwarden.flows.disclose import AccessRefused, Ask, disclose
from callwarden.flows.formats import customer_of
from callwarden.flows.reveal import reveal
from callwarden.kernel import approvals, clock, people
from callwarden.kernel.errors import CallwardenError, Conflict, InvalidInput, NotFound, Refused
from callwarden.kernel.models import Approval, User
from tests.flows.centre_of_controls import login_of, person, sequence
from tests.kernel.conftest import refused
from tests.work import forget_jobs

State = AccessGrant.State
PURPOSE = "complaint_handling"


@pytest.fixture
def vip(keeper, line) -> Customer:
    """Somebody whose record nobody opens without a call in hand or leave to do so."""
    forget_jobs()
    ensure_default()
    told = {"name": "王小明", "phones": ["13800138000"], "email": "wang@example.org"}
    take_in_customer(line, customer_of(told, customer_no="K77"), actor="system")
    with client_scope(line.client_id):
        Customer.objects.update(vip=True)
        return Customer.objects.get()


@pytest.fixture
def leader(vip) -> User:
    return person("leader", "team_leader")


@pytest.fixture
def actor(leader) -> Actor:
    return Actor.person(leader, login_of(leader))


@pytest.fixture
def officer(vip) -> User:
    return person("officer", "data_protection_officer")


def record_of(customer: Customer, category: str = "identity") -> Record:
    with client_scope(customer.client_id):
        return Record.objects.get(customer=customer, category=category)


def wish(actor: Actor, vip: Customer, **more: Any) -> Wish:
    asked = {
        "action": "reveal",
        "purpose": PURPOSE,
        "reason": "The caller disputes a bill.",
        "minutes": 30,
        "uses": 3,
        "fields": ("name",),
        "ticket": "CS-17",
    }
    return granting.wish_for(actor, vip.client_id, "records", [record_of(vip).id], **{**asked, **more})


def approved(actor: Actor, wished: Wish, *by: User) -> AccessGrant:
    grant = granting.ask(actor, wished)
    for one in by:
        approvals.approve(grant.approval, by=one)
    return grant


def begun(actor: Actor, wished: Wish, *by: User) -> AccessGrant:
    assert actor.user is not None
    return actions.begin(approved(actor, wished, *by).pk, by=actor.user)


def names(actor: Actor, vip: Customer, field: str = "name", **more: Any) -> list[str]:
    given = {"purpose": PURPOSE, "reason": "The caller asks.", **more}
    return reveal(actor, vip.client_id, record_of(vip).id, field, **given).values


def test_from_the_refusal_to_the_value_and_to_the_end(actor, leader, officer, vip) -> None:
    with pytest.raises(AccessRefused) as info:
        names(actor, vip)
    assert granting.may_help(info.value)
    assert info.value.asked is not None
    assert set(info.value.asked.records) == {record_of(vip).id}
    grant = approved(actor, wish(actor, vip), officer)
    with pytest.raises(AccessRefused):
        names(actor, vip)
    grant = actions.begin(grant.pk, by=leader)
    assert grant.state == State.LIVE
    assert grant.ends_at - grant.starts_at == timedelta(minutes=30)
    assert names(actor, vip) == ["王小明"]
    sequence()
    entry = LedgerEntry.objects.filter(event="disclose:record:reveal").latest("index")
    assert str(grant.pk) in bytes(entry.body).decode()
    assert "王小明" not in bytes(entry.body).decode()
    for _again in range(2):
        names(actor, vip)
    with pytest.raises(AccessRefused):
        names(actor, vip)
    assert AccessGrant.objects.get().uses == 3


def test_it_fits_nothing_else(actor, officer, vip) -> None:
    begun(actor, wish(actor, vip), officer)
    other = person("other", "team_leader")
    stranger = Actor.person(other, login_of(other))
    with pytest.raises(AccessRefused):
        names(stranger, vip)
    with pytest.raises(AccessRefused):
        names(actor, vip, purpose="service")
    with client_scope(vip.client_id):
        contact = record_of(vip, "contact").id
    for different in (
        {"action": "play_redacted"},
        {"action": "export"},
        {"records": {contact: ("email",)}},
        {"records": {record_of(vip).id: ("name",), contact: ("email",)}},
        {"records": {record_of(vip).id: ()}},
        {"records": {record_of(vip).id: ("name", "birth_date")}},
    ):
        ask = Ask(actor, vip.client_id, "reveal", PURPOSE, {record_of(vip).id: ("name",)}, reason="Because.")
        with pytest.raises(AccessRefused):
            disclose(replace(ask, **different))  # type: ignore[arg-type]
    assert AccessGrant.objects.get().uses == 0


def test_it_is_the_persons_and_not_the_sessions(actor, leader, officer, vip) -> None:
    begun(actor, wish(actor, vip), officer)
    again = Actor.person(leader, login_of(leader))
    assert names(again, vip) == ["王小明"]


def test_what_needs_no_grant_uses_none_up(actor, officer, vip) -> None:
    begun(actor, wish(actor, vip), officer)
    with client_scope(vip.client_id):
        Customer.objects.update(vip=False)
    assert names(actor, vip) == ["王小明"]
    assert AccessGrant.objects.get().uses == 0


def test_time_ends_it_and_the_permit_lasts_no_longer(actor, officer, vip) -> None:
    with clock.frozen(clock.now()) as time:
        grant = begun(actor, wish(actor, vip, minutes=1), officer)
        time.advance(timedelta(seconds=50))
        ask = Ask(
            actor,
            vip.client_id,
            "reveal",
            PURPOSE,
            {record_of(vip).id: ("name",)},
            reason="x",
            lasts=timedelta(hours=1),
        )
        permit = Permit.objects.get(pk=disclose(ask).permit)
        assert permit.expires_at <= grant.ends_at
        time.advance(timedelta(seconds=10))
        sequence()
        with pytest.raises(AccessRefused):
            names(actor, vip)
        assert actions.tidy() == 1
    assert (AccessGrant.objects.get().state, AccessGrant.objects.get().why_ended) == (State.ENDED, "time")


def test_taking_it_away_ends_what_it_opened(actor, leader, officer, vip) -> None:
    grant = begun(actor, wish(actor, vip), officer)
    ask = Ask(actor, vip.client_id, "reveal", PURPOSE, {record_of(vip).id: ("name",)}, reason="x")
    opened = disclose(ask)
    with refused(NotFound, "no_such_grant"):
        actions.end(grant.pk, by=person("bystander", "team_leader"))
    actions.end(grant.pk, by=officer)
    assert AccessGrant.objects.get().why_ended == "revoked"
    with client_scope(vip.client_id), pytest.raises(CallwardenError):
        open_fields(opened, record_of(vip))
    with pytest.raises(AccessRefused):
        names(actor, vip)
    with refused(Conflict, "no_such_step"):
        actions.end(grant.pk, by=leader)


@pytest.mark.parametrize("how", ["leaver", "role", "frozen"])
def test_it_ends_with_the_account_and_with_the_role(actor, leader, officer, vip, how) -> None:
    grant, waiting = begun(actor, wish(actor, vip), officer), approved(actor, wish(actor, vip), officer)
    if how == "leaver":
        people.close_account(leader, actor="system")
    elif how == "role":
        people.set_roles(leader, ["quality_reviewer"], actor="system")
    else:
        people.freeze_account(leader, actor="system", reason="alert")
    states = dict(AccessGrant.objects.values_list("pk", "state"))
    assert states == {grant.pk: State.ENDED, waiting.pk: State.DROPPED}
    with pytest.raises(CallwardenError):
        actions.begin(waiting.pk, by=leader)


def test_another_policy_in_between_and_it_is_asked_for_anew(actor, leader, officer, vip) -> None:
    grant = approved(actor, wish(actor, vip), officer)
    cell = Cell(role="quality_reviewer", purpose="quality", category="identity", action="view_masked")
    activate(active().matrix.with_cell(cell, True), actor="system")
    with refused(Conflict, "policy_changed"):
        actions.begin(grant.pk, by=leader)


def test_the_policy_decides_anew_each_time(actor, officer, vip) -> None:
    begun(actor, wish(actor, vip), officer)
    cell = Cell(role="team_leader", purpose=PURPOSE, category="identity", action="reveal")
    activate(active().matrix.with_cell(cell, False), actor="system")
    with pytest.raises(AccessRefused):
        names(actor, vip)


def test_what_it_could_not_open_is_refused_when_asked(officer, vip) -> None:
    auditor = person("auditor", "auditor")
    actor = Actor.person(auditor, login_of(auditor))
    wished = wish(actor, vip)
    with pytest.raises(AccessRefused) as info:
        granting.ask(actor, wished)
    assert "not_granted" in info.value.data["reasons"]
    assert not Approval.objects.exists()


def test_nobody_begins_anothers_and_nobody_approves_their_own(actor, leader, officer, vip) -> None:
    grant = approved(actor, wish(actor, vip))
    with refused(Refused, "own_request"):
        approvals.approve(grant.approval, by=leader)
    with pytest.raises(CallwardenError):
        actions.begin(grant.pk, by=leader)
    approvals.approve(grant.approval, by=officer)
    with refused(NotFound, "no_such_grant"):
        actions.begin(grant.pk, by=officer)
    with refused(Refused, "grant_begun_by_another"):
        approvals.execute(grant.approval, approvals.act_of(Approval.objects.get()), by=officer)


def test_export_needs_two_others_from_two_roles(vip, officer, leader) -> None:
    actor = Actor.person(officer, login_of(officer))
    wished = granting.wish_for(
        actor,
        vip.client_id,
        "customer",
        [vip.id],
        action="export",
        purpose="subject_request",
        reason="For the person's own copy.",
        minutes=10,
        uses=1,
        ticket="DSR-4",
    )
    second = person("second", "team_leader")
    grant = approved(actor, wished, leader, second)
    assert Approval.objects.get().kind == actions.GIVE_MANY
    assert Approval.objects.get().state == Approval.State.PENDING
    approvals.approve(grant.approval, by=person("security", "security_administrator"))
    assert actions.begin(grant.pk, by=officer).state == State.LIVE


def test_the_rows_are_frozen_when_it_is_asked_for(actor, leader, officer, vip) -> None:
    grant = approved(actor, wish(actor, vip), officer)
    row = GrantedRecord.objects.get()
    for change in ({"fields": []}, {"record": UUID(int=3)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            GrantedRecord.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessGrant.objects.update(minutes=480)
    GrantedRecord.objects.create(grant=grant, record=UUID(int=9), subject=UUID(int=9))
    with refused(Conflict, "act_changed"):
        actions.begin(grant.pk, by=leader)
    GrantedRecord.objects.filter(record=UUID(int=9)).delete()
    actions.begin(grant.pk, by=leader)
    with pytest.raises(IntegrityError), transaction.atomic():
        GrantedRecord.objects.create(grant=grant, record=UUID(int=9), subject=UUID(int=9))
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessGrant.objects.update(ends_at=clock.now() + timedelta(days=1))


def test_what_was_refused_or_forgotten_is_dropped(actor, leader, officer, vip) -> None:
    with clock.frozen(clock.now()) as time:
        first, second, third = (approved(actor, wish(actor, vip)) for _ in range(3))
        approvals.refuse(first.approval, by=officer, reason="No.")
        actions.end(second.pk, by=leader)
        time.advance(timedelta(hours=4))
        approvals.expire_overdue()
        assert actions.tidy() == 2
    why = dict(AccessGrant.objects.values_list("pk", "why_ended"))
    assert why == {first.pk: "refused", second.pk: "withdrawn", third.pk: "expired"}


def test_the_person_learns_of_it(actor, officer, vip) -> None:
    begun(actor, wish(actor, vip), officer)
    names(actor, vip)
    with client_scope(vip.client_id):
        subject = record_of(vip).subject_id
    (found,) = queries.about_subjects([subject])
    assert (found.uses, found.purpose) == (1, PURPOSE)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"minutes": 481}, "grant_minutes"),
        ({"minutes": 0}, "grant_minutes"),
        ({"uses": 0}, "grant_uses"),
        ({"reason": " a "}, "reason_missing"),
        ({"ticket": ""}, "grant_for_what"),
        ({"ticket": "13800138000"}, "ticket_malformed"),
        ({"ticket": "王小明"}, "ticket_malformed"),
        ({"action": "erase"}, "grant_action"),
        ({"fields": ("plate",)}, "grant_of_nothing"),
    ],
)
def test_what_nobody_is_asked_for(actor, vip, wrong: dict[str, Any], code: str) -> None:
    with pytest.raises((InvalidInput, Refused)) as info:
        wish(actor, vip, **wrong)
    assert info.value.code == code


_rows = st.dictionaries(
    st.uuids(), st.tuples(st.uuids(), st.lists(st.sampled_from(["name", "phone"]), max_size=2, unique=True).map(tuple))
)


@given(one=_rows, other=_rows)
@settings(max_examples=60)
def test_the_digest_is_of_exactly_these_records_and_fields(one: Any, other: Any) -> None:
    same = {k: sorted(v[1]) for k, v in one.items()} == {k: sorted(v[1]) for k, v in other.items()}
    assert (rules.digest_of(one) == rules.digest_of(other)) == same


@given(
    granted=st.lists(st.sampled_from("abc"), unique=True),
    asked=st.lists(st.sampled_from("abc"), unique=True).map(tuple),
)
def test_some_fields_never_cover_a_whole_record(granted: list[str], asked: tuple[str, ...]) -> None:
    everything = set("abc")
    means: Callable[[Any], set[str]] = lambda fields: set(fields) or everything | {"and more"}  # noqa: E731
    assert rules.covers(granted, asked) == (means(asked) <= means(granted))
