"""A folder as a tar stream, files as a zip stream: one file at a time in memory, whatever the size of the log."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

PIECE = 64 * 1024


class _Outlet(io.RawIOBase):
    """Collects what the archive writes until it is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(memoryview(data))  # type: ignore[arg-type]
        self._written += piece
        return len(piece)

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


def tar_of(folder: Path, *, name: str) -> Iterator[bytes]:
    """The files below `folder`, in order, under the directory `name`; owners and times of this host stay here."""
    outlet = _Outlet()
    with tarfile.open(fileobj=outlet, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            told = tarfile.TarInfo(f"{name}/{path.relative_to(folder).as_posix()}")
            told.size, told.mode = path.stat().st_size, 0o644
            with path.open("rb") as content:
                archive.addfile(told, content)
            yield outlet.take()
    yield outlet.take()


def zip_of(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Named files as a zip archive; times of this host stay here."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            told = zipfile.ZipInfo(name)
            told.compress_type, told.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(told, content)
            yield outlet.take()
    yield outlet.take()
