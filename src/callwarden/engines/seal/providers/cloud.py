"""The interface for key services of clouds. One small adapter a service; this program ships none.

    class OurService:                        # a CloudKeys
        def encrypt(self, plaintext, context): ...
        def decrypt(self, ciphertext, context): ...
        def sign(self, message): ...
        def describe(self): return CloudKey("arn:…", enabled=True, verify_key=…)

    provider = CloudProvider(OurService())

Whatever the service does, the provider believes only what it can check; see `_remote`. An adapter is done when it
passes `tests/engines/seal/provider_contract.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from callwarden.engines.seal._errors import ProviderRefused
from callwarden.engines.seal.providers._remote import RemoteProvider, Root

CALL_SECONDS = 5.0


class CloudRefused(Exception):
    """Raised by an adapter when the service said no: no permission, a disabled key, a ciphertext of another key."""


@dataclass(frozen=True)
class CloudKey:
    """What a service says of its key.

    Attributes:
        name: the service's own name of the key, without secrets.
        enabled: whether it may be used now.
        verify_key: 32-byte Ed25519 public key of its signing key.
    """

    name: str
    enabled: bool
    verify_key: bytes


class CloudKeys(Protocol):
    """One wrapping key and one signing key of a service. Every error but `CloudRefused` counts as being away."""

    def encrypt(self, plaintext: bytes, context: bytes) -> bytes:
        """Encrypt 32 bytes, bound to the 32 bytes of `context` (encryption context, or additional data)."""

    def decrypt(self, ciphertext: bytes, context: bytes) -> bytes:
        """Decrypt what `encrypt` made with the same context."""

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature of the message itself, not of a digest."""

    def describe(self) -> CloudKey:
        """The keys as they are now."""


class CloudProvider(RemoteProvider):
    """A key provider over a cloud's key service.

    Args:
        keys: the adapter.
        seconds: how long one call may take; an adapter that hangs longer is out of reach.
    """

    kind = "cloud"
    number = 3

    def __init__(self, keys: CloudKeys, *, seconds: float = CALL_SECONDS) -> None:
        super().__init__(seconds=seconds)
        self._keys = keys

    def _encrypt(self, secret: bytes, associated: bytes) -> bytes:
        try:
            return self._keys.encrypt(secret, associated)
        except CloudRefused as cause:
            raise _no() from cause

    def _decrypt(self, sealed: bytes, associated: bytes) -> bytes:
        try:
            return self._keys.decrypt(sealed, associated)
        except CloudRefused as cause:
            raise _no() from cause

    def _sign(self, message: bytes) -> bytes:
        try:
            return self._keys.sign(message)
        except CloudRefused as cause:
            raise _no() from cause

    def _describe(self) -> Root:
        try:
            key = self._keys.describe()
        except CloudRefused as cause:
            raise _no() from cause
        if not key.enabled:
            raise ProviderRefused("The key service has this key disabled; enable it there.", reason="disabled")
        return Root(key.name, key.verify_key)


def _no() -> ProviderRefused:
    return ProviderRefused("The key service refuses; see its log.", reason="refused")
