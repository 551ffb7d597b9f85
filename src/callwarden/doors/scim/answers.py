"""Answers of the SCIM door: resources, lists and errors, never a page. No error repeats anything that was sent."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from pydantic import ValidationError
from scim2_models import Error, SCIMException

from callwarden.doors import refusals
from callwarden.doors.addresses import address_of
from callwarden.doors.api.credentials import Unauthenticated
from callwarden.doors.api.problems import understood
from callwarden.kernel.errors import CallwardenError, Conflict, InvalidInput, LaterError, NotFound, Refused, TooLarge
from callwarden.protection.signin.actions import note_use
from callwarden.protection.signin.models import ServiceKey
from callwarden.protection.signin.queries import find

CONTENT_TYPE = "application/scim+json"
TAKEN = frozenset({CONTENT_TYPE, "application/json"})
LONGEST_BODY = 512 * 1024
_TAKEN_ALREADY = frozenset({"account_exists", "groups_fixed"})
log = logging.getLogger("callwarden.scim")


class Wrong(CallwardenError):
    """A request that SCIM itself has a word for.

    Args:
        scim_type: keyword of RFC 7644 table 9.
    """

    http_status = 400

    def __init__(self, scim_type: str, message: Any) -> None:
        super().__init__(f"scim_{scim_type.lower()}", message)
        self.scim_type = scim_type


def answer(body: dict[str, Any] | None, status: int = 200, *, location: str = "") -> HttpResponse:
    response = HttpResponse(
        b"" if body is None else json.dumps(body, ensure_ascii=False).encode(), status=status, content_type=CONTENT_TYPE
    )
    response["Cache-Control"] = "no-store"
    if location:
        response["Location"] = location
    return response


def refusal(error: Exception) -> HttpResponse:
    """An error of ours, of the shape of a document, or of the product, as SCIM says it (RFC 7644 section 3.12)."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_context=True, include_url=False)[0]
        told = Error.from_validation_error(
            {**first, "loc": (), "msg": "The value has not the form this attribute takes"}
        )
        return answer(told.model_dump(), told.status or 400)
    if isinstance(error, SCIMException):
        words = "This is not done here" if error.status >= 500 else "The request breaks the schema of the resource"
        return answer(
            Error(status=error.status, scim_type=error.scim_type or None, detail=words).model_dump(), error.status
        )
    known = understood(error)
    status, kind = known.http_status, getattr(known, "scim_type", None)
    if isinstance(known, Conflict):
        kind = "uniqueness" if known.code in _TAKEN_ALREADY else None
    elif isinstance(known, InvalidInput):
        status, kind = 400, "invalidValue"
    response = answer(Error(status=status, scim_type=kind, detail=str(known)).model_dump(), status)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if isinstance(known, LaterError):
        response["Retry-After"] = str(known.retry_after)
    return response


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The document of a request.

    Raises:
        Wrong: no JSON object, or one too deep to be read.
        TooLarge: more than half a megabyte.
    """
    if request.content_type not in TAKEN:
        raise Wrong("invalidSyntax", _("Send the body as application/scim+json."))
    if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_BODY:
        raise TooLarge("body_too_large", _("The body is larger, or has more parts, than this address takes."))
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Wrong("invalidSyntax", _("The body is no JSON object. Correct it."))
    return found


View = Callable[..., HttpResponse]


def door(*methods: str) -> Callable[[View], View]:
    """An address of this door: who brings a live key that may provision is let in, everything is answered as SCIM."""

    def opened(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                key = _key(request)
                if request.method not in methods:
                    return answer(Error(status=405, detail="This address does not take this method").model_dump(), 405)
                note_use(key)
                return view(request, *args, actor=key.actor, **kwargs)
            except Exception as error:
                if isinstance(error, Refused | NotFound):
                    refusals.note_key(request, error.code)
                return refusal(error)

        guarded.login_required = False  # type: ignore[attr-defined]
        return guarded

    return opened


def _key(request: HttpRequest) -> ServiceKey:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    key = find(token.strip(), address=address_of(request)) if scheme.lower() == "bearer" else None
    if key is None:
        refusals.note_presented(request)
        raise Unauthenticated(
            "not_authenticated",
            _("Send a valid service key as Authorization: Bearer. Keys end, and some work from set networks only."),
        )
    request.known_key = key  # type: ignore[attr-defined]
    if ServiceKey.Scope.PROVISION not in key.scopes:
        raise Refused(
            "scope_missing",
            _("This service key is not good for this. Ask its owner for one with the scope %(scope)s."),
            data={"scope": str(ServiceKey.Scope.PROVISION)},
        )
    return key
