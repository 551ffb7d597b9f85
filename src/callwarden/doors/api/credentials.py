"""What is looked at before a single byte of a request's body is read: key, scope, kind of content, length, and the
request's own key.

A console session does not count here. Only the Authorization header is looked at, so a browser that somebody tricked
into sending a request carries nothing that would let it in.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja.security import HttpBearer

from callwarden.custody.models import Line
from callwarden.doors import refusals
from callwarden.doors.addresses import address_of
from callwarden.doors.api.idempotency import require_key
from callwarden.doors.api.uploads import too_large
from callwarden.flows.actors import Actor
from callwarden.kernel.errors import CallwardenError, InvalidInput, NotFound, Refused
from callwarden.protection.signin.actions import note_use
from callwarden.protection.signin.models import ServiceKey
from callwarden.protection.signin.queries import find

# What the parts of a multipart body may take beside the files in it.
PARTS_BYTES = 1024 * 1024
JSON, CSV, MULTIPART = "application/json", "text/csv", "multipart/form-data"


class Unauthenticated(CallwardenError):
    """No key, or one that does not count (here, now)."""

    http_status = 401


class UnsupportedContent(CallwardenError):
    """A kind of content this address does not take."""

    http_status = 415


class ServiceKeyAuth(HttpBearer):
    """Lets in whoever brings a live service key with the scope.

    Args:
        scope: what the key must be good for.
        takes: media types of the body; none for requests without one.
        asks: the request changes nothing, so it may be sent again without a key of its own and is answered anew.
    """

    openapi_bearerFormat = "cw_<prefix>_<secret>"

    def __init__(self, scope: ServiceKey.Scope, *takes: str, asks: bool = False) -> None:
        super().__init__()
        self._asks = asks
        self._scope = scope
        self._takes = takes

    def __call__(self, request: HttpRequest) -> ServiceKey:
        key: ServiceKey | None = super().__call__(request)
        if key is None:
            refusals.note_presented(request)
            raise Unauthenticated(
                "not_authenticated",
                _("Send a valid service key as Authorization: Bearer. Keys end, and some work from set networks only."),
            )
        request.known_key = key  # type: ignore[attr-defined]
        if self._scope not in key.scopes:
            raise Refused(
                "scope_missing",
                _("This service key is not good for this. Ask its owner for one with the scope %(scope)s."),
                data={"scope": str(self._scope)},
            )
        note_use(key)
        if request.method in {"POST", "PUT"}:
            if not self._asks:
                require_key(request)
            self._check_content(request)
        return key

    def authenticate(self, request: HttpRequest, token: str) -> ServiceKey | None:
        return find(token.strip(), address=address_of(request))

    def _check_content(self, request: HttpRequest) -> None:
        if request.content_type not in self._takes:
            raise UnsupportedContent(
                "unsupported_content",
                _("Send the body as %(takes)s."),
                data={"takes": ", ".join(self._takes)},
            )
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if request.content_type != JSON:
            limit = settings.INTAKE_MAX_BYTES + PARTS_BYTES
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > limit:
            raise too_large(limit)


def key_of(request: HttpRequest) -> ServiceKey:
    """The key this request was let in with."""
    key: Any = request.auth  # type: ignore[attr-defined]
    assert isinstance(key, ServiceKey)
    return key


def actor_of(key: ServiceKey) -> Actor:
    lines = None if key.lines is None else tuple(key.lines)
    return Actor.service(key.id, client=key.client_id, lines=lines)


def line_of(key: ServiceKey, slug: str | None) -> Line:
    """The line a request speaks of.

    Args:
        slug: None where the key leaves no choice.

    Raises:
        NotFound: no such line, or not one of this key's.
        InvalidInput: several lines, and none was named.
    """
    lines = Line.objects.select_related("client").filter(client=key.client_id)
    if key.lines is not None:
        lines = lines.filter(id__in=key.lines)
    found = list((lines.filter(slug=slug) if slug is not None else lines)[:2])
    if slug is None and len(found) > 1:
        raise InvalidInput("line_needed", _("This service key speaks for several lines. Name one."))
    if not found:
        raise NotFound("line_not_found", _("There is no such line, or this service key does not speak for it."))
    return found[0]


def speaks_for(key: ServiceKey, line: UUID, client: UUID) -> bool:
    return client == key.client_id and (key.lines is None or line in key.lines)
