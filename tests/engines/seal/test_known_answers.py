"""The primitives give published answers, and the formats give the answers frozen when they were made."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.seal import (
    Binding,
    BlindIndex,
    Key,
    SealedReader,
    SealedWriter,
    Suite,
    open_bytes,
    seal_bytes,
    unwrap_data_key,
    wrap_data_key,
)
from callwarden.engines.seal._suite import Aead, aead
from tests.engines.seal import independent_reader
from tests.engines.seal.material import both_suites, pattern, vectors

published = vectors("published.json")
frozen = vectors("sealed.json")


def cases(name: str, source: dict[str, Any] = published) -> list[dict[str, Any]]:
    return source[name]["cases"] if source is published else source[name]


def given_salt(monkeypatch: pytest.MonkeyPatch, salt: bytes) -> None:
    """The one source of chance in sealing, held still."""

    def take(size: int) -> bytes:
        assert size == len(salt)
        return salt

    monkeypatch.setattr("secrets.token_bytes", take)


def seal_with(cipher: Aead, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
    out = bytearray(len(plaintext) + 16)
    cipher.seal_into(nonce, plaintext, associated, memoryview(out))
    return bytes(out)


def open_with(cipher: Aead, nonce: bytes, data: bytes, associated: bytes) -> bytes:
    out = bytearray(len(data) - 16)
    try:
        cipher.open_into(nonce, memoryview(data), associated, memoryview(out))
    except InvalidTag:
        assert out == bytes(len(out)), "unauthenticated plaintext was left behind"
        raise
    return bytes(out)


@pytest.mark.parametrize("case", cases("sm4_block"))
def test_the_block_cipher_is_sm4(case: dict[str, Any]) -> None:
    encryptor = Cipher(algorithms.SM4(bytes.fromhex(case["key"])), modes.ECB()).encryptor()
    block = bytes.fromhex(case["plaintext"])
    for _ in range(case["rounds"]):
        block = encryptor.update(block)
    assert block.hex() == case["ciphertext"]


@pytest.mark.parametrize("case", cases("sm3"))
def test_the_hash_of_suite_two_is_sm3(case: dict[str, Any]) -> None:
    digest = hashes.Hash(Suite.SM4_GCM.hash())
    digest.update(bytes.fromhex(case["message"]))
    assert digest.finalize().hex() == case["digest"]


@pytest.mark.parametrize("case", cases("sm4_gcm") + cases("sm4_gcm_wycheproof"))
def test_sm4_gcm_gives_the_published_answers(case: dict[str, Any]) -> None:
    cipher = aead(Suite.SM4_GCM, bytes.fromhex(case["key"]))
    nonce, associated, message = (bytes.fromhex(case[name]) for name in ("iv", "aad", "msg"))
    expected = bytes.fromhex(case["ct"] + case["tag"])
    if case["valid"]:
        assert seal_with(cipher, nonce, message, associated) == expected
        assert open_with(cipher, nonce, expected, associated) == message
    else:
        with pytest.raises(InvalidTag):
            open_with(cipher, nonce, expected, associated)


def gcm_by_the_book(suite: Suite, key: bytes, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
    """GCM from the block cipher alone (NIST SP 800-38D, algorithms 1, 2 and 4)."""
    algorithm = algorithms.AES(key) if suite is Suite.AES_256_GCM else algorithms.SM4(key)
    block = Cipher(algorithm, modes.ECB()).encryptor().update
    blocks = -(-len(plaintext) // 16)
    stream = b"".join(block(nonce + (2 + i).to_bytes(4, "big")) for i in range(blocks))
    sealed = bytes(a ^ b for a, b in zip(plaintext, stream, strict=False))
    padded = [part + bytes(-len(part) % 16) for part in (associated, sealed)]
    hashed = b"".join(padded) + (8 * len(associated)).to_bytes(8, "big") + (8 * len(sealed)).to_bytes(8, "big")
    point, total = int.from_bytes(block(bytes(16)), "big"), 0
    for at in range(0, len(hashed), 16):
        factor, product, value = total ^ int.from_bytes(hashed[at : at + 16], "big"), 0, point
        for bit in range(127, -1, -1):
            product ^= value if factor >> bit & 1 else 0
            value = value >> 1 ^ (0xE1 << 120 if value & 1 else 0)
        total = product
    mask = int.from_bytes(block(nonce + b"\0\0\0\1"), "big")
    return sealed + (total ^ mask).to_bytes(16, "big")


@both_suites
@settings(max_examples=40)
@given(
    key=st.binary(min_size=32, max_size=32),
    nonce=st.binary(min_size=12, max_size=12),
    plaintext=st.binary(max_size=70),
    associated=st.binary(max_size=40),
)
def test_the_cipher_is_gcm_over_its_block_cipher(
    suite: Suite, key: bytes, nonce: bytes, plaintext: bytes, associated: bytes
) -> None:
    key = key[: suite.cipher_key_bytes]
    expected = gcm_by_the_book(suite, key, nonce, plaintext, associated)
    assert seal_with(aead(suite, key), nonce, plaintext, associated) == expected


@pytest.mark.parametrize(
    ("suite", "case"),
    [(Suite.SM4_GCM, case) for case in cases("hmac_sm3_wycheproof")]
    + [(Suite.AES_256_GCM, case) for case in cases("hmac_sha256")],
)
def test_hmac_gives_the_published_answers(suite: Suite, case: dict[str, Any]) -> None:
    mac = hmac.HMAC(bytes.fromhex(case["key"]), suite.hash())
    mac.update(bytes.fromhex(case["msg"]))
    assert mac.finalize().hex() == case["tag"]


@pytest.mark.parametrize("case", cases("files", frozen), ids=lambda c: f"{c['suite']}-{c['plain_size']}")
def test_a_frozen_file_is_written_and_read_the_same_today(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    key, record = Key(Suite(case["suite"]), bytes.fromhex(case["key"])), case["record_id"].encode()
    plaintext, file = pattern(case["plain_size"]), io.BytesIO()
    given_salt(monkeypatch, bytes.fromhex(case["salt"]))
    with SealedWriter(file, key, record_id=record, part=case["part"], segment_size=case["segment_size"]) as out:
        out.write(plaintext)
    data = file.getvalue()
    assert hashlib.sha256(data).hexdigest() == case["sealed_sha256"]
    assert data.hex() == case.get("sealed", data.hex())
    assert SealedReader(io.BytesIO(data), key, record_id=record, part=case["part"]).readall() == plaintext


@pytest.mark.parametrize("case", cases("values", frozen), ids=lambda c: f"{c['suite']}-{c['part']}")
def test_a_frozen_value_is_sealed_and_opened_the_same_today(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    key, record, part = Key(Suite(case["suite"]), bytes.fromhex(case["key"])), case["record_id"].encode(), case["part"]
    plaintext, blob = case["plaintext"].encode(), bytes.fromhex(case["sealed"])
    given_salt(monkeypatch, bytes.fromhex(case["salt"]))
    assert seal_bytes(key, plaintext, record_id=record, part=part) == blob
    assert open_bytes(key, blob, record_id=record, part=part) == plaintext
    assert independent_reader.open_blob(blob, case["suite"], key.raw, record, part.to_bytes(4, "big")) == plaintext


@pytest.mark.parametrize("case", cases("data_keys", frozen), ids=lambda c: str(c["suite"]))
def test_a_frozen_data_key_is_wrapped_and_unwrapped_the_same_today(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = Suite(case["suite"])
    data_key, subject, bucket = (Key(suite, bytes.fromhex(case[n])) for n in ("data_key", "subject_key", "bucket_key"))
    binding = Binding(**case["binding"] | {"purposes": tuple(case["binding"]["purposes"])})
    wrapped = bytes.fromhex(case["wrapped"])
    given_salt(monkeypatch, bytes.fromhex(case["salt"]))
    assert wrap_data_key(data_key, subject_key=subject, bucket_key=bucket, binding=binding) == wrapped
    assert unwrap_data_key(wrapped, subject_key=subject, bucket_key=bucket, binding=binding) == data_key
    assert wrapped.hex() == case["wrapped"]
    secret = independent_reader.pack(subject.raw, bucket.raw)
    by_the_book = independent_reader.open_blob(wrapped, suite.value, secret, *fields_by_the_book(binding), kind=3)
    assert by_the_book == bytes([suite.value]) + data_key.raw


def fields_by_the_book(binding: Binding) -> list[bytes]:
    """The fields of a binding as docs/formats/sealed-file.md has them."""
    parts = dataclasses.asdict(binding)
    purposes = independent_reader.pack(*sorted(purpose.encode() for purpose in parts.pop("purposes")))
    generation = parts["generation"].to_bytes(8, "big")
    return [generation if isinstance(part, int) else part.encode() for part in parts.values()] + [purposes]


@pytest.mark.parametrize("case", cases("tokens", frozen))
def test_a_frozen_token_is_found_again_today(case: dict[str, Any]) -> None:
    index = BlindIndex(Key(Suite(case["suite"]), bytes.fromhex(case["key"])))
    assert index.token(case["client"], case["column"], case["value"]).hex() == case["token"]
