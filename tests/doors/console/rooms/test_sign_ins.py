"""The pages of signing in: who is shut out, and what one administrator can and cannot do about it."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.urls import reverse

from callwarden.kernel import clock
from callwarden.kernel.models import Approval, User
from callwarden.kernel.people import open_account
from callwarden.protection.signin import lockouts, saml_keys
from callwarden.protection.signin.models import SamlKey
from callwarden.protection.signin.providers import Provider, Saml
from tests.protection.signin.saml_answers import key_pair

PAGE = "/protection/sign-in/"


def text(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def shut_out(person) -> User:
    user = person("agent").user
    for number in range(20):
        AccessAttempt.objects.create(
            username=lockouts.counter_of(user),
            ip_address=f"198.51.100.{number}",
            user_agent="",
            failures_since_start=1,
            attempt_time=clock.now(),
        )
    Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
    return user


@pytest.mark.parametrize("role", ["security_administrator", "system_administrator", "auditor"])
def test_keepers_see_who_is_shut_out_and_only_the_security_administrator_opens(person, shut_out, role):
    somebody = person(role)
    page = text(somebody.get(PAGE))
    assert shut_out.get_full_name() in page
    assert "Closed for unknown browsers" in page
    href = reverse("console:sign_in_open", args=[shut_out.pk])
    may = role == "security_administrator"
    assert (href in page) == may
    assert somebody.post(href).status_code == (302 if may else 403)
    assert lockouts.standing(shut_out).closed != may


@pytest.mark.parametrize("role", ["agent", "team_leader", "quality_reviewer", "partner_manager"])
def test_nobody_else_sees_the_pages(person, shut_out, role):
    somebody = person(role)
    for path in (PAGE, reverse("console:sign_in_person", args=[shut_out.pk])):
        assert somebody.get(path).status_code == 403


def test_a_new_password_is_shown_once_and_the_person_chooses_their_own(person, shut_out):
    admin = person("security_administrator")
    href = reverse("console:sign_in_password", args=[shut_out.pk])
    written = re.search(r'class="secret">([^<]+)<', text(admin.post(href)))
    assert written
    shut_out.refresh_from_db()
    assert shut_out.check_password(written[1])
    assert written[1] not in text(admin.get(reverse("console:sign_in_person", args=[shut_out.pk])))
    assert "chosen by somebody else" in text(admin.get(reverse("console:sign_in_person", args=[shut_out.pk])))


def test_second_factors_are_removed_by_two_people_alone(person, shut_out):
    admin, second = person("security_administrator"), person("data_protection_officer")
    href = reverse("console:sign_in_factors", args=[shut_out.pk])
    assert admin.post(href, {"reason": ""}).status_code == 422
    assert admin.post(href, {"reason": "lost the telephone and the codes"}).status_code == 302
    asked = Approval.objects.get()
    yes = {"decision": "approve", "digest": asked.digest}
    admin.post(reverse("console:approval_decide", args=[asked.pk]), yes)
    admin.post(reverse("console:approval_carry_out", args=[asked.pk]))
    assert Authenticator.objects.filter(user=shut_out).exists()
    page = text(second.get(reverse("console:approval", args=[asked.pk])))
    assert shut_out.get_full_name() in page
    second.post(reverse("console:approval_decide", args=[asked.pk]), yes)
    admin.post(reverse("console:approval_carry_out", args=[asked.pk]))
    assert not Authenticator.objects.filter(user=shut_out).exists()


def test_an_administrator_changes_their_own_password_in_the_settings_alone(person):
    admin = person("security_administrator")
    before = admin.user.password
    answer = admin.post(reverse("console:sign_in_password", args=[admin.user.pk]))
    assert answer.status_code == 409
    assert User.objects.get(pk=admin.user.pk).password == before


def test_the_list_filters_sorts_and_pages_without_names_in_addresses(person, shut_out):
    admin = person("security_administrator")
    for number in range(30):
        open_account(f"desk-{number}", roles=["agent"], actor="system")
    page = admin.post(PAGE, {"q": "auditor"})
    assert page.context["table"].rows == []
    assert 'method="post"' in text(page)
    assert len(admin.post(PAGE, {"role": "agent", "sort": "-name"}).context["table"].rows) == 25
    assert len(admin.post(PAGE, {"role": "agent", "page": "2"}).context["table"].rows) == 6
    assert [row.cells[0].label for row in admin.post(PAGE, {"factor": "with"}).context["table"].rows] == [
        shut_out.get_full_name()
    ]


def test_an_unknown_person_is_told(person):
    admin = person("security_administrator")
    nowhere = "00000000-0000-0000-0000-000000000000"
    assert admin.get(reverse("console:sign_in_person", args=[nowhere])).status_code == 404


@pytest.fixture
def saml(settings) -> None:
    one = Provider(
        "group",
        "Group account",
        "集团账号",
        "https://id.example.com",
        saml=Saml("https://id.example.com/", (key_pair("provider")[1],)),
    )
    settings.CALLWARDEN_IDENTITY_PROVIDERS = {"group": one}


def test_keys_towards_saml_providers_are_seen_by_keepers_and_replaced_by_the_security_administrator(person, saml):
    admin, auditor = person("security_administrator"), person("auditor")
    href = reverse("console:sign_in_saml_key", args=["encryption"])
    assert "Own keys towards SAML providers" in text(auditor.get(PAGE))
    assert href not in text(auditor.get(PAGE))
    assert href in text(admin.get(PAGE))
    before = saml_keys.published("encryption")
    assert auditor.post(href).status_code == 403
    assert saml_keys.published("encryption") == before
    assert admin.post(href).status_code == 302
    assert saml_keys.published("encryption") != before
    assert SamlKey.objects.filter(use="encryption").count() == 2
    admin.post(href, {"how": "at_once"})
    assert SamlKey.objects.filter(use="encryption").count() == 1
    assert admin.post(reverse("console:sign_in_saml_key", args=["other"])).status_code in {400, 422}


def test_without_a_saml_provider_there_is_no_key_and_none_is_made(person):
    assert "Own keys" not in text(person("auditor").get(PAGE))
    assert not SamlKey.objects.exists()
