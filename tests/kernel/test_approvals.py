from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from callwarden.kernel import approvals, clock, journal
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.errors import CallwardenError, Conflict, InvalidInput, NotFound, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval, User, Vote
from callwarden.kernel.roles import Role
from callwarden.kernel.structural import NotStructural
from tests.kernel.conftest import NOON, Ledger, refused

MakePerson = Callable[..., User]
State = Approval.State
BUCKET = str(UUID(int=7))
ACT = Act("test:bucket:destroy", {"bucket": BUCKET, "count": 3})

ran: list[Execution] = []


def run(execution: Execution) -> str:
    ran.append(execution)
    if execution.parameters.get("fails"):
        raise Conflict("bucket_busy", "Later.")
    return "destroyed"


KIND = approvals.register(
    ActKind("test:bucket:destroy", title="Destroy", roles=(Role.DPO, Role.SECURITY_ADMIN), run=run)
)


@pytest.fixture(autouse=True)
def _nothing_ran() -> Iterator[None]:
    ran.clear()
    yield
    ran.clear()


@pytest.fixture
def officers(person: MakePerson) -> list[User]:
    return [
        person("data_protection_officer"),
        person("security_administrator"),
        person("data_protection_officer"),
        person("data_protection_officer"),
    ]


def asked(by: User, act: Act = ACT, **terms: Any) -> Approval:
    return approvals.request(act, requester=by, reason="The line was closed.", **terms)


def approved(officers: list[User], act: Act = ACT, **terms: Any) -> Approval:
    request = asked(officers[0], act, **terms)
    approvals.approve(request.pk, by=officers[1])
    return approvals.approve(request.pk, by=officers[2])


@pytest.mark.django_db
class TestDeciding:
    def test_two_others_make_it_approved_and_it_runs_once(self, officers: list[User], ledger: Ledger) -> None:
        request = asked(officers[0])
        assert approvals.approve(request.pk, by=officers[1]).state == State.PENDING
        assert approvals.approve(request.pk, by=officers[2]).state == State.APPROVED
        assert approvals.execute(request.pk, ACT, by=officers[0]) == "destroyed"
        assert ran == [Execution(approval=request.pk, parameters=ACT.parameters, by=officers[0])]
        with refused(Conflict, "approval_not_waiting"):
            approvals.execute(request.pk, ACT, by=officers[0])
        assert len(ran) == 1
        assert ledger.events == [
            Event.APPROVAL_REQUESTED,
            Event.APPROVAL_VOTED,
            Event.APPROVAL_VOTED,
            Event.APPROVAL_APPROVED,
            Event.APPROVAL_EXECUTED,
        ]
        assert {entry.approval for entry in ledger} == {request.pk}
        assert {entry.data["digest"] for entry in ledger} == {ACT.digest}

    def test_the_reason_lies_in_the_sealed_detail_and_in_no_column(self, officers: list[User], ledger: Ledger) -> None:
        request = asked(officers[0])
        assert ledger[0].detail == {"reason": "The line was closed."}
        fields = {name: str(value) for name, value in vars(request).items()}
        assert not any("line was closed" in value for value in fields.values())

    def test_nobody_decides_on_their_own_request(self, officers: list[User]) -> None:
        request = asked(officers[0])
        with refused(Refused, "own_request"):
            approvals.approve(request.pk, by=officers[0])
        with refused(Refused, "own_request"):
            approvals.refuse(request.pk, by=officers[0])

    def test_the_second_approver_cannot_be_the_first(self, officers: list[User]) -> None:
        request = asked(officers[0])
        approvals.approve(request.pk, by=officers[1])
        with refused(Refused, "voted_already"):
            approvals.approve(request.pk, by=officers[1])
        with refused(Refused, "voted_already"):
            approvals.refuse(request.pk, by=officers[1])
        assert Approval.objects.get().state == State.PENDING

    def test_a_role_that_does_not_decide_cannot_vote(self, officers: list[User], person: MakePerson) -> None:
        request = asked(officers[0])
        for role in set(Role.values) - {Role.DPO, Role.SECURITY_ADMIN}:
            with refused(Refused, "may_not_vote"):
                approvals.approve(request.pk, by=person(role))

    def test_a_role_lost_since_the_page_was_loaded_counts_as_lost(self, officers: list[User]) -> None:
        request = asked(officers[0])
        User.objects.filter(pk=officers[1].pk).update(roles=["agent"])
        with refused(Refused, "may_not_vote"):
            approvals.approve(request.pk, by=officers[1])

    def test_one_refusal_ends_it(self, officers: list[User], ledger: Ledger) -> None:
        request = asked(officers[0])
        approvals.approve(request.pk, by=officers[1])
        assert approvals.refuse(request.pk, by=officers[2], reason="Not yet.").state == State.REFUSED
        assert ledger[-1].detail == {"reason": "Not yet."}
        with refused(Conflict, "approval_not_waiting"):
            approvals.approve(request.pk, by=officers[3])
        with refused(Conflict, "approval_not_waiting"):
            approvals.execute(request.pk, ACT, by=officers[0])

    def test_only_the_requester_takes_a_request_back_even_an_approved_one(self, officers: list[User]) -> None:
        request = approved(officers)
        with refused(Refused, "not_own_request"):
            approvals.withdraw(request.pk, by=officers[1])
        assert approvals.withdraw(request.pk, by=officers[0]).state == State.WITHDRAWN
        with refused(Conflict, "approval_not_waiting"):
            approvals.execute(request.pk, ACT, by=officers[0])
        with refused(Conflict, "no_such_step"):
            approvals.withdraw(request.pk, by=officers[0])

    def test_what_does_not_exist_cannot_be_approved(self, officers: list[User]) -> None:
        with refused(NotFound, "no_such_approval"):
            approvals.approve(uuid4(), by=officers[0])


@pytest.mark.django_db
class TestTime:
    def test_after_four_hours_neither_vote_nor_act_counts(self, officers: list[User], time: FrozenClock) -> None:
        waiting, ready = asked(officers[0]), approved(officers)
        time.advance(timedelta(hours=4))
        with refused(Conflict, "approval_expired"):
            approvals.approve(waiting.pk, by=officers[1])
        with refused(Conflict, "approval_expired"):
            approvals.execute(ready.pk, ACT, by=officers[0])
        assert approvals.expire_overdue() == 2
        assert set(Approval.objects.values_list("state", flat=True)) == {State.EXPIRED}
        assert approvals.expire_overdue() == 0

    def test_a_second_earlier_both_count(self, officers: list[User], time: FrozenClock) -> None:
        ready = approved(officers)
        time.advance(timedelta(hours=4) - timedelta(seconds=1))
        assert approvals.expire_overdue() == 0
        assert approvals.execute(ready.pk, ACT, by=officers[0]) == "destroyed"

    def test_setting_the_clock_back_does_not_revive_an_expired_request(
        self, officers: list[User], time: FrozenClock
    ) -> None:
        ready = approved(officers)
        time.advance(timedelta(hours=4))
        approvals.expire_overdue()
        time.set(NOON)
        with refused(Conflict, "approval_not_waiting"):
            approvals.execute(ready.pk, ACT, by=officers[0])


@pytest.mark.django_db
class TestTheExactAct:
    @pytest.mark.parametrize(
        "other",
        [
            Act(ACT.kind, {"bucket": BUCKET, "count": 4}),
            Act(ACT.kind, {"bucket": BUCKET, "count": "3"}),
            Act(ACT.kind, {"bucket": BUCKET}),
            Act(ACT.kind, {"bucket": str(UUID(int=8)), "count": 3}),
            Act(ACT.kind, {**ACT.parameters, "also": None}),
            Act("finding:accept", ACT.parameters),
        ],
    )
    def test_an_edited_act_is_not_the_approved_one(self, officers: list[User], other: Act) -> None:
        request = approved(officers)
        with refused(Conflict, "act_changed"):
            approvals.execute(request.pk, other, by=officers[0])
        assert ran == []
        assert Approval.objects.get().state == State.APPROVED

    def test_the_digest_does_not_depend_on_the_order_of_parameters(self) -> None:
        assert Act("k", {"a": 1, "b": "x"}).digest == Act("k", {"b": "x", "a": 1}).digest

    def test_the_database_keeps_the_act_as_it_was_asked_for(self, officers: list[User]) -> None:
        approved(officers)
        for change in (
            {"parameters": {"bucket": str(UUID(int=8))}},
            {"digest": "0" * 64},
            {"kind": "other"},
            {"quorum": 1},
            {"roles": ["agent"]},
            {"expires_at": F("expires_at") + timedelta(days=1)},
            {"requester": officers[3]},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                Approval.objects.update(**change)

    def test_an_act_edited_in_the_database_by_a_superuser_is_still_noticed(self, officers: list[User]) -> None:
        request = approved(officers)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE kernel_approval DISABLE TRIGGER keep_columns")
        Approval.objects.update(parameters={"bucket": str(UUID(int=8)), "count": 3})
        edited = approvals.act_of(Approval.objects.get())
        for act in (ACT, edited):
            with refused(Conflict, "act_changed"):
                approvals.execute(request.pk, act, by=officers[0])
        Approval.objects.update(digest=edited.digest)
        with refused(Refused, "approvers_changed"):
            approvals.execute(request.pk, edited, by=officers[0])
        assert ran == []

    @pytest.mark.parametrize("value", ["王伟", "13800138000", "a b", 1.5, b"x", {"nested": 1}])
    def test_an_act_takes_structure_only(self, value: Any) -> None:
        with pytest.raises(NotStructural):
            Act("k", {"x": value})


@pytest.mark.django_db
class TestCarryingOut:
    def test_an_act_that_fails_has_not_happened_and_may_be_tried_again(self, officers: list[User]) -> None:
        act = Act(ACT.kind, {"fails": True})
        request = approved(officers, act)
        for _again in range(2):
            with refused(Conflict, "bucket_busy"):
                approvals.execute(request.pk, act, by=officers[0])
            assert Approval.objects.get().state == State.APPROVED

    def test_an_approver_who_lost_the_role_no_longer_counts(self, officers: list[User]) -> None:
        request = approved(officers)
        User.objects.filter(pk=officers[1].pk).update(roles=["agent"])
        with refused(Refused, "approvers_changed"):
            approvals.execute(request.pk, ACT, by=officers[0])
        assert ran == []

    def test_an_approver_who_left_no_longer_counts(self, officers: list[User]) -> None:
        request = approved(officers)
        User.objects.filter(pk=officers[2].pk).update(is_active=False)
        with refused(Refused, "approvers_changed"):
            approvals.execute(request.pk, ACT, by=officers[0])

    def test_a_lost_vote_can_be_made_up_for_before_the_quorum_only(self, officers: list[User]) -> None:
        request = asked(officers[0])
        approvals.approve(request.pk, by=officers[1])
        User.objects.filter(pk=officers[1].pk).update(is_active=False)
        assert approvals.approve(request.pk, by=officers[2]).state == State.PENDING
        assert approvals.approve(request.pk, by=officers[3]).state == State.APPROVED

    def test_when_the_requester_left_nothing_is_carried_out(self, officers: list[User]) -> None:
        request = approved(officers)
        User.objects.filter(pk=officers[0].pk).update(is_active=False)
        for by in (officers[0], officers[1]):
            with refused(Refused, "account_closed"):
                approvals.execute(request.pk, ACT, by=by)

    def test_a_bystander_carries_nothing_out(self, officers: list[User], person: MakePerson) -> None:
        request = approved(officers)
        with refused(Refused, "may_not_execute"):
            approvals.execute(request.pk, ACT, by=person("agent"))
        assert approvals.execute(request.pk, ACT, by=officers[3]) == "destroyed"


@pytest.mark.django_db
class TestAsking:
    @pytest.mark.parametrize(
        "laxer",
        [
            {"quorum": 1},
            {"quorum": 0},
            {"roles": ["agent"]},
            {"roles": ["data_protection_officer", "agent"]},
            {"roles": []},
        ],
    )
    def test_a_request_never_asks_for_less_than_its_kind(self, officers: list[User], laxer: dict[str, Any]) -> None:
        with refused(InvalidInput, "terms_too_lax"):
            asked(officers[0], **laxer)

    def test_it_may_ask_for_more(self, officers: list[User]) -> None:
        request = asked(officers[0], quorum=3, roles=["data_protection_officer", "security_administrator"])
        for officer in officers[1:3]:
            assert approvals.approve(request.pk, by=officer).state == State.PENDING
        assert approvals.approve(request.pk, by=officers[3]).state == State.APPROVED

    @pytest.mark.parametrize("lasts", [timedelta(0), timedelta(seconds=-1), timedelta(days=15)])
    def test_a_request_has_an_end_in_sight(self, officers: list[User], lasts: timedelta) -> None:
        with refused(InvalidInput, "expiry_out_of_range"):
            asked(officers[0], expires_in=lasts)

    def test_a_reason_is_needed(self, officers: list[User]) -> None:
        with refused(InvalidInput, "reason_missing"):
            approvals.request(ACT, requester=officers[0], reason="  ")

    def test_an_act_nobody_registered_cannot_be_asked_for(self, officers: list[User]) -> None:
        with refused(InvalidInput, "unknown_act"):
            asked(officers[0], Act("made:up"))

    def test_two_acts_never_share_a_name(self) -> None:
        with pytest.raises(ValueError, match="Two acts"):
            approvals.register(ActKind(KIND.name, title="Other", roles=KIND.roles, run=run))

    @pytest.mark.parametrize("wrong", [{"quorum": 0}, {"roles": ()}])
    def test_a_kind_of_act_needs_somebody_else(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="at least one"):
            approvals.register(
                ActKind(
                    **{"name": f"t:{uuid4()}", "title": "T", "roles": ("data_protection_officer",), "run": run, **wrong}
                )
            )


@pytest.mark.django_db
def test_the_inbox_shows_what_waits_for_this_person_only(officers: list[User], person: MakePerson) -> None:
    request = asked(officers[0])
    assert list(approvals.pending_for(officers[0])) == []
    assert list(approvals.pending_for(officers[1])) == [request]
    assert list(approvals.pending_for(person("agent"))) == []
    assert list(approvals.requested_by(officers[0])) == [request]
    approvals.approve(request.pk, by=officers[1])
    assert list(approvals.pending_for(officers[1])) == []
    assert list(approvals.decided_by(officers[1])) == [request]
    approvals.approve(request.pk, by=officers[2])
    assert list(approvals.pending_for(officers[3])) == []
    assert list(approvals.ready_for(officers[0])) == [request]


@pytest.mark.django_db
def test_the_inbox_shows_nothing_that_has_expired(officers: list[User], time: FrozenClock) -> None:
    asked(officers[0])
    time.advance(timedelta(hours=4))
    assert list(approvals.pending_for(officers[1])) == []


@pytest.mark.django_db(transaction=True)
class TestTheDatabase:
    """What a program that ignores all of the above still cannot write."""

    def _vote(self, request: Approval, **fields: Any) -> Vote:
        row = {"requester": request.requester, "choice": "approve", "digest": request.digest, "at": clock.now()}
        return Vote.objects.create(approval=request, entry=uuid4(), **{**row, **fields})

    def test_refuses_a_vote_on_ones_own_request(self, officers: list[User]) -> None:
        request = asked(officers[0])
        with pytest.raises(IntegrityError):
            self._vote(request, voter=officers[0])

    def test_refuses_a_vote_that_lies_about_the_requester(self, officers: list[User]) -> None:
        request = asked(officers[0])
        with pytest.raises(IntegrityError):
            self._vote(request, voter=officers[0], requester=officers[1])

    def test_refuses_a_second_vote(self, officers: list[User]) -> None:
        request = asked(officers[0])
        self._vote(request, voter=officers[1])
        with pytest.raises(IntegrityError):
            self._vote(request, voter=officers[1], choice="refuse")

    def test_refuses_to_change_a_vote(self, officers: list[User]) -> None:
        vote = self._vote(asked(officers[0]), voter=officers[1], choice="refuse")
        with pytest.raises(IntegrityError):
            Vote.objects.filter(pk=vote.pk).update(choice="approve")

    def test_refuses_an_execution_without_an_executor(self, officers: list[User]) -> None:
        request = approved(officers)
        with pytest.raises(IntegrityError), connection.cursor() as cursor:
            cursor.execute("UPDATE kernel_approval SET state = 'executed' WHERE id = %s", [request.pk])


def _at_once(*acts: Callable[[], object]) -> list[str]:
    """Run all in threads of their own; what each came to: "done" or the code of its error."""
    came_to = ["nothing"] * len(acts)
    start = threading.Barrier(len(acts))

    def one(index: int, act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
            came_to[index] = "done"
        except CallwardenError as error:
            came_to[index] = error.code
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came_to


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_many_executing_at_once_run_it_once(self, officers: list[User]) -> None:
        request = approved(officers)
        came_to = _at_once(*[lambda: approvals.execute(request.pk, ACT, by=officers[0])] * 6)
        assert sorted(came_to) == ["approval_not_waiting"] * 5 + ["done"]
        assert len(ran) == 1

    def test_one_person_approving_in_two_tabs_counts_once(self, officers: list[User]) -> None:
        request = asked(officers[0])
        came_to = _at_once(*[lambda: approvals.approve(request.pk, by=officers[1])] * 4)
        assert sorted(came_to) == ["done"] + ["voted_already"] * 3
        assert Approval.objects.get().state == State.PENDING

    def test_two_last_approvals_at_once_approve_once(self, officers: list[User], ledger: Ledger) -> None:
        request = asked(officers[0])
        approvals.approve(request.pk, by=officers[1])
        came_to = _at_once(*[lambda who=who: approvals.approve(request.pk, by=who) for who in officers[2:]])
        assert sorted(came_to) == ["approval_not_waiting", "done"]
        assert ledger.events.count(Event.APPROVAL_APPROVED) == 1

    def test_crosswise_decisions_do_not_wait_for_each_other_for_ever(self, officers: list[User]) -> None:
        one, two = asked(officers[0]), asked(officers[1])
        came_to = _at_once(
            lambda: approvals.approve(one.pk, by=officers[1]),
            lambda: approvals.approve(two.pk, by=officers[0]),
            lambda: approvals.approve(one.pk, by=officers[2]),
            lambda: approvals.approve(two.pk, by=officers[2]),
        )
        assert came_to == ["done"] * 4

    def test_refusing_and_executing_at_once_cannot_both_win(self, officers: list[User]) -> None:
        request = approved(officers)
        came_to = _at_once(
            lambda: approvals.withdraw(request.pk, by=officers[0]),
            lambda: approvals.execute(request.pk, ACT, by=officers[0]),
        )
        assert came_to.count("done") == 1
        assert len(ran) == (1 if came_to[1] == "done" else 0)


class Office(RuleBasedStateMachine):
    """Four people, anything they try, in any order: nothing runs without two distinct others who still may."""

    def __init__(self) -> None:
        super().__init__()
        self.sink = journal.set_sink(lambda _entry: uuid4())
        self.frozen = clock.frozen(NOON)
        self.time = self.frozen.__enter__()
        ran.clear()
        names = [uuid4().hex for _someone in range(4)]
        self.people = [User.objects.create(username=name, roles=["data_protection_officer"]) for name in names]
        self.request = asked(self.people[0])
        self.said_yes: set[int] = set()
        self.said_no = False

    who = st.integers(0, 3)

    @rule(who=who)
    def approve(self, who: int) -> None:
        try:
            approvals.approve(self.request.pk, by=self.people[who])
        except CallwardenError:
            return
        assert self._may(who)
        assert who not in self.said_yes
        self.said_yes.add(who)

    @rule(who=who)
    def refuse(self, who: int) -> None:
        try:
            approvals.refuse(self.request.pk, by=self.people[who])
        except CallwardenError:
            return
        assert self._may(who)
        self.said_no = True

    @rule(who=who, count=st.sampled_from([3, 4]))
    def execute(self, who: int, count: int) -> None:
        act = Act(ACT.kind, {**ACT.parameters, "count": count})
        before = len(ran)
        try:
            approvals.execute(self.request.pk, act, by=self.people[who])
        except CallwardenError:
            assert len(ran) == before
            return
        assert count == 3
        assert not self.said_no
        assert len({someone for someone in self.said_yes if self._may(someone)}) >= 2

    @rule(who=who, active=st.booleans(), role=st.sampled_from(["data_protection_officer", "agent"]))
    def change_person(self, who: int, active: bool, role: str) -> None:
        User.objects.filter(pk=self.people[who].pk).update(is_active=active, roles=[role])

    @precondition(lambda self: self.time.now() < NOON + timedelta(hours=5))
    @rule(minutes=st.integers(1, 90))
    def wait(self, minutes: int) -> None:
        self.time.advance(timedelta(minutes=minutes))

    @rule()
    def tidy_up(self) -> None:
        approvals.expire_overdue()

    @invariant()
    def it_ran_at_most_once_and_only_as_asked(self) -> None:
        assert len(ran) <= 1
        assert all(dict(execution.parameters) == dict(ACT.parameters) for execution in ran)

    def _may(self, who: int) -> bool:
        person = User.objects.get(pk=self.people[who].pk)
        in_time = self.time.now() < NOON + timedelta(hours=4)
        return who != 0 and person.is_active and person.roles == ["data_protection_officer"] and in_time

    def teardown(self) -> None:
        self.frozen.__exit__(None, None, None)
        journal.set_sink(self.sink)


@pytest.mark.django_db
def test_no_path_executes_with_fewer_than_two_distinct_eligible_people() -> None:
    run_state_machine_as_test(Office, settings=settings(max_examples=40, stateful_step_count=20, deadline=None))
