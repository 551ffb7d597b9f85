"""The row of the key provider with the cache as it ships: five minutes, by the clock on the wall.

Only `make prove NAME=audit` asks for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from callwarden.custody.keeper.folder import CACHE_SECONDS
from tests.centre import KeeperProcess
from tests.exchange import Exchange
from tests.flows.people_at_work import OPENING, at_work, centre_at
from tests.keyservers import OpenBao
from tests.roots import at, bao, in_transit

__all__ = ["at", "bao"]  # fixtures
pytestmark = [pytest.mark.long, pytest.mark.xdist_group("openbao"), pytest.mark.timeout(1500)]
PAUSE = 2.0


@pytest.fixture
def keeper(at: KeeperProcess, bao: OpenBao) -> KeeperProcess:
    """In place of the common one: the root of this one lies with a key server, and nothing is said of its cache."""
    transit = in_transit(bao, "in-time")
    del transit["CALLWARDEN_KEY_CACHE_SECONDS"]
    at.environment |= transit
    at.start()
    return at


def test_without_its_provider_everything_opens_for_five_minutes_and_then_nothing(
    exchange: Exchange, keeper: KeeperProcess, bao: OpenBao, settings, monkeypatch
):
    assert CACHE_SECONDS == 300
    centre = centre_at(exchange, settings, monkeypatch)
    keeper.stop()
    begun = time.monotonic()  # whatever this keeper remembers, it learns from here on
    keeper.start()
    with at_work({name: slowly(act) for name, act in centre.acts.items()}, monkeypatch) as work:
        work.all_well()
        bao.stop()
        stopped = time.monotonic()
        try:
            while time.monotonic() < begun + CACHE_SECONDS - 30:
                assert set(work.see().values()) == {"open"}
            time.sleep(max(0.0, stopped + CACHE_SECONDS + 2 - time.monotonic()))
            seen = work.see(*OPENING, "arrive")
            assert seen.pop("arrive") == "open"
            assert "open" not in seen.values()
        finally:
            bao.start()
        work.all_well()


def slowly(act: Callable[[], object]) -> Callable[[], object]:
    """As people act, so that five minutes of them do not reach their limits."""

    def paused() -> object:
        time.sleep(PAUSE)
        return act()

    return paused
