"""A log with a folder of its own, and receivers of signed heads on this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import transaction

from callwarden.custody.ledger.sequencer import Sequencer
from callwarden.kernel import journal
from callwarden.kernel.events import Event


@pytest.fixture
def log_folder(settings, tmp_path: Path, transactional_db) -> Path:
    """A data folder of its own, so that origin, keys and tiles are this test's."""
    settings.DATA_DIR = tmp_path
    settings.LEDGER_SINKS = []
    return tmp_path / "ledger"


@pytest.fixture
def write(log_folder: Path) -> Callable[[int], None]:
    def entries(count: int) -> None:
        with transaction.atomic():
            for number in range(count):
                journal.record(journal.Entry(event=Event.LEDGER_VERIFIED, actor="system", count=number))

    return entries


@pytest.fixture
def sequence(log_folder: Path) -> Callable[[], Sequencer]:
    """What the sequencer does within a second."""

    def run() -> Sequencer:
        made = Sequencer()
        while made.step():
            pass
        return made

    return run


class Receiver:
    """Takes in whatever is sent to it over TCP, connection by connection."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.arrived = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _address = self._socket.accept()
            except OSError:
                return
            with peer:
                told = bytearray()
                while piece := peer.recv(65536):
                    told += piece
            self.got.append(bytes(told))
            self.arrived.set()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()
