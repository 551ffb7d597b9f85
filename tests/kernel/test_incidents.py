from __future__ import annotations

from datetime import timedelta

import pytest

from callwarden.kernel import incidents
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.models import Incident, Severity
from tests.kernel.conftest import NOON, Ledger, refused

pytestmark = pytest.mark.django_db


def test_anyone_may_open_one_and_the_words_stay_sealed(ledger: Ledger, time: FrozenClock) -> None:
    summary = "李娜 mailed the list of 13800138000 to herself."
    incident = incidents.open("leak", severity=Severity.HIGH, actor="job:alerts", summary=summary)
    assert incident.state == Incident.State.SUSPECTED
    assert (incident.discovered_at, incident.opened_at) == (NOON, NOON)
    assert ledger.events == [Event.INCIDENT_OPENED]
    assert ledger[0].detail == {"summary": summary}
    assert not any("13800138000" in str(value) for value in vars(incident).values())


def test_the_clock_of_the_law_starts_at_discovery_not_at_typing(time: FrozenClock) -> None:
    yesterday = NOON - timedelta(days=1)
    incident = incidents.open(
        "loss", severity=Severity.LOW, actor="system", summary="A laptop.", discovered_at=yesterday
    )
    assert incident.discovered_at == yesterday


def test_nothing_is_discovered_tomorrow(time: FrozenClock) -> None:
    with refused(InvalidInput, "discovered_later"):
        incidents.open(
            "loss",
            severity=Severity.LOW,
            actor="system",
            summary="A laptop.",
            discovered_at=NOON + timedelta(seconds=1),
        )


def test_an_incident_says_what_was_noticed() -> None:
    with refused(InvalidInput, "summary_missing"):
        incidents.open("loss", severity=Severity.LOW, actor="system", summary=" ")
