"""What every key provider does: keep a root key, wrap other keys under it, and sign day keys.

Data never goes to a provider, and its root key never comes out. `tests/engines/seal/provider_contract.py` is the
contract in executable form; a new provider is done when it passes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from callwarden.engines.seal._errors import KeyProviderError, ProviderRefused, ProviderUnavailable
from callwarden.engines.seal._suite import Key

__all__ = ["KeyProvider", "KeyProviderError", "ProviderRefused", "ProviderStatus", "ProviderUnavailable"]


@dataclass(frozen=True)
class ProviderStatus:
    """What a provider says of itself; holds no secret.

    Attributes:
        kind: e.g. ``"passphrase-file"``.
        available: whether `wrap` and `unwrap` can be expected to work now.
        detail: stable code of the reason when not available, else empty.
        key_id: names the root key in force without telling anything about it: 32 hexadecimal digits, empty when not
            known.
    """

    kind: str
    available: bool
    detail: str
    key_id: str


@runtime_checkable
class KeyProvider(Protocol):
    """Wraps and unwraps keys under a root key, and signs with an Ed25519 key, that it alone holds."""

    def wrap(self, key: Key, context: tuple[str, ...]) -> bytes:
        """Wrap `key`, bound to `context` (1 to 64 non-empty strings).

        Raises:
            ProviderUnavailable: try again later; deny meanwhile.
            ProviderRefused: the provider will not.
            InvalidInput: an impossible context.
        """

    def unwrap(self, wrapped: bytes, context: tuple[str, ...]) -> Key:
        """The key, with its suite.

        Raises:
            ProviderUnavailable: try again later; deny meanwhile.
            ProviderRefused: wrapped by another root, changed, or bound to another context.
            InvalidInput: an impossible context.
        """

    def status(self) -> ProviderStatus:
        """Never raises."""

    @property
    def verify_key(self) -> bytes:
        """The root's Ed25519 public key, 32 bytes; publish it, `verify_intake_key` needs it.

        Raises:
            ProviderUnavailable, ProviderRefused: as `wrap`.
        """

    def sign_intake_key(self, public: bytes, day: dt.date) -> bytes:
        """See `callwarden.engines.seal.sign_intake_key`; the signature is known to verify under `verify_key`.

        Raises:
            ProviderUnavailable, ProviderRefused: as `wrap`.
            InvalidInput: not the public half of an intake key.
        """

    def close(self) -> None:
        """Forget secrets and connections; every later use raises `ProviderUnavailable`."""
