"""How allauth meets our accounts: nobody opens one for themselves, and a second factor is never worth a password."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.app_settings import REAUTHENTICATION_TIMEOUT
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.internal.flows import did_use_passwordless_login
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext as _

from callwarden.custody.ledger.health import is_current
from callwarden.doors.console import guard, lockout
from callwarden.doors.console.sso.entering import accepted_factor
from callwarden.doors.console.stepup import anew
from callwarden.engines.seal import Key, Suite, open_bytes, seal_bytes
from callwarden.kernel import clock
from callwarden.kernel.models import User
from callwarden.kernel.roles import SEPARATED
from callwarden.kernel.tokens import keyed
from callwarden.protection.signin import passwords

_LATELY = timedelta(seconds=REAUTHENTICATION_TIMEOUT)
# What a sealed secret is bound to; allauth does not tell whose it is.
_PLACE = keyed("second-factor-place", "mfa")[:16]


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are opened by an administrator (`kernel.people.open_account`), never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return lockout.address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Say that sign-in is closed before anything else is looked at, the right password included."""
        if lockout.is_locked(request, credentials.get("username") or credentials.get("email") or ""):
            raise ImmediateHttpResponse(lockout.page(request))
        super().pre_authenticate(request, **credentials)

    def set_password(self, user: User, password: str) -> None:
        """By its own person, who has shown the present one."""
        passwords.replace(user, password, actor=user.actor)

    def login(self, request: HttpRequest, user: User) -> None:
        """The last step of every way in: whoever guessed codes of the second factor is locked out here.

        A passkey that verified its holder, or two factors shown to an identity provider, were not guessed here, so
        whoever shuts somebody out by guessing does not reach them.

        While the operation log is behind or damaged only system, security and audit administrators come in, to mend it.
        """
        proved = did_use_passwordless_login(request, user) or accepted_factor(request, user)
        if not proved and lockout.is_locked(request, user.username):
            raise ImmediateHttpResponse(lockout.page(request))
        if not SEPARATED.intersection(user.roles) and not is_current():
            raise ImmediateHttpResponse(render(request, "account/ledger_behind.html", status=503))
        super().login(request, user)

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:
        """Whether a fresh proof is due: none within the last minutes, by the factor if there is one."""
        login = guard.request_login(context.request)
        if login is None:
            return True
        proved = login.mfa_at if guard.has_factor(login.user) else login.created_at
        return proved is None or clock.now() - proved > _LATELY

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """The ways to prove it again. Who has a second factor proves that; the password alone is worth less."""
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if user.is_authenticated and guard.has_factor(user):
            return [way for way in ways if way["id"] != "reauthenticate"]
        if slug := context.request.session.get(guard.PROVIDER, ""):
            told = {"id": "sso", "url": anew(slug, "/"), "description": _("Sign in anew at the identity provider")}
            return [told, *ways]
        return ways

    def get_login_stages(self) -> list[str]:
        """allauth's steps; ours asks for the second factor, unless a provider's counts."""
        ours = f"{__name__}.SecondFactorStage"
        stages: list[str] = super().get_login_stages()
        return [ours if stage == "allauth.mfa.stages.AuthenticateStage" else stage for stage in stages]


class PasswordBackend(AuthenticationBackend):  # type: ignore[misc]
    """Looks at one account and hashes once, whatever was typed: how long an answer takes tells nothing of accounts.

    allauth tries what was typed as a name and as an address, each with a hash of its own where there is an account.
    """

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        typed = credentials.get("username") or credentials.get("email") or ""
        found: User | None = self._check_password(lockout.person_named(typed), credentials.get("password") or "")
        return found


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]
    """Asks for the second factor, unless an identity provider's was accepted for this very sign-in."""

    def _should_handle(self, request: HttpRequest) -> bool:
        return not accepted_factor(request, self.login.user) and bool(super()._should_handle(request))


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of second factors lie sealed: a copy of the database makes nobody's codes."""

    def encrypt(self, text: str) -> str:
        return b64encode(seal_bytes(_key(), text.encode(), record_id=_PLACE)).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Raises SealError when the site's secret key is not the one the secret was sealed under."""
        return open_bytes(_key(), b64decode(encrypted_text), record_id=_PLACE).decode()


def _key() -> Key:
    return Key(Suite.AES_256_GCM, keyed("second-factor", "seal"))
