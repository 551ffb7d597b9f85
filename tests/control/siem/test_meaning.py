"""What events mean to security systems is something that OCSF knows. That none is forgotten: tests/repository."""

from __future__ import annotations

from uuid import uuid4

import pytest

from callwarden.control.siem.meaning import MEANINGS, UNKNOWN, meaning
from callwarden.control.siem.sending import Leaf, told
from callwarden.kernel import clock
from callwarden.kernel.events import Event
from tests.engines.siem.test_siem import validator


@pytest.mark.parametrize("event", list(Event))
def test_each_is_told_in_a_way_the_schema_accepts(event: Event) -> None:
    now = clock.SystemClock().now()
    body = {
        "v": 1,
        "id": str(uuid4()),
        "at": now.isoformat(timespec="milliseconds"),
        "event": str(event),
        "actor": str(uuid4()),
        "data": {"person": str(uuid4()), "kind": "k", "id": str(uuid4())},
    }
    said = told(Leaf(7, now, body), "ocsf", "callwarden.local/1")
    assert isinstance(said, dict)
    validator(MEANINGS[event].kind).validate(said)
    line = told(Leaf(7, now, body), "cef", "callwarden.local/1")
    assert isinstance(line, str)
    assert line.startswith("CEF:0|Callwarden|")


def test_an_event_of_another_version_is_told_too() -> None:
    assert meaning("future:thing:done") == UNKNOWN
