"""What processes print, made into log files: one a kind, JSON lines of admitted keys, turned over by size."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from callwarden.site import logs

MAX_BYTES = 16 * 1024 * 1024
KEPT = 5
_LONGEST_LINE = 64 * 1024


class LogFile:
    """One log file and the few before it."""

    def __init__(self, folder: Path, name: str, *, max_bytes: int = MAX_BYTES) -> None:
        self._path = folder / f"{name}.log"
        self._max = max_bytes
        self._open()

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.fdopen(os.open(self._path, flags, 0o600), "ab", buffering=0)

    def write(self, line: str) -> None:
        """Append one line. A full disk loses the line, not the process."""
        try:
            if self._file.tell() > self._max:
                self._turn_over()
            self._file.write(line.encode() + b"\n")
        except OSError:
            return

    def close(self) -> None:
        self._file.close()

    def _turn_over(self) -> None:
        self._file.close()
        for age in range(KEPT - 1, 0, -1):
            older = self._path.with_suffix(f".log.{age}")
            if older.exists():
                older.rename(self._path.with_suffix(f".log.{age + 1}"))
        self._path.rename(self._path.with_suffix(".log.1"))
        self._open()


class Intake:
    """Cuts the bytes of one process into lines and admits them; what is not admitted is counted, not kept."""

    def __init__(self, file: LogFile, process_name: str) -> None:
        self._file = file
        self._name = process_name
        self._rest = b""
        self._withheld = 0

    def feed(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            self._rest, self._withheld = b"", self._withheld + 1
        for line in lines:
            admitted = logs.readmit(line)
            if admitted is None:
                self._withheld += bool(line.strip())
                continue
            self.flush()
            self._file.write(admitted)

    def flush(self) -> None:
        """Say how much was withheld since last time."""
        if self._withheld:
            self._file.write(
                json.dumps(
                    {
                        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                        "level": "warning",
                        "event": "output_withheld",
                        "process_name": self._name,
                        "lines": self._withheld,
                    }
                )
            )
            self._withheld = 0
