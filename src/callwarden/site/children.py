"""Starting child processes that cannot outlive their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import IO

from callwarden.site.accounts import Account

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: a child between fork and exec must not take the loader's locks.
_libc = ctypes.CDLL(None, use_errno=True)


def tie_to_parent(parent: int, when_it_dies: signal.Signals) -> None:
    """Have the kernel send `when_it_dies` to this process when the process `parent`, which made it, ends.

    Must run after any change of user, which clears the setting (prctl(2), PR_SET_PDEATHSIG).
    """
    if _libc.prctl(_PR_SET_PDEATHSIG, int(when_it_dies), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl refused the parent-death signal")
    if os.getppid() != parent:  # it died in the meantime: nobody will tell us any more
        os._exit(1)


def _between_fork_and_exec(parent: int, when_parent_dies: signal.Signals) -> Callable[[], None]:
    def prepare() -> None:
        tie_to_parent(parent, when_parent_dies)

    return prepare


def spawn(
    command: Sequence[str],
    *,
    account: Account,
    when_parent_dies: signal.Signals,
    env: Mapping[str, str] | None = None,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
    pass_fds: Sequence[int] = (),
    umask: int = 0o077,
) -> subprocess.Popen[bytes]:
    """Start `command` under `account`, in a process group of its own.

    The parent-death signal follows the *thread* that starts the child, so call this from the main thread only.
    """
    same = account.is_current
    return subprocess.Popen(  # noqa: S603
        list(command),
        env=dict(env) if env is not None else None,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        pass_fds=tuple(pass_fds),
        cwd="/",
        umask=umask,
        process_group=0,
        preexec_fn=_between_fork_and_exec(os.getpid(), when_parent_dies),
        user=None if same else account.uid,
        group=None if same else account.gid,
        extra_groups=None if same else (),
    )
