"""While the operation log is behind or damaged, only those who can mend it come in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from callwarden.custody.models import LedgerPending, SequencerState
from callwarden.kernel import clock
from callwarden.kernel.models import Session
from tests.doors.console.signin_site import CODE, Someone, give_password, newcomer, person, quick, site

__all__ = ["quick", "site"]
pytestmark = pytest.mark.usefixtures("quick")


def fall_behind(seconds: float) -> None:
    """The oldest entry has waited so long."""
    oldest = LedgerPending.objects.order_by("id").first()
    assert oldest is not None
    LedgerPending.objects.filter(pk=oldest.pk).update(at=clock.now() - timedelta(seconds=seconds))


def come_in(someone: Someone) -> tuple[int, Client]:
    browser = Client()
    assert give_password(browser, someone.user.username)["Location"] == CODE
    return browser.post(CODE, {"code": someone.code()}).status_code, browser


@pytest.fixture
def damaged() -> None:
    SequencerState.objects.update_or_create(pk=1, defaults={"fault": "root_mismatch"})


ADMINISTRATORS = ["system_administrator", "security_administrator", "auditor"]
OTHERS = ["agent", "team_leader", "quality_reviewer", "data_protection_officer", "partner_manager"]


@pytest.mark.parametrize("role", OTHERS)
def test_behind_its_limit_nobody_else_comes_in_and_afterwards_they_do(role):
    someone = newcomer(role=role)
    fall_behind(61)
    status, browser = come_in(someone)
    assert status == 503
    assert browser.get("/probe/").status_code == 302
    assert Session.objects.filter(user=someone.user).count() == 1
    fall_behind(59)
    status, browser = come_in(someone)
    assert status == 302
    assert browser.get("/probe/").status_code == 200


@pytest.mark.parametrize("role", ADMINISTRATORS)
def test_administrators_come_in_to_mend_it(role):
    someone = newcomer(role=role)
    fall_behind(61)
    status, browser = come_in(someone)
    assert status == 302
    assert browser.get("/probe/").status_code == 200


def test_a_log_that_does_not_hold_stops_sign_ins_as_well(damaged):
    answer = give_password(Client(), person().username)
    assert answer.status_code == 503
    assert "Only administrators can sign in now" in answer.content.decode()
    assert person("root", role="system_administrator")
    assert give_password(Client(), "root").status_code == 302


def test_the_page_is_told_in_both_languages_and_only_to_whoever_proved_who_they_are(settings):
    someone = newcomer()
    fall_behind(61)
    assert give_password(Client(), password="nine green boats at anchor").status_code == 200
    browser = Client()
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    give_password(browser)
    assert "目前只有管理员可以登录" in browser.post(CODE, {"code": someone.code()}).content.decode()


def test_whoever_is_signed_in_stays_so():
    someone = newcomer()
    fall_behind(61)
    assert someone.browser.get("/probe/").status_code == 200


def test_the_limit_is_a_setting(settings):
    settings.LEDGER_LAG_SECONDS = 5
    someone = newcomer()
    fall_behind(10)
    assert come_in(someone)[0] == 503
    settings.LEDGER_LAG_SECONDS = 20
    assert come_in(someone)[0] == 302
