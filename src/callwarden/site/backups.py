"""The backup process: ships the log, the journal, new objects and changed key files as they come; has the daily copy
and drills made by processes of their own, so that shipping never waits for them.
"""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import django
import psycopg
import structlog
from django.db import DatabaseError

from callwarden.doors.cli._installation import Usage
from callwarden.kernel.errors import CallwardenError

log = structlog.get_logger("callwarden.backups")

SHIP_SECONDS, SLOW_SECONDS, LONGEST_PAUSE = 1.0, 10.0, 30.0
# What fails for a moment is nobody's business; what fails for longer is a finding. A copy that failed is tried again.
TOLD_AFTER_SECONDS, AGAIN_SECONDS = 15.0, 600.0
# An original is copied once its call is redacted, which may be a day after it was stored.
OBJECTS_SINCE = timedelta(hours=26)


class Backups:
    """What one process ships. `step` is called about once a second."""

    def __init__(self) -> None:
        from django.conf import settings

        from callwarden.protection.backup.wal import Receiver
        from callwarden.site import copies

        self.site = copies.configured(make_key=True)
        limit = int(settings.BACKUP_LOG_MB) * 1_000_000
        self._receiver = Receiver(self.site.server, self.site.data, self.site.folder / "backup" / "wal", limit=limit)
        self._gap = self.site.folder / "backup" / "log-gap"
        self._shipper: object | None = None
        self._origin = ""
        self._objects = {name.rpartition("/")[2] for name in self.site.data.names("objects/")}
        self._keys = b""
        self._slow_at = 0.0
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._failed_at: dict[str, float] = {}

    def step(self) -> None:
        """Each part goes on when another cannot: the first failure is told when all had their turn.

        Raises:
            CallwardenError, OSError, psycopg.Error: something was not shipped; it stays here for a later step.
        """
        parts = [self._receiver.ship, self._receiver.start, self._ship_journal]
        if time.monotonic() - self._slow_at > SLOW_SECONDS:
            self._slow_at = time.monotonic()
            parts += [self._see_gaps, self._ship_objects, self._ship_keys, self._start_what_is_due]
        failures: list[Exception] = []
        for part in parts:
            try:
                part()
            except (CallwardenError, OSError, psycopg.Error) as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def pause(self, seconds: float, stop: Callable[[], bool]) -> None:
        """Wait; what is received meanwhile stays within its limit."""
        until = time.monotonic() + seconds
        while not stop() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, SHIP_SECONDS))
            with suppress(OSError):
                self._receiver.stop_when_full()

    def again(self) -> None:
        """What failed may be tried again at once: there is room, or the target answers, again."""
        self._failed_at.clear()

    def _see_gaps(self) -> None:
        from callwarden.protection.backup import actions

        if self._receiver.lost():
            self._gap.touch(mode=0o600)  # until there is a copy that began after it, whoever is killed in between
            actions.log_gap()

    def stop(self) -> None:
        self._receiver.stop()
        for child in self._children.values():
            child.terminate()

    def _ship_journal(self) -> None:
        from callwarden.protection.backup.journal import Shipper
        from callwarden.site.copies import origin_of

        origin = origin_of(self.site.folder)
        if origin and origin != self._origin:
            self._shipper, self._origin = Shipper(self.site.server, self.site.data, origin), origin
        if isinstance(self._shipper, Shipper):
            self._shipper.ship()

    def _ship_objects(self) -> None:
        from callwarden.kernel import clock
        from callwarden.protection.backup.copying import copy_objects

        copy_objects(self.site.server, self.site.data, since=clock.now() - OBJECTS_SINCE, known=self._objects)

    def _ship_keys(self) -> None:
        """A key that lies here alone would be lost with this host: copied within seconds of its making."""
        from callwarden.site import copies

        now = _look_of(self.site.folder / "keys")
        if now != self._keys:
            copies.backup_keys(self.site)
            self._keys = now

    def _start_what_is_due(self) -> None:
        from callwarden.kernel import clock
        from callwarden.protection.backup.models import Backup, Drill
        from callwarden.protection.backup.queries import last_good
        from callwarden.protection.backup.rules import COPY_EVERY

        self._settle_drills()
        newest = last_good(Backup.Kind.DATA)
        if newest is not None and self._gap.exists() and newest.started_at.timestamp() > self._gap.stat().st_mtime:
            self._gap.unlink()
        if newest is None or self._gap.exists() or clock.now() - newest.started_at > COPY_EVERY:
            self._start("backup", "backup")
        elif asked := Drill.objects.filter(state=Drill.State.ASKED).first():
            self._start("drill", "drill", "--asked", str(asked.pk))

    def _settle_drills(self) -> None:
        """A drill that was killed must not keep others from being asked for."""
        from callwarden.kernel.errors import Conflict
        from callwarden.protection.backup.actions import settle_drills
        from callwarden.site.copies import one_at_a_time

        with suppress(Conflict), one_at_a_time(self.site.folder, "drill"):
            settle_drills()

    def _start(self, name: str, *arguments: str) -> None:
        running = self._children.get(name)
        if running is not None and running.poll() is None:
            return
        if time.monotonic() - self._failed_at.get(name, -1e9) < AGAIN_SECONDS:
            return
        self._failed_at[name] = time.monotonic()
        command = [sys.executable, "-m", "callwarden", *arguments]
        self._children[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603


def _look_of(folder: Path) -> bytes:
    """A digest of names, sizes and times, which changes whenever a key file comes or goes."""
    seen = sorted((str(path), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file())
    return sha256(repr(seen).encode()).digest()


class Telling:
    """Says when shipping has failed for a while, and when it works again."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._told = True  # of what a run before this one may have said

    def failed(self, code: str) -> None:
        from callwarden.kernel import clock
        from callwarden.protection.backup import actions

        log.error("backup_not_shipped", code=code)
        self._since = self._since or clock.now()
        if clock.now() - self._since > timedelta(seconds=TOLD_AFTER_SECONDS):
            with suppress(DatabaseError):
                actions.not_shipped(code, since=self._since)
                self._told = True

    def worked(self) -> None:
        from callwarden.protection.backup import actions

        self._since = None
        if self._told:
            with suppress(DatabaseError):
                actions.shipped()
                self._told = False


def run(stop: Callable[[], bool]) -> None:
    backups, telling = Backups(), Telling()
    pause = SHIP_SECONDS
    try:
        while not stop():
            try:
                backups.step()
                telling.worked()
                if pause > SHIP_SECONDS:
                    backups.again()
                pause = SHIP_SECONDS
            except (CallwardenError, OSError, psycopg.Error) as error:
                telling.failed(getattr(error, "code", "backup_no_room" if _is_full(error) else "backup_unexpected"))
                pause = min(pause * 2, LONGEST_PAUSE)
            backups.pause(pause, stop)
    finally:
        backups.stop()


def _is_full(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def main() -> None:
    django.setup()
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    try:
        run(lambda: bool(stopping))
    except Usage as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
