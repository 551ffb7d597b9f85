"""A line and a mapping become who, what, whose, which call and when; or one reason why not."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from callwarden.engines.neighbours._mapping import Mapping, Within
from callwarden.engines.neighbours._syslog import LONGEST, Message, NotSyslog, parse

REASONS: Final = (
    "too_long",
    "not_syslog",
    "not_json",
    "not_csv",
    "not_pairs",
    "not_meant",
    "no_time",
    "no_who",
    "no_act",
    "bad_subject",
    "too_old",
    "ahead",
    "cut",
)
"""Why a line is not kept. `not_meant` is no fault: the mapping says that such lines are not for us."""

_PAIR: Final = re.compile(r'([A-Za-z0-9_.@:-]{1,60})=(?:"((?:[^"\\]|\\.)*)"|(\S*))')
_ZONE_WORD: Final = re.compile(r" (?P<zone>[A-Z]{2,5})$")
_LONGEST_VALUE: Final = 200
_COLUMNS: Final = 200
# Places of a line that are shown to whoever writes a mapping.
_PLACES: Final = 80
_STEP: Final = re.compile(r"[A-Za-z0-9_@:-]{1,60}")


class Unreadable(ValueError):
    """Why a line is not kept: one of `REASONS`. Nothing of the line stands in it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Told:
    """What one line says.

    Attributes:
        who: the name the other system knows the person by.
        act: one of `ACTS`.
        subject: number or address of the data subject, of the mapping's kind; "" when none is named.
        call: the telephone system's number of the call; "" when none is named.
        rows: how many rows it touched; None when it does not say.
        inside: done by the application itself; None when the mapping does not say how to tell.
    """

    at: datetime
    who: str
    act: str
    subject: str = ""
    call: str = ""
    rows: int | None = None
    inside: bool | None = None


def read(line: bytes, mapping: Mapping) -> Told:
    """Read a syslog message.

    Raises:
        Unreadable: with the reason.
    """
    if len(line) > LONGEST:
        raise Unreadable("too_long")
    try:
        message = parse(line)
    except NotSyslog:
        raise Unreadable("not_syslog") from None
    document = _parsed(message.text.removeprefix("@cee:").strip(), mapping.text)
    return _told({**document, "header": _header(message)}, mapping, message.at)


def read_document(document: MappingOf[str, Any], mapping: Mapping) -> Told:
    """Read an object of JSON that came without a syslog message around it.

    Raises:
        Unreadable: with the reason.
    """
    return _told({**document, "header": {}}, mapping, None)


def places(line: bytes, text: str, within: Within | None = None, *, document: bool = False) -> list[tuple[str, str]]:
    """Every place in a line that a mapping can name, with what stands there: for people who write one.

    Args:
        text: what the text of the line is, as in a mapping.
        document: the line is an object of JSON without a syslog message around it.

    Raises:
        Unreadable: the line cannot be taken apart so.
    """
    if len(line) > LONGEST:
        raise Unreadable("too_long")
    header: dict[str, Any] = {}
    if document:
        found = _parsed(line.decode("utf-8", "replace").strip(), "json")
    else:
        try:
            message = parse(line)
        except NotSyslog:
            raise Unreadable("not_syslog") from None
        found, header = _parsed(message.text.removeprefix("@cee:").strip(), text), _header(message)
    if within and (inner := _inner(found, within)):
        found = {**found, within.name: _parsed(inner, within.text)}
    return list(islice(_flat({**found, "header": header}, ""), _PLACES))


def _flat(here: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(here, dict | list):
        if path.count(".") > 6:
            return
        pairs = here.items() if isinstance(here, dict) else enumerate(here)
        for name, value in pairs:
            if _STEP.fullmatch(str(name)):
                yield from _flat(value, f"{path}.{name}" if path else str(name))
    elif isinstance(here, str | int | float) and not isinstance(here, bool) and str(here):
        yield path, str(here).encode("utf-8", "replace").decode()


def _inner(document: MappingOf[str, Any], within: Within) -> str:
    parts = _at(document, within.path, longest=LONGEST).partition(within.after) if within.after else None
    return parts[2] if parts else _at(document, within.path, longest=LONGEST)


def _header(message: Message) -> dict[str, Any]:
    return {
        "host": message.host,
        "app": message.app,
        "process": message.process,
        "msgid": message.msgid,
        "data": message.data,
    }


def _parsed(text: str, kind: str) -> dict[str, Any]:
    if kind == "json":
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise Unreadable("not_json") from None
        if not isinstance(found, dict):
            raise Unreadable("not_json")
        return found
    if kind == "csv":
        try:
            (row,) = csv.reader(io.StringIO(text), strict=True)
        except (csv.Error, ValueError):
            raise Unreadable("not_csv") from None
        return {str(number): value for number, value in enumerate(row[:_COLUMNS])}
    if kind == "pairs":
        pairs = {name: quoted.replace('\\"', '"') or bare for name, quoted, bare in _PAIR.findall(text)}
        if not pairs:
            raise Unreadable("not_pairs")
        return pairs
    return {}


def _told(document: dict[str, Any], mapping: Mapping, sent: datetime | None) -> Told:
    if mapping.only[0] and not _at(document, mapping.only[0]).startswith(mapping.only[1]):
        raise Unreadable("not_meant")
    if mapping.within:
        document = {**document, mapping.within.name: _parsed(_inner(document, mapping.within), mapping.within.text)}
    who = _at(document, mapping.who).strip()
    if not who:
        raise Unreadable("no_who")
    inside = None
    if mapping.inside:
        inside = _at(document, mapping.inside) in mapping.programs
    return Told(
        at=_time(document, mapping, sent),
        who=who,
        act=_act(document, mapping),
        subject=_at(document, mapping.subject).strip(),
        call=_at(document, mapping.call).strip(),
        rows=_rows(_at(document, mapping.rows)),
        inside=inside,
    )


def _at(document: MappingOf[str, Any], path: str, *, longest: int = _LONGEST_VALUE) -> str:
    """The value at a path as text; "" where there is none, or where it is longer than any such value is."""
    if not path:
        return ""
    here: Any = document
    for step in path.split("."):
        if isinstance(here, dict):
            here = here.get(step)
        elif isinstance(here, list) and step.isdigit() and int(step) < len(here):
            here = here[int(step)]
        else:
            return ""
    if isinstance(here, bool) or not isinstance(here, str | int | float):
        return ""
    text = str(here)
    return text if len(text) <= longest else ""


def _act(document: MappingOf[str, Any], mapping: Mapping) -> str:
    word = _at(document, mapping.act).strip().casefold()
    act = mapping.words.get(word) or mapping.other
    if not act:
        raise Unreadable("no_act")
    return act


def _rows(text: str) -> int | None:
    return int(text) if text.isdigit() and len(text) <= 9 else None


def _time(document: MappingOf[str, Any], mapping: Mapping, sent: datetime | None) -> datetime:
    if not mapping.time:
        if sent is None:
            raise Unreadable("no_time")
        return sent.astimezone(UTC)
    text = _at(document, mapping.time).strip()
    try:
        if mapping.form != "iso":
            return datetime.fromtimestamp(float(text) / (1000 if mapping.form == "milliseconds" else 1), UTC)
        # PostgreSQL writes the zone as a word. Which zone such a word means is not certain, so the mapping's counts.
        word = _ZONE_WORD.search(text)
        at = datetime.fromisoformat(text[: word.start()] if word else text)
        if at.tzinfo is None:
            known = word is not None and word["zone"] in ("UTC", "GMT")
            at = at.replace(tzinfo=UTC if known else ZoneInfo(mapping.zone))
        return at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise Unreadable("no_time") from None
