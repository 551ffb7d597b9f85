"""Keeps readable personal data out of places that are kept for years or sent far: ledger, outbox, acts, findings.

A structural value is an id, a slug, a count, a flag, a time or a digest. Text with spaces, letters beyond ASCII, an
at-sign, or a run of digits long enough to dial is refused. This is a net under people's mistakes, not a detector.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from uuid import UUID

Scalar = str | int | bool
Value = Scalar | None | list[str]

_SAFE = re.compile(r"[A-Za-z0-9_.:/+\-=,<>#*]{0,200}")
_DIGEST = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})(?![0-9A-Za-z])")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
# Seven digits make a subscriber number; separators people write between digits do not hide one.
_DIALLABLE = re.compile(r"\d(?:[-.+/]?\d){6,}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?")


class NotStructural(ValueError):
    """A value that could tell something of a person. The message names the place, never the value."""


def check_text(value: str, *, where: str) -> None:
    """Refuse text that is not structural.

    Raises:
        NotStructural: naming `where`.
    """
    if not _SAFE.fullmatch(value):
        raise NotStructural(f"{where} must be an id, slug, time or digest; free text belongs in the sealed detail.")
    if _DIALLABLE.search(_TIME.sub("", _DIGEST.sub("", _UUID.sub("", value)))):
        raise NotStructural(f"{where} holds a run of digits that could be a telephone or card number.")


def check(value: object, *, where: str) -> None:
    """Refuse anything but a structural scalar, None or a list of structural strings."""
    if value is None or isinstance(value, bool | int):
        return
    if isinstance(value, str):
        check_text(value, where=where)
    elif isinstance(value, list | tuple):
        for item in value:
            if not isinstance(item, str):
                raise NotStructural(f"{where} may only list strings.")
            check_text(item, where=where)
    else:
        raise NotStructural(f"{where} has the type {type(value).__name__}, which is not structural.")


def check_mapping(values: Mapping[str, object], *, where: str) -> None:
    for name, value in values.items():
        check_text(name, where=f"a name in {where}")
        check(value, where=f"{where}.{name}")


def check_all(values: Iterable[str], *, where: str) -> None:
    for value in values:
        check_text(value, where=where)


_ACTOR = re.compile(r"system|(?:job|door):[a-z0-9][a-z0-9._-]{0,50}|service:[0-9a-f-]{36}")


def check_actor(actor: str) -> None:
    """An actor is a person's pseudonym, `job:NAME`, `door:NAME`, `service:UUID` or `system`."""
    if _ACTOR.fullmatch(actor):
        return
    try:
        canonical = str(UUID(actor)) == actor
    except ValueError:
        canonical = False
    if not canonical:
        raise NotStructural("actor must be a person's pseudonym, job:NAME, door:NAME, service:UUID or system.")
