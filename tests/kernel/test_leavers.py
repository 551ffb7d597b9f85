"""Whoever leaves keeps nothing: everything handed to them ends in the transaction that closes the account, or none."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction

from callwarden.kernel import approvals, endings, people, sessions
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import CallwardenError, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval, RoleHeld, Session, User, Vote
from callwarden.kernel.roles import Role
from tests.kernel.conftest import Ledger, refused

MakePerson = Callable[..., User]
DPO = "data_protection_officer"
ACT = Act("test:leavers:act", {"thing": "one"})


@pytest.fixture(autouse=True)
def _act() -> None:
    def run(_execution: Execution) -> None: ...

    if ACT.kind not in {kind.name for kind in approvals.kinds()}:
        approvals.register(ActKind(ACT.kind, title="Act", roles=(Role.DPO,), run=run, quorum=1))


def asked(by: User, thing: str = "one") -> Approval:
    return approvals.request(Act(ACT.kind, {"thing": thing}), requester=by, reason="Because.")


@pytest.mark.django_db
class TestClosing:
    def test_requests_are_withdrawn_approved_ones_as_well(self, person: MakePerson) -> None:
        leaver, other = person(DPO), person(DPO)
        waiting, approved = asked(leaver), asked(leaver, "two")
        approvals.approve(approved.pk, by=other)
        people.close_account(leaver, actor="system")
        states = set(Approval.objects.filter(pk__in=[waiting.pk, approved.pk]).values_list("state", flat=True))
        assert states == {Approval.State.WITHDRAWN}

    def test_what_is_decided_already_stays_as_it_is(self, person: MakePerson) -> None:
        leaver, other = person(DPO), person(DPO)
        done = asked(other)
        approvals.approve(done.pk, by=leaver)
        approvals.execute(done.pk, ACT, by=other)
        people.close_account(leaver, actor="system")
        assert Approval.objects.get(pk=done.pk).state == Approval.State.EXECUTED
        assert Vote.objects.get().void_at is None

    def test_a_vote_on_what_is_not_carried_out_counts_no_more_not_even_after_reopening(
        self, person: MakePerson, ledger: Ledger
    ) -> None:
        leaver, other = person(DPO), person(DPO)
        request = asked(other)
        approvals.approve(request.pk, by=leaver)
        people.close_account(leaver, actor="system")
        people.reopen_account(leaver, actor="system")
        with refused(Refused, "approvers_changed"):
            approvals.execute(request.pk, ACT, by=other)
        assert Event.APPROVAL_VOTE_VOIDED in ledger.events

    def test_the_entry_says_what_ended(self, person: MakePerson, ledger: Ledger) -> None:
        leaver = person(DPO)
        sessions.open(leaver, "web", mfa=True)
        asked(leaver)
        people.close_account(leaver, actor="system")
        closed = next(entry for entry in ledger if entry.event == Event.ACCOUNT_CLOSED)
        assert {"requests:1", "sessions:1"} <= set(closed.data["ended"])  # type: ignore[arg-type]

    def test_an_ending_that_fails_closes_nothing(self, person: MakePerson, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(_person: User, _actor: str, _reason: str) -> int:
            raise Refused("no", "No.")

        monkeypatch.setitem(endings._endings, "zz", endings.Ending("zz", fails))
        leaver = person(DPO)
        session = sessions.open(leaver, "web", mfa=True)
        with pytest.raises(Refused), transaction.atomic():
            people.close_account(leaver, actor="system")
        assert User.objects.get(pk=leaver.pk).is_active
        assert Session.objects.get(pk=session.pk).revoked_at is None

    def test_everything_that_can_be_handed_out_is_known_to_end(self) -> None:
        assert {"permits", "requests", "service_keys", "sessions", "votes"} <= set(endings.names())

    def test_one_name_is_one_ending(self) -> None:
        with pytest.raises(ValueError, match="sessions"):
            endings.register("sessions", lambda _person, _actor, _reason: 0)


@pytest.mark.django_db
class TestRightsTakenAway:
    def test_losing_a_role_ends_what_rests_on_it_gaining_one_does_not(
        self, person: MakePerson, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ended: list[str] = []

        def end(_person: User, _actor: str, reason: str) -> int:
            ended.append(reason)
            return 1

        monkeypatch.setitem(endings._endings, "zz", endings.Ending("zz", end, with_rights=True))
        somebody = person("agent")
        people.set_roles(somebody, ["agent", DPO], actor="system")
        assert ended == []
        people.set_roles(somebody, [DPO], actor="system")
        people.set_lines(somebody, [somebody.pk], actor="system")
        people.set_lines(somebody, None, actor="system")
        assert ended == ["roles_changed", "lines_changed"]

    def test_it_is_kept_since_when_a_role_is_held_and_until_when_it_was(self, db: None) -> None:
        somebody = people.open_account("li", roles=["agent"], actor="system")
        people.set_roles(somebody, ["auditor"], actor="door:cli")
        held = dict(RoleHeld.objects.values_list("role", "until"))
        assert held["agent"] is not None
        assert held["auditor"] is None
        people.set_roles(somebody, ["agent", "auditor"], actor="system")
        assert RoleHeld.objects.filter(role="agent").count() == 2


def _at_once(*acts: Callable[[], object]) -> list[str]:
    came_to = ["nothing"] * len(acts)
    start = threading.Barrier(len(acts))

    def one(index: int, act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
            came_to[index] = "done"
        except CallwardenError as error:
            came_to[index] = error.code
        except Exception as error:
            came_to[index] = repr(error)
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
    def test_nothing_is_handed_out_behind_the_back_of_a_closing_account(self, person: MakePerson) -> None:
        for turn in range(5):
            leaver, other = person(DPO), person(DPO)
            theirs = asked(other, f"theirs-{turn}")
            came_to = _at_once(
                lambda who=leaver: people.close_account(who, actor="system"),
                lambda who=leaver, n=turn: sessions.open(who, f"a{n}", mfa=True),
                lambda who=leaver, n=turn: sessions.open(who, f"b{n}", mfa=True),
                lambda who=leaver, n=turn: asked(who, f"own-{n}"),
                lambda who=leaver, what=theirs: approvals.approve(what.pk, by=who),
            )
            assert came_to[0] == "done"
            assert set(came_to) <= {"done", "account_closed", "may_not_vote"}
            assert not Session.objects.filter(user=leaver, revoked_at=None).exists()
            open_still = Approval.objects.filter(requester=leaver).exclude(state=Approval.State.WITHDRAWN)
            assert not open_still.exists()
            assert not Vote.objects.filter(voter=leaver, void_at=None).exists()

    def test_two_who_close_and_decide_on_each_other_do_not_wait_for_ever(self, person: MakePerson) -> None:
        one, two, admin = person(DPO), person(DPO), person(DPO)
        of_one, of_two = asked(one), asked(two, "two")
        came_to = _at_once(
            lambda: people.close_account(one, actor=admin.actor),
            lambda: people.close_account(two, actor=admin.actor),
            lambda: approvals.approve(of_one.pk, by=two),
            lambda: approvals.approve(of_two.pk, by=one),
        )
        assert came_to[:2] == ["done", "done"]
        assert not [what for what in came_to if "(" in what]
        assert not Vote.objects.filter(void_at=None, approval__state__in=("pending", "approved")).exists()
        connections.close_all()
