"""The one family of errors people and programs see.

An error has a stable `code` (for programs), `data` (facts of structure, never personal), an HTTP status, and a message
that tells a person what to do next. The message is translated when it is shown, not when it is raised:

    raise Conflict("approval_expired", _("This request has expired. Ask again."), data={"approval": str(approval.pk)})

Doors turn it into a page, a problem document or an exit code by `to_dict`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from django.utils import translation

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Translatable = str | _StrPromise
else:
    Translatable = object

Fact = str | int | bool | None | list[str]


class CallwardenError(Exception):
    """Base of all errors meant for people.

    Args:
        code: snake_case name that never changes once released.
        message: English msgid from `gettext_lazy`; `%(name)s` is filled from `data` after translation.
        data: structural facts (ids, slugs, counts). Never a number, name or text of a person.
    """

    http_status: ClassVar[int] = 400

    def __init__(self, code: str, message: Translatable, *, data: Mapping[str, Fact] | None = None) -> None:
        super().__init__(code)
        self.code: Final = code
        self.message: Final = message
        self.data: Final[dict[str, Fact]] = dict(data or {})

    def __str__(self) -> str:
        text = str(self.message)
        return text % self.data if "%(" in text else text

    def to_dict(self, language: str | None = None) -> dict[str, object]:
        """`{"code", "message", "status", "data"}`, the message in `language` (default: the active one)."""
        if language is None:
            text = str(self)
        else:
            with translation.override(supported_language(language)):
                text = str(self)
        return {"code": self.code, "message": text, "status": self.http_status, "data": dict(self.data)}


class InvalidInput(CallwardenError):
    """What was handed in cannot be used as it is."""

    http_status = 422


class Refused(CallwardenError):
    """Understood, and not allowed to this person now."""

    http_status = 403


class NotFound(CallwardenError):
    """There is no such thing, or not for this person."""

    http_status = 404


class Conflict(CallwardenError):
    """The thing is in a state that does not allow this."""

    http_status = 409


class TooLarge(CallwardenError):
    """Larger than the set limit."""

    http_status = 413


class LaterError(CallwardenError):
    """Trying again later makes sense.

    Args:
        retry_after: seconds after which it does (HTTP `Retry-After`, RFC 9110 section 10.2.3).
    """

    def __init__(
        self, code: str, message: Translatable, *, data: Mapping[str, Fact] | None = None, retry_after: int = 5
    ) -> None:
        super().__init__(code, message, data=data)
        self.retry_after: Final = retry_after

    def to_dict(self, language: str | None = None) -> dict[str, object]:
        return {**super().to_dict(language), "retry_after": self.retry_after}


class TooMany(LaterError):
    """More often than the set limit."""

    http_status = 429


class Unavailable(LaterError):
    """A part this act depends on does not answer; nothing was done and the act may be tried again."""

    http_status = 503


def supported_language(language: str) -> str:
    """The closest language the product speaks: `zh-CN` is zh-hans, anything unknown is English."""
    try:
        return translation.get_supported_language_variant(language.lower())
    except LookupError:
        return "en"
