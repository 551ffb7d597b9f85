"""Reading the parts of a multipart body: named fields and sealed files, nothing else."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from callwarden.custody import intake
from callwarden.custody.intake import Received
from callwarden.doors.api.credentials import UnsupportedContent, key_of
from callwarden.doors.api.idempotency import digest_of
from callwarden.doors.api.problems import Malformed
from callwarden.doors.api.uploads import PIECE, SealedSpool, SealedUploadedFile
from callwarden.engines.redact.audio import sniff
from callwarden.flows.formats import AUDIO_EXTENSIONS, read_words
from callwarden.flows.formats.words import MAX_BYTES
from callwarden.kernel import malware
from callwarden.kernel.errors import InvalidInput

_HEAD_BYTES = 64 * 1024
_ENDINGS = {"wav": ("wav",), "flac": ("flac",), "mp3": ("mp3",), "ogg": ("ogg", "opus")}


@dataclass(frozen=True)
class Parts:
    """What a multipart body held, by name of the part. Fields are text, files are sealed."""

    fields: dict[str, str]
    files: dict[str, list[SealedUploadedFile]]

    @property
    def content(self) -> bytes:
        """Digest of all of it, whatever the boundaries between the parts were this time."""
        parts: list[bytes] = []
        for name in sorted(self.fields):
            parts += [b"field", name.encode(), hashlib.sha256(self.fields[name].encode()).digest()]
        for name in sorted(self.files):
            for file in self.files[name]:
                parts += [b"file", name.encode(), (file.name or "").encode(), file.digest]
        return digest_of(parts)

    def document(self, name: str) -> bytes | None:
        """A small document that was sent as a field or as a file; None when it was not sent."""
        if name in self.fields:
            return self.fields[name].encode()
        sent = self.files.get(name, [])
        return sent[0].read() if sent else None


class _Counted(io.BufferedIOBase):
    """The body of a request, which tells whether all of it came. A multipart body that breaks off inside a recording
    would otherwise pass for a shorter recording.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece: bytes = self._request.read(size)
        self._count += len(piece)
        return piece

    def require_whole(self) -> None:
        """
        Raises:
            Malformed: less came than was announced.
        """
        if self._count != int(self._request.META.get("CONTENT_LENGTH") or 0):
            raise Malformed("body_cut_short", _("The body ended before its announced length. Send it again."))


@contextmanager
def parts_of(request: HttpRequest, *, fields: Iterable[str] = (), files: Iterable[str] = ()) -> Iterator[Parts]:
    """Read the body, in pieces, have its files scanned, and close what it held afterwards.

    Raises:
        InvalidInput: a part that has no place here, or a field sent twice.
        Refused, Unavailable, TooLarge: a file has malware, or nobody can say; see `kernel.malware`.
    """
    wanted_fields, wanted_files = set(fields), set(files)
    body = _Counted(request)
    posted, uploaded = request.parse_file_upload(request.META, body)
    try:
        body.require_whole()
        unknown = (set(posted) - wanted_fields) | (set(uploaded) - wanted_files)
        if unknown or any(len(posted.getlist(name)) > 1 for name in posted):
            raise InvalidInput(
                "unknown_part",
                _("The body has a part that has no place here, or one field twice. Parts are: %(parts)s."),
                data={"parts": ", ".join(sorted(wanted_fields | wanted_files))},
            )
        received = {name: [_sealed(file) for file in uploaded.getlist(name)] for name in uploaded}
        for of_name in received.values():
            for file in of_name:
                scanned(request, file)
        yield Parts({name: str(posted[name]) for name in posted}, received)
    finally:
        for _name, sent in uploaded.lists():
            for each in sent:
                each.close()


def _sealed(file: UploadedFile[Any]) -> SealedUploadedFile:
    """What our upload handler made; Django's own would have written it to the disk in clear."""
    assert isinstance(file, SealedUploadedFile)
    return file


def spooled_body(request: HttpRequest) -> SealedUploadedFile:
    """The whole body as one sealed file, read in pieces and scanned.

    Raises:
        Malformed: the sender broke off.
        Refused, Unavailable, TooLarge: it has malware, or nobody can say; see `kernel.malware`.
    """
    spool, body = SealedSpool(), _Counted(request)
    while piece := body.read(PIECE):
        spool.write(piece)
    body.require_whole()
    file = SealedUploadedFile(spool, name="body", content_type=request.content_type or "", charset=None)
    try:
        scanned(request, file)
    except BaseException:
        file.close()
        raise
    return file


def scanned(request: HttpRequest, file: SealedUploadedFile) -> None:
    """Let an uploaded file in only with a scanner's verdict, or where the site knowingly has no scanner."""
    malware.admit(file, actor=key_of(request).actor)


def check_audio(file: SealedUploadedFile, *, named: bool) -> str:
    """The extension for what this recording really is.

    Args:
        named: its own name counts, so it has to end in an extension of recordings.

    Raises:
        UnsupportedContent: it is no recording, or of a kind that is not read.
    """
    kind = sniff(file.read(_HEAD_BYTES))
    file.seek(0)
    extension = (file.name or "").rpartition(".")[2].casefold()
    if kind is None or (named and extension not in AUDIO_EXTENSIONS):
        raise UnsupportedContent(
            "unsupported_audio",
            _("A file is no recording that can be read. Send %(kinds)s."),
            data={"kinds": ", ".join(AUDIO_EXTENSIONS)},
        )
    return extension if extension in _ENDINGS[kind] else kind


def check_words(file: SealedUploadedFile) -> None:
    """Refuse what no recogniser's output can be read from, before it is kept.

    Raises:
        WordsError: naming the place in the document.
    """
    read_words(file.read(MAX_BYTES + 1))
    file.seek(0)


@contextmanager
def undone_on_failure() -> Iterator[list[Received]]:
    """Collects what an act seals; when the act fails, its sealed files go, as its rows do.

    Only for failures of the act itself: after a broken commit nobody knows, and the sweep of the spool decides.
    """
    kept: list[Received] = []
    try:
        yield kept
    except BaseException:
        for received in kept:
            if not received.duplicate:
                intake.discard(received.item)
        raise
