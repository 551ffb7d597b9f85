"""What is no database: objects, folders, caches, and copies off this host, which are judged by their keys."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import obstore
from django.conf import settings
from obstore.exceptions import BaseError

from callwarden.custody import objects
from callwarden.engines.residue import Hit, Search
from callwarden.flows.residue.database import Seen, files_below, look_through_file

# Parts of the data folder with a replica of their own; the rest is "data_folder".
SPOOL: Final = ("spool", "incoming")
LOGS: Final = ("logs",)
APART: Final = (*SPOOL, *LOGS, "objects", "db")
# Where an account may pass through the data folder and not list it, these are asked for by name.
KNOWN: Final = ("backup", "keys", "ledger", "run", "static")
OBJECT_PIECE: Final = 8 * 1024 * 1024
# Names are all looked at; content, which is sealed, so much of it in one search.
OBJECT_BYTES: Final = 4 * 1024**3


def folders() -> Mapping[str, list[Path]]:
    """Replica -> where it lies."""
    data = Path(settings.DATA_DIR)
    temporary = {Path(tempfile.gettempdir())}
    if settings.SEALED_TMP_DIR:
        temporary.add(Path(settings.SEALED_TMP_DIR))
    rest = [path for path in _children(data) or map(data.joinpath, KNOWN) if path.name not in APART]
    return {
        "spool": list(dict.fromkeys([data / "spool", Path(settings.SPOOL_INCOMING)])),
        "logs": [data / "logs", data / "db" / "log"],
        "temporary": sorted(temporary),
        "data_folder": rest,
    }


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def look_through_folder(search: Search, name: str, roots: Iterable[Path], *, without: Iterable[Path] = ()) -> Seen:
    """Every file below these and its name. Of what all programs of the host share, only what our accounts own."""
    seen = Seen()
    left_out = tuple(without)
    if name == "data_folder" and not _children(Path(settings.DATA_DIR)):
        seen.missed("data_folder", "unreadable")
    for root in roots:
        if not root.exists():
            continue
        owners = _owners() if name == "temporary" else None
        for path in [root] if root.is_file() else _ours(root, owners, seen):
            if any(path.is_relative_to(other) for other in left_out):
                continue
            where = _where(name, root, path)
            seen.add(where, search.data(path.name.encode("utf-8", "surrogateescape")))
            look_through_file(search, path, where, seen)
    return seen


def _where(name: str, root: Path, path: Path) -> str:
    """A place a person can go to, without names that came from outside."""
    if name in ("spool", "temporary"):
        return f"{name}:{root.name}"
    parts = path.relative_to(root).parts
    return f"{name}:{root.name}" + (f"/{parts[0]}" if len(parts) > 1 else "")


def _ours(root: Path, owners: frozenset[int] | None, seen: Seen) -> Iterator[Path]:
    if owners is None:
        yield from files_below(root, seen)
        return
    for entry in _children(root):
        if not entry.name.startswith(("callwarden", "tmp", ".residue-")):
            continue
        try:
            if entry.lstat().st_uid not in owners or entry.is_symlink():
                continue
            if entry.is_file():
                yield entry
            elif entry.is_dir():
                yield from files_below(entry, seen)
        except OSError:
            seen.missed("temporary", "unreadable")


def _owners() -> frozenset[int]:
    """This account, and those the data folder's parts belong to."""
    parts = (Path(settings.DATA_DIR), *_children(Path(settings.DATA_DIR)))
    return frozenset({os.geteuid(), *(path.stat().st_uid for path in parts if path.exists())})


def look_through_objects(search: Search, expected_gone: Iterable[str]) -> Seen:
    """The name of every object and what it holds; and whether those that were destroyed have gone.

    A store that keeps versions is asked for what it shows; older versions open nothing without their keys.
    """
    seen = Seen()
    store = objects.store()
    gone = set(expected_gone)
    for batch in obstore.list(store, chunk_size=1000):
        for meta in batch:
            key = str(meta["path"])
            seen.rows += 1
            if key in gone:
                seen.add("object:name", [Hit("row", "name")])
            seen.add("object:name", search.data(key.encode()))
            if seen.bytes > OBJECT_BYTES:
                seen.missed("object:content", "over_the_limit")
                continue
            try:
                seen.add("object:content", search.stream(_content(key, seen)))
            except FileNotFoundError:
                continue
            except (BaseError, OSError):
                seen.missed("object", "unreadable")
    return seen


def _content(key: str, seen: Seen) -> Iterator[bytes]:
    for block in obstore.get(objects.store(), key).stream(min_chunk_size=OBJECT_PIECE):
        piece = bytes(block)
        seen.bytes += len(piece)
        yield piece
