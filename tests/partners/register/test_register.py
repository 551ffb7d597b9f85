"""A partner moves along its table alone, is stopped by one and let go on by two, and no person stands in the log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from callwarden.custody.models import Client, LedgerDetail, Line
from callwarden.custody.scope import client_scope
from callwarden.kernel import approvals, clock
from callwarden.kernel.errors import CallwardenError, Conflict, InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval, User
from callwarden.partners.register import actions, acts, queries
from callwarden.partners.register.actions import Wish
from callwarden.partners.register.models import Partner
from callwarden.partners.register.rules import NEEDED_DUTIES
from callwarden.partners.register.terms import State
from tests.kernel.conftest import Ledger, refused

MakePerson = Callable[..., User]
REACHED = {"name": "王小明", "mail": "wang@example.com", "phone": "+86 755 8123 4567"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(db: None) -> Client:
    return Client.objects.create(slug="acme", name="Acme")


@pytest.fixture
def manager(person: MakePerson) -> User:
    return person("partner_manager")


@pytest.fixture
def inside(client: Client) -> Iterator[None]:
    with client_scope(client.pk):
        yield


def wish(owner: User, **more: Any) -> Wish:
    return replace(Wish("Bluewave BPO", "蓝浪外包", "CN", "91440300MA5F", "processor", ("CN 深圳",), owner), **more)


def registered(client: Client, by: User, **more: Any) -> Partner:
    return actions.register(client.pk, wish(by, **more), by=by)


def complete(partner: Partner, by: User) -> Partner:
    actions.add_service(partner, kind="calls", lines=(), categories=["contact"], volume=1, by=by)
    for duty in NEEDED_DUTIES:
        actions.name_contact(partner, duty=duty, **REACHED, by=by)
    return partner


def vetted(partner: Partner, until: date | None = None) -> Partner:
    """As the vetting will leave it: there is no other way to a partner that passed one yet."""
    Partner.objects.filter(pk=partner.pk).update(vetted_until=until or timezone.localdate(clock.now()))
    partner.refresh_from_db()
    return partner


def approved(client: Client, by: User) -> Partner:
    partner = vetted(complete(registered(client, by), by))
    actions.move(partner, State.ASSESSING, by=by)
    return actions.move(partner, State.APPROVED, by=by)


def resumed(partner: Partner, by: User, second: User) -> Partner:
    act = acts.resumption(partner)
    asked = approvals.request(act, requester=by, reason="Cleared up.", client=partner.client_id)
    approvals.approve(asked.pk, by=second)
    approvals.execute(asked.pk, act, by=by)
    partner.refresh_from_db()
    return partner


def test_it_is_registered_once_and_the_log_names_nobody(
    client: Client, manager: User, ledger: Ledger, inside: None
) -> None:
    partner = registered(client, manager)
    assert (partner.state, ledger[-1].event) == (State.PROSPECT, Event.PARTNER_REGISTERED)
    with refused(InvalidInput, "partner_known"):
        registered(client, manager, name="Another")
    assert Partner.objects.count() == 1


def test_what_is_missing_is_said_and_the_assessment_does_not_begin(client: Client, manager: User, inside: None) -> None:
    partner = registered(client, manager)
    with refused(Refused, "partner_step") as refusal:
        actions.move(partner, State.ASSESSING, by=manager)
    assert refusal.value.data["count"] == 1 + len(NEEDED_DUTIES)
    complete(partner, manager)
    assert actions.move(partner, State.ASSESSING, by=manager).state == State.ASSESSING


def test_nobody_is_approved_without_a_vetting_that_counts_today(client: Client, manager: User, inside: None) -> None:
    partner = complete(registered(client, manager), manager)
    actions.move(partner, State.ASSESSING, by=manager)
    for until in (None, timezone.localdate(clock.now()) - timedelta(days=1)):
        Partner.objects.filter(pk=partner.pk).update(vetted_until=until)
        partner.refresh_from_db()
        with refused(Refused, "partner_step"):
            actions.move(partner, State.APPROVED, by=manager)
    assert actions.move(vetted(partner), State.APPROVED, by=manager).state == State.APPROVED


def test_nobody_is_active_without_an_agreement(client: Client, manager: User, inside: None) -> None:
    partner = approved(client, manager)
    with refused(Refused, "partner_step"):
        actions.move(partner, State.ACTIVE, by=manager)


@pytest.mark.parametrize(
    "written",
    [
        {"state": "active", "vetted_until": "2026-03-02", "agreement": None},
        {"state": "approved", "vetted_until": None},
        {"state": "suspended", "suspended_from": "assessing", "suspended_at": None},
        {"state": "exited", "holds_data": True},
        {"state": "exiting", "suspended_from": "assessing"},
        {"state": "active", "vetted_until": "2026-03-02", "agreement": str(UUID(int=1))},
    ],
    ids=["no-agreement", "no-vetting", "no-time", "with-data", "left-over", "no-step"],
)
def test_the_database_refuses_a_state_outside_the_rule(
    client: Client, manager: User, inside: None, written: dict[str, object]
) -> None:
    partner = complete(registered(client, manager), manager)
    actions.move(partner, State.ASSESSING, by=manager)
    sets = ", ".join(f"{name} = %s" for name in written)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE partners_partner SET {sets} WHERE id = %s", [*written.values(), partner.pk])


def test_the_database_knows_the_table_of_steps(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger"
            " WHERE tgrelid = 'partners_partner'::regclass AND tgname = 'guard_state'"
        )
        (told,) = cursor.fetchone()
    assert f"'{Partner.machine.table}'" in told


def test_one_stops_it_at_once_and_one_alone_does_not_let_it_go_on(
    client: Client, manager: User, person: MakePerson, ledger: Ledger, inside: None
) -> None:
    partner = approved(client, manager)
    with refused(InvalidInput, "reason_missing"):
        actions.suspend(partner, reason=" ", by=manager)
    actions.suspend(partner, reason="Its laptop was stolen.", by=manager)
    assert (partner.state, ledger[-1].event) == (State.SUSPENDED, Event.PARTNER_SUSPENDED)
    assert ledger[-1].detail == {"reason": "Its laptop was stolen."}
    for to in (State.APPROVED, State.ASSESSING, State.ACTIVE):
        with refused(Conflict, "resumed_by_two"):
            actions.move(partner, to, by=manager)
    officer = person("data_protection_officer")
    act = acts.resumption(partner)
    asked = approvals.request(act, requester=officer, reason="Cleared up.")
    with refused(Refused, "own_request"):
        approvals.approve(asked.pk, by=officer)
    with pytest.raises(Conflict):
        approvals.execute(asked.pk, act, by=officer)
    partner.refresh_from_db()
    assert partner.state == State.SUSPENDED


def test_two_let_it_go_on_and_a_stale_vetting_leads_back_to_the_assessment(
    client: Client, manager: User, person: MakePerson, inside: None
) -> None:
    officer = person("data_protection_officer")
    partner = approved(client, manager)
    actions.suspend(partner, reason="Why.", by=manager)
    assert resumed(partner, manager, officer).state == State.APPROVED
    actions.suspend(partner, reason="Again.", by=officer)
    vetted(partner, timezone.localdate(clock.now()) - timedelta(days=1))
    assert resumed(partner, manager, officer).state == State.ASSESSING
    assert (partner.suspended_at, partner.suspended_from) == (None, "")


def test_an_approval_lets_it_go_on_from_the_suspension_it_was_asked_for_alone(
    client: Client, manager: User, person: MakePerson, inside: None
) -> None:
    officer = person("data_protection_officer")
    partner = approved(client, manager)
    actions.suspend(partner, reason="Why.", by=manager)
    act = acts.resumption(partner)
    old = approvals.request(act, requester=manager, reason="Cleared up.")
    approvals.approve(old.pk, by=officer)
    resumed(partner, manager, person("security_administrator"))
    actions.suspend(partner, reason="Something else.", by=manager)
    with refused(Conflict, "act_changed"):
        approvals.execute(old.pk, act, by=manager)
    partner.refresh_from_db()
    assert partner.state == State.SUSPENDED


def test_whoever_keeps_the_register_does_not_vote_on_letting_it_go_on(
    client: Client, manager: User, person: MakePerson, inside: None
) -> None:
    partner = approved(client, manager)
    actions.suspend(partner, reason="Why.", by=manager)
    asked = approvals.request(acts.resumption(partner), requester=manager, reason="Cleared up.")
    with pytest.raises(Refused):
        approvals.approve(asked.pk, by=person("partner_manager"))


def test_a_stopped_company_does_not_come_back_under_another_number(client: Client, manager: User, inside: None) -> None:
    """Nor the same number twice, however it is typed: only two people let it go on."""
    partner = approved(client, manager)
    actions.suspend(partner, reason="Why.", by=manager)
    for other in ({"registration": "HRB 99999"}, {"country": "FR"}):
        with refused(Conflict, "partner_is_itself"):
            actions.change(partner, wish(manager, **other), by=manager)
    typed = f" {partner.registration.lower()} "
    with refused(InvalidInput, "partner_known"):
        actions.register(client.pk, wish(manager, registration=typed, country=partner.country), by=manager)


def test_that_it_has_data_of_ours_is_not_corrected_away(client: Client, manager: User, inside: None) -> None:
    partner = registered(client, manager, holds_data=True)
    with refused(Conflict, "partner_holds_data"):
        actions.change(partner, wish(manager, holds_data=False), by=manager)


def test_it_leaves_with_its_written_word_and_whom_to_reach_is_forgotten(
    client: Client, manager: User, inside: None
) -> None:
    partner = complete(registered(client, manager, holds_data=True), manager)
    with refused(Refused, "partner_step"):
        actions.move(partner, State.EXITED, by=manager)
    actions.move(partner, State.EXITING, by=manager)
    with refused(InvalidInput, "bad_reference"):
        actions.leave(partner, "they told me", by=manager)
    actions.leave(partner, "RET-2026-014", by=manager)
    assert (partner.state, partner.holds_data, partner.contacts.count()) == (State.EXITED, False, 0)
    with refused(Conflict, "partner_left"):
        actions.change(partner, wish(manager), by=manager)


def test_no_name_address_or_number_of_a_person_stands_outside_the_sealed_detail(
    client: Client, manager: User, ledger: Ledger, inside: None
) -> None:
    partner = complete(registered(client, manager), manager)
    named = [entry for entry in ledger if entry.event == Event.PARTNER_CONTACT_NAMED]
    assert [entry.detail for entry in named] == [REACHED] * len(NEEDED_DUTIES)
    told = json.dumps([[str(entry.event), dict(entry.data), entry.fields] for entry in ledger], ensure_ascii=False)
    rows = json.dumps([list(map(str, row)) for row in partner.contacts.values_list()])
    assert not any(value in told + rows for value in REACHED.values())


def test_whoever_is_named_anew_or_forgotten_leaves_nothing_sealed(
    client: Client, manager: User, ledger: Ledger, inside: None
) -> None:
    partner = registered(client, manager)
    first = actions.name_contact(partner, duty="privacy", **REACHED, by=manager)
    LedgerDetail.objects.create(entry=first.entry, client=client.pk, commitment_key=b"k", blob=b"sealed")
    second = actions.name_contact(partner, duty="privacy", **{**REACHED, "name": "李红"}, by=manager)
    assert not LedgerDetail.objects.exists()
    LedgerDetail.objects.create(entry=second.entry, client=client.pk, commitment_key=b"k", blob=b"sealed")
    actions.forget_contact(partner, second.pk, by=manager)
    assert not LedgerDetail.objects.exists()
    assert not partner.contacts.exists()
    # By these a restored store forgets both.
    forgotten = [entry for entry in ledger if entry.event == Event.PARTNER_CONTACT_FORGOTTEN]
    assert [entry.data["named_in"] for entry in forgotten] == [str(first.entry), str(second.entry)]


@pytest.mark.parametrize(
    "given",
    [{"name": " "}, {"mail": "", "phone": ""}, {"mail": "nobody"}, {"phone": "call me"}],
    ids=["nameless", "unreachable", "mail", "phone"],
)
def test_a_contact_that_cannot_be_reached_is_refused(
    client: Client, manager: User, inside: None, given: dict[str, str]
) -> None:
    with pytest.raises(InvalidInput):
        actions.name_contact(registered(client, manager), duty="privacy", **{**REACHED, **given}, by=manager)


def test_a_line_of_another_client_is_none_it_could_serve(client: Client, manager: User, inside: None) -> None:
    other = Client.objects.create(slug="other", name="Other")
    line = Line.objects.create(client=other, slug="x", name="X", languages=["zh"], direction="inbound")
    with refused(InvalidInput, "unknown_line"):
        actions.add_service(
            registered(client, manager), kind="calls", lines=[line.pk], categories=["contact"], volume=1, by=manager
        )


def test_somebody_passed_to_is_one_partner_or_one_entity(client: Client, manager: User, inside: None) -> None:
    partner = registered(client, manager)
    other = registered(client, manager, registration="HRB 12345")
    with refused(InvalidInput, "who_else"):
        actions.add_sub_processor(partner, kind="hosting", by=manager)
    with refused(InvalidInput, "sub_processor_known"):
        actions.add_sub_processor(partner, kind="hosting", other=partner, by=manager)
    actions.add_sub_processor(partner, kind="hosting", other=other, by=manager)
    with refused(InvalidInput, "sub_processor_known"):
        actions.add_sub_processor(partner, kind="hosting", other=other, by=manager)
    actions.add_sub_processor(partner, kind="hosting", name="Cloud GmbH", country="de", by=manager)
    assert partner.sub_processors.count() == 2


def test_another_client_sees_no_partner(client: Client, manager: User) -> None:
    other = Client.objects.create(slug="other", name="Other")
    with client_scope(client.pk):
        complete(registered(client, manager), manager)
    for seen in (uuid4(), other.pk):
        with client_scope(seen):
            assert not Partner.objects.exists()
    with transaction.atomic():
        assert not Partner.objects.exists()
    with client_scope(other.pk), pytest.raises(Exception, match="row-level security"), transaction.atomic():
        registered(client, manager, registration="HRB 12345")


class AnyOrder(RuleBasedStateMachine):
    """Acts in any order: no partner is approved unvetted, active at all, or let go on by one person."""

    client: Client
    manager: User
    officer: User

    def __init__(self) -> None:
        super().__init__()
        self.scope = client_scope(self.client.pk)
        self.scope.__enter__()
        self.partner = registered(self.client, self.manager, registration=uuid4().hex[:12], holds_data=True)

    def teardown(self) -> None:
        self.scope.__exit__(None, None, None)

    @rule()
    def complete(self) -> None:
        with suppress(CallwardenError):
            complete(self.partner, self.manager)

    @rule(days=st.sampled_from([-1, 0, None]))
    def vet(self, days: int | None) -> None:
        if self.partner.state in (State.APPROVED, State.ACTIVE):
            return
        until = None if days is None else timezone.localdate(clock.now()) + timedelta(days=days)
        Partner.objects.filter(pk=self.partner.pk).update(vetted_until=until)
        self.partner.refresh_from_db()

    @rule(to=st.sampled_from(State))
    def move(self, to: State) -> None:
        before = self.partner.state
        with suppress(CallwardenError):
            actions.move(self.partner, to, by=self.manager)
            assert to in Partner.machine.next_states(before)
            assert to != State.SUSPENDED
            assert before != State.SUSPENDED or to == State.EXITING
            assert to != State.APPROVED or queries.facts_of(self.partner).vetted
        self.partner.refresh_from_db()

    @rule()
    def suspend(self) -> None:
        with suppress(CallwardenError):
            actions.suspend(self.partner, reason="Why.", by=self.manager)

    @rule()
    def leave(self) -> None:
        before = self.partner.state
        with suppress(CallwardenError):
            actions.leave(self.partner, "RET-1", by=self.manager)
            assert State.EXITED in Partner.machine.next_states(before)

    @precondition(lambda self: self.partner.state == State.SUSPENDED)
    @rule(approves=st.booleans())
    def resume(self, approves: bool) -> None:
        act = acts.resumption(self.partner)
        asked = approvals.request(act, requester=self.manager, reason="Cleared up.")
        if approves:
            # By a second of ever new people: how often two may decide for each other is another test.
            approvals.approve(asked.pk, by=_officer())
        with suppress(CallwardenError):
            approvals.execute(asked.pk, act, by=self.manager)
        self.partner.refresh_from_db()
        assert approves or self.partner.state == State.SUSPENDED
        done = Approval.objects.get(pk=asked.pk).state == Approval.State.EXECUTED
        assert done == (self.partner.state != State.SUSPENDED)

    @invariant()
    def holds(self) -> None:
        row = Partner.objects.get(pk=self.partner.pk)
        assert row.state != State.ACTIVE
        assert row.state != State.APPROVED or row.vetted_until is not None
        assert (row.state == State.SUSPENDED) == (row.suspended_at is not None)
        assert row.state != State.EXITED or (not row.holds_data and not row.contacts.exists())


def _officer() -> User:
    return User.objects.create(username=f"u{uuid4().hex[:12]}", roles=["data_protection_officer"])


def test_in_whatever_order_acts_come_the_rules_hold(client: Client, manager: User) -> None:
    AnyOrder.client, AnyOrder.manager = client, manager
    run_state_machine_as_test(
        AnyOrder, settings=settings(max_examples=25, stateful_step_count=15, deadline=None, derandomize=True)
    )
