"""Restoring: how much is lost (RPO) and how long until it is back, looked through and replayed (RTO).

A small installation as it ships, filled with records that have objects of 4 KiB, copied, with its log shipped while it
works, then restored beside itself by the drill that a site runs every week. Both figures are the drill's own.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from bench._site import installation, open_line, server_of

RECORDS = 20_000
OBJECT_BYTES = 4096
BATCH = 2_000


def run(progress: Callable[[str], None]) -> dict[str, float]:
    # Read before the installation clears our own settings.
    return measure(int(os.environ.get("CALLWARDEN_BENCH_RECORDS", RECORDS)), progress)


def measure(records: int, progress: Callable[[str], None]) -> dict[str, float]:
    """Figures at a number of records: `restore_rto_s`, `rpo_s`, `backup_s`, and how much that was.

    Rows and objects are real in size and number and are laid directly; that they can be opened is what
    `make prove NAME=custody` shows.
    """
    with installation() as folder:
        environment = _environment(folder)
        line = open_line("service-zh")
        progress(f"laying {records} records")
        _fill(line, records, folder / "data" / "objects")
        service = subprocess.Popen([sys.executable, "-m", "callwarden.site.backups"], env=environment)
        try:
            progress("copying")
            begun = time.perf_counter()
            _command(environment, "backup")
            copied = time.perf_counter() - begun
            time.sleep(3)
            progress("drilling")
            _command(environment, "drill")
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(60)
        from callwarden.protection.backup.queries import drills, last_good

        drill, copy = drills().filter(state="passed").first(), last_good("data")
        if drill is None or copy is None:
            raise RuntimeError("the drill did not pass")
        return {
            "restore_rto_s": float(drill.rto_seconds or 0),
            "rpo_s": float(drill.rpo_seconds or 0),
            "backup_s": copied,
            "records": records,
            "copied_mb": copy.size / 1e6,
        }


def _environment(folder: Path) -> dict[str, str]:
    """Where the installation's processes find it; its embedded database lies in the data folder's place for it."""
    os.environ |= {
        "CALLWARDEN_BACKUP_TARGET": str(folder / "target"),
        "CALLWARDEN_KEY_BACKUP_TARGET": str(folder / "target-keys"),
        "CALLWARDEN_BACKUP_KEY": str(folder / "backup.key"),
        "CALLWARDEN_KEYS_DIR": str(folder / "keys"),
    }
    data = folder / "data"
    data.chmod(0o711)
    (data / "db").symlink_to(folder / "db")
    (data / "keys").symlink_to(folder / "keys")
    os.environ["CALLWARDEN_BACKUP_DATABASE_URL"] = server_of(folder)
    return dict(os.environ)


def _command(environment: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "callwarden", *arguments], env=environment, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise RuntimeError(f"{arguments[0]}: {(done.stdout + done.stderr)[-1500:]}")


def _fill(line: Any, records: int, objects: Path) -> None:
    from callwarden.custody.models import Bucket, DataKey, Record, Subject
    from callwarden.custody.objects import key_for
    from callwarden.custody.scope import client_scope
    from callwarden.kernel import clock

    now = clock.now()
    with client_scope(line.client_id):
        bucket = Bucket.objects.create(
            client_id=line.client_id, line=line, category="recording_redacted", expires_on=(now + timedelta(90)).date()
        )
    for start in range(0, records, BATCH):
        ids: list[tuple[UUID, bytes]] = []
        for _number in range(min(BATCH, records - start)):
            one, content = uuid4(), secrets.token_bytes(OBJECT_BYTES)
            path = objects / key_for(one)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            ids.append((one, sha256(content).digest()))
        with client_scope(line.client_id):
            subjects = Subject.objects.bulk_create(
                [Subject(client_id=line.client_id, kind=Subject.Kind.CALLER, created_at=now) for _one in ids]
            )
            Record.objects.bulk_create(
                [
                    Record(
                        id=one, client_id=line.client_id, line=line, category="recording_redacted",
                        purposes=["recording"], basis=uuid4(), subject=subject, bucket=bucket, suite=1,
                        object_key=key_for(one), sealed_size=OBJECT_BYTES, plain_size=OBJECT_BYTES,
                        sealed_digest=digest, created_at=now, due_at=now + timedelta(90),
                    )
                    for (one, digest), subject in zip(ids, subjects, strict=True)
                ]
            )  # fmt: skip
            DataKey.objects.bulk_create(
                [
                    DataKey(
                        record_id=one, subject=subject, generation=1, bucket=bucket, wrapped=secrets.token_bytes(99)
                    )
                    for (one, _digest), subject in zip(ids, subjects, strict=True)
                ]
            )
