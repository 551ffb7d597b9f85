"""Reading a sealed file at random, serving only what was authenticated."""

from __future__ import annotations

import hmac
import io
from typing import IO, TYPE_CHECKING, Protocol, runtime_checkable

from cryptography.exceptions import InvalidTag

from callwarden.engines.seal._errors import InvalidInput, Tampered, Truncated, WrongKey
from callwarden.engines.seal._layout import HEADER_BYTES, FileKeys, Header, Shape, commitment
from callwarden.engines.seal._suite import TAG_BYTES, Key

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Segments fetched by one call to the source while a long read runs: bounds memory, spares round trips.
WINDOW_SEGMENTS = 16


@runtime_checkable
class RangeSource(Protocol):
    """Sealed bytes by range, e.g. from an object store."""

    @property
    def size(self) -> int:
        """Length of the sealed object in bytes."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from `offset`; fewer only when the object ends there. May raise `OSError`."""


class _FileSource:
    """A `RangeSource` over a seekable file that the reader has to itself."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self.size = raw.seek(0, io.SEEK_END)

    def read_at(self, offset: int, length: int) -> bytes:
        return bytes(self.fill(offset, memoryview(bytearray(length))))

    def fill(self, offset: int, into: memoryview) -> memoryview:
        """Read into a buffer that is used again and again; the part of it that was filled."""
        self._raw.seek(offset)
        done = 0
        # Raw files may give less than asked for.
        while done < len(into) and (count := self._raw.readinto(into[done:])):  # type: ignore[attr-defined]
            done += count
        return into[:done]


class SealedReader(io.RawIOBase):
    """A seekable, read-only view of the plaintext of a sealed file.

    Opening authenticates the last segment, and with it header, length, key and record, before any byte is served.
    Each segment is authenticated when it is first touched. Wrap it in `io.BufferedReader` for many small reads.
    Closing does not close `raw`, which stays the caller's. Not thread-safe; open one reader a thread.

    Args:
        raw: a seekable binary file used by nobody else meanwhile, or a `RangeSource`.
        key, record_id, part: as given to `SealedWriter`.

    Raises:
        UnsupportedFormat: not a sealed file, or of an unknown version or suite.
        WrongKey: sealed under another key, or salt or commitment damaged.
        Truncated: the end is missing.
        Tampered: changed, or it belongs to another record or part.
        OSError: from `raw`.
    """

    def __init__(self, raw: IO[bytes] | RangeSource, key: Key, *, record_id: bytes, part: int = 0) -> None:
        super().__init__()
        self._source = raw if isinstance(raw, RangeSource) else _FileSource(raw)
        size = self._source.size
        header = Header.decode(self._source.read_at(0, min(size, HEADER_BYTES)))
        if header.suite is not key.suite or not hmac.compare_digest(commitment(key, header.salt), header.commitment):
            raise WrongKey("This file was sealed under another key; open it with the key it belongs to.")
        self._keys = FileKeys.derive(key, header, record_id, part)
        self._shape = Shape.of_sealed(size, header.segment_size)
        self._plain = memoryview(bytearray(header.segment_size))
        self._sealed = bytearray()
        self._loaded = -1
        self._window = memoryview(b"")
        self._window_first = 0
        self._position = 0
        self._admit()

    @property
    def plain_size(self) -> int:
        """Length of the plaintext in bytes; authenticated."""
        return self._shape.plain_size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        self._check_open()
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._check_open()
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.plain_size}.get(whence)
        if base is None or base + offset < 0:
            raise InvalidInput("Seek to a position at or after the beginning of the file.", field="offset")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer` as far as the file goes; returns the bytes read, 0 at the end.

        Raises:
            Tampered, Truncated: a segment is not authentic or gone; none of its bytes were written to `buffer`.
        """
        self._check_open()
        view = memoryview(buffer).cast("B")
        wanted = max(0, min(len(view), self.plain_size - self._position))
        done = 0
        while done < wanted:
            index, start = divmod(self._position, self._shape.segment_size)
            if index != self._loaded:
                self._load(index, ahead=start + wanted - done)
            count = min(self._shape.plain_length(index) - start, wanted - done)
            view[done : done + count] = self._plain[start : start + count]
            done += count
            self._position += count
        return done

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes, short only at the end of the file; all the rest without a size."""
        self._check_open()
        rest = max(0, self.plain_size - self._position)
        out = bytearray(rest if size is None or size < 0 else min(size, rest))
        self.readinto(out)
        return bytes(out)

    def readall(self) -> bytes:
        return self.read(-1)

    def close(self) -> None:
        """Forget plaintext and keys; the source stays open."""
        if not self.closed and hasattr(self, "_plain"):
            self._plain[:] = bytes(len(self._plain))
            self._window = memoryview(b"")
            self._loaded = -1
            del self._keys
        super().close()

    def _admit(self) -> None:
        """Authenticate the last segment; the computed length is to be trusted only after that."""
        last = self._shape.segments - 1
        sealed = self._fetch(last, 1)
        try:
            self._open_segment(last, sealed, last=True)
        except InvalidTag:
            if self._is_inner_segment(last, sealed):
                raise Truncated(
                    "The sealed file is not whole: it ends between two segments; restore it from a copy."
                ) from None
            raise self._tampered(last) from None

    def _is_inner_segment(self, index: int, sealed: memoryview) -> bool:
        """Whether the end is authentic but not an end. Only to name the failure; nothing is served either way."""
        try:
            self._open_segment(index, sealed, last=False)
        except InvalidTag:
            return False
        finally:
            self._plain[:] = bytes(len(self._plain))
            self._loaded = -1
        return True

    def _load(self, index: int, *, ahead: int) -> None:
        """Authenticate one segment into the plaintext buffer; `ahead` bytes of plaintext are wanted in all."""
        stride = self._shape.segment_size + TAG_BYTES
        at = (index - self._window_first) * stride
        if not 0 <= at < len(self._window):
            count = min(-(-ahead // self._shape.segment_size), WINDOW_SEGMENTS, self._shape.segments - index)
            self._window, self._window_first, at = self._fetch(index, count), index, 0
        try:
            self._open_segment(index, self._window[at : at + stride], last=self._shape.is_last(index))
        except InvalidTag:
            raise self._tampered(index) from None

    def _fetch(self, index: int, count: int) -> memoryview:
        start = self._shape.offset(index)
        end = min(self._shape.offset(index + count), self._shape.sealed_size)
        self._window = memoryview(b"")  # it may share the buffer about to be filled
        if isinstance(self._source, _FileSource):
            if len(self._sealed) < end - start:
                self._sealed = bytearray(end - start)
            data = self._source.fill(start, memoryview(self._sealed)[: end - start])
        else:
            data = memoryview(self._source.read_at(start, end - start))
        if len(data) != end - start:
            raise Truncated("The sealed file became shorter while it was read; restore it from a copy.")
        return data

    def _open_segment(self, index: int, sealed: memoryview, *, last: bool) -> None:
        self._loaded = -1
        out = self._plain[: len(sealed) - TAG_BYTES]
        self._keys.cipher.open_into(self._keys.nonce(index, last), sealed, self._keys.associated, out)
        self._loaded = index

    def _tampered(self, index: int) -> Tampered:
        return Tampered(
            "The sealed file was changed, or belongs to another record; restore it from a copy.", segment=index
        )

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("This sealed file is closed; open it again.")
