"""Writing a sealed file in one pass, without seeking and without knowing its length beforehand."""

from __future__ import annotations

import enum
import secrets
from types import TracebackType
from typing import Protocol

from cryptography.utils import Buffer

from callwarden.engines.seal._errors import InvalidInput
from callwarden.engines.seal._layout import (
    MAX_SEGMENTS,
    NONCE_END,
    SALT_BYTES,
    SEGMENT_SIZE,
    FileKeys,
    Header,
    commitment,
    is_segment_size,
)
from callwarden.engines.seal._suite import TAG_BYTES, Key


class Sink(Protocol):
    """Where sealed bytes go. Like a raw stream it may take less than offered and says how much; like the io module it
    must not keep the buffer."""

    def write(self, data: memoryview, /) -> int | None: ...


class _State(enum.Enum):
    OPEN = enum.auto()
    FINISHED = enum.auto()
    ABANDONED = enum.auto()


class SealedWriter:
    """Seals what is written to it into `raw`, segment by segment.

    The file opens only after `close` has written the last segment. Leaving a ``with`` block by an exception, `abort`,
    a failed write or a killed process leave a file that every reader refuses. Nothing is closed, synced or deleted
    for the caller: `raw` stays theirs. Not thread-safe.

    Deliberately no `io.IOBase`: its finaliser calls `close`, which would turn an abandoned file into a finished one.

    Args:
        raw: where sealed bytes go.
        key: the data key; the file's own key is derived from it.
        record_id: 1 to 1024 bytes that name the record; needed again to open.
        part: 0 to 2^32 - 1, which object of the record this is.
        segment_size: plaintext bytes a segment, a power of two from 16 to 1 MiB.

    Raises:
        InvalidInput: an argument out of range.
        OSError: from `raw`.
    """

    def __init__(
        self, raw: Sink, key: Key, *, record_id: bytes, part: int = 0, segment_size: int = SEGMENT_SIZE
    ) -> None:
        if not is_segment_size(segment_size):
            raise InvalidInput("Give a segment size that is a power of two from 16 to 1 MiB.", field="segment_size")
        salt = secrets.token_bytes(SALT_BYTES)
        header = Header(key.suite, segment_size, salt, commitment(key, salt))
        self._raw = raw
        self._segment_size = segment_size
        keys = FileKeys.derive(key, header, record_id, part)
        self._seal_into, self._nonce_prefix, self._associated = (
            keys.cipher.seal_into,
            keys.nonce_prefix,
            keys.associated,
        )
        self._out = memoryview(bytearray(segment_size + TAG_BYTES))
        self._index = 0
        # The last 1 to `segment_size` bytes wait here: until more arrives, nobody knows whether they are the last.
        # Bytes objects cannot change under us, so they are held by reference; anything else is copied.
        self._held: memoryview | bytearray = bytearray()
        self._state = _State.OPEN
        self._plain_size = 0
        self._sealed_size = 0
        self._put(memoryview(header.encode()))

    def write(self, data: Buffer) -> int:
        """Take plaintext; returns its length in bytes.

        Raises:
            ValueError: closed, aborted or failed before.
            InvalidInput: longer than 2^32 segments.
            OSError: from `raw`; the file can then only be abandoned.
        """
        if self._state is not _State.OPEN:
            raise ValueError("This sealed file is closed; start a new one.")
        view = memoryview(data).cast("B")
        size = len(view)
        if size == 0:
            return 0
        step = self._segment_size
        start = self._top_up(view, size) if self._held else 0
        while size - start > step:
            self._emit(view[start : start + step], last=False)
            start += step
        if start < size:
            rest = view[start:] if start else view
            self._held = rest if type(data) is bytes else bytearray(rest)
        self._plain_size += size
        return size

    def close(self) -> None:
        """Write the last segment; from here on the file opens. Closing again does nothing.

        Raises:
            ValueError: aborted or failed before, so there is no file to finish.
        """
        if self._state is _State.FINISHED:
            return
        if self._state is _State.ABANDONED:
            raise ValueError("This sealed file was given up and cannot be finished; start a new one.")
        self._emit(self._held, last=True)
        self._end(_State.FINISHED)

    def abort(self) -> None:
        """Give up: what was written so far never opens. Harmless when repeated; too late after `close`."""
        if self._state is _State.OPEN:
            self._end(_State.ABANDONED)

    @property
    def closed(self) -> bool:
        """Whether nothing more can be written, finished or not."""
        return self._state is not _State.OPEN

    @property
    def plain_size(self) -> int:
        """Bytes of plaintext taken so far."""
        return self._plain_size

    @property
    def sealed_size(self) -> int:
        """Bytes written to `raw` so far; after `close`, the length of the sealed file."""
        return self._sealed_size

    def __enter__(self) -> SealedWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _top_up(self, view: memoryview, size: int) -> int:
        """Complete the held segment from `view` and emit it if more follows; how many bytes were taken."""
        missing = self._segment_size - len(self._held)
        if missing:
            if not isinstance(self._held, bytearray):
                self._held = bytearray(self._held)
            self._held += view[:missing]
        if size > missing:
            self._emit(self._held, last=False)
            self._held = bytearray()
            return missing
        return size

    def _emit(self, plaintext: memoryview | bytearray, *, last: bool) -> None:
        if self._index >= MAX_SEGMENTS:
            self._end(_State.ABANDONED)
            raise InvalidInput("One sealed file holds at most 2^32 segments; split the data.", field="data")
        size = len(plaintext)
        out = self._out if size == self._segment_size else self._out[: size + TAG_BYTES]
        nonce = self._nonce_prefix + NONCE_END.pack(self._index, last)
        self._seal_into(nonce, plaintext, self._associated, out)
        self._put(out)
        self._index += 1

    def _put(self, data: memoryview) -> None:
        try:
            while data:
                # Raw streams may take less than offered; like the io module, they must not keep the buffer.
                written = self._raw.write(data)
                if not written:
                    raise OSError("The destination takes no more data; give a blocking stream with space left.")
                self._sealed_size += written
                if written == len(data):
                    return
                data = data[written:]
        except BaseException:
            self._end(_State.ABANDONED)
            raise

    def _end(self, state: _State) -> None:
        self._state = state
        self._held = bytearray()
