"""A walk through the running console: watched pages, one for each role and language, and pictures when asked for."""

from __future__ import annotations

import os
import re
import time

from playwright.sync_api import Browser, Page, Response

from tests.doors.console.test_gallery import violations
from tests.prove._running import ROOT, Running

LANGUAGES = ("en", "zh-hans")
ROLES = (
    "agent", "team_leader", "quality_reviewer", "data_protection_officer",
    "security_administrator", "system_administrator", "auditor", "partner_manager",
)  # fmt: skip
IMAGES = ROOT / "docs" / "images"
TAKEN = bool(os.environ.get("CALLWARDEN_TEST_STORY_IMAGES"))


def links_of(site: Running) -> dict[str, str]:
    """role -> the sign-in link that `callwarden up --demo` printed for it."""
    printed = re.findall(r"http://127\.0\.0\.1:\d+/demo/\S+", "".join(site.output))
    return dict(zip(ROLES, printed, strict=True))


class Person:
    """Somebody at the console, and everything the browser complained of meanwhile."""

    def __init__(
        self, browser: Browser, site: Running, role: str, language: str, *, width: int = 1280, scheme: str = "light"
    ) -> None:
        self.address = f"http://127.0.0.1:{site.port}"
        self.language = language
        self.context = browser.new_context(
            viewport={"width": width, "height": 860},
            color_scheme="dark" if scheme == "dark" else "light",
            locale={"en": "en-GB", "zh-hans": "zh-CN"}[language],
            timezone_id="Asia/Shanghai",
        )
        self.context.add_cookies([{"name": "django_language", "value": language, "url": self.address}])
        self.complaints: list[str] = []
        self.answers: list[Response] = []
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self._heard(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("response", lambda answer: self.answers.append(answer))
        self.page.goto(links_of(site)[role], wait_until="networkidle")

    def _heard(self, kind: str, text: str) -> None:
        # A refusal is an answer with a status of its own, which the browser mentions.
        if kind in {"error", "warning"} and "the server responded with a status of 4" not in text:
            self.complaints.append(f"{self.page.url}: {text}")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"left the host: {url}")

    def go(self, path: str) -> int:
        """Open a page of the site; returns the status."""
        answer = self.page.goto(path if path.startswith("http") else self.address + path, wait_until="networkidle")
        assert answer is not None
        return answer.status

    def places(self) -> list[str]:
        """Where the rail leads this person."""
        hrefs = self.page.eval_on_selector_all("nav a", "links => links.map(link => link.getAttribute('href'))")
        return sorted({href for href in hrefs if href.startswith("/")})

    def look(self) -> None:
        """The page as it is now is in the person's language, fits the window, and axe finds nothing."""
        page = self.page
        assert page.get_attribute("html", "lang") == {"en": "en", "zh-hans": "zh-Hans"}[self.language]
        assert not self.complaints, "\n".join(self.complaints)
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{page.url} scrolls sideways by {wide} pixels"
        assert not (found := violations(page)), f"{page.url}\n" + "\n".join(found)
        self.complaints.clear()  # the checker itself runs against the content security policy

    def until(self, expression: str, *, seconds: float = 20.0) -> None:
        """Wait for what a script says of the page. Playwright waits by evaluating text, which the policy forbids."""
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(f"() => Boolean({expression})"):
            assert time.monotonic() < deadline, f"{self.page.url}: {expression} did not come true"
            self.page.wait_for_timeout(100)

    def picture(self, name: str) -> None:
        """Keep the window as it is for the documentation."""
        if TAKEN:
            self.page.wait_for_timeout(400)
            path = IMAGES / f"{name}-{self.language[:2]}.png"
            self.page.screenshot(path=path, animations="disabled")

    def leave(self) -> None:
        self.context.close()
