"""Around every page: refusals in words, and nothing that a cache may keep."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from callwarden.doors import refusals
from callwarden.doors.console.grants.offering import href_for
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import AccessRefused
from callwarden.kernel.errors import CallwardenError, LaterError, NotFound, Refused

_OWN_PAGES = {404: "404.html", 503: "503.html"}


class ConsolePages:
    """Turns a `CallwardenError` into a page, or into a fragment where htmx asked for one.

    Pages are marked `no-store`: what was revealed must not come back from a cache or through the back button.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """No text of a person holds a NUL, and no column of the database takes one: it is refused before any page."""
        if not request.path.startswith(("/api/", "/scim/")) and _holds_nul(request):
            raise BadRequest("NUL")
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if request.path.startswith(("/api/", "/scim/")):
            return None
        actor = getattr(request, "actor", None)
        if isinstance(actor, Actor) and (reason := _reason(error)):
            refusals.note(request, actor, reason)
        if not isinstance(error, CallwardenError):
            return None
        context = {"message": str(error), "status": error.http_status, "ask_href": href_for(error)}
        if request.headers.get("HX-Request") == "true":
            # htmx swaps 422 and not other errors; the status people and logs see stays in the fragment's text.
            return render(request, "console/components/refusal.html", context, status=422)
        template = _OWN_PAGES.get(error.http_status, "console/refused.html")
        response = render(request, template, context, status=error.http_status)
        if isinstance(error, LaterError):
            response["Retry-After"] = str(error.retry_after)
        return response


def _holds_nul(request: HttpRequest) -> bool:
    sent = [text for query in (request.GET, request.POST) for name, texts in query.lists() for text in (name, *texts)]
    return any("\x00" in text for text in (request.path, *sent))


def _reason(error: Exception) -> str:
    """Why somebody was turned away, for the log; nothing where no door was closed, or the policy wrote it itself."""
    if isinstance(error, PermissionDenied):
        return "no_business_here"
    if isinstance(error, NotFound | Refused) and not isinstance(error, AccessRefused):
        return error.code
    return ""
