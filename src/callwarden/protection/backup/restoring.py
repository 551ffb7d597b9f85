"""From copies to an installation again, in an empty folder; or to nothing, with a sentence that says why.

A marker file says how far it came. What a killed restore left is removed by the next one; a restored store is closed
until two people have signed, and the marker is what `callwarden up` obeys.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sys
import tarfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

import obstore
import psycopg

from callwarden.custody import objects
from callwarden.custody.keeper.restored import MARK, RESTORED, close
from callwarden.custody.once import create_once, sync_folder
from callwarden.engines import ledger
from callwarden.kernel import clock
from callwarden.protection.backup import copying, wal
from callwarden.protection.backup.cluster_check import faults
from callwarden.protection.backup.copying import Manifest
from callwarden.protection.backup.rules import BackupRefused, check_age, refused
from callwarden.protection.backup.server import Server
from callwarden.protection.backup.vault import BackupKey, Vault

MARKER: Final = "restored.json"
PARTS: Final = ("db", "objects", "ledger", "keys", "files")
_MAY_BE_THERE: Final = frozenset({"passphrase", "backup.key"})
_BATCH: Final = 5_000
_PROMOTE_SECONDS: Final = 6 * 3600.0


class Startable(Protocol):
    """A PostgreSQL over a cluster folder of ours."""

    @property
    def cluster(self) -> Path: ...

    @property
    def pid(self) -> int | None: ...

    def start(self, *, timeout: float = ...) -> str: ...

    def stop(self) -> None: ...


@dataclass(frozen=True)
class Ledger:
    """What the restored rows add up to: entries, root (hex), and whether all roots that are known agree."""

    size: int
    root: str
    agrees: bool


def prepare(data: Path) -> None:
    """Make the folder ready: empty, but for the passphrase and the backup key that people laid there.

    Raises:
        BackupRefused: something else lies in it.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if state_of(data).get("state") == "restoring":
        _await_end(data / "db" / "cluster")
        for part in PARTS:
            _remove(data / part)
    elif any(_others(data)):
        raise refused("folder_not_empty")
    mark(data, state="restoring")


def state_of(data: Path) -> dict[str, Any]:
    """What the marker says; empty for a folder that was never restored into, or has been opened since."""
    try:
        told = json.loads((data / MARKER).read_text(encoding="ascii"))
    except FileNotFoundError:
        return {}
    return told if isinstance(told, dict) else {"state": "restoring"}


def mark(data: Path, **told: Any) -> None:
    part = data / f".{MARKER}"
    with part.open("w", encoding="ascii") as file:
        json.dump(told, file)
        file.flush()
        os.fsync(file.fileno())
    part.rename(data / MARKER)


def unmark(data: Path) -> None:
    (data / MARKER).unlink(missing_ok=True)


def choose(vault: Vault, key: BackupKey, *, moment: datetime | None = None, name: str = "") -> Manifest:
    """The copy to start from: the named one, else the newest from before the moment.

    Raises:
        BackupRefused: there is none, or it is older than the promise allows.
    """
    now = clock.now()
    names = [name] if name else list(reversed(copying.finished(vault)))
    for one in names:
        manifest = copying.read_manifest(vault, key, one)
        if moment is None or manifest.made < moment:
            check_age(manifest.made, now)
            return manifest
    raise refused("backup_none")


def lay_cluster(vault: Vault, manifest: Manifest, server: Server, cluster: Path) -> None:
    """Unpack the database's copy and check it against the manifest the server wrote.

    Raises:
        BackupRefused: damaged, cut, or sealed under another key; the cluster must not be used.
    """
    cluster.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    (path,) = manifest.parts
    size, digest = manifest.parts[path]
    source = _Pieces(vault.read(path))
    with tarfile.open(fileobj=source, mode="r|", bufsize=1 << 20) as archive:
        _unpack(archive, cluster.parent / "laying")
    source.drain()
    if (source.size, source.digest) != (size, digest):
        raise refused("backup_damaged", part=path)
    (cluster.parent / "laying" / "cluster").rename(cluster)
    (cluster.parent / "laying").rmdir()
    for each in (cluster, *cluster.rglob("*")):
        each.chmod(0o700 if each.is_dir() else 0o600)
        server.account.own(each)
    if not server.account.is_current:
        cluster.parent.chmod(0o711)
    if faults(server, cluster):
        raise refused("verify_failed")


def recover(vault: Vault, manifest: Manifest, server: Server, database: Startable, *, moment: datetime | None) -> int:
    """Replay the log up to the moment, or all of it, and leave the server running; how many segments that was.

    Raises:
        BackupRefused: a segment is missing or damaged, or the log ends before the moment.
    """
    cluster = database.cluster
    log = cluster.parent / "restore-wal"
    shutil.rmtree(log, ignore_errors=True)
    held = frozenset(manifest.segments)
    # To a moment: PostgreSQL itself refuses when the log ends before it, whatever comes after a gap.
    count = wal.fetch(vault, manifest.first_segment, log, held=held, up_to_a_gap=moment is not None)
    for path in (log, *log.iterdir()):
        server.account.own(path)
    settings = cluster / "postgresql.auto.conf"
    before = settings.read_text(encoding="utf-8")
    until = f"recovery_target_time = '{moment.isoformat()}'\n" if moment else ""
    settings.write_text(
        f"{before}\nrestore_command = 'cp \"{log}/%f\" \"%p\"'\nrecovery_target_action = 'promote'\n{until}",
        encoding="utf-8",
    )
    (cluster / "recovery.signal").touch(mode=0o600)
    server.account.own(cluster / "recovery.signal")
    try:
        database.start(timeout=_PROMOTE_SECONDS)
        _await_promotion(server, database)
    except Exception as error:
        database.stop()
        if moment is not None and not isinstance(error, KeyboardInterrupt):
            raise refused("backup_not_reached") from None
        raise
    settings.write_text(before, encoding="utf-8")
    shutil.rmtree(log, ignore_errors=True)
    return count


def fetch_objects(server: Server, vault: Vault, folder: Path) -> tuple[int, int]:
    """Fetch the object of every live record, each checked against the database's digest; (fetched, missing).

    What is missing may have been destroyed since; whoever calls looks again after the journal was replayed.
    """
    missing = 0
    rows = object_rows(server)
    for key, digest in rows:
        to = folder / key
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            vault.fetch_sealed(copying.object_path(digest), to, digest)
        except BackupRefused as error:
            if error.code != "backup_part_missing":
                raise
            to.unlink(missing_ok=True)
            missing += 1
    return len(rows) - missing, missing


def refill_objects(server: Server, vault: Vault) -> tuple[int, int]:
    """Where objects lie in a store of their own that outlived the host: put back what it lacks; (put, missing)."""
    put = missing = 0
    for key, digest in object_rows(server):
        try:
            obstore.head(objects.store(), key)
        except FileNotFoundError:
            try:
                content = vault.sealed_bytes(copying.object_path(digest), digest)
            except BackupRefused as error:
                if error.code != "backup_part_missing":
                    raise
                missing += 1
                continue
            objects.create(key, io.BytesIO(content))
            put += 1
    return put, missing


def lost_objects(server: Server, folder: Path) -> int:
    """Live records whose object is not there, after the journal was replayed."""
    return sum(1 for key, _digest in object_rows(server) if not (folder / key).is_file())


def object_rows(server: Server) -> list[tuple[str, str]]:
    """(key, SHA-256 in hex) of every object that a copy should hold."""
    with server.connect() as connection:
        return [(key, digest) for key, digest in connection.execute(copying.LIVE_OBJECTS).fetchall()]


def fetch_keys(vault: Vault, folder: Path) -> str:
    """Lay the newest copy of the key files; its name. The keeper finds the folder closed.

    Raises:
        BackupRefused: there is none, or it is damaged.
    """
    names = vault.names("keys/")
    if not names:
        raise refused("backup_none")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tarfile.open(fileobj=_Pieces(vault.read(names[-1])), mode="r|") as archive:
        _unpack(archive, folder)
    if not (folder / MARK).exists():  # a copy from before copies carried it
        close(folder, {})
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return names[-1]


def end_keys(
    folder: Path, *, epochs: Sequence[str], clients: Sequence[str], indexes: Sequence[tuple[str, str, int]]
) -> None:
    """Remove the files of keys that were destroyed after this copy of them was made.

    Args:
        epochs: whose key has ended.
        clients: that were closed; marked, so that no key is made for them again (`KeyFolder.close_client`).
        indexes: (client, column, version) of index keys that have ended.
    """
    patterns = [f"epochs/{UUID(epoch)}.*" for epoch in epochs]
    for client in clients:
        (folder / "closed").mkdir(mode=0o700, exist_ok=True)
        create_once(folder / "closed" / str(UUID(client)), b"closed")
        patterns.append(f"clients/{UUID(client)}.*")
    for path in [path for pattern in patterns for path in folder.glob(pattern)]:
        path.unlink()
    for client, column, version in indexes:
        (folder / "clients" / f"{UUID(client)}.index.{column}.{version}").unlink(missing_ok=True)
    for name in ("epochs", "clients"):
        if (folder / name).is_dir():
            sync_folder(folder / name)


def fetch_files(vault: Vault, manifest: Manifest, folder: Path) -> None:
    """Lay the configuration beside the rest, for people to compare; nothing is put where it came from."""
    for path, digest in manifest.files.items():
        to = folder / path.lstrip("/")
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        to.write_bytes(vault.read_bytes(f"files/{digest}"))


_LAST_HEAD: Final = """
SELECT size, encode(root, 'hex') FROM custody_checkpoint WHERE size > %s AND size <= coalesce(%s, size)
 ORDER BY size DESC LIMIT 1
"""


def rebuild_ledger(server: Server, manifest: Manifest, folder: Path, *, origin: str, tiles: str = "") -> Ledger:
    """Build the tree anew from the restored rows, compare it with the heads that are known, and name the log anew.

    Args:
        tiles: where its tiles lie when not in `folder` (CALLWARDEN_LEDGER_TILES); the caller saw that it is empty.

    A log that went on after the copy and one that grows from the copy are two logs. The restored one gets a name and,
    at its first start, a key of its own, so that nobody takes one for the other.
    """
    from callwarden.custody.ledger import heads  # `callwarden up` asks this module for a state before there are models

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with server.connect() as connection:
        # A copy may be older than the years of the log.
        ((known,),) = connection.execute("SELECT to_regclass('custody_ledgeryear') IS NOT NULL").fetchall()
        told = "SELECT year, first, erased_at IS NOT NULL FROM custody_ledgeryear ORDER BY first"
        years = (connection.execute(told).fetchall() if known else []) or [(0, 0, False)]
        agrees, tree, first = True, ledger.Tree(ledger.MemoryTileStore()), 0
        for (year, first, erased), end in zip(years, [*(one[1] for one in years[1:]), None], strict=True):
            if erased:
                continue
            home = folder / str(year) if first else folder
            where = year or _first_year(connection)
            store = heads.elsewhere(tiles, where) if tiles else ledger.FolderTileStore(home / "tiles")
            tree = ledger.Tree(store)
            signed = connection.execute(_LAST_HEAD, [first, end]).fetchall()
            # To the last head first: the log goes on from there, so the tiles of just that size have to lie there.
            for size, _root in signed:
                _rebuild(connection, tree, first, size)
            agrees &= _rebuild(connection, tree, first, end)
            if first < manifest.head_size <= (end or manifest.head_size):
                signed.append((manifest.head_size, manifest.head_root))
            agrees &= all(size - first <= tree.size and tree.root(size - first).hex() == root for size, root in signed)
        # A copy made between two years has the next one's row and none of its entries: both are opened once more.
        opened = years[-2:] if first and not tree.size else years[-1:]
    for year, begins, _erased in opened:
        home = folder / str(year) if begins else folder
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _name(home, f"{origin}/{year}" if begins and len(opened) > 1 else origin)
    _name(folder, origin)
    return Ledger(first + tree.size, tree.root().hex(), agrees)


def _rebuild(connection: psycopg.Connection[Any], tree: ledger.Tree, first: int, end: int | None) -> bool:
    """Append the rows of one year; whether they follow each other without a gap and reach its end."""
    while rows := connection.execute(
        "SELECT index, body FROM custody_ledgerentry WHERE index >= %s AND (%s::bigint IS NULL OR index < %s)"
        " ORDER BY index LIMIT %s",
        [first + tree.size, end, end, _BATCH],
    ).fetchall():
        at = first + tree.size
        if [index for index, _body in rows] != list(range(at, at + len(rows))):
            return False
        tree.append([bytes(body) for _index, body in rows])
    return end is None or first + tree.size == end


def _first_year(connection: psycopg.Connection[Any]) -> int:
    """Of a copy from before the log had years: the one its first entry is of, as its first start will say."""
    ((year,),) = connection.execute(
        "SELECT extract(year FROM coalesce((SELECT at FROM custody_ledgerentry ORDER BY index LIMIT 1), now())"
        " AT TIME ZONE 'UTC')::int"
    ).fetchall()
    return int(year)


def _name(folder: Path, origin: str) -> None:
    (folder / "origin").write_text(origin, encoding="utf-8")
    (folder / "origin").chmod(0o600)


def next_origin(origin: str, made: str) -> str:
    """The restored log's name: the old one's root, and the moment of the restore."""
    return f"{origin.split(RESTORED)[0]}{RESTORED}{made}"


def _await_promotion(server: Server, database: Startable) -> None:
    deadline = time.monotonic() + _PROMOTE_SECONDS
    while time.monotonic() < deadline:
        try:
            with server.connect() as connection:
                ((recovering,),) = connection.execute("SELECT pg_is_in_recovery()").fetchall()
            if not recovering:
                return
        except psycopg.OperationalError:
            pass
        if database.pid is None:
            raise refused("verify_failed")
        time.sleep(0.05)
    raise refused("verify_failed")


def _await_end(cluster: Path) -> None:
    """The server of a killed restore ends by itself; wait until it has."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            pid = (cluster / "postmaster.pid").read_text().split()[0]
            if Path(f"/proc/{pid}/cwd").resolve() != cluster.resolve():
                return
        except (OSError, IndexError):
            return
        time.sleep(0.1)


def _others(data: Path) -> Iterator[Path]:
    for path in data.iterdir():
        if path.name == "keys" and path.is_dir():
            yield from (inside for inside in path.iterdir() if inside.name not in _MAY_BE_THERE)
        else:
            yield path


def _remove(path: Path) -> None:
    if path.name == "keys" and path.is_dir():
        for inside in path.iterdir():
            if inside.name not in _MAY_BE_THERE:
                shutil.rmtree(inside) if inside.is_dir() else inside.unlink()
        return
    shutil.rmtree(path, ignore_errors=True)


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Folders and plain files below `folder`, nothing else. (The filters of tarfile came with Python 3.11.4 only.)

    Raises:
        BackupRefused: the archive holds what we never put into one.
    """
    for entry in archive:
        to = folder / entry.name
        if ".." in to.parts or not to.is_relative_to(folder) or not (entry.isdir() or entry.isfile()):
            raise refused("backup_damaged", part="tar")
        if entry.isdir():
            to.mkdir(mode=0o700, parents=True, exist_ok=True)
            continue
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = archive.extractfile(entry)
        assert content is not None
        with content, to.open("wb") as out:
            shutil.copyfileobj(content, out, 1 << 20)


class _Pieces(io.BufferedIOBase):
    """Pieces as the file that tarfile reads; counts and hashes what went through."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._held, self._hash, self.size = pieces, b"", hashlib.sha256(), 0

    def read(self, size: int | None = -1, /) -> bytes:
        count = sys.maxsize if size is None or size < 0 else size
        while len(self._held) < count and (piece := next(self._pieces, b"")):
            self._hash.update(piece)
            self.size += len(piece)
            self._held += piece
        out, self._held = self._held[:count], self._held[count:]
        return out

    def drain(self) -> None:
        while self.read(1 << 20):
            pass

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()
