"""What a leaver answers for ends with the account, also what is made in the same moment."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from callwarden.custody.models import Client, Permit
from callwarden.kernel import clock, people
from callwarden.kernel.models import User
from callwarden.protection.signin import actions
from callwarden.protection.signin.models import ServiceKey
from tests.kernel.test_leavers import _at_once


def person(name: str) -> User:
    return User.objects.create(username=name, roles=["system_administrator"])


def client() -> Client:
    return Client.objects.create(slug=f"c-{uuid4().hex[:8]}", name="Centre")


def make(owner: User, of: Client, purpose: str = "pbx-upload") -> ServiceKey:
    key, _written = actions.create(owner=owner, purpose=purpose, scopes=["intake"], client=of, actor="system")
    return key


def permit(principal: str) -> Permit:
    now = clock.now()
    return Permit.objects.create(
        principal=principal,
        session=uuid4(),
        action="reveal",
        purpose="service",
        records_digest=bytes(32),
        policy="p",
        entry=uuid4(),
        issued_at=now,
        expires_at=now + timedelta(minutes=1),
    )


@pytest.mark.django_db
def test_keys_and_permits_of_a_leaver_are_dead_at_once_those_of_others_live() -> None:
    leaver, other, of = person("leaver"), person("other"), client()
    mine, theirs = make(leaver, of), make(other, of, "dialler")
    permits = [permit(leaver.actor), permit(mine.actor), permit(other.actor)]
    people.close_account(leaver, actor="system")
    assert ServiceKey.objects.get(pk=mine.pk).revoked_at is not None
    assert ServiceKey.objects.get(pk=theirs.pk).is_live(clock.now())
    live = Permit.objects.filter(revoked_at=None).values_list("pk", flat=True)
    assert list(live) == [permits[2].pk]
    people.reopen_account(leaver, actor="system")
    assert not ServiceKey.objects.get(pk=mine.pk).is_live(clock.now())


@pytest.mark.django_db
def test_a_role_taken_away_takes_the_permits_along() -> None:
    somebody = person("somebody")
    one = permit(somebody.actor)
    people.set_roles(somebody, ["agent"], actor="system")
    assert Permit.objects.get(pk=one.pk).revoked_at is not None


@pytest.mark.django_db(transaction=True)
def test_no_key_is_made_behind_the_back_of_a_closing_account() -> None:
    of = client()
    for turn in range(5):
        leaver = person(f"leaver-{turn}")
        came_to = _at_once(
            lambda who=leaver: people.close_account(who, actor="system"),
            lambda who=leaver, n=turn: make(who, of, f"a-{n}"),
            lambda who=leaver, n=turn: make(who, of, f"b-{n}"),
        )
        assert came_to[0] == "done"
        assert set(came_to) <= {"done", "account_closed"}
        assert not ServiceKey.objects.filter(owner=leaver, revoked_at=None).exists()
