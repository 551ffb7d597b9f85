"""Whatever the owner of the database or of the tiles changes in a log is found, and nothing else is complained of.

`CALLWARDEN_TEST_ROW_MUTATIONS` sets how many mutations; `make prove NAME=audit` asks for 2,430.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction

from callwarden.custody.ledger import writer, years
from callwarden.custody.models import Checkpoint, LedgerDetail, LedgerEntry
from callwarden.flows import trail
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from tests.custody.ledger.mutations import CONTROLS, KINDS, mutated

MUTATIONS = int(os.environ.get("CALLWARDEN_TEST_ROW_MUTATIONS", str(2 * len(KINDS))))
CLIENTS = [uuid4(), uuid4()]


@pytest.fixture
def folder(log_folder: Path, sequence, monkeypatch) -> Path:
    """A log of a closed year and one that goes on, with a dozen heads; every third entry states a reason."""
    monkeypatch.setattr(years, "_year_of_the_database", lambda: clock.now().year)
    monkeypatch.setattr(writer.keeper, "seal_detail", lambda **_asked: os.urandom(80))
    with clock.frozen(datetime(2026, 12, 31, 12, tzinfo=UTC)) as time:
        for day in (datetime(2026, 12, 31, 12, tzinfo=UTC), datetime(2027, 1, 5, tzinfo=UTC)):
            time.set(day)
            for size in (7, 1, 9, 12, 8):
                _write(size)
                sequence()
        yield log_folder


def _write(count: int) -> None:
    with transaction.atomic():
        for number in range(count):
            full = number % 2 == 0
            journal.record(
                journal.Entry(
                    event=Event.DISCLOSE_REVEAL if full else Event.HOLD_SET,
                    actor=str(uuid4()) if full else "system",
                    client=CLIENTS[number % 2] if number % 3 else None,
                    call=uuid4() if full else None,
                    subject=uuid4() if number % 4 == 0 else None,
                    purpose="service" if full else "audit",
                    decision="allow" if full else None,
                    detail={"reason": "Because."} if number % 3 == 0 else None,
                )
            )


@pytest.mark.timeout(3600)
def test_every_mutation_is_found_and_nothing_else(folder: Path):
    assert trail.verify() == trail.Verified(LedgerEntry.objects.count(), ())
    assert Checkpoint.objects.count() >= 11
    assert LedgerDetail.objects.count() >= 20
    tried, wrong = Counter[str](), []
    for number in range(MUTATIONS):
        kind = KINDS[number % len(KINDS)]
        with mutated(kind, number, folder):
            faults = trail.verify().faults
        tried[kind] += 1
        if bool(faults) == (kind in CONTROLS):
            wrong.append(f"{kind} #{number}: {faults}")
    assert wrong == []
    assert set(tried) == set(KINDS)
    assert trail.verify() == trail.Verified(LedgerEntry.objects.count(), ())
