"""The demonstration call centre, set up once for these tests, and people signed in to it by their links."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.test.utils import override_settings

from callwarden.custody.ledger.sequencer import Sequencer
from callwarden.custody.models import Call, Client
from callwarden.custody.scope import client_scope
from callwarden.doors.console.demo import link_for
from callwarden.doors.spool.watcher import Watcher
from callwarden.flows import demo
from callwarden.flows.actors import Actor
from callwarden.kernel.models import Session, User
from tests.centre import _keeper, keeper_folder
from tests.flows.run import work

__all__ = ["_keeper", "keeper_folder"]

CUSTOMERS = Path(__file__).parents[4] / "samples" / "customers.csv"


@pytest.fixture(scope="package")
def centre(_keeper, django_db_blocker, tmp_path_factory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("centre")
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(
            override_settings(
                DEMO=True,
                DATA_DIR=folder,
                SPOOL_INCOMING=folder / "incoming",
                WORDS_GRACE_SECONDS=0,
                APPROVALS_PER_PAIR=1000,  # one pair decides for all tests of this package
                LEDGER_LAG_SECONDS=3600,  # the sequencer steps only where a test asks it to
                ROOT_URLCONF="tests.doors.console.centre.site",
                ALLOWED_HOSTS=["127.0.0.1", "testserver"],
            )
        )
        demo.load()
        Watcher(folder / "incoming", stable_seconds=0).look()
        work()
        write_ledger()
        yield Client.objects.get()
        call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=False)


@pytest.fixture
def db(centre: Client) -> None:
    """In place of a transaction to roll back: what these tests look at is committed, or nothing could open it."""


def write_ledger() -> None:
    """What the sequencer process does: put waiting entries into the tree."""
    sequencer = Sequencer()
    # A connection of an earlier test may still be ending, and its lock with it.
    deadline = time.monotonic() + 20
    while not sequencer.acquire():
        assert time.monotonic() < deadline, "another sequencer holds the lock"
        time.sleep(0.1)
    while sequencer.step():
        pass


class SignedIn:
    """Somebody of the demonstration with a browser of their own; htmx asks as the scripts of the page do."""

    def __init__(self, role: str) -> None:
        self.browser = Browser()
        self.browser.get(link_for(role))
        self.user = User.objects.get(pk=self.browser.session["_auth_user_id"])

    @property
    def actor(self) -> Actor:
        return Actor.person(self.user, self.login)

    @property
    def login(self) -> Session:
        return Session.objects.filter(user=self.user, revoked_at=None).latest("created_at")

    def get(self, path: str, query: dict[str, str] | None = None, **more: object):
        return self.browser.get(path, query, **more)

    def post(self, path: str, data: dict[str, str] | None = None, *, htmx: bool = False):
        return self.browser.post(path, data or {}, headers={"HX-Request": "true"} if htmx else {})


@pytest.fixture
def enter(db: None) -> Callable[[str], SignedIn]:
    return SignedIn


@pytest.fixture
def calls(db: None, centre: Client) -> dict[str, list[Call]]:
    """The calls of each line, newest first."""
    with client_scope(centre.id):
        found = list(Call.objects.select_related("line", "agent", "customer").order_by("-started_at"))
    return {slug: [call for call in found if call.line.slug == slug] for slug in {call.line.slug for call in found}}


@pytest.fixture(scope="session")
def people() -> list[dict[str, str]]:
    """The customers of the samples as they were handed in."""
    with CUSTOMERS.open(encoding="utf-8") as rows:
        return list(csv.DictReader(rows))


@pytest.fixture(scope="session")
def secrets(people: list[dict[str, str]]) -> list[str]:
    """Everything about these customers that no page may show unasked."""
    columns = ("name", "phones", "emails", "id_number", "card_numbers", "address", "plate")
    return [value for row in people for column in columns for value in row[column].split(";") if value]
