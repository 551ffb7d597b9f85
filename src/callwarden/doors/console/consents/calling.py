"""Calling out: the list of numbers nobody calls, and the hours in which nobody is called."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from callwarden.custody.models import Line
from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Crumb, Text
from callwarden.doors.console.navigation import DPO, LEADER, OVERSEE
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import dialling
from callwarden.flows.names import named
from callwarden.kernel.errors import InvalidInput
from callwarden.lawful.dialling import actions, queries
from callwarden.lawful.dialling.models import DoNotCall
from callwarden.lawful.dialling.rules import ALL_WEEK, Hours

CHANGE = frozenset({LEADER, DPO})
DAYS = list(zip(ALL_WEEK, (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")), strict=True))
_TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class HoursForm(forms.Form):
    """When a line may call out."""

    opens = forms.TimeField(label=_("From"), widget=_TIME)
    closes = forms.TimeField(label=_("Until"), widget=_TIME)
    pause_from = forms.TimeField(label=_("Midday rest from"), required=False, widget=_TIME)
    pause_until = forms.TimeField(label=_("Midday rest until"), required=False, widget=_TIME)
    days = forms.TypedMultipleChoiceField(
        label=_("Days"), choices=DAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def as_hours(self) -> Hours:
        given = self.cleaned_data
        pause = (given["pause_from"], given["pause_until"])
        return Hours(given["opens"], given["closes"], pause if all(pause) else None, tuple(given["days"]))


@dataclass(frozen=True)
class LineHours:
    """One line that calls out, with its hours."""

    line: Line
    label: Text
    hours: Hours
    form: HoursForm

    @property
    def days(self) -> list[Text]:
        return [label for day, label in DAYS if day in self.hours.days]


@for_roles(OVERSEE)
@require_GET
def calling(request: ConsoleRequest) -> HttpResponse:
    """The list by numbers only, and the hours of each line."""
    client = client_of(request)
    with client_scope(client.id):
        listed = DoNotCall.objects.filter(removed_at__isnull=True)
        counts = [(label, listed.filter(source=source).count()) for source, label in DoNotCall.Source.choices]
        lines = [_hours_of(line) for line in Line.objects.filter(client=client).order_by("slug")]
    context = {
        "total": sum(count for _label, count in counts),
        "by_source": counts,
        "lines": lines,
        "may_change": holds(request, CHANGE),
        "crumbs": (Crumb(_("Lawful handling"), reverse("console:lawful")), Crumb(_("Calling out"))),
    }
    return render(request, "console/consents/calling.html", context)


def _hours_of(line: Line) -> LineHours:
    hours = queries.hours_of(line)
    pause_from, pause_until = hours.pause or (None, None)
    form = HoursForm(
        prefix=line.slug,
        initial={
            "opens": hours.opens,
            "closes": hours.closes,
            "pause_from": pause_from,
            "pause_until": pause_until,
            "days": list(hours.days),
        },
    )
    return LineHours(line, named(line), hours, form)


@for_roles(CHANGE)
@require_POST
def hours(request: ConsoleRequest, line: str) -> HttpResponse:
    """Set the hours of a line."""
    found = get_object_or_404(Line, client=client_of(request), slug=line)
    form = HoursForm(request.POST, prefix=line)

    def act() -> None:
        if not form.is_valid():
            raise InvalidInput("bad_hours", _("Choose hours that end after they begin, and at least one day."))
        with client_scope(found.client_id):
            actions.set_hours(found, form.as_hours(), actor=request.actor.name, session=request.actor.session)

    return do(request, act, said=_("The hours for calling out are set."), then=reverse("console:calling"))


@for_roles(CHANGE)
@require_POST
def numbers(request: ConsoleRequest) -> HttpResponse:
    """Put numbers on the list, from a file or typed in, or take one off."""
    client = client_of(request)

    def act() -> None:
        told = request.POST.get("numbers", "").split()
        if upload := request.FILES.get("list"):
            told += dialling.read_list(upload.read(dialling.LONGEST_LIST + 1))
        if not told:
            raise InvalidInput("no_numbers", _("Type at least one number, or choose a list."))
        name, session = request.actor.name, request.actor.session
        if request.POST.get("act") == "remove":
            reason = request.POST.get("reason", "")
            if not dialling.may_call_again(client.id, told, actor=name, reason=reason, session=session):
                raise InvalidInput("not_listed", _("None of these numbers is on the list."))
            return
        source = DoNotCall.Source.IMPORT
        added, unreadable = dialling.stop_calling(client.id, told, source=source, actor=name, session=session)
        if not added and unreadable:
            raise InvalidInput("not_numbers", _("None of these is a telephone number."))

    return do(request, act, said=_("The do-not-call list has been changed."), then=reverse("console:calling"))
