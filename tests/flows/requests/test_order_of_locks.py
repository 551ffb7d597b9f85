"""Whoever stores by the rules holds them before any row, so that a change of rules that waits stops nobody for good."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction

from callwarden.custody.models import Call, Customer, Leg, Subject
from callwarden.custody.scope import client_scope
from callwarden.flows import late_words, redact_call, take_in
from callwarden.flows.requests import correcting
from callwarden.kernel.models import User
from callwarden.lawful.retention.queries import hold_rules
from tests.exchange import OTHER
from tests.flows.requests.conftest import NUMBER, Caller
from tests.flows.requests.test_correcting import RIGHT, begun, correct
from tests.flows.requests.test_reporting import at_the_console

PATIENCE = 60


def waiting(mode: str) -> bool:
    """Whether somebody waits for the rules, to change them or to store by them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND mode = %s", [mode])
        return cursor.fetchone() is not None


class Others:
    """One who ends things by the rules and needs the same rows, and one who waits to change the rules."""

    def __init__(self, client: UUID) -> None:
        self.client = client
        self.faults: list[BaseException] = []
        self.threads: list[threading.Thread] = []
        self.holds = threading.Event()
        self.waited = False

    def come(self) -> None:
        """Both are there and wait, one for the other, when this returns."""
        if self.threads:
            return
        self._start(self._end)
        assert self.holds.wait(PATIENCE)
        self._start(self._change)
        until = time.monotonic() + PATIENCE
        while not waiting("ExclusiveLock"):
            assert time.monotonic() < until
            time.sleep(0.05)
        self._start(self._watch)

    def _end(self) -> None:
        with client_scope(self.client):
            hold_rules()
            self.holds.set()
            callers = Leg.objects.exclude(party=Leg.Party.AGENT).values("subject")
            list(Subject.objects.select_for_update().filter(pk__in=callers).order_by("pk"))
            list(Customer.objects.select_for_update().order_by("pk"))

    def _change(self) -> None:
        with transaction.atomic():
            hold_rules(alone=True)

    def _watch(self) -> None:
        """Whether whoever stores comes to stand behind the change: the database lets them pass after a second."""
        while not self.waited and waiting("ExclusiveLock"):
            self.waited = waiting("ShareLock")
            time.sleep(0.02)

    def _start(self, act: Callable[[], None]) -> None:
        def run() -> None:
            try:
                act()
            except BaseException as fault:
                self.faults.append(fault)
            finally:
                connections.close_all()

        self.threads.append(threading.Thread(target=run, daemon=True))
        self.threads[-1].start()

    def went_well(self) -> bool:
        for thread in self.threads:
            thread.join(PATIENCE)
        return (
            len(self.threads) == 3
            and not self.waited
            and not any(thread.is_alive() for thread in self.threads)
            and not self.faults
        )


def when_locked(real: Callable[..., Any], others: Others) -> Callable[..., Any]:
    """The function that locks, after which the others come."""

    def locked(*told: Any, **more: Any) -> Any:
        found = real(*told, **more)
        others.come()
        return found

    return locked


@pytest.mark.parametrize(
    ("flow", "after", "words_late"),
    [(take_in, "_held_customer", False), (redact_call, "hold_still", False), (late_words, "hold_still", True)],
    ids=["taking in", "redacting", "late words"],
)
def test_a_change_of_rules_that_waits_stops_nobody_for_good(
    caller: Caller, settings: Any, monkeypatch: pytest.MonkeyPatch, flow: ModuleType, after: str, words_late: bool
) -> None:
    """Rows are locked; one who holds the rules waits for them; a change waits for that one; now the rules are read."""
    others = Others(caller.client)
    locked = when_locked(getattr(flow, after), others)
    if words_late:
        settings.WORDS_GRACE_SECONDS = 0
        caller.exchange.drop("C2.wav", OTHER.audio)
        caller.exchange.record("C2", customer=NUMBER)
        caller.exchange.settle()
        monkeypatch.setattr(flow, after, locked)
        caller.exchange.drop("C2.words.json", OTHER.words_json)
    else:
        monkeypatch.setattr(flow, after, locked)
        caller.exchange.call("C2", customer=NUMBER, audio=OTHER.audio, words=OTHER.words_json)
    caller.exchange.settle()
    assert others.went_well()
    with client_scope(caller.client):
        assert Call.objects.exclude(pk=caller.call.pk).get().redaction == Call.Redaction.DONE


def test_correcting_holds_the_rules_before_any_row(
    caller: Caller, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, others = begun(caller), Others(caller.client)
    monkeypatch.setattr(correcting, "hold_still", when_locked(correcting.hold_still, others))
    assert correct(at_the_console(officer), caller, request, phone=[RIGHT]) == ("phone",)
    assert others.went_well()
