"""Making a copy: the database, verified by PostgreSQL; sealed objects; configuration; key files apart from it all."""

from __future__ import annotations

import hashlib
import io
import json
import re
import secrets
import shutil
import tarfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import obstore
from django.utils.translation import gettext_lazy as _

from callwarden.custody import objects
from callwarden.custody.keeper.restored import MARK
from callwarden.kernel import clock
from callwarden.protection.backup.cluster_check import faults
from callwarden.protection.backup.rules import BackupFailed, life_of_data, life_of_keys, refused
from callwarden.protection.backup.server import Server
from callwarden.protection.backup.vault import BackupKey, Stored, Vault
from callwarden.protection.backup.versions import sweep

VERSION: Final = 1
_START = re.compile(r"START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)")
# The root's passphrase opens the rest of the folder; the backup key would lie sealed under itself.
NOT_COPIED: Final = frozenset({"passphrase", "backup.key", "django-secret"})
# What is still unredacted is not copied (DESIGN section 3); what was destroyed has nothing left to copy.
LIVE_OBJECTS = """
SELECT r.object_key, encode(r.sealed_digest, 'hex') FROM custody_record r LEFT JOIN custody_call c ON c.id = r.call_id
 WHERE r.object_key <> '' AND r.state <> 'destroyed' AND (c.id IS NULL OR c.redaction = 'done')
"""


@dataclass(frozen=True)
class Manifest:
    """What one copy consists of. `files` maps a part's name to its size and digest."""

    id: str
    made_at: str
    server_version: int
    first_segment: str
    segments: list[str]
    ledger_size: int
    origin: str
    head_size: int = 0
    head_root: str = ""
    parts: dict[str, list[Any]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    version: int = VERSION

    @property
    def made(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    @property
    def size(self) -> int:
        """Bytes of content, without the objects, which copies share."""
        return sum(int(size) for size, _digest in self.parts.values())


def copy_database(
    server: Server, vault: Vault, key: BackupKey, *, staging: Path, origin: str, files: Iterable[Path] = ()
) -> Manifest:
    """One full copy, verified by PostgreSQL before and by reading all of it back after it was sealed.

    Args:
        staging: a folder of this run's own on a disk with room for the database; emptied before and after.
        origin: the name of the ledger at this time.
        files: configuration that shall be copied along.

    Raises:
        BackupFailed: no room, a program or the target failed; nothing half-made counts, for the manifest comes last.
    """
    made = clock.now()
    name = f"{made.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}-{secrets.token_hex(3)}"
    _clear(staging)
    _require_room(server, staging)
    try:
        server.lay(staging)
        server.run(
            *("pg_basebackup", "--dbname", server.conninfo, "--pgdata", str(staging), "--format=plain"),
            *("--wal-method=stream", "--checkpoint=fast", "--manifest-checksums=SHA256", "--no-password"),
        )
        if faults(server, staging):
            raise BackupFailed("backup_copy_differs", _("The copy is not what the server sent. Check its disk."))
        found = _START.search((staging / "backup_label").read_text(encoding="ascii"))
        if found is None:
            raise BackupFailed("backup_no_label", _("The copy has no start position. Run the backup again."))
        segments = sorted(path.name for path in (staging / "pg_wal").iterdir() if len(path.name) == 24)
        path = f"base/{name}/cluster.tar"
        stored = vault.write(path, lambda out: _archive(staging, out))
    finally:
        _clear(staging)
    with server.connect() as connection:
        ((size,),) = connection.execute("SELECT coalesce(max(index) + 1, 0) FROM custody_ledgerentry").fetchall()
        version = connection.info.server_version
        head = connection.execute(
            "SELECT size, encode(root, 'hex') FROM custody_checkpoint WHERE signed_at <= %s ORDER BY size DESC LIMIT 1",
            [made],
        ).fetchone()
    manifest = Manifest(
        id=name,
        made_at=made.isoformat(),
        server_version=version,
        first_segment=found[1],
        segments=segments,
        ledger_size=size,
        origin=origin,
        head_size=head[0] if head else 0,
        head_root=head[1] if head else "",
        parts={path: [stored.size, stored.digest]},
        files=_copy_files(vault, files),
    )
    copy_objects(server, vault, since=None)
    write_manifest(vault, key, manifest)
    return manifest


def copy_objects(server: Server, vault: Vault, *, since: datetime | None, known: set[str] | None = None) -> int:
    """Copy sealed objects the target has not; how many. Content-addressed, so two copies share what did not change.

    Args:
        since: look only at records stored, or sealed anew, from then on (None: at all).
        known: digests (hex) that are known to be there; added to. None: the target is asked.
    """
    there = {name.rpartition("/")[2] for name in vault.names("objects/")} if known is None else known
    with server.connect() as connection:
        rows = connection.execute(
            LIVE_OBJECTS + ("" if since is None else " AND (r.created_at >= %s OR r.resealed_at >= %s)"),
            () if since is None else (since, since),
        ).fetchall()
    count = 0
    for key, digest in rows:
        if digest in there:
            continue
        try:
            content = obstore.get(objects.store(), key).bytes()
        except FileNotFoundError:
            continue  # destroyed, or sealed anew under another name, since the rows were read
        vault.copy_sealed(object_path(digest), content, digest)
        there.add(digest)
        count += 1
    return count


def object_path(digest: str) -> str:
    return f"objects/{digest[:2]}/{digest}"


def copy_keys(vault: Vault, folder: Path) -> str:
    """Copy the key folder, without what opens it, to the target of key files; the name of the copy.

    Every copy carries the mark of a restored folder: whatever is made of one, the keeper finds it closed.
    """
    name = f"keys/{clock.now().astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}-{secrets.token_hex(3)}"

    def produce(out: io.BufferedIOBase) -> None:
        with tarfile.open(fileobj=out, mode="w|") as archive:
            _add(archive, MARK, b"{}")
            for path in sorted(folder.rglob("*")):
                if (
                    path == folder / MARK
                    or path.name in NOT_COPIED
                    or path.name.startswith(".")
                    or not path.is_file()
                    or path.is_symlink()
                ):
                    continue
                try:
                    content = path.read_bytes()
                except FileNotFoundError:
                    continue  # the key was destroyed a moment ago
                _add(archive, str(path.relative_to(folder)), content)

    vault.write(name, produce)
    return name


def write_manifest(vault: Vault, key: BackupKey, manifest: Manifest) -> None:
    body = json.dumps(asdict(manifest), sort_keys=True, separators=(",", ":")).encode()
    signed = json.dumps({"manifest": body.decode(), "mac": key.mac(body)}).encode()
    vault.add(f"base/{manifest.id}/manifest", signed)


def read_manifest(vault: Vault, key: BackupKey, name: str) -> Manifest:
    """
    Raises:
        BackupRefused: missing, damaged, or not signed with this key.
    """
    path = f"base/{name}/manifest"
    signed = json.loads(vault.read_bytes(path))
    body = signed["manifest"].encode()
    if not secrets.compare_digest(key.mac(body), signed["mac"]):
        raise refused("backup_wrong_key", part=path)
    return Manifest(**json.loads(body))


def finished(vault: Vault) -> list[str]:
    """Names of all finished copies, oldest first."""
    return [path.split("/")[1] for path in vault.names("base/") if path.endswith("/manifest")]


def verify(vault: Vault, manifest: Manifest) -> int:
    """Read all of a copy's parts and every object; how many parts that was.

    Raises:
        BackupRefused: one is not what was written.
    """
    for path, (size, digest) in manifest.parts.items():
        vault.verify(path, Stored(size, digest))
    return len(manifest.parts)


def prune(server: Server, data: Vault, key: BackupKey, keys: Vault) -> int:
    """Remove copies whose life is over, and log and objects that no remaining copy needs; how many parts.

    The newest copy of either kind always stays: its age is a finding, its loss would be worse. The newest copy of key
    files was made after the last key was destroyed, so it holds none that is dead. In a bucket that keeps versions they
    go for good once their lock has ended; one that is locked still is no failure.
    """
    now, gone = clock.now(), 0
    names = finished(data)
    keep = [name for name in names if now - read_manifest(data, key, name).made <= life_of_data()] or names[-1:]
    for name in set(names) - set(keep):
        for path in reversed(data.names(f"base/{name}/")):  # the manifest first: a half-removed copy is none
            data.delete(path)
            gone += 1
    for path, _size, at in data.listed("base/"):  # of runs that were killed before their manifest
        if path.split("/")[1] not in names and now - at > timedelta(days=1):
            data.delete(path)
            gone += 1
    gone += sum(vault.sweep_unfinished(older_than=86_400) for vault in (data, keys))
    if keep:
        oldest = min(read_manifest(data, key, name).first_segment for name in keep)
        for path in data.names("wal/"):
            if path.removeprefix("wal/")[:24] < oldest and not path.endswith(".history"):
                data.delete(path)
                gone += 1
    for path in keys.names("keys/")[:-1]:
        if now - _time_in(path) > life_of_keys():
            keys.delete(path)
            gone += 1
    gone += _prune_objects(server, data, now)
    return gone + sum(sweep(vault.url).removed for vault in (data, keys))


def _prune_objects(server: Server, data: Vault, now: datetime) -> int:
    """Remove objects whose record is gone and whose copy is older than data may be. What a copy of the database still
    knows of them is destroyed by the journal before anything opens."""
    with server.connect() as connection:
        live = {digest for _key, digest in connection.execute(LIVE_OBJECTS).fetchall()}
    old = [
        path
        for path, _size, at in data.listed("objects/")
        if now - at > life_of_data() and path.rpartition("/")[2] not in live
    ]
    for path in old:
        data.delete(path)
    return len(old)


def _time_in(path: str) -> datetime:
    return datetime.fromisoformat(path.split("/")[1].rpartition("-")[0])


def _copy_files(vault: Vault, files: Iterable[Path]) -> dict[str, str]:
    copied = {}
    for path in files:
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        vault.add(f"files/{digest}", content)
        copied[str(path)] = digest
    return copied


def _archive(folder: Path, out: io.BufferedIOBase) -> None:
    with tarfile.open(fileobj=out, mode="w|", bufsize=1 << 20) as archive:
        archive.add(folder, arcname="cluster", filter=_without_owner)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    archive.addfile(entry, io.BytesIO(content))


def _without_owner(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _require_room(server: Server, staging: Path) -> None:
    with server.connect() as connection:
        ((needed,),) = connection.execute("SELECT sum(pg_database_size(oid)) FROM pg_database").fetchall()
    staging.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(staging.parent).free
    if free < float(needed) * 1.2 + 64 * 1024 * 1024:
        raise BackupFailed(
            "backup_no_room",
            _("There is no room for the copy: it needs %(needed)s MB beside the data. Make room; nothing was changed."),
            data={"needed": int(needed) * 12 // 10 // 1_000_000 + 64},
        )


def _clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
