"""The log tells of itself that it fell behind and that it caught up, once each."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from pytest_django import Settings

from callwarden.custody.ledger import lagging
from callwarden.custody.models import LedgerPending
from callwarden.kernel import clock

pytestmark = pytest.mark.django_db


def events() -> list[str]:
    bodies = LedgerPending.objects.order_by("id").values_list("body", flat=True)
    return [json.loads(bytes(body))["event"] for body in bodies]


def test_falling_behind_and_catching_up_are_told_once_each(write, settings: Settings) -> None:  # type: ignore[no-untyped-def]
    settings.LEDGER_LAG_SECONDS = 60
    write(1)
    lagging.look()
    assert events() == ["ledger:tree:verified"]
    LedgerPending.objects.update(at=clock.now() - timedelta(seconds=90))
    for _minute in range(3):
        lagging.look()
    assert events() == ["ledger:tree:verified", "ledger:sequencer:lagging"]
    LedgerPending.objects.all().delete()
    for _minute in range(3):
        lagging.look()
    assert events() == ["ledger:sequencer:caught_up"]
