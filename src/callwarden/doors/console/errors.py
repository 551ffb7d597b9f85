"""What a page becomes when something broke that no page answers for."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader

RETRY_SECONDS = 5


def server_error(_request: HttpRequest) -> HttpResponse:
    """A database that is away is an outage with a remedy (wait, it comes back), not a fault: 503. All else is 500.

    Rendered without a request, since whatever the frame would ask of the database is what has just failed.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        page = loader.get_template("503.html").render()
        return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"})
    return HttpResponse(loader.get_template("500.html").render(), status=500, headers={"Cache-Control": "no-store"})
