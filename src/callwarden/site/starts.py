"""What the operation log is told of the starts and stops of a site, and of its settings.

    starting = Starting.of(site, table)          # compared with what the last start here found
    supervisor.run_once(starting.entry())        # SITE_STARTED, CONFIGURATION_CHANGED, LEDGER_SINK_CHANGED
    starting.done()
    ...
    supervisor.stop(last=starting.stopped())     # SITE_STOPPED

Of a setting the log holds the name and never the value. To see that one changed, `last-start.json` in the data folder
keeps a code of each value under a random key of that file, which only who starts the site can read. Without that file
every setting counts as changed, so taking it away hides nothing.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callwarden import __version__
from callwarden.site.processes import SECRET_OF_THE_KEEPER, Process, Site

FILE = "last-start.json"
# Of variables that are none of ours nothing is said, for their names may be anything.
_SETTING = re.compile(r"CALLWARDEN_[A-Z][A-Z_]*(?:[0-9]{1,3}[A-Z_]*)?")
# A file that a setting names is part of the setting, up to this size (bytes).
_FILE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Starting:
    """One start of this site on this machine.

    Attributes:
        changed: names of settings that are not as at the last start, those gone included.
        known: whether an earlier start is known here.
        unclean: the last one was not followed by an orderly stop.
    """

    path: Path
    key: str
    codes: Mapping[str, str]
    processes: tuple[str, ...]
    changed: tuple[str, ...]
    known: bool
    unclean: bool

    @staticmethod
    def of(site: Site, table: tuple[Process, ...]) -> Starting:
        path = site.layout.data / FILE
        last = _read(path)
        key = str(last.get("key") or secrets.token_hex(32))
        codes = {name: _code(key, value) for name, value in settings_of(site)}
        before: dict[str, str] = dict(last.get("settings", {}))
        changed = sorted(name for name in codes.keys() | before.keys() if codes.get(name) != before.get(name))
        names = tuple(process.name for process in table if process.enabled() and process.count(site))
        return Starting(path, key, codes, names, tuple(changed), bool(last), bool(last.get("running")))

    def entry(self) -> Process:
        """The program that enters the start in the log; it has to succeed, or nothing is started."""
        arguments = ["started", f"--processes={','.join(self.processes)}", f"--changed={','.join(self.changed)}"]
        arguments += [] if self.known else ["--first"]
        arguments += ["--unclean"] if self.unclean else []
        return Process("starts", "callwarden.site.entries", arguments=lambda _site: arguments)

    def done(self) -> None:
        """The log has it: the next start is compared with this one."""
        self._write(running=True)

    def stopped(self) -> Process:
        """The program that enters the stop in the log, when all other processes have ended."""
        return Process("starts", "callwarden.site.entries", arguments=lambda _site: ["stopped"], stop_seconds=15.0)

    def over(self) -> None:
        """The stop stands in the log."""
        self._write(running=False)

    def _write(self, *, running: bool) -> None:
        part = self.path.with_name(f".{FILE}.{os.getpid()}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"key": self.key, "settings": dict(self.codes), "running": running}, file)
        part.replace(self.path)


def settings_of(site: Site) -> Iterator[tuple[str, bytes]]:
    """Everything by which this start may differ from another: the version, options, settings and files they name."""
    yield "version", __version__.encode()
    for name in ("host", "port", "workers", "demo", "unlock_by_shares", "tls_cert", "tls_key"):
        yield f"--{name.replace('_', '-')}", str(getattr(site, name)).encode()
    for name, value in os.environ.items():
        if _SETTING.fullmatch(name):
            # What opens the root key is read by the keeper and by nobody else.
            inside = b"" if name in SECRET_OF_THE_KEEPER or not name.endswith("_FILE") else _inside(Path(value))
            yield name, value.encode() + b"\0" + inside


def _inside(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_FILE_BYTES)
    except OSError:
        return b""


def _code(key: str, value: bytes) -> str:
    return hmac.digest(bytes.fromhex(key), value, "sha256").hex()


def _read(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        bytes.fromhex(read["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return read if isinstance(read, dict) else {}
