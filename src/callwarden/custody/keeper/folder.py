"""The key folder: everything that must never lie in PostgreSQL, each file wrapped by the provider's root.

    root.key              the root of the passphrase provider
    provider.json         which provider and which root wrap the rest
    epochs/ID.SUITE       epoch keys
    clients/ID.index.COLUMN.VERSION
                          key of one blind index of a client, or of its search tokens
    clients/ID.detail     key of a client's ledger details
    intake/ID, ID.kek     private halves of day keys, and the keys they are wrapped under

    closed/ID             that this client was closed: no key is made for it again
    restored, origins/    whether the folder came from a copy and was opened since; see `restored`

Deleting a file is the destruction of that key; the folder is never backed up together with data (DESIGN section 1).
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

from callwarden.custody.keeper.change import rewrap
from callwarden.custody.once import create_once, sync_folder
from callwarden.engines.seal import BlindIndex, IntakeKeyPair, Key, KeyProvider, Suite

CACHE_SECONDS = 300.0
_COLUMN = re.compile(r"[a-z][a-z_]{0,19}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class KeyLost(Exception):
    """The key file does not exist: destroyed, or this is not the right key folder."""


class KeyFolder:
    """Keys in files, unwrapped through the provider and remembered for at most `cache_seconds`.

    The cache bounds how long opening goes on after the provider has gone away.
    """

    def __init__(self, folder: Path, provider: KeyProvider, *, cache_seconds: float = CACHE_SECONDS) -> None:
        self._folder = folder
        self._provider = provider
        self._cache_seconds = cache_seconds
        self._cache: dict[str, tuple[float, Key]] = {}
        # Held by whoever makes or destroys a file, so that a change of provider sees all of them and no half.
        self._writing = threading.RLock()

    @property
    def provider(self) -> KeyProvider:
        """The provider in force."""
        return self._provider

    def change_provider(self, new: KeyProvider, kind: str) -> int:
        """See `change.rewrap`; opening by cached keys goes on meanwhile, everything else waits."""
        with self._writing:
            changed = rewrap(self._folder, self._provider, new, kind)
            old, self._provider = self._provider, new
            self._cache.clear()
        old.close()
        return changed

    def new_epoch(self, epoch: UUID) -> None:
        for suite in Suite:
            self._create(f"epochs/{epoch}.{suite.value}", partial(Key.generate, suite))

    def destroy_epoch(self, epoch: UUID) -> None:
        for suite in Suite:
            self._destroy(f"epochs/{epoch}.{suite.value}")

    def epoch_key(self, epoch: UUID, suite: Suite) -> Key:
        return self._load(f"epochs/{epoch}.{suite.value}", suite)

    def index(self, client: UUID, column: str, version: int) -> BlindIndex:
        """The index of a column. Its first key is made on demand, unless a later one has taken its place."""
        name = _index_name(client, column, version)
        try:
            return BlindIndex(self._load(name, Suite.AES_256_GCM))
        except KeyLost:
            if version != 1 or any((self._folder / "clients").glob(f"{client}.index.{column}.*")):
                raise
        return BlindIndex(self._create_or_load(name))

    def new_index(self, client: UUID, column: str, version: int) -> None:
        self._create(_index_name(client, column, version), lambda: Key.generate(Suite.AES_256_GCM))

    def destroy_index(self, client: UUID, column: str, version: int) -> None:
        self._destroy(_index_name(client, column, version))

    def close_client(self, client: UUID, epochs: list[UUID]) -> int:
        """Destroy all keys of a client; from the mark on none is made for it again. Returns how many files went."""
        with self._writing:
            (self._folder / "closed").mkdir(mode=0o700, exist_ok=True)
            create_once(self._folder / "closed" / str(client), b"closed")
            names = [f"epochs/{epoch}.{suite.value}" for epoch in epochs for suite in Suite]
            names += [f"clients/{path.name}" for path in sorted((self._folder / "clients").glob(f"{client}.*"))]
            there = [name for name in names if (self._folder / name).exists()]
            for name in there:
                self._destroy(name)
        return len(there)

    def detail_key(self, client: UUID | None) -> Key:
        return self._create_or_load(f"clients/{client or 'none'}.detail")

    def accept_origin(self, digest: str) -> None:
        """Say that this folder is open for the log of this name. The root wraps a key that protects nothing."""
        self._create_or_load(f"origins/{digest}")

    def require_origin(self, digest: str) -> None:
        """
        Raises:
            KeyLost: the folder was not opened for this log.
        """
        self._load(f"origins/{digest}", Suite.AES_256_GCM)

    def new_intake(self, key_id: UUID, pair: IntakeKeyPair) -> None:
        kek = self._create_or_load(f"intake/{key_id}.kek")
        self._write(f"intake/{key_id}", pair.wrap(kek, context=("intake", str(key_id))))

    def intake_pair(self, key_id: UUID) -> IntakeKeyPair:
        kek = self._load(f"intake/{key_id}.kek", Suite.AES_256_GCM)
        try:
            blob = (self._folder / f"intake/{key_id}").read_bytes()
        except FileNotFoundError:
            raise KeyLost(str(key_id)) from None
        return IntakeKeyPair.unwrap(kek, blob, context=("intake", str(key_id)))

    def intake_ids(self) -> list[UUID]:
        """Day keys of which a file is left, also half of one."""
        names = {path.stem for path in (self._folder / "intake").glob("*") if path.is_file()}
        return [UUID(name) for name in sorted(names) if _UUID.fullmatch(name)]

    def destroy_intake(self, key_id: UUID) -> None:
        self._destroy(f"intake/{key_id}")
        self._destroy(f"intake/{key_id}.kek")

    def _create_or_load(self, name: str) -> Key:
        if not (self._folder / name).exists():
            self._create(name, lambda: Key.generate(Suite.AES_256_GCM))
        return self._load(name, Suite.AES_256_GCM)

    def _create(self, name: str, make: Callable[[], Key]) -> None:
        while not (self._folder / name).exists():
            if self._is_closed(name):
                raise KeyLost(name)
            provider = self._provider
            # Not while others wait: a provider may take its time. If it was changed meanwhile, by the new one.
            blob = provider.wrap(make(), tuple(name.split("/")))
            with self._writing:
                if provider is self._provider and not self._is_closed(name):
                    self._write(name, blob)

    def _is_closed(self, name: str) -> bool:
        """Whether this is a key of a client that was closed."""
        folder, _, rest = name.partition("/")
        return folder == "clients" and (self._folder / "closed" / rest.partition(".")[0]).exists()

    def _load(self, name: str, suite: Suite) -> Key:
        known = self._cache.get(name)
        if known and known[0] > time.monotonic() and (self._folder / name).exists():
            return known[1]
        self._cache.pop(name, None)
        key = self._unwrap(name, tuple(name.split("/")))
        if key.suite is not suite:
            raise KeyLost(name)
        self._cache[name] = (time.monotonic() + self._cache_seconds, key)
        return key

    def _unwrap(self, name: str, context: tuple[str, ...]) -> Key:
        with self._writing:
            provider = self._provider
            try:
                blob = (self._folder / name).read_bytes()
            except FileNotFoundError:
                raise KeyLost(name) from None
        return provider.unwrap(blob, context)

    def _write(self, name: str, blob: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_once(path, blob)

    def _destroy(self, name: str) -> None:
        with self._writing:
            self._cache.pop(name, None)
            path = self._folder / name
            path.unlink(missing_ok=True)
            if path.parent.exists():
                sync_folder(path.parent)  # or a power failure would bring the key back


def _index_name(client: UUID, column: str, version: int) -> str:
    if not _COLUMN.fullmatch(column) or version < 1:
        raise ValueError("no such index")
    return f"clients/{client}.index.{column}.{version}"
