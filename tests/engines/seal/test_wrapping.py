"""Keys under keys: two locks, one binding, and nothing between that opens with less."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.engines.seal import (
    Binding,
    CannotOpen,
    InvalidInput,
    Key,
    Locks,
    Suite,
    Tampered,
    Truncated,
    UnsupportedFormat,
    WrongKey,
    open_bytes,
    rewrap_data_key,
    rewrap_key,
    rewrap_keys,
    seal_bytes,
    unwrap_data_key,
    unwrap_key,
    unwrap_keys,
    wrap_data_key,
    wrap_key,
)
from tests.engines.seal.material import RECORD, both_suites

BINDING = Binding("client-1", "line-1", "record-1", "subject-1", 1, "bucket-1", ("quality", "complaints"))
CHANGES: dict[str, list[object]] = {
    "client": ["client-2", "client-", "client-1l"],
    "line": ["line-2", "client-1"],
    "record": ["record-2", "RECORD-1"],
    "subject": ["subject-2"],
    "generation": [0, 2, 256, 2**64 - 1],
    "bucket": ["bucket-2"],
    "purposes": [
        (),
        ("quality",),
        ("quality", "complaints", "training"),
        ("quality,complaints",),
        ("qualitycomplaints",),
    ],
}


@pytest.fixture
def locks(key: Key) -> Locks:
    return Locks(Key.generate(key.suite), Key.generate(key.suite), BINDING)


def wrap(data_key: Key, locks: Locks) -> bytes:
    return wrap_data_key(data_key, subject_key=locks.subject_key, bucket_key=locks.bucket_key, binding=locks.binding)


def unwrap(wrapped: bytes, locks: Locks) -> Key:
    return unwrap_data_key(wrapped, subject_key=locks.subject_key, bucket_key=locks.bucket_key, binding=locks.binding)


def test_both_locks_open(key: Key, locks: Locks) -> None:
    assert unwrap(wrap(key, locks), locks) == key


def test_either_lock_missing_keeps_shut(key: Key, locks: Locks) -> None:
    wrapped = wrap(key, locks)
    stranger = Key.generate(key.suite)
    subject, bucket = locks.subject_key, locks.bucket_key
    for one, other in (
        (stranger, bucket),
        (subject, stranger),
        (bucket, subject),
        (subject, subject),
        (bucket, bucket),
    ):
        with pytest.raises(WrongKey):
            unwrap(wrapped, Locks(one, other, BINDING))


def test_every_field_of_the_binding_is_covered_below() -> None:
    assert set(CHANGES) == {field.name for field in dataclasses.fields(Binding)}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in CHANGES.items() for value in values])
def test_a_changed_binding_keeps_shut(key: Key, locks: Locks, field: str, value: object) -> None:
    wrapped = wrap(key, locks)
    changed = dataclasses.replace(BINDING, **{field: value})
    with pytest.raises(Tampered):
        unwrap(wrapped, dataclasses.replace(locks, binding=changed))


TEXTS = ("client", "line", "record", "subject", "bucket")


@pytest.mark.parametrize(("first", "second"), [(a, b) for a in TEXTS for b in TEXTS if a < b])
def test_two_exchanged_fields_keep_shut(key: Key, locks: Locks, first: str, second: str) -> None:
    wrapped = wrap(key, locks)
    exchanged = {first: getattr(BINDING, second), second: getattr(BINDING, first)}
    with pytest.raises(Tampered):
        unwrap(wrapped, dataclasses.replace(locks, binding=dataclasses.replace(BINDING, **exchanged)))


short = st.text("ab/|\0,1", min_size=1, max_size=3)
bindings = st.builds(
    Binding, short, short, short, short, st.integers(0, 3), short, st.lists(short, unique=True, max_size=3).map(tuple)
)


@given(bindings, bindings)
def test_no_two_bindings_are_encoded_alike(first: Binding, second: Binding) -> None:
    same = dataclasses.replace(first, purposes=tuple(sorted(first.purposes))) == dataclasses.replace(
        second, purposes=tuple(sorted(second.purposes))
    )
    assert (first.fields() == second.fields()) == same


def test_the_order_of_purposes_does_not_matter(key: Key, locks: Locks) -> None:
    turned = dataclasses.replace(BINDING, purposes=BINDING.purposes[::-1])
    assert unwrap(wrap(key, locks), dataclasses.replace(locks, binding=turned)) == key


@pytest.mark.parametrize(
    "change",
    [
        {"client": ""},
        {"record": "x" * 4097},
        {"subject": "\ud800"},
        {"bucket": 7},
        {"generation": -1},
        {"generation": 2**64},
        {"purposes": ("a", "a")},
        {"purposes": ["a"]},
        {"purposes": "ab"},
        {"purposes": ("",)},
    ],
    ids=str,
)
def test_an_impossible_binding_is_refused(key: Key, locks: Locks, change: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        wrap(key, dataclasses.replace(locks, binding=dataclasses.replace(BINDING, **change)))  # type: ignore[arg-type]


def test_locks_of_two_suites_are_refused() -> None:
    one, other = (Key.generate(suite) for suite in Suite)
    with pytest.raises(InvalidInput):
        wrap(one, Locks(one, other, BINDING))


@pytest.mark.parametrize("two_locks", [True, False])
def test_every_bit_and_every_truncation_of_a_wrapped_key_is_refused(key: Key, locks: Locks, two_locks: bool) -> None:
    wrapped = wrap(key, locks) if two_locks else wrap_key(key, key, context=("a", "b"))

    def open_it(data: bytes) -> Key:
        return unwrap(data, locks) if two_locks else unwrap_key(key, data, context=("a", "b"))

    assert open_it(wrapped) == key
    for bit in range(8 * len(wrapped)):
        changed = bytearray(wrapped)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CannotOpen):
            open_it(bytes(changed))
    for end in range(len(wrapped)):
        with pytest.raises((Truncated, Tampered)):
            open_it(wrapped[:end])


def test_one_kind_of_wrap_is_not_another(key: Key, locks: Locks) -> None:
    with pytest.raises(UnsupportedFormat):
        unwrap_key(key, wrap(key, locks), context=("a",))
    with pytest.raises(UnsupportedFormat):
        unwrap(wrap_key(key, key, context=("a",)), locks)


def test_a_wrapped_key_shows_nothing_of_the_key(key: Key, locks: Locks) -> None:
    assert key.raw not in wrap(key, locks)
    assert wrap(key, locks) != wrap(key, locks)


@both_suites
def test_a_record_outlives_a_change_of_suite(suite: Suite) -> None:
    """Old data keys go under new locks; what they sealed is not touched."""
    data_key = Key.generate(suite)
    blob = seal_bytes(data_key, b"old recording", record_id=RECORD)
    other = next(s for s in Suite if s is not suite)
    old = Locks(Key.generate(suite), Key.generate(suite), BINDING)
    new = Locks(
        Key.generate(other), Key.generate(other), dataclasses.replace(BINDING, generation=2, purposes=("hold",))
    )
    rewrapped = rewrap_data_key(wrap(data_key, old), old=old, new=new)
    assert open_bytes(unwrap(rewrapped, new), blob, record_id=RECORD) == b"old recording"
    with pytest.raises(CannotOpen):
        unwrap(rewrapped, old)


def test_the_turn_of_an_epoch_moves_a_key_and_leaves_the_rest_behind(key: Key) -> None:
    old, new, subject = (Key.generate(key.suite) for _ in range(3))
    kept = wrap_key(old, subject, context=("client-1", "subject-1", "1"))
    turned = rewrap_key(kept, old=old, new=new, context=("client-1", "subject-1", "1"))
    assert unwrap_key(new, turned, context=("client-1", "subject-1", "1")) == subject
    with pytest.raises(WrongKey):
        unwrap_key(new, kept, context=("client-1", "subject-1", "1"))
    moved = rewrap_key(turned, old=new, new=new, context=("client-1", "subject-1", "1"), new_context=("elsewhere",))
    assert unwrap_key(new, moved, context=("elsewhere",)) == subject


def test_rewrapping_under_a_wrong_binding_moves_nothing(key: Key, locks: Locks) -> None:
    wrong = dataclasses.replace(locks, binding=dataclasses.replace(BINDING, record="record-2"))
    with pytest.raises(Tampered):
        rewrap_data_key(wrap(key, locks), old=wrong, new=locks)


def test_many_keys_move_at_once_as_each_alone_and_one_that_does_not_open_stops_all(key: Key) -> None:
    """More keys than the salts drawn at a time, under both suites; a swapped row shows itself."""
    old, new = Key.generate(key.suite), Key.generate(key.suite)
    keys = [Key.generate(key.suite) for _ in range(1500)]
    contexts = [("subject", "client-1", str(number)) for number in range(1500)]
    wraps = [wrap_key(old, each, context=context) for each, context in zip(keys, contexts, strict=True)]
    rows = [(wrap, context, (*context, "next")) for wrap, context in zip(wraps, contexts, strict=True)]
    assert unwrap_keys(old, zip(wraps, contexts, strict=True)) == keys
    moved = rewrap_keys(rows, old=old, new=new)
    assert [
        unwrap_key(new, wrap, context=(*context, "next")) for wrap, context in zip(moved, contexts, strict=True)
    ] == keys
    assert len({wrap[:35] for wrap in moved}) == 1500
    for changed, refusal in (
        ((wraps[1], contexts[0], contexts[0]), Tampered),
        ((moved[0], (*contexts[0], "next"), contexts[0]), WrongKey),
        ((wraps[0][:-1], contexts[0], contexts[0]), CannotOpen),
        ((wraps[0], "subject", contexts[0]), InvalidInput),
    ):
        with pytest.raises(refusal):
            rewrap_keys([*rows[:3], changed], old=old, new=new)
