"""The key provider is away, at random moments under load: what it holds opens until the short cache ends, no longer."""

from __future__ import annotations

import itertools
import time

import pytest

from tests.centre import KeeperProcess
from tests.exchange import Exchange
from tests.flows.people_at_work import at_work, centre_at, moments
from tests.keyservers import OpenBao
from tests.roots import CACHE_SECONDS, at, bao, in_transit

__all__ = ["at", "bao"]  # fixtures
pytestmark = pytest.mark.xdist_group("openbao")
_numbers = itertools.count()


@pytest.fixture
def keeper(at: KeeperProcess, bao: OpenBao) -> KeeperProcess:
    """In place of the common one: the root of this one lies with a key server."""
    at.environment |= in_transit(bao, f"busy-{next(_numbers)}")
    at.start()
    return at


def test_without_its_provider_calls_come_in_sealed_and_nothing_opens_once_the_cache_has_ended(
    exchange: Exchange, keeper: KeeperProcess, bao: OpenBao, settings, monkeypatch
):
    centre = centre_at(exchange, settings, monkeypatch)
    with at_work(centre.acts, monkeypatch) as work:
        for _ in moments():
            bao.stop()
            try:
                time.sleep(CACHE_SECONDS)
                seen = work.see(*centre.acts)
                assert seen.pop("arrive") == work.seen("arrive") == "open"
                assert "open" not in seen.values()
            finally:
                bao.start()
            work.all_well()
