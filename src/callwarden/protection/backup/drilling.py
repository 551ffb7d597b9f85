"""A restore for practice: into a scratch folder, with another server, looked through, measured, and kept as evidence.

RPO: the moment the loss is played, less the newest thing the restored store knows. While the drill runs up to that
moment it writes a row four times a second, so the figure is measured, not computed. RTO: from that moment until the
restored store has been verified and its journal replayed.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError
from callwarden.protection.backup import restoring
from callwarden.protection.backup.models import Drill
from callwarden.protection.backup.restoring import Startable
from callwarden.protection.backup.server import Server
from callwarden.protection.backup.vault import BackupKey, Vault

BEATS, PAUSE = 24, 0.25
# Queues and caches come and go within a second; how many rows they have says nothing.
_TABLES: Final = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
 WHERE schemaname = 'public' AND tablename NOT LIKE 'procrastinate%'
   AND tablename NOT IN ('custody_ledgerpending', 'site_cache', 'django_session') ORDER BY 1
"""


@dataclass(frozen=True)
class Scratch:
    """Where the drill restores to: a folder, a server over it that is nobody's, and the journal's replay into it."""

    folder: Path
    database: Startable
    server: Server
    replay: Callable[[], Mapping[str, Any]]


def run(drill: Drill, live: Server, data: Vault, keys: Vault, key: BackupKey, scratch: Scratch) -> None:
    """Carry the drill out; what was found goes into `drill.checks`, `rpo_seconds`, `rto_seconds` and `evidence`."""
    checks = _Checks()
    try:
        before = counts(live)
        lost_at = _beat(drill)
        after = counts(live)
        begun = time.monotonic()
        _restore(checks, drill, data, keys, key, scratch)
        drill.rpo_seconds = _rpo(scratch.server, drill, lost_at)
        checks.add("rows", *_compare(before, after, counts(scratch.server)))
        told = scratch.replay()
        left = dict(told.get("unplaced", {}))
        checks.add("journal", not left, {"done": sum(told.get("done", {}).values()), "unplaced": sum(left.values())})
        drill.rto_seconds = round(time.monotonic() - begun, 3)
    except CallwardenError as error:
        checks.add(error.code, False, {name: str(value) for name, value in error.data.items()})
    except Exception as error:
        checks.add("unexpected", False, {"error": type(error).__name__})
    finally:
        with suppress(Exception):
            scratch.database.stop()
    drill.checks = checks.rows
    body = {
        "drill": str(drill.pk),
        "backup": drill.backup,
        "checks": checks.rows,
        "rpo_seconds": drill.rpo_seconds,
        "rto_seconds": drill.rto_seconds,
    }
    raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    drill.evidence = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    with suppress(CallwardenError):
        data.add(f"drills/{drill.pk}", raw)


def _restore(checks: _Checks, drill: Drill, data: Vault, keys: Vault, key: BackupKey, scratch: Scratch) -> None:
    manifest = restoring.choose(data, key)
    drill.backup = manifest.id
    restoring.lay_cluster(data, manifest, scratch.server, scratch.database.cluster)
    segments = restoring.recover(data, manifest, scratch.server, scratch.database, moment=None)
    checks.add("database", True, {"log_segments": segments})
    fetched, missing = restoring.fetch_objects(scratch.server, data, scratch.folder / "objects")
    checks.add("objects", missing == 0, {"whole": fetched, "missing": missing})
    ledger = restoring.rebuild_ledger(scratch.server, manifest, scratch.folder / "ledger", origin="drill")
    checks.add("ledger", ledger.agrees, {"size": ledger.size, "root": ledger.root})
    restoring.fetch_keys(keys, scratch.folder / "keys")
    lost = missing_epochs(scratch.server, scratch.folder / "keys")
    checks.add("keys", lost == 0, {"epochs_without_key": lost})


def missing_epochs(server: Server, keys: Path) -> int:
    """How many epochs of the database that should have a key file have none."""
    with server.connect() as connection:
        rows = connection.execute("SELECT id FROM custody_epoch WHERE state <> 'destroyed'").fetchall()
    return sum(1 for (epoch,) in rows if not any((keys / "epochs").glob(f"{epoch}.*")))


def counts(server: Server) -> dict[str, int]:
    """Rows of every table of the product, as one snapshot."""
    with server.connect() as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        tables = [name for (name,) in connection.execute(_TABLES).fetchall()]
        found = {}
        for table in tables:
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  # type: ignore[call-overload]
            found[table] = row[0] if row else 0
        return found


def _compare(
    before: Mapping[str, int], after: Mapping[str, int], restored: Mapping[str, int]
) -> tuple[bool, dict[str, int]]:
    """A table at rest has exactly its rows; one at work has a number between what it had before and after."""
    wrong = [
        table
        for table, count in before.items()
        if not min(count, after.get(table, 0)) <= restored.get(table, -1) <= max(count, after.get(table, 0))
    ]
    return not wrong, {"tables": len(before), "rows": sum(restored.values()), "differ": len(wrong)}


def _beat(drill: Drill) -> datetime:
    for _number in range(int(getattr(settings, "DRILL_BEATS", BEATS))):
        drill.beat_at = clock.now()
        drill.save(update_fields=["beat_at"])
        time.sleep(PAUSE)
    return clock.now()


def _rpo(restored: Server, drill: Drill, lost_at: datetime) -> float | None:
    with restored.connect() as connection:
        row = connection.execute("SELECT max(beat_at) FROM protection_drill WHERE beat_at <= %s", [lost_at]).fetchone()
        if row is None or row[0] is None:  # no drill is in the copy: the newest entry of the ledger says how old it is
            row = connection.execute("SELECT max(at) FROM custody_ledgerentry").fetchone()
    return round((lost_at - row[0]).total_seconds(), 3) if row and row[0] else None


class _Checks:
    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, check: str, passed: bool, measured: Mapping[str, Any]) -> None:
        self.rows.append({"check": check, "outcome": "pass" if passed else "fail", "measured": dict(measured)})
