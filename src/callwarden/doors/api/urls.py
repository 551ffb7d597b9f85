"""The addresses of the REST door."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.urls import URLPattern, re_path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from callwarden import __doc__ as product
from callwarden.doors.api import (
    calls,
    consents,
    customers,
    deciding,
    dialler,
    document,
    gateway,
    holds,
    intake,
    neighbours,
    requests,
    retention,
    work,
)
from callwarden.doors.api.problems import NotAllowed, answer, problem, register
from callwarden.doors.api.shapes import CallRecordIn, CallRecordsIn, RetentionEventsIn


class RestApi(NinjaAPI):
    """The API whose document also tells of refusals, bodies in parts and the request's own key."""

    def get_openapi_schema(self, **arguments: Any) -> Any:
        return document.finish(
            super().get_openapi_schema(**arguments), (CallRecordIn, CallRecordsIn, RetentionEventsIn)
        )


api = RestApi(
    title="Callwarden",
    version="1",
    description=(product or "").strip(),
    urls_namespace="api",
    docs_url=None,
)
for router in (
    calls.router,
    intake.router,
    consents.router,
    customers.router,
    dialler.router,
    deciding.router,
    gateway.router,
    holds.router,
    retention.router,
    requests.router,
    work.router,
    neighbours.router,
):
    api.add_router("", router)
register(api)


def _guarded(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """No answer of this door is a page: whatever ninja or Django would say in HTML or text becomes a document."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Exception as error:
            return answer(request, error)
        if isinstance(response, HttpResponseNotAllowed):
            refused = problem(NotAllowed("method_not_allowed", _("This address does not take this method.")))
            refused["Allow"] = response["Allow"]
            return refused
        return response

    return guarded


def _nothing_here(request: HttpRequest) -> HttpResponse:
    return answer(request, Http404())


def _patterns() -> list[URLPattern]:
    patterns: list[Any] = api.urls[0]
    for pattern in patterns:
        pattern.callback = _guarded(pattern.callback)
    return [*patterns, re_path(r"", csrf_exempt(_nothing_here))]


app_name = "api"
urlpatterns = _patterns()
