"""The page between a list and a set: what can be done with what matches, or was chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from callwarden.doors.console.bulk import picking
from callwarden.doors.console.components import Crumb, Text
from callwarden.doors.console.listing import Filter
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import bulk
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.structural import Value


class Plain(forms.Form):
    """Nothing more is asked than which rows."""


@dataclass(frozen=True)
class Choice:
    """One thing to do with the rows, and what it asks."""

    kind: str
    form: type[forms.Form]
    lead: Text
    icon: str


def choose_page(
    request: ConsoleRequest,
    given: QueryDict,
    *,
    filters: Sequence[Filter],
    told: Callable[[Mapping[str, Value]], Sequence[Text]],
    count: Callable[[Mapping[str, Value]], int],
    choices: Mapping[str, Choice],
    filled: Mapping[str, forms.Form],
    back: str,
    crumbs: Sequence[Crumb],
) -> HttpResponse:
    """Draw it.

    Args:
        told, count: the filter in words, and how many match now.
        choices: what can be done, by the address its form posts to.
        filled: the form that came back with something to correct.
    """
    wrong: Text = ""
    parameters: Mapping[str, Value] = {}
    try:
        parameters = picking.filters_of(given, filters)
    except InvalidInput as error:
        wrong = str(error)
    context = {
        "which": ", ".join(map(str, told(parameters))),
        "count": 0 if wrong else count(parameters),
        "wrong": wrong,
        "limit": bulk.limit(),
        "hidden": picking.hidden(parameters),
        "choices": [
            (href, bulk.kind_of(choice.kind).title, choice, filled.get(href) or choice.form())
            for href, choice in choices.items()
        ],
        "back": back,
        "crumbs": crumbs,
    }
    return render(request, "console/bulk/choose.html", context, status=422 if filled else 200)
