from pathlib import Path

import pytest

from callwarden.custody.ledger.sinks import addresses
from tests.centre import _keeper, client, keeper, keeper_folder
from tests.exchange import exchange, line

__all__ = ["_keeper", "another_disk", "client", "exchange", "keeper", "keeper_folder", "line"]


@pytest.fixture
def another_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders named “elsewhere” count as mounts; the disks of a test machine are whatever they are."""
    monkeypatch.setattr(addresses, "_disk_of", lambda path: int(Path(path).name == "elsewhere"))
