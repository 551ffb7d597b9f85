"""Uploads that wait sealed. Django's own handlers put large uploads on the disk in clear; this one never does.

What has been received so far is sealed under a key that exists in this process alone and dies with it, so that a
crash, a full disk or a copy of the temporary folder shows nothing.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext_lazy as _

from callwarden.custody import intake
from callwarden.engines.seal import Key, SealedReader, SealedWriter, Suite
from callwarden.kernel.errors import TooLarge

if TYPE_CHECKING:
    _UploadedFile = UploadedFile[bytes]
else:
    _UploadedFile = UploadedFile

# Ciphertext up to this size waits in memory, more in an unnamed file.
IN_MEMORY_BYTES = 1024 * 1024
PIECE = 256 * 1024


class SealedSpool:
    """Takes plaintext, keeps ciphertext, gives plaintext back once; gone when it is closed.

    Raises:
        TooLarge: more than the limit for taking in.
        SpoolFull: no room on the disk.
    """

    def __init__(self) -> None:
        intake.refuse_when_full()
        self._key = Key.generate(Suite.AES_256_GCM)
        self._id = os.urandom(16)
        folder = str(getattr(settings, "SEALED_TMP_DIR", None) or intake.spool_folder())
        self._raw = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES, dir=folder)  # noqa: SIM115 - closed by close()
        self._writer = SealedWriter(self._raw, self._key, record_id=self._id)
        self._digest = hashlib.sha256()
        self._limit = int(settings.INTAKE_MAX_BYTES)
        self.size = 0

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self._limit:
            self.close()
            raise too_large(self._limit)
        self._digest.update(data)
        try:
            self._writer.write(data)
        except OSError:
            self.close()
            raise intake.full() from None

    def finish(self) -> SealedReader:
        """A reader of the plaintext; nothing more can be written."""
        try:
            self._writer.close()
        except OSError:
            self.close()
            raise intake.full() from None
        return SealedReader(self._raw, self._key, record_id=self._id)

    @property
    def digest(self) -> bytes:
        return self._digest.digest()

    def close(self) -> None:
        self._raw.close()


class SealedUploadedFile(_UploadedFile):
    """What Django calls an uploaded file, over a sealed spool. `digest` is the SHA-256 of its content."""

    def __init__(self, spool: SealedSpool, *, name: str, content_type: str, charset: str | None) -> None:
        super().__init__(
            io.BufferedReader(spool.finish(), PIECE), name, content_type or None, spool.size, charset or None
        )
        self._spool = spool
        self.digest = spool.digest

    def close(self) -> None:
        super().close()
        self._spool.close()


class SealedUploadHandler(FileUploadHandler):
    """The only upload handler of the product (setting FILE_UPLOAD_HANDLERS)."""

    chunk_size = PIECE
    _spool: SealedSpool | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._spool = SealedSpool()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self._spool is not None
        self._spool.write(raw_data)

    def file_complete(self, file_size: int) -> SealedUploadedFile:
        assert self._spool is not None
        spool, self._spool = self._spool, None
        return SealedUploadedFile(
            spool, name=self.file_name or "", content_type=self.content_type or "", charset=self.charset
        )

    def upload_interrupted(self) -> None:
        if self._spool is not None:
            self._spool.close()
            self._spool = None


def too_large(limit: int) -> TooLarge:
    return TooLarge("file_too_large", _("This is larger than the limit for taking in."), data={"limit": limit})
