"""Settings come from the environment; a wrong one stops the start with a sentence that says what to write."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from callwarden.site import settings

SHOWN = "from callwarden.site import settings as s; print(s.DATABASES['default'], s.SESSION_COOKIE_SECURE)"


def start_with(program: str = SHOWN, **given: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLWARDEN_")}
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
    ("given", "expected"),
    [
        ({}, "['file:///srv/a%20b-heads?every=60']"),
        ({"DEMO": "1"}, "['file:///srv/a%20b/demo-heads?every=60']"),
        ({"LEDGER_SINKS": "/mnt/x"}, "['/mnt/x']"),
    ],
)
def test_heads_go_beside_the_data_folder_where_no_place_is_named(given: dict[str, str], expected: str) -> None:
    program = "from callwarden.site.settings import LEDGER_SINKS; print(LEDGER_SINKS)"
    assert start_with(program, DATA_DIR="/srv/a b", **given).stdout.strip() == expected


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", "mysql://x/y", "postgresql://"),
        ("DATABASE_ROLE", "postgres", "cw_app, cw_keeper, cw_sequencer"),
        ("LEDGER_LAG_SECONDS", "soon", "CALLWARDEN_LEDGER_LAG_SECONDS must be a number"),
        ("DISK_RESERVE", "-1", "CALLWARDEN_DISK_RESERVE must be a number"),
        ("DISK_RESERVE", "inf", "CALLWARDEN_DISK_RESERVE must be a number"),
        ("MALWARE_SCANNER", "clamav", "unix:/PATH, tcp:HOST:PORT or none-accepted"),
        ("WEBHOOKS_FILE", "/nowhere", "CALLWARDEN_WEBHOOKS_FILE must name a readable file"),
        ("SMTP_SECURITY", "ssl3", "starttls, tls or none"),
        ("SMTP_PORT", "mail", "CALLWARDEN_SMTP_PORT must be"),
        ("SMTP_PASSWORD_FILE", "/nowhere", "CALLWARDEN_SMTP_PASSWORD_FILE must name"),
        ("FINDING_DAYS", "urgent=1", "critical=1,high=7"),
        ("SESSION_IDLE_SECONDS", "long", "CALLWARDEN_SESSION_IDLE_SECONDS must be a number"),
        ("UNREDACTED_HOURS", "later", "CALLWARDEN_UNREDACTED_HOURS must be a number"),
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


def test_what_lies_outside_is_reached_as_the_environment_says(tmp_path: Path) -> None:
    hooks = {"siem": {"url": "https://siem.example/in", "secret_file": "/etc/callwarden/siem"}}
    (tmp_path / "hooks.json").write_text(json.dumps(hooks))
    (tmp_path / "mail").write_text("secret\n")
    program = """
from callwarden.site import settings as s
print([s.CALLWARDEN_MALWARE_SCANNER, s.CALLWARDEN_WEBHOOKS, s.CALLWARDEN_PUBLIC_URL, s.EMAIL_HOST, s.EMAIL_PORT,
       s.EMAIL_HOST_PASSWORD, s.EMAIL_USE_TLS, s.DEFAULT_FROM_EMAIL, s.CALLWARDEN_FINDING_DAYS,
       s.CALLWARDEN_SESSION_IDLE, s.CALLWARDEN_LEDGER_DEADLINE])
"""
    started = start_with(
        program,
        MALWARE_SCANNER="tcp:127.0.0.1:3310",
        WEBHOOKS_FILE=str(tmp_path / "hooks.json"),
        PUBLIC_URL="https://warden.example",
        SMTP_HOST="mail.example",
        SMTP_PASSWORD_FILE=str(tmp_path / "mail"),
        MAIL_FROM="warden@example.com",
        FINDING_DAYS="critical=1, high=7",
        SESSION_IDLE_SECONDS="600",
        LEDGER_TIMEOUT_MS="1500",
    )
    assert ast.literal_eval(started.stdout) == [
        "tcp:127.0.0.1:3310",
        hooks,
        "https://warden.example",
        "mail.example",
        587,
        "secret",
        True,
        "warden@example.com",
        {"critical": 1, "high": 7},
        600.0,
        1.5,
    ]


def test_without_a_scanner_a_site_takes_no_uploads_and_a_demonstration_says_that_nobody_looks() -> None:
    program = "from callwarden.site import settings as s; print(s.CALLWARDEN_MALWARE_SCANNER or 'refused')"
    assert start_with(program).stdout.strip() == "refused"
    assert start_with(program, DEMO="1").stdout.strip() == "none-accepted"


def test_mail_never_crosses_the_network_in_clear() -> None:
    assert start_with(SMTP_HOST="127.0.0.1", SMTP_SECURITY="none").returncode == 0
    refused = start_with(SMTP_HOST="mail.example", SMTP_SECURITY="none")
    assert "on this machine only" in refused.stderr


@pytest.mark.parametrize(
    "hooks",
    [
        [],
        {"siem": "https://siem.example"},
        {"siem": {"url": "https://siem.example"}},
        {"siem": {"url": "http://siem.example", "secret_file": "/x"}},
        {"siem": {"url": "ftp://127.0.0.1", "secret_file": "/x"}},
        {"the siem": {"url": "https://siem.example", "secret_file": "/x"}},
    ],
)
def test_a_receiver_that_cannot_be_used_stops_the_start(hooks: object, tmp_path: Path) -> None:
    (tmp_path / "hooks.json").write_text(json.dumps(hooks))
    assert "WEBHOOKS_FILE must hold" in start_with(WEBHOOKS_FILE=str(tmp_path / "hooks.json")).stderr
