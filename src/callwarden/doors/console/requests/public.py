"""Pages for people who ask about their own data without signing in: asking, and seeing how it stands.

Number and code stand in the body of requests and answers only, never in an address. The answer that shows them is not
kept anywhere, and nothing on these pages tells whether somebody is known.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from callwarden.custody.models import Line
from callwarden.doors.addresses import address_of
from callwarden.doors.console.requests.forms import SaysWhatIsWrong
from callwarden.flows.names import named
from callwarden.flows.requests import stranger
from callwarden.flows.requests.stranger import Known
from callwarden.flows.requests.verify import AT_ONCE
from callwarden.kernel.errors import CallwardenError, InvalidInput, LaterError, NotFound
from callwarden.lawful.notices import queries as notices
from callwarden.lawful.requests.kinds import Kind

LANGUAGES: Final = (("en", "en", "English"), ("zh-hans", "zh-Hans", "中文"))
View = Callable[..., HttpResponse]


class AskForm(SaysWhatIsWrong):
    kind = forms.ChoiceField(label=_("What do you ask for?"), choices=Kind.choices, widget=forms.RadioSelect)
    by = forms.ChoiceField(
        label=_("What may we know you by?"), choices=Known.choices, widget=forms.RadioSelect, initial=Known.PHONE
    )
    value = forms.CharField(
        label=_("That number or address"),
        max_length=260,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("It is compared and not kept. One is enough; please give nothing else about yourself."),
    )
    form = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, purposes: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["purposes"] = forms.MultipleChoiceField(
            label=_("Only for these purposes"),
            help_text=_("Tick nothing to take back, or to object to, everything you may."),
            required=False,
            choices=purposes,
            widget=forms.CheckboxSelectMultiple,
        )
        self.fields["statement"].help_text = _(
            "In your own words. It is kept sealed, read by whoever answers you, and destroyed when its time is over."
        )

    def about(self) -> list[str]:
        """What the request is about; only what takes something back names purposes."""
        return list(self.cleaned_data["purposes"]) if Kind(self.cleaned_data["kind"]) in AT_ONCE else []


class ProveForm(forms.Form):
    number = forms.CharField(max_length=20, widget=forms.HiddenInput)
    code = forms.CharField(
        label=_("The code we sent you"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        help_text=_("Six digits. It holds for ten minutes."),
    )


class FollowForm(forms.Form):
    number = forms.CharField(
        label=_("Number of the request"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    code = forms.CharField(
        label=_("Code"), max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"})
    )


def for_everybody(view: View) -> View:
    """Open a page of a line to everybody, in the language of the address (`?language=`) or else of the browser."""

    @wraps(view)
    def answer(request: HttpRequest, line: str) -> HttpResponse:
        asked = request.GET.get("language", "")
        language = asked if asked in dict((code, 0) for code, _tag, _name in LANGUAGES) else translation.get_language()
        with translation.override(language):
            found = _line(line)
            # A date ends where the line is.
            with timezone.override(ZoneInfo(found.time_zone)):
                response = view(request, found, line)
        response["Content-Language"] = language or "en"
        response["Cache-Control"] = "no-store"
        return response

    return login_not_required(require_http_methods(["GET", "HEAD", "POST"])(answer))


@for_everybody
def ask(request: HttpRequest, line: Line, name: str) -> HttpResponse:
    """Ask: what for, and known by what. The answer shows number and code this once."""
    first = {"form": uuid4(), "by": Known.PHONE}
    form = AskForm(request.POST or None, initial=first, purposes=stranger.to_take_back(line))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            told = form.cleaned_data
            try:
                receipt = stranger.ask(
                    line,
                    kind=Kind(told["kind"]),
                    by=Known(told["by"]),
                    value=told["value"],
                    form=told["form"],
                    address=address_of(request),
                    language=translation.get_language() or "en",
                    purposes=form.about(),
                    statement=form.said(),
                )
            except CallwardenError as error:
                status = _told(form, error, "value")
            else:
                typed = ProveForm(initial={"number": receipt.number}) if receipt.sent else None
                return _page(request, "asked", line, name, receipt=receipt, code=_grouped(receipt.code), form=typed)
    sends = any(stranger.sends(by) for by in Known)
    return _page(request, "ask", line, name, status=status, form=form, sends=sends)


@for_everybody
def prove(request: HttpRequest, line: Line, name: str) -> HttpResponse:
    """Type in the code that was sent. What takes something back is done then."""
    form, standing, status = ProveForm(request.POST or None), None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            told = form.cleaned_data
            try:
                standing = stranger.prove(line, number=told["number"], code=told["code"], address=address_of(request))
                status = 200
            except CallwardenError as error:
                status = _told(form, error, "code")
    return _page(request, "prove", line, name, status=status, form=form, standing=standing)


@for_everybody
def follow(request: HttpRequest, line: Line, name: str) -> HttpResponse:
    """See how a request stands, with its number and code."""
    form, standing, status = FollowForm(request.POST or None), None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            told = form.cleaned_data
            try:
                standing = stranger.standing(
                    line, number=told["number"], code=told["code"], address=address_of(request)
                )
                status = 200
            except CallwardenError as error:
                status = _told(form, error, "code")
    return _page(request, "follow", line, name, status=status, form=form, standing=standing)


def _told(form: forms.Form, error: CallwardenError, field: str) -> int:
    """Say what was wrong: at the field where it is about one. The status of the answer."""
    form.add_error(field if isinstance(error, InvalidInput | NotFound) else None, str(error))
    return 429 if isinstance(error, LaterError) else 422


def _line(name: str) -> Line:
    """The line behind a public address; where two clients have a line of this name, `client.line` names it."""
    found = notices.public_line(name)
    if found is None:
        raise NotFound("no_such_line", translation.gettext("There is no such page. Compare the address."))
    return found


def _page(request: HttpRequest, page: str, line: Line, name: str, *, status: int = 200, **more: Any) -> HttpResponse:
    language = translation.get_language() or "en"
    context = {
        "name": name,
        "title": named(line),
        "controller": named(line.client),
        "notice_told": notices.told(line) is not None,
        "languages": LANGUAGES,
        "language": language,
        "tag": {code: tag for code, tag, _name in LANGUAGES}.get(language, "en"),
        **more,
    }
    return render(request, f"console/public/{page}.html", context, status=status)


def _grouped(code: str) -> str:
    """In halves, as it is read out."""
    return f"{code[:4]} {code[4:]}"
