"""Sealed values: bound to record and part, and every change is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.engines.seal import (
    CannotOpen,
    InvalidInput,
    Key,
    Suite,
    Tampered,
    Truncated,
    UnsupportedFormat,
    WrongKey,
    open_bytes,
    seal_bytes,
    wrap_key,
)
from callwarden.engines.seal._encoding import context_fields, pack
from tests.engines.seal.material import RECORD, both_suites


@both_suites
@given(plaintext=st.binary(max_size=300), record=st.binary(min_size=1, max_size=40), part=st.integers(0, 2**32 - 1))
def test_a_value_comes_back(suite: Suite, plaintext: bytes, record: bytes, part: int) -> None:
    key = Key.generate(suite)
    blob = seal_bytes(key, plaintext, record_id=record, part=part)
    assert len(blob) == len(plaintext) + 67
    assert open_bytes(key, blob, record_id=record, part=part) == plaintext


@pytest.mark.parametrize("size", [0, 1, 11, 100])
def test_every_flipped_bit_of_a_value_is_refused(key: Key, size: int) -> None:
    blob = seal_bytes(key, bytes(size), record_id=RECORD)
    for bit in range(8 * len(blob)):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CannotOpen):
            open_bytes(key, bytes(changed), record_id=RECORD)


@pytest.mark.parametrize("size", [0, 1, 11, 100])
def test_every_truncation_and_extension_of_a_value_is_refused(key: Key, size: int) -> None:
    blob = seal_bytes(key, bytes(size), record_id=RECORD)
    for end in range(len(blob)):
        with pytest.raises((Truncated, Tampered)):
            open_bytes(key, blob[:end], record_id=RECORD)
    for more in (b"\0", bytes(16), blob):
        with pytest.raises(Tampered):
            open_bytes(key, blob + more, record_id=RECORD)


@given(
    first=st.tuples(st.binary(min_size=1, max_size=8), st.integers(0, 300)),
    second=st.tuples(st.binary(min_size=1, max_size=8), st.integers(0, 300)),
)
def test_a_value_moved_to_another_record_or_part_is_refused(
    first: tuple[bytes, int], second: tuple[bytes, int]
) -> None:
    key = Key.generate(Suite.AES_256_GCM)
    blob = seal_bytes(key, b"x", record_id=first[0], part=first[1])
    if first == second:
        assert open_bytes(key, blob, record_id=second[0], part=second[1]) == b"x"
    else:
        with pytest.raises(Tampered):
            open_bytes(key, blob, record_id=second[0], part=second[1])


def test_another_key_is_told_from_tampering(key: Key) -> None:
    blob = seal_bytes(key, b"x", record_id=RECORD)
    for suite in Suite:
        with pytest.raises(WrongKey):
            open_bytes(Key.generate(suite), blob, record_id=RECORD)


def test_a_wrapped_key_is_not_a_value_nor_a_value_a_wrapped_key(key: Key) -> None:
    wrapped = wrap_key(key, key, context=("a",))
    with pytest.raises(UnsupportedFormat):
        open_bytes(key, wrapped, record_id=RECORD)
    relabelled = wrapped[:1] + b"\x01" + wrapped[2:]
    with pytest.raises(WrongKey):
        open_bytes(key, relabelled, record_id=RECORD)


def test_the_same_value_never_looks_the_same(key: Key) -> None:
    assert len({seal_bytes(key, b"13800138000", record_id=RECORD) for _ in range(500)}) == 500


@pytest.mark.parametrize(
    "arguments",
    [
        {"plaintext": "text", "record_id": RECORD},
        {"plaintext": bytes((16 << 20) + 1), "record_id": RECORD},
        {"plaintext": b"x", "record_id": b""},
        {"plaintext": b"x", "record_id": "record"},
        {"plaintext": b"x", "record_id": RECORD, "part": -1},
        {"plaintext": b"x", "record_id": RECORD, "part": 2**32},
    ],
    ids=lambda arguments: str(sorted(arguments)),
)
def test_impossible_values_are_refused(key: Key, arguments: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        seal_bytes(key, **arguments)  # type: ignore[arg-type]


names = st.lists(st.text(min_size=1, max_size=4).filter(str.isprintable), min_size=1, max_size=4).map(tuple)


@given(names, names)
def test_no_two_lists_of_names_are_encoded_alike(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    assert (pack(*context_fields(first)) == pack(*context_fields(second))) == (first == second)


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_no_two_lists_of_fields_are_encoded_alike(first: list[bytes], second: list[bytes]) -> None:
    assert (pack(*first) == pack(*second)) == (first == second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("a", "b"), ("ab",)),
        (("a/b", "c"), ("a", "b/c")),
        (("a\0b",), ("a", "b")),
        (("a", "\x00\x00\x00\x01b"), ("a\x00\x00\x00\x01b",)),
        (("a",), ("a", "a")),
    ],
)
def test_names_that_collide_when_joined_do_not_collide_here(
    key: Key, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    from callwarden.engines.seal import unwrap_key

    wrapped = wrap_key(key, Key.generate(key.suite), context=first)
    with pytest.raises(Tampered):
        unwrap_key(key, wrapped, context=second)


@pytest.mark.parametrize("context", [(), "ab", ["a"], ("",), ("a", ""), ("\ud800",), ("x" * 4097,), ("a",) * 65, (1,)])
def test_an_impossible_context_is_refused(key: Key, context: object) -> None:
    with pytest.raises(InvalidInput):
        wrap_key(key, key, context=context)  # type: ignore[arg-type]
