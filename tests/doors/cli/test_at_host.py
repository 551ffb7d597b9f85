"""Looking at the operation log from the host's command line leaves an entry, written before anything is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from callwarden.custody.ledger.sequencer import Sequencer
from callwarden.custody.models import LedgerDetail, LedgerPending
from callwarden.doors.cli.main import app
from callwarden.kernel import journal
from callwarden.kernel.errors import Unavailable
from callwarden.kernel.models import User
from callwarden.kernel.people import open_account
from tests.doors.api.conftest import _keeper, client, keeper, keeper_folder

__all__ = ["_keeper", "client", "keeper", "keeper_folder"]

WHY = "Yearly audit of Zhang San"


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments])


@pytest.fixture
def auditor(client) -> User:  # type: ignore[no-untyped-def]
    return open_account("auditor-1", display_name="An Auditor", roles=["auditor"], actor="system")


@pytest.fixture
def signed(client, tmp_path: Path, settings: Any) -> None:  # type: ignore[no-untyped-def]
    settings.DATA_DIR, settings.LEDGER_SINKS = tmp_path, []
    sequencer = Sequencer()
    while sequencer.step():
        pass


def pending() -> list[dict[str, Any]]:
    return [json.loads(bytes(row)) for row in LedgerPending.objects.order_by("id").values_list("body", flat=True)]


def test_an_export_is_entered_with_who_and_why(auditor: User, signed: None, tmp_path: Path) -> None:
    before = len(pending())
    told = run("export-ledger", str(tmp_path / "out"), "--who", auditor.username, "--reason", WHY)
    assert told.exit_code == 0, told.output
    (entry,) = pending()[before:]
    assert (entry["event"], entry["actor"]) == ("ledger:tree:exported", "door:host")
    assert entry["data"]["named"] == auditor.actor
    assert WHY not in json.dumps(entry)
    assert LedgerDetail.objects.filter(entry=entry["id"]).exists()
    assert (tmp_path / "out" / "verifier.key").exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "--who"),
        (["--who", "auditor-1"], "--reason"),
        (["--who", "auditor-1", "--reason", " "], "--reason"),
        (["--who", "nobody", "--reason", WHY], "--who"),
    ],
)
def test_without_who_and_why_nothing_is_written(
    auditor: User, signed: None, tmp_path: Path, given: list[str], says: str
) -> None:
    told = run("export-ledger", str(tmp_path / "out"), *given)
    assert told.exit_code != 0
    assert says in told.output
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_entered_is_not_exported(auditor: User, signed: None, tmp_path: Path) -> None:
    def broken(_entry: journal.Entry) -> Any:
        raise Unavailable("ledger_unavailable", "Down.")

    with journal.using(broken):
        told = run("export-ledger", str(tmp_path / "out"), "--who", auditor.username, "--reason", WHY)
    assert told.exit_code == 1
    assert not (tmp_path / "out").exists()


def test_tiles_are_copied_elsewhere_on_record_and_never_over_another_log(
    auditor: User, signed: None, tmp_path: Path
) -> None:
    place, given = str(tmp_path / "to"), ["--who", auditor.username, "--reason", WHY]
    told = run("ledger-tiles", place, *given)
    assert told.exit_code == 0, told.output
    assert "copied and read back" in told.output
    assert [entry["data"]["part"] for entry in pending() if entry["event"] == "ledger:tree:exported"] == ["tiles"]
    (head,) = (tmp_path / "to").glob("*/checkpoint")
    head.write_bytes(b"another.example/log\n" + head.read_bytes().split(b"\n", 1)[1])
    told = run("ledger-tiles", place, *given)
    assert told.exit_code != 0
    assert "Name an empty place" in told.output
    assert head.read_bytes().startswith(b"another.example")
    assert run("ledger-tiles", place, "--who", "nobody", "--reason", WHY).exit_code != 0


def test_a_restore_lays_no_tile_where_some_lie_already(signed: None, tmp_path: Path, monkeypatch: Any) -> None:
    from callwarden.custody.ledger.bucket import BucketTileStore
    from callwarden.doors.cli._installation import Usage
    from callwarden.site import restore

    monkeypatch.setattr(BucketTileStore, "__init__", lambda self, url: setattr(self, "url", url))
    for empty in (True, False):
        monkeypatch.setattr(BucketTileStore, "is_empty", lambda _self, empty=empty: empty)
        if empty:
            restore._require_place_for_tiles("s3://bucket/new")
        else:
            with pytest.raises(Usage, match="empty place"):
                restore._require_place_for_tiles("s3://bucket/lost")
    restore._require_place_for_tiles("")
