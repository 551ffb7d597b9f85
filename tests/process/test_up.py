"""`callwarden up`, as a person runs it: a real start in an empty folder, real kills, a real stop."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("up"), pytest.mark.timeout(600)]

PLANTED = ["13912345678", "planted.person@example.com", "张三丰"]
START_SECONDS = 180


class Up:
    """One running `callwarden up`."""

    def __init__(self, data: Path, *, user: str | None = None, python: str = sys.executable) -> None:
        self.data = data
        self.options: tuple[str, ...] = ()
        self.typed = ""
        self.port = free_port()
        self._identity = identity(user)
        self._python = python
        self.output = ""
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CALLWARDEN_", "COV_"))}
        source = Path(__file__).resolve().parents[2] / "src"
        paths = [str(source), *(path for path in sys.path if path.endswith("site-packages"))]
        process = subprocess.Popen(
            [
                *(self._python, "-m", "callwarden", "up", "--data-dir", str(self.data)),
                *("--port", str(self.port), "--workers", "1", *self.options),
            ],
            env={**clean, "PYTHONPATH": ":".join(paths), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            **self._identity,
        )
        assert process.stdin is not None
        process.stdin.write(self.typed)
        process.stdin.flush()
        return process

    def await_summary(self) -> None:
        """Read what it prints until it says that it runs."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if self.output.count("Ctrl-C") == 2:  # once in each language
                return
        raise AssertionError(f"it ended without having started: {self.output}{self.logs()}")

    def restart(self) -> None:
        self.output = ""
        self.process = self._start()
        self.await_summary()

    def logs(self) -> str:
        folder = self.data / "logs"
        return "".join(path.read_text() for path in sorted(folder.glob("*"))) if folder.is_dir() else ""

    def get(self, path: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}", data=data, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def ready(self) -> bool:
        try:
            return self.get("readyz")[0] == 200
        except OSError:
            return False

    def await_ready(self, *, within: float = 60) -> None:
        deadline = time.monotonic() + within
        while not self.ready():
            assert time.monotonic() < deadline, f"not ready in time: {self.logs()[-3000:]}"
            time.sleep(0.1)

    def pid_of(self, name: str) -> int:
        """The newest process of this name, from the supervisor's log."""
        started = [json.loads(line) for line in (self.data / "logs" / "supervisor.log").read_text().splitlines()]
        return [line["pid_of"] for line in started if line.get("process_name") == name and "pid_of" in line][-1]

    @property
    def database_url(self) -> str:
        return f"postgresql://callwarden@:5432/callwarden?host={self.data / 'db' / 'socket'}"

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=120)
        return self.process.returncode


def identity(user: str | None) -> dict[str, Any]:
    """Arguments that make subprocess change the account, dropping every capability with it."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes_of(data: Path) -> dict[int, str]:
    """Every living process that has the data folder in its arguments or environment."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            arguments = (entry / "cmdline").read_bytes()
            if not arguments:  # a zombie or a kernel thread
                continue
            if os.fsencode(data) in arguments + (entry / "environ").read_bytes():
                found[int(entry.name)] = arguments.replace(b"\0", b" ").decode(errors="replace")[:100]
        except OSError:
            continue
    return found


def await_gone(data: Path, *, within: float = 30) -> dict[int, str]:
    deadline = time.monotonic() + within
    while (left := processes_of(data)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def kill_whatever_is_left(data: Path) -> None:
    for pid in processes_of(data):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    folder = Path(tempfile.mkdtemp(prefix="callwarden-up-"))
    folder.chmod(0o711)
    made = Up(folder / "data")
    try:
        made.await_summary()
        yield made
    finally:
        made.stop()
        kill_whatever_is_left(folder / "data")
        shutil.rmtree(folder, ignore_errors=True)


def test_an_empty_folder_becomes_a_running_callwarden(up: Up) -> None:
    assert up.ready()
    assert up.get("healthz") == (200, b'{"alive": true}')
    checks = json.loads(up.get("readyz")[1])["checks"]
    assert set(checks) == {"disk", "database", "keeper", "provider", "sequencer"}
    assert set(checks.values()) == {"pass"}


def test_the_summary_is_in_both_languages_and_says_where_the_passphrase_is(up: Up) -> None:
    assert up.output.count(f"http://127.0.0.1:{up.port}") == 2
    assert str(up.data / "keys" / "passphrase") in up.output
    assert (up.data / "keys" / "passphrase").read_text().strip() not in up.output


def test_nobody_else_can_look_into_the_data_folder(up: Up) -> None:
    open_to_others = [
        str(path)
        for path in [up.data, *up.data.rglob("*")]
        if not path.is_symlink()
        and path.exists()
        and not path.is_socket()
        and path.stat().st_mode & 0o006
        # The database account reads who may connect; as root these two hold no secret.
        and path.name not in {"hba.conf", "ident.conf"}
    ]
    assert open_to_others == []


def test_metrics_are_counted_over_processes_and_refused_through_a_proxy(up: Up) -> None:
    for _ in range(5):
        up.get("healthz")
    status, body = up.get("metrics")
    assert status == 200
    counted = [line for line in body.decode().splitlines() if 'route="healthz"' in line and "requests_total" in line]
    assert sum(float(line.split()[-1]) for line in counted) >= 5
    assert up.get("metrics", headers={"X-Forwarded-For": "192.0.2.7"})[0] == 403


def test_no_planted_value_reaches_a_log(up: Up) -> None:
    for value in PLANTED:
        quoted = urllib.parse.quote(value)
        up.get(f"calls/{quoted}?q={quoted}")
        up.get("accounts/login/", data=f"login={quoted}&password={quoted}".encode())
        up.get("healthz", headers={"X-Request-ID": quoted, "User-Agent": quoted, "Referer": quoted, "Cookie": quoted})
        with psycopg.connect(up.database_url, autocommit=True) as connection, pytest.raises(psycopg.Error):
            connection.execute("SELECT %s::int", [value])
    up.get("accounts/login/")
    time.sleep(0.5)
    logs = [path for folder in ("logs", "db/log") for path in (up.data / folder).iterdir()]
    text = "".join(path.read_text(errors="replace") for path in logs)
    assert '"route": "accounts/login/"' in text, "the logs must have been written, or this shows nothing"
    assert "LOG:" in text
    for value in PLANTED:
        for form in (value, urllib.parse.quote(value), json.dumps(value)[1:-1]):
            assert form not in text


@pytest.mark.parametrize("name", ["web", "worker", "clock", "keeper", "sequencer"])
def test_a_killed_process_comes_back_and_the_site_answers(up: Up, name: str) -> None:
    up.await_ready()
    killed = up.pid_of(name)
    os.kill(killed, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while up.pid_of(name) == killed:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    up.await_ready()


def test_a_killed_process_of_the_web_server_is_replaced_by_the_server(up: Up) -> None:
    up.await_ready()
    server = up.pid_of("web")
    children = Path(f"/proc/{server}/task/{server}/children")
    before = children.read_text().split()
    assert before
    for child in before:
        os.kill(int(child), signal.SIGKILL)
    deadline = time.monotonic() + 30
    while len(set(children.read_text().split()) - set(before)) < len(before):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    up.await_ready()
    assert up.pid_of("web") == server


def test_a_killed_database_comes_back_with_everything_that_was_committed(up: Up) -> None:
    with psycopg.connect(up.database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS planted (value int)")
        connection.execute("INSERT INTO planted VALUES (42)")
    postmaster = int((up.data / "db" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    time.sleep(0.5)
    up.await_ready()
    with psycopg.connect(up.database_url) as connection:
        assert connection.execute("SELECT value FROM planted").fetchall() == [(42,)]
        connection.execute("SELECT 1 FROM django_migrations")


def test_killing_the_supervisor_leaves_nobody_and_a_new_start_finds_everything(up: Up) -> None:
    assert len(processes_of(up.data)) > 5, "the count must see the processes, or an empty one shows nothing"
    up.process.kill()
    up.process.communicate()
    assert await_gone(up.data) == {}
    up.restart()
    assert up.ready()
    assert "passphrase was made" not in up.output
    with psycopg.connect(up.database_url) as connection:
        assert connection.execute("SELECT value FROM planted").fetchall() == [(42,)]


def test_starts_and_stops_stand_in_the_log_and_so_does_a_run_that_was_cut_off(up: Up) -> None:
    assert up.stop() == 0
    up.restart()
    deadline = time.monotonic() + 30
    with psycopg.connect(up.database_url, autocommit=True) as connection:
        while connection.execute("SELECT count(*) FROM custody_ledgerpending").fetchone() != (0,):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        rows = connection.execute(
            "SELECT body FROM custody_ledgerentry WHERE event LIKE 'site:process:%' OR event LIKE 'site:conf%'"
            " OR event LIKE 'ledger:sink:%' ORDER BY index"
        ).fetchall()
    told = [json.loads(bytes(body)) for (body,) in rows]
    assert [(one["event"], one.get("data", {}).get("after")) for one in told] == [
        ("site:process:started", "unknown"),
        ("site:configuration:changed", None),
        ("ledger:sink:changed", None),
        ("site:process:started", "cut_off"),
        ("site:process:stopped", None),
        ("site:process:started", "stop"),
    ]
    assert {"CALLWARDEN_DATA_DIR", "--port", "version"} <= set(told[1]["fields"])
    assert "sequencer" in told[0]["data"]["processes"]


def test_a_second_start_in_the_same_folder_is_refused(up: Up) -> None:
    second = Up(up.data)
    said, _none = second.process.communicate(timeout=60)
    assert second.process.returncode == 1
    assert "--data-dir" in said
    assert up.ready()


def test_a_clean_stop_leaves_no_process(up: Up) -> None:
    assert up.stop() == 0
    assert await_gone(up.data, within=5) == {}


def other_python(user: str) -> str:
    """An interpreter of this version that `user` can run with this environment's packages."""
    paths = [str(Path(__file__).resolve().parents[2] / "src"), *(p for p in sys.path if p.endswith("site-packages"))]
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        probe = [candidate, "-c", "import callwarden.site.up"]
        try:
            ran = subprocess.run(
                probe, env={"PYTHONPATH": ":".join(paths)}, capture_output=True, cwd="/", **identity(user)
            )
        except OSError:
            continue
        if ran.returncode == 0:
            return candidate
    pytest.skip("no Python of this version that other accounts can run")


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="callwarden-up-"))
    made.chmod(0o711)
    yield made
    kill_whatever_is_left(made)
    shutil.rmtree(made, ignore_errors=True)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to change accounts")


@needs_root
def test_a_normal_user_can_run_it_all(folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    shutil.chown(home, "nobody")
    up = Up(home / "data", user="nobody", python=other_python("nobody"))
    up.await_summary()
    assert up.ready()
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in processes_of(up.data)} == {(home / "data").stat().st_uid}
    assert up.stop() == 0
    assert await_gone(up.data, within=5) == {}


@needs_root
def test_root_gives_itself_away_and_the_web_cannot_read_keys_or_database_files(folder: Path) -> None:
    from callwarden.site.accounts import APP, DATABASE, KEEPER, system_account

    app = system_account(APP)
    up = Up(folder / "data", python=other_python(app.name))
    up.await_summary()
    assert up.ready()
    uids = {name: Path(f"/proc/{up.pid_of(name)}").stat().st_uid for name in ("web", "worker", "keeper", "sequencer")}
    keeper = system_account(KEEPER).uid
    assert uids == {"web": app.uid, "worker": app.uid, "keeper": keeper, "sequencer": keeper}
    postmaster = int((up.data / "db" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
    assert Path(f"/proc/{postmaster}").stat().st_uid == system_account(DATABASE).uid
    for secret in ("keys/passphrase", "keys/root.key", "db/cluster/PG_VERSION", "ledger/signing.key", "logs/web.log"):
        assert (up.data / secret).exists(), "the file must be there, or being refused shows nothing"
        read = subprocess.run(["cat", str(up.data / secret)], capture_output=True, **identity(app.name))
        assert read.returncode != 0, secret
    assert up.stop() == 0
    assert await_gone(up.data, within=5) == {}
