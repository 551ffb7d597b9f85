"""Addresses for machines: alive, ready, metrics. They hold no personal data and no secrets."""

from __future__ import annotations

import hmac
import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from callwarden.doors.cli.checks import CHECKS, Outcome, outcome_of
from callwarden.site import metrics


@require_safe
def alive(_request: HttpRequest) -> HttpResponse:
    """200 while this process can answer at all; asks nothing else."""
    return JsonResponse({"alive": True})


@require_safe
def ready(_request: HttpRequest) -> HttpResponse:
    """200 when calls can be taken in and opened, else 503; the body names each check's outcome."""
    outcomes = {check.name: outcome_of(check).outcome for check in CHECKS if check.readiness}
    fine = Outcome.FAIL not in outcomes.values()
    body = {"ready": fine, "checks": {name: outcome.value for name, outcome in outcomes.items()}}
    response = JsonResponse(body, status=200 if fine else 503)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def prometheus(request: HttpRequest) -> HttpResponse:
    """Metrics of all web processes and workers, for this machine itself or a bearer of the token."""
    if not _may_scrape(request):
        return HttpResponse(status=403)
    body, content_type = metrics.exposition()
    return HttpResponse(body, content_type=content_type)


def _may_scrape(request: HttpRequest) -> bool:
    if token := settings.METRICS_TOKEN:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    # Behind a proxy everybody comes from loopback, so a forwarded request never counts as local.
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


urlpatterns = [
    path("healthz", alive),
    path("readyz", ready),
    path("metrics", prometheus),
]
