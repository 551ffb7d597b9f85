"""Settings of what lies outside this site: the malware scanner, the mail server, receivers of webhooks.

Each is checked as the process starts. A typing error then stops the start, instead of an upload or a message at
night.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from callwarden.protection.signin.profiles import NIST, PROFILES


class BadSetting(ValueError):
    """A setting cannot be right. The text is a sentence of ours that says what to write, never the value."""


NONE_ACCEPTED = "none-accepted"
_SCANNER = re.compile(r"unix:/\S+|tcp:\S+:\d{1,5}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def scanner(value: str, *, demo: bool) -> str:
    """CALLWARDEN_MALWARE_SCANNER; the demonstration, which has none, accepts that.

    Raises:
        BadSetting: it is none of the forms there are.
    """
    if not value:
        return NONE_ACCEPTED if demo else ""
    if value != NONE_ACCEPTED and not _SCANNER.fullmatch(value):
        raise BadSetting("CALLWARDEN_MALWARE_SCANNER must be unix:/PATH, tcp:HOST:PORT or none-accepted.")
    return value


def sign_in_profile(value: str) -> str:
    """CALLWARDEN_SIGN_IN_PROFILE.

    Raises:
        BadSetting: there is no such profile.
    """
    if value and value not in PROFILES:
        raise BadSetting(f"CALLWARDEN_SIGN_IN_PROFILE must be one of {', '.join(PROFILES)}.")
    return value or NIST.name


def webhooks(file: str) -> dict[str, dict[str, str]]:
    """Receivers by name, from a JSON file `{"siem": {"url": "https://...", "secret_file": "/etc/callwarden/siem"}}`.

    Raises:
        BadSetting: the file cannot be read, or a receiver in it cannot be used.
    """
    if not file:
        return {}
    try:
        told = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadSetting("CALLWARDEN_WEBHOOKS_FILE must name a readable file of JSON.") from None
    if not isinstance(told, dict) or not all(_usable(name, one) for name, one in told.items()):
        raise BadSetting(
            'CALLWARDEN_WEBHOOKS_FILE must hold {"name": {"url": "https://...", "secret_file": "/path"}} alone.'
        )
    return told


def gateway(name: str, receivers: dict[str, dict[str, str]]) -> dict[str, str]:
    """CALLWARDEN_MESSAGE_GATEWAY: the receiver of that name, taken out of the others. Empty: none is set.

    Raises:
        BadSetting: there is no such receiver.
    """
    if not name:
        return {}
    if name not in receivers:
        raise BadSetting("CALLWARDEN_MESSAGE_GATEWAY must name one of the receivers in CALLWARDEN_WEBHOOKS_FILE.")
    return receivers.pop(name)


def _usable(name: object, one: object) -> bool:
    if not (isinstance(name, str) and _SLUG.fullmatch(name) and isinstance(one, dict)):
        return False
    if set(one) != {"url", "secret_file"} or not all(isinstance(value, str) for value in one.values()):
        return False
    parts = urlsplit(one["url"])
    return parts.scheme == "https" or (parts.scheme == "http" and is_here(parts.hostname or ""))


def smtp(env: Callable[..., str]) -> Mapping[str, object]:
    """Django's own settings for sending mail. Without CALLWARDEN_SMTP_HOST no mail is sent.

    Raises:
        BadSetting: mail would cross the network in clear, or a value cannot be right.
    """
    host, security = env("SMTP_HOST"), env("SMTP_SECURITY", "starttls")
    if security not in {"starttls", "tls", "none"}:
        raise BadSetting("CALLWARDEN_SMTP_SECURITY must be starttls, tls or none.")
    if host and security == "none" and not is_here(host):
        raise BadSetting("CALLWARDEN_SMTP_SECURITY may be none for a mail server on this machine only.")
    port = env("SMTP_PORT", "587")
    if not (port.isdigit() and 0 < int(port) < 65536):
        raise BadSetting("CALLWARDEN_SMTP_PORT must be a port number.")
    return {
        "EMAIL_HOST": host,
        "EMAIL_PORT": int(port),
        "EMAIL_HOST_USER": env("SMTP_USER"),
        "EMAIL_HOST_PASSWORD": _secret(env("SMTP_PASSWORD_FILE")),
        "EMAIL_USE_TLS": security == "starttls",
        "EMAIL_USE_SSL": security == "tls",
        "DEFAULT_FROM_EMAIL": env("MAIL_FROM", "callwarden@localhost"),
    }


def ledger_sinks(value: str) -> list[str]:
    """CALLWARDEN_LEDGER_SINKS: addresses separated by spaces; folders alone may also be separated by colons.

    What an address says is checked where sinks are made (`callwarden doctor` shows it), because the rules are theirs.

    Raises:
        BadSetting: a word is neither an absolute path nor an address.
    """
    words = value.split() if "://" in value or "mail:" in value else re.split(r"[:\s]", value)
    found = [word for word in words if word]
    if not all(word.startswith(("/", "mail:")) or "://" in word for word in found):
        raise BadSetting("CALLWARDEN_LEDGER_SINKS must name folders by their whole path, or addresses of sinks.")
    return found


def finding_days(value: str) -> dict[str, int]:
    """Days to remedy a finding by severity, as `critical=1,high=3`; those not named keep their own.

    Raises:
        BadSetting: no such severity, or no number of days.
    """
    days = {}
    for pair in filter(None, value.split(",")):
        severity, _equals, count = pair.strip().partition("=")
        if severity not in {"critical", "high", "medium", "low"} or not count.isdigit() or not int(count):
            raise BadSetting("CALLWARDEN_FINDING_DAYS must be like critical=1,high=7,medium=30,low=90.")
        days[severity] = int(count)
    return days


def scim_groups(value: str) -> dict[str, str]:
    """Name of a directory's group -> role its members hold, from `Call agents=agent,Team leads=team_leader`.

    Raises:
        BadSetting: no such role, a group without a name, or two groups for one role.
    """
    roles = {
        "agent",
        "team_leader",
        "quality_reviewer",
        "data_protection_officer",
        "security_administrator",
        "system_administrator",
        "auditor",
        "partner_manager",
    }
    found: dict[str, str] = {}
    for pair in filter(None, value.split(",")):
        name, _equals, role = (part.strip() for part in pair.rpartition("="))
        if role not in roles or not name or name in found or role in found.values():
            raise BadSetting("CALLWARDEN_SCIM_GROUPS must be like Call agents=agent,Team leads=team_leader.")
        found[name] = role
    return found


def _secret(file: str) -> str:
    if not file:
        return ""
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise BadSetting("CALLWARDEN_SMTP_PASSWORD_FILE must name a readable file.") from None


def is_here(host: str) -> bool:
    """Whether this address leads to this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
