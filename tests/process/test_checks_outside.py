"""Doctor asks what lies outside as well, and calls nothing a pass that it has not measured."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from callwarden.doors.cli import checks_outside
from callwarden.doors.cli.results import Outcome
from callwarden.kernel import clock
from callwarden.kernel.models import OutboxMessage
from tests.kernel.test_malware import unix_listener


@pytest.mark.parametrize(
    ("host", "options", "outcome"),
    [
        ("", {}, "pass"),
        ("/run/postgresql", {}, "pass"),
        ("127.0.0.1", {}, "pass"),
        ("::1", {}, "pass"),
        ("db.example", {}, "fail"),
        ("db.example", {"sslmode": "require"}, "fail"),
        ("db.example", {"sslmode": "verify-full"}, "pass"),
        ("192.0.2.7", {}, "fail"),
    ],
)
def test_the_way_to_a_database_elsewhere_must_be_checked(
    settings: Any, host: str, options: dict[str, str], outcome: str
) -> None:
    settings.DATABASES = {"default": {"HOST": host, "OPTIONS": options}}
    assert checks_outside.database_transport().outcome == outcome


def test_a_scanner_is_asked_and_a_dead_one_is_told(settings: Any, tmp_path: Path) -> None:
    settings.DEMO = False
    for setting in ("", "none-accepted", f"unix:{tmp_path / 'clamd'}"):
        settings.CALLWARDEN_MALWARE_SCANNER = setting
        assert checks_outside.scanner().outcome == Outcome.FAIL, setting
    listener = unix_listener(tmp_path / "clamd")

    def answer() -> None:
        connection, _peer = listener.accept()
        with connection:
            assert connection.recv(16) == b"zPING\0"
            connection.sendall(b"PONG\0")

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    assert checks_outside.scanner().outcome == Outcome.PASS
    thread.join(5)
    listener.close()


@pytest.mark.django_db
def test_messages_that_reach_nobody_are_told(settings: Any) -> None:
    settings.DEMO = False
    settings.EMAIL_HOST, settings.CALLWARDEN_WEBHOOKS = "", {}
    assert checks_outside.messages().outcome == Outcome.FAIL
    settings.EMAIL_HOST = "mail.example"
    assert checks_outside.messages().outcome == Outcome.PASS
    now = clock.now()
    message = OutboxMessage.objects.create(
        template="test", link="/", created_at=now, next_at=now, channel="webhook", endpoint="siem", language="en"
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_outboxmessage SET state = 'failed'")
    assert checks_outside.messages().outcome == Outcome.FAIL
    OutboxMessage.objects.filter(pk=message.pk).update(created_at=now - timedelta(days=8))
    assert checks_outside.messages().outcome == Outcome.PASS
