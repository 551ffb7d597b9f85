"""Sensitive posts end: reminded of before, taken back on the day, never so that nobody could give them any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from callwarden.control.accounts import posts, queries, rules, watch
from callwarden.kernel import people, sessions
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.events import Event
from callwarden.kernel.models import Finding, OutboxMessage, RoleHeld, User
from callwarden.kernel.roles import SENSITIVE
from tests.kernel.conftest import Ledger

SECURITY, DPO, AUDITOR, SYSTEM = (
    "security_administrator",
    "data_protection_officer",
    "auditor",
    "system_administrator",
)
YEARS = timedelta(days=735)
pytestmark = pytest.mark.django_db


def opened(name: str, *roles: str) -> User:
    return people.open_account(name, roles=list(roles), actor="system", email=f"{name}@example.com")


def roles_of(user: User) -> list[str]:
    return User.objects.get(pk=user.pk).roles


@pytest.fixture
def keepers(time: FrozenClock) -> list[User]:
    """An auditor for 600 days, and two more who will still be in time when that post ends."""
    first = [opened("head", AUDITOR, "team_leader")]
    time.advance(timedelta(days=600))
    first += [opened("admin", SECURITY), opened("officer", DPO)]
    return first


def test_a_post_ends_on_its_day_with_what_rested_on_it_and_stands_in_the_log(keepers, time, ledger: Ledger):
    auditor = keepers[0]
    session = sessions.open(auditor, "a", mfa=True)
    time.advance(YEARS - timedelta(days=610))
    watch.look()
    assert roles_of(auditor) == [AUDITOR, "team_leader"]
    ledger.clear()
    time.advance(timedelta(days=10))
    watch.look()
    assert roles_of(auditor) == ["team_leader"]
    ended = [entry for entry in ledger if entry.event == Event.POST_ENDED]
    assert [(entry.data["person"], entry.data["role"]) for entry in ended] == [(auditor.actor, AUDITOR)]
    assert Event.ROLES_CHANGED in ledger.events
    assert RoleHeld.objects.get(user=auditor, role=AUDITOR).until == time.now()
    session.refresh_from_db()
    assert not Finding.objects.filter(kind="tenure-over").exists()
    assert OutboxMessage.objects.filter(template="post-ended").exists()
    watch.look()
    assert len([entry for entry in ledger if entry.event == Event.POST_ENDED]) == 1


def test_the_last_who_could_give_roles_keep_theirs_until_there_is_somebody_else(time, ledger: Ledger):
    admin, officer = opened("admin", SECURITY), opened("officer", DPO)
    time.advance(YEARS)
    watch.look()
    assert (roles_of(admin), roles_of(officer)) == ([SECURITY], [DPO])
    assert Event.POST_ENDED not in ledger.events
    assert {one.data["role"] for one in Finding.objects.filter(kind="tenure-over")} == {SECURITY, DPO}
    second = opened("second", SECURITY)
    watch.look()
    # One of the two over their time could go; then again two are left, and the other stays.
    left = [user for user in (admin, officer) if roles_of(user)]
    assert len(left) == 1
    assert roles_of(second) == [SECURITY]
    opened("third", DPO)
    watch.look()
    assert not [user for user in (admin, officer) if roles_of(user)]


def test_of_several_over_their_time_the_longest_goes_first_and_two_stay(time):
    people_then = [opened("one", SECURITY)]
    time.advance(timedelta(days=1))
    people_then += [opened("two", SECURITY)]
    time.advance(timedelta(days=1))
    people_then += [opened("officer", DPO)]
    time.advance(YEARS)
    watch.look()
    watch.look()
    assert [roles_of(user) for user in people_then] == [[], [SECURITY], [DPO]]


def test_a_closed_account_counts_as_nobody(time):
    one, two, officer = opened("one", SECURITY), opened("two", SECURITY), opened("officer", DPO)
    people.close_account(two, actor="system")
    time.advance(YEARS)
    watch.look()
    assert (roles_of(one), roles_of(officer)) == ([SECURITY], [DPO])


@given(
    people_left=st.lists(st.sets(st.sampled_from([SECURITY, DPO, AUDITOR, SYSTEM, "agent"])), max_size=5),
    role=st.sampled_from(sorted(SENSITIVE)),
)
def test_whatever_ends_there_is_one_who_asks_and_another_who_decides(people_left: list[set[str]], role: str) -> None:
    if rules.is_needed(role, left=people_left) or role not in {SECURITY, DPO}:
        return
    askers = [index for index, roles in enumerate(people_left) if SECURITY in roles]
    deciders = [index for index, roles in enumerate(people_left) if roles & {SECURITY, DPO}]
    assert any(one != two for one in askers for two in deciders)


def test_holder_and_those_who_find_a_successor_are_reminded_twice_each_once(keepers, time):
    def told() -> list[str]:
        rows = OutboxMessage.objects.filter(template="post-ending")
        return sorted(row.recipient.username for row in rows if row.recipient is not None)

    time.advance(timedelta(days=60))
    watch.look()
    assert told() == []
    time.advance(timedelta(days=12))
    for _hour in range(3):
        watch.look()
        time.advance(timedelta(hours=1))
    assert told() == ["admin", "head", "officer"]
    time.advance(timedelta(days=55))
    for _hour in range(3):
        watch.look()
        time.advance(timedelta(hours=1))
    assert told() == ["admin", "admin", "head", "head", "officer", "officer"]
    (found,) = Finding.objects.filter(kind="tenure-ending")
    assert found.severity == "high"


def test_without_a_limit_nothing_ends(keepers, time, settings):
    settings.TENURE_MONTHS = 0
    time.advance(timedelta(days=5000))
    assert posts.held() == []
    watch.look()
    assert roles_of(keepers[0]) == [AUDITOR, "team_leader"]


def test_people_are_looked_at_once_however_many_hold_a_post(time):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            posts.held()
        return len(queries)

    opened("admin", SECURITY)
    few = asked()
    for number in range(4):
        opened(f"auditor{number}", AUDITOR)
    assert len(posts.held()) == 5
    assert asked() == few


def test_who_is_due_is_listed_by_day_and_says_whose_end_waits(time):
    auditor = opened("auditor", AUDITOR)
    time.advance(timedelta(days=30))
    admin, officer = opened("admin", SECURITY), opened("officer", DPO)
    listed = posts.held()
    assert listed[0].person == auditor
    assert {(one.person.pk, one.waits) for one in listed} == {
        (auditor.pk, False),
        (admin.pk, True),
        (officer.pk, True),
    }
    assert queries.tenures()[auditor.pk][0] == listed[0].tenure
