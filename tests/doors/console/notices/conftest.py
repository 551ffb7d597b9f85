"""The demonstration call centre without its calls, served on loopback to a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.test.testcases import LiveServerThread
from django.test.utils import override_settings
from playwright.sync_api import Browser

from callwarden.doors.console.demo import link_for
from callwarden.flows import demo
from tests.centre import _keeper, keeper_folder
from tests.doors.console.conftest import Watched

__all__ = ["_keeper", "keeper_folder"]


@pytest.fixture(scope="package")
def centre(_keeper, django_db_blocker) -> Iterator[None]:
    with (
        django_db_blocker.unblock(),
        override_settings(DEMO=True, LEDGER_LAG_SECONDS=3600, ALLOWED_HOSTS=["127.0.0.1", "testserver"]),
    ):
        demo.set_up(demo.samples_folder())
        yield
        call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=False)


@pytest.fixture
def db(centre: None) -> None:
    """In place of a transaction to roll back: what is served is committed."""


@pytest.fixture(scope="module")
def served(centre: None) -> Iterator[str]:
    server = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={})
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=5)


@pytest.fixture
def visit(db: None, browser: Browser, served: str) -> Iterator[object]:
    """`visit(role)` is that person's browser, watched; without a role a stranger's."""
    contexts = []

    def enter(
        role: str = "", *, width: int = 1280, scheme: str = "light", language: str = "en", scripts: bool = True
    ) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            timezone_id="Asia/Shanghai",
            locale={"en": "en-GB", "zh-hans": "zh-CN"}[language],
            java_script_enabled=scripts,
        )
        context.add_cookies([{"name": "django_language", "value": language, "url": served}])
        contexts.append(context)
        watched = Watched(context.new_page(), served)
        if role:
            # What the first page still asks for must not be broken off, and complained of, by the next.
            watched.page.goto(served + link_for(role), wait_until="networkidle")
        watched.complaints.clear()
        return watched

    yield enter
    for context in contexts:
        context.close()
