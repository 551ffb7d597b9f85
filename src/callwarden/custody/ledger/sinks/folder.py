"""A folder, meant to be a mount of another host."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from callwarden.custody.ledger.sinks.interface import Head, Sent, SinkFailed


class FolderSink:
    """Writes each head as `checkpoint-SIZE`, whole or not at all."""

    kind: ClassVar[str] = "folder"

    def __init__(self, name: str, folder: Path, *, every: float = 0.0) -> None:
        self.name, self.folder, self.every = name, folder, every

    def send(self, head: Head) -> Sent:
        part, target = self.folder / f".{head.size}.part", self.folder / f"checkpoint-{head.size:012d}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(head.note)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except OSError:
            raise SinkFailed("not_writable") from None
        return Sent(head.size)
