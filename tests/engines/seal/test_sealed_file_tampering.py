"""A sealed file that was changed, cut or put together anew serves no byte of what was changed."""

from __future__ import annotations

import io
import itertools
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.engines.seal import (
    CannotOpen,
    Key,
    SealedReader,
    SealedWriter,
    Suite,
    Tampered,
    Truncated,
    UnsupportedFormat,
    WrongKey,
)
from callwarden.engines.seal._layout import commitment
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
    segments,
)

around_borders = [0, 1, 15, SMALL - 1, SMALL, SMALL + 1, 2 * SMALL, 2 * SMALL + 1, 3 * SMALL]


def refused(data: bytes, key: Key, **named: object) -> bool:
    """Whether reading all of it, as a player would, is refused."""
    try:
        opened(data, key, **named).readall()  # type: ignore[arg-type]
    except CannotOpen:
        return True
    return False


def with_bit_flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@both_suites
@pytest.mark.parametrize("size", around_borders)
def test_every_single_flipped_bit_is_refused(suite: Suite, size: int) -> None:
    key = Key.generate(suite)
    data = sealed(key, pattern(size), segment_size=SMALL)
    accepted = [bit for bit in range(8 * len(data)) if not refused(with_bit_flipped(data, bit), key)]
    assert accepted == []


@both_suites
@pytest.mark.parametrize("size", around_borders)
def test_every_truncation_is_refused_at_opening(suite: Suite, size: int) -> None:
    key = Key.generate(suite)
    data = sealed(key, pattern(size), segment_size=SMALL)
    for end in range(len(data)):
        with pytest.raises((Truncated, Tampered)):
            opened(data[:end], key)


def places(length: int, step: int) -> Iterator[int]:
    """Every place near a border of a file with real segments, and every `step`-th of the rest."""
    borders = [0, HEADER, *range(HEADER, length + SEGMENT, SEGMENT + TAG), length]
    near = {at for border in borders for at in range(border - 20, border + 20) if 0 <= at < length}
    return iter(sorted(near | set(range(0, length, step))))


@both_suites
@pytest.mark.parametrize("size", [SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT])
def test_truncations_are_refused_at_the_real_segment_size(suite: Suite, size: int) -> None:
    key = Key.generate(suite)
    data = sealed(key, pattern(size))
    for end in places(len(data), 13 if suite is Suite.AES_256_GCM else 211):
        with pytest.raises((Truncated, Tampered)):
            opened(data[:end], key)


@both_suites
@pytest.mark.parametrize("size", [SEGMENT, SEGMENT + 1])
def test_flipped_bits_are_refused_at_the_real_segment_size(suite: Suite, size: int) -> None:
    key = Key.generate(suite)
    data = sealed(key, pattern(size))
    for at in places(len(data), 13 if suite is Suite.AES_256_GCM else 211):
        assert refused(with_bit_flipped(data, 8 * at + at % 8), key)


@both_suites
@pytest.mark.parametrize("extra", [1, TAG, SMALL, SMALL + TAG, 2 * (SMALL + TAG)])
@pytest.mark.parametrize("size", around_borders)
def test_bytes_behind_the_end_are_refused(suite: Suite, size: int, extra: int) -> None:
    key = Key.generate(suite)
    data = sealed(key, pattern(size), segment_size=SMALL)
    with pytest.raises((Tampered, Truncated)):
        opened(data + data[-extra:].rjust(extra, b"\0"), key)


def test_a_cut_sixteen_bytes_behind_a_border_serves_no_silent_prefix(key: Key) -> None:
    """The empty last segment that a cut leaves must not count as an end."""
    data = sealed(key, pattern(4 * SMALL), segment_size=SMALL)
    for whole in (1, 2, 3):
        with pytest.raises(Truncated):
            opened(data[: HEADER + whole * (SMALL + TAG) + TAG], key)


def test_a_cut_at_a_border_is_named_a_truncation(key: Key) -> None:
    data = sealed(key, pattern(4 * SMALL), segment_size=SMALL)
    for whole in (0, 1, 2, 3):
        with pytest.raises(Truncated):
            opened(data[: HEADER + whole * (SMALL + TAG)], key)


def test_an_authentic_empty_segment_at_the_end_is_refused_too(key: Key) -> None:
    """Even one that a holder of the key made, so that a length has one spelling only."""
    file = io.BytesIO()
    out = SealedWriter(file, key, record_id=RECORD, segment_size=SMALL)
    out._emit(memoryview(pattern(SMALL)), last=False)
    out._emit(memoryview(b""), last=True)
    with pytest.raises(Truncated):
        opened(file.getvalue(), key)


@both_suites
def test_no_other_order_choice_or_repetition_of_segments_is_accepted(suite: Suite) -> None:
    key = Key.generate(suite)
    data = sealed(key, pattern(3 * SMALL + 5), segment_size=SMALL)
    header, parts = data[:HEADER], segments(data, SMALL)
    tried = 0
    for count in range(6):
        for choice in itertools.product(range(len(parts)), repeat=count):
            if choice == tuple(range(len(parts))):
                continue
            tried += 1
            assert refused(header + b"".join(parts[i] for i in choice), key), choice
    assert tried == sum(4**count for count in range(6)) - 1


def test_segments_of_another_file_do_not_fit(key: Key) -> None:
    first, second = (sealed(key, pattern(3 * SMALL), segment_size=SMALL) for _ in range(2))
    for index in range(3):
        mixed = segments(first, SMALL)
        mixed[index] = segments(second, SMALL)[index]
        assert refused(first[:HEADER] + b"".join(mixed), key)
    assert refused(first[:HEADER] + second[HEADER:], key)


def test_the_inner_damage_of_a_file_hurts_only_the_reading_of_it(key: Key) -> None:
    data = bytearray(sealed(key, pattern(5 * SMALL), segment_size=SMALL))
    data[HEADER + 2 * (SMALL + TAG)] ^= 1
    reader = opened(bytes(data), key)
    assert reader.read(2 * SMALL) == pattern(5 * SMALL)[: 2 * SMALL]
    buffer = bytearray(SMALL)
    with pytest.raises(Tampered):
        reader.readinto(buffer)
    assert buffer == bytes(SMALL), "unauthenticated plaintext reached the caller"
    reader.seek(3 * SMALL)
    assert reader.read() == pattern(5 * SMALL)[3 * SMALL :]


@both_suites
@pytest.mark.parametrize(
    ("record", "part"),
    [(b"record-2", 0), (b"record-1\0", 0), (b"record-", 1), (RECORD, 1), (RECORD, 256), (b"\0record-1", 0)],
)
def test_a_file_of_one_record_or_part_is_not_another(suite: Suite, record: bytes, part: int) -> None:
    key = Key.generate(suite)
    data = sealed(key, pattern(100))
    with pytest.raises(Tampered):
        opened(data, key, record=record, part=part)


@given(
    first=st.tuples(st.binary(min_size=1, max_size=12), st.integers(0, 300)),
    second=st.tuples(st.binary(min_size=1, max_size=12), st.integers(0, 300)),
)
def test_record_and_part_never_run_into_each_other(first: tuple[bytes, int], second: tuple[bytes, int]) -> None:
    key = Key.generate(Suite.AES_256_GCM)
    data = sealed(key, b"x", record=first[0], part=first[1])
    assert refused(data, key, record=second[0], part=second[1]) == (first != second)


@pytest.mark.parametrize("segment_size", [16, 32, 128, 4096, 1 << 20])
def test_another_segment_size_in_the_header_is_tampering(key: Key, segment_size: int) -> None:
    data = bytearray(sealed(key, pattern(5 * SMALL), segment_size=SMALL))
    data[6:10] = struct.pack(">I", segment_size)
    with pytest.raises((Tampered, Truncated)):
        opened(bytes(data), key)


@pytest.mark.parametrize("segment_size", [0, 1, 8, 17, 3 << 10, (1 << 20) + 1, 2 << 20, 0xFFFFFFFF])
def test_an_impossible_segment_size_takes_no_memory(key: Key, segment_size: int) -> None:
    data = bytearray(sealed(key, pattern(100)))
    data[6:10] = struct.pack(">I", segment_size)
    with pytest.raises(UnsupportedFormat):
        opened(bytes(data), key)


def test_the_suite_in_the_header_cannot_be_exchanged(key: Key) -> None:
    data = bytearray(sealed(key, pattern(100)))
    other = next(suite for suite in Suite if suite is not key.suite)
    data[5] = other.value
    with pytest.raises(WrongKey):
        opened(bytes(data), key)
    with pytest.raises(WrongKey):
        opened(bytes(data), Key(other, key.raw))
    data[5] = 3
    with pytest.raises(UnsupportedFormat):
        opened(bytes(data), key)


def test_one_file_opens_under_one_key_only() -> None:
    """With the commitment exchanged for that of a second key, GCM must still refuse, and the other way round."""
    first, second = Key.generate(Suite.AES_256_GCM), Key.generate(Suite.AES_256_GCM)
    data = sealed(first, pattern(100))
    salt = data[10:42]
    forged = data[:42] + commitment(second, salt) + data[HEADER:]
    with pytest.raises(Tampered):
        opened(forged, second)
    with pytest.raises(WrongKey):
        opened(forged, first)


def test_a_failing_end_is_refused_before_any_other_segment_is_fetched(key: Key) -> None:
    data = sealed(key, pattern(10 * SMALL), segment_size=SMALL)

    class Store:
        size = len(data) - 1
        asked: list[int] = []

        def read_at(self, offset: int, length: int) -> bytes:
            self.asked.append(offset)
            return data[offset : offset + length]

    with pytest.raises(Tampered):
        SealedReader(Store(), key, record_id=RECORD)
    assert Store.asked == [0, HEADER + 9 * (SMALL + TAG)]
