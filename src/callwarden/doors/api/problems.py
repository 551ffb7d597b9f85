"""Every refusal of the REST door as a problem document (RFC 9457), in the language the program asked for.

A document has a stable `code`, a `message` that says what to do, and, where fields were wrong, `errors` with the path
of each. Nothing that was sent is repeated, names of unknown fields included.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.db import DatabaseError, DataError, IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import get_language, gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from callwarden.custody.intake import full
from callwarden.doors import refusals
from callwarden.flows.disclose import AccessRefused
from callwarden.flows.formats import FormatError, RowError
from callwarden.kernel.errors import CallwardenError, InvalidInput, LaterError, NotFound, Refused, TooLarge, Unavailable

log = logging.getLogger("callwarden.api")
CONTENT_TYPE: Final = "application/problem+json"
MAX_ERRORS: Final = 100


class Malformed(CallwardenError):
    """What arrived cannot be read as what it says it is."""

    http_status = 400


class NotAllowed(CallwardenError):
    """This address exists, and does not take this method."""

    http_status = 405


class Unexpected(CallwardenError):
    """A fault of the product."""

    http_status = 500


class FieldsRefused(InvalidInput):
    """Fields of a document cannot be used. `errors`: path, code, message id and its data for each."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        super().__init__("fields_refused", _("Some fields cannot be used as they are. Correct those listed."))
        self.errors = list(errors)[:MAX_ERRORS]


class FieldError:
    """One field that is wrong: its path by names of ours and indices, a code, and what to do in English."""

    def __init__(self, at: str, code: str, msgid: str, data: Mapping[str, object] | None = None) -> None:
        self.at, self.code, self._msgid, self._data = at, code, msgid, dict(data or {})

    @classmethod
    def of_row(cls, error: RowError, *, under: str = "") -> FieldError:
        at = ".".join(part for part in (under, error.field) if part)
        return cls(at, error.code, error.msgid, error.data)

    def shown(self) -> dict[str, str]:
        return {"at": self.at, "code": self.code, "message": gettext(self._msgid).format(**self._data)}


# What can be wrong with the shape of a document; cells have the remedies of the formats.
_SHAPE: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("missing", gettext_noop("The field is required and is missing.")),
    "extra_forbidden": ("unknown_field", gettext_noop("There is no such field here. Remove it.")),
}
_WRONG: Final = (
    "wrong_form",
    gettext_noop("The value has not the form this field takes. Compare it with the OpenAPI document."),
)


def problem(error: CallwardenError) -> HttpResponse:
    """The response for an error of ours."""
    status = HTTPStatus(error.http_status)
    body: dict[str, Any] = {
        "type": f"urn:callwarden:problem:{error.code}",
        "title": status.phrase,
        "status": status.value,
        "code": error.code,
        "message": str(error),
    }
    if error.data:
        body["data"] = error.data
    if isinstance(error, FieldsRefused):
        body["errors"] = [one.shown() for one in error.errors]
    response = JsonResponse(body, status=status.value, content_type=CONTENT_TYPE)
    response["Content-Language"] = get_language() or "en"
    response["Cache-Control"] = "no-store"
    if isinstance(error, LaterError):
        response["Retry-After"] = str(error.retry_after)
    if status is HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def understood(error: Exception) -> CallwardenError:
    """Whatever was raised, as an error of ours."""
    if isinstance(error, CallwardenError):
        return error
    if isinstance(error, FormatError):
        return FieldsRefused([FieldError("", error.code, error.msgid, error.data)])
    if isinstance(error, ValidationError):
        # What ninja puts before the path: where the value came from, and, for a body, the name of our parameter.
        return FieldsRefused(
            shape_errors({**one, "loc": one["loc"][2 if one["loc"][0] == "body" else 1 :]} for one in error.errors)
        )
    if isinstance(error, Http404):
        return NotFound("address_not_found", _("There is nothing at this address."))
    if isinstance(error, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return TooLarge("body_too_large", _("The body is larger, or has more parts, than this address takes."))
    if isinstance(error, MultiPartParserError | UnreadablePostError | SuspiciousOperation | HttpError):
        return Malformed("malformed_body", _("The body cannot be read as what its Content-Type says."))
    if isinstance(error, DataError):
        return InvalidInput("value_impossible", _("A value cannot be stored. Remove control characters."))
    if isinstance(error, IntegrityError):
        return _again("changed_meanwhile")
    if isinstance(error, DatabaseError):
        return _again("database_unavailable")
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return full()
    log.error("api_failed", exc_info=error)
    return Unexpected("unexpected", _("Something went wrong on our side. Send the request again with the same key."))


def answer(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    known = understood(error if isinstance(error, Exception) else error())
    if isinstance(known, Refused | NotFound) and not isinstance(known, AccessRefused):
        refusals.note_key(request, known.code)
    return problem(known)


def register(api: NinjaAPI) -> None:
    """Let the door answer every exception itself."""
    for kind in (CallwardenError, FormatError, ValidationError, HttpError, Http404, DatabaseError, OSError, Exception):
        api.add_exception_handler(kind, answer)


def _again(cause: str) -> Unavailable:
    return Unavailable(
        "try_again",
        _("This could not be done just now. Nothing was kept; send the request again with the same key."),
        data={"cause": cause},
        retry_after=5,
    )


def shape_errors(errors: Iterable[Mapping[str, Any]], *, under: str = "") -> Iterable[FieldError]:
    """What a document's shape check found, without anything of the document."""
    for error in errors:
        code, msgid = _SHAPE.get(str(error["type"]), _WRONG)
        at = path_of(error["loc"])
        yield FieldError(".".join(part for part in (under, at) if part), code, msgid)


def path_of(steps: Iterable[Any]) -> str:
    """Path of a field, as `consents.0.purpose`. A name that is none of ours came from the sender: it is not told."""
    from callwarden.doors.api.shapes import NAMES

    return ".".join(str(step) if isinstance(step, int) else step if step in NAMES else "?" for step in steps)
