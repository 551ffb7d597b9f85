"""Nobody raises themselves, sensitive roles take two, somebody is always left to administer, posts end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.control.accounts import actions, acts, queries, rules, watch
from callwarden.control.accounts.rules import Post
from callwarden.control.training.actions import record
from callwarden.control.training.rules import COURSE
from callwarden.kernel import approvals, clock, people, sessions
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.errors import Conflict, InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval, Finding, RoleHeld, User
from callwarden.kernel.roles import SENSITIVE, SEPARATED
from tests.kernel.conftest import Ledger, refused
from tests.kernel.test_leavers import _at_once

MakePerson = Callable[..., User]


def trained(by: User, *persons: User) -> None:
    """What sensitive roles rest on; what that means is in `tests/control/training`."""
    for one in persons:
        record(one, COURSE, completed_on=clock.now().date(), valid_until=None, by=by)


SECURITY, DPO, AUDITOR, SYSTEM = (
    "security_administrator",
    "data_protection_officer",
    "auditor",
    "system_administrator",
)


@pytest.fixture
def admin(person: MakePerson) -> User:
    return person(SECURITY)


@pytest.mark.django_db
class TestRoles:
    def test_a_usual_role_is_given_at_once(self, admin: User, person: MakePerson, ledger: Ledger) -> None:
        somebody = person("agent")
        assert actions.change_roles(somebody, ["team_leader"], actor=admin.actor, requester=admin) is None
        assert User.objects.get(pk=somebody.pk).roles == ["team_leader"]
        assert ledger[-1].event == Event.ROLES_CHANGED

    @pytest.mark.parametrize("role", sorted(SENSITIVE - {SECURITY}))
    def test_a_sensitive_role_waits_for_a_second_person(self, admin: User, person: MakePerson, role: str) -> None:
        somebody, officer = person("agent"), person(DPO)
        trained(admin, somebody)
        asked = actions.change_roles(somebody, [role], actor=admin.actor, requester=admin, reason="Succession.")
        assert asked is not None
        assert User.objects.get(pk=somebody.pk).roles == ["agent"]
        act = approvals.act_of(asked)
        with refused(Conflict, "approval_not_waiting"):
            approvals.execute(asked.pk, act, by=admin)
        approvals.approve(asked.pk, by=officer)
        approvals.execute(asked.pk, act, by=admin)
        assert User.objects.get(pk=somebody.pk).roles == [role]
        assert RoleHeld.objects.get(user=somebody, until=None).approval == asked.pk

    def test_whoever_is_to_get_the_role_cannot_be_the_second_person(self, admin: User, person: MakePerson) -> None:
        officer, other = person(DPO), person(DPO)
        trained(admin, officer)
        asked = actions.change_roles(officer, [DPO, AUDITOR], actor=admin.actor, requester=admin, reason="Both.")
        assert asked is not None
        approvals.approve(asked.pk, by=officer)
        with refused(Refused, "own_rights"):
            approvals.execute(asked.pk, approvals.act_of(asked), by=admin)
        with refused(Refused, "own_rights"):
            approvals.execute(asked.pk, approvals.act_of(asked), by=officer)
        assert User.objects.get(pk=officer.pk).roles == [DPO]
        assert other.roles == [DPO]

    def test_what_the_person_holds_by_then_is_no_longer_what_was_approved(
        self, admin: User, person: MakePerson
    ) -> None:
        somebody, officer = person("agent"), person(DPO)
        trained(admin, somebody)
        asked = actions.change_roles(somebody, ["agent", DPO], actor=admin.actor, requester=admin, reason="Yes.")
        assert asked is not None
        approvals.approve(asked.pk, by=officer)
        actions.change_roles(somebody, ["team_leader"], actor=admin.actor)
        with refused(Conflict, "act_changed"):
            approvals.execute(asked.pk, acts.giving(User.objects.get(pk=somebody.pk), ["agent", DPO]), by=admin)
        with refused(Conflict, "act_changed"):
            approvals.execute(asked.pk, approvals.act_of(asked), by=admin)

    def test_the_same_is_not_asked_for_twice(self, admin: User, person: MakePerson) -> None:
        somebody = person("agent")
        trained(admin, somebody)
        actions.change_roles(somebody, [DPO], actor=admin.actor, requester=admin, reason="One.")
        with refused(InvalidInput, "asked_already"):
            actions.change_roles(somebody, [DPO], actor=admin.actor, requester=admin, reason="Two.")

    @pytest.mark.parametrize("wanted", [sorted(SEPARATED)[:2], sorted(SEPARATED)])
    def test_separated_roles_are_not_even_asked_for(self, admin: User, person: MakePerson, wanted: list[str]) -> None:
        with refused(InvalidInput, "roles_separated"):
            actions.change_roles(person("agent"), wanted, actor=admin.actor, requester=admin, reason="All.")
        assert not Approval.objects.exists()

    def test_a_program_gives_no_sensitive_role(self, person: MakePerson) -> None:
        person(SECURITY)
        with refused(Refused, "role_needs_two"):
            actions.change_roles(person("agent"), [DPO], actor="door:scim")

    def test_nobody_changes_their_own_rights(self, admin: User, person: MakePerson) -> None:
        person(SECURITY)
        for act in (
            lambda: actions.change_roles(admin, ["agent"], actor=admin.actor, requester=admin),
            lambda: actions.change_lines(admin, None, actor=admin.actor),
            lambda: actions.close(admin, actor=admin.actor),
            lambda: actions.reopen(admin, actor=admin.actor),
        ):
            with refused(Refused, "own_rights"):
                act()

    def test_the_last_administrator_stays(self, admin: User, person: MakePerson) -> None:
        other = person(SECURITY)
        people.close_account(other, actor="system")
        with refused(Refused, "last_security_administrator"):
            actions.close(admin, actor=other.actor)
        with refused(Refused, "last_security_administrator"):
            actions.change_roles(admin, ["agent"], actor=other.actor)

    def test_reopening_gives_no_sensitive_role_back(self, admin: User, person: MakePerson) -> None:
        officer = person("agent", DPO)
        actions.close(officer, actor=admin.actor)
        assert actions.reopen(officer, actor=admin.actor) == [DPO]
        assert User.objects.get(pk=officer.pk).roles == ["agent"]


@pytest.mark.django_db(transaction=True)
def test_two_administrators_closing_each_other_at_once_leave_one(person: MakePerson) -> None:
    one, two = person(SECURITY), person(SECURITY)
    came_to = _at_once(
        lambda: actions.close(one, actor=two.actor),
        lambda: actions.close(two, actor=one.actor),
    )
    assert sorted(came_to) == ["done", "last_security_administrator"]
    assert User.objects.filter(is_active=True).count() == 1


NOW = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(since=NOW, months=st.integers(1, 120))
def test_a_post_ends_the_same_day_so_many_months_later_or_on_the_last_of_that_month(
    since: datetime, months: int
) -> None:
    ends = rules.after_months(since, months)
    assert (ends.year - since.year) * 12 + ends.month - since.month == months
    assert ends.day == since.day or (ends + timedelta(days=1)).day == 1
    held = rules.tenure(DPO, since, months=months)
    assert held is not None
    assert held.judged(ends - timedelta(seconds=1)) is not Post.OVER
    assert held.judged(ends) is Post.OVER
    assert rules.tenure("agent", since, months=months) is None
    assert rules.tenure(DPO, since, months=0) is None


@pytest.mark.django_db
class TestTime:
    def test_a_post_is_a_finding_before_and_after_its_end(self, admin: User, time: FrozenClock) -> None:
        officer = people.open_account("dpo", roles=[DPO, "agent"], actor="system")
        sessions.open(officer, "a", mfa=True)
        assert watch.look() == []
        time.advance(timedelta(days=700))
        kinds = {one.kind for one in watch.look()}
        assert "tenure-ending" in kinds
        time.advance(timedelta(days=60))
        over = [one for one in watch.look() if one.kind == "tenure-over"]
        assert [one.data["role"] for one in over] == [DPO]
        assert over[0].where == f"person:{officer.actor}"

    def test_giving_a_role_anew_starts_its_time_anew_only_after_it_was_taken(
        self, admin: User, time: FrozenClock
    ) -> None:
        officer = people.open_account("dpo", roles=[DPO], actor="system")
        start = queries.tenures()[officer.pk][0].since
        time.advance(timedelta(days=100))
        people.set_roles(officer, [DPO, "agent"], actor="system")
        assert queries.tenures()[officer.pk][0].since == start

    def test_an_account_nobody_uses_is_a_finding_until_it_is_closed(self, admin: User, time: FrozenClock) -> None:
        unused = people.open_account("li", roles=["agent"], actor="system")
        used = people.open_account("wang", roles=["agent"], actor="system")
        User.objects.update(date_joined=time.now())
        time.advance(timedelta(days=46))
        sessions.open(used, "a", mfa=True)
        sessions.open(admin, "b", mfa=True)
        assert [one.where for one in watch.look()] == [f"person:{unused.actor}"]
        people.close_account(unused, actor="system")
        assert watch.look() == []
        assert Finding.objects.count() == 1
