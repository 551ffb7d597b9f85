"""The contract on a double of a cloud's key service, and every fault such a service can show."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from callwarden.engines.seal import Key, KeyProvider, ProviderRefused, ProviderUnavailable, Suite
from callwarden.engines.seal.providers.cloud import CloudKey, CloudProvider, CloudRefused
from tests.engines.seal import provider_contract

CONTEXT = provider_contract.CONTEXT


class CloudDouble:
    """Works like a key service until it is told to fail: a `fault` takes the name of the call and its true answer."""

    def __init__(self, name: str = "key-of-the-tests") -> None:
        self.name = name
        self.enabled = True
        self.fault: Callable[[str, bytes], bytes] = lambda _call, answer: answer
        self._key = AESGCM(secrets.token_bytes(32))
        self._signing = Ed25519PrivateKey.generate()
        self.seen: list[bytes] = []

    def encrypt(self, plaintext: bytes, context: bytes) -> bytes:
        self.seen.append(plaintext)
        nonce = secrets.token_bytes(12)
        return self.fault("encrypt", nonce + self._key.encrypt(nonce, plaintext, context))

    def decrypt(self, ciphertext: bytes, context: bytes) -> bytes:
        try:
            plain = self._key.decrypt(ciphertext[:12], ciphertext[12:], context)
        except (InvalidTag, ValueError):
            self.fault("decrypt", b"")
            raise CloudRefused from None
        return self.fault("decrypt", plain)

    def sign(self, message: bytes) -> bytes:
        return self.fault("sign", self._signing.sign(message))

    def describe(self) -> CloudKey:
        self.fault("describe", b"")
        return CloudKey(self.name, self.enabled, self._signing.public_key().public_bytes_raw())

    def forget(self) -> None:
        """The key is gone; another of the same name stands in its place."""
        self._key = AESGCM(secrets.token_bytes(32))


def refuse(_call: str, _answer: bytes) -> bytes:
    raise CloudRefused


def break_down(_call: str, _answer: bytes) -> bytes:
    raise ConnectionResetError


def on(name: str, answer: Callable[[bytes], object]) -> Callable[[str, bytes], bytes]:
    return lambda call, true: answer(true) if call == name else true  # type: ignore[return-value]


@pytest.fixture
def cloud() -> CloudDouble:
    return CloudDouble()


@pytest.fixture
def service(cloud: CloudDouble) -> CloudProvider:
    return CloudProvider(cloud, seconds=5)


class TestCloud(provider_contract.KeyProviderContract):
    @pytest.fixture
    def provider(self, service: CloudProvider) -> KeyProvider:
        return service

    @pytest.fixture
    def stranger(self) -> KeyProvider:
        return CloudProvider(CloudDouble("another-key"))

    @pytest.fixture
    def unavailable(self) -> KeyProvider:
        gone = CloudDouble()
        gone.fault = break_down
        return CloudProvider(gone)


LIES = {
    "another key": lambda _true: secrets.token_bytes(32),
    "zeros": lambda _true: bytes(32),
    "a shorter key": lambda true: true[:16],
    "a longer key": lambda true: true + b"x",
    "one bit": lambda true: bytes([true[0] ^ 1]) + true[1:],
    "nothing": lambda _true: b"",
    "no bytes": lambda _true: None,
    "text": lambda true: true.hex(),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_service_that_gives_back_another_key_is_caught_when_opening(
    cloud: CloudDouble, service: CloudProvider, lie: Callable[[bytes], object]
) -> None:
    wrapped = service.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
    cloud.fault = on("decrypt", lie)
    with pytest.raises(ProviderRefused):
        service.unwrap(wrapped, CONTEXT)


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
@pytest.mark.parametrize("call", ["encrypt", "decrypt"])
def test_a_service_that_lies_while_wrapping_is_caught_before_anything_rests_on_it(
    cloud: CloudDouble, service: CloudProvider, call: str, lie: Callable[[bytes], object]
) -> None:
    cloud.fault = on(call, lie)
    with pytest.raises(ProviderRefused):
        service.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)


SIGNED: dict[str, Callable[[bytes], object]] = {
    "another key": bytes,
    "zeros": lambda _true: bytes(64),
    "cut": lambda true: true[:-1],
    "nothing": lambda _true: b"",
}


@pytest.mark.parametrize("lie", SIGNED.values(), ids=SIGNED.keys())
def test_a_signature_by_another_key_does_not_leave(
    cloud: CloudDouble, service: CloudProvider, lie: Callable[[bytes], object]
) -> None:
    other = Ed25519PrivateKey.generate()
    cloud.fault = on("sign", other.sign if lie is bytes else lie)
    with pytest.raises(ProviderRefused):
        service.sign_intake_key(provider_contract.day_key(), provider_contract.DAY)


def test_a_service_that_forgot_its_key_opens_nothing(cloud: CloudDouble, service: CloudProvider) -> None:
    wrapped = service.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
    cloud.forget()
    with pytest.raises(ProviderRefused):
        service.unwrap(wrapped, CONTEXT)


def test_a_service_that_refuses_is_believed(cloud: CloudDouble, service: CloudProvider) -> None:
    wrapped = service.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
    cloud.fault = refuse
    for call in (
        lambda: service.unwrap(wrapped, CONTEXT),
        lambda: service.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT),
        lambda: service.sign_intake_key(provider_contract.day_key(), provider_contract.DAY),
    ):
        with pytest.raises(ProviderRefused):
            call()
    assert service.status().detail == "refused"


def test_a_disabled_key_wraps_nothing_and_the_status_says_so(cloud: CloudDouble, service: CloudProvider) -> None:
    cloud.enabled = False
    with pytest.raises(ProviderRefused):
        service.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
    assert service.status().detail == "disabled"


def test_a_stalled_service_is_not_waited_for_and_does_not_pile_up_threads(cloud: CloudDouble) -> None:
    service = CloudProvider(cloud, seconds=0.2)
    wrapped = service.wrap(key := Key.generate(Suite.AES_256_GCM), CONTEXT)
    released = threading.Event()

    def stall(_call: str, answer: bytes) -> bytes:
        released.wait(30)
        return answer

    cloud.fault = stall
    before, begun = threading.active_count(), time.monotonic()
    for _attempt in range(40):
        with pytest.raises(ProviderUnavailable):
            service.unwrap(wrapped, CONTEXT)
    assert threading.active_count() - before <= 8
    assert time.monotonic() - begun < 10
    assert not service.status().available
    cloud.fault = lambda _call, answer: answer
    released.set()
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert service.unwrap(wrapped, CONTEXT) == key


def test_the_service_never_sees_the_key_and_gets_another_secret_each_time(
    cloud: CloudDouble, service: CloudProvider
) -> None:
    key = Key.generate(Suite.AES_256_GCM)
    service.wrap(key, CONTEXT)
    service.wrap(key, CONTEXT)
    assert len(set(cloud.seen)) == 2
    assert key.raw not in cloud.seen


def test_one_providers_wrap_is_refused_by_another_kind(service: CloudProvider, cloud: CloudDouble) -> None:
    class Other(CloudProvider):
        kind = "other"
        number = 9

    wrapped = service.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
    with pytest.raises(ProviderRefused):
        Other(cloud).unwrap(wrapped, CONTEXT)
