"""Settings come from the environment; a wrong one stops the start with a sentence that says what to write."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from callwarden.site import settings


def start_with(**given: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLWARDEN_")}
    program = "from callwarden.site import settings as s; print(s.DATABASES['default'], s.SESSION_COOKIE_SECURE)"
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**environment, **{f"CALLWARDEN_{name}": value for name, value in given.items()}},
        capture_output=True,
        text=True,
    )


def test_a_url_becomes_a_connection_with_its_escapes_and_options() -> None:
    made = settings.database("postgresql://us%40er:p%2Fw@db.example:6432/call%20s?sslmode=verify-full")
    assert (made["USER"], made["PASSWORD"], made["HOST"]) == ("us@er", "p/w", "db.example")
    assert (made["PORT"], made["NAME"], made["OPTIONS"]) == ("6432", "call s", {"sslmode": "verify-full"})


def test_a_socket_folder_is_a_host() -> None:
    assert settings.database("postgresql://callwarden@:5432/callwarden?host=/run/x")["HOST"] == "/run/x"


def test_a_role_is_taken_as_the_connection_opens_beside_other_options() -> None:
    made = settings.database("postgresql:///c?options=-c%20jit%3Doff", "cw_app")
    assert made["OPTIONS"] == {"options": "-c jit=off -c role=cw_app"}


def test_a_login_of_its_own_needs_no_role_and_not_the_owners_login() -> None:
    started = start_with(
        DATABASE_ROLE="cw_keeper",
        DATABASE_URL="postgresql://owner@h/c",
        KEEPER_DATABASE_URL="postgresql://keeper@h/c",
    )
    assert "'keeper'" in started.stdout
    assert "owner" not in started.stdout
    assert "role=" not in started.stdout


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", "mysql://x/y", "postgresql://"),
        ("DATABASE_ROLE", "postgres", "cw_app, cw_keeper, cw_sequencer"),
        ("LEDGER_LAG_SECONDS", "soon", "CALLWARDEN_LEDGER_LAG_SECONDS must be a number"),
        ("DISK_RESERVE", "-1", "CALLWARDEN_DISK_RESERVE must be a number"),
        ("DISK_RESERVE", "inf", "CALLWARDEN_DISK_RESERVE must be a number"),
        ("QUARANTINE_HOURS", "nan", "CALLWARDEN_QUARANTINE_HOURS must be a number"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_says_what_to_write(name: str, value: str, says: str) -> None:
    refused = start_with(**{name: value})
    assert refused.returncode != 0
    assert says in refused.stderr


def test_cookies_are_for_tls_alone_where_there_is_tls() -> None:
    assert start_with(TLS="1").stdout.strip().endswith("True")


def test_the_content_policy_allows_nothing_inline_and_no_other_host() -> None:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    flat = {str(value) for values in directives.values() for value in values}
    assert directives["default-src"] == ["'none'"]
    assert not any("unsafe" in value or "//" in value or "*" in value for value in flat)
