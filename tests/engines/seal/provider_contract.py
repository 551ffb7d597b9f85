"""What every key provider must do, in executable form.

A provider's test module subclasses `KeyProviderContract` and gives three fixtures:

    class TestMine(KeyProviderContract):
        @pytest.fixture
        def provider(self) -> KeyProvider: ...          # ready to use
        @pytest.fixture
        def stranger(self) -> KeyProvider: ...          # of the same kind, with another root
        @pytest.fixture
        def unavailable(self) -> KeyProvider: ...       # of the same kind, cannot be reached
"""

from __future__ import annotations

import datetime as dt

import pytest

from callwarden.engines.seal import (
    IntakeKeyPair,
    IntakeKeyRefused,
    InvalidInput,
    Key,
    KeyProvider,
    ProviderRefused,
    ProviderStatus,
    ProviderUnavailable,
    Suite,
    verify_intake_key,
)

DAY = dt.date(2031, 2, 12)
CONTEXT = ("client-1", "epoch", "2031-W07")


class KeyProviderContract:
    """Import under another name in test modules, so that it is not collected by itself."""

    def test_it_is_a_key_provider(self, provider: KeyProvider) -> None:
        assert isinstance(provider, KeyProvider)

    @pytest.mark.parametrize("suite", list(Suite), ids=lambda suite: suite.name)
    def test_it_gives_back_the_key_it_wrapped_with_its_suite(self, provider: KeyProvider, suite: Suite) -> None:
        key = Key.generate(suite)
        unwrapped = provider.unwrap(provider.wrap(key, CONTEXT), CONTEXT)
        assert unwrapped == key
        assert unwrapped.suite is suite

    def test_the_wrapped_key_shows_nothing_and_never_repeats(self, provider: KeyProvider) -> None:
        key = Key.generate(Suite.AES_256_GCM)
        first, second = provider.wrap(key, CONTEXT), provider.wrap(key, CONTEXT)
        assert first != second
        assert key.raw not in first
        assert key.raw.hex().encode() not in first

    @pytest.mark.parametrize(
        "context", [("client-2", *CONTEXT[1:]), CONTEXT[:2], (*CONTEXT, "x"), CONTEXT[::-1], ("/".join(CONTEXT),)]
    )
    def test_another_context_is_refused(self, provider: KeyProvider, context: tuple[str, ...]) -> None:
        wrapped = provider.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
        with pytest.raises(ProviderRefused):
            provider.unwrap(wrapped, context)

    def test_another_root_is_refused(self, provider: KeyProvider, stranger: KeyProvider) -> None:
        with pytest.raises(ProviderRefused):
            stranger.unwrap(provider.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT), CONTEXT)

    def test_a_changed_byte_anywhere_is_refused(self, provider: KeyProvider) -> None:
        wrapped = provider.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
        for at in range(len(wrapped)):
            with pytest.raises(ProviderRefused):
                provider.unwrap(wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :], CONTEXT)

    def test_every_truncation_is_refused(self, provider: KeyProvider) -> None:
        wrapped = provider.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
        for end in range(len(wrapped)):
            with pytest.raises(ProviderRefused):
                provider.unwrap(wrapped[:end], CONTEXT)

    @pytest.mark.parametrize("context", [(), ("",), "text", ("x" * 5000,)], ids=["none", "empty", "bare", "long"])
    def test_an_impossible_context_is_refused(self, provider: KeyProvider, context: tuple[str, ...]) -> None:
        with pytest.raises(InvalidInput):
            provider.wrap(Key.generate(Suite.AES_256_GCM), context)

    def test_its_status_tells_it_works_and_no_secret(self, provider: KeyProvider, stranger: KeyProvider) -> None:
        status = provider.status()
        assert isinstance(status, ProviderStatus)
        assert status.available
        assert status.detail == ""
        assert status.kind
        assert status.key_id not in ("", stranger.status().key_id)

    def test_out_of_reach_it_says_so_and_gives_nothing(self, provider: KeyProvider, unavailable: KeyProvider) -> None:
        wrapped = provider.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
        with pytest.raises(ProviderUnavailable):
            unavailable.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
        with pytest.raises(ProviderUnavailable):
            unavailable.unwrap(wrapped, CONTEXT)
        assert not unavailable.status().available
        assert unavailable.status().detail
        with pytest.raises(ProviderUnavailable):
            unavailable.sign_intake_key(day_key(), DAY)

    def test_its_root_vouches_for_a_day_key_and_another_root_does_not(
        self, provider: KeyProvider, stranger: KeyProvider
    ) -> None:
        public = day_key()
        signature = provider.sign_intake_key(public, DAY)
        verify_intake_key(provider.verify_key, public, DAY, signature)
        with pytest.raises(IntakeKeyRefused):
            verify_intake_key(provider.verify_key, public, DAY + dt.timedelta(days=1), signature)
        with pytest.raises(IntakeKeyRefused):
            verify_intake_key(stranger.verify_key, public, DAY, signature)

    def test_it_signs_nothing_but_day_keys(self, provider: KeyProvider) -> None:
        with pytest.raises(InvalidInput):
            provider.sign_intake_key(b"a statement of another sort", DAY)

    def test_its_root_keeps_its_name_and_its_public_key(self, provider: KeyProvider) -> None:
        before = provider.status().key_id, provider.verify_key
        provider.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
        assert (provider.status().key_id, provider.verify_key) == before

    def test_closed_it_gives_nothing(self, provider: KeyProvider) -> None:
        wrapped = provider.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
        provider.close()
        with pytest.raises(ProviderUnavailable):
            provider.unwrap(wrapped, CONTEXT)
        with pytest.raises(ProviderUnavailable):
            provider.sign_intake_key(day_key(), DAY)
        assert not provider.status().available


def day_key() -> bytes:
    start = dt.datetime.combine(DAY, dt.time(), dt.UTC)
    return IntakeKeyPair.generate(start, start + dt.timedelta(days=1)).public_bytes
