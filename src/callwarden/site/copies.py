"""What backup, restore and drill work with on this machine: the server, the two targets, the key, the accounts."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from signal import SIGKILL
from typing import TYPE_CHECKING

from callwarden.doors.cli._installation import Usage
from callwarden.doors.cli.language import gettext as _
from callwarden.site.accounts import DATABASE, Account, system_account
from callwarden.site.children import spawn
from callwarden.site.postgres import OWNER, EmbeddedPostgres

if TYPE_CHECKING:
    from callwarden.flows.residue import Reach
    from callwarden.protection.backup.copying import Manifest
    from callwarden.protection.backup.server import Server
    from callwarden.protection.backup.vault import BackupKey, Vault


@dataclass(frozen=True)
class Copies:
    """One site's copies."""

    server: Server
    data: Vault
    keys: Vault
    key: BackupKey
    folder: Path  # the data folder


def configured(*, make_key: bool = False) -> Copies:
    """From the settings of this process; Django must be set up.

    Raises:
        Usage: a target is not set, or both are the same place.
        InvalidInput: the backup key cannot be read.
    """
    from django.conf import settings

    from callwarden.protection.backup.vault import DATA, KEYS, BackupKey, Vault

    data, keys = settings.BACKUP_TARGET, settings.KEY_BACKUP_TARGET
    if not data or not keys:
        raise Usage(_("Set CALLWARDEN_BACKUP_TARGET and CALLWARDEN_KEY_BACKUP_TARGET, two places off this host."))
    if _inside(keys, data) or _inside(data, keys):
        raise Usage(_("Data and key files must go to two places, neither inside the other: they have two lives."))
    if make_key:
        BackupKey.make(settings.BACKUP_KEY)
    key = BackupKey.read(settings.BACKUP_KEY)
    return Copies(
        server=live_server(),
        data=Vault(data, key.seal_key(DATA)),
        keys=Vault(keys, key.seal_key(KEYS)),
        key=key,
        folder=settings.LAYOUT.data,
    )


def live_server() -> Server:
    """The database of the settings: the embedded one, or another that CALLWARDEN_BACKUP_DATABASE_URL may copy.

    Raises:
        Usage: another database, and nobody who may copy it.
    """
    from django.conf import settings

    from callwarden.protection.backup.server import Server
    from callwarden.site.accounts import current

    embedded = EmbeddedPostgres(settings.LAYOUT.database)
    if own := os.environ.get("CALLWARDEN_BACKUP_DATABASE_URL"):
        name, me = str(settings.DATABASES["default"]["NAME"]), current()
        return Server(own, name, _program(embedded), me, _spawning(me))
    if settings.DATABASES["default"]["HOST"] != str(embedded.sockets):
        raise Usage(_("Set CALLWARDEN_BACKUP_DATABASE_URL to a login that may replicate and read every row."))
    return server_of(embedded)


def reach_of_searches() -> Reach:
    """How far a search for residue sees into the database of the settings from this process."""
    from django.conf import settings

    from callwarden.flows.residue import Reach

    embedded = EmbeddedPostgres(settings.LAYOUT.database)
    try:
        server = live_server()
    except Usage:
        return Reach()
    if not embedded.cluster.parent.is_dir() or settings.DATABASES["default"]["HOST"] != str(embedded.sockets):
        return Reach(server)
    return Reach(server, embedded.cluster, embedded.folder / f"residue-{os.getpid()}")


def server_of(embedded: EmbeddedPostgres) -> Server:
    from callwarden.protection.backup.server import Server

    conninfo = f"host={embedded.sockets} port=5432 user=postgres"
    account = system_account(DATABASE)
    return Server(conninfo, OWNER, _program(embedded), account, _spawning(account))


def _spawning(account: Account) -> Callable[[Sequence[str], Mapping[str, str]], subprocess.Popen[bytes]]:
    def start(command: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        return spawn(command, account=account, when_parent_dies=SIGKILL, env=env, stdout=quiet, stderr=quiet)

    return start


def _program(embedded: EmbeddedPostgres) -> Callable[[str], Path]:
    """The embedded server's own programs; those of the system where there is no embedded one."""

    @cache
    def find(name: str) -> Path:
        if embedded.cluster.exists() or embedded.folder.exists():
            return embedded.program(name)
        found = shutil.which(name)
        return Path(found) if found else embedded.program(name)

    return find


def make_backup(copies: Copies) -> Manifest:
    """A full copy and one of the key files, noted; what has outlived its time is removed.

    Raises:
        CallwardenError: it could not be made; noted as a finding.
    """
    with one_at_a_time(copies.folder, "backup"):
        return _make_backup(copies)


def _make_backup(copies: Copies) -> Manifest:
    from django.conf import settings

    from callwarden.kernel.errors import CallwardenError
    from callwarden.protection.backup import actions, copying
    from callwarden.protection.backup.models import Backup

    run = actions.begin(Backup.Kind.DATA)
    try:
        manifest = copying.copy_database(
            copies.server,
            copies.data,
            copies.key,
            staging=copies.folder / "backup" / "staging",
            origin=origin_of(copies.folder),
            files=settings.BACKUP_FILES,
        )
    except CallwardenError as error:
        actions.failed(run, error)
        raise
    actions.succeeded(run, name=manifest.id, size=manifest.size, ledger_size=manifest.ledger_size)
    backup_keys(copies)
    copying.prune(copies.server, copies.data, copies.key, copies.keys)
    return manifest


def backup_keys(copies: Copies) -> str:
    """A copy of the key files, noted.

    Raises:
        CallwardenError: it could not be made; noted as a finding.
    """
    with one_at_a_time(copies.folder, "keys", wait=True):
        return _backup_keys(copies)


def _backup_keys(copies: Copies) -> str:
    from django.conf import settings

    from callwarden.kernel.errors import CallwardenError
    from callwarden.protection.backup import actions, copying
    from callwarden.protection.backup.models import Backup

    run = actions.begin(Backup.Kind.KEYS)
    try:
        name = copying.copy_keys(copies.keys, Path(os.environ.get("CALLWARDEN_KEYS_DIR") or settings.LAYOUT.keys))
    except CallwardenError as error:
        actions.failed(run, error)
        raise
    actions.succeeded(run, name=name.removeprefix("keys/"), size=0)
    return name


@contextmanager
def one_at_a_time(data: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of backups, copies of key files or drills; it ends with the process, however that ends.

    Raises:
        Conflict: another process holds it.
    """
    from django.utils.translation import gettext_lazy

    from callwarden.kernel.errors import Conflict

    folder = data / "backup"
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    lock = os.open(folder / f"{what}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    except BlockingIOError:
        raise Conflict(
            "backup_runs", gettext_lazy("A backup or drill of this kind runs already. Wait until it has ended.")
        ) from None
    finally:
        os.close(lock)


def origin_of(data: Path) -> str:
    """The ledger's name; empty before its first start."""
    try:
        return (data / "ledger" / "origin").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def _inside(one: str, other: str) -> bool:
    return f"{one.rstrip('/')}/".startswith(f"{other.rstrip('/')}/")
