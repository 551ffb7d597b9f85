from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from callwarden.kernel import clock, sessions
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.errors import Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import Session, User
from tests.kernel.conftest import NOON, Ledger, refused

pytestmark = pytest.mark.django_db
MakePerson = Callable[..., User]
IDLE, LIFE = timedelta(minutes=15), timedelta(hours=12)


def test_a_session_is_found_by_its_web_key_which_is_nowhere_stored(person: MakePerson) -> None:
    session = sessions.open(person("agent"), "web-key", mfa=True)
    assert sessions.find("web-key") == session
    assert b"web-key" not in bytes(Session.objects.get().key)
    assert len(session.key) == 32
    assert sessions.find("other") is None
    assert sessions.find(None) is None
    assert sessions.find("") is None


def test_a_session_left_alone_ends_after_fifteen_minutes(person: MakePerson, time: FrozenClock) -> None:
    sessions.open(person(), "key", mfa=True)
    time.advance(IDLE - timedelta(seconds=1))
    assert sessions.find("key")
    time.advance(timedelta(seconds=1))
    assert sessions.find("key") is None


def test_a_session_in_use_ends_after_twelve_hours_nevertheless(person: MakePerson, time: FrozenClock) -> None:
    session = sessions.open(person(), "key", mfa=True)
    for _ten_minutes in range(71):
        time.advance(timedelta(minutes=10))
        sessions.touch(session)
        assert sessions.find("key")
    time.advance(timedelta(minutes=10))
    sessions.touch(session)
    assert sessions.find("key") is None


@given(st.lists(st.integers(1, 3 * 3600), min_size=1, max_size=20))
@hypothesis_settings(max_examples=40, deadline=None)
def test_no_pattern_of_use_outlives_either_limit(gaps: list[int]) -> None:
    with clock.frozen(NOON) as time, transaction.atomic():
        user = User.objects.create(username="gaps")
        session = sessions.open(user, "key", mfa=False)
        dead = False
        for gap in gaps:
            time.advance(timedelta(seconds=gap))
            # What is dead stays dead, however it is touched.
            dead = dead or gap >= IDLE.total_seconds() or clock.now() >= NOON + LIFE
            sessions.touch(session)
            if dead:
                assert sessions.find("key") is None
        transaction.set_rollback(True)


def test_a_revoked_session_is_dead_at_once_and_stays_so(person: MakePerson, time: FrozenClock, ledger: Ledger) -> None:
    session = sessions.open(person(), "key", mfa=True)
    stale = Session.objects.get()
    assert sessions.revoke(session, actor="system", reason="lost_device")
    assert ledger[-1].event is Event.SESSION_REVOKED
    assert ledger[-1].session == session.pk
    time.advance(timedelta(minutes=1))
    sessions.touch(stale)
    assert sessions.find("key") is None
    assert not sessions.revoke(session.pk, actor="system")
    with refused(Refused, "session_ended"):
        sessions.prove_mfa(stale)


def test_a_clock_that_went_back_before_the_sign_in_finds_no_session(person: MakePerson, time: FrozenClock) -> None:
    sessions.open(person(), "key", mfa=True)
    time.set(NOON - timedelta(hours=1))
    assert sessions.find("key") is None


def test_signing_in_again_under_the_same_web_session_ends_the_earlier(person: MakePerson) -> None:
    first, second = person("agent"), person("data_protection_officer")
    earlier = sessions.open(first, "key", mfa=True)
    later = sessions.open(second, "key", mfa=False)
    assert sessions.find("key") == later
    earlier.refresh_from_db()
    assert earlier.revoked_at is not None


def test_the_second_factor_is_dated_by_when_it_was_proved(
    person: MakePerson, time: FrozenClock, ledger: Ledger
) -> None:
    session = sessions.open(person(), "key", mfa=False)
    assert session.mfa_at is None
    time.advance(timedelta(minutes=5))
    assert sessions.prove_mfa(session).mfa_at == NOON + timedelta(minutes=5)
    assert Session.objects.get().mfa_at == session.mfa_at
    assert ledger[-1].event is Event.MFA_PROVED


def test_demonstration_links_work_on_demonstration_sites_only(person: MakePerson, settings: Settings) -> None:
    settings.DEMO = False
    with refused(Refused, "no_demo"):
        sessions.open(person(), "key", mfa=False, demo=True)
    settings.DEMO = True
    assert sessions.open(person(), "key", mfa=False, demo=True).demo


def test_a_closed_account_opens_no_session_and_its_open_ones_stop_counting(person: MakePerson) -> None:
    user = person("agent")
    sessions.open(user, "key", mfa=True)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert sessions.find("key") is None
    user.refresh_from_db()
    with refused(Refused, "account_closed"):
        sessions.open(user, "other", mfa=True)


def test_ending_all_others_keeps_the_present_one(person: MakePerson) -> None:
    user = person("agent")
    here = sessions.open(user, "here", mfa=True)
    for key in ("a", "b"):
        sessions.open(user, key, mfa=True)
    assert sessions.live(user).count() == 3
    assert sessions.revoke_all(user, actor=user.actor, reason="lost_device", keep=here) == 2
    assert list(sessions.live(user)) == [here]


def test_not_even_sql_makes_a_session_outlive_its_end(person: MakePerson) -> None:
    session = sessions.open(person(), "key", mfa=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Session.objects.update(expires_at=session.ends_at + timedelta(seconds=1))
