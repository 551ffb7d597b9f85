"""What is late becomes a finding, what failed stays one, and what has outlived its time leaves its target."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from callwarden.custody.ledger.sequencer import Sequencer
from callwarden.kernel import clock, people
from callwarden.kernel import journal as ledger
from callwarden.kernel.errors import Conflict
from callwarden.kernel.events import Event
from callwarden.kernel.models import Finding
from callwarden.protection.backup import actions, copying, journal, queries
from callwarden.protection.backup.copying import Manifest
from callwarden.protection.backup.models import Backup, Drill
from callwarden.protection.backup.rules import BackupFailed, BackupRefused, check_age
from callwarden.protection.backup.server import Server
from callwarden.protection.backup.vault import DATA, KEYS, BackupKey, Vault
from callwarden.site.accounts import current

pytestmark = pytest.mark.django_db


def good(kind: str, **ago: float) -> Backup:
    at = clock.now() - timedelta(**ago)
    return Backup.objects.create(kind=kind, state=Backup.State.DONE, name="one", started_at=at, finished_at=at)


def drilled(*, days: float, rpo: float = 1.0, state: str = "passed") -> Drill:
    at = clock.now() - timedelta(days=days)
    return Drill.objects.create(
        by="system", asked_at=at, started_at=at, finished_at=at, state=state, rpo_seconds=rpo, rto_seconds=20.0
    )


def open_findings() -> list[tuple[str, str]]:
    return sorted(Finding.objects.exclude(state="closed").values_list("kind", "where"))


def test_no_copy_and_no_drill_are_findings() -> None:
    actions.file_what_is_late()
    assert open_findings() == [
        ("backup-overdue", "backup:data"),
        ("backup-overdue", "backup:keys"),
        ("drill-overdue", "backup:drill"),
    ]


def test_fresh_copies_and_a_drill_of_this_week_are_none() -> None:
    good("data", hours=25), good("keys", hours=1), drilled(days=6.9)
    assert actions.file_what_is_late() == 0
    assert open_findings() == []


@pytest.mark.parametrize(("data_hours", "drill_days", "late"), [(27, 1, "data"), (1, 7.1, "drill")])
def test_each_is_late_by_itself(data_hours: float, drill_days: float, late: str) -> None:
    good("data", hours=data_hours), good("keys", hours=1), drilled(days=drill_days)
    actions.file_what_is_late()
    assert [where for _kind, where in open_findings()] == [f"backup:{late}"]


def test_a_failed_drill_does_not_count_as_practice() -> None:
    good("data", hours=1), good("keys", hours=1), drilled(days=1, state="failed")
    assert queries.standing().drill_overdue


def test_a_drill_that_failed_is_an_urgent_finding() -> None:
    drill = actions.ask_drill(by="system")
    drill.checks = [{"check": "ledger", "outcome": "fail", "measured": {}}]
    actions.finish_drill(drill)
    assert drill.state == "failed"
    (finding,) = Finding.objects.all()
    assert (finding.kind, finding.severity, finding.data["checks"]) == ("drill-failed", "critical", ["ledger"])


def test_a_drill_that_checked_nothing_has_not_passed() -> None:
    drill = actions.ask_drill(by="system")
    actions.finish_drill(drill)
    assert drill.state == "failed"


def test_one_drill_at_a_time() -> None:
    actions.ask_drill(by="system")
    with pytest.raises(Conflict):
        actions.ask_drill(by="system")


def test_a_drill_that_was_killed_has_failed_and_is_in_nobodys_way() -> None:
    actions.start_drill(actions.ask_drill(by="system"))
    assert actions.settle_drills() == 1
    assert [one.state for one in Drill.objects.all()] == ["failed"]
    actions.ask_drill(by="system")


def test_a_copy_that_was_killed_has_failed() -> None:
    first = actions.begin("data")
    actions.begin("data")
    first.refresh_from_db()
    assert (first.state, first.reason) == ("failed", "interrupted")


def test_a_copy_that_could_not_be_made_is_a_finding_with_its_reason() -> None:
    actions.failed(actions.begin("data"), BackupFailed("backup_no_room", "no room"))
    (finding,) = Finding.objects.all()
    assert finding.data["reason"] == "backup_no_room"
    assert queries.last_good("data") is None


def test_the_history_of_drills_is_told_oldest_first() -> None:
    drilled(days=1, rpo=0.5), drilled(days=8, rpo=2.0)
    assert [rpo for _at, rpo, _rto in queries.history()] == [2.0, 0.5]


def test_the_oldest_copy_that_may_be_restored_is_as_old_as_the_promise(settings) -> None:  # type: ignore[no-untyped-def]
    settings.BACKUP_DAYS, now = 30, clock.now()
    check_age(now - timedelta(days=30), now)
    with pytest.raises(BackupRefused):
        check_age(now - timedelta(days=30, seconds=1), now)


@pytest.fixture
def targets(tmp_path: Path) -> tuple[Server, Vault, BackupKey, Vault]:
    BackupKey.make(tmp_path / "key")
    key = BackupKey.read(tmp_path / "key")
    values = connection.settings_dict
    server = Server(
        f"host={values['HOST']} port={values['PORT'] or 5432} user=postgres",
        values["NAME"],
        Path,
        current(),
        subprocess.Popen,
    )
    data, keys = Vault(str(tmp_path / "d"), key.seal_key(DATA)), Vault(str(tmp_path / "k"), key.seal_key(KEYS))
    return server, data, key, keys


def lay(data: Vault, key: BackupKey, name: str, *, days: float, first: str) -> None:
    data.write_bytes(f"base/{name}/cluster.tar", b"rows")
    made = (clock.now() - timedelta(days=days)).isoformat()
    manifest = Manifest(name, made, 180004, first, [first], 0, "log", parts={f"base/{name}/cluster.tar": [4, ""]})
    copying.write_manifest(data, key, manifest)
    data.write_bytes(f"wal/{first}", b"log")


def test_copies_that_outlived_their_time_are_removed_with_the_log_they_needed(targets, settings) -> None:  # type: ignore[no-untyped-def]
    server, data, key, keys = targets
    settings.BACKUP_DAYS = 30
    lay(data, key, "a", days=31, first="0" * 23 + "1")
    lay(data, key, "b", days=29, first="0" * 23 + "2")
    lay(data, key, "c", days=1, first="0" * 23 + "3")
    copying.prune(server, data, key, keys)
    assert copying.finished(data) == ["b", "c"]
    assert [name[-1] for name in data.names("wal/")] == ["2", "3"]


def test_the_newest_copy_stays_however_old_it_is(targets) -> None:  # type: ignore[no-untyped-def]
    server, data, key, keys = targets
    lay(data, key, "a", days=400, first="0" * 23 + "1")
    copying.prune(server, data, key, keys)
    assert copying.finished(data) == ["a"]


def test_a_destroyed_key_leaves_the_copies_of_key_files_within_their_life(targets, settings, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    server, data, key, keys = targets
    settings.KEY_BACKUP_DAYS = 14
    folder = tmp_path / "keys"
    (folder / "epochs").mkdir(parents=True)
    for name in ("epochs/old.1", "epochs/new.1", "passphrase", "backup.key", "root.key"):
        (folder / name).write_bytes(b"key of " + name.encode())
    start = clock.now()
    with clock.frozen(start) as at:
        copying.copy_keys(keys, folder)
        (folder / "epochs/old.1").unlink()
        at.advance(timedelta(hours=1))
        copying.copy_keys(keys, folder)
        at.advance(timedelta(days=13))
        copying.prune(server, data, key, keys)
        assert len(keys.names("keys/")) == 2
        at.advance(timedelta(days=2))
        copying.prune(server, data, key, keys)
    (left,) = keys.names("keys/")
    content = keys.read_bytes(left)
    assert b"key of epochs/new.1" in content
    assert b"key of epochs/old.1" not in content
    assert b"key of passphrase" not in content
    assert b"key of backup.key" not in content


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("arrived", [True, False])
def test_a_piece_of_the_journal_that_failed_is_neither_lost_nor_there_twice(
    targets,  # type: ignore[no-untyped-def]
    settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arrived: bool,
) -> None:
    """The target says no: after it had taken the piece (it could not be read back), or before."""
    settings.DATA_DIR = tmp_path
    server, data, _key, _keys = targets
    shipper, add = journal.Shipper(server, data, "log"), data.add
    for name in ("one.leaver", "another.leaver"):
        people.close_account(people.open_account(name, roles=["agent"], actor="system"), actor="system")
        Sequencer().step()

        def fail(path: str, content: bytes) -> bool:
            if arrived:
                add(path, content)
            raise BackupFailed("backup_target_failed", "full")

        monkeypatch.setattr(data, "add", fail)
        with pytest.raises(BackupFailed):
            shipper.ship()
        monkeypatch.setattr(data, "add", add)
    assert bool(shipper.ship()) is not arrived, "what has arrived is not sent again"
    assert shipper.ship() == 0
    told = [entry["event"] for entry in journal.read(data)]
    assert told.count("people:account:closed") == 2


@pytest.mark.django_db(transaction=True)
def test_many_long_acts_go_in_pieces_of_which_none_is_too_large_for_memory(
    targets,  # type: ignore[no-untyped-def]
    settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A list of a million numbers makes ten thousand entries of seven thousand bytes in one act."""
    settings.DATA_DIR = tmp_path
    server, data, _key, _keys = targets
    known = {entry["id"] for entry in journal.read(data)}
    tokens = [f"{number:064x}" for number in range(100)]
    with transaction.atomic():
        for _one in range(30):
            told = {"source": "import", "tokens": tokens}
            ledger.record(ledger.Entry(event=Event.DO_NOT_CALL_ADDED, actor="system", count=100, data=told))
    Sequencer().step()
    monkeypatch.setattr(journal, "_LARGEST", 50_000)
    shipper = journal.Shipper(server, data, "long")
    assert shipper.ship() >= 30, "all of it at once, however many pieces that takes"
    assert shipper.ship() == 0
    pieces = data.names(f"{journal.folder_of('long')}/")
    assert len(pieces) >= 4
    assert max(len(data.read_bytes(name)) for name in pieces) < 50_000 + 8_192 + 1_000
    again = [one for one in journal.read(data) if one["event"] == Event.DO_NOT_CALL_ADDED and one["id"] not in known]
    assert len({one["id"] for one in again}) == len(again) == 30
    assert journal.Shipper(server, data, "long").ship() == 0, "the chain holds"
