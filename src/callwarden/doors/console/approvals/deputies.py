"""Who stands in for the viewer, and for whom the viewer stands in."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from callwarden.doors.console.access import do, for_roles
from callwarden.doors.console.chapters.plain import Button, PlainTable
from callwarden.doors.console.components import Action, Badge, Crumb, Empty, Row, Text
from callwarden.doors.console.navigation import DECIDE
from callwarden.doors.console.offering import offer
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import clock, deputies
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.models import Delegation, User

DAYS = 7


class DeputyForm(forms.Form):
    deputy = forms.ChoiceField(label=_("Who votes in your name"))
    until = forms.DateField(
        label=_("Until (last day)"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(one.pk), one.get_full_name()) for one in deputies.candidates(user)]
        offer(self, "deputy", [("", _("Choose a colleague")), *people])
        self.fields["until"].initial = (timezone.localtime(clock.now()) + timedelta(days=DAYS)).date()

    def ends(self) -> datetime:
        """The end of the last day, in the viewer's zone."""
        day = self.cleaned_data["until"] + timedelta(days=1)
        return timezone.make_aware(datetime.combine(day, time.min))


@for_roles(DECIDE)
@require_http_methods(["GET", "POST"])
def page(request: ConsoleRequest) -> HttpResponse:
    """Name a deputy; see who stands in for whom."""
    form = DeputyForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            deputy = User.objects.get(pk=form.cleaned_data["deputy"])
            deputies.appoint(request.user, deputy, until=form.ends(), by=request.user, session=request.actor.session)
        except CallwardenError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, str(_("Your deputy votes in your name from now on. Both of you see it here.")))
            return HttpResponseRedirect(reverse("console:deputies"))
    running = list(deputies.running().order_by("ends_at"))
    context = {
        "form": form,
        "mine": _table(running, request.user, of=True),
        "entrusted": _table(running, request.user, of=False),
        "named": any(one.principal_id == request.user.pk for one in running),
        "crumbs": (Crumb(_("Approvals"), reverse("console:approvals")), Crumb(_("Deputies"))),
    }
    return render(request, "console/approvals/deputies.html", context, status=422 if form.errors else 200)


def _table(running: list[Delegation], user: User, *, of: bool) -> PlainTable:
    theirs = [one for one in running if (one.principal_id if of else one.deputy_id) == user.pk]
    rows = [
        Row(
            (
                (one.deputy if of else one.principal).get_full_name(),
                one.starts_at,
                one.ends_at,
                Badge(_("Runs"), "seal", "users")
                if one.starts_at <= clock.now()
                else Badge(_("Still to come"), "neutral", "clock"),
                Button(Action(_("End it"), reverse("console:deputy_end", args=[one.pk]), "x", method="post")),
            )
        )
        for one in theirs
    ]
    caption: Text = _("Who stands in for me") if of else _("For whom I stand in")
    empty = (
        Empty(_("Nobody stands in for you"), _("Name somebody before you are away, so that nothing waits."), "users")
        if of
        else Empty(_("You stand in for nobody"), _("When a colleague names you, it appears here."), "users")
    )
    return PlainTable(caption, (_("Colleague"), _("From"), _("Until"), _("State"), ""), rows, empty)


@for_roles(DECIDE)
@require_POST
def end(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """End what one lent or was lent."""
    return do(
        request,
        lambda: deputies.end(pk, by=request.user, session=request.actor.session),
        said=_("This has ended. Votes given by it on what is still open do not count any more."),
        then=reverse("console:deputies"),
    )
