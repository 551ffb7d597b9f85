"""From the list of findings to an act on many of them."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.doors.console.access import for_roles
from callwarden.doors.console.bulk import picking
from callwarden.doors.console.bulk.choosing import Choice, Plain, choose_page
from callwarden.doors.console.bulk.words import finding_filter
from callwarden.doors.console.components import Crumb
from callwarden.doors.console.findings.forms import DueForm, TriageForm
from callwarden.doors.console.findings.pages import filters
from callwarden.doors.console.navigation import DECIDE
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import many_findings
from callwarden.kernel.errors import NotFound
from callwarden.kernel.structural import Value

CHOICES: Mapping[str, Choice] = {
    "assign": Choice(
        many_findings.ASSIGN, TriageForm, _("New ones count as looked at; the others keep their state."), "user"
    ),
    "schedule": Choice(
        many_findings.SCHEDULE,
        DueForm,
        _("Never later than its severity allows: for more time two people accept a finding."),
        "clock",
    ),
    "comment": Choice(many_findings.COMMENT, Plain, _("You write the words on the next page."), "message-2"),
    "close": Choice(
        many_findings.CLOSE,
        Plain,
        _("Each that is said to be remedied is checked now; what fails goes back, what only people can check stays."),
        "clipboard-check",
    ),
}


@for_roles(DECIDE)
@require_safe
def choose(request: ConsoleRequest) -> HttpResponse:
    """What to do with what matches, or was chosen."""
    return _page(request, request.GET, {})


@for_roles(DECIDE)
@require_POST
def draw(request: ConsoleRequest, step: str) -> HttpResponse:
    """Draw the set for one of the acts and go to its page."""
    choice = CHOICES.get(step)
    if choice is None:
        raise NotFound("unknown_act", _("This act is not known here."))
    form = choice.form(request.POST)
    asked = lambda: {**picking.filters_of(request.POST, filters()), **_given(form)}  # noqa: E731
    return picking.draw(request, form, choice.kind, asked) or _page(request, request.POST, {_href(step): form})


def _given(form: forms.Form) -> dict[str, Value]:
    if isinstance(form, DueForm):
        return {"due": form.end().isoformat(timespec="seconds")}
    return {"owner": str(form.cleaned_data["owner"].pk)} if isinstance(form, TriageForm) else {}


def _href(step: str) -> str:
    return reverse("console:findings_draw", args=[step])


def _page(request: ConsoleRequest, given: QueryDict, filled: Mapping[str, forms.Form]) -> HttpResponse:
    return choose_page(
        request,
        given,
        filters=filters(),
        told=finding_filter,
        count=_count,
        choices={_href(step): choice for step, choice in CHOICES.items()},
        filled=filled,
        back=reverse("console:findings"),
        crumbs=(Crumb(_("Findings"), reverse("console:findings")), Crumb(_("Act on many"))),
    )


def _count(parameters: Mapping[str, Value]) -> int:
    chosen = parameters.get("chosen")
    return many_findings.matching(parameters, chosen if isinstance(chosen, list) else ()).count()
