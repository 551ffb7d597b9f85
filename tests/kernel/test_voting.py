"""Who may decide for whom: deputies, givers of roles, pairs, roles that must differ, policies that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import combinations
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from callwarden.kernel import approvals, clock, deputies, endings, journal, people, voting
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.errors import CallwardenError, Conflict, InvalidInput, Refused
from callwarden.kernel.models import Approval, Delegation, OutboxMessage, User, Vote
from callwarden.kernel.roles import Role
from tests.kernel.conftest import NOON, Ledger, refused
from tests.kernel.test_approvals import _at_once

MakePerson = Callable[..., User]
ran: list[Execution] = []
ROLES = (Role.DPO, Role.SECURITY_ADMIN, Role.TEAM_LEADER)
ONE = approvals.register(ActKind("test:one", title="One", roles=ROLES, run=ran.append, quorum=1))
TWO = approvals.register(ActKind("test:two", title="Two", roles=ROLES, run=ran.append, quorum=2, distinct_roles=2))
ACT = Act("test:one")


@pytest.fixture(autouse=True)
def _nothing_ran() -> Iterator[None]:
    ran.clear()
    yield
    ran.clear()


def asked(by: User, kind: str = "test:one", **terms: Any) -> Approval:
    return approvals.request(Act(kind), requester=by, reason="Needed.", **terms)


def stand_in(principal: User, deputy: User, days: int = 7) -> Delegation:
    return deputies.appoint(principal, deputy, until=clock.now() + timedelta(days=days), by=principal)


@pytest.mark.django_db
class TestDeputies:
    def test_a_deputy_votes_by_the_principals_role_and_the_vote_says_in_whose_name(
        self, person: MakePerson, ledger: Ledger
    ) -> None:
        officer, away, deputy = person("data_protection_officer"), person("team_leader"), person("partner_manager")
        request = asked(officer)
        with refused(Refused, "may_not_vote"):
            approvals.approve(request.pk, by=deputy)
        stand_in(away, deputy)
        assert list(approvals.pending_for(deputy)) == [request]
        assert approvals.approve(request.pk, by=deputy).state == Approval.State.APPROVED
        assert Vote.objects.get().in_name_of == away
        assert ledger[-2].data["in_name_of"] == away.actor
        approvals.execute(request.pk, ACT, by=officer)
        assert len(ran) == 1

    def test_never_on_what_the_principal_asked_for_not_even_by_a_role_of_their_own(self, person: MakePerson) -> None:
        principal, deputy = person("data_protection_officer"), person("team_leader")
        request = asked(principal)
        given = stand_in(principal, deputy)
        assert list(approvals.pending_for(deputy)) == []
        with refused(Refused, "deputy_of_requester"):
            approvals.approve(request.pk, by=deputy)
        deputies.end(given.pk, by=principal)
        with refused(Refused, "deputy_of_requester"):
            approvals.approve(request.pk, by=deputy)

    def test_who_was_dismissed_in_the_moment_of_the_request_is_still_their_deputy(self, person: MakePerson) -> None:
        principal, deputy = person("data_protection_officer"), person("team_leader")
        with clock.frozen(NOON):
            given = stand_in(principal, deputy)
            request = asked(principal)
            deputies.end(given.pk, by=principal)
            with refused(Refused, "deputy_of_requester"):
                approvals.approve(request.pk, by=deputy)

    def test_who_became_the_requesters_deputy_after_voting_does_not_count(self, person: MakePerson) -> None:
        principal, deputy = person("data_protection_officer"), person("team_leader")
        request = asked(principal)
        approvals.approve(request.pk, by=deputy)
        stand_in(principal, deputy)
        with refused(Refused, "approvers_changed"):
            approvals.execute(request.pk, ACT, by=principal)

    def test_a_principal_and_their_deputy_have_one_voice(self, person: MakePerson) -> None:
        officer, away, deputy = person("data_protection_officer"), person("team_leader"), person("partner_manager")
        stand_in(away, deputy)
        first, second = asked(officer, "test:two"), asked(officer, "test:two")
        approvals.approve(first.pk, by=deputy)
        with refused(Refused, "voted_already"):
            approvals.approve(first.pk, by=away)
        approvals.approve(second.pk, by=away)
        assert deputy not in [vote.voter for vote in second.votes.all()]
        with refused(Refused, "principal_voted"):
            approvals.approve(second.pk, by=deputy)
        assert list(approvals.pending_for(deputy)) == []

    def test_the_database_knows_that_they_have_one_voice(self, person: MakePerson) -> None:
        officer, away, deputy = person("data_protection_officer"), person("team_leader"), person("partner_manager")
        request = asked(officer, "test:two")
        row = {"requester": officer, "choice": "approve", "digest": request.digest, "at": NOON, "entry": uuid4()}
        request.votes.create(voter=away, **row)
        for wrong in (
            {"voter": deputy, "in_name_of": away},
            {"voter": deputy, "in_name_of": officer},
            {"voter": deputy, "in_name_of": deputy},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                request.votes.create(**row, **wrong)

    def test_it_ends_with_its_time_with_being_taken_back_and_with_the_account(
        self, person: MakePerson, time: FrozenClock
    ) -> None:
        officer, away, deputy = person("data_protection_officer"), person("team_leader"), person("partner_manager")
        given = stand_in(away, deputy, days=1)
        early = asked(officer, expires_in=timedelta(days=3))
        approvals.approve(early.pk, by=deputy)
        time.advance(timedelta(days=1))
        with refused(Refused, "may_not_vote"):
            approvals.approve(asked(officer).pk, by=deputy)
        assert voting.still_counts(Vote.objects.get(), early.roles, {p.pk: p for p in (officer, away, deputy)})
        with refused(Conflict, "delegation_over"):
            deputies.end(given.pk, by=away)
        again = stand_in(away, deputy)
        late = asked(officer)
        approvals.approve(late.pk, by=deputy)
        deputies.end(again.pk, by=away)
        with refused(Refused, "approvers_changed"):
            approvals.execute(late.pk, ACT, by=officer)
        stand_in(away, deputy)
        people.close_account(away, actor="system")
        assert not deputies.running().exists()
        assert "delegations" in endings.names()

    def test_only_the_person_themselves_names_one_and_one_at_a_time(self, person: MakePerson) -> None:
        away, deputy, other = person("team_leader"), person("partner_manager"), person("auditor")
        until = clock.now() + timedelta(days=1)
        with refused(Refused, "not_own_deputy"):
            deputies.appoint(away, deputy, until=until, by=other)
        with refused(InvalidInput, "own_deputy"):
            deputies.appoint(away, away, until=until, by=away)
        with refused(InvalidInput, "deputy_cannot_vote"):
            deputies.appoint(away, person("agent"), until=until, by=away)
        for wrong in (clock.now(), clock.now() + timedelta(days=40)):
            with refused(InvalidInput, "deputy_time"):
                deputies.appoint(away, deputy, until=wrong, by=away)
        stand_in(away, deputy)
        with refused(Conflict, "deputy_named"):
            stand_in(away, other)

    def test_duties_that_no_one_may_join_are_not_joined_by_a_deputy(self, person: MakePerson) -> None:
        security, system = person("security_administrator"), person("system_administrator")
        with refused(InvalidInput, "roles_separated"):
            stand_in(security, system)
        assert system not in deputies.candidates(security)
        leader = person("team_leader")
        stand_in(security, leader)
        User.objects.filter(pk=leader.pk).update(roles=["system_administrator"])
        with refused(Refused, "may_not_vote"):
            approvals.approve(asked(person("data_protection_officer")).pk, by=User.objects.get(pk=leader.pk))

    def test_deputies_are_told_of_what_waits_for_them_and_nothing_of_anybody(self, person: MakePerson) -> None:
        officer = person("data_protection_officer", email="o@example.org")
        away, deputy = person("team_leader"), person("partner_manager", email="d@example.org")
        stand_in(away, deputy)
        request = asked(officer)
        told = OutboxMessage.objects.get(recipient=deputy)
        assert (told.parameters, told.link) == ({"act": "test:one"}, f"/approvals/{request.pk}/")
        approvals.approve(request.pk, by=deputy)
        answer = OutboxMessage.objects.get(recipient=officer)
        assert (answer.template, answer.parameters) == ("approval-answered", {"act": "test:one"})


@pytest.mark.django_db
class TestGiversOfRoles:
    def test_neither_approves_for_the_other_within_a_day(self, person: MakePerson, time: FrozenClock) -> None:
        giver = person("security_administrator")
        puppet = people.set_roles(person("agent"), ["data_protection_officer"], actor=giver.actor)
        for requester, voter in ((giver, puppet), (puppet, giver)):
            with refused(Refused, "role_given_lately"):
                approvals.approve(asked(requester).pk, by=voter)
        time.advance(timedelta(hours=24))
        for requester, voter in ((giver, puppet), (puppet, giver)):
            assert approvals.approve(asked(requester).pk, by=voter).state == Approval.State.APPROVED

    def test_a_whole_account_counts_like_a_role_and_a_program_like_nobody(self, person: MakePerson) -> None:
        giver = person("security_administrator")
        opened = people.open_account("newcomer", roles=["data_protection_officer"], actor=giver.actor)
        with refused(Refused, "role_given_lately"):
            approvals.approve(asked(giver).pk, by=opened)
        other = people.open_account("other", roles=["data_protection_officer"], actor="system")
        assert approvals.approve(asked(giver).pk, by=other).state == Approval.State.APPROVED

    def test_a_role_taken_and_given_again_after_the_vote_is_noticed(self, person: MakePerson) -> None:
        giver, voter = person("security_administrator"), person("data_protection_officer")
        request = asked(giver)
        approvals.approve(request.pk, by=voter)
        people.set_roles(voter, ["agent"], actor="system")
        people.set_roles(voter, ["data_protection_officer"], actor=giver.actor)
        with refused(Refused, "approvers_changed"):
            approvals.execute(request.pk, ACT, by=giver)

    def test_a_role_given_to_whom_a_deputy_stands_in_for_counts_too(self, person: MakePerson) -> None:
        giver, deputy = person("security_administrator"), person("partner_manager")
        puppet = people.set_roles(person("agent"), ["data_protection_officer"], actor=giver.actor)
        stand_in(puppet, deputy)
        with refused(Refused, "role_given_lately"):
            approvals.approve(asked(giver).pk, by=deputy)


@pytest.mark.django_db
class TestPairs:
    def _spend(self, one: User, other: User, times: int) -> None:
        for at in range(times):
            first, second = (one, other) if at % 2 else (other, one)
            request = asked(first)
            approvals.approve(request.pk, by=second)
            approvals.execute(request.pk, ACT, by=first)

    def test_two_people_approve_for_each_other_only_so_often_a_month(
        self, person: MakePerson, time: FrozenClock, settings: Any
    ) -> None:
        settings.APPROVALS_PER_PAIR = 3
        one, other, third = (person("data_protection_officer") for _ in range(3))
        self._spend(one, other, 3)
        request = asked(one)
        with refused(Refused, "pair_limit") as info:
            approvals.approve(request.pk, by=other)
        assert "3 times this month" in str(info.value)
        assert approvals.approve(request.pk, by=third).state == Approval.State.APPROVED
        time.set(NOON.replace(month=4, day=1, hour=0))
        self._spend(one, other, 1)

    def test_only_what_was_carried_out_counts(self, person: MakePerson, settings: Any) -> None:
        settings.APPROVALS_PER_PAIR = 1
        one, other = person("data_protection_officer"), person("data_protection_officer")
        for _again in range(3):
            approvals.approve(asked(one).pk, by=other)
        request = asked(one)
        approvals.refuse(request.pk, by=other)

    def test_what_was_approved_side_by_side_is_counted_when_carried_out(
        self, person: MakePerson, settings: Any
    ) -> None:
        settings.APPROVALS_PER_PAIR = 1
        one, other = person("data_protection_officer"), person("data_protection_officer")
        first, second = asked(one), asked(one)
        for request in (first, second):
            approvals.approve(request.pk, by=other)
        approvals.execute(first.pk, ACT, by=one)
        with refused(Refused, "pair_limit"):
            approvals.execute(second.pk, ACT, by=one)
        assert len(ran) == 1


@pytest.mark.django_db
class TestRolesAndRules:
    def test_two_of_one_role_are_not_two_roles(self, person: MakePerson) -> None:
        officer = person("auditor")
        request = asked(officer, "test:two")
        for _one in range(2):
            state = approvals.approve(request.pk, by=person("data_protection_officer")).state
            assert state == Approval.State.PENDING
        assert approvals.approve(request.pk, by=person("team_leader")).state == Approval.State.APPROVED

    @given(
        votes=st.lists(st.frozensets(st.sampled_from("abc"), min_size=1), max_size=4),
        needed=st.integers(1, 3),
    )
    def test_roles_are_covered_exactly_when_some_voters_can_each_stand_for_another(
        self, votes: list[frozenset[str]], needed: int
    ) -> None:
        from itertools import product

        can = any(len(set(chosen)) == needed for some in combinations(votes, needed) for chosen in product(*some))
        assert voting.roles_covered(votes, needed) == can

    def test_a_kind_cannot_ask_for_more_roles_than_it_names(self) -> None:
        with pytest.raises(ValueError, match="so many different roles"):
            approvals.register(ActKind("test:x", title="X", roles=("auditor",), run=ran.append, distinct_roles=2))
        with pytest.raises(ValueError, match="so many different roles"):
            approvals.register(ActKind("test:y", title="Y", roles=ROLES, run=ran.append, quorum=1, distinct_roles=2))

    def test_under_another_policy_it_is_asked_for_anew(self, person: MakePerson) -> None:
        digest = "policy-1"
        before = approvals.policy_from(lambda: digest)
        try:
            one, other = person("data_protection_officer"), person("data_protection_officer")
            request = asked(one)
            approvals.approve(request.pk, by=other)
            digest = "policy-2"
            with refused(Conflict, "policy_changed"):
                approvals.execute(request.pk, ACT, by=one)
            digest = "policy-1"
            approvals.execute(request.pk, ACT, by=one)
        finally:
            approvals.policy_from(before)

    def test_what_needs_more_approval_now_is_asked_for_anew(
        self, person: MakePerson, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, other = person("data_protection_officer"), person("data_protection_officer")
        request = asked(one)
        approvals.approve(request.pk, by=other)
        stricter = ActKind("test:one", title="One", roles=ROLES, run=ran.append, quorum=2)
        monkeypatch.setitem(approvals._kinds, "test:one", stricter)
        with refused(Conflict, "terms_changed"):
            approvals.execute(request.pk, ACT, by=one)


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_a_principal_and_their_deputy_at_once_are_one_voice(self, person: MakePerson) -> None:
        officer, away, deputy = person("auditor"), person("team_leader"), person("partner_manager")
        stand_in(away, deputy)
        request = asked(officer, "test:two")
        came_to = _at_once(
            lambda: approvals.approve(request.pk, by=away), lambda: approvals.approve(request.pk, by=deputy)
        )
        assert came_to.count("done") == 1
        assert request.votes.count() == 1

    def test_giving_back_a_role_while_it_is_carried_out_lets_at_most_one_win_wrongly(self, person: MakePerson) -> None:
        one, other = person("security_administrator"), person("data_protection_officer")
        request = asked(one)
        approvals.approve(request.pk, by=other)

        def take_it_away() -> None:
            people.set_roles(other, ["agent"], actor="system")

        came_to = _at_once(take_it_away, lambda: approvals.execute(request.pk, ACT, by=one))
        assert came_to[0] == "done"
        assert came_to[1] in ("done", "approvers_changed")
        assert len(ran) == (1 if came_to[1] == "done" else 0)


class Office(RuleBasedStateMachine):
    """Five people who lend, give, take and vote in any order, against a model that keeps its own books.

    Whatever they try, nothing is carried out without two people beside the requester, each of whom, at that moment,
    holds or was lent a role, from two roles, and is neither the requester's deputy nor a giver of roles to or by them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sink = journal.set_sink(lambda _entry: uuid4())
        self.frozen = clock.frozen(NOON)
        self.time = self.frozen.__enter__()
        ran.clear()
        roles = ("team_leader", "data_protection_officer", "security_administrator", "partner_manager", "team_leader")
        self.people = [User.objects.create(username=uuid4().hex, roles=[role]) for role in roles]
        self.request = asked(self.people[0], "test:two")
        self.given: list[tuple[int, int, Any]] = []  # giver, person, when
        self.lent: dict[UUID, tuple[int, int]] = {}
        self.ever_deputy: set[int] = set()
        self.votes: dict[int, int | None] = {}

    who = st.integers(0, 4)

    @rule(who=who)
    def approve(self, who: int) -> None:
        try:
            approvals.approve(self.request.pk, by=self.people[who])
        except CallwardenError:
            return
        vote = Vote.objects.get(voter=self.people[who])
        name = next((at for at, one in enumerate(self.people) if one.pk == vote.in_name_of_id), None)
        spoken = {one for pair in self.votes.items() for one in pair if one is not None}
        assert not {who, name} & (spoken | {0}) - {None}
        self.votes[who] = name

    @rule(principal=who, deputy=who)
    def lend(self, principal: int, deputy: int) -> None:
        try:
            one = stand_in(self.people[principal], self.people[deputy], days=1)
        except CallwardenError:
            return
        self.lent[one.pk] = (principal, deputy)
        if principal == 0:
            self.ever_deputy.add(deputy)

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        if self.lent:
            pk = data.draw(st.sampled_from(sorted(self.lent)))
            principal, _deputy = self.lent.pop(pk)
            deputies.end(pk, by=self.people[principal])

    @rule(giver=who, person=who, role=st.sampled_from(["agent", "team_leader", "data_protection_officer"]))
    def give(self, giver: int, person: int, role: str) -> None:
        if role not in self.people[person].roles and giver != person:
            people.set_roles(self.people[person], [role], actor=self.people[giver].actor)
            self.given.append((giver, person, role))

    @rule(who=who, times=st.integers(1, 2))
    def execute(self, who: int, times: int) -> None:
        for _again in range(times):
            before = len(ran)
            try:
                approvals.execute(self.request.pk, Act("test:two"), by=self.people[who])
            except CallwardenError:
                assert len(ran) == before
                continue
            self._assert_two_good_people()

    @rule(minutes=st.integers(1, 60))
    def wait(self, minutes: int) -> None:
        if self.time.now() < NOON + timedelta(hours=3):
            self.time.advance(timedelta(minutes=minutes))

    def _assert_two_good_people(self) -> None:
        good: dict[int, set[str]] = {}
        for voter, name in self.votes.items():
            source = voter if name is None else name
            roles = set(User.objects.get(pk=self.people[source].pk).roles) & set(ROLES)
            lent = name is None or (name, voter) in self.lent.values()
            close = voter in self.ever_deputy or any(
                {giver, person} == {0, one} and (person == 0 or role in ROLES)
                for giver, person, role in self.given
                for one in (voter, name)
            )
            if roles and lent and not close:
                good[voter] = roles
        assert len(good) >= 2
        assert len(set().union(*good.values())) >= 2
        assert 0 not in good

    @invariant()
    def it_ran_at_most_once(self) -> None:
        assert len(ran) <= 1

    def teardown(self) -> None:
        self.frozen.__exit__(None, None, None)
        journal.set_sink(self.sink)


@pytest.mark.django_db
def test_no_path_executes_without_two_distinct_independent_people() -> None:
    run_state_machine_as_test(Office, settings=settings(max_examples=40, stateful_step_count=25, deadline=None))
