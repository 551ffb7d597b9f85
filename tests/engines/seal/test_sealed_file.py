"""Sealed files: what is written is read, at any place, by this program and by an independent reader."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.seal import (
    CannotOpen,
    InvalidInput,
    Key,
    SealedReader,
    SealedWriter,
    Suite,
    Truncated,
    UnsupportedFormat,
    WrongKey,
    sealed_size,
)
from tests.engines.seal import independent_reader
from tests.engines.seal.material import (
    HEADER,
    RECORD,
    SEGMENT,
    SMALL,
    TAG,
    both_suites,
    opened,
    pattern,
    sealed,
)

borders = [0, 1, SMALL - 1, SMALL, SMALL + 1, 2 * SMALL - 1, 2 * SMALL, 2 * SMALL + 1, 5 * SMALL]
real_borders = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 1]


@both_suites
@pytest.mark.parametrize("size", real_borders)
def test_what_is_sealed_is_read_back(suite: Suite, size: int) -> None:
    key = Key.generate(suite)
    data = sealed(key, pattern(size), part=7)
    assert len(data) == sealed_size(size)
    reader = opened(data, key, part=7)
    assert reader.plain_size == size
    assert reader.readall() == pattern(size)
    assert reader.read(1) == b""


@both_suites
@pytest.mark.parametrize("size", real_borders)
def test_the_independent_reader_opens_it_too(suite: Suite, size: int, tmp_path: Path) -> None:
    key = Key.generate(suite)
    file = tmp_path / "recording"
    file.write_bytes(sealed(key, pattern(size), part=7))
    assert independent_reader.open_file(file.read_bytes(), suite.value, key.raw, RECORD, 7) == pattern(size)


def test_the_independent_reader_runs_without_the_product(tmp_path: Path) -> None:
    key = Key.generate(Suite.SM4_GCM)
    file, program = tmp_path / "recording", tmp_path / "reader.py"
    file.write_bytes(sealed(key, b"hello"))
    source = Path(independent_reader.__file__ or "")
    shutil.copy(source, program)
    assert "callwarden" not in "".join(line for line in source.read_text().splitlines() if "import" in line)
    assert len(source.read_text().splitlines()) <= 60
    command = [sys.executable, "-I", str(program), str(file), "2", key.raw.hex(), RECORD.decode()]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"hello"


@both_suites
@given(chunks=st.lists(st.integers(0, 3 * SMALL), max_size=8), kinds=st.randoms(use_true_random=False))
def test_how_the_plaintext_was_cut_into_writes_does_not_show(suite: Suite, chunks: list[int], kinds: object) -> None:
    key, plaintext, at = Key.generate(suite), pattern(sum(chunks)), 0
    file = io.BytesIO()
    with SealedWriter(file, key, record_id=RECORD, segment_size=SMALL) as out:
        for size in chunks:
            piece: bytes | bytearray | memoryview = plaintext[at : at + size]
            piece = kinds.choice([bytes, bytearray, memoryview])(piece)  # type: ignore[attr-defined]
            assert out.write(piece) == size
            if isinstance(piece, bytearray):
                piece[:] = bytes(size)  # the caller uses its buffer again
            at += size
    assert out.plain_size == len(plaintext)
    assert out.sealed_size == len(file.getvalue()) == sealed_size(len(plaintext), segment_size=SMALL)
    assert opened(file.getvalue(), key).readall() == plaintext


@both_suites
@settings(max_examples=60)
@given(
    size=st.sampled_from(borders),
    reads=st.lists(st.tuples(st.integers(0, 6 * SMALL), st.integers(-1, 6 * SMALL)), max_size=12),
)
def test_random_access_equals_the_plaintext(suite: Suite, size: int, reads: list[tuple[int, int]]) -> None:
    key, plaintext = Key.generate(suite), pattern(size)
    reader, oracle = opened(sealed(key, plaintext, segment_size=SMALL), key), io.BytesIO(plaintext)
    for offset, length in reads:
        assert reader.seek(offset) == oracle.seek(offset)
        assert reader.read(length) == oracle.read(length)
        assert reader.tell() == oracle.tell()


def test_seeking_from_the_end_and_from_here(key: Key) -> None:
    reader = opened(sealed(key, pattern(1000), segment_size=SMALL), key)
    assert reader.seek(-10, io.SEEK_END) == 990
    assert reader.read() == pattern(1000)[990:]
    reader.seek(100)
    assert reader.seek(-50, io.SEEK_CUR) == 50
    assert reader.seek(5000) == 5000
    assert reader.read(1) == b""
    with pytest.raises(InvalidInput):
        reader.seek(-1)
    with pytest.raises(InvalidInput):
        reader.seek(0, 9)


def test_the_standard_buffer_reads_lines_through_it(key: Key) -> None:
    text = b"".join(b"line %d\n" % i for i in range(500))
    assert list(io.BufferedReader(opened(sealed(key, text, segment_size=SMALL), key))) == io.BytesIO(text).readlines()


class Ranges:
    """An object store that counts its requests and may lose the end of an object."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)
        self.asked: list[tuple[int, int]] = []

    def read_at(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        return self.data[offset : offset + length]


def test_a_store_is_asked_for_header_end_and_whole_windows(key: Key) -> None:
    store = Ranges(sealed(key, pattern(100 * SMALL), segment_size=SMALL))
    reader = SealedReader(store, key, record_id=RECORD)
    assert [length for _, length in store.asked] == [HEADER, SMALL + TAG]
    assert reader.readall() == pattern(100 * SMALL)
    assert len(store.asked) == 2 + -(-100 // 16)
    asked = len(store.asked)
    reader.seek(50 * SMALL + 3)
    assert reader.read(2) == pattern(100 * SMALL)[50 * SMALL + 3 :][:2]
    assert store.asked[asked:] == [(HEADER + 50 * (SMALL + TAG), SMALL + TAG)]


def test_an_object_that_shrinks_while_it_is_read_is_refused_and_recovers(key: Key) -> None:
    data = sealed(key, pattern(10 * SMALL), segment_size=SMALL)
    store = Ranges(data)
    reader = SealedReader(store, key, record_id=RECORD)
    store.data = data[: HEADER + 3 * (SMALL + TAG)]
    reader.seek(5 * SMALL)
    with pytest.raises(Truncated):
        reader.read(SMALL)
    assert reader.tell() == 5 * SMALL
    store.data = data
    assert reader.read(SMALL) == pattern(10 * SMALL)[5 * SMALL :][:SMALL]


def test_a_file_that_shrinks_while_it_is_read_recovers_as_well(key: Key) -> None:
    """What a failed fetch left in the buffer is never taken for what was there before."""
    data, plaintext = sealed(key, pattern(10 * SMALL), segment_size=SMALL), pattern(10 * SMALL)
    file = io.BytesIO(data)
    reader = SealedReader(file, key, record_id=RECORD)
    assert reader.read(3 * SMALL) == plaintext[: 3 * SMALL]
    file.truncate(HEADER + 7 * (SMALL + TAG))
    reader.seek(5 * SMALL)
    with pytest.raises(Truncated):
        reader.read(3 * SMALL)
    file.seek(0)
    file.write(data)
    reader.seek(SMALL)
    assert reader.read(SMALL) == plaintext[SMALL : 2 * SMALL]


class Dribble(io.RawIOBase):
    """A raw stream that takes and gives a few bytes at a time."""

    def __init__(self, data: bytes = b"") -> None:
        self.file = io.BytesIO(data)

    def write(self, data: object) -> int:
        return self.file.write(memoryview(data)[:13])  # type: ignore[arg-type]

    def readinto(self, buffer: object) -> int:
        return self.file.readinto(memoryview(buffer)[:11])  # type: ignore[arg-type]

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)


def test_streams_that_move_a_few_bytes_at_a_time_lose_none(key: Key) -> None:
    slow = Dribble()
    with SealedWriter(slow, key, record_id=RECORD) as out:  # type: ignore[arg-type]
        out.write(pattern(1000))
    reader = SealedReader(Dribble(slow.file.getvalue()), key, record_id=RECORD)  # type: ignore[arg-type]
    assert reader.readall() == pattern(1000)


@both_suites
@pytest.mark.parametrize("size", borders)
def test_an_aborted_file_never_opens(suite: Suite, size: int) -> None:
    key, file = Key.generate(suite), io.BytesIO()
    out = SealedWriter(file, key, record_id=RECORD, segment_size=SMALL)
    out.write(pattern(size))
    out.abort()
    out.abort()
    assert out.closed
    with pytest.raises(Truncated):
        opened(file.getvalue(), key)
    for act in (out.close, lambda: out.write(b"more")):
        with pytest.raises(ValueError, match="start a new one"):
            act()
    with pytest.raises(Truncated):
        opened(file.getvalue(), key)


def test_an_exception_in_the_block_aborts(key: Key) -> None:
    file = io.BytesIO()

    def fail_half_way() -> None:
        with SealedWriter(file, key, record_id=RECORD) as out:
            out.write(pattern(3 * SEGMENT))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with pytest.raises(Truncated):
        opened(file.getvalue(), key)


def test_a_writer_that_is_just_forgotten_leaves_no_file(key: Key) -> None:
    file = io.BytesIO()
    SealedWriter(file, key, record_id=RECORD).write(pattern(SEGMENT))
    with pytest.raises(Truncated):
        opened(file.getvalue(), key)


class Full(io.BytesIO):
    """A disk with room for `room` bytes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, data: object) -> int:
        if self.tell() + len(memoryview(data)) > self.room:  # type: ignore[arg-type]
            raise OSError(28, "No space left on device")
        return super().write(data)  # type: ignore[arg-type]


@pytest.mark.parametrize("room", range(HEADER, HEADER + 4 * (SMALL + TAG), 20))
def test_a_full_disk_leaves_a_file_that_never_opens(key: Key, room: int) -> None:
    disk = Full(room)
    out = SealedWriter(disk, key, record_id=RECORD, segment_size=SMALL)

    def write_all() -> None:
        out.write(pattern(4 * SMALL))
        out.close()

    with pytest.raises(OSError, match="No space"):
        write_all()
    disk.room = 1 << 20  # room again: too late for this file
    with pytest.raises(ValueError, match="start a new one"):
        out.close()
    with pytest.raises(Truncated):
        opened(disk.getvalue(), key)


def test_a_destination_that_takes_nothing_is_an_error_not_a_loop(key: Key) -> None:
    class Stuck:
        def write(self, _: object) -> None:
            return None

    with pytest.raises(OSError, match="takes no more"):
        SealedWriter(Stuck(), key, record_id=RECORD)  # type: ignore[arg-type]


def test_closing_twice_writes_once(key: Key) -> None:
    file = io.BytesIO()
    out = SealedWriter(file, key, record_id=RECORD)
    out.write(b"abc")
    out.close()
    size = len(file.getvalue())
    out.close()
    out.abort()
    assert len(file.getvalue()) == size
    assert opened(file.getvalue(), key).read() == b"abc"
    with pytest.raises(ValueError, match="start a new one"):
        out.write(b"more")


def test_a_closed_reader_reads_nothing_and_leaves_the_source_open(key: Key) -> None:
    source = io.BytesIO(sealed(key, b"secret"))
    with SealedReader(source, key, record_id=RECORD) as reader:
        assert reader.read() == b"secret"
    for act in (reader.read, reader.tell, lambda: reader.seek(0), lambda: reader.readinto(bytearray(1))):
        with pytest.raises(ValueError, match="closed"):
            act()
    assert not source.closed


def test_two_files_of_one_key_share_nothing_visible(key: Key) -> None:
    first, second = (sealed(key, pattern(5000)) for _ in range(2))
    same = sum(a == b for a, b in zip(first[10:], second[10:], strict=True))
    assert same < len(first) // 100


@pytest.mark.parametrize("other", [Suite.AES_256_GCM, Suite.SM4_GCM], ids=lambda suite: suite.name)
def test_another_key_is_named_as_such_before_anything_is_read(key: Key, other: Suite) -> None:
    store = Ranges(sealed(key, pattern(1000)))
    with pytest.raises(WrongKey):
        SealedReader(store, Key.generate(other), record_id=RECORD)
    assert store.asked == [(0, HEADER)]


@pytest.mark.parametrize("data", [b"", b"C", b"CWSF", b"RIFF....WAVEfmt ", b"CWSF\x02" + bytes(100)])
def test_what_is_no_sealed_file_is_refused(key: Key, data: bytes) -> None:
    with pytest.raises((UnsupportedFormat, Truncated)):
        opened(data, key)


def impossible() -> Iterable[dict[str, object]]:
    yield {"record_id": b""}
    yield {"record_id": bytes(1025)}
    yield {"record_id": "text"}
    yield {"record_id": RECORD, "part": -1}
    yield {"record_id": RECORD, "part": 1 << 32}
    for size in (0, 8, 17, 2 << 20, -64):
        yield {"record_id": RECORD, "segment_size": size}


@pytest.mark.parametrize("arguments", list(impossible()), ids=str)
def test_impossible_arguments_are_refused_before_anything_is_written(key: Key, arguments: dict[str, object]) -> None:
    file = io.BytesIO()
    with pytest.raises(InvalidInput):
        SealedWriter(file, key, **arguments)  # type: ignore[arg-type]
    assert file.getvalue() == b""


def test_no_failure_to_open_shows_key_record_or_plaintext(key: Key) -> None:
    data = sealed(key, b"13800138000", record=b"secret-record")
    for damaged in (data[:-1], data[:40], b"x" + data, data[:-1] + b"\x00"):
        with pytest.raises(CannotOpen) as refusal:
            opened(damaged, key, record=b"secret-record")
        shown = f"{refusal.value!r} {refusal.value} {refusal.value.data}"
        assert not any(secret in shown for secret in ("secret-record", "13800138000", key.raw.hex()))


def test_more_segments_than_the_counter_holds_are_refused(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callwarden.engines.seal._writer.MAX_SEGMENTS", 3)
    file = io.BytesIO()
    out = SealedWriter(file, key, record_id=RECORD, segment_size=SMALL)
    with pytest.raises(InvalidInput, match="2\\^32 segments"):
        out.write(pattern(5 * SMALL))
    with pytest.raises(Truncated):
        opened(file.getvalue(), key)
