"""A small real installation for benchmarks: embedded PostgreSQL as it ships, the keeper as a process, one line."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID


@contextmanager
def installation() -> Iterator[Path]:
    """Start database and keeper in a folder of their own, point Django at them, and take all down afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="callwarden-bench-"))
    folder.chmod(0o711)  # the database's own account passes through when root measures
    for name in [name for name in os.environ if name.startswith("CALLWARDEN_")]:
        del os.environ[name]
    from callwarden.site.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(folder / "db")
    keeper = None
    try:
        os.environ |= {
            "CALLWARDEN_DATABASE_URL": server.start(),
            "CALLWARDEN_DATA_DIR": str(folder / "data"),
            "CALLWARDEN_KEEPER_SOCKET": str(folder / "k.sock"),
            "CALLWARDEN_LOG_LEVEL": "CRITICAL",
            "CALLWARDEN_SECRET_KEY": secrets.token_hex(32),
            "DJANGO_SETTINGS_MODULE": "callwarden.site.settings",
        }
        (folder / "data").mkdir(mode=0o700)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0)
        keeper = _start_keeper(folder)
        yield folder
    finally:
        stop(keeper)
        _close_connections()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _start_keeper(folder: Path) -> subprocess.Popen[bytes]:
    from callwarden.custody.keeper import client

    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    secret = keys / "passphrase"
    secret.write_text("a passphrase that measures and protects nothing", encoding="ascii")
    secret.chmod(0o600)
    environment = {**os.environ, "CALLWARDEN_KEYS_DIR": str(keys), "CALLWARDEN_DATABASE_ROLE": "cw_keeper"}
    process = subprocess.Popen([sys.executable, "-m", "callwarden.custody.keeper"], env=environment)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.status()["ready"]:
                return process
        except client.KeeperUnavailable:
            time.sleep(0.05)
    stop(process)
    raise RuntimeError("the keeper did not start")


def stop(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None and process.poll() is None:
        process.terminate()
        process.wait(timeout=10)


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()


def checkpoint(folder: Path) -> None:
    """Have the database write out what was laid, so that it does not do so while something else is measured."""
    import psycopg

    with psycopg.connect(server_of(folder), autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def server_of(folder: Path) -> str:
    """How the superuser reaches the installation's database."""
    return f"host={folder / 'db' / 'socket'} port=5432 user=postgres"


def copy_in(client: UUID, table: str, columns: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Lay rows of a client by COPY: into a table of the session, which row-level security does not forbid."""
    from django.db import connection

    from callwarden.custody.scope import client_scope

    names = ", ".join(columns.split())
    with client_scope(client), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(f"CREATE TEMPORARY TABLE filling ON COMMIT DROP AS SELECT {names} FROM custody_{table} LIMIT 0")
        with cursor.copy(f"COPY filling ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"INSERT INTO custody_{table} ({names}) SELECT {names} FROM filling")
        cursor.execute("DROP TABLE filling")


def open_line(slug: str) -> object:
    """A line that keeps what it is asked to: notice, purposes, retention for every category."""
    from callwarden.control.access.actions import ensure_default
    from callwarden.custody.categories import Category
    from callwarden.custody.epochs import open_client
    from callwarden.custody.intake import ensure_day_keys
    from callwarden.custody.models import Line
    from callwarden.lawful.notices.actions import draft, publish
    from callwarden.lawful.purposes.models import LinePurpose, Purpose
    from callwarden.lawful.retention.models import RetentionRule

    ensure_default()
    ensure_day_keys()
    client = open_client(slug="bench", name="Bench", actor="system")
    line = Line.objects.create(client=client, slug=slug, name=slug, languages=["zh"], direction="inbound")
    for purpose in ("recording", "quality"):
        kept = Purpose.objects.create(slug=purpose, name=purpose, name_zh=purpose)
        Purpose.machine.move(kept, Purpose.State.ACTIVE, actor="system")
        LinePurpose.objects.create(line=line, purpose=kept, ground="consent", core=purpose == "recording")
        for category in Category:
            RetentionRule.objects.create(line=line, category=category, purpose=kept, ceiling_days=90)
    since = datetime(2026, 9, 1, tzinfo=UTC)  # before the first generated call
    told = draft(line, text_en="Calls are recorded.", text_zh="通话将被录音。", version="2026-1", told_since=since)
    publish(told, actor="system")
    return line


def cpu_seconds() -> float:
    """CPU time of this process and everything it started (database, keeper), in seconds."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
            # utime, stime, and those of children that have ended
            ticks[int(entry.name)] = sum(map(int, fields[11:15]))
    mine, total = {os.getpid()}, 0
    while mine:
        total += sum(ticks.get(pid, 0) for pid in mine)
        mine = {pid for pid, parent in parents.items() if parent in mine}
    return total / os.sysconf("SC_CLK_TCK")
