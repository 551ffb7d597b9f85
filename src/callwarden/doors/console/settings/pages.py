"""One's own profile and sessions; for administrators, what the site is set to."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings as site
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from callwarden.doors.console import whereabouts
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.chapters.plain import Button, PlainTable
from callwarden.doors.console.chapters.protection import limits
from callwarden.doors.console.components import Action, Badge, Fact, Facts, Row
from callwarden.doors.console.navigation import DPO, EVERYBODY, SECURITY, SYSTEM
from callwarden.doors.console.settings.forms import ProfileForm
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import people, sessions
from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import Session

ADMINISTER = frozenset({DPO, SECURITY, SYSTEM})


@for_roles(EVERYBODY)
def settings(request: ConsoleRequest) -> HttpResponse:
    """What everybody sets for themselves, and what administrators may read of the site."""
    user = request.user
    form = ProfileForm(request.POST or None, initial={"language": user.language, "time_zone": user.time_zone})
    if form.is_valid():
        return _save(request, form)
    context = {
        "form": form,
        "sessions": _sessions(request),
        "site": _site() if holds(request, ADMINISTER) else None,
        "limits": limits() if holds(request, ADMINISTER) else None,
    }
    return render(request, "console/settings/page.html", context, status=422 if form.errors else 200)


def _save(request: ConsoleRequest, form: ProfileForm) -> HttpResponse:
    given = form.cleaned_data
    with translation.override(given["language"]):
        response = do(
            request,
            lambda: people.set_preferences(request.user, **given),
            said=_("Your settings are saved."),
            then=reverse("console:settings"),
        )
    response.set_cookie(site.LANGUAGE_COOKIE_NAME, given["language"], samesite="Lax", secure=site.TLS)
    return response


def _sessions(request: ConsoleRequest) -> PlainTable:
    rows = []
    for session in sessions.live(request.user):
        own = session.pk == request.actor.session
        end = Action(_("End it"), reverse("console:own_session_end", args=[session.pk]), "logout", method="post")
        rows.append(
            Row(
                (
                    session.created_at,
                    *whereabouts.cells(session.place),
                    session.last_seen_at,
                    session.ends_at,
                    Badge(_("This one"), "info", "device-desktop") if own else Button(end),
                )
            )
        )
    headings = (_("Signed in"), *whereabouts.heading(), _("Seen last"), _("Ends at the latest"), "")
    return PlainTable(_("Your sessions"), headings, rows)


@for_roles(EVERYBODY)
@require_POST
def own_session_end(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """End one of one's own sessions."""
    if not Session.objects.filter(pk=pk, user=request.user).exists():
        raise NotFound("no_such_session", _("This is not one of your sessions."))
    return do(
        request,
        lambda: sessions.revoke(pk, actor=request.actor.name, reason="sign_out"),
        said=_("That session has ended."),
        then=reverse("console:settings"),
    )


def _site() -> Facts:
    """Set in the environment of the site; here they can only be read. Nothing of it is a secret."""
    yes, no = Badge(_("On"), "pass", "check"), Badge(_("Off"), "neutral", "circle-minus")
    return Facts(
        [
            Fact(_("Demonstration"), yes if site.DEMO else no),
            Fact(_("TLS"), yes if site.TLS else no),
            Fact(_("Names this site answers to"), ", ".join(site.ALLOWED_HOSTS)),
            Fact(_("Objects"), _("Object store") if site.OBJECTS_URL else _("Folder of the data folder")),
            Fact(_("Places for signed heads"), len(site.LEDGER_SINKS)),
            Fact(_("What is redacted"), site.REDACTION_PROFILE),
            Fact(_("Time zone of the site"), site.TIME_ZONE),
        ]
    )
