"""What providers share whose root key lies elsewhere: in a token, in another server, with a cloud service.

None of them is believed. The provider is given a wrapping key made for this one wrap, never the key itself, so that
what passes its way opens nothing without the key folder; the wrap made under it commits to both keys, so that another
key than the one handed in is noticed; a wrap is read back before it counts; a signature is verified before it leaves.

Layout: docs/formats/sealed-file.md, "Keys wrapped by a provider".
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import queue
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from callwarden.engines.seal import _blob
from callwarden.engines.seal._encoding import context_fields, pack
from callwarden.engines.seal._errors import (
    CannotOpen,
    IntakeKeyRefused,
    InvalidInput,
    KeyProviderError,
    ProviderRefused,
    ProviderUnavailable,
)
from callwarden.engines.seal._intake import sign_intake_key, verify_intake_key
from callwarden.engines.seal._suite import KEY_BYTES, Key, suite_of
from callwarden.engines.seal._wrap import decode_key, encode_key
from callwarden.engines.seal.providers.interface import ProviderStatus

VERSION = 0xC4
LABEL = b"callwarden.seal.provider.1"
LABEL_ID = b"callwarden.seal.provider-id.1"
MAX_SEALED = 4096
PLACES = 8
_HEADER = struct.Struct(">BBH")

T = TypeVar("T")


@dataclass(frozen=True)
class Root:
    """The root as the provider describes it now.

    Attributes:
        name: what the provider calls the wrapping key, for `key_id` only.
        verify_key: 32-byte Ed25519 public key.
    """

    name: str
    verify_key: bytes


class RemoteProvider(ABC):
    """A `KeyProvider` over four calls to whoever holds the root.

    The four calls may raise `KeyProviderError`; anything else they raise counts as being out of reach. No call is
    waited for longer than `seconds`, and no more than a few hang at once.
    """

    kind: ClassVar[str]
    number: ClassVar[int]

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(PLACES)
        self._known: Root | None = None
        self._pinned = ""
        self._closed = False

    def pin(self, key_id: str) -> None:
        """Refuse every other root than this one, which `status` named earlier."""
        self._pinned = key_id

    @abstractmethod
    def _encrypt(self, secret: bytes, associated: bytes) -> bytes:
        """`secret` sealed by the root key with `associated` as associated data; at most 4096 bytes."""

    @abstractmethod
    def _decrypt(self, sealed: bytes, associated: bytes) -> bytes:
        """What `_encrypt` was given."""

    @abstractmethod
    def _sign(self, message: bytes) -> bytes:
        """An Ed25519 signature by the root's signing key."""

    @abstractmethod
    def _describe(self) -> Root:
        """The root, asked for now."""

    def wrap(self, key: Key, context: tuple[str, ...]) -> bytes:
        """See `KeyProvider.wrap`. The wrap has been read back when this returns."""
        associated = self._associated(context)
        self._root()
        once = Key.generate(key.suite)
        sealed = self._ask_bytes(self._encrypt, once.raw, associated)
        if not 0 < len(sealed) <= MAX_SEALED:
            raise ProviderRefused("The key provider answered with no wrapped key.", reason="answer")
        back = self._ask_bytes(self._decrypt, sealed, associated)
        if not hmac.compare_digest(back, once.raw):
            raise ProviderRefused("The key provider does not give back what it wrapped; do not trust it.", reason="lie")
        outer = _HEADER.pack(VERSION, self.number, len(sealed)) + sealed
        # Bound to the outer part as it stands: some servers take several spellings of one wrap (Vault takes version 0
        # for 1).
        fields = (*context_fields(context), outer)
        return outer + _blob.seal(_blob.Kind.KEY, key.suite, once.raw, encode_key(key), fields)

    def unwrap(self, wrapped: bytes, context: tuple[str, ...]) -> Key:
        """See `KeyProvider.unwrap`."""
        associated = self._associated(context)
        try:
            outer, inner = self._parts(wrapped)
            suite = suite_of(inner[2])
            _blob.check_header(_blob.Kind.KEY, suite, inner)
        except CannotOpen as cause:
            raise _not_ours(cause.code) from cause
        raw = self._ask_bytes(self._decrypt, outer[_HEADER.size :], associated)
        if len(raw) != KEY_BYTES:
            raise ProviderRefused("The key provider gave back something that is no key; do not trust it.", reason="lie")
        try:
            fields = (*context_fields(context), outer)
            return decode_key(_blob.open_(_blob.Kind.KEY, suite, raw, inner, fields))
        except CannotOpen as cause:
            raise _not_ours(cause.code) from cause

    def status(self) -> ProviderStatus:
        """See `KeyProvider.status`; asks the provider."""
        try:
            self._root()
            detail = ""
        except KeyProviderError as error:
            detail = str(error.data.get("reason") or error.code)
        return ProviderStatus(self.kind, not detail, detail, self._key_id())

    @property
    def verify_key(self) -> bytes:
        """See `KeyProvider.verify_key`."""
        return (self._known or self._root()).verify_key  # asked once: it is what was published

    def sign_intake_key(self, public: bytes, day: dt.date) -> bytes:
        """See `KeyProvider.sign_intake_key`."""
        signature = sign_intake_key(_Signer(lambda message: self._ask_bytes(self._sign, message)), public, day)
        try:
            verify_intake_key(self.verify_key, public, day, signature)
        except (IntakeKeyRefused, InvalidInput) as cause:
            raise ProviderRefused("The key provider signed with another key; do not trust it.", reason="lie") from cause
        return signature

    def close(self) -> None:
        """See `KeyProvider.close`."""
        self._closed = True

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._key_id() or 'not seen yet'}>"

    def _associated(self, context: tuple[str, ...]) -> bytes:
        # A digest: providers limit the length of associated data, and they need not know our names.
        return hashlib.sha256(pack(LABEL, bytes([self.number]), *context_fields(context))).digest()

    def _parts(self, wrapped: bytes) -> tuple[bytes, bytes]:
        if not isinstance(wrapped, bytes) or len(wrapped) < _HEADER.size:
            raise _not_ours("seal_truncated")
        version, number, size = _HEADER.unpack_from(wrapped)
        if version != VERSION or number != self.number or not 0 < size <= MAX_SEALED:
            raise _not_ours("seal_unsupported_format")
        outer, inner = wrapped[: _HEADER.size + size], wrapped[_HEADER.size + size :]
        if len(inner) < _blob.PREFIX_BYTES:
            raise _not_ours("seal_truncated")
        return outer, inner

    def _root(self) -> Root:
        """The root, asked for now; refused when it is not the one seen first."""
        root = self._ask(self._describe)
        replaced = (self._known is not None and root != self._known) or self._pinned not in ("", self._name_of(root))
        if len(root.verify_key) != KEY_BYTES or replaced:
            raise ProviderRefused("The root key is not the one it was; somebody replaced it.", reason="root_replaced")
        self._known = root
        return root

    def _key_id(self) -> str:
        return self._name_of(self._known) if self._known else self._pinned

    def _name_of(self, root: Root) -> str:
        named = pack(LABEL_ID, self.kind.encode(), root.name.encode(), root.verify_key)
        return hashlib.sha256(named).hexdigest()[:32]

    def _ask_bytes(self, call: Callable[..., bytes], *arguments: object) -> bytes:
        answer = self._ask(call, *arguments)
        if not isinstance(answer, bytes):
            raise ProviderRefused("The key provider answered with something else than bytes.", reason="answer")
        return answer

    def _ask(self, call: Callable[..., T], *arguments: object) -> T:
        """The answer of one call within the time allowed, in a thread of its own: libraries and servers can hang."""
        if self._closed:
            raise ProviderUnavailable("The key provider is closed; open it again.", reason="closed")
        if not self._places.acquire(blocking=False):
            raise ProviderUnavailable("The key provider does not answer; try again later.", reason="busy")
        answers: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                answer: tuple[T | None, Exception | None] = (call(*arguments), None)
            except Exception as error:
                answer = (None, error)
            self._places.release()
            answers.put(answer)

        threading.Thread(target=run, name=f"{self.kind}-call", daemon=True).start()
        try:
            given, error = answers.get(timeout=self._seconds)
        except queue.Empty:
            raise ProviderUnavailable("The key provider does not answer in time.", reason="timeout") from None
        if error is None:
            return given  # type: ignore[return-value]
        if isinstance(error, KeyProviderError):
            raise error
        raise ProviderUnavailable(
            "The key provider cannot be used now; see whether it runs.", reason=type(error).__name__
        ) from error


@dataclass(frozen=True)
class _Signer:
    call: Callable[[bytes], bytes]

    def sign(self, message: bytes, /) -> bytes:
        return self.call(message)


def _not_ours(code: str) -> ProviderRefused:
    return ProviderRefused("The wrapped key does not belong to this root and context, or was changed.", reason=code)
