"""What everybody who works here is told about their own data, and the button that says: read."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from callwarden.doors.console.access import do, for_roles
from callwarden.doors.console.components import Empty, Fact, Facts
from callwarden.doors.console.navigation import EVERYBODY
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel.errors import Conflict
from callwarden.lawful.notices.markdown import render as rendered
from callwarden.lawful.staff import actions, queries
from callwarden.lawful.staff.models import StaffNotice, StaffReading

NONE_YET = Empty(
    _("Nothing is told yet"),
    _("The data protection officer writes this notice; it then appears here."),
    "file-report",
)


@for_roles(EVERYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def read(request: ConsoleRequest) -> HttpResponse:
    """The version in force in the reader's language; a POST confirms that exactly this version was read."""
    here = reverse("console:staff_notice")
    if request.method == "POST":
        return do(
            request,
            lambda: actions.confirm(_shown(request), request.user),
            said=_("Thank you. That you read it is written down."),
            then=here,
        )
    told = queries.told()
    mine = StaffReading.objects.filter(notice=told, user=request.user).first() if told else None
    chinese = (get_language() or "").startswith("zh")
    context = {
        "title": _("Your own data at work"),
        "told": told,
        "mine": mine,
        "text": rendered(told.text_zh if chinese else told.text_en, base=2) if told else "",
        "facts": Facts(
            [
                Fact(_("Version"), told.version),
                Fact(_("Told from"), told.published_at),
                Fact(_("Digest"), told.digest),
                *([Fact(_("You confirmed reading it"), mine.at)] if mine else []),
            ]
        )
        if told
        else None,
        "none_yet": NONE_YET,
    }
    return render(request, "console/staff/read.html", context)


def _shown(request: ConsoleRequest) -> StaffNotice:
    """The version whose text was on the page: a newer one is not confirmed by a button under an older."""
    told = queries.told()
    if told is None or str(told.pk) != request.POST.get("notice"):
        raise Conflict("staff_notice_not_in_force", _("A newer version is in force. Read that one."))
    return told
