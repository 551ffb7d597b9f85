"""Keys under keys: data keys under two locks, every other key under one.

Layout and derivation: docs/formats/sealed-file.md, "Wrapped keys".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from callwarden.engines.seal import _blob
from callwarden.engines.seal._encoding import context_fields, framed, pack, text, u64
from callwarden.engines.seal._errors import InvalidInput
from callwarden.engines.seal._suite import KEY_BYTES, Key, Suite, suite_of


@dataclass(frozen=True)
class Binding:
    """What a data key is bound to; every part must be the same to unwrap.

    Texts are 1 to 4096 characters and compared as they stand. Purposes are a set: their order does not matter, and
    naming one twice is refused.
    """

    client: str
    line: str
    record: str
    subject: str
    generation: int
    bucket: str
    purposes: tuple[str, ...]

    def fields(self) -> tuple[bytes, ...]:
        """The canonical fields for associated data.

        Raises:
            InvalidInput: an empty or impossible part.
        """
        if not isinstance(self.purposes, tuple) or len(set(self.purposes)) != len(self.purposes):
            raise InvalidInput("Give the purposes as a tuple that names each once.", field="purposes")
        return (
            text(self.client, "client"),
            text(self.line, "line"),
            text(self.record, "record"),
            text(self.subject, "subject"),
            u64(self.generation, "generation"),
            text(self.bucket, "bucket"),
            pack(*sorted(text(purpose, "purpose") for purpose in self.purposes)),
        )


@dataclass(frozen=True)
class Locks:
    """The two locks of a data key and what it is bound to. Destroy either key and the record is gone."""

    subject_key: Key
    bucket_key: Key
    binding: Binding

    def secret(self) -> bytes:
        """Input keying material that nobody can form who lacks one of the two keys."""
        if self.subject_key.suite is not self.bucket_key.suite:
            raise InvalidInput("Use a subject key and a bucket key of the same suite.", field="bucket_key")
        return pack(self.subject_key.raw, self.bucket_key.raw)


def wrap_data_key(data_key: Key, *, subject_key: Key, bucket_key: Key, binding: Binding) -> bytes:
    """Wrap a record's data key under a key derived from both locks.

    The data key may be of another suite than the locks, so that records outlive a change of suite.

    Raises:
        InvalidInput: the locks differ in suite, or the binding is impossible.
    """
    locks = Locks(subject_key, bucket_key, binding)
    return _blob.seal(_blob.Kind.DATA_KEY, subject_key.suite, locks.secret(), encode_key(data_key), binding.fields())


def unwrap_data_key(wrapped: bytes, *, subject_key: Key, bucket_key: Key, binding: Binding) -> Key:
    """The data key `wrap_data_key` wrapped.

    Raises:
        WrongKey: another subject key or bucket key.
        Tampered: changed, or another binding.
        Truncated, UnsupportedFormat: not a wrapped data key, or not a whole one.
    """
    locks = Locks(subject_key, bucket_key, binding)
    return decode_key(_blob.open_(_blob.Kind.DATA_KEY, subject_key.suite, locks.secret(), wrapped, binding.fields()))


def rewrap_data_key(wrapped: bytes, *, old: Locks, new: Locks) -> bytes:
    """Move a data key to other locks or another binding, without showing it to the caller. Raises as its two halves."""
    data_key = unwrap_data_key(wrapped, subject_key=old.subject_key, bucket_key=old.bucket_key, binding=old.binding)
    return wrap_data_key(data_key, subject_key=new.subject_key, bucket_key=new.bucket_key, binding=new.binding)


def wrap_key(kek: Key, key: Key, *, context: tuple[str, ...]) -> bytes:
    """Wrap one key under another, e.g. a subject key under its epoch key, bound to the names in `context`."""
    return _blob.seal(_blob.Kind.KEY, kek.suite, kek.raw, encode_key(key), context_fields(context))


def unwrap_key(kek: Key, wrapped: bytes, *, context: tuple[str, ...]) -> Key:
    """The key `wrap_key` wrapped.

    Raises:
        WrongKey: another key-encryption key.
        Tampered: changed, or another context.
        Truncated, UnsupportedFormat: not a wrapped key, or not a whole one.
    """
    return decode_key(_blob.open_(_blob.Kind.KEY, kek.suite, kek.raw, wrapped, context_fields(context)))


def rewrap_key(
    wrapped: bytes, *, old: Key, new: Key, context: tuple[str, ...], new_context: tuple[str, ...] | None = None
) -> bytes:
    """Move a wrapped key to another key-encryption key, e.g. at the turn of an epoch, without showing it."""
    return wrap_key(new, unwrap_key(old, wrapped, context=context), context=new_context or context)


def rewrap_keys(rows: Iterable[tuple[bytes, tuple[str, ...], tuple[str, ...]]], *, old: Key, new: Key) -> list[bytes]:
    """`rewrap_key` for many at once, in two thirds of the time: the turn of an epoch moves them by the million.

    Args:
        rows: (wrapped, context, new context) of each; all wrapped under `old`.

    Raises:
        As `rewrap_key`, at the first row that does not open; then none is returned.
    """
    moved = list(rows)
    opened = _blob.open_many(
        _blob.Kind.KEY, old.suite, ((old.raw, wrapped, len(was), framed(was)) for wrapped, was, _ in moved)
    )
    return _blob.seal_many(
        _blob.Kind.KEY,
        new.suite,
        ((new.raw, plain, len(then), framed(then)) for plain, (_, _, then) in zip(opened, moved, strict=True)),
    )


def unwrap_keys(kek: Key, rows: Iterable[tuple[bytes, tuple[str, ...]]]) -> list[Key]:
    """`unwrap_key` of each (wrapped, context), all wrapped under `kek`.

    Raises:
        As `unwrap_key`, at the first that does not open; then none is returned.
    """
    framed_rows = ((kek.raw, wrapped, len(context), framed(context)) for wrapped, context in rows)
    return [decode_key(plain) for plain in _blob.open_many(_blob.Kind.KEY, kek.suite, framed_rows)]


class ManyLocks:
    """`unwrap_data_key` and `wrap_data_key` for many records at once, in half of the time: rotation moves them by the
    million. All locks are of one suite.

    Args:
        rows: (subject key, bucket key, binding) of each; a binding as the parts of a `Binding` in their order.
    """

    def __init__(self, suite: Suite, rows: Iterable[tuple[Key, Key, BindingParts]]) -> None:
        self._suite = suite
        self._bound = []
        for subject, bucket, (client, line, record, subject_id, generation, bucket_id, purposes) in rows:
            if subject.suite is not suite or bucket.suite is not suite:
                raise InvalidInput("Use a subject key and a bucket key of the same suite.", field="bucket_key")
            fields = b"".join(
                (
                    framed((client, line, record, subject_id)),
                    _FRAME_OF_8,
                    u64(generation, "generation"),
                    framed((bucket_id,)),
                    _framed_purposes(purposes),
                )
            )
            self._bound.append((b"".join((_TWO_KEYS, subject.raw, _FRAME_OF_KEY, bucket.raw)), fields))

    def unwrap(self, wrapped: Iterable[bytes]) -> list[Key]:
        """The data keys, in the order of the rows.

        Raises:
            As `unwrap_data_key`, at the first that does not open; then none is returned.
        """
        rows = ((secret, blob, 7, fields) for (secret, fields), blob in zip(self._bound, wrapped, strict=True))
        return [decode_key(plain) for plain in _blob.open_many(_blob.Kind.DATA_KEY, self._suite, rows)]

    def wrap(self, keys: Iterable[Key]) -> list[bytes]:
        """The wraps of these data keys, in the order of the rows."""
        rows = ((secret, encode_key(key), 7, fields) for (secret, fields), key in zip(self._bound, keys, strict=True))
        return _blob.seal_many(_blob.Kind.DATA_KEY, self._suite, rows)


BindingParts = tuple[str, str, str, str, int, str, tuple[str, ...]]
_FRAME_OF_8 = (8).to_bytes(4, "big")
_FRAME_OF_KEY = KEY_BYTES.to_bytes(4, "big")
_TWO_KEYS = (2).to_bytes(4, "big") + _FRAME_OF_KEY


@lru_cache(maxsize=1024)
def _framed_purposes(purposes: tuple[str, ...]) -> bytes:
    if len(set(purposes)) != len(purposes):
        raise InvalidInput("Give the purposes as a tuple that names each once.", field="purposes")
    packed = pack(*sorted(text(purpose, "purpose") for purpose in purposes))
    return len(packed).to_bytes(4, "big") + packed


def encode_key(key: Key) -> bytes:
    return bytes([key.suite.value]) + key.raw


def decode_key(plaintext: bytes) -> Key:
    return Key(suite_of(plaintext[0]), plaintext[1:])
