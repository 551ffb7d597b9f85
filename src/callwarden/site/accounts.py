"""The operating-system accounts that processes run under.

Started as root, Callwarden gives root away: PostgreSQL refuses to run as root at all, and a fault in the web door must
not read keys or database files. Started as a normal user, every process runs as that user and nothing here acts.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass

# One group lets the processes meet at sockets; each account still owns its own files alone.
GROUP = "callwarden"
APP = "callwarden"  # web, workers, sequencer, spool
DATABASE = "callwarden-db"
KEEPER = "callwarden-keeper"


class AccountError(RuntimeError):
    """A system account is missing and cannot be made here. The message says what to do."""


@dataclass(frozen=True)
class Account:
    """Who a process runs as. `name` is for people and for PostgreSQL's ident map."""

    name: str
    uid: int
    gid: int

    @property
    def is_current(self) -> bool:
        return self.uid == os.geteuid()

    def own(self, path: str | os.PathLike[str]) -> None:
        """Give one file or folder to this account (does nothing when it is already ours)."""
        if not self.is_current:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def current() -> Account:
    """The account this process runs under."""
    uid = os.geteuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        # Containers run under bare numbers; PostgreSQL's peer check needs a name, so say so early.
        raise AccountError(
            f"User number {uid} has no name on this machine. Add a line for it to /etc/passwd, or run as a named user."
        ) from None
    return Account(name, uid, os.getegid())


def system_account(name: str) -> Account:
    """The named account when root runs us (made on first use), else the current one.

    Raises:
        AccountError: root, but `useradd` and `groupadd` are missing or refused.
    """
    if os.geteuid() != 0:
        return current()
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        _make(name)
        entry = pwd.getpwnam(name)
    return Account(name, entry.pw_uid, entry.pw_gid)


def _make(name: str) -> None:
    useradd, groupadd = _administration("useradd"), _administration("groupadd")
    if not useradd or not groupadd:
        raise AccountError(
            f"The system account {name} does not exist and this machine has no useradd. "
            f"Create it (no login shell, group {GROUP}), or start Callwarden as a normal user."
        )
    try:
        grp.getgrnam(GROUP)
    except KeyError:
        _run(groupadd, "--system", "--force", GROUP)
    made = _run(
        *(useradd, "--system", "--gid", GROUP, "--no-create-home", "--home-dir", "/nonexistent"),
        *("--shell", "/usr/sbin/nologin", name),
    )
    exists = any(entry.pw_name == name for entry in pwd.getpwall())
    if not made and not exists:  # another process may have made it in the same moment
        raise AccountError(
            f"The system account {name} could not be made. Create it by hand (no login shell, group {GROUP}), "
            "or start Callwarden as a normal user."
        )


def _administration(name: str) -> str | None:
    """Where this program lies. `su` without a dash leaves root with a PATH that has no sbin in it."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


def _run(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603
