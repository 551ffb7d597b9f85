"""What can go wrong with sealed data, as a tree that mirrors the failures.

No message or `data` ever holds a key, a passphrase, a record id or plaintext, so all of it may be logged.
"""

from __future__ import annotations

from collections.abc import Mapping

Fact = str | int | bool


class SealError(Exception):
    """Base of every error of this engine.

    Attributes:
        code: stable machine name, e.g. ``"seal_tampered"``; translations hang on it.
        message: one English sentence that says what to do next.
        data: facts for the message; sizes, numbers and format names only.
    """

    code = "seal_error"

    def __init__(self, message: str, **data: Fact) -> None:
        super().__init__(message)
        self.message = message
        self.data: Mapping[str, Fact] = data


class InvalidInput(SealError, ValueError):
    """The caller passed something no sealed object can be made of; nothing was written."""

    code = "seal_invalid_input"


class CannotOpen(SealError):
    """Base of the refusals to open. No byte of plaintext has left when one of these is raised."""

    code = "seal_cannot_open"


class UnsupportedFormat(CannotOpen):
    """Not a sealed object of a version and suite this program knows."""

    code = "seal_unsupported_format"


class WrongKey(CannotOpen):
    """The key commitment does not match: another key, or the commitment itself was damaged."""

    code = "seal_wrong_key"


class Tampered(CannotOpen):
    """Authentication failed: changed, moved to another record, or opened under another binding."""

    code = "seal_tampered"


class Truncated(CannotOpen):
    """The end is missing: an unfinished write, an aborted one, or a cut."""

    code = "seal_truncated"


class IntakeKeyRefused(SealError):
    """A day key that must not be used: bad signature, other day, or outside its validity."""

    code = "seal_intake_key_refused"


class KeyProviderError(SealError):
    """Base of what a key provider reports. Callers deny on every one of them."""

    code = "seal_provider_error"


class ProviderUnavailable(KeyProviderError):
    """The provider cannot be reached or read now; the same call may succeed later."""

    code = "seal_provider_unavailable"


class ProviderRefused(KeyProviderError):
    """The provider answered no; repeating the same call will not help."""

    code = "seal_provider_refused"


class WrongPassphrase(ProviderRefused):
    """The passphrase does not open the file (or the file's key section was damaged)."""

    code = "seal_wrong_passphrase"
