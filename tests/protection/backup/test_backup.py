"""What a lost host comes back with, what it must not come back with, and which copies are refused."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callwarden.protection.backup import journal
from callwarden.protection.backup.rules import BackupRefused
from callwarden.protection.backup.vault import DATA, BackupKey, Vault
from tests.protection.backup.conftest import Lost
from tests.protection.backup.small_site import SmallSite

pytestmark = [pytest.mark.xdist_group("backup"), pytest.mark.slow]


@pytest.fixture
def damaged(lost: Lost, tmp_path_factory: pytest.TempPathFactory, short: Path) -> SmallSite:
    """The same targets, copied, to be damaged."""
    targets = short / f"d{time.monotonic_ns()}"
    shutil.copytree(lost.folder / "t", targets)
    return SmallSite(short / "nowhere", targets, key=lost.site.key)


def refusal(site: SmallSite, into: Path, *further: str) -> str:
    done = site.command(*site.restore_arguments(into, *further), ok=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert not (into / "db" / "cluster" / "PG_VERSION").exists() or "Traceback" not in done.stderr
    return done.stderr


def of(site: SmallSite, pattern: str) -> Path:
    return sorted(path for path in (site.targets / "data").glob(pattern) if path.is_file())[0]


@dataclass
class Restored:
    """A restored site, open by now, and what was seen of it before two people had signed."""

    site: SmallSite
    state: str
    read_while_closed: str
    read_after_the_row_was_changed: str
    opened_by_one: str
    opened_by_two: str

    def ask(self, question: str, **given: object) -> object:
        return self.site.ask(question, **given)


@pytest.fixture(scope="session")
def restored(lost: Lost) -> Iterator[Restored]:
    """Restored, journal replayed; its database and keeper were started by hand, without `callwarden up`."""
    into = lost.folder / "b"
    lost.site.command(*lost.site.restore_arguments(into))
    site = SmallSite(into, lost.folder / "t", key=lost.site.key)
    site.start()
    try:
        state = json.loads((into / "restored.json").read_text())["state"]
        closed = site.ask("read", record=lost.kept)
        cheated = site.ask("read_as_if_opened", record=lost.kept)
        alone = site.ask("open_alone")
        two = site.ask("open_signed", approval=site.ask("sign_opening"))
        yield Restored(site, state, closed, cheated, alone, two)
    finally:
        site.stop()


def test_a_restored_store_starts_closed_and_one_person_cannot_open_it(restored: Restored) -> None:
    assert restored.state == "closed"
    assert restored.opened_by_one != "opened"
    assert restored.opened_by_two == "open"


def test_the_keeper_of_a_restored_store_gives_no_key_before_two_people_have_signed(restored: Restored) -> None:
    assert restored.read_while_closed == "restored_closed"


def test_a_row_changed_in_the_database_does_not_open_a_restored_store(restored: Restored) -> None:
    assert restored.read_after_the_row_was_changed == "restored_closed"


def test_what_was_kept_opens_after_the_host_is_gone(lost: Lost, restored: Restored) -> None:
    assert restored.ask("read", record=lost.kept) == lost.digest_of_kept


def test_what_was_stored_after_the_copy_comes_back_from_the_log(lost: Lost, restored: Restored) -> None:
    assert restored.ask("read", record=lost.after_the_copy) == lost.digest_of_kept  # the same sound


def test_who_was_erased_after_the_copy_stays_erased(lost: Lost, restored: Restored) -> None:
    assert len(lost.unlocked_before) == 64, "it could be opened before: the control"
    assert restored.ask("read", record=lost.erased) != lost.unlocked_before


@pytest.mark.long
def test_going_back_to_a_moment_before_the_erasure_does_not_undo_it(lost: Lost) -> None:
    into = lost.folder / "m"
    lost.site.command(*lost.site.restore_arguments(into, "--to", lost.moment_after_the_copy))
    site = SmallSite(into, lost.folder / "t", key=lost.site.key)
    site.start()
    try:
        assert site.ask("open_signed", approval=site.ask("sign_opening")) == "open"
        assert site.ask("read", record=lost.kept) == lost.digest_of_kept
        assert site.ask("read", record=lost.erased) != lost.unlocked_before
        assert not site.ask("knows", record=lost.after_the_copy)
        assert site.ask("knows", record=lost.erased)
    finally:
        site.stop()


def test_a_moment_the_log_does_not_reach_is_refused(lost: Lost, short: Path) -> None:
    moment = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert "does not reach it" in refusal(lost.site, short / f"x{time.monotonic_ns()}", "--to", moment)


def test_the_restored_log_has_a_name_of_its_own(lost: Lost, restored: Restored) -> None:
    ledger = restored.site.data / "ledger"
    origin = (ledger / "origin").read_text()
    assert "/restored-" in origin
    assert not (ledger / "signing.key").exists() or origin in (ledger / "signing.key").read_text()


def test_a_drill_restores_measures_and_keeps_evidence(lost: Lost) -> None:
    drill = lost.drill
    assert drill["state"] == "passed", drill["checks"]
    assert 0 <= drill["rpo"] <= 5
    assert drill["rto"] > 0
    assert drill["evidence"].startswith("sha256:")
    assert {check["check"] for check in drill["checks"]} == {"database", "objects", "ledger", "keys", "rows", "journal"}


@pytest.mark.parametrize(
    "part",
    [
        "base/*/manifest",
        pytest.param("base/*/cluster.tar", marks=pytest.mark.long),
        pytest.param("wal/*", marks=pytest.mark.long),
    ],
)
def test_a_copy_with_one_changed_bit_is_refused(damaged: SmallSite, short: Path, part: str) -> None:
    path = of(damaged, part)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    assert "changed or damaged" in refusal(damaged, short / f"x{time.monotonic_ns()}")


def test_a_copy_whose_end_is_missing_is_refused(damaged: SmallSite, short: Path) -> None:
    path = of(damaged, "base/*/cluster.tar")
    os.truncate(path, path.stat().st_size - 70_000)
    said = refusal(damaged, short / f"x{time.monotonic_ns()}")
    assert "missing" in said or "changed or damaged" in said


def test_a_copy_under_another_key_is_refused(lost: Lost, short: Path) -> None:
    other = short / f"key{time.monotonic_ns()}"
    BackupKey.make(other)
    said = refusal(SmallSite(short / "nowhere", lost.folder / "t", key=other), short / f"x{time.monotonic_ns()}")
    assert "does not open" in said


def test_a_copy_older_than_the_promise_is_refused(lost: Lost, short: Path) -> None:
    site = SmallSite(short / "nowhere", lost.folder / "t", key=lost.site.key, CALLWARDEN_BACKUP_DAYS="0")
    assert "older than" in refusal(site, short / f"x{time.monotonic_ns()}")


def test_a_moment_before_the_first_copy_is_refused(lost: Lost, short: Path) -> None:
    moment = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert "no finished backup" in refusal(lost.site, short / f"x{time.monotonic_ns()}", "--to", moment)


def test_a_folder_with_something_in_it_is_not_restored_into(lost: Lost, short: Path) -> None:
    into = short / f"x{time.monotonic_ns()}"
    into.mkdir()
    (into / "letter").write_text("mine")
    assert "not empty" in refusal(lost.site, into)
    assert (into / "letter").read_text() == "mine"


@pytest.mark.long
def test_a_restore_killed_in_the_middle_starts_over(lost: Lost, short: Path) -> None:
    into = short / "c"
    command = [sys.executable, "-m", "callwarden", *lost.site.restore_arguments(into)]
    process = subprocess.Popen(command, env=lost.site.environment, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (into / "db" / "cluster").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    assert json.loads((into / "restored.json").read_text())["state"] == "restoring"
    lost.site.command(*lost.site.restore_arguments(into))
    assert json.loads((into / "restored.json").read_text())["state"] == "closed"


@pytest.fixture
def chain(tmp_path: Path) -> tuple[Vault, Path]:
    """A journal of three pieces, as the shipper lays them."""
    BackupKey.make(tmp_path / "key")
    vault = Vault(str(tmp_path / "t"), BackupKey.read(tmp_path / "key").seal_key(DATA))
    previous = journal.START
    import hashlib

    for first in (0, 10, 20):
        piece = {"v": 1, "first": first, "next": first + 10, "previous": previous, "entries": [{"at": str(first)}]}
        body = json.dumps(piece).encode()
        vault.add(f"journal/abc/{first:012d}-{first + 10:012d}", body)
        previous = hashlib.sha256(body).hexdigest()
    return vault, tmp_path / "t" / "journal" / "abc"


def test_the_journal_is_read_whole(chain: tuple[Vault, Path]) -> None:
    assert [entry["at"] for entry in journal.read(chain[0])] == ["0", "10", "20"]


@pytest.mark.parametrize("number", [0, 1])
def test_a_journal_with_a_piece_missing_is_refused(chain: tuple[Vault, Path], number: int) -> None:
    sorted(chain[1].iterdir())[number].unlink()
    with pytest.raises(BackupRefused):
        journal.read(chain[0])


def test_pieces_of_the_journal_that_changed_places_are_refused(chain: tuple[Vault, Path]) -> None:
    first, second, _third = sorted(chain[1].iterdir())
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    with pytest.raises(BackupRefused):
        journal.read(chain[0])


def test_a_full_target_is_told_and_leaves_nothing_that_opens(tmp_path: Path) -> None:
    from callwarden.protection.backup.rules import BackupFailed

    BackupKey.make(tmp_path / "key")
    vault = Vault(str(tmp_path / "t"), BackupKey.read(tmp_path / "key").seal_key(DATA))

    def produce(out) -> None:  # type: ignore[no-untyped-def]
        out.write(b"x" * 5_000_000)
        raise OSError(28, "No space left on device")

    with pytest.raises(BackupFailed):
        vault.write("base/one/cluster.tar", produce)
    assert vault.names("base/") == []
