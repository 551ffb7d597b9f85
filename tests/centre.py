"""A small call centre for tests: a real keeper process on the test database, one client, one line, its rules."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from callwarden.custody.basis import Basis
from callwarden.custody.categories import Category
from callwarden.custody.epochs import open_client
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.mint import WITNESS
from callwarden.custody.models import Client, Line
from callwarden.site.settings import database  # noqa: F401  (kept importable for colleagues' fixtures)

PASSPHRASE = "correct horse battery staple of the tests"


def database_url() -> str:
    """The address of the database this test really uses (pytest-xdist gives each worker its own)."""
    values = connection.settings_dict
    base = os.environ["CALLWARDEN_DATABASE_URL"]
    head, _, tail = base.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{values['NAME']}{'?' + tail if tail else ''}"


class KeeperProcess:
    """The real keeper, started and stopped by its own pid."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = environment
        self.socket = folder / "k.sock"
        self.keys = folder / "keys"
        self.keys.mkdir(mode=0o700, exist_ok=True)
        secret = self.keys / "passphrase"
        secret.write_text(PASSPHRASE)
        secret.chmod(0o600)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, ready: bool = True) -> None:
        """Start it and wait until it answers and, unless told otherwise, its key provider does."""
        environment = {
            **os.environ,
            "CALLWARDEN_DATABASE_URL": database_url(),
            "CALLWARDEN_KEEPER_SOCKET": str(self.socket),
            "CALLWARDEN_KEYS_DIR": str(self.keys),
            "CALLWARDEN_DATA_DIR": str(self.folder),
            **self.environment,
        }
        self._process = subprocess.Popen([sys.executable, "-m", "callwarden.custody.keeper"], env=environment)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.socket.exists():
                try:
                    if keeper_client.status()["ready"] or not ready:
                        return
                except keeper_client.KeeperUnavailable:
                    pass
            assert self._process.poll() is None, "the keeper ended at once"
            time.sleep(0.05)
        raise AssertionError("the keeper did not answer")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
            self._process = None

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=10)
        self._process = None


@pytest.fixture(scope="session")
def keeper_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A short path: the name of a Unix socket has at most 107 bytes.
    return tmp_path_factory.mktemp("k")


@pytest.fixture(scope="session")
def _keeper(django_db_setup: None, django_db_blocker, keeper_folder: Path) -> Iterator[KeeperProcess]:  # type: ignore[no-untyped-def]
    os.environ["CALLWARDEN_KEEPER_SOCKET"] = str(keeper_folder / "k.sock")
    with django_db_blocker.unblock():
        process = KeeperProcess(keeper_folder)
        process.start()
    yield process
    process.stop()


@pytest.fixture
def keeper(_keeper: KeeperProcess, transactional_db: None, settings, tmp_path: Path) -> KeeperProcess:  # type: ignore[no-untyped-def]
    """The keeper, with a data folder of this test's own for objects and spool.

    Folders of tests may each have one running; this test speaks to its own, over a connection of its own.
    """
    os.environ["CALLWARDEN_KEEPER_SOCKET"] = str(_keeper.socket)
    keeper_client._forget()
    settings.DATA_DIR = tmp_path
    return _keeper


@pytest.fixture
def client(keeper: KeeperProcess) -> Client:
    return open_client(slug="acme", name="Acme", name_zh="艾克米", actor="system")


@pytest.fixture
def line(client: Client) -> Line:
    return Line.objects.create(client=client, slug="service-zh", name="Service", languages=["zh"], direction="inbound")


def basis_for(line: Line, *, days: int = 30, purposes: tuple[str, ...] = ("service",)) -> Basis:
    """What the gate would have made, for tests that are not about the gate."""
    due = datetime.now(UTC) + timedelta(days=days)
    return Basis(
        witness=WITNESS,
        client=line.client_id,
        line=line.id,
        purposes=purposes,
        due=dict.fromkeys(Category, due),
        grounds=dict.fromkeys(purposes, "consent"),
    )
