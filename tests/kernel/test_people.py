from __future__ import annotations

from datetime import timedelta
from itertools import combinations

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from callwarden.kernel import approvals, clock, frozen, people, sessions
from callwarden.kernel.errors import Conflict, InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import User
from callwarden.kernel.roles import SEPARATED, Role, check_roles
from tests.kernel.conftest import NOON, Ledger, refused

pytestmark = pytest.mark.django_db
PAIRS = list(combinations(sorted(SEPARATED), 2))


def test_there_are_the_eight_roles_of_a_call_centre_in_the_readers_language() -> None:
    assert len(Role) == 8
    with translation.override("en"):
        assert str(Role.DPO.label) == "Data protection officer"


@pytest.mark.parametrize("pair", PAIRS)
def test_system_security_and_audit_administration_are_three_people(pair: tuple[str, str]) -> None:
    with refused(InvalidInput, "roles_separated"):
        check_roles(pair)
    with pytest.raises(InvalidInput):
        people.open_account("li", roles=["agent", *pair], actor="system")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="li", roles=["agent", *pair])


@pytest.mark.parametrize("pair", PAIRS)
def test_nor_does_one_become_the_other_by_a_change(pair: tuple[str, str]) -> None:
    user = people.open_account("li", roles=[pair[0]], actor="system")
    with pytest.raises(InvalidInput):
        people.set_roles(user, pair, actor="system")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(roles=list(pair))
    assert people.set_roles(user, [pair[1]], actor="system").roles == [pair[1]]


def test_an_invented_role_is_refused_by_program_and_database() -> None:
    with refused(InvalidInput, "unknown_role"):
        people.open_account("li", roles=["emperor"], actor="system")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="li", roles=["emperor"])


def test_the_ledger_knows_people_by_a_random_pseudonym_only(ledger: Ledger) -> None:
    user = people.open_account(
        "li.na",
        roles=["data_protection_officer"],
        actor="system",
        display_name="李娜",
        email="li@example.com",
        language="zh-CN",
    )
    assert user.language == "zh-hans"
    assert str(user) == "李娜"
    assert user.pseudonym != user.pk
    assert ledger.events == [Event.ACCOUNT_OPENED]
    assert ledger[0].data == {"person": user.actor, "roles": ["data_protection_officer"]}
    assert not any(word in repr(ledger) for word in ("li.na", "李娜", "li@example.com"))


def test_an_account_name_is_given_once() -> None:
    people.open_account("li", roles=["agent"], actor="system")
    with refused(Conflict, "account_exists"):
        people.open_account("li", roles=["agent"], actor="system")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"password": "password1234"}, "password_weak"),
        ({"password": "short"}, "password_weak"),
        ({"email": "not an address"}, "email_malformed"),
        ({"time_zone": "Mars/Olympus"}, "time_zone_unknown"),
    ],
)
def test_a_bad_account_is_refused_without_repeating_what_was_typed(fields: dict[str, str], code: str) -> None:
    with refused(InvalidInput, code) as caught:
        people.open_account("li", roles=["agent"], actor="system", **fields)  # type: ignore[arg-type]
    assert next(iter(fields.values())) not in f"{caught.value}{caught.value.data}"
    assert not User.objects.exists()


def test_without_a_password_no_password_fits() -> None:
    assert not people.open_account("li", roles=["agent"], actor="system").has_usable_password()


def test_a_change_of_roles_is_written_with_before_and_after_and_nothing_is_written_for_none(ledger: Ledger) -> None:
    user = people.open_account("li", roles=["agent"], actor="system")
    people.set_roles(user, ["agent", "team_leader"], actor="system")
    assert ledger[-1].event is Event.ROLES_CHANGED
    assert ledger[-1].data == {"person": user.actor, "before": ["agent"], "after": ["agent", "team_leader"]}
    people.set_roles(user, ["team_leader", "agent"], actor="system")
    assert len(ledger) == 2


def test_who_leaves_is_signed_out_everywhere_at_once(ledger: Ledger) -> None:
    user = people.open_account("li", roles=["data_protection_officer"], actor="system")
    for key in ("desk", "phone"):
        sessions.open(user, key, mfa=True)
    people.close_account(user, actor="system")
    assert sessions.find("desk") is None
    assert sessions.find("phone") is None
    assert not user.has_role("data_protection_officer")
    assert user not in people.holding(["data_protection_officer"])
    assert ledger.events[-3:] == [Event.SESSION_REVOKED, Event.SESSION_REVOKED, Event.ACCOUNT_CLOSED]


def test_who_comes_back_has_the_old_roles_and_no_old_session() -> None:
    user = people.open_account("li", roles=["data_protection_officer"], actor="system")
    sessions.open(user, "desk", mfa=True)
    people.close_account(user, actor="system")
    people.reopen_account(user, actor="system")
    assert user.has_role("data_protection_officer")
    assert sessions.find("desk") is None
    assert list(people.holding(["data_protection_officer", "agent"])) == [user]


def _opened(name: str, *roles: str) -> User:
    return people.open_account(name, roles=roles, actor="system")


def test_a_frozen_account_is_out_at_once_and_one_person_cannot_let_it_back_in(ledger: Ledger) -> None:
    suspect, officer = _opened("li", "agent"), _opened("wu", "security_administrator")
    sessions.open(suspect, "desk", mfa=True)
    people.freeze_account(suspect, actor=officer.actor, reason="alert", detail="Eight strangers in ten minutes")
    assert sessions.find("desk") is None
    assert not User.objects.get(pk=suspect.pk).is_active
    assert ledger[-1].event is Event.ACCOUNT_FROZEN
    assert ledger[-1].data == {"person": suspect.actor, "reason": "alert"}
    assert ledger[-1].detail == {"reason": "Eight strangers in ten minutes"}
    with refused(Refused, "account_closed"):
        sessions.open(suspect, "desk", mfa=True)
    with refused(Conflict, "account_frozen"):
        people.reopen_account(suspect, actor=officer.actor)
    with refused(Conflict, "account_frozen"):
        people.freeze_account(suspect, actor=officer.actor, reason="alert")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=suspect.pk).update(is_active=True)


def test_two_people_unfreeze_exactly_this_freeze(ledger: Ledger) -> None:
    suspect, officer = _opened("li", "agent"), _opened("wu", "security_administrator")
    second = _opened("chen", "data_protection_officer")
    with clock.frozen(NOON) as time:
        people.freeze_account(suspect, actor=officer.actor, reason="alert")
        act = frozen.act(suspect)
        asked = approvals.request(act, requester=officer, reason="A false alarm")
        with refused(Refused, "own_request"):
            approvals.approve(asked.pk, by=officer)
        approvals.approve(asked.pk, by=second)
        approvals.execute(asked.pk, act, by=officer)
        suspect.refresh_from_db()
        assert suspect.is_active
        assert suspect.frozen_at is None
        assert ledger[-1].event is Event.ACCOUNT_UNFROZEN
        assert ledger[-1].approval == asked.pk
        # Frozen anew, the old request unfreezes nothing.
        late = approvals.request(act, requester=officer, reason="Again")
        approvals.approve(late.pk, by=second)
        time.advance(timedelta(minutes=1))
        people.freeze_account(suspect, actor="job:watch", reason="alert")
        with refused(Conflict, "act_changed"):
            approvals.execute(late.pk, act, by=officer)
    assert not User.objects.get(pk=suspect.pk).is_active


def test_who_leaves_while_frozen_stays_out_after_two_people_unfreeze(ledger: Ledger) -> None:
    suspect = _opened("li", "agent")
    people.freeze_account(suspect, actor="job:watch", reason="alert")
    people.close_account(suspect, actor="system")
    assert ledger[-1].event is Event.ACCOUNT_CLOSED
    people.unfreeze_account(suspect, actor="system", approval=suspect.pk)
    assert not User.objects.get(pk=suspect.pk).is_active


def test_nobody_freezes_themselves() -> None:
    officer = _opened("wu", "security_administrator")
    with refused(Refused, "own_account"):
        people.freeze_account(officer, actor=officer.actor, reason="alert")
    assert User.objects.get(pk=officer.pk).is_active
