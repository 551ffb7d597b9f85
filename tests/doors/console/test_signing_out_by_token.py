"""Signing out here and at an OpenID provider: a real one, run beside the tests, and one that lies."""

from __future__ import annotations

import html
import json
import re
import time
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.core.cache import cache
from django.test import Client

from callwarden.custody.models import LedgerPending
from callwarden.kernel.models import Session
from callwarden.protection.signin import arrivals
from callwarden.protection.signin.models import Arrival
from tests.doors.console.signin_site import person, quick, site
from tests.doors.console.test_single_sign_on import (
    CLIENT,
    SECRET,
    Liar,
    answered,
    ask,
    company,
    go,
    liar,
    real,
)

__all__ = ["company", "liar", "quick", "real", "site"]
pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.xdist_group("identity provider")]
BACK, OUT = "/accounts/sso/company/back-channel/", "/accounts/logout/"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
PARTS = "http://testserver/accounts/sso/company/signed-out/"


def events(name: str) -> list[dict[str, object]]:
    told = [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("pk")]
    return [one for one in told if one["event"] == f"people:{name}"]


def entered(liar: Liar, **more: object) -> Client:
    here = Client()
    state, nonce = ask(here)
    liar.sign(nonce, **more)
    assert answered(liar, here, state)["Location"] == "/"
    return here


def way_out(here: Client) -> str:
    page = here.post(OUT)
    assert page.status_code == 200, page.get("Location")
    found = re.search(r'href="([^"]+)"[^>]*data-go-on', page.content.decode())
    assert found
    return html.unescape(found[1])


def token(liar: Liar, *, key: object = None, algorithm: str = "RS256", head: dict[str, str] | None = None, **changed):
    """A logout token of the provider; None takes a claim away, whole seconds are from now."""
    now = int(time.time())
    plain = {"iss": liar.address, "aud": CLIENT, "iat": 0, "exp": 120, "jti": f"j{time.monotonic_ns()}"}
    told = plain | {"sub": "s", "sid": "s1", "events": {EVENT: {}}} | changed
    claims = {name: value for name, value in told.items() if value is not None}
    for name in {"iat", "exp"} & claims.keys():
        claims[name] = now + claims[name] if isinstance(claims[name], int) else claims[name]
    return jwt.encode(
        claims,
        liar.key if key is None else key,  # type: ignore[arg-type]
        algorithm=algorithm,
        headers={"kid": "one", "typ": "logout+jwt"} | (head or {}),
    )


def tell(written: str, **more: object):
    return Client(enforce_csrf_checks=True, **more).post(BACK, {"logout_token": written})


def test_signing_out_here_leads_to_the_providers_page_with_its_own_token_as_hint(liar):
    liar.described = {"end_session_endpoint": f"{liar.address}/end?tenant=1"}
    here = entered(liar)
    address = way_out(here)
    assert not Session.objects.filter(revoked_at=None).exists()
    assert address.startswith(f"{liar.address}/end?tenant=1&")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["id_token_hint"] == liar.token
    assert (asked["client_id"], asked["post_logout_redirect_uri"]) == (CLIENT, PARTS)
    assert len(events("sign_out:sent")) == 1
    for state in ("", "another"):
        assert Client().get(f"{urlsplit(PARTS).path}?state={state}")["Location"] == "/accounts/login/"
    assert not events("sign_out:answered")
    for _again in range(2):
        here.get(f"{urlsplit(PARTS).path}?state={asked['state']}")
    assert [one["data"]["outcome"] for one in events("sign_out:answered")] == ["ended"]


@pytest.mark.parametrize("where", ["", "http://id.example.com/end", "javascript:alert(1)", 7, None])
def test_a_provider_without_a_safe_page_for_it_is_not_gone_to(liar, where):
    liar.described = {"end_session_endpoint": where}
    here = entered(liar)
    assert here.post(OUT).status_code == 302
    assert not Session.objects.filter(revoked_at=None).exists()
    assert not events("sign_out:sent")


def test_nothing_of_the_token_is_readable_where_it_is_kept(liar):
    liar.described = {"end_session_endpoint": f"{liar.address}/end"}
    here = entered(liar)
    row = Arrival.objects.get()
    assert arrivals.told(row)["id_token"] == liar.token
    assert liar.token.encode()[:30] not in bytes(row.told)
    assert liar.token not in json.dumps(dict(here.session.items()))


def test_the_provider_ends_one_session_or_all_of_a_person_without_a_browser(liar):
    mine, other = entered(liar, sid="s1"), entered(liar, sid="s2")
    answer = tell(token(liar, sid="s1"))
    assert (answer.status_code, answer["Cache-Control"].split(",")[0]) == (200, "max-age=0")
    assert "no-store" in answer["Cache-Control"]
    assert mine.get("/probe/").status_code == 302
    assert other.get("/probe/").status_code == 200
    assert tell(token(liar, sid=None)).status_code == 200
    assert other.get("/probe/").status_code == 302
    assert [one["count"] for one in events("sign_out:received")] == [1, 1]
    assert {one["data"]["reason"] for one in events("session:revoked")} == {arrivals.ENDED_THERE}


def test_a_session_may_be_named_without_its_person(liar):
    here = entered(liar, sid="s1")
    assert tell(token(liar, sub=None, sid="another")).status_code == 200
    assert here.get("/probe/").status_code == 200
    assert tell(token(liar, sub=None, sid="s1")).status_code == 200
    assert here.get("/probe/").status_code == 302


def test_a_session_of_somebody_else_does_not_end_because_the_number_is_the_same(liar):
    here = entered(liar, sid="s1")
    assert tell(token(liar, sub="another", sid="s1")).status_code == 200
    assert here.get("/probe/").status_code == 200


@pytest.mark.parametrize(
    "lie",
    [
        {"aud": "another program"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"iat": -3600},
        {"iat": 3600},
        {"iat": None},
        {"iat": "now"},
        {"exp": -3600},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"events": None},
        {"events": {}},
        {"events": {EVENT: True}},
        {"events": [EVENT]},
        {"events": {"http://schemas.openid.net/event/another": {}}},
        {"nonce": "n"},
        {"nonce": ""},
        {"sub": None, "sid": None},
        {"sub": "", "sid": ""},
        {"sub": 7, "sid": None},
        {"head": {"typ": "at+jwt"}},
        {"head": {"kid": "two"}},
    ],
    ids=str,
)
def test_a_token_for_others_of_others_of_another_kind_or_time_ends_nothing(liar, lie):
    here = entered(liar, sid="s1")
    answer = tell(token(liar, **lie))
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert here.get("/probe/").status_code == 200
    assert not events("sign_out:received")


def test_a_token_that_the_provider_did_not_sign_ends_nothing(liar):
    here = entered(liar, sid="s1")
    for forged in (
        token(liar, key=liar.other),
        token(liar, key="", algorithm="none"),
        token(liar, key=SECRET * 2, algorithm="HS256"),
        token(liar).rsplit(".", 1)[0] + ".",
        "",
        "a.b.c",
        "x" * 100_000,
    ):
        assert tell(forged).status_code == 400
    assert Client().get(BACK).status_code == 405
    assert here.get("/probe/").status_code == 200


def test_a_token_counts_once(liar):
    entered(liar, sid="s1")
    written = token(liar, sid=None)
    assert tell(written).status_code == 200
    here = entered(liar, sid="s1")
    assert tell(written).status_code == 400
    assert here.get("/probe/").status_code == 200


def test_a_token_of_a_sign_in_ends_nothing(liar):
    here = entered(liar, sid="s1")
    assert tell(liar.token).status_code == 400
    assert here.get("/probe/").status_code == 200


def test_whoever_asks_often_does_not_make_us_ask_the_provider_often(liar):
    """Anybody may send something that looks like a token; the provider is asked for its keys once in half a minute."""
    seen: list[str] = []
    plain = liar.answer
    liar.answer = lambda path: (seen.append(path), plain(path))[1]  # type: ignore[method-assign]
    for number in range(8):
        assert tell(token(liar, key=liar.other, head={"kid": f"k{number}"})).status_code == 400
    assert tell("a.b.c").status_code == 400
    assert seen.count("/keys") == 1
    here = entered(liar, sid="s1")
    assert tell(token(liar)).status_code == 200
    assert here.get("/probe/").status_code == 302


def test_a_provider_that_is_gone_ends_nothing_and_breaks_nothing(liar):
    here = entered(liar, sid="s1")
    written = token(liar)
    liar.server.shutdown()
    liar.server.server_close()
    cache.clear()
    assert tell(written).status_code == 400
    assert here.get("/probe/").status_code == 200
    assert here.post(OUT).status_code in {200, 302}
    assert not Session.objects.filter(revoked_at=None).exists()


def test_the_other_protocol_is_not_spoken_with_it(liar):
    assert Client().get("/accounts/sso/company/leave/?SAMLRequest=x").status_code == 404
    assert Client().get("/accounts/sso/nobody/signed-out/").status_code == 404
    assert Client().post("/accounts/sso/nobody/back-channel/", {"logout_token": "x"}).status_code == 404


def test_a_real_provider_ends_its_session_and_sends_the_browser_back(company):
    person(name="alice", email="alice@example.com")
    here, there = Client(), company("alice", email="alice@example.com", email_verified=True, amr=["mfa"])
    here.get(go(there, here))
    assert here.get("/probe/").status_code == 200
    back = there.get(way_out(here), allow_redirects=False, timeout=20)
    assert back.status_code == 302, back.text[:2000]
    address = back.headers["Location"]
    assert address.startswith(PARTS)
    here.get(f"{urlsplit(address).path}?{urlsplit(address).query}")
    assert [one["data"]["outcome"] for one in events("sign_out:answered")] == ["ended"]
    asked = there.get(here.get("/accounts/sso/company/")["Location"], allow_redirects=False, timeout=20)
    assert "/sign-in/" in asked.headers["Location"]
