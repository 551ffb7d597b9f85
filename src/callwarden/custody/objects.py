"""Sealed objects: a local folder by default, an S3-compatible store in production. Ciphertext only."""

from __future__ import annotations

import asyncio
import hashlib
import os
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import obstore
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, from_url

from callwarden.custody.once import give_to_owner
from callwarden.kernel import clock
from callwarden.kernel.errors import NotFound, Unavailable

# An answer of a store elsewhere counts so long, and has to come within so long.
LOOK_AGAIN_S, WITHIN_S = 5.0, 4.0
# Which store was asked last, when, and whether it answered.
_asked: tuple[str, float, bool] = ("", float("-inf"), True)


@cache
def _store(url: str) -> Any:
    if "://" in url:
        return from_url(url)
    folder = Path(url)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalStore(folder)


def store() -> Any:
    """The configured store: CALLWARDEN_OBJECTS (s3://bucket/prefix) or the folder `objects` of the data folder."""
    return _store(_url())


def _url() -> str:
    return getattr(settings, "OBJECTS_URL", "") or str(Path(settings.DATA_DIR) / "objects")


def require_answer() -> None:
    """Refuse to begin what would have to end in the store while it does not answer.

    A folder is looked at each time, a store elsewhere once in `LOOK_AGAIN_S` and not for long.

    Raises:
        Unavailable: it does not answer; of a folder: it is not there, or takes nothing.
    """
    global _asked
    url, now = _url(), clock.monotonic()
    if "://" not in url:
        if not _takes(url):
            raise _unavailable()
        return
    where, at, answers = _asked
    if where != url or not 0 <= now - at < LOOK_AGAIN_S:
        answers = _answers(url)
        _asked = (url, clock.monotonic(), answers)
    if not answers:
        raise _unavailable()


def _takes(folder: str) -> bool:
    try:
        store()  # which makes it where it has never been
    except (BaseError, OSError):
        return False
    return os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)


def _answers(url: str) -> bool:
    """Whether anybody is there: who refuses to say what it holds answers as well."""
    try:
        asyncio.run(_look(url))
    except TimeoutError:
        return False
    except (FileNotFoundError, PermissionDeniedError, UnauthenticatedError):
        return True
    except (BaseError, OSError):
        return False
    return True


async def _look(url: str) -> None:
    await asyncio.wait_for(obstore.head_async(_impatient(url), "answers"), WITHIN_S)


@cache
def _impatient(url: str) -> Any:
    # Time is limited by the caller: options of the connection given here would replace those of the environment.
    return from_url(url, retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=1)})


def key_for(record: UUID, *, again: str = "") -> str:
    """Spread over 65,536 folders so that none grows beyond what file systems like.

    Args:
        again: sets the name apart where the record's object is sealed once more.
    """
    name = record.hex
    return f"{name[:2]}/{name[2:4]}/{name}{'-' if again else ''}{again}.cws"


def create(key: str, sealed: IO[bytes]) -> tuple[int, bytes]:
    """Store ciphertext under a key that must not exist yet. Returns (size in bytes, SHA-256 of it)."""
    digest, size = hashlib.sha256(), 0
    sealed.seek(0)
    while piece := sealed.read(1024 * 1024):
        digest.update(piece)
        size += len(piece)
    sealed.seek(0)
    try:
        obstore.put(store(), key, sealed, mode="create")
    except AlreadyExistsError:
        raise Unavailable("object_exists", _("The storage already holds this object. Try again.")) from None
    except (BaseError, OSError):
        raise _unavailable() from None
    return size, digest.digest()


def make_durable(key: str) -> None:
    """Have an object outlive a failure of power before another one is given up for it. Other stores have done so.

    In a folder it also comes to belong to whom the folder belongs to, where root has made it.
    """
    base = getattr(store(), "prefix", None)
    if not isinstance(base, Path):
        return
    path = base / key
    try:
        for made in (path, path.parent, path.parent.parent, base):
            descriptor = os.open(made, os.O_RDONLY)
            try:
                os.fsync(descriptor)
                give_to_owner(descriptor, base)
            finally:
                os.close(descriptor)
    except OSError:
        raise _unavailable() from None


def clear(key: str) -> None:
    """Remove an object, and what a killed writer has left of it."""
    delete(key)
    base = getattr(store(), "prefix", None)
    if isinstance(base, Path):
        # The store writes to a file of this name and a number, and renames it.
        for part in (base / key).parent.glob(f"{(base / key).name}#*"):
            part.unlink(missing_ok=True)


def delete(key: str) -> None:
    """Remove an object; one that is already gone is as good."""
    try:
        obstore.delete(store(), key)
    except FileNotFoundError:
        return
    except (BaseError, OSError):
        raise _unavailable() from None


def exists(key: str) -> bool:
    """Whether the store holds an object under this key."""
    try:
        obstore.head(store(), key)
    except FileNotFoundError:
        return False
    except (BaseError, OSError):
        raise _unavailable() from None
    return True


class ObjectRange:
    """Random access to one stored object, for the sealed reader. Offsets and lengths in bytes."""

    def __init__(self, key: str, size: int) -> None:
        self._key = key
        self.size = size

    def read_at(self, offset: int, length: int) -> bytes:
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        try:
            return bytes(obstore.get_range(store(), self._key, start=offset, length=length))
        except FileNotFoundError:
            raise NotFound(
                "object_gone", _("The sealed object is missing from storage. Tell your administrator.")
            ) from None
        except (BaseError, OSError):
            raise _unavailable() from None


def _unavailable() -> Unavailable:
    return Unavailable(
        "storage_unavailable", _("The storage does not answer. Nothing was lost; try again shortly."), retry_after=30
    )
