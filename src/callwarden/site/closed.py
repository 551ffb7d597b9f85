"""A restored store that waits for two people: they can sign in, see what it came from, and sign. All else is closed."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template import loader
from django.utils.translation import gettext as _

_OPEN = ("/accounts/", "/approvals/", "/static/", "/healthz", "/readyz", "/metrics", "/language/", "/preferences/")

# What the store was restored from, and asking that it opens. No record is shown there.
_OF_THE_RESTORE = ("/protection/backups/", "/protection/backups/open/")


class ClosedUntilSigned:
    """Answers 503 for everything but signing in, the restore itself and approvals while the store is closed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.CLOSED or request.path.startswith(_OPEN) or request.path in _OF_THE_RESTORE:
            return self._get_response(request)
        if request.path == "/":
            return HttpResponseRedirect("/approvals/")
        if request.accepts("text/html") and not request.path.startswith(("/api/", "/scim/")):
            page = loader.get_template("closed.html").render()
            return HttpResponse(page, status=503, headers={"Retry-After": "60", "Cache-Control": "no-store"})
        says = _("This store was restored and is closed until two people have signed. Go to /approvals/.")
        return HttpResponse(says, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "60"})
