"""Revealing one value, and hearing an original: purpose and reason first, both on record, and nothing that stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from callwarden.control.access.fields import needed
from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Record
from callwarden.custody.scope import client_scope
from callwarden.doors.console import purposes, stepup
from callwarden.doors.console.access import for_roles
from callwarden.doors.console.calls import shown
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Masked, Revealed, RevealForm
from callwarden.doors.console.grants.offering import href_for
from callwarden.doors.console.labels import field_label
from callwarden.doors.console.navigation import SEE_CALLS
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import playback
from callwarden.flows.calls import find_call
from callwarden.flows.facts import judged_as
from callwarden.flows.glimpse import glimpse
from callwarden.flows.people import find_record
from callwarden.flows.reveal import SHOWN_SECONDS, reveal
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError
from callwarden.lawful.requests.models import SubjectRequest

SHORTEST_REASON = 4
LONGEST_REASON = 300
CLOSE_DIALOG = "callwarden:close-dialog"


@for_roles(SEE_CALLS)
@require_http_methods(["GET", "POST"])
def reveal_value(request: ConsoleRequest, record: UUID, field: str) -> HttpResponse:
    """Ask why, then show one field for half a minute."""
    client = client_of(request).id
    if request.method == "GET":
        return _ask(request, _value_form(request, find_record(request.actor, client, record), field))
    if stepup.is_stale(request.login):
        wanted = find_record(request.actor, client, record)
        if wanted.category in stepup.SENSITIVE:
            return _go(request, stepup.way(request, request.login, _page_of(wanted)))
    purpose, reason, errors = _stated(request)
    leads = ""
    if not errors:
        try:
            seen = reveal(request.actor, client, record, field, purpose=purpose, reason=reason, call=_call(request))
        except CallwardenError as error:
            if _wants_factor(error):
                back = _page_of(find_record(request.actor, client, record))
                return _go(request, stepup.way(request, request.login, back))
            errors, leads = [str(error)], href_for(error)
        else:
            return _show(request, seen.record, field, seen.values)
    found = find_record(request.actor, client, record)
    given = {"purpose": purpose, "reason": reason, "errors": errors, "ask_href": leads}
    return _ask(request, _value_form(request, found, field, **given))


@for_roles(SEE_CALLS)
@require_GET
def masked_value(request: ConsoleRequest, record: UUID, field: str) -> HttpResponse:
    """The masked form again, for the place where a value stood."""
    found = find_record(request.actor, client_of(request).id, record)
    purpose, call = request.GET.get("purpose", ""), _call(request)
    seen = glimpse(request.actor, found.client_id, [found], purpose=purpose, call=call, only=(field,))
    hidden = Masked("•••••", field_label(field))
    it = shown.masked_of(seen.fields[0], purpose=purpose, call=call) if seen.fields else hidden
    return render(request, it.template, {"it": it})


@for_roles(SEE_CALLS)
@require_http_methods(["GET", "POST"])
def original(request: ConsoleRequest, call: UUID) -> HttpResponse:
    """Ask why, then give a permit to hear the original for a while."""
    found = find_call(request.actor, client_of(request).id, call)
    if request.method == "GET":
        return _ask(request, _original_form(request, found))
    purpose, reason, errors = _stated(request)
    leads = ""
    if not errors:
        try:
            grant = playback.permit_to_play(request.actor, found, purpose=purpose, which="original", reason=reason)
        except CallwardenError as error:
            if _wants_factor(error):
                return _go(request, stepup.way(request, request.login, reverse("console:call", args=[call])))
            errors, leads = [str(error)], href_for(error)
        else:
            return _go(request, f"{reverse('console:call', args=[call])}?original={grant.permit}")
    given = {"purpose": purpose, "reason": reason, "errors": errors, "ask_href": leads}
    return _ask(request, _original_form(request, found, **given))


def _stated(request: ConsoleRequest) -> tuple[str, str, list[str]]:
    """(purpose, reason, what is wrong with them)."""
    purpose, reason = request.POST.get("purpose", ""), request.POST.get("reason", "").strip()
    errors = []
    if not purpose:
        errors.append(_("Choose a purpose."))
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        errors.append(_("State a reason of 4 to 300 characters."))
    return purpose, reason, errors


def _value_form(request: ConsoleRequest, record: Record, field: str, **given: Any) -> RevealForm:
    granted = purposes.open_to(request.actor, "reveal", [judged_as(record.category)])
    fitting = [purpose for purpose in granted if needed(purpose, (field,))]
    return RevealForm(
        href=request.get_full_path(),
        fields=(field_label(field),),
        purposes=purposes.options(fitting),
        seconds=SHOWN_SECONDS,
        back_href=_page_of(record),
        target=f"#{shown.spot_id(record.id, field)}",
        **({"purpose": purposes.chosen(request, fitting)} | given),
    )


def _original_form(request: ConsoleRequest, call: Call, **given: Any) -> RevealForm:
    fitting = purposes.open_to(request.actor, "play_original", [Category.RECORDING_ORIGINAL])
    return RevealForm(
        href=request.path,
        fields=(gettext_lazy("Original recording"),),
        purposes=purposes.options(fitting),
        seconds=int(playback.LASTS.total_seconds()),
        back_href=reverse("console:call", args=[call.id]),
        target="#dialog-body",
        note=gettext_lazy(
            "You may listen for 30 minutes, in this session only. Your name, the purpose and the reason are recorded."
        ),
        submit=gettext_lazy("Listen and record"),
        **({"purpose": purposes.chosen(request, fitting)} | given),
    )


def _ask(request: ConsoleRequest, form: RevealForm) -> HttpResponse:
    """The form, in the dialog or on a page of its own; with errors it goes back to where it came from."""
    status = 422 if form.errors else 200
    if not _in_page(request):
        return render(request, "console/calls/reveal.html", {"form": form}, status=status)
    response = render(request, form.template, {"it": form}, status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#dialog-body", "innerHTML"
    return response


def _show(request: ConsoleRequest, record: Record, field: str, values: list[str]) -> HttpResponse:
    purpose, call = request.GET.get("purpose", ""), _call(request)
    it = Revealed(
        text=" · ".join(values),
        label=field_label(field),
        until=clock.now() + timedelta(seconds=SHOWN_SECONDS),
        seconds=SHOWN_SECONDS,
        masked_href=shown.reveal_href("console:masked", record.id, field, purpose=purpose, call=call),
    )
    if _in_page(request):
        spot = shown.Spot(shown.spot_id(record.id, field), it)
        response = render(request, spot.template, {"it": spot})
        response["HX-Trigger"] = CLOSE_DIALOG
        return response
    back = _page_of(record)
    response = render(request, "console/calls/revealed.html", {"value": it, "back": back})
    # Without scripts the browser itself leaves the page when the time is up.
    response["Refresh"] = f"{SHOWN_SECONDS}; url={back}"
    return response


def _go(request: ConsoleRequest, href: str) -> HttpResponse:
    return HttpResponse(headers={"HX-Redirect": href}) if _in_page(request) else HttpResponseRedirect(href)


def _wants_factor(error: CallwardenError) -> bool:
    """Whether all that is missing is a fresh proof of the second factor."""
    return error.data.get("reasons") == ["mfa_stale"]


def _in_page(request: ConsoleRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _page_of(record: Record) -> str:
    if record.call_id:
        return reverse("console:call", args=[record.call_id])
    if record.customer_id:
        return reverse("console:customer", args=[record.customer_id])
    with client_scope(record.client_id):
        said_with = SubjectRequest.objects.filter(statement=record).values_list("pk", flat=True).first()
    return reverse("console:request", args=[said_with]) if said_with else reverse("console:requests")


def _call(request: ConsoleRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("call", ""))
    except ValueError:
        return None
