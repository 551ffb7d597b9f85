"""Authenticated encryption for personal data at rest: suites, sealed files, key wrapping, key providers.

Usable alone: no framework, no globals, no input or output beyond what is passed in.

    >>> import io
    >>> from callwarden.engines.seal import Binding, Key, SealedReader, SealedWriter, Suite
    >>> from callwarden.engines.seal import open_bytes, seal_bytes, unwrap_data_key, wrap_data_key

A record has one data key; everything of the record is sealed under it:

    >>> data_key = Key.generate(Suite.AES_256_GCM)
    >>> blob = seal_bytes(data_key, "张三".encode(), record_id=b"rec-1", part=3)
    >>> open_bytes(data_key, blob, record_id=b"rec-1", part=3).decode()
    '张三'

Recordings are streamed, and read at random:

    >>> file = io.BytesIO()
    >>> with SealedWriter(file, data_key, record_id=b"rec-1") as out:
    ...     _ = out.write(b"RIFF" + bytes(200_000))
    >>> recording = SealedReader(file, data_key, record_id=b"rec-1")
    >>> recording.plain_size, recording.read(4)
    (200004, b'RIFF')

The data key itself rests under two locks; without either it is gone:

    >>> subject_key, bucket_key = Key.generate(Suite.AES_256_GCM), Key.generate(Suite.AES_256_GCM)
    >>> binding = Binding("client-1", "line-1", "rec-1", "subject-1", 1, "2031-W07", ("quality", "complaints"))
    >>> wrapped = wrap_data_key(data_key, subject_key=subject_key, bucket_key=bucket_key, binding=binding)
    >>> unwrap_data_key(wrapped, subject_key=subject_key, bucket_key=bucket_key, binding=binding) == data_key
    True

Promised: nothing is served before it is authenticated; every changed bit, every cut, every exchange of segments,
records, parts or bindings is refused; a sealed object opens under one key only (key commitment); no error, repr or
pickle shows a key.

Not promised: lengths are not hidden; an older sealed version of the same record and part can be put back (versions are
the caller's to track); Python cannot wipe keys from memory for certain; in suite 2 the intake envelope (HPKE) and
signatures (Ed25519) are not Chinese algorithms, as no SM2 is available.
"""

from callwarden.engines.seal._blob import open_bytes, seal_bytes
from callwarden.engines.seal._errors import (
    CannotOpen,
    IntakeKeyRefused,
    InvalidInput,
    KeyProviderError,
    ProviderRefused,
    ProviderUnavailable,
    SealError,
    Tampered,
    Truncated,
    UnsupportedFormat,
    WrongKey,
    WrongPassphrase,
)
from callwarden.engines.seal._index import BlindIndex
from callwarden.engines.seal._intake import (
    IntakeKeyPair,
    Signer,
    open_from,
    seal_to,
    sign_intake_key,
    verify_intake_key,
)
from callwarden.engines.seal._layout import sealed_size
from callwarden.engines.seal._reader import RangeSource, SealedReader
from callwarden.engines.seal._suite import Key, Suite
from callwarden.engines.seal._wrap import (
    Binding,
    Locks,
    ManyLocks,
    rewrap_data_key,
    rewrap_key,
    rewrap_keys,
    unwrap_data_key,
    unwrap_key,
    unwrap_keys,
    wrap_data_key,
    wrap_key,
)
from callwarden.engines.seal._writer import SealedWriter
from callwarden.engines.seal.providers._remote import RemoteProvider
from callwarden.engines.seal.providers.interface import KeyProvider, ProviderStatus
from callwarden.engines.seal.providers.passphrase import PassphraseFile

__all__ = [
    "Binding",
    "BlindIndex",
    "CannotOpen",
    "IntakeKeyPair",
    "IntakeKeyRefused",
    "InvalidInput",
    "Key",
    "KeyProvider",
    "KeyProviderError",
    "Locks",
    "ManyLocks",
    "PassphraseFile",
    "ProviderRefused",
    "ProviderStatus",
    "ProviderUnavailable",
    "RangeSource",
    "RemoteProvider",
    "SealError",
    "SealedReader",
    "SealedWriter",
    "Signer",
    "Suite",
    "Tampered",
    "Truncated",
    "UnsupportedFormat",
    "WrongKey",
    "WrongPassphrase",
    "open_bytes",
    "open_from",
    "rewrap_data_key",
    "rewrap_key",
    "rewrap_keys",
    "seal_bytes",
    "seal_to",
    "sealed_size",
    "sign_intake_key",
    "unwrap_data_key",
    "unwrap_key",
    "unwrap_keys",
    "verify_intake_key",
    "wrap_data_key",
    "wrap_key",
]
