"""Which calls there are: files and folders, a recording paired with its words by name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

RECORDINGS = frozenset(
    {".wav", ".wave", ".flac", ".mp3", ".opus", ".ogg", ".oga", ".al", ".alaw", ".pcma", ".ul", ".ulaw", ".pcmu"}
)
_OWN = (".redacted.flac", ".redacted.json", ".spans.json")
_WORDS = ".words.json"


@dataclass(frozen=True, slots=True)
class Call:
    """One call on disk.

    Attributes:
        name: output name relative to the output folder, with ``/``, without suffix.
        recordings: paths of the sound; more than one is a conflict.
        words: path of the transcript, or None. A call with neither stands for a folder that cannot be read.
    """

    name: str
    recordings: tuple[str, ...]
    words: str | None


@dataclass(slots=True)
class _Parts:
    recordings: list[str] = field(default_factory=list)
    words: str | None = None
    plain: str | None = None


def calls(paths: Sequence[Path], out: Path) -> Iterator[Call]:
    """All calls under ``paths``, one folder in memory at a time, sorted by name within each folder.

    A file stands for its call: the recording or the words beside it are taken along. Outputs of earlier runs, hidden
    files and the output folder itself are passed over.
    """
    named: dict[Path, dict[str, str]] = {}
    for path in paths:
        if path.is_dir():
            yield from _in_folder(path, path, out.resolve())
        else:
            named.setdefault(path.parent, {})[str(path)] = _stem(path.name)
    for folder, files in named.items():
        stems = set(files.values())
        with os.scandir(folder) as entries:
            beside = [e.path for e in entries if e.is_file() and _is_part(e.name) and _stem(e.name) in stems]
        yield from _grouped(folder, sorted({*files, *beside}), folder)


def _in_folder(folder: Path, root: Path, out: Path) -> Iterator[Call]:
    files: list[str] = []
    folders: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))
                elif entry.is_file() and _is_part(entry.name):
                    files.append(entry.path)
    except OSError:
        yield Call(folder.relative_to(root).as_posix() + "/", (), None)
    yield from _grouped(folder, files, root)
    for inner in sorted(folders):
        if inner.resolve() != out:
            yield from _in_folder(inner, root, out)


def _is_part(name: str) -> bool:
    lower = name.lower()
    if lower.endswith(_OWN):
        return False
    return lower.endswith(".json") or Path(lower).suffix in RECORDINGS


def _stem(name: str) -> str:
    if name.lower().endswith(_WORDS):
        return name[: -len(_WORDS)]
    return Path(name).stem


def _grouped(folder: Path, files: Sequence[str], root: Path) -> Iterator[Call]:
    found: dict[str, _Parts] = {}
    for file in files:
        parts = found.setdefault(_stem(Path(file).name), _Parts())
        if file.lower().endswith(_WORDS):
            parts.words = file
        elif file.lower().endswith(".json"):
            parts.plain = file
        else:
            parts.recordings.append(file)
    inside = folder.relative_to(root)
    for stem, parts in sorted(found.items()):
        yield Call((inside / stem).as_posix(), tuple(sorted(parts.recordings)), parts.words or parts.plain)
