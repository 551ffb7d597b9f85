"""One syslog message of RFC 5424 taken apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

LONGEST: Final = 16 * 1024
"""Octets of a message that is read; RFC 5425 asks for at least 8,192."""

_HEADER: Final = re.compile(
    r"<(?P<pri>\d{1,3})>1 (?P<at>\S{1,40}) (?P<host>\S{1,255}) (?P<app>\S{1,48}) (?P<process>\S{1,128})"
    r" (?P<msgid>\S{1,32}) (?P<rest>.*)",
    re.DOTALL,
)
_ELEMENT: Final = re.compile(r'\[(?P<name>[^ ="\]]{1,32})(?P<params>(?: [^ ="\]]{1,32}="(?:[^"\\\]]|\\.)*")*)\]')
_PARAM: Final = re.compile(r' ([^ ="\]]{1,32})="((?:[^"\\\]]|\\.)*)"')
_ESCAPE: Final = re.compile(r'\\(["\\\]])')


class NotSyslog(ValueError):
    """Not a message of RFC 5424."""


@dataclass(frozen=True)
class Message:
    """What a message says of itself, and its text. "-" (nothing to say) is told as ""."""

    at: datetime | None
    host: str
    app: str
    process: str
    msgid: str
    text: str
    data: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def parse(raw: bytes) -> Message:
    """Take a message apart.

    Raises:
        NotSyslog: it is none, or not UTF-8.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise NotSyslog("not UTF-8") from None
    found = _HEADER.fullmatch(text.rstrip("\n\x00"))
    if found is None or int(found["pri"]) > 191:
        raise NotSyslog("no header")
    data, rest = _data(found["rest"])
    said = {name: "" if found[name] == "-" else found[name] for name in ("host", "app", "process", "msgid")}
    return Message(at=_time(found["at"]), text=rest.removeprefix("\ufeff"), data=data, **said)


def _data(rest: str) -> tuple[dict[str, dict[str, str]], str]:
    if rest == "-" or rest.startswith("- "):
        return {}, rest[2:]
    found: dict[str, dict[str, str]] = {}
    while element := _ELEMENT.match(rest):
        found[element["name"]] = {name: _ESCAPE.sub(r"\1", value) for name, value in _PARAM.findall(element["params"])}
        rest = rest[element.end() :]
    if not found or (rest and not rest.startswith(" ")):
        raise NotSyslog("no structured data")
    return found, rest[1:]


def _time(text: str) -> datetime | None:
    if text == "-":
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise NotSyslog("no time") from None
    if at.tzinfo is None:
        raise NotSyslog("time without a zone")
    return at
