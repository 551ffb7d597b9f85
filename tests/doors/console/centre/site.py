"""The site's own addresses, and stand-ins for places of the frame that an installation may not have yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from callwarden.doors.console.navigation import MAP
from callwarden.doors.console.urls import urlpatterns as console_patterns
from callwarden.site.urls import urlpatterns as site_patterns


def place(request: HttpRequest, **_where: object) -> HttpResponse:
    return HttpResponse("a place")


def _names(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str | None]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _names(pattern.url_patterns)
        else:
            yield pattern.name


def _stand_ins() -> list[URLPattern]:
    known = set(_names(console_patterns))
    places = [(one.name.removeprefix("console:"), "") for part in MAP for one in part.places]
    wanted = [*places, ("set_scope", ""), ("entry", "<int:index>/"), ("proof", "<int:index>/proof/")]
    return [path(f"{name}/{rest}", place, name=name) for name, rest in wanted if name not in known]


urlpatterns = [
    *(pattern for pattern in site_patterns if getattr(pattern, "namespace", "") != "console"),
    path("", include(([*console_patterns, *_stand_ins(), path("", place)], "console"))),
]
