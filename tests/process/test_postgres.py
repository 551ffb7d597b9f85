"""The embedded database: private, quiet, and gone with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from callwarden.site.postgres import DatabaseStartError, EmbeddedPostgres


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="callwarden-pg-") as name:
        os.chmod(name, 0o711)
        yield Path(name) / "db"


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    yield server
    server.stop()


def processes_in(folder: Path) -> set[int]:
    """Every process whose working folder lies in `folder` (PostgreSQL's lie in the cluster)."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and Path(os.readlink(entry / "cwd")).is_relative_to(folder):
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def gone(folder: Path, *, within: float = 15) -> bool:
    deadline = time.monotonic() + within
    while processes_in(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_starting_twice_and_stopping_twice_is_one_start_and_one_stop(server: EmbeddedPostgres) -> None:
    pid = server.pid
    assert server.start() == server.url
    assert server.pid == pid
    server.stop()
    server.stop()
    assert gone(server.folder)


def test_what_was_committed_is_there_after_a_restart(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_the_owner_is_no_superuser_and_can_take_each_process_role(server: EmbeddedPostgres) -> None:
    for role in ("cw_app", "cw_keeper", "cw_sequencer"):
        with psycopg.connect(server.url, options=f"-c role={role}") as connection:
            row = connection.execute(
                "SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = session_user"
            ).fetchone()
        assert row == (role, False, False)


def test_it_listens_on_no_network_address_and_strangers_are_not_let_in(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=str(server.sockets), user="somebody", dbname="callwarden")
    assert server.sockets.stat().st_mode & 0o007 == 0
    assert server.cluster.stat().st_mode & 0o077 == 0


def test_errors_leave_no_value_in_the_server_log(folder: Path) -> None:
    planted = "planted-4929-1234-5678"
    with EmbeddedPostgres(folder) as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE people (name text UNIQUE)")
        connection.execute("INSERT INTO people VALUES (%s)", [planted])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES (%s)", [planted])
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("SELECT %s::text::int", [planted])
        with pytest.raises(psycopg.errors.UndefinedColumn):
            connection.execute(f'SELECT "{planted[:4]}x" FROM people -- {planted}')
    logs = [path for path in folder.rglob("*") if path.is_file() and ("log" in path.parent.name or "log" in path.name)]
    assert any(b"LOG:" in path.read_bytes() for path in logs), "the log must be looked at, not be empty"
    assert not any(planted.encode() in path.read_bytes() for path in logs)
    assert all(path.stat().st_mode & 0o077 == 0 for path in logs)


def test_a_killed_server_starts_again_in_the_same_folder(server: EmbeddedPostgres) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while server.pid is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_process_number_used_again_by_a_stranger_neither_blocks_the_start_nor_harms_the_stranger(
    server: EmbeddedPostgres,
) -> None:
    pid_file = server.cluster / "postmaster.pid"
    text = pid_file.read_text()
    server.stop()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file.write_text(text.replace(text.splitlines()[0], str(stranger.pid), 1))
        with psycopg.connect(server.start()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        server.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_second_program_is_refused_with_the_remedy(server: EmbeddedPostgres) -> None:
    with pytest.raises(DatabaseStartError, match="--data-dir"):
        EmbeddedPostgres(server.folder, durable=False).start(timeout=1)


def test_a_cluster_that_was_never_finished_is_made_anew(folder: Path) -> None:
    (folder / "making-cluster").mkdir(parents=True)
    (folder / "making-cluster" / "PG_VERSION").write_text("18")
    with EmbeddedPostgres(folder, durable=False) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_folder_too_deep_for_a_socket_still_gets_one(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    server = EmbeddedPostgres(deep, durable=False)
    try:
        with psycopg.connect(server.start()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()


def test_the_server_ends_when_its_parent_is_killed_and_the_next_start_waits_for_that(folder: Path) -> None:
    program = (
        "import sys, time, pathlib; from callwarden.site.postgres import EmbeddedPostgres;"
        f"print(EmbeddedPostgres(pathlib.Path({str(folder)!r}), durable=False).start(), flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        assert parent.stdout is not None
        assert parent.stdout.readline().startswith(b"postgresql://")
        assert processes_in(folder)
    finally:
        parent.kill()
        parent.communicate()
    with EmbeddedPostgres(folder, durable=False) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert gone(folder)
