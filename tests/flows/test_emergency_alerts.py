"""Emergency access stands on the alert board: each time it is taken, and when nobody reviewed it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callwarden.control.alerts.models import Alert, WatchState
from callwarden.control.emergency import actions
from callwarden.custody.models import LedgerEntry
from callwarden.flows.watching import Stream
from callwarden.kernel import clock
from callwarden.kernel.models import OutboxMessage
from tests.flows.centre_of_controls import sequence
from tests.flows.test_emergency import begun
from tests.flows.test_granting import actor, leader, names, vip

__all__ = ["actor", "leader", "vip"]


@pytest.fixture
def _watched(actor) -> None:
    WatchState.objects.create(learn_until=clock.now() - timedelta(days=1))


def watched() -> None:
    sequence()
    while Stream().step():
        pass


@pytest.mark.usefixtures("_watched")
def test_each_emergency_is_an_alert_with_its_entry_as_evidence(leader, vip) -> None:
    access = begun(leader, vip)
    watched()
    alert = Alert.objects.get()
    assert (alert.kind, alert.detector, alert.severity) == ("emergency_taken", "D9", "high")
    assert (alert.actor, alert.state) == (leader.actor, "open")
    assert alert.evidence == [LedgerEntry.objects.get(entry=access.entry).index]
    assert alert.facts["minutes"] == 30
    assert OutboxMessage.objects.filter(template="alert-raised").count() == 0, "taking it told them"
    watched()
    assert Alert.objects.count() == 1
    actions.end(access.pk, by=leader)
    begun(leader, vip)
    watched()
    assert Alert.objects.filter(kind="emergency_taken").count() == 2, "each of them, the second too"


@pytest.mark.usefixtures("_watched")
def test_a_review_that_was_missed_is_an_alert_about_who_took_it(actor, leader, vip) -> None:
    with clock.frozen(clock.now()) as time:
        access = begun(leader, vip)
        names(actor, vip)
        actions.end(access.pk, by=leader)
        watched()
        time.advance(timedelta(hours=24, minutes=1))
        actions.look()
        watched()
    alert = Alert.objects.get(kind="emergency_unreviewed")
    assert (alert.actor, alert.severity) == (leader.actor, "critical")
    assert (alert.facts["hours"], alert.facts["rows"]) == (24, 1)
    events = LedgerEntry.objects.filter(index__in=alert.evidence).order_by("index").values_list("event", flat=True)
    assert list(events) == ["control:emergency:begun", "control:emergency:overdue"]


@pytest.mark.usefixtures("_watched")
def test_what_was_taken_before_the_watch_was_is_no_alert(leader, vip) -> None:
    WatchState.objects.update(learn_until=clock.now() + timedelta(days=1))
    begun(leader, vip)
    watched()
    assert not Alert.objects.exists()
