"""Whether a copied cluster is what the server sent: every file against the manifest the server wrote (PostgreSQL:
Backup Manifest Format), and `pg_verifybackup` besides where it runs.

The embedded server's wheel ships a `pg_verifybackup` that ends with a segmentation fault whatever it is asked, so ours
is the one that is always there.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

from callwarden.protection.backup.server import Server

# What a server or a restore may change, and the log, which proves itself when it is replayed.
_UNCHECKED: Final = frozenset({"backup_manifest", "postgresql.auto.conf", "recovery.signal", "standby.signal"})


def faults(server: Server, folder: Path) -> list[str]:
    """Names of files that are missing, changed or too many; empty when the copy is whole."""
    found = _faults(folder)
    if not found and server.start("pg_verifybackup", "--version").wait() == 0:
        works = server.start("pg_verifybackup", "--exit-on-error", "--quiet", str(folder)).wait() == 0
        return [] if works else ["pg_verifybackup"]
    return found


def _faults(folder: Path) -> list[str]:
    try:
        raw = (folder / "backup_manifest").read_bytes()
        manifest = json.loads(raw)
        signed = raw[: raw.rindex(b'"Manifest-Checksum"')]
        if hashlib.sha256(signed).hexdigest() != manifest["Manifest-Checksum"]:
            return ["backup_manifest"]
        named = {_path_of(entry): entry for entry in manifest["Files"]}
    except (OSError, ValueError, KeyError):
        return ["backup_manifest"]
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    extra = {name for name in there - named.keys() - _UNCHECKED if not name.startswith("pg_wal/")}
    wrong = {name for name, entry in named.items() if name not in _UNCHECKED and not _is(folder / name, entry)}
    return sorted(extra | wrong)


def _path_of(entry: dict[str, str]) -> str:
    encoded = entry.get("Encoded-Path")
    return entry["Path"] if encoded is None else bytes.fromhex(encoded).decode("utf-8", "surrogateescape")


def _is(path: Path, entry: dict[str, object]) -> bool:
    try:
        if path.stat().st_size != entry["Size"] or entry["Checksum-Algorithm"] != "SHA256":
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == entry["Checksum"]
    except (OSError, KeyError):
        return False
