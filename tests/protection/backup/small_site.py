"""A small real installation: a durable embedded PostgreSQL, a keeper, objects in a folder; asked from outside.

Not the database of the tests: copies and log shipping need one that writes a log worth shipping.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from callwarden.site.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[3]
PASSPHRASE = "correct horse battery staple of the copies"


class SmallSite:
    """One data folder. `targets` holds where its copies go."""

    def __init__(self, data: Path, targets: Path, *, key: Path | None = None, **settings: str) -> None:
        self.data, self.targets = data, targets
        self.key = key or data / "keys" / "backup.key"
        self.settings = settings
        self.database = EmbeddedPostgres(data / "db")
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CALLWARDEN_")}
        return clean | {
            "DJANGO_SETTINGS_MODULE": "callwarden.site.settings",
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
            "CALLWARDEN_DATA_DIR": str(self.data),
            "CALLWARDEN_DATABASE_URL": self.database.url,
            "CALLWARDEN_KEEPER_SOCKET": str(self.data / "k.sock"),
            "CALLWARDEN_KEYS_DIR": str(self.data / "keys"),
            "CALLWARDEN_LOG_LEVEL": "CRITICAL",
            "CALLWARDEN_BACKUP_TARGET": str(self.targets / "data"),
            "CALLWARDEN_KEY_BACKUP_TARGET": str(self.targets / "keys"),
            "CALLWARDEN_BACKUP_KEY": str(self.key),
            **self.settings,
        }

    def start(self) -> SmallSite:
        self.data.mkdir(mode=0o711, parents=True, exist_ok=True)
        keys = self.data / "keys"
        keys.mkdir(mode=0o700, exist_ok=True)
        (keys / "passphrase").write_text(PASSPHRASE)
        (keys / "passphrase").chmod(0o600)
        self.database.start()
        self.run("callwarden.site.migrate")
        self.spawn("callwarden.custody.keeper")
        deadline = time.monotonic() + 30
        while not (self.data / "k.sock").exists():
            assert time.monotonic() < deadline, "the keeper did not start"
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
            process.wait(30)
        self._processes.clear()
        self.database.stop()

    def lose(self) -> None:
        """The host is gone: nothing says goodbye."""
        for process in self._processes:
            process.kill()
            process.wait(30)
        self._processes.clear()
        if (pid := self.database.pid) is not None:
            os.kill(pid, 9)
        self.database.stop()

    def spawn(self, module: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-m", module], env=self.environment)
        self._processes.append(process)
        return process

    def run(self, module: str, *arguments: str, **given: Any) -> str:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=self.environment, input=json.dumps(given), capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def ask(self, question: str, **given: Any) -> Any:
        return json.loads(self.run("tests.protection.backup.inside", question, **given).splitlines()[-1])

    def command(self, *arguments: str, ok: bool = True, deadline: float = 0.0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "callwarden", *arguments],
            env=self.environment, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if ok and "runs already" in done.stderr and (deadline := deadline or time.monotonic() + 240) > time.monotonic():
            time.sleep(1)  # the site makes a copy by its clock just now
            return self.command(*arguments, ok=ok, deadline=deadline)
        assert not ok or done.returncode == 0, done.stdout + done.stderr
        return done

    def restore_arguments(self, into: Path, *further: str) -> list[str]:
        return [
            *("restore", "--data-dir", str(into), "--key", str(self.key)),
            *("--from", str(self.targets / "data"), "--keys-from", str(self.targets / "keys"), *further),
        ]
