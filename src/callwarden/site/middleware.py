"""What every request gets: an id, one log line, one measurement; none of them with a path, a query or a body."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from callwarden.site import metrics

log = structlog.get_logger("callwarden.web")
_UNLOGGED = frozenset({"healthz", "readyz", "metrics"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestRecord:
    """Outermost middleware. The id is ours alone: one that a client sends could carry anything."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = secrets.token_hex(8)
        request.request_id = request_id  # type: ignore[attr-defined]
        begun = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self._get_response(request)
            self._note(request, response, time.perf_counter() - begun)
        response["X-Request-ID"] = request_id
        return response

    @staticmethod
    def _note(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        match = request.resolver_match
        route = match.route if match is not None else "(none)"
        # A client may invent methods; each would become a time series.
        method = request.method if request.method in _METHODS else "OTHER"
        metrics.REQUESTS.labels(method, route, response.status_code).inc()
        metrics.SECONDS.labels(method, route).observe(seconds)
        if route not in _UNLOGGED:
            log.info("request", method=method, route=route, status=response.status_code, ms=seconds * 1000)
