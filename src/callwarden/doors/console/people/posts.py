"""Who holds a sensitive post until when, and what happens on that day."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from callwarden.control.accounts import posts
from callwarden.control.accounts.posts import Held
from callwarden.control.accounts.rules import Post
from callwarden.doors.console.access import for_roles
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Crumb, Empty, Link, Row, Text
from callwarden.doors.console.navigation import KEEP
from callwarden.doors.console.people.tables import POSTS
from callwarden.doors.console.shell import role_name
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import clock


@for_roles(KEEP)
@require_safe
def due(request: ConsoleRequest) -> HttpResponse:
    """Every sensitive post by its end, the nearest first."""
    months = settings.TENURE_MONTHS
    context = {
        "held": table(),
        "lasts": ngettext_lazy("%(count)d month", "%(count)d months", months) % {"count": months} if months else "",
        "crumbs": (Crumb(_("Accounts"), reverse("console:accounts")), Crumb(_("Sensitive posts"))),
    }
    return render(request, "console/people/posts.html", context)


def table() -> PlainTable:
    rows = [
        Row(
            (
                Link(one.person.get_full_name(), reverse("console:account", args=[one.person.pk])),
                role_name(one.tenure.role),
                one.tenure.since,
                one.tenure.ends,
                _state(one),
                _what_happens(one),
            )
        )
        for one in posts.held()
    ]
    headings = (pgettext_lazy("account", "Who"), _("Role"), _("Since"), _("Ends"), _("State"), _("What happens then"))
    empty = Empty(
        _("No post has an end"),
        _("Nobody holds a sensitive role, or CALLWARDEN_TENURE_MONTHS sets no limit."),
        "user-shield",
    )
    return PlainTable(_("Sensitive posts"), headings, rows, empty)


_STATES: dict[Post, Text] = {
    Post.IN_TIME: _("In time"),
    Post.ENDING: _("Ends soon"),
    Post.OVER: _("Over its time"),
}


def _state(one: Held) -> Badge:
    judged = one.tenure.judged(clock.now())
    tone, icon = POSTS[judged]
    return Badge(_STATES[judged], tone, icon)


def _what_happens(one: Held) -> Text:
    if one.waits:
        return _("It stays until somebody else can give sensitive roles: choose a successor")
    return _("The role is taken back by itself")
