"""Tiles in an S3-compatible bucket instead of a folder; any web server of the bucket can serve them as they are."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Any

import obstore
from django.utils.translation import gettext_lazy as _
from obstore.exceptions import BaseError
from obstore.store import from_url

from callwarden.kernel.errors import Unavailable

# Files on their way at the same time.
HANDS = 16


@cache
def _store(url: str) -> Any:
    return from_url(url)


class BucketTileStore:
    """A tile store under a prefix of a bucket. An object is whole and durable when the store has acknowledged it.

    Args:
        url: s3://bucket/prefix; where and with which key is read from the environment, as for CALLWARDEN_OBJECTS.
    """

    def __init__(self, url: str) -> None:
        self._store = _store(url)

    def get(self, path: str) -> bytes | None:
        """The bytes at `path`, or None.

        Raises:
            Unavailable: the store did not answer. That is not the same as that it has none.
        """
        try:
            return bytes(obstore.get(self._store, path).bytes())
        except FileNotFoundError:
            return None
        except (BaseError, OSError):
            raise _unavailable() from None

    def put(self, path: str, data: bytes) -> None:
        """Keep `data` at `path`, replacing what was there.

        Raises:
            Unavailable: the store did not acknowledge it.
        """
        try:
            obstore.put(self._store, path, data)
        except (BaseError, OSError):
            raise _unavailable() from None

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Keep many at once; all are acknowledged when this returns."""
        with ThreadPoolExecutor(min(len(files), HANDS)) as pool:
            for done in [pool.submit(self.put, path, data) for path, data in files.items()]:
                done.result()

    def drop_partials(self, path: str) -> None:
        """Remove everything under `<path>.p/`. What stays behind does no harm."""
        with suppress(BaseError, OSError):
            names = [found["path"] for page in obstore.list(self._store, prefix=f"{path}.p") for found in page]
            obstore.delete(self._store, [name for name in names if name.startswith(f"{path}.p/")])

    def is_empty(self) -> bool:
        """Whether nothing lies under this prefix.

        Raises:
            Unavailable: the store did not answer.
        """
        try:
            return not any(found for page in obstore.list(self._store) for found in page)
        except (BaseError, OSError):
            raise _unavailable() from None

    def clear(self) -> None:
        """Remove every tile and entry; the head stays."""
        try:
            for page in obstore.list(self._store, prefix="tile"):
                obstore.delete(self._store, [found["path"] for found in page])
        except (BaseError, OSError):
            raise _unavailable() from None


def _unavailable() -> Unavailable:
    return Unavailable(
        "ledger_tiles_unreachable",
        _("The store of the operation log does not answer. Try again, then tell the administrator."),
        retry_after=30,
    )
