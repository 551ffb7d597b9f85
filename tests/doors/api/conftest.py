"""A call centre with one line and a program that has a key to it."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from callwarden.control.access.actions import ensure_default
from callwarden.custody.categories import Category
from callwarden.custody.intake import ensure_day_keys
from callwarden.custody.models import Client, Line
from callwarden.kernel.models import User
from callwarden.lawful.retention.models import RetentionRule
from callwarden.protection.signin.actions import create
from callwarden.protection.signin.models import ServiceKey
from callwarden.site.logs import AdmittedOnly
from samples.generate import GeneratedCall, generate_call
from tests.centre import _keeper, client, keeper, keeper_folder
from tests.notices import tell
from tests.purposes import serve
from tests.work import forget_jobs

__all__ = ["_keeper", "client", "keeper", "keeper_folder"]

GROUNDS = {"recording": "consent", "quality": "consent", "service": "contract"}


@pytest.fixture(autouse=True)
def _no_scanner(settings) -> None:  # type: ignore[no-untyped-def]
    """This call centre has no malware scanner and knows it; what a site with one does is in test_malware.py."""
    settings.CALLWARDEN_MALWARE_SCANNER = "none-accepted"


@pytest.fixture
def line(client: Client) -> Line:
    """A line ready to take calls in: notice told, purposes on their grounds, retention for every category."""
    forget_jobs()
    ensure_default()
    ensure_day_keys()
    return open_line(client, "service-zh")


def open_line(client: Client, slug: str) -> Line:
    line = Line.objects.create(client=client, slug=slug, name=slug, languages=["zh"], direction="inbound")
    for purpose, ground in GROUNDS.items():
        serve(line, purpose, ground, core=purpose == "recording")
        for category in Category:
            RetentionRule.objects.create(line=line, category=category, purpose_id=purpose, ceiling_days=90)
    tell(line)
    return line


@pytest.fixture
def owner(client: Client) -> User:
    return User.objects.create(username="integrator", roles=["system_administrator"])


@dataclass
class Program:
    """A program that speaks to the REST door with its key."""

    key: ServiceKey
    written: str
    browser: Browser = field(default_factory=lambda: Browser(raise_request_exception=False))
    language: str = "en"

    def get(self, path: str, **query: str) -> Any:
        return self.browser.get(f"/api/v1{path}", query, headers=self._headers())

    def post(self, path: str, parts: Mapping[str, Any], *, key: str | None = None, line: str | None = None) -> Any:
        """Send parts as multipart."""
        return self.browser.post(_with(path, line), dict(parts), headers=self._headers(key or str(uuid.uuid4())))

    def send(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        kind: str = "application/json",
        key: str | None = None,
        line: str | None = None,
    ) -> Any:
        """Send a document, or bytes of a kind."""
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        headers = self._headers(key or str(uuid.uuid4()))
        return self.browser.generic(method, _with(path, line), raw, content_type=kind, headers=headers)

    def _headers(self, key: str | None = None) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.written}", "Accept-Language": self.language}
        return headers | ({"Idempotency-Key": key} if key else {})


def _with(path: str, line: str | None) -> str:
    return f"/api/v1{path}?line={line}" if line else f"/api/v1{path}"


def program_for(client: Client, owner: User, **wanted: Any) -> Program:
    key, written = create(
        owner=owner,
        client=client,
        actor="system",
        **{"purpose": "pbx", "scopes": list(ServiceKey.Scope.values), **wanted},
    )
    return Program(key, str(written))


@pytest.fixture
def program(line: Line, client: Client, owner: User) -> Program:
    return program_for(client, owner)


@pytest.fixture(scope="session")
def generated() -> GeneratedCall:
    return generate_call(7, 0, minutes=0.4, line="service-zh")


def record_of(call: GeneratedCall, **changes: Any) -> dict[str, Any]:
    """The call's record as a program sends it."""
    row = call.cdr
    told: dict[str, Any] = {
        "call_id": row.call_id,
        "line": row.line,
        "direction": row.direction,
        "caller": row.caller,
        "callee": row.callee,
        "agent": row.agent,
        "started_at": row.started_at.isoformat(),
        "answered_at": row.answered_at and row.answered_at.isoformat(),
        "ended_at": row.ended_at and row.ended_at.isoformat(),
        "layouts": list(row.layouts),
        "notice": row.notice
        and {"version": "2026-1", "language": row.notice.language, "played_at": row.notice.played_at.isoformat()},
        "consents": [
            {"purpose": c.purpose, "state": c.answer, "method": c.method, "key": c.key or "", "at": c.at.isoformat()}
            for c in row.consents
        ],
    }
    return told | changes


def parts_of(call: GeneratedCall, **changes: Any) -> dict[str, Any]:
    """The parts of a POST /calls."""
    return {
        "cdr": json.dumps(record_of(call, **changes)),
        "audio": SimpleUploadedFile(call.name, call.audio, content_type="audio/wav"),
        "words": SimpleUploadedFile("words.json", call.words_json, content_type="application/json"),
    }


class Heard(logging.Handler):
    """Everything that was logged while a test ran, as the product writes it and as it was meant."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.lines: list[str] = []
        self._formatter = AdmittedOnly()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self._formatter.format(record))
        if record.name.startswith("callwarden"):
            self.lines.append(record.getMessage())


@pytest.fixture
def logged() -> Iterator[Heard]:
    heard = Heard()
    root = logging.getLogger()
    root.addHandler(heard)
    yield heard
    root.removeHandler(heard)


def assert_says_nothing_of(values: list[str], response: Any, logged: Heard) -> None:
    """No personal value in the answer, in its headers or in the log."""
    said = response.content.decode("utf-8", "replace") + str(dict(response.headers)) + "\n".join(logged.lines)
    assert not [value for value in values if value and value in said]
