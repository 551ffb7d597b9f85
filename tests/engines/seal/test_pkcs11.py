"""The contract, and what is special about tokens, on a real SoftHSM2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest

from callwarden.engines.seal import Key, KeyProvider, ProviderRefused, ProviderUnavailable, Suite
from callwarden.engines.seal.providers.pkcs11 import Pkcs11Keys
from tests.engines.seal import provider_contract
from tests.keyservers import PIN, SoftHsm, softhsm

CONTEXT = provider_contract.CONTEXT


@pytest.fixture
def hsm() -> SoftHsm:
    return softhsm()


@pytest.fixture
def token(hsm: SoftHsm) -> Iterator[Pkcs11Keys]:
    opened = hsm.keys("first")
    yield opened
    opened.close()


class TestPkcs11(provider_contract.KeyProviderContract):
    @pytest.fixture
    def provider(self, token: Pkcs11Keys) -> KeyProvider:
        return token

    @pytest.fixture
    def stranger(self, hsm: SoftHsm) -> Iterator[KeyProvider]:
        opened = hsm.keys("second")
        yield opened
        opened.close()

    @pytest.fixture
    def unavailable(self, hsm: SoftHsm) -> KeyProvider:
        return hsm.keys("not plugged in")


def test_the_root_key_does_not_leave_the_token(hsm: SoftHsm, token: Pkcs11Keys) -> None:
    token.status()
    with pkcs11.lib(str(hsm.library)).get_token(token_label="first").open(user_pin=None) as session:
        secret = [*session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY})]
        private = [*session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})]
        assert len(secret) == len(private) == 1
        for key in (*secret, *private):
            with pytest.raises(pkcs11.AttributeSensitive):
                _ = key[pkcs11.Attribute.VALUE]


def test_a_key_that_could_be_taken_out_is_not_used(hsm: SoftHsm) -> None:
    with pkcs11.lib(str(hsm.library)).get_token(token_label="second").open(user_pin=PIN, rw=True) as session:
        session.generate_key(
            pkcs11.KeyType.AES,
            256,
            label="loose",
            store=True,
            template={pkcs11.Attribute.EXTRACTABLE: True, pkcs11.Attribute.SENSITIVE: False},
        )
    loose = hsm.keys("second", label="loose")
    with pytest.raises(ProviderRefused):
        loose.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
    assert not loose.status().available
    loose.close()


def test_a_refused_pin_is_not_tried_again_until_its_file_changes(hsm: SoftHsm, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("wrong one")
    pin.chmod(0o600)
    opened = hsm.keys("first", pin_file=pin)
    for _attempt in range(30):  # tokens lock themselves long before
        assert opened.status().detail == "pin"
    pin.write_text(PIN)
    assert opened.status().available
    opened.close()


def test_a_pin_that_others_can_read_is_not_used(hsm: SoftHsm, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text(PIN)
    pin.chmod(0o644)
    with pytest.raises(ProviderRefused):
        hsm.keys("first", pin_file=pin).wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)


def test_keys_are_made_once(token: Pkcs11Keys) -> None:
    with pytest.raises(ProviderRefused):
        token.create()
    assert token.status().available


def test_a_missing_library_is_no_provider(tmp_path: Path, hsm: SoftHsm) -> None:
    gone = Pkcs11Keys(tmp_path / "no.so", "first", hsm.pin_file)
    with pytest.raises(ProviderUnavailable):
        gone.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
    assert not gone.status().available


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of the library, about the broken one
def test_a_session_that_broke_is_opened_again(token: Pkcs11Keys) -> None:
    wrapped = token.wrap(key := Key.generate(Suite.AES_256_GCM), CONTEXT)
    token._session.close()  # what a token that was unplugged does to it
    assert token.unwrap(wrapped, CONTEXT) == key
