"""Keepers of tests whose root key lies with a real token or key server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from callwarden.custody.keeper import client as keeper_client
from tests.centre import KeeperProcess
from tests.keyservers import OpenBao, softhsm

CACHE_SECONDS = 1.0


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    server = OpenBao(tmp_path_factory.mktemp("bao"))
    server.start()
    yield server
    server.stop()


def in_transit(bao: OpenBao, name: str) -> dict[str, str]:
    return {
        "CALLWARDEN_KEY_PROVIDER": "transit",
        "CALLWARDEN_TRANSIT_ADDRESS": bao.address,
        "CALLWARDEN_TRANSIT_KEY": name,
        "CALLWARDEN_TRANSIT_TOKEN_FILE": str(bao.make_keys(name)),
        "CALLWARDEN_TRANSIT_CA_FILE": str(bao.ca_file),
        "CALLWARDEN_KEY_CACHE_SECONDS": str(CACHE_SECONDS),
    }


def in_token() -> dict[str, str]:
    hsm = softhsm()
    return {
        "CALLWARDEN_KEY_PROVIDER": "pkcs11",
        "CALLWARDEN_HSM_MODULE": str(hsm.library),
        "CALLWARDEN_HSM_TOKEN": "first",
        "CALLWARDEN_HSM_PIN_FILE": str(hsm.pin_file),
    }


@pytest.fixture
def at(transactional_db: None, settings, tmp_path: Path, monkeypatch) -> Iterator[KeeperProcess]:  # type: ignore[no-untyped-def]
    """A keeper with a key folder of its own; the test sets its environment and starts it."""
    (tmp_path / "k").mkdir()
    process = KeeperProcess(tmp_path / "k")
    monkeypatch.setenv("CALLWARDEN_KEEPER_SOCKET", str(process.socket))
    settings.DATA_DIR = tmp_path
    keeper_client._forget()
    yield process
    process.stop()
    keeper_client._forget()
