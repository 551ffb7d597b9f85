"""Around every page: the viewer's time zone, and pages that no cache may keep."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

ZONE_COOKIE = "callwarden_zone"


class ViewerMiddleware:
    """Shows times in the zone the viewer's browser named, else the account's, else the site's.

    Pages are marked `no-store`: what was revealed must not come back from a cache or the back button.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(_zone_of(request)):
            response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _zone_of(request: HttpRequest) -> ZoneInfo | None:
    named = unquote(request.COOKIES.get(ZONE_COOKIE, "")) or getattr(request.user, "time_zone", "")
    try:
        return ZoneInfo(named) if named else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
