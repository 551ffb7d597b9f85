"""The columns beside an entry, by which people find, filter and export it: what each says is read from the entry.

The sequencer writes them by `read`, and whoever checks the log compares them by `differing`, so that the two cannot
part. The tree is of the entries alone: a column changed beside one would show people another log than the signed one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

READ = ("entry", "at", "event", "actor", "client", "call", "subject", "decision", "purpose")


def read(body: bytes) -> tuple[str | None, ...]:
    """What the columns READ of this entry say, as text; None where it names nobody.

    Raises:
        ValueError: these bytes are no entry.
    """
    told = json.loads(body)
    try:
        named = (told["id"], told["at"], told["event"], told["actor"])
    except (KeyError, TypeError):
        raise ValueError("This is no entry of the log.") from None
    whom = (told.get("client"), told.get("call"), told.get("subject"))
    return (*named, *whom, told.get("decision", ""), told.get("purpose", ""))


def differing(stored: Sequence[object], body: bytes) -> list[str]:
    """Names of the columns that do not say what the entry says; `body` where that is no entry.

    Args:
        stored: values of READ as the database gives them.
    """
    try:
        told = read(body)
    except ValueError:
        return ["body"]
    return [name for name, value, says in zip(READ, stored, told, strict=True) if not _same(value, says)]


def _same(value: object, says: str | None) -> bool:
    if isinstance(value, datetime):
        return says is not None and value == datetime.fromisoformat(says)
    return (str(value) if isinstance(value, UUID) else value) == says
