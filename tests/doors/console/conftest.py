"""The gallery served on loopback, without a database, and a real browser to look at it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread
from django.test.utils import override_settings
from playwright.sync_api import Browser, Page, expect, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def gallery_settings() -> override_settings:
    """Settings that serve the gallery: its addresses and templates, sessions in cookies."""
    templates = [{**settings.TEMPLATES[0], "DIRS": [HERE / "templates"]}]
    # The gallery knows no people, so nobody asks who is looking.
    middleware = [name for name in settings.MIDDLEWARE if not name.endswith("guard.SessionGuard")]
    pages = "callwarden.doors.console.middleware.ConsolePages"
    if pages not in middleware:
        middleware.append(pages)
    return override_settings(
        ROOT_URLCONF="tests.doors.console.gallery",
        TEMPLATES=templates,
        MIDDLEWARE=middleware,
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        ALLOWED_HOSTS=["127.0.0.1", "testserver"],
    )


@pytest.fixture
def gallery() -> Iterator[None]:
    with gallery_settings():
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one module: Playwright's event loop runs in this thread, and while it does, nothing else may start
    one there and Django's connections are other ones than outside of it.
    """
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed; make setup-test installs it.")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Django would take the loop for an async view of ours.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        expect.set_options(timeout=20_000)  # a busy machine is no fault of a page
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Address of the gallery."""
    with gallery_settings():
        server = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={})
        server.daemon = True
        server.start()
        server.is_ready.wait()
        if server.error:
            raise server.error
        yield f"http://127.0.0.1:{server.port}"
        server.terminate()


class Watched:
    """A page and everything it complained of: script errors, refused content, requests to other hosts."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.complaints: list[str] = []
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))

    def _heard(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and "the server responded with a status of" not in text:
            self.complaints.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"left the host: {url}")

    def open(self, path: str = "/") -> Page:
        self.page.goto(self.address + path, wait_until="networkidle")
        return self.page


@pytest.fixture
def look(browser: Browser, address: str) -> Iterator[object]:
    """`look(width=, scheme=, language=)` gives a fresh, watched page."""
    contexts = []

    def open_page(
        *, width: int = 1280, height: int = 900, scheme: str = "light", language: str = "en", scripts: bool = True
    ) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale={"en": "en-GB", "zh-hans": "zh-CN"}[language],
            timezone_id="Asia/Shanghai",
            java_script_enabled=scripts,
        )
        context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": address}])
        contexts.append(context)
        return Watched(context.new_page(), address)

    yield open_page
    for context in contexts:
        context.close()
