"""Where ciphertext waits until its object is stored. Nothing else is ever written to it."""

from __future__ import annotations

import io
import tempfile
from typing import IO

from cryptography.utils import Buffer
from django.conf import settings

from callwarden.custody.intake import spool_folder

# Up to here it waits in memory; beyond, in a file of the data folder.
IN_MEMORY_BYTES = 32 * 1024 * 1024


class Ciphertext:
    """Ciphertext that waits for its object: in memory, whence the store takes it in one piece, or in a file."""

    def __init__(self) -> None:
        self.file: IO[bytes] = io.BytesIO()
        self._size = 0

    def write(self, data: Buffer) -> int:
        self._size += len(memoryview(data))
        if self._size > IN_MEMORY_BYTES and isinstance(self.file, io.BytesIO):
            held = self.file
            folder = getattr(settings, "SEALED_TMP_DIR", None) or spool_folder()
            self.file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()
            self.file.write(held.getbuffer())
        return self.file.write(data)

    def close(self) -> None:
        self.file.close()
