"""The data folder: what lies where, whose it is, and the secrets made at the first start.

keys/     the keeper's key folder, and the signing key of sessions
db/       the embedded database
spool/    arrivals, sealed, waiting to be taken in
incoming/ watched folders, one a line, where recordings may be dropped
objects/  sealed recordings and transcripts
ledger/   the transparency log
static/   collected front-end files
run/      sockets, process metrics
logs/     structured logs
last-start.json  by what a changed setting is noticed (site/starts.py)

Beside it, DATA-heads/: signed heads of the ledger, where no other place is named for them.
"""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from signal import SIGKILL
from urllib.parse import quote

from callwarden.site.accounts import APP, KEEPER, Account, current, system_account
from callwarden.site.children import spawn

# Seconds between two heads in the folder beside the data folder: a file each.
HEADS_EVERY = 60
_SOCKET_LIMIT = 107 - len("/keeper.sock")


@dataclass(frozen=True)
class Accounts:
    """Who runs what. All three are the current account unless root starts us."""

    app: Account
    keeper: Account
    root_kept: bool = False  # root's interpreter cannot be reached by other accounts, so root could not be dropped

    @staticmethod
    def choose() -> Accounts:
        me = current()
        if me.uid != 0:
            return Accounts(me, me)
        app, keeper = system_account(APP), system_account(KEEPER)
        if _can_run_program(app):
            return Accounts(app, keeper)
        return Accounts(me, me, root_kept=True)


@dataclass(frozen=True)
class Layout:
    """Paths below one data folder."""

    data: Path

    @property
    def keys(self) -> Path:
        return self.data / "keys"

    @property
    def django_secret(self) -> Path:
        return self.keys / "django-secret"

    @property
    def passphrase(self) -> Path:
        return self.keys / "passphrase"

    @property
    def database(self) -> Path:
        return self.data / "db"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    def heads(self, *, demo: bool = False) -> Path:
        """Where signed heads go on a site that names no place: outside the data folder, so that no old copy of it
        brings an old log back unseen. A demonstration keeps all in one folder."""
        return self.data / "demo-heads" if demo else self.data.with_name(f"{self.data.name}-heads")

    def heads_address(self, *, demo: bool = False) -> str:
        return f"file://{quote(str(self.heads(demo=demo)))}?every={HEADS_EVERY}"

    @property
    def metrics(self) -> Path:
        return self.data / "run" / "metrics"

    @property
    def run(self) -> Path:
        """Where sockets lie; in the temporary folder where the data folder's path is too long for a socket."""
        inside = self.data / "run"
        if len(os.fsencode(inside)) <= _SOCKET_LIMIT:
            return inside
        digest = sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"callwarden-run-{os.geteuid()}-{digest}"

    def make(self, accounts: Accounts) -> None:
        """Make every folder with its owner and mode; safe to repeat, and mends modes that became too wide."""
        apart = not accounts.app.is_current
        me = current()
        _folder(self.data, me, 0o711 if me.uid == 0 else 0o700)  # the database account always passes
        _folder(self.keys, accounts.keeper, 0o711 if apart else 0o700)
        _folder(self.data / "spool", accounts.app, 0o700)
        _folder(self.data / "incoming", accounts.app, 0o700)
        _folder(self.data / "objects", accounts.app, 0o700)
        _folder(self.data / "ledger", accounts.keeper, 0o2750 if apart else 0o700)
        _folder(self.data / "static", accounts.app, 0o700)
        _folder(self.logs, me, 0o700)
        # Sticky and shared by the group: each process makes its own socket and cannot replace another's.
        for folder in {self.run, self.data / "run"}:
            _folder(folder, Account(me.name, me.uid, accounts.app.gid), 0o1770 if apart else 0o700)
        _folder(self.metrics, accounts.app, 0o700)

    def make_heads(self, accounts: Accounts, *, demo: bool) -> bool:
        """Make the folder for signed heads beside the data folder. False: it cannot be made; the sink will say so."""
        try:
            _folder(self.heads(demo=demo), accounts.keeper, 0o700)
        except OSError:
            return False
        return True

    def make_secrets(self, accounts: Accounts) -> bool:
        """Make what is missing of the session secret and the root passphrase; True when the passphrase is new.

        No passphrase is made for a root that lies elsewhere, nor where there was a root before.
        """
        _secret(self.django_secret, accounts.app)
        elsewhere = os.environ.get("CALLWARDEN_KEY_PROVIDER", "passphrase") not in {"", "passphrase"}
        there_was = any((self.keys / name).exists() for name in ("root.key", "provider.json"))
        if elsewhere or there_was or os.environ.get("CALLWARDEN_PASSPHRASE_FILE"):
            return False
        return _secret(self.passphrase, accounts.keeper)


def _folder(path: Path, owner: Account, mode: int) -> None:
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.is_symlink():
        raise NotADirectoryError(f"{path.name} is a symbolic link")
    if os.geteuid() == 0:
        os.chown(path, owner.uid, owner.gid, follow_symlinks=False)
    if path.stat().st_mode & 0o7777 != mode:
        path.chmod(mode)


def _secret(path: Path, owner: Account) -> bool:
    if path.exists():
        return False
    part = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o400)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.urlsafe_b64encode(secrets.token_bytes(48)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
        if not owner.is_current:
            os.fchown(file.fileno(), owner.uid, owner.gid)
    part.rename(path)
    return True


def _can_run_program(account: Account) -> bool:
    """Whether `account` can start this interpreter and import this program (every folder above them passable)."""
    try:
        process = spawn(
            [sys.executable, "-c", "import callwarden.site.run"],
            account=account,
            when_parent_dies=SIGKILL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except PermissionError:
        return False
    return process.wait() == 0
