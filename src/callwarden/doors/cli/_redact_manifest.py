"""What is finished, so that a run that was stopped goes on where it was.

The manifest lies in the output folder and says, for each call, a keyed digest of everything that went in and the sizes
of what came out. The key lies with the user, not with the output: nobody who gets the folder can check a guess with it.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

NAME = ".callwarden-redact.jsonl"
PART = ".callwarden-part"  # ending of half-written files
_LOCK = ".callwarden-redact.lock"
_KEY_BYTES = 32


class Busy(Exception):
    """Another run is writing to the same folder."""


def user_key() -> bytes | None:
    """The user's key for manifests, made on first use; None when it cannot be kept."""
    home = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    file = Path(home) / "callwarden" / "redact.key"
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            made = file.with_name(f".{file.name}.{os.getpid()}")
            made.write_bytes(secrets.token_bytes(_KEY_BYTES))
            made.chmod(0o600)
            try:
                os.link(made, file)  # fails when another run was first: then its key counts
            finally:
                made.unlink()
        key = file.read_bytes()
    except OSError:
        return None
    return key if len(key) == _KEY_BYTES else None


class Manifest:
    """The record of one output folder, held under a lock while open."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self.done: dict[str, tuple[str, dict[str, int]]] = {}

    def __enter__(self) -> Self:
        self._lock = (self._out / _LOCK).open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise Busy from None
        self._discard_parts()
        file = self._out / NAME
        self._load(file)
        self._file = file.open("ab")
        if file.stat().st_size and not self._whole:
            self._file.write(b"\n")  # a line torn by a sudden end stays alone
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()
        self._lock.close()

    def add(self, name: str, digest: str, sizes: dict[str, int]) -> None:
        """Note a finished call; it survives the sudden end of this program."""
        self.done[name] = (digest, sizes)
        self._file.write(json.dumps({"name": name, "digest": digest, "sizes": sizes}).encode() + b"\n")
        self._file.flush()

    def _load(self, file: Path) -> None:
        self._whole = True
        if not file.exists():
            return
        with file.open("rb") as lines:
            for line in lines:
                self._whole = line.endswith(b"\n")
                entry = _entry(line)
                if entry is not None:
                    self.done[entry[0]] = entry[1:]

    def _discard_parts(self) -> None:
        """Half-written files of a run that was killed. They are hidden and belong to nobody."""
        for folder, _, names in os.walk(self._out):
            for name in names:
                if name.startswith(".") and name.endswith(PART):
                    (Path(folder) / name).unlink(missing_ok=True)


def _entry(line: bytes) -> tuple[str, str, dict[str, int]] | None:
    try:
        item: Any = json.loads(line)
        name, digest, sizes = item["name"], item["digest"], item["sizes"]
    except (ValueError, KeyError, TypeError):
        return None
    if isinstance(name, str) and isinstance(digest, str) and isinstance(sizes, dict):
        return name, digest, sizes
    return None
