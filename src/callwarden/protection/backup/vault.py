"""Where copies lie: a folder or an S3-compatible store. Whatever is put there is sealed, except what is sealed already.

The sealed file of `engines.seal` is bound to its name, so two parts exchanged open no more than a part changed.
Nothing counts as copied before all of it was read back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import obstore
from django.utils.translation import gettext_lazy as _
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, from_url

from callwarden.engines.seal import Key, SealedReader, SealedWriter, SealError, Suite, Truncated, WrongKey
from callwarden.kernel.errors import InvalidInput
from callwarden.protection.backup.rules import BackupFailed, refused

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

CHUNK: Final = 1 << 20
_UNFINISHED: Final = re.compile(r"#\d+$")  # how a folder store names what is being written
DATA, KEYS = b"data", b"keys"


@dataclass(frozen=True)
class Stored:
    """One part as it was written. `size` in bytes of content, `digest` SHA-256 of the content, in hex."""

    size: int
    digest: str


class BackupKey:
    """The secret of all copies. Sites keep it off this host; whoever has it and a target reads the copies."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def read(cls, path: Path) -> BackupKey:
        """
        Raises:
            InvalidInput: no such file, or not 32 bytes in base64.
        """
        try:
            raw = base64.urlsafe_b64decode(path.read_bytes().strip())
        except (OSError, ValueError):
            raw = b""
        if len(raw) != 32:
            raise InvalidInput(
                "backup_key_unusable",
                _("The backup key cannot be read. Set CALLWARDEN_BACKUP_KEY to the file the copies were made with."),
            )
        return cls(raw)

    @staticmethod
    def make(path: Path) -> None:
        """Make the key file unless there is one; only its owner reads it."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o400)
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.urlsafe_b64encode(os.urandom(32)) + b"\n")
                file.flush()
                os.fsync(file.fileno())

    def seal_key(self, purpose: bytes) -> Key:
        return Key(Suite.AES_256_GCM, hmac.digest(self._secret, b"callwarden.backup.seal." + purpose, "sha256"))

    def mac(self, body: bytes) -> str:
        return hmac.digest(hmac.digest(self._secret, b"callwarden.backup.mac", "sha256"), body, "sha256").hex()


class Vault:
    """One target under one key.

    Args:
        url: a folder, or s3://bucket/prefix (credentials from the environment, as for CALLWARDEN_OBJECTS).
    """

    def __init__(self, url: str, key: Key) -> None:
        self._key = key
        self.url = url
        if url.startswith("s3://"):
            # Amazon refuses parts without a checksum in a bucket with object lock.
            self._store: Any = from_url(url, config={"checksum_algorithm": "SHA256"})
        elif "://" in url:
            self._store = from_url(url)
        else:
            folder = Path(url)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._store = LocalStore(folder)

    # Writing

    def write(self, path: str, produce: Callable[[io.BufferedIOBase], object]) -> Stored:
        """Seal what `produce` writes into a part of this name, and read all of it back.

        Raises:
            BackupFailed: the target is full or does not answer, or gives back something else.
        """
        with _telling_of_failures():
            # Writers of a store complete on close: one that is left by an error is never closed.
            out = obstore.open_writer(self._store, path)
            sealed = SealedWriter(_Counted(out), self._key, record_id=path.encode())
            digest = _Digesting(sealed)
            produce(digest)
            sealed.close()
            out.close()
        stored = Stored(sealed.plain_size, digest.hexdigest())
        self.verify(path, stored)
        return stored

    def write_bytes(self, path: str, content: bytes) -> Stored:
        """As `write`, for something short; replaces what lies there."""
        return self.write(path, lambda out: out.write(content))

    def add(self, path: str, content: bytes) -> bool:
        """Seal a short part unless one of this name exists already. Returns whether it was added."""
        sealed = io.BytesIO()
        with SealedWriter(sealed, self._key, record_id=path.encode()) as out:
            out.write(content)
        with _telling_of_failures():
            try:
                obstore.put(self._store, path, sealed.getvalue(), mode="create")
            except AlreadyExistsError:
                return False
        self.verify(path, Stored(len(content), hashlib.sha256(content).hexdigest()))
        return True

    def copy_sealed(self, path: str, content: Any, digest: str) -> None:
        """Copy what is ciphertext already, and read it back.

        Args:
            digest: SHA-256 of the ciphertext, in hex, as the database knows it.
        """
        with _telling_of_failures():
            with suppress(AlreadyExistsError):
                obstore.put(self._store, path, content, mode="create")
            again = hashlib.sha256()
            for piece in obstore.get(self._store, path).stream(CHUNK):
                again.update(piece)
        if again.hexdigest() != digest:
            self.delete(path)  # so that the next run copies it anew
            raise BackupFailed("copy_differs", _("The target gave back something else than it was given. Check it."))

    # Reading

    def verify(self, path: str, stored: Stored) -> None:
        """Read all of a part.

        Raises:
            BackupRefused: it is not what was written.
        """
        digest = hashlib.sha256()
        size = 0
        for piece in self.read(path):
            digest.update(piece)
            size += len(piece)
        if (size, digest.hexdigest()) != (stored.size, stored.digest):
            raise refused("backup_damaged", part=path)

    def read(self, path: str) -> Iterator[bytes]:
        """The content of a part, authenticated piece by piece.

        Raises:
            BackupRefused: missing, cut, changed, or sealed under another key.
            BackupFailed: the target does not answer.
        """
        try:
            with _telling_of_failures():
                reader = SealedReader(_Ranges(self._store, path), self._key, record_id=path.encode())
                while piece := reader.read(CHUNK):
                    yield piece
        except FileNotFoundError:
            raise refused("backup_part_missing", part=path) from None
        except WrongKey:
            raise refused("backup_wrong_key", part=path) from None
        except Truncated:
            raise refused("backup_truncated", part=path) from None
        except SealError:
            raise refused("backup_damaged", part=path) from None

    def read_bytes(self, path: str) -> bytes:
        return b"".join(self.read(path))

    def fetch_sealed(self, path: str, to: Path, digest: str) -> None:
        """Fetch a copied ciphertext into a file.

        Raises:
            BackupRefused: missing or changed.
        """
        found = hashlib.sha256()
        try:
            with _telling_of_failures(), to.open("wb") as out:
                for piece in obstore.get(self._store, path).stream(CHUNK):
                    found.update(piece)
                    out.write(piece)
        except FileNotFoundError:
            raise refused("backup_part_missing", part=path) from None
        if found.hexdigest() != digest:
            raise refused("backup_damaged", part=path)

    def sealed_bytes(self, path: str, digest: str) -> bytes:
        """As `fetch_sealed`, in memory."""
        try:
            with _telling_of_failures():
                content = bytes(obstore.get(self._store, path).bytes())
        except FileNotFoundError:
            raise refused("backup_part_missing", part=path) from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise refused("backup_damaged", part=path)
        return content

    def names(self, prefix: str) -> list[str]:
        """Names below a prefix, sorted."""
        return sorted(name for name, _size, _at in self.listed(prefix))

    def listed(self, prefix: str) -> list[tuple[str, int, datetime]]:
        """(name, sealed size in bytes, when it was last changed) of all parts below a prefix."""
        with _telling_of_failures():
            return [
                (meta["path"], meta["size"], meta["last_modified"])
                for batch in obstore.list(self._store, prefix=prefix)
                for meta in batch
            ]

    def sweep_unfinished(self, *, older_than: float) -> int:
        """Remove what writers that were killed left in a folder; a store ends such uploads by a rule of its own.

        Args:
            older_than: seconds since it was last written.
        """
        if "://" in self.url:
            return 0
        now, gone = time.time(), 0
        for path in Path(self.url).rglob("*#*"):
            with _telling_of_failures(), suppress(FileNotFoundError):
                if _UNFINISHED.search(path.name) and path.is_file() and now - path.stat().st_mtime > older_than:
                    path.unlink()
                    gone += 1
        return gone

    def delete(self, path: str) -> None:
        with _telling_of_failures(), suppress(FileNotFoundError):
            obstore.delete(self._store, path)


class _Ranges:
    """A stored part, for the sealed reader."""

    def __init__(self, store: Any, path: str) -> None:
        self._store, self._path = store, path
        self.size = int(obstore.head(store, path)["size"])

    def read_at(self, offset: int, length: int) -> bytes:
        length = min(length, self.size - offset)
        return bytes(obstore.get_range(self._store, self._path, start=offset, length=length)) if length > 0 else b""


class _Counted:
    """A store's writer says nothing of how much it took; it takes all or raises."""

    def __init__(self, out: Any) -> None:
        self._out = out

    def write(self, data: memoryview, /) -> int:
        self._out.write(bytes(data))
        return len(data)


class _Digesting(io.BufferedIOBase):
    """Passes on what is written and hashes it."""

    def __init__(self, out: SealedWriter) -> None:
        self._out, self._digest = out, hashlib.sha256()

    def write(self, data: ReadableBuffer, /) -> int:
        view = memoryview(data)
        self._digest.update(view)
        return self._out.write(view)

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


@contextmanager
def _telling_of_failures() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError):
        raise BackupFailed(
            "backup_target_failed",
            _("The backup target does not answer or is full. Make room or mend it; the next run starts again."),
        ) from None
