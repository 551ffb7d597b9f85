"""A real `callwarden up` in a scratch data folder, and the means to look into it, kill parts of it and stop it."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

from callwarden.site.accounts import APP, KEEPER, system_account

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 420.0
STOP_SECONDS = 180.0


def python_for(user: str) -> str:
    """An interpreter of this version that `user` can run with this environment's packages; else our own."""
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        try:
            ran = subprocess.run(
                [candidate, "-c", "import callwarden.site.up, numpy, psycopg"],
                env={"PYTHONPATH": packages()},
                capture_output=True,
                cwd="/",
                **identity(user),
            )
        except OSError:
            continue
        if ran.returncode == 0:
            return candidate
    return sys.executable


def packages() -> str:
    """PYTHONPATH with this source tree and the packages of this environment."""
    return ":".join([str(ROOT / "src"), str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))])


def unfinished(data: Path) -> list[Path]:
    """Files that somebody began to write and did not end. The database's own are its own business, and `.partial` is
    its name for the log segment that is being received: part of what was copied.
    """
    found = (path for path in data.rglob("*") if ".part" in path.name and path.suffix != ".partial")
    return [path for path in found if "db" not in path.relative_to(data).parts]


def identity(user: str | None) -> dict[str, Any]:
    """Arguments that make subprocess change the account, every capability dropped with it."""
    if user is None or os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A folder for one proof. Other accounts pass through it, nobody else looks into what is inside."""
    folder = Path(tempfile.mkdtemp(prefix=f"cw-{prefix}-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Running:
    """One installation, started by the command a person would type.

    Args:
        settings: further environment, names without the prefix CALLWARDEN_.
        temporary: what the processes take for the temporary folder.
    """

    def __init__(
        self, data: Path, *, demo: bool = False, workers: int = 1, settings: Mapping[str, str] | None = None,
        temporary: Path | None = None,
    ) -> None:  # fmt: skip
        self.data = data
        self.port = _free_port()
        self.output: list[str] = []
        self.started_in = 0.0
        self._demo, self._workers = demo, workers
        self._settings, self._temporary = dict(settings or {}), temporary
        self._python = python_for(system_account(APP).name)
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        self._begun = time.monotonic()
        arguments = ["--data-dir", str(self.data), "--port", str(self.port), "--workers", str(self._workers)]
        process = subprocess.Popen(
            [self._python, "-m", "callwarden", "up", *(["--demo"] if self._demo else []), *arguments],
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
        )
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()
        return process

    def _environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CALLWARDEN_", "COV_"))}
        given = {f"CALLWARDEN_{name}": value for name, value in self._settings.items()}
        temporary = {"TMPDIR": str(self._temporary)} if self._temporary else {}
        paths = {"PYTHONPATH": packages(), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
        return {**clean, **paths, **given, **temporary}

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.output.append(line)

    def await_started(self) -> Running:
        """Wait until it says that it runs, in both languages."""
        self._await(lambda: "".join(self.output).count("Ctrl-C") == 2, START_SECONDS, "started")
        self.started_in = time.monotonic() - self._begun
        return self

    def await_ready(self, *, within: float = START_SECONDS) -> None:
        self._await(self.ready, within, "ready")

    def _await(self, done: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"not {what}: {''.join(self.output)[-1500:]}\n{self.logs()[-3000:]}")
            time.sleep(0.2)

    def ready(self) -> bool:
        try:
            return self.get("readyz")[0] == 200
        except OSError:
            return False

    def get(self, path: str) -> tuple[int, bytes]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.port}/{path}", timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    # Looking into it

    def logs(self) -> str:
        folder = self.data / "logs"
        return "".join(path.read_text(errors="replace") for path in sorted(folder.glob("*"))) if folder.is_dir() else ""

    def pid_of(self, name: str) -> int | None:
        """The newest process of this name ("worker", "worker-2", "database", "supervisor") if it is alive."""
        if name == "supervisor":
            return self.process.pid if self.process.poll() is None else None
        if name == "database":
            try:
                text = (self.data / "db" / "cluster" / "postmaster.pid").read_text()
                return _alive(int(text.splitlines()[0]))
            except (OSError, ValueError, IndexError):
                return None
        started = []
        for line in (self.data / "logs" / "supervisor.log").read_text().splitlines():
            with contextlib.suppress(ValueError):
                started.append(json.loads(line))
        pids = [line["pid_of"] for line in started if line.get("process_name") == name and "pid_of" in line]
        return _alive(pids[-1]) if pids else None

    def processes(self) -> set[int]:
        """Every living process that has the data folder in its arguments or environment."""
        found = set()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                arguments = (entry / "cmdline").read_bytes()
                if arguments and os.fsencode(self.data) in arguments + (entry / "environ").read_bytes():
                    found.add(int(entry.name))
        return found

    def sql(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        """As the database's superuser, whom row security does not bind."""
        with self.connect("postgres") as connection:
            cursor = connection.execute(statement, arguments or None)
            return cursor.fetchall() if cursor.description else []

    def connect(self, user: str, *, role: str = "") -> psycopg.Connection[tuple[Any, ...]]:
        options = {"options": f"-c role={role}"} if role else {}
        return psycopg.connect(
            host=str(self.data / "db" / "socket"), port=5432, user=user, dbname="callwarden", autocommit=True,
            connect_timeout=30, **options,
        )  # fmt: skip

    def inside(self, question: str, *, user: str | None = APP, role: str = "cw_app", **given: Any) -> Any:
        """Ask `tests.prove._inside` in a process of its own that has what a process of the site has, and no more.

        Args:
            user: the operating-system account, where root started the site.
            role: the database role its connections take.
        """
        environment = self._environment() | {
            "DJANGO_SETTINGS_MODULE": "callwarden.site.settings",
            "CALLWARDEN_DATA_DIR": str(self.data),
            "CALLWARDEN_DATABASE_URL": f"postgresql://callwarden@:5432/callwarden?host={self.data / 'db' / 'socket'}",
            "CALLWARDEN_DATABASE_ROLE": role,
            "CALLWARDEN_KEEPER_SOCKET": str(self.data / "run" / "keeper.sock"),
            "CALLWARDEN_DEMO": "1" if self._demo else "",
            "CALLWARDEN_LOG_LEVEL": "CRITICAL",
        }
        ran = subprocess.run(
            [self._python, "-m", "tests.prove._inside", question],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            env=environment,
            cwd="/",
            timeout=1800,
            **identity(user if self.separated else None),
        )
        if ran.returncode != 0:
            raise RuntimeError(f"{question}: {ran.stderr[-3000:]}")
        return json.loads(ran.stdout.splitlines()[-1])

    @property
    def separated(self) -> bool:
        """Whether its processes run under accounts of their own."""
        return os.geteuid() == 0 and (self.data / "keys" / "root.key").stat().st_uid == _uid(KEEPER)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`callwarden ARGUMENTS` as the one who started the site."""
        return subprocess.run(
            [self._python, "-m", "callwarden", *arguments],
            env=self._environment()
            | {
                "CALLWARDEN_DATA_DIR": str(self.data),
                "CALLWARDEN_DATABASE_URL": f"postgresql://callwarden@:5432/callwarden?host={self.data}/db/socket",
            },
            capture_output=True,
            text=True,
            cwd="/",
            timeout=1800,
        )

    # Ending it

    def kill(self, name: str) -> bool:
        """kill -9 one process by its own number. False: it was not alive at that moment."""
        pid = self.pid_of(name)
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return True
        return False

    def restart(self) -> None:
        """Start again in the same folder, after everything of the last run is gone."""
        deadline = time.monotonic() + STOP_SECONDS
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.2)
        self.output.clear()
        self.process = self._start()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        finally:
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return self.process.returncode


def _alive(pid: int) -> int | None:
    return pid if Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() else None


def _uid(name: str) -> int:
    return pwd.getpwnam(name).pw_uid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def summary(done: subprocess.CompletedProcess[str]) -> str:
    """The last line of a run of tests; of one that failed, which did and why too."""
    rows = done.stdout.strip().splitlines() or [""]
    wrong = [row[:200] for row in rows if row.startswith(("FAILED", "ERROR", "E  "))] if done.returncode else []
    return " · ".join([rows[-1][:80], *wrong[:4]])
