"""Keys are replaced without an outage, belong to somebody who is here, and end when nobody uses them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from callwarden.custody.models import Client
from callwarden.kernel import clock, people
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.errors import Conflict, InvalidInput, Refused
from callwarden.kernel.models import User
from callwarden.protection.signin import actions, queries, watch
from callwarden.protection.signin.models import ServiceKey
from tests.kernel.conftest import refused
from tests.kernel.test_leavers import _at_once
from tests.protection.signin.test_leavers import client, make, person


@pytest.fixture
def time() -> Iterator[FrozenClock]:
    with clock.frozen(datetime(2026, 3, 2, 12, tzinfo=UTC)) as frozen:
        yield frozen


@pytest.fixture
def owner(db: None) -> User:
    return person("owner")


@pytest.fixture
def of(db: None) -> Client:
    return client()


def live(key: ServiceKey) -> bool:
    return ServiceKey.objects.select_related("owner").get(pk=key.pk).is_live(clock.now())


def test_the_old_key_lives_on_for_the_overlap_and_no_longer(owner: User, of: Client, time: FrozenClock) -> None:
    old, written = actions.create(
        owner=owner, purpose="pbx", scopes=["intake"], client=of, networks=["192.0.2.0/24"], actor="system"
    )
    new, next_written = actions.rotate(old, actor="system", overlap_days=7)
    assert (new.scopes, new.networks, new.purpose, new.owner) == (old.scopes, old.networks, "pbx", owner)
    time.advance(timedelta(days=6, hours=23))
    assert queries.find(str(written), address="192.0.2.1") is not None
    time.advance(timedelta(hours=2))
    assert queries.find(str(written), address="192.0.2.1") is None
    assert queries.find(str(next_written), address="192.0.2.1") is not None


def test_rotation_never_lengthens_the_old_key(owner: User, of: Client, time: FrozenClock) -> None:
    old, _written = actions.create(owner=owner, purpose="pbx", scopes=["intake"], client=of, days=3, actor="system")
    actions.rotate(old, actor="system", overlap_days=30)
    assert ServiceKey.objects.get(pk=old.pk).expires_at == old.expires_at


def test_a_program_has_two_live_keys_at_most(owner: User, of: Client, time: FrozenClock) -> None:
    first = make(owner, of)
    second, _written = actions.rotate(first, actor="system")
    for attempt in (
        lambda: actions.rotate(first, actor="system"),
        lambda: actions.rotate(second, actor="system"),
        lambda: make(owner, of),
    ):
        with refused(Conflict, "two_live_keys"):
            attempt()
    make(owner, of, "another-program")
    time.advance(timedelta(days=8))
    actions.rotate(second, actor="system")


def test_what_has_ended_is_neither_rotated_nor_handed_over(owner: User, of: Client) -> None:
    key = make(owner, of)
    actions.revoke(key, actor="system", reason="leaked")
    assert ServiceKey.objects.get(pk=key.pk).ended_for == "leaked"
    with refused(Conflict, "key_ended"):
        actions.rotate(key, actor="system")
    with refused(Conflict, "key_ended"):
        actions.hand_over(key, to=person("other"), actor="system")


def test_a_key_handed_over_before_outlives_its_former_owner(owner: User, of: Client) -> None:
    key, other = make(owner, of), person("other")
    actions.hand_over(key, to=other, actor="system")
    people.close_account(owner, actor="system")
    assert live(key)
    people.close_account(other, actor="system")
    assert not live(key)


def test_nobody_who_has_left_takes_a_key_over(owner: User, of: Client) -> None:
    key, gone = make(owner, of), person("gone")
    people.close_account(gone, actor="system")
    with refused(Refused, "account_closed"):
        actions.hand_over(key, to=gone, actor="system")


@pytest.mark.parametrize("days", [-1, 31])
def test_an_overlap_has_its_limits(owner: User, of: Client, days: int) -> None:
    with refused(InvalidInput, "key_overlap"):
        actions.rotate(make(owner, of), actor="system", overlap_days=days)


def test_a_key_nobody_uses_is_told_of_and_then_disabled(owner: User, of: Client, time: FrozenClock) -> None:
    unused, used = make(owner, of), make(owner, of, "dialler")
    time.advance(timedelta(days=22))
    actions.note_use(used)
    assert [(one.kind, one.where) for one in watch.look()] == [("service-key-idle", f"service_key:{unused.pk}")]
    time.advance(timedelta(days=9))
    watch.look()
    assert (live(unused), live(used)) == (False, True)
    assert ServiceKey.objects.get(pk=unused.pk).ended_for == "idle"


def test_a_key_that_ends_soon_is_told_of_until_there_is_a_newer_one(owner: User, of: Client, time: FrozenClock) -> None:
    key = make(owner, of)
    time.advance(timedelta(days=20))
    actions.note_use(key)
    key.refresh_from_db()
    time.advance(timedelta(days=28))
    actions.note_use(key)
    key.refresh_from_db()
    time.advance(timedelta(days=28, hours=1))
    actions.note_use(key)
    assert "service-key-due" in {one.kind for one in watch.look()}
    actions.rotate(key, actor="system", overlap_days=14)
    assert watch.look() == []


@pytest.mark.django_db(transaction=True)
def test_rotating_in_many_windows_at_once_makes_one_key() -> None:
    key = make(person("owner"), client())
    came_to = _at_once(*[lambda: actions.rotate(key, actor="system")] * 4)
    assert sorted(came_to) == ["done", *["two_live_keys"] * 3]
    assert ServiceKey.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_key_handed_over_while_its_owner_leaves_is_dead_or_somebody_elses() -> None:
    of, other = client(), person("other")
    for turn in range(4):
        leaver = person(f"leaver-{turn}")
        key = make(leaver, of, f"p-{turn}")
        came_to = _at_once(
            lambda who=leaver: people.close_account(who, actor="system"),
            lambda what=key: actions.hand_over(what, to=other, actor="system"),
        )
        assert came_to[0] == "done"
        found = ServiceKey.objects.get(pk=key.pk)
        assert found.owner_id == other.pk or found.revoked_at is not None
        assert came_to[1] == ("done" if found.owner_id == other.pk else "key_ended")
