"""What leaves the log is asked for in a dialog, with purpose and reason, and is sent as it is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from callwarden.custody.models import LedgerYear
from callwarden.doors.console import purposes
from callwarden.doors.console.audit.archive import tar_of
from callwarden.doors.console.audit.forms import WhyForm
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import ledger_details


def why(request: ConsoleRequest, open_for: list[str]) -> WhyForm:
    given = request.POST if request.method == "POST" else None
    return WhyForm(given, purposes=purposes.options(open_for))


def dialog(request: ConsoleRequest, template: str, context: dict[str, Any], form: forms.Form) -> HttpResponse:
    """Into the dialog where htmx asked, else as a page of its own."""
    inside = request.headers.get("HX-Request") == "true"
    frame = "console/oversight/fragment.html" if inside else "console/oversight/alone.html"
    return render(request, template, {**context, "frame": frame}, status=422 if form.errors else 200)


def sent(request: ConsoleRequest, form: WhyForm, *, name: str, year: LedgerYear | None = None) -> HttpResponseBase:
    """The log, or one year of it, as a tar stream; a refusal is answered before anything is sent."""
    pieces = _pieces(request, form, name, year)
    first = next(pieces)
    response = StreamingHttpResponse(again(first, pieces), content_type="application/x-tar")
    response["Content-Disposition"] = f'attachment; filename="{name}.tar"'
    return response


def _pieces(request: ConsoleRequest, form: WhyForm, name: str, year: LedgerYear | None) -> Iterator[bytes]:
    with ledger_details.exported(request.actor, year=year, **form.cleaned_data) as folder:
        yield from tar_of(folder, name=name)


def again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
