"""A full disk: nothing half-written counts, somebody is told, it goes on by itself, and the database lives through it.

Real file systems with an end: tmpfs, mounted by the tests as root. Elsewhere they are skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from callwarden.protection.backup import copying, journal
from callwarden.protection.backup.vault import DATA, BackupKey, Vault
from tests.protection.backup.small_site import SmallSite

pytestmark = [pytest.mark.xdist_group("backup"), pytest.mark.slow, pytest.mark.long]
MB = 1_000_000


class SmallDisk:
    """A file system of its own over a folder."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=False)
        if done.returncode != 0:
            pytest.skip("no file system can be mounted here: run as root")

    def fill(self, *, but: int = 0) -> None:
        """Nothing but `but` bytes is left."""
        with (self.folder / "ballast").open("wb") as file:
            for size in (MB, 4096):
                while shutil.disk_usage(self.folder).free - but > size:
                    try:
                        file.write(b"\0" * size)
                        file.flush()
                    except OSError:
                        break

    def make_room(self) -> None:
        (self.folder / "ballast").unlink()

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


@pytest.fixture(scope="module")
def disks() -> Iterator[Callable[[Path, int], SmallDisk]]:
    made: list[SmallDisk] = []

    def make(folder: Path, megabytes: int) -> SmallDisk:
        made.append(SmallDisk(folder, megabytes))
        return made[-1]

    if os.geteuid() != 0:
        pytest.skip("no file system can be mounted here: run as root")
    yield make
    for disk in reversed(made):
        disk.close()


def sql(site: SmallSite, statement: str) -> Any:
    with psycopg.connect(
        host=str(site.database.sockets), port=5432, user="postgres", dbname="callwarden", autocommit=True
    ) as connection:
        done = connection.execute(statement)
        return done.fetchone() if done.description else None


def write_log(site: SmallSite, segments: int) -> None:
    for _number in range(segments):
        sql(site, "SELECT pg_logical_emit_message(true, 'x', 'x')")
        sql(site, "SELECT pg_switch_wal()")


def stuck(site: SmallSite) -> str:
    """Why log and journal are not shipped now."""
    row = sql(site, "SELECT reason FROM protection_backup WHERE kind = 'log' AND finished_at IS NULL")
    return row[0] if row else ""


def copies_made(site: SmallSite) -> int:
    return int(sql(site, "SELECT count(*) FROM protection_backup WHERE kind = 'data' AND state = 'done'")[0])


def until(what: Callable[[], Any], *, seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while not (told := what()):
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.5)
    return told


@dataclass
class Story:
    """One site through three full disks; what was seen on the way."""

    site: SmallSite
    seen: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def story(short: Path, disks: Callable[[Path, int], SmallDisk]) -> Story:
    base = short / "full"
    target = disks(base / "t" / "data", 20)
    key = base / "backup.key"
    site = SmallSite(base / "a", base / "t", key=key, CALLWARDEN_BACKUP_LOG_MB="64")
    os.environ["CALLWARDEN_BACKUP_LOG_MB"] = "64"
    base.chmod(0o711)
    try:
        site.start()
    finally:
        del os.environ["CALLWARDEN_BACKUP_LOG_MB"]
    story = Story(site)
    try:
        site.ask("people")
        (story.seen["first"],) = site.ask("fill", records=1)
        story.seen["sound"] = site.ask("sound_digest", number=0)
        _while_copying(story, target)
        staging = disks(site.data / "backup", 24)
        staging.folder.chmod(0o711)
        story.seen["no room here"] = site.command("backup", ok=False)
        story.seen["room went"] = site.ask("backup_without_looking_for_room")
        story.seen["left in staging"] = [str(path) for path in staging.folder.rglob("*") if path.is_file()]
        story.seen["list after"] = site.command("backup", "--list").stdout.split()
        subprocess.run(["mount", "-o", "remount,size=600m", str(staging.folder)], check=True)
        site.command("backup")
        _while_receiving(story, disks)
        _while_shipping(story, target)
        return story
    finally:
        site.lose()


def _while_copying(story: Story, target: SmallDisk) -> None:
    """The target is full before the database's copy is whole."""
    site = story.site
    story.seen["target full"] = site.command("backup", ok=False)
    story.seen["list when full"] = site.command("backup", "--list").stdout
    story.seen["left at the target"] = [str(path) for path in (target.folder / "base").rglob("*") if path.is_file()]
    story.seen["finding of the copy"] = site.ask("finding", kind="backup-failed")
    subprocess.run(["mount", "-o", "remount,size=600m", str(target.folder)], check=True)


def _while_receiving(story: Story, disks: Callable[[Path, int], SmallDisk]) -> None:
    """There is no room on this host for one segment of the log."""
    site = story.site
    spool = disks(site.data / "backup" / "wal", 40)
    spool.fill(but=10 * MB)
    service = site.spawn("callwarden.site.backups")
    until(lambda: stuck(site))
    story.seen["receiving"] = stuck(site)
    story.seen["finding of receiving"] = site.ask("finding", kind="backup-not-shipped")
    (story.seen["during receiving"],) = site.ask("fill", records=1)
    story.seen["short segments at the target"] = _short_segments(site)
    spool.make_room()
    until(lambda: not stuck(site))
    write_log(site, 3)  # more than the disk holds at once: it goes through, one after the other
    until(lambda: _log_received(site))
    subprocess.run(["mount", "-o", "remount,size=300m", str(spool.folder)], check=True)
    story.seen["service after receiving"] = service.poll()


def _while_shipping(story: Story, target: SmallDisk) -> None:
    """The target is full for so long that the server gives the slot up."""
    site, seen = story.site, story.seen
    (erased,) = site.ask("fill", records=1)
    seen["before the gap"] = datetime.now(UTC).isoformat()
    seen["copies before"] = copies_made(site)
    until(lambda: _log_received(site))
    time.sleep(3)
    target.fill()
    site.ask("erase", record=erased)
    seen["erased"] = erased
    until(lambda: stuck(site))
    seen["shipping"] = stuck(site)
    seen["said"] = site.ask("said")

    def given_up() -> bool:
        write_log(site, 2)
        sql(site, "CHECKPOINT")
        return bool(sql(site, "SELECT 1 FROM kernel_finding WHERE kind = 'backup-log-gap'"))

    until(given_up, seconds=180)
    seen["finding of the gap"] = site.ask("finding", kind="backup-log-gap")
    seen["kept by the server"] = sql(site, "SELECT sum(size) FROM pg_ls_waldir()")[0]
    waiting = [path for path in (site.data / "backup" / "wal").rglob("*") if path.is_file()]
    seen["kept by us"] = sum(path.stat().st_size for path in waiting)
    (seen["in the gap"],) = site.ask("fill", records=1)
    target.make_room()
    until(lambda: copies_made(site) > seen["copies before"], seconds=180)
    until(lambda: not stuck(site))
    (seen["after the gap"],) = site.ask("fill", records=1)
    until(lambda: _log_received(site))
    time.sleep(5)
    seen["said after"] = site.ask("said")


def _log_received(site: SmallSite) -> bool:
    """Whether a receiver is there and has everything."""
    row = sql(
        site,
        "SELECT active AND restart_lsn >= pg_current_wal_lsn() - 16777216 FROM pg_replication_slots"
        " WHERE slot_name = 'callwarden_backup'",
    )
    return bool(row and row[0])


def _short_segments(site: SmallSite) -> int:
    import zlib

    vault = Vault(str(site.targets / "data"), BackupKey.read(site.key).seal_key(DATA))
    parts = [name for name in vault.names("wal/") if not name.endswith(".history")]
    return sum(len(zlib.decompress(vault.read_bytes(name))) != 16 * 1024 * 1024 for name in parts)


def test_a_target_that_fills_up_during_a_copy_holds_no_copy_and_the_person_is_told(story: Story) -> None:
    done = story.seen["target full"]
    assert done.returncode == 1
    assert "full" in done.stderr
    assert story.seen["list when full"].strip() == ""
    assert story.seen["left at the target"] == []
    assert story.seen["finding of the copy"]["data"] == {"reason": "backup_target_failed"}


def test_a_host_without_room_for_the_copy_says_how_much_it_needs(story: Story) -> None:
    done = story.seen["no room here"]
    assert done.returncode == 1
    assert "no room" in done.stderr


def test_room_that_goes_while_postgresql_writes_leaves_nothing_that_counts(story: Story) -> None:
    assert story.seen["room went"] == "backup_program_failed"
    assert not [path for path in story.seen["left in staging"] if "staging" in path]
    assert len(story.seen["list after"]) == len(
        [name for name in story.seen["list after"] if "T" in name or "M" in name]
    )


def test_a_log_that_cannot_be_received_is_a_finding_and_goes_on_by_itself(story: Story) -> None:
    assert story.seen["receiving"] == "backup_log_not_received"
    assert story.seen["finding of receiving"]["data"] == {"reason": "backup_log_not_received"}
    assert story.seen["short segments at the target"] == 0
    assert story.seen["service after receiving"] is None


def test_a_full_target_is_said_on_the_command_line_and_in_the_console(story: Story) -> None:
    assert story.seen["shipping"] == "backup_target_failed"
    check, control, *tiles = story.seen["said"]
    for words in (check, control):
        assert "do not reach the backup target" in words
    assert "fail" in tiles
    assert "do not reach the backup target" not in "".join(story.seen["said after"])


def test_the_database_keeps_its_log_for_a_backup_only_up_to_a_limit(story: Story) -> None:
    assert story.seen["kept by the server"] < 64 * 1024 * 1024 + 400 * 1024 * 1024
    # The receiver is asked once a second whether it holds too much; a fast host writes several segments in that time.
    assert story.seen["kept by us"] <= 64 * MB + 6 * 16 * 1024 * 1024
    assert story.seen["finding of the gap"]["severity"] == "high"


def test_after_a_gap_a_new_copy_is_made_and_what_came_since_is_restored_from_it(story: Story) -> None:
    site = opened(story, "latest")
    try:
        for record in ("first", "during receiving", "in the gap", "after the gap"):
            assert site.ask("read", record=story.seen[record]) == story.seen["sound"], record
        assert site.ask("read", record=story.seen["erased"]) != story.seen["sound"], (
            "its journal came when there was room"
        )
    finally:
        site.stop()


def test_before_the_gap_every_moment_is_restored_and_in_it_none(story: Story) -> None:
    site = opened(story, "moment", "--to", story.seen["before the gap"])
    try:
        assert site.ask("read", record=story.seen["during receiving"]) == story.seen["sound"]
        assert not site.ask("knows", record=story.seen["in the gap"])
        assert site.ask("read", record=story.seen["erased"]) != story.seen["sound"]
    finally:
        site.stop()


def test_the_journal_is_whole_after_it_could_not_be_written(story: Story) -> None:
    vault = Vault(str(story.site.targets / "data"), BackupKey.read(story.site.key).seal_key(DATA))
    assert any(entry["event"] == "custody:record:destroyed" for entry in journal.read(vault))
    assert len(copying.finished(vault)) == story.seen["copies before"] + 1


def opened(story: Story, name: str, *further: str) -> SmallSite:
    into = story.site.data.parent / name
    story.site.command(*story.site.restore_arguments(into, *further))
    site = SmallSite(into, story.site.targets, key=story.site.key)
    site.start()
    assert site.ask("open_signed", approval=site.ask("sign_opening")) == "open"
    return site
