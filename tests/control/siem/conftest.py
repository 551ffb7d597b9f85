from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from callwarden.custody.ledger import sequencer
from callwarden.custody.models import Checkpoint, LedgerEntry
from callwarden.engines.ledger import canonical
from callwarden.kernel import clock, journal
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.journal import Entry

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Log:
    """The operation log's rows, made without a sequencer: what was written since can be signed."""

    def __init__(self) -> None:
        self.written: list[Entry] = []

    def write(self, entry: Entry) -> UUID:
        self.written.append(entry)
        return uuid4()

    def grow(self, count: int, *, signed: bool = True) -> None:
        """So many further entries, under a signed head or not yet."""
        start = LedgerEntry.objects.count()
        LedgerEntry.objects.bulk_create(self._leaf(index) for index in range(start, start + count))
        if signed:
            Checkpoint.objects.create(size=start + count, root=bytes(32), note="", signed_at=clock.now())

    def _leaf(self, index: int) -> LedgerEntry:
        entry, at = uuid4(), clock.now()
        body: dict[str, Any] = {
            "v": 1,
            "id": str(entry),
            "at": at.isoformat(timespec="milliseconds"),
            "event": "disclose:record:reveal",
            "actor": str(uuid4()),
            "count": index,
        }
        return LedgerEntry(
            index=index, entry=entry, body=canonical(body), at=at, event=body["event"], actor=body["actor"]
        )


@pytest.fixture
def log(db: None, tmp_path: Path, settings: Settings) -> Iterator[Log]:
    settings.DATA_DIR = tmp_path
    made = Log()
    with journal.using(made.write):
        sequencer.origin()
        yield made


@pytest.fixture
def time() -> Iterator[FrozenClock]:
    with clock.frozen(NOON) as frozen:
        yield frozen


@pytest.fixture
def configured(settings: Settings, tmp_path: Path) -> Callable[..., None]:
    """Sets receivers as the file would: `configured(soc={"kind": "syslog", "host": "127.0.0.1", "port": 1})`."""
    from callwarden.site.siem import receivers

    def put(**named: dict[str, Any]) -> None:
        file = tmp_path / "siem.json"
        file.write_text(json.dumps(named), encoding="utf-8")
        settings.CALLWARDEN_SIEM = receivers(str(file))

    return put
