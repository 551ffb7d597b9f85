"""Receivers of the operation log, from a JSON file; checked as the process starts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from callwarden.site.outside import BadSetting, is_here

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_SYSLOG: Final[dict[str, object]] = {
    "port": 6514,
    "ca_file": "",
    "certificate_file": "",
    "key_file": "",
    "plain": False,
    "receipt": "closed",
    "format": "ocsf",
}
_WEBHOOK: Final[dict[str, object]] = {"format": "ocsf"}
_NEEDED: Final = {"syslog": {"host"}, "webhook": {"url", "secret_file"}}


def receivers(file: str) -> dict[str, dict[str, Any]]:
    """Receivers by name, each with all its settings; what the file leaves out has the safe default.

    Raises:
        BadSetting: the file cannot be read, or a receiver in it cannot be used.
    """
    if not file:
        return {}
    try:
        told = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadSetting("CALLWARDEN_SIEM_FILE must name a readable file of JSON.") from None
    if not isinstance(told, dict):
        raise BadSetting('CALLWARDEN_SIEM_FILE must hold {"name": {"kind": "syslog", "host": "..."}}.')
    return {name: _usable(name, one) for name, one in told.items()}


def _usable(name: object, one: object) -> dict[str, Any]:
    if not isinstance(name, str) or not _SLUG.fullmatch(name):
        raise BadSetting("CALLWARDEN_SIEM_FILE: a receiver's name is a-z, 0-9, - and _, at most 40 characters.")
    if not isinstance(one, dict) or one.get("kind") not in _NEEDED:
        raise BadSetting(f'CALLWARDEN_SIEM_FILE: "{name}" needs "kind": "syslog" or "webhook".')
    kind = one["kind"]
    defaults = _SYSLOG if kind == "syslog" else _WEBHOOK
    known = {"kind", *_NEEDED[kind], *defaults}
    if not _NEEDED[kind] <= set(one) <= known:
        raise BadSetting(f'CALLWARDEN_SIEM_FILE: "{name}" may hold {", ".join(sorted(known))} alone.')
    chosen: dict[str, Any] = {**defaults, **one}
    if chosen["format"] not in {"ocsf", "cef"}:
        raise BadSetting(f'CALLWARDEN_SIEM_FILE: the format of "{name}" must be ocsf or cef.')
    (_check_syslog if kind == "syslog" else _check_webhook)(name, chosen)
    return chosen


def _check_syslog(name: str, chosen: dict[str, Any]) -> None:
    port, plain = chosen["port"], chosen["plain"]
    if not isinstance(chosen["host"], str) or not _HOST.fullmatch(chosen["host"]):
        raise BadSetting(f'CALLWARDEN_SIEM_FILE: the host of "{name}" must be a name or an address.')
    if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
        raise BadSetting(f'CALLWARDEN_SIEM_FILE: the port of "{name}" must be a port number.')
    if not isinstance(plain, bool) or (plain and not is_here(chosen["host"])):
        raise BadSetting(f'CALLWARDEN_SIEM_FILE: "{name}" may be plain for a receiver on this machine only.')
    if chosen["receipt"] not in {"closed", "ended", "none"}:
        raise BadSetting(f'CALLWARDEN_SIEM_FILE: the receipt of "{name}" must be closed, ended or none.')
    if not all(isinstance(chosen[each], str) for each in ("ca_file", "certificate_file", "key_file")):
        raise BadSetting(f'CALLWARDEN_SIEM_FILE: the files of "{name}" must be paths.')


def _check_webhook(name: str, chosen: dict[str, Any]) -> None:
    url, secret = chosen["url"], chosen["secret_file"]
    parts = urlsplit(url) if isinstance(url, str) else None
    secure = parts is not None and bool(parts.hostname)
    secure = secure and (parts.scheme == "https" or (parts.scheme == "http" and is_here(parts.hostname or "")))  # type: ignore[union-attr]
    if not secure or not isinstance(secret, str) or not secret:
        raise BadSetting(f'CALLWARDEN_SIEM_FILE: "{name}" needs an https address and a file with its secret.')
