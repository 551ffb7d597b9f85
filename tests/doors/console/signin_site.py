"""The site's own addresses, a page and a recording behind them, and the steps by which people sign in."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, include, path

from callwarden.doors.console.navigation import MAP
from callwarden.doors.console.urls import urlpatterns as console_patterns
from callwarden.kernel.models import Session, User
from callwarden.kernel.people import open_account
from callwarden.site.urls import urlpatterns as site_patterns

PASSWORD = "seven long lanterns over water"
LOGIN = "/accounts/login/"
ACTIVATE = "/accounts/2fa/totp/activate/"
CODE = "/accounts/2fa/authenticate/"
STEP_UP = "/accounts/2fa/reauthenticate/"


@pytest.fixture
def site(settings, db, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site as it runs for real people; hashing passwords is quick here, because nobody attacks the tests.

    The clock of one-time codes stands still, so that none runs out between being read and being typed.
    """
    now = time.time()
    monkeypatch.setattr(totp, "time", SimpleNamespace(time=lambda: now))
    settings.ROOT_URLCONF = __name__
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture
def quick(site: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same within one transaction that is rolled back: what waits for a commit happens at once."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda act, **_: act())


def inside(request: HttpRequest) -> HttpResponse:
    """A page that shows somebody something."""
    return HttpResponse(f"inside as {request.actor.name}")  # type: ignore[attr-defined]


def _stand_ins() -> list[URLPattern]:
    """The frame of every page names places that an installation may not have yet."""
    known = {pattern.name for pattern in console_patterns if isinstance(pattern, URLPattern)}
    places = [place.name.removeprefix("console:") for part in MAP for place in part.places]
    return [path(f"{name}/", inside, name=name) for name in (*places, "set_scope") if name not in known]


urlpatterns = [
    path("probe/", inside),
    path("probe/sound/", inside),
    *(pattern for pattern in site_patterns if getattr(pattern, "namespace", "") != "console"),
    path("", include(([*console_patterns, *_stand_ins(), path("", inside)], "console"))),
]


def person(
    name: str = "alice", *, role: str = "quality_reviewer", password: str | None = PASSWORD, **more: str
) -> User:
    return open_account(name, roles=[role], actor="system", password=password, **more)


@dataclass
class Someone:
    """A person with a browser; `secret` is what their authenticator app holds."""

    user: User
    browser: Client
    secret: str = ""

    def code(self) -> str:
        """What the app shows now. Codes count once, so the memory of used ones is emptied first."""
        cache.clear()
        return code_of(self.secret)

    @property
    def session(self) -> Session:
        """Their newest sign-in."""
        return Session.objects.filter(user=self.user).latest("created_at")


def code_of(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(totp.time.time()) // 30))


def give_password(browser: Client, name: str = "alice", password: str = PASSWORD, **more: str) -> HttpResponse:
    return browser.post(LOGIN, {"login": name, "password": password, **more})


def set_up_factor(browser: Client) -> tuple[str, HttpResponse]:
    """Scan the secret and enter the code; (secret, what came back)."""
    shown = browser.get(ACTIVATE)
    assert shown.status_code == 200, shown.get("Location")
    found = re.search(r'class="secret"[^>]*>([A-Z2-7]{32})<', shown.content.decode())
    assert found
    return found[1], browser.post(ACTIVATE, {"code": code_of(found[1])})


def newcomer(name: str = "alice", **more: str) -> Someone:
    """Signed in with a second factor just set up."""
    someone = Someone(person(name, **more), Client())
    assert give_password(someone.browser, name).status_code == 302
    someone.secret, _answer = set_up_factor(someone.browser)
    return someone


def sign_in(someone: Someone, browser: Client | None = None) -> Client:
    """Sign in by password and code, in another browser unless one is given."""
    browser = browser or Client()
    assert give_password(browser, someone.user.username)["Location"] == CODE
    assert browser.post(CODE, {"code": someone.code()}).status_code == 302
    return browser


def stored_secret(user: User) -> str:
    return decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])
