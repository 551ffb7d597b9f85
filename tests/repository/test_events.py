"""Every event of the ledger has a meaning for security systems."""

from __future__ import annotations

from callwarden.control.siem.meaning import MEANINGS
from callwarden.kernel.events import Event


def test_no_event_is_forgotten() -> None:
    missing = sorted(event.name for event in set(Event) - set(MEANINGS))
    assert not missing, f"Add a line for each to control/siem/meaning.py, such as `thing(UPDATE)`: {missing}"
