"""The explanation a person keeps, and the page on which an officer reads it before it goes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from callwarden.custody.categories import Category
from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import for_roles
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Crumb, Text
from callwarden.doors.console.navigation import DPO
from callwarden.doors.console.requests import report
from callwarden.doors.console.requests.forms import ExplainForm, ReasonForm
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.looking import looked, subject_of
from callwarden.flows.requests import explaining, verify
from callwarden.kernel.errors import CallwardenError, Refused
from callwarden.lawful.consent.models import ConsentEvent, ConsentProposal
from callwarden.lawful.purposes.terms import CATEGORIES, Certainty, Ending, Ground, Method, Role
from callwarden.lawful.requests.models import SubjectRequest
from callwarden.lawful.retention.models import Trigger

DECIDE: Final = frozenset({DPO})


@for_roles(DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def explain(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Read what would be answered, add what was asked besides, and answer with it: one sealed file."""
    client = client_of(request).id
    here = reverse("console:request", args=[pk])
    form = ExplainForm(request.POST or None)
    address = _address(request)
    if request.method == "POST" and form.is_valid():
        words, reason = form.cleaned_data["words"], form.cleaned_data["reason"]
        try:
            made = explaining.answer(request.actor, client, pk, words=words, reason=reason, address=address, page=page)
        except CallwardenError as error:
            form.add_error(None, str(error))
        else:
            return report.sealed_file(made)
    try:
        with client_scope(client):
            one = verify.find(client, pk)
            told = explaining.draft(client, pk, address=address)
            looked(request.actor, client=client, fields=("request",), subject=subject_of(one.person_id), request=one.pk)
    except Refused as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(here)
    board = (Crumb(_("Requests"), reverse("console:requests")), Crumb(one.code, here))
    context = {"form": form, "one": one, "shown": _body(one, told), "crumbs": (*board, Crumb(_("Explain the rules")))}
    return render(request, "console/requests/explain.html", context, status=422 if form.is_bound else 200)


@for_roles(DECIDE)
@require_POST
def again(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Hand out once more what was answered."""
    client = client_of(request).id
    form = ReasonForm(request.POST)
    try:
        if not form.is_valid():
            raise CallwardenError("reason_missing", _("Say why: it is kept sealed beside the log."))
        made = explaining.again(request.actor, client, pk, reason=form.cleaned_data["reason"], page=page)
    except CallwardenError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("console:request", args=[pk]))
    return report.sealed_file(made)


def page(request: SubjectRequest, told: Mapping[str, Any]) -> bytes:
    """The explanation in the person's language, with times where the line is; it needs no other file."""
    with translation.override(request.language):
        context = {**_context(request, told), "looks": report.style()}
        return render_to_string("console/requests/explanation.html", context).encode()


def _body(request: SubjectRequest, told: Mapping[str, Any]) -> SafeString:
    with translation.override(request.language):
        return render_to_string("console/requests/explanation_body.html", _context(request, told))


def _address(request: ConsoleRequest) -> explaining.Address:
    def address(line: str, version: str) -> str:
        where = reverse("console:privacy_version", args=[line, version]) if version else ""
        return request.build_absolute_uri(where or reverse("console:public_request", args=[line]))

    return address


def _context(request: SubjectRequest, told: Mapping[str, Any]) -> dict[str, Any]:
    automated = told["automated"]
    states = dict(ConsentProposal.State.choices)
    return {
        "number": told["number"],
        "made_at": report.time_of(told["made_at"], request),
        "asked_at": report.time_of(told["asked_at"], request),
        "controller": report.name_of(told["answers_for_it"]),
        "contact": told["answers_for_it"]["contact"],
        "question": told["question"],
        "words": told["words"],
        "lines": [_line(one, request) for one in told["lines"]],
        "kept": [(CATEGORIES.get(kind, kind), day or report.WAITS) for kind, day in sorted(told["kept"].items())],
        "consents": [_consent(one, told["names"], request) for one in told["consents"]],
        "automated": automated,
        "proposals": [(states[state], count) for state, count in sorted(automated["proposals"].items())],
        "analyses": [report.name_of(one) for one in automated["analyses"]],
        "decides": [report.name_of(one) for one in automated["decides"]],
    }


def _line(line: Mapping[str, Any], request: SubjectRequest) -> dict[str, Any]:
    return {
        "name": report.name_of(line),
        "ask": line["ask"],
        "notices": [
            {
                **one,
                "since": report.time_of(one["from"], request),
                "calls": [report.time_of(at, request) for at in one["calls"]],
            }
            for one in line["notices"]
        ],
        "purposes": [_purpose(one) for one in line["purposes"]],
    }


def _purpose(one: Mapping[str, Any]) -> dict[str, Any]:
    grounds, endings, states = dict(Ground.choices), dict(Ending.choices), dict(ConsentEvent.State.choices)
    roles = {"": "", **dict(Role.choices)}
    return {
        "name": report.name_of(one),
        "why": report.name_of(one["why"]),
        "categories": [str(CATEGORIES.get(kind, kind)) for kind in one["categories"]],
        "methods": [str(Method(slug).label) for slug in one["methods"]],
        "ground": grounds.get(one["ground"], one["ground"]),
        "provision": one["provision"],
        "sure": Certainty(one["certainty"]).label,
        "ends_with": endings.get(one["ends_with"], one["ends_with"]),
        "said": states.get(one["said"], one["said"]),
        "recipients": [(report.name_of(to), roles[to["role"]], to["country"]) for to in one["recipients"]],
        "kept": [
            (Category(rule["category"]).label, rule["days"], Trigger(rule["counted_from"]).label)
            for rule in one["kept"]
        ],
    }


def _consent(
    one: Mapping[str, Any], names: Mapping[str, Mapping[str, str]], request: SubjectRequest
) -> tuple[str, str, str, Text, str]:
    purpose = one["purpose"]
    return (
        report.time_of(one["at"], request),
        report.name_of(names[purpose]) if purpose in names else purpose,
        report.name_of(one["recipient"]) if one["recipient"] else "",
        dict(ConsentEvent.State.choices).get(one["state"], one["state"]),
        one["notice"],
    )
