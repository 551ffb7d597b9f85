"""People at their browsers, in a small call centre whose ledger is sequenced when asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client as Browser

from callwarden.control.access.actions import ensure_default
from callwarden.kernel import sessions
from callwarden.kernel.models import User
from callwarden.kernel.people import open_account
from tests.centre import _keeper, client, keeper, keeper_folder, line
from tests.work import forget_jobs

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line"]

ROLES = (
    "agent",
    "team_leader",
    "quality_reviewer",
    "data_protection_officer",
    "security_administrator",
    "system_administrator",
    "auditor",
    "partner_manager",
)


@dataclass
class Person:
    """Somebody signed in with two factors."""

    user: User
    browser: Browser

    def get(self, path: str, asked: dict[str, object] | None = None, **more: object):
        return self.browser.get(path, asked or {}, **more)

    def post(self, path: str, data: dict[str, object] | None = None, **more: object):
        return self.browser.post(path, data or {}, **more)


@pytest.fixture
def centre(keeper, settings) -> None:
    """A matrix in force and empty job tables; addresses of the whole site."""
    settings.ALLOWED_HOSTS = ["testserver"]
    forget_jobs()
    ensure_default()


@pytest.fixture
def person(centre) -> Callable[..., Person]:
    """`person("auditor")` signs somebody in; the same role twice is two people."""
    made: list[User] = []

    def sign_in(role: str, **more: object) -> Person:
        name = f"{role}-{len(made)}"
        user = open_account(name, roles=[role], actor="system", display_name=name.replace("_", " "), **more)
        made.append(user)
        browser = Browser()
        browser.force_login(user, backend="callwarden.doors.console.accounts.PasswordBackend")
        login = sessions.find(browser.session.session_key)
        assert login is not None
        sessions.prove_mfa(login)
        return Person(user, browser)

    return sign_in
