"""Intake: sealing to a day key that the root has signed, opening with its private half."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from callwarden.engines.seal import (
    CannotOpen,
    IntakeKeyPair,
    IntakeKeyRefused,
    InvalidInput,
    Key,
    Tampered,
    Truncated,
    UnsupportedFormat,
    WrongKey,
    open_from,
    seal_to,
    sign_intake_key,
    verify_intake_key,
)
from tests.engines.seal import independent_hpke, independent_reader

MORNING = dt.datetime(2031, 2, 10, tzinfo=dt.UTC)
EVENING = MORNING + dt.timedelta(days=1)
DAY = MORNING.date()
CONTEXT = ("client-1", "object-1")


@pytest.fixture
def pair() -> IntakeKeyPair:
    return IntakeKeyPair.generate(MORNING, EVENING)


@pytest.fixture
def root() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def public_of(root: Ed25519PrivateKey) -> bytes:
    return root.public_key().public_bytes_raw()


def test_a_sealed_data_key_comes_back(key: Key, pair: IntakeKeyPair) -> None:
    assert open_from(pair, seal_to(pair.public_bytes, key, context=CONTEXT), context=CONTEXT) == key


def test_an_independent_hpke_opens_it_too(key: Key, pair: IntakeKeyPair) -> None:
    kek = Key.generate(key.suite)
    wrapped = pair.wrap(kek, context=("day",))
    plaintext = independent_reader.open_blob(wrapped, kek.suite.value, kek.raw, b"day", kind=5)
    private = X25519PrivateKey.from_private_bytes(plaintext[16:])
    blob = seal_to(pair.public_bytes, key, context=CONTEXT)
    names = (name.encode() for name in CONTEXT)
    info = independent_reader.pack(b"callwarden.seal.intake.1", pair.public_bytes, *names)
    assert blob[0] == 0xC3
    assert independent_hpke.open_base(blob[1:33], private, info, blob[33:]) == bytes([key.suite.value]) + key.raw


def test_every_bit_and_every_truncation_is_refused(key: Key, pair: IntakeKeyPair) -> None:
    blob = seal_to(pair.public_bytes, key, context=CONTEXT)
    for bit in range(8 * len(blob)):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        # X25519 ignores the highest bit of the encapsulated key (RFC 7748 section 5), HPKE binds it all the same.
        with pytest.raises(CannotOpen):
            open_from(pair, bytes(changed), context=CONTEXT)
    for end in range(len(blob)):
        with pytest.raises((Truncated, UnsupportedFormat)):
            open_from(pair, blob[:end], context=CONTEXT)
    with pytest.raises(Truncated):
        open_from(pair, blob + b"\0", context=CONTEXT)


def test_an_encapsulated_key_of_small_order_is_refused(key: Key, pair: IntakeKeyPair) -> None:
    blob = seal_to(pair.public_bytes, key, context=CONTEXT)
    for point in (bytes(32), b"\1" + bytes(31)):
        with pytest.raises(Tampered):
            open_from(pair, blob[:1] + point + blob[33:], context=CONTEXT)


@pytest.mark.parametrize("context", [("client-2", "object-1"), ("client-1",), ("client-1object-1",), CONTEXT[::-1]])
def test_another_context_is_refused(key: Key, pair: IntakeKeyPair, context: tuple[str, ...]) -> None:
    with pytest.raises(Tampered):
        open_from(pair, seal_to(pair.public_bytes, key, context=CONTEXT), context=context)


def test_another_days_key_does_not_open(key: Key, pair: IntakeKeyPair) -> None:
    with pytest.raises(Tampered):
        open_from(
            IntakeKeyPair.generate(MORNING, EVENING), seal_to(pair.public_bytes, key, context=CONTEXT), context=CONTEXT
        )


def test_the_validity_is_bound_too(key: Key, pair: IntakeKeyPair) -> None:
    longer = pair.public_bytes[:-1] + bytes([pair.public_bytes[-1] ^ 1])
    with pytest.raises(Tampered):
        open_from(pair, seal_to(longer, key, context=CONTEXT), context=CONTEXT)


def test_the_private_half_rests_under_a_key(key: Key, pair: IntakeKeyPair) -> None:
    wrapped = pair.wrap(key, context=("intake", "2031-02-10"))
    again = IntakeKeyPair.unwrap(key, wrapped, context=("intake", "2031-02-10"))
    assert again.public_bytes == pair.public_bytes
    assert (again.valid_from, again.valid_until) == (MORNING, EVENING)
    with pytest.raises(Tampered):
        IntakeKeyPair.unwrap(key, wrapped, context=("intake", "2031-02-11"))
    with pytest.raises(WrongKey):
        IntakeKeyPair.unwrap(Key.generate(key.suite), wrapped, context=("intake", "2031-02-10"))


def test_the_private_half_does_not_show(pair: IntakeKeyPair) -> None:
    assert "private" not in repr(pair).lower()


def test_a_signed_day_key_is_accepted_on_its_day_only(pair: IntakeKeyPair, root: Ed25519PrivateKey) -> None:
    signature = sign_intake_key(root, pair.public_bytes, DAY)
    second = dt.timedelta(seconds=1)
    for now in (None, MORNING, MORNING + dt.timedelta(hours=9), EVENING - second):
        verify_intake_key(public_of(root), pair.public_bytes, DAY, signature, now=now)
    for now in (MORNING - second, EVENING, EVENING + dt.timedelta(days=300)):
        with pytest.raises(IntakeKeyRefused):
            verify_intake_key(public_of(root), pair.public_bytes, DAY, signature, now=now)
    with pytest.raises(IntakeKeyRefused):
        verify_intake_key(public_of(root), pair.public_bytes, DAY + dt.timedelta(days=1), signature)


def test_another_root_or_any_changed_bit_is_refused(pair: IntakeKeyPair, root: Ed25519PrivateKey) -> None:
    public, signature = pair.public_bytes, sign_intake_key(root, pair.public_bytes, DAY)
    with pytest.raises(IntakeKeyRefused):
        verify_intake_key(public_of(Ed25519PrivateKey.generate()), public, DAY, signature)
    for bit in range(8 * len(signature)):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(IntakeKeyRefused):
            verify_intake_key(public_of(root), public, DAY, bytes(changed))
    for bit in range(8 * len(public)):
        changed = bytearray(public)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((IntakeKeyRefused, InvalidInput)):
            verify_intake_key(public_of(root), bytes(changed), DAY, signature)
    for cut in (b"", signature[:-1], signature + b"\0"):
        with pytest.raises(IntakeKeyRefused):
            verify_intake_key(public_of(root), public, DAY, cut)


def test_rubbish_is_refused_with_a_message(key: Key, pair: IntakeKeyPair, root: Ed25519PrivateKey) -> None:
    for public in (b"", bytes(49), pair.public_bytes[:-1], pair.public_bytes + b"\0", "text"):
        with pytest.raises(InvalidInput):
            seal_to(public, key, context=CONTEXT)  # type: ignore[arg-type]
        with pytest.raises(InvalidInput):
            sign_intake_key(root, public, DAY)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        verify_intake_key(b"short", pair.public_bytes, DAY, bytes(64))
    with pytest.raises(UnsupportedFormat):
        open_from(pair, "text", context=CONTEXT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (MORNING, MORNING),
        (EVENING, MORNING),
        (MORNING.replace(tzinfo=None), EVENING),
        (dt.datetime(1969, 1, 1, tzinfo=dt.UTC), EVENING),
    ],
)
def test_an_impossible_validity_is_refused(since: dt.datetime, until: dt.datetime) -> None:
    with pytest.raises(InvalidInput):
        IntakeKeyPair.generate(since, until)
