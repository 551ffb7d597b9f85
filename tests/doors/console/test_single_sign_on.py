"""Signing in by an identity provider: a real one, run beside the tests, and one that lies."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.test import Client

from callwarden.custody.models import LedgerPending
from callwarden.kernel import people
from callwarden.kernel.models import Session, User
from callwarden.protection.signin import identities
from callwarden.protection.signin.models import Identity
from callwarden.protection.signin.providers import Provider
from tests.doors.console.signin_site import ACTIVATE, CODE, newcomer, person, quick, site

__all__ = ["quick", "site"]
pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.xdist_group("identity provider")]
CALLBACK = "http://testserver/accounts/sso/company/callback/"
START = "/accounts/sso/company/"
PROGRAM = Path(__file__).parents[2] / "identity_provider.py"
CLIENT, SECRET = "callwarden", "a secret between these two"


def provider(authority: str, **more: object) -> Provider:
    given: dict[str, object] = {"amr": ("mfa",), "email_domains": ("example.com",)} | more
    return Provider("company", "Company account", "公司账号", authority, CLIENT, SECRET, **given)  # type: ignore[arg-type]


# A real provider


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and folder of django-oauth-toolkit, serving in a process of its own."""
    folder = tmp_path_factory.mktemp("provider")
    (folder / "people.json").write_text("{}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(folder), str(port), CALLBACK], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        until = time.monotonic() + 120
        while not (folder / "ready").exists():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, "the provider did not start"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", folder
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def company(real, settings):
    """`company(name, **claims)`: somebody's browser, signed in at the provider, which says these things of them."""
    address, folder = real
    settings.CALLWARDEN_IDENTITY_PROVIDERS = {"company": provider(address)}

    def become(name: str, **said: object) -> requests.Session:
        known = json.loads((folder / "people.json").read_text())
        (folder / "people.json").write_text(json.dumps({**known, name: said}))
        browser = requests.Session()
        browser.get(f"{address}/as/{name}/", timeout=20).raise_for_status()
        return browser

    return become


def go(there: requests.Session, here: Client, query: str = "") -> str:
    """From our sign-in page to the provider and back: the address of the answer, as our site receives it."""
    away = here.get(f"{START}{query}")
    assert away.status_code == 302, away.content.decode()[:2000]
    back = there.get(away["Location"], allow_redirects=False, timeout=20)
    assert back.status_code == 302, back.text[:2000]
    parts = urlsplit(back.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == CALLBACK
    return f"{parts.path}?{parts.query}"


def test_the_sign_in_page_offers_the_provider_in_both_languages(company, settings):
    page = Client().get("/accounts/login/?next=/probe/").content.decode()
    assert "Sign in with Company account" in page
    assert f"{START}?next=%2Fprobe%2F" in page or f"{START}?next=/probe/" in page
    browser = Client()
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    assert "公司账号" in browser.get("/accounts/login/").content.decode()


def test_somebody_linked_by_a_verified_address_enters_with_the_factor_that_counts(company):
    user, here = person(email="alice@example.com"), Client()
    answer = here.get(
        go(company("alice", email="Alice@example.com", email_verified=True, amr=["pwd", "mfa"]), here, "?next=/probe/")
    )
    assert answer["Location"] == "/probe/", answer.content.decode()
    assert here.get("/probe/").content.decode() == f"inside as {user.pseudonym}"
    assert Session.objects.get().mfa_at is not None
    assert Identity.objects.get().how == "email"
    events = [json.loads(bytes(row.body))["event"] for row in LedgerPending.objects.all()]
    assert "people:identity:linked" in events


def test_without_a_factor_that_counts_ours_is_asked_for(company):
    person(email="bob@example.com", name="bob")
    here = Client()
    here.get(go(company("bob", email="bob@example.com", email_verified=True, amr=["pwd"]), here))
    assert here.get("/probe/")["Location"] == ACTIVATE
    someone = newcomer("carol", email="carol@example.com")
    other = Client()
    answer = other.get(go(company("carol", email="carol@example.com", email_verified=True), other))
    assert answer["Location"] == CODE
    assert other.get("/probe/").status_code == 302
    assert other.post(CODE, {"code": someone.code()}).status_code == 302
    assert other.get("/probe/").status_code == 200


def test_the_link_outlives_the_address_and_the_address_alone_links_nobody_twice(company):
    user, here = person(email="dora@example.com", name="dora"), Client()
    here.get(go(company("dora", email="dora@example.com", email_verified=True, amr=["mfa"]), here))
    User.objects.filter(pk=user.pk).update(email="moved@example.com")
    again = Client()
    again.get(go(company("dora", email="new@elsewhere.example", amr=["mfa"]), again))
    assert again.get("/probe/").status_code == 200
    User.objects.filter(pk=user.pk).update(email="dora@example.com")
    taker = Client()
    answer = taker.get(go(company("mallory", email="dora@example.com", email_verified=True, amr=["mfa"]), taker))
    assert answer.status_code == 403
    assert Identity.objects.count() == 1


@pytest.mark.parametrize(
    "said",
    [
        {"email": "erin@example.com", "email_verified": False},
        {"email": "erin@example.com"},
        {"email": "erin@example.com", "email_verified": "true"},
        {"email": "erin@other.example", "email_verified": True},
        {},
    ],
)
def test_an_unknown_person_gets_no_account_and_no_session(company, said):
    person(email="erin@example.com", name="erin")
    before, here = User.objects.count(), Client()
    answer = here.get(go(company("erin", amr=["mfa"], **said), here))
    assert answer.status_code == 403
    assert "not registered here" in answer.content.decode()
    assert User.objects.count() == before
    assert not Session.objects.exists()
    assert not Identity.objects.exists()


def test_administrators_are_linked_by_an_administrator_alone(company):
    user, here = person(email="root@example.com", name="root", role="security_administrator"), Client()
    said = {"email": "root@example.com", "email_verified": True, "amr": ["mfa"]}
    assert here.get(go(company("root", **said), here)).status_code == 403
    identities.link(user, identities.find_provider("company"), _subject(here, company("root", **said)), actor="system")
    assert here.get(go(company("root", **said), here)).status_code == 302
    assert here.get("/probe/").status_code == 200


def _subject(here: Client, there: requests.Session) -> str:
    """What the provider calls somebody; its tokens name them by their key, which the tests learn by asking it."""
    from unittest import mock

    seen: list[str] = []
    with mock.patch.object(identities, "recognise", side_effect=lambda _provider, told: seen.append(told.subject)):
        here.get(go(there, here))
    return seen[0]


def test_a_closed_account_stays_closed(company):
    user, here = person(email="fred@example.com", name="fred"), Client()
    here.get(go(company("fred", email="fred@example.com", email_verified=True, amr=["mfa"]), here))
    people.close_account(user, actor="system")
    other = Client()
    assert other.get(go(company("fred", amr=["mfa"]), other))["Location"] == "/accounts/inactive/"
    assert other.get("/probe/").status_code == 302
    assert not [session for session in Session.objects.all() if session.revoked_at is None]


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(company):
    person(email="gina@example.com", name="gina")
    here, there = Client(), company("gina", email="gina@example.com", email_verified=True, amr=["mfa"])
    answer = go(there, here)
    thief = Client()
    assert thief.get(answer).status_code == 403
    assert thief.get("/probe/").status_code == 302
    assert here.get(answer).status_code == 302
    assert here.get(answer).status_code == 403
    here.post("/accounts/logout/")
    assert here.get(answer).status_code == 403


@pytest.mark.parametrize("change", ["state=made-up", "state=", "iss=https://evil.example"])
def test_a_changed_answer_is_refused(company, change):
    person(email="hana@example.com", name="hana")
    here = Client()
    answer = go(company("hana", email="hana@example.com", email_verified=True, amr=["mfa"]), here)
    name = change.partition("=")[0]
    kept = "&".join(part for part in answer.partition("?")[2].split("&") if not part.startswith(f"{name}="))
    assert here.get(f"{urlsplit(answer).path}?{kept}&{change}").status_code == 403
    assert here.get("/probe/").status_code == 302


def test_whose_factors_are_at_the_provider_shows_them_anew_there_for_a_dangerous_act(company):
    user, here = person(name="ines", email="ines@example.com", role="data_protection_officer"), Client()
    said = {"email": "ines@example.com", "email_verified": True, "amr": ["mfa"]}
    here.get(go(company("ines", **said), here))
    Session.objects.filter(user=user).update(mfa_at=Session.objects.get().created_at.replace(year=2020))
    answer = here.post("/protection/keys/clients/00000000-0000-0000-0000-000000000000/turn/")
    assert answer["Location"] == f"{START}?fresh=1&next=%2Foverview%2F"
    away = here.get(f"{START}?fresh=1&next=/probe/")
    asked = parse_qs(urlsplit(away["Location"]).query)
    assert asked["prompt"] == ["login"]
    assert asked["max_age"] == ["0"]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_planted_address_to_go_on_to_is_not_followed(company, target):
    person(email="jo@example.com", name="jo")
    here = Client()
    answer = here.get(
        go(company("jo", email="jo@example.com", email_verified=True, amr=["mfa"]), here, f"?next={target}")
    )
    assert answer["Location"] == "/"


# A provider that lies


class Liar:
    """Speaks OpenID Connect and says whatever a test wants."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.token, self.page, self.described = "", {"sub": "s"}, {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(outer.answer(self.path))

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._answer({"access_token": "a", "token_type": "Bearer", "id_token": outer.token})

            def _answer(self, body: object) -> None:
                text = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> object:
        if path.endswith("openid-configuration"):
            return {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "userinfo_endpoint": f"{self.address}/page",
                "jwks_uri": f"{self.address}/keys",
            } | self.described
        if path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return {"keys": [public | {"kid": "one", "use": "sig", "alg": "RS256"}]}
        return self.page

    def sign(self, nonce: object, *, key: object = None, algorithm: str = "RS256", kid: str = "one", **changed: object):
        now = int(time.time())
        plain = {"iss": self.address, "sub": "s", "aud": CLIENT, "exp": now + 300, "iat": now, "amr": ["mfa"]}
        told = plain | {"nonce": nonce} | changed
        claims = {name: value for name, value in told.items() if value is not None}
        self.token = jwt.encode(claims, self.key if key is None else key, algorithm=algorithm, headers={"kid": kid})  # type: ignore[arg-type]


@pytest.fixture
def liar(settings) -> Iterator[Liar]:
    made = Liar()
    settings.CALLWARDEN_IDENTITY_PROVIDERS = {"company": provider(made.address)}
    identities.link(person("alice"), identities.find_provider("company"), "s", actor="system")
    yield made
    made.server.shutdown()


def ask(here: Client, query: str = "") -> tuple[str, str]:
    """(state, nonce) of a sign-in that was begun."""
    asked = parse_qs(urlsplit(here.get(f"{START}{query}")["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    return asked["state"][0], asked["nonce"][0]


def answered(liar: Liar, here: Client, state: str):
    return here.get(f"/accounts/sso/company/callback/?code=c&state={state}")


def test_an_honest_token_opens_the_door(liar):
    here = Client()
    state, nonce = ask(here)
    liar.sign(nonce)
    assert answered(liar, here, state)["Location"] == "/"
    assert here.get("/probe/").status_code == 200


@pytest.mark.parametrize(
    "lie",
    [
        {"aud": "another program"},
        {"aud": ["callwarden", "another program"]},
        {"aud": ["callwarden", "another program"], "azp": "another program"},
        {"azp": "another program"},
        {"iss": "https://evil.example"},
        {"exp": -3600},
        {"iat": 3600},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"aud": None},
        {"sub": ""},
    ],
    ids=str,
)
def test_a_token_for_others_of_others_or_out_of_its_time_opens_nothing(liar, lie):
    here = Client()
    state, nonce = ask(here)
    times = {name: int(time.time()) + seconds for name, seconds in lie.items() if isinstance(seconds, int)}
    liar.sign(nonce, **(lie | times))
    assert answered(liar, here, state).status_code == 403
    assert here.get("/probe/").status_code == 302


@pytest.mark.parametrize("nonce", ["", None, "made up", "of another sign-in"])
def test_a_token_with_another_nonce_opens_nothing(liar, nonce):
    here, elsewhere = Client(), Client()
    state, _mine = ask(here)
    _state, other = ask(elsewhere)
    liar.sign(other if nonce == "of another sign-in" else nonce)  # type: ignore[arg-type]
    assert answered(liar, here, state).status_code == 403
    assert here.get("/probe/").status_code == 302


def test_a_token_that_the_provider_did_not_sign_opens_nothing(liar):
    here = Client()
    for how in ("another key", "unknown key", "none", "shared secret", "no token", "garbage"):
        state, nonce = ask(here)
        if how == "another key":
            liar.sign(nonce, key=liar.other)
        elif how == "unknown key":
            liar.sign(nonce, kid="two")
        elif how == "none":
            liar.sign(nonce, key="", algorithm="none")
        elif how == "shared secret":
            liar.sign(nonce, key=SECRET * 2, algorithm="HS256")
        else:
            liar.token = "" if how == "no token" else "a.b.c"
        assert answered(liar, here, state).status_code == 403, how
        assert here.get("/probe/").status_code == 302


def test_a_page_of_another_person_or_a_description_of_another_issuer_opens_nothing(liar):
    here = Client()
    state, nonce = ask(here)
    liar.sign(nonce)
    liar.page = {"sub": "somebody else", "email": "alice@example.com", "email_verified": True}
    assert answered(liar, here, state).status_code == 403
    liar.described = {"issuer": "https://evil.example"}
    assert here.get(START).status_code == 503


def test_a_fresh_proof_must_be_fresh(liar):
    here = Client()
    now = int(time.time())
    for auth_time, expected in ((None, 403), (now - 3600, 403), (now + 3600, 403), (str(now), 403), (now, 302)):
        state, nonce = ask(here, "?fresh=1")
        liar.sign(nonce, auth_time=auth_time)
        assert answered(liar, here, state).status_code == expected, auth_time


def test_a_provider_that_is_gone_is_told_and_the_other_ways_stay(liar):
    liar.server.shutdown()
    liar.server.server_close()
    answer = Client().get(START)
    assert answer.status_code == 503
    assert "does not answer" in answer.content.decode()


def test_a_refusal_by_the_person_is_no_error_of_ours(liar):
    here = Client()
    state, _nonce = ask(here)
    assert here.get(f"/accounts/sso/company/callback/?error=access_denied&state={state}").status_code == 403
    assert here.get("/probe/").status_code == 302


def test_whoever_is_signed_in_and_comes_back_as_another_is_the_other_alone(liar):
    bob = newcomer("bob")
    state, nonce = ask(bob.browser)
    liar.sign(nonce)
    answered(liar, bob.browser, state)
    alice = User.objects.get(username="alice")
    assert bob.browser.get("/probe/").content.decode() == f"inside as {alice.pseudonym}"
    assert bob.session.revoked_at is not None


def test_a_locked_account_is_entered_by_two_factors_of_the_provider_and_not_by_one(liar):
    for number in range(20):
        Client(REMOTE_ADDR=f"198.51.100.{number}").post("/accounts/login/", {"login": "alice", "password": "x"})
        cache.clear()
    here = Client()
    state, nonce = ask(here)
    liar.sign(nonce, amr=["pwd"])
    assert answered(liar, here, state).status_code == 429
    state, nonce = ask(here)
    liar.sign(nonce)
    assert answered(liar, here, state).status_code == 302


@pytest.mark.parametrize("slug", ["nobody", "company2"])
def test_an_unknown_provider_is_not_found(liar, slug):
    assert Client().get(f"/accounts/sso/{slug}/").status_code == 404
    assert Client().get(f"/accounts/sso/{slug}/callback/?code=c&state=s").status_code == 404


def test_no_claim_of_a_person_is_stored(liar):
    here = Client()
    state, nonce = ask(here)
    liar.sign(nonce, name="Alice Example", email="alice.private@example.com")
    answered(liar, here, state)
    from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken

    assert not any(model.objects.exists() for model in (SocialAccount, SocialApp, SocialToken))
    assert "Alice" not in json.dumps(dict(here.session.items()))
