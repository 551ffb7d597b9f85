"""Signing in by SAML in a real browser, which sends no cookie of ours with what another site posts."""

from __future__ import annotations

import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit
from zlib import decompress

import pytest
from django.conf import settings as django_settings
from lxml import etree
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from callwarden.kernel import clock
from callwarden.protection.signin import identities
from callwarden.protection.signin.providers import Provider, Saml
from tests.doors.console.conftest import Watched
from tests.doors.console.signin_site import person, site
from tests.protection.signin import saml_answers as written

__all__ = ["site"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def address(transactional_db: None, site: None) -> Iterator[str]:
    server = LiveServer("localhost")
    yield server.url
    server.stop()


@pytest.fixture
def provider(address: str, settings) -> Iterator[Provider]:
    """A provider at another site than ours: ours is called localhost, its page is at an address."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/slo"):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<p>left here as well</p>" if "&Signature=" in self.path else b"<p>unsigned</p>")
                return
            packed = parse_qs(urlsplit(self.path).query)["SAMLRequest"][0]
            asked = etree.fromstring(decompress(b64decode(packed), -15))
            raw = written.answer(
                clock.now(),
                asked=asked.get("ID"),
                audience=asked.findtext("{*}Issuer"),
                recipient=asked.get("AssertionConsumerServiceURL"),
            ).replace(written.RECIPIENT.encode(), str(asked.get("AssertionConsumerServiceURL")).encode())
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(
                f'<form method="post" action="{asked.get("AssertionConsumerServiceURL")}">'
                f'<input name="SAMLResponse" value="{b64encode(raw).decode()}"><button>go</button></form>'.encode()
            )

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    where = f"http://127.0.0.1:{server.server_port}/sso"
    made = Provider(
        "group",
        "Group account",
        "集团账号",
        written.ISSUER,
        acr=(written.MFA,),
        saml=Saml(
            where,
            (written.key_pair("provider")[1],),
            sign_out_url=where.replace("/sso", "/slo"),
            sign_out_answers_at="",
        ),
    )
    settings.CALLWARDEN_IDENTITY_PROVIDERS = {"group": made}
    yield made
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("language", "words"), [("en", "Group account"), ("zh-hans", "集团账号")])
def test_from_our_page_to_the_providers_and_back_into_the_page_that_was_wanted(
    browser: Browser, address: str, provider: Provider, language: str, words: str
) -> None:
    user = person()
    identities.link(user, provider, "alice-7", actor="system")
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": django_settings.LANGUAGE_COOKIE_NAME, "value": language, "url": address}])
    watched = Watched(context.new_page(), address)
    page = watched.open("/probe/")
    page.get_by_role("link", name=words).click()
    page.get_by_role("button", name="go").click()
    expect(page.locator("body")).to_contain_text(user.actor)
    assert page.url == f"{address}/probe/"
    page.goto(f"{address}/probe/")
    expect(page.locator("body")).to_contain_text(user.actor)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_signing_out_goes_on_to_the_provider_by_itself_which_no_form_may(
    browser: Browser, address: str, provider: Provider, language: str
) -> None:
    identities.link(person(), provider, "alice-7", actor="system")
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": django_settings.LANGUAGE_COOKIE_NAME, "value": language, "url": address}])
    watched = Watched(context.new_page(), address)
    page = watched.open("/probe/")
    page.locator("a[href*='sso/group']").click()
    page.get_by_role("button", name="go").click()
    expect(page.locator("body")).to_contain_text("inside as")
    page.goto(f"{address}/accounts/logout/")
    page.locator("form[action='/accounts/logout/'] button").click()
    expect(page.locator("body")).to_contain_text("left here as well")
    page.goto(f"{address}/probe/")
    assert "/accounts/login/" in page.url
