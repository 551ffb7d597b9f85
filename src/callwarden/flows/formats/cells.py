"""What a single cell may hold. Each parser returns a clean value or raises `Refused`; none repeats what it read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from .errors import Refused

MAX_IDENTIFIER = 100
MAX_DIGITS = 20
_OLDEST, _NEWEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

_IDENTIFIER = re.compile(r"[^\s/\\]+")
_CALLER_ID = re.compile(r"[^<>]*<([^<>]*)>")
_SIP = re.compile(r"(?:sips?|tel):([^@;>]+)(?:[@;].*)?", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[0-9*#]+")
_NUMBER_FILL = re.compile(r"[\s().\-/\u2010-\u2015]")
_WITHHELD = frozenset(
    {"anonymous", "unknown", "restricted", "private", "withheld", "unavailable", "匿名", "未知", "隐藏"}
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,6})?)?\s*(?:Z|[+-]\d\d:?\d\d)?")
_EPOCH = re.compile(r"\d{1,16}(?:\.\d{1,9})?")
_SECONDS = re.compile(r"\d{1,7}(?:\.\d{1,6})?")
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d\d)(?:\.(\d{1,3}))?")


def plain_text(text: str, field: str, *, limit: int) -> str:
    """Text without control characters that no spreadsheet takes for a formula, at most ``limit`` characters."""
    if not text.isprintable() and any(
        unicodedata.category(character) in ("Cc", "Cs") and character != "\n" for character in text
    ):
        raise Refused("control_character", field)
    if text[:1] in ("=", "+", "-", "@"):
        raise Refused("formula", field)
    if len(text) > limit:
        raise Refused("too_long", field, limit=limit)
    return text


def identifier(text: str, field: str, *, limit: int = MAX_IDENTIFIER) -> str:
    """A call, agent, customer or order number: visible characters without slashes."""
    plain_text(text, field, limit=MAX_IDENTIFIER * 10)
    if not _IDENTIFIER.fullmatch(text) or len(text) > limit or text in (".", ".."):
        raise Refused("bad_identifier", field, limit=limit)
    return text


def phone_number(text: str, field: str) -> str:
    """Digits with an optional plus sign, also out of ``"Name" <number>`` or a SIP address; empty when withheld."""
    if found := _CALLER_ID.fullmatch(text):
        text = found[1].strip()
    if found := _SIP.fullmatch(text):
        text = found[1]
    if text.casefold() in _WITHHELD:
        return ""
    text = unicodedata.normalize("NFKC", _NUMBER_FILL.sub("", text))
    if text and not (_NUMBER.fullmatch(text) and len(text.lstrip("+")) <= MAX_DIGITS):
        raise Refused("bad_number", field, limit=MAX_DIGITS)
    return text


def moment(text: str, field: str, *, formats: Sequence[str], zone: ZoneInfo) -> datetime:
    """An aware time in UTC.

    Args:
        formats: tried in order: ``iso``, ``epoch`` (seconds), ``epoch_ms`` or a strptime pattern.
        zone: of times that carry no offset. A time that occurs twice when clocks go back is taken as the first.

    Raises:
        Refused: ``bad_time``; ``time_gap`` for a local time skipped when clocks go forward.
    """
    for pattern in formats:
        try:
            parsed = _parsed(text, pattern)
        except (ValueError, OverflowError, OSError):
            continue
        if parsed is None:
            continue
        if parsed.tzinfo is None:
            local = parsed.replace(tzinfo=zone)
            # A skipped local time does not survive the way to UTC and back.
            if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != parsed:
                raise Refused("time_gap", field, zone=zone.key)
            parsed = local
        try:
            parsed = parsed.astimezone(UTC)
        except OverflowError:
            continue
        if _OLDEST <= parsed < _NEWEST:
            return parsed
    raise Refused("bad_time", field, formats=", ".join(formats))


def _parsed(text: str, pattern: str) -> datetime | None:
    if not text.isascii() and pattern in ("iso", "epoch", "epoch_ms"):
        return None
    if pattern == "iso":
        return datetime.fromisoformat(text.replace(",", ".")) if _ISO.fullmatch(text) else None
    if pattern in ("epoch", "epoch_ms"):
        if not _EPOCH.fullmatch(text):
            return None
        return datetime.fromtimestamp(float(text) / (1000 if pattern == "epoch_ms" else 1), UTC)
    return datetime.strptime(text, pattern)


def seconds(text: str, field: str) -> float:
    """A length of time in seconds, also written m:ss or h:mm:ss."""
    if text.isascii() and _SECONDS.fullmatch(text):
        return float(text)
    if text.isascii() and (clock := _CLOCK.fullmatch(text)) and int(clock[3]) < 60:
        hours, minutes, whole, part = clock.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + int(whole) + float(f"0.{part or 0}")
    raise Refused("bad_seconds", field)


def windows(text: str, field: str) -> tuple[tuple[int, int], ...]:
    """Stretches of a recording, ``START-END;START-END``, as milliseconds from its start."""
    found = []
    for part in text.split(";"):
        if not part.strip():
            continue
        ends = part.strip().split("-")
        try:
            start, end = (round(1000 * seconds(value.strip(), field)) for value in ends)
        except (Refused, ValueError):
            raise Refused("bad_window", field) from None
        if end <= start:
            raise Refused("bad_window", field)
        found.append((start, end))
    return tuple(found)


def file_names(text: str, field: str, *, separator: str) -> tuple[str, ...]:
    """Names of recordings, without the folders or addresses in front: only the watch folder is ever searched."""
    names = []
    for part in text.split(separator) if separator else [text]:
        name = part.strip().replace("\\", "/").rsplit("/", 1)[-1]
        if not part.strip():
            continue
        bad = not name or name.startswith(".") or len(name.encode("utf-8", "replace")) > 255
        if bad or any(unicodedata.category(character)[0] == "C" for character in name):
            raise Refused("bad_file_name", field, separator=separator)
        if name not in names:
            names.append(name)
    return tuple(names)
