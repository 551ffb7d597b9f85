"""Files that are made once, by whoever comes first, and never seen half-written."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def create_once(path: Path, data: bytes, *, mode: int = 0o600) -> bool:
    """Make the file unless it exists. Whoever reads it, at any moment and after any crash, reads all of it.

    Args:
        mode: permissions, narrowed by the process's umask.

    Returns:
        Whether this call made it; otherwise somebody else has.
    """
    if path.exists():
        return False
    part = path.with_name(f".{path.name}.part{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            give_to_owner(file.fileno(), path.parent)
        os.link(part, path)  # unlike a rename, it never replaces
    except FileExistsError:
        return False
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def give_to_owner(descriptor: int, folder: Path) -> None:
    """What root makes in a folder belongs to the account the folder belongs to, whose processes have to read it."""
    owner = folder.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder as durable as what stands behind them."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
