"""From the list of requests to an act on many of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import for_roles
from callwarden.doors.console.bulk import picking
from callwarden.doors.console.bulk.choosing import Choice, Plain, choose_page
from callwarden.doors.console.bulk.words import request_filter
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Crumb
from callwarden.doors.console.findings.forms import PersonChoice
from callwarden.doors.console.requests.pages import FILTERS, WORK
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.requests import many as counting
from callwarden.kernel import bulk, people
from callwarden.kernel.bulk import Doing
from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import User
from callwarden.kernel.structural import Value
from callwarden.lawful.requests import many
from callwarden.lawful.requests.kinds import RejectionReason


class WhyNotForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why they are not met"), choices=RejectionReason.choices)


class OwnerForm(forms.Form):
    owner = PersonChoice(queryset=User.objects.none(), label=_("Who works on it"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, PersonChoice)
        owner.queryset = people.holding(many.WORK)


CHOICES: Mapping[str, Choice] = {
    "assign": Choice(many.ASSIGN, OwnerForm, _("Only who works on them changes; their dates stay."), "user"),
    "plan": Choice(
        counting.PLAN, Plain, _("Every place the data of these people lies is counted. Nothing ends by it."), "search"
    ),
    "extend": Choice(
        many.EXTEND, Plain, _("Only within the first period, once, and where the law knows a longer one."), "clock"
    ),
    "reject": Choice(
        many.REJECT, WhyNotForm, _("All for the same reason, which the answer names. A second person decides."), "ban"
    ),
    "close": Choice(many.CLOSE, Plain, _("What is answered or was not met. Nothing of it changes any more."), "check"),
    "carry-out": Choice(
        many.CARRY_OUT,
        Plain,
        _("All whose own approval stands, whatever the list shows. Each was decided on by two people for itself."),
        "send",
    ),
}


@for_roles(WORK)
@require_safe
def choose(request: ConsoleRequest) -> HttpResponse:
    """What to do with what matches, or was chosen."""
    return _page(request, request.GET, {})


@for_roles(WORK)
@require_POST
def draw(request: ConsoleRequest, step: str) -> HttpResponse:
    """Draw the set for one of the acts and go to its page."""
    choice = _offered(request).get(step)
    if choice is None:
        raise NotFound("unknown_act", _("This act is not known here."))
    form = choice.form(request.POST)
    asked = lambda: {**picking.filters_of(request.POST, FILTERS), **_given(form)}  # noqa: E731
    if choice.kind == many.CARRY_OUT:
        asked = dict
    drawn = picking.draw(request, form, choice.kind, asked, client=lambda: client_of(request).id)
    return drawn or _page(request, request.POST, {_href(step): form})


def _offered(request: ConsoleRequest) -> dict[str, Choice]:
    return {step: one for step, one in CHOICES.items() if request.user.has_role(*bulk.kind_of(one.kind).roles)}


def _given(form: forms.Form) -> dict[str, Value]:
    if isinstance(form, WhyNotForm):
        return {"reason": str(form.cleaned_data["reason"])}
    return {"owner": str(form.cleaned_data["owner"].pk)} if isinstance(form, OwnerForm) else {}


def _href(step: str) -> str:
    return reverse("console:requests_draw", args=[step])


def _page(request: ConsoleRequest, given: QueryDict, filled: Mapping[str, forms.Form]) -> HttpResponse:
    def count(parameters: Mapping[str, Value]) -> int:
        client = client_of(request).id
        with client_scope(client):
            return many.matching(Doing(parameters, client, request.user)).count()

    return choose_page(
        request,
        given,
        filters=FILTERS,
        told=request_filter,
        count=count,
        choices={_href(step): choice for step, choice in _offered(request).items()},
        filled=filled,
        back=reverse("console:requests_all"),
        crumbs=(
            Crumb(_("Requests of data subjects"), reverse("console:requests")),
            Crumb(_("All requests"), reverse("console:requests_all")),
            Crumb(_("Act on many")),
        ),
    )
