"""The entries a search found, taken away as one bundle with a proof for each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any, Final

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.doors.console.access import for_roles
from callwarden.doors.console.audit import beside, queries
from callwarden.doors.console.audit.archive import zip_of
from callwarden.doors.console.audit.forms import WhyForm
from callwarden.doors.console.audit.table import filters
from callwarden.doors.console.audit.taking import again, dialog, why
from callwarden.doors.console.components import Fact, Facts, Text
from callwarden.doors.console.listing import Filter
from callwarden.doors.console.navigation import PROVE
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.engines.ledger.evidence_verifier import MOST
from callwarden.flows import evidence, ledger_details
from callwarden.kernel import clock

BEFORE: Final = "filter-"


@for_roles(PROVE)
def take(request: ConsoleRequest) -> HttpResponseBase:
    """Our entries that fit the filters, as a zip file that `callwarden verify` checks anywhere."""
    asked = _asked(request)
    form = why(request, ledger_details.may_export(request.actor))
    if not form.is_valid():
        return _asking(request, asked, form)
    found = queries.entries(asked)
    if not beside.ours_wanted(asked):
        found = found.none()
    taken = evidence.take(request.actor, found, asked, **form.cleaned_data)
    pieces: Iterator[bytes] = zip_of(evidence.files(taken))
    first = next(pieces)  # a refusal is answered before anything is sent
    response = StreamingHttpResponse(again(first, pieces), content_type="application/zip")
    name = f"evidence-{clock.now().astimezone(UTC):%Y%m%dT%H%M%SZ}.cw-evidence.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _asked(request: ConsoleRequest) -> dict[str, str]:
    """The filters: by their names where the list asks, behind `BEFORE` where the form does, which has a purpose too."""
    if request.method == "POST":
        return {one.name: one.accept(request.POST.get(f"{BEFORE}{one.name}", "")) for one in filters()}
    return {one.name: one.accept(request.GET.get(one.name, "")) for one in filters()}


def _asking(request: ConsoleRequest, asked: dict[str, str], form: WhyForm) -> HttpResponse:
    found = queries.entries(asked)
    count = evidence.countable(found) if beside.ours_wanted(asked) else 0
    used = [(one, asked[one.name]) for one in filters() if asked.get(one.name)]
    facts = [Fact(one.label, _shown(one, value)) for one, value in used]
    context: dict[str, Any] = {
        "form": form,
        "href": request.path,
        "back": reverse("console:audit"),
        "facts": Facts(facts or [Fact(_("Filters"), pgettext_lazy("filters", "none: every entry"))]),
        "given": [(f"{BEFORE}{one.name}", value) for one, value in used],
        "count": count,
        "most": f"{MOST:,}",
        "too_many": count > MOST,
    }
    return dialog(request, "console/audit/evidence.html", context, form)


def _shown(one: Filter, value: str) -> Text:
    return next((option.label for option in one.options if option.value == value), value)
