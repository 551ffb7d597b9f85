"""Accounts and service keys in the console: one's own rights stay as they are, a key is shown once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from callwarden.custody.models import LedgerPending
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import agent_subject
from callwarden.flows.requests import erase_agent, of_agents
from callwarden.kernel import approvals, clock, people, sessions
from callwarden.kernel.models import Approval, RoleHeld, User
from callwarden.lawful.certificates.models import Certificate
from callwarden.protection.signin.models import ServiceKey

SECURITY, DPO = "security_administrator", "data_protection_officer"
BOTH = pytest.mark.parametrize("language", ["en", "zh-hans"])


def page(name: str, *of: object) -> str:
    return reverse(f"console:{name}", args=of)


@BOTH
def test_from_opening_an_account_to_closing_it(person, line, language):
    admin = person(SECURITY)
    admin.browser.cookies["django_language"] = language
    answer = admin.post(
        page("account_new"),
        {
            "username": "li.na",
            "display_name": "李娜",
            "email": "li.na@example.com",
            "roles": ["agent"],
            "lines": [str(line.pk)],
            "language": "zh-hans",
            "time_zone": "Asia/Shanghai",
        },
    )
    found = User.objects.get(username="li.na")
    password = answer.context["password"]
    assert found.check_password(password)
    assert "no-store" in answer["Cache-Control"]
    assert (found.roles, found.lines) == (["agent"], [line.pk])
    assert password not in admin.get(page("account", found.pk)).content.decode()

    admin.post(page("account_roles", found.pk), {"roles": ["team_leader"]})
    admin.post(page("account_lines", found.pk), {"every": "on"})
    found.refresh_from_db()
    assert (found.roles, found.lines) == (["team_leader"], None)

    session = sessions.open(found, "web", mfa=True)
    admin.post(page("account_close", found.pk), {"reason": "leaver"})
    session.refresh_from_db()
    found.refresh_from_db()
    assert not found.is_active
    assert session.revoked_at is not None
    admin.post(page("account_reopen", found.pk))
    assert User.objects.get(pk=found.pk).is_active


@BOTH
def test_a_sensitive_role_is_asked_for_and_decided_by_somebody_else(person, language):
    admin, officer, somebody = person(SECURITY), person(DPO), person("agent")
    for one in (admin, officer):
        one.browser.cookies["django_language"] = language
    sent = {"roles": ["agent", DPO], "reason": "Succession."}
    admin.post(page("account_roles", somebody.user.pk), sent)
    assert not Approval.objects.exists()  # nobody has entered a training in security yet
    admin.post(
        page("training_enter"), {"person": somebody.user.pk, "course": "security", "completed": clock.now().date()}
    )
    admin.post(page("account_roles", somebody.user.pk), sent)
    asked = Approval.objects.get()
    assert User.objects.get(pk=somebody.user.pk).roles == ["agent"]
    assert page("approval", asked.pk) in admin.get(page("account", somebody.user.pk)).content.decode()
    officer.post(page("approval_decide", asked.pk), {"decision": "approve", "digest": asked.digest})
    admin.post(page("approval_carry_out", asked.pk))
    assert sorted(User.objects.get(pk=somebody.user.pk).roles) == ["agent", DPO]
    assert RoleHeld.objects.get(user=somebody.user, role=DPO).approval == asked.pk


def test_nobody_changes_their_own_account_not_even_by_hand_made_requests(person):
    admin, _other = person(SECURITY), person(SECURITY)
    shown = admin.get(page("account", admin.user.pk)).content.decode()
    assert page("account_roles", admin.user.pk) not in shown
    admin.post(page("account_roles", admin.user.pk), {"roles": ["auditor"]})
    admin.post(page("account_lines", admin.user.pk), {"every": "on"})
    admin.post(page("account_close", admin.user.pk), {"reason": "leaver"})
    now = User.objects.get(pk=admin.user.pk)
    assert (now.roles, now.is_active) == ([SECURITY], True)


@pytest.mark.parametrize("role", ["agent", "team_leader", DPO, "system_administrator", "auditor"])
def test_nobody_but_security_changes_anything(person, line, role):
    somebody, other = person(role), person("agent")
    for name in ("account_roles", "account_lines", "account_close", "account_reopen"):
        assert somebody.post(page(name, other.user.pk)).status_code == 403, name
    for name in ("account_new", "program_new"):
        assert somebody.get(page(name)).status_code == 403, name


def test_fields_that_are_not_asked_for_change_nothing(person):
    admin, somebody = person(SECURITY), person("agent")
    sent = {"roles": ["agent"], "is_superuser": "on", "is_staff": "on", "pseudonym": str(admin.user.pseudonym)}
    admin.post(page("account_roles", somebody.user.pk), sent)
    admin.post(page("account_roles", somebody.user.pk), {"roles": ["emperor"]})
    now = User.objects.get(pk=somebody.user.pk)
    assert (now.is_superuser, now.is_staff, now.roles) == (False, False, ["agent"])
    assert now.pseudonym == somebody.user.pseudonym


def test_the_list_finds_by_name_role_and_state_and_names_stand_in_no_address(person):
    admin = person(SECURITY)
    gone = people.open_account("gone", roles=["agent"], actor="system", display_name="Gone Away")
    people.close_account(gone, actor="system")

    def listed(**asked: str) -> int:
        return admin.post(page("accounts"), asked).context["table"].total

    assert listed() == 2
    assert listed(q="gone a") == 1
    assert listed(state="closed") == 1
    assert listed(role=SECURITY) == 1
    assert listed(state="sensitive", sort="-seen") == 1
    assert admin.get(page("accounts"), {"q": "gone a"}).context["table"].total == 2


@BOTH
def test_a_key_is_made_replaced_handed_over_and_ended(person, line, client, language):
    admin, other = person(SECURITY), person("system_administrator")
    admin.browser.cookies["django_language"] = language
    wish = {
        "purpose": "pbx-upload",
        "owner": str(admin.user.pk),
        "client": str(client.pk),
        "scopes": ["intake"],
        "lines": [str(line.pk)],
        "networks": "192.0.2.0/24\n2001:db8::/32",
        "days": "60",
    }
    answer = admin.post(page("program_new"), wish)
    written = re.search(r"cw_[a-z2-9]{12}_[\w-]{43}", answer.content.decode())
    assert written is not None
    assert "no-store" in answer["Cache-Control"]
    key = ServiceKey.objects.get()
    assert (key.networks, key.lines) == (["192.0.2.0/24", "2001:db8::/32"], [line.pk])
    assert written[0] not in admin.get(page("program", key.pk)).content.decode()
    assert not any(
        written[0].encode() in bytes(body)
        for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)
    )

    answer = admin.post(page("program_rotate", key.pk), {"overlap": "3"})
    assert ServiceKey.objects.count() == 2
    key.refresh_from_db()
    assert key.expires_at <= clock.now() + timedelta(days=3)
    assert admin.post(page("program_rotate", key.pk), {"overlap": "3"}).status_code == 302
    assert ServiceKey.objects.count() == 2

    admin.post(page("program_hand_over", key.pk), {"to": str(other.user.pk)})
    admin.post(page("program_end", key.pk), {"reason": "replaced"})
    key.refresh_from_db()
    assert (key.owner_id, key.ended_for) == (other.user.pk, "replaced")
    for state in ("", "live", "due", "idle", "ended"):
        assert admin.get(page("programs"), {"state": state, "scope": "intake"}).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"days": "91"}, {"days": "0"}, {"scopes": ["everything"]}, {"networks": "10.0.0.1/8"}, {"purpose": "a b"}]
)
def test_a_key_that_cannot_be_is_not_made(person, client, wrong):
    admin = person(SECURITY)
    wish = {"purpose": "pbx", "owner": str(admin.user.pk), "client": str(client.pk), "scopes": ["intake"], "days": "90"}
    assert admin.post(page("program_new"), {**wish, **wrong}).status_code == 422
    assert not ServiceKey.objects.exists()


@BOTH
def test_keepers_see_whose_post_ends_when_and_what_happens_then(person, language):
    with clock.frozen(clock.now() - timedelta(days=715)):
        old = people.open_account("long-here", roles=["auditor"], actor="system", display_name="long here")
    admin, auditor, agent = person(SECURITY), person("auditor"), person("agent")
    for somebody in (admin, auditor):
        somebody.browser.cookies["django_language"] = language
        shown = somebody.get(page("account_posts")).content.decode()
        assert shown.index(old.get_full_name()) < shown.rindex(admin.user.get_full_name())
        ends, stays = (
            ("taken back by itself", "choose a successor") if language == "en" else ("自动收回", "请选定接任者")
        )
        assert ends in shown
        assert stays in shown
        assert page("account_posts") in somebody.get(page("accounts")).content.decode()
    assert agent.get(page("account_posts")).status_code == 403


@BOTH
def test_erasing_an_agent_is_asked_for_on_their_page_and_waits_for_somebody_else(person, line, language):
    admin, agent = person(SECURITY), person("agent")
    admin.browser.cookies["django_language"] = language
    here = page("account_erase", agent.user.pk)
    assert here not in admin.get(page("account", agent.user.pk)).content.decode(), "nothing is kept of them"
    with client_scope(line.client_id):
        agent_subject(line.client_id, agent.user)
    assert here in admin.get(page("account", agent.user.pk)).content.decode()
    admin.post(here, {"reason": ""})
    assert not Approval.objects.filter(kind="lawful:agent:erase").exists()
    admin.post(here, {"reason": "They have left."})
    asked = Approval.objects.get(kind="lawful:agent:erase")
    assert asked.state == Approval.State.PENDING
    shown = person(DPO).get(page("approval", asked.pk)).content.decode()
    assert agent.user.username in shown


@BOTH
def test_the_page_says_how_an_erasure_stands_and_leads_to_its_certificate(person, line, language):
    admin, officer, agent = person(SECURITY), person(DPO), person("agent")
    admin.browser.cookies["django_language"] = language
    here = page("account", agent.user.pk)
    with client_scope(line.client_id):
        subject = agent_subject(line.client_id, agent.user)
    asked = of_agents.ask(agent.user, by=admin.user, reason="They have left.")
    assert page("approval", asked.pk) in admin.get(here).content.decode()
    approvals.approve(asked.pk, by=officer.user)
    approvals.execute(asked.pk, of_agents.act(agent.user), by=admin.user)
    under_way, certified = ("Under way", "Certified") if language == "en" else ("进行中", "已签发证明")
    assert under_way in admin.get(here).content.decode()
    assert erase_agent.erase(line.client_id, subject.pk, actor="system")
    shown = admin.get(here).content.decode()
    assert certified in shown
    assert page("account_erase", agent.user.pk) not in shown, "nothing is left to ask for"
    certificate = Certificate.objects.get(about_id=subject.pk)
    assert page("certificate", certificate.pk) in shown
    told = officer.get(page("certificate", certificate.pk)).content.decode()
    assert agent.user.get_full_name() in told
