"""Signing in to the demonstration call centre: one link for each role, and a page that lists them.

Exists only where the site runs as a demonstration; elsewhere every address here answers "not found". A link is signed
with the site's key and names a role, nobody's data; whoever holds it enters as that role's demonstration person.
"""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Text
from callwarden.doors.console.shell import ROLE_LABELS
from callwarden.kernel.models import User

SALT = "callwarden.demo"
BACKEND = "callwarden.doors.console.accounts.PasswordBackend"

# What each role came for, in one line and an icon.
ERRANDS: dict[str, tuple[Text, str]] = {
    "agent": (_("Handles a call and sees only what it needs"), "headset"),
    "team_leader": (_("Leads a team, answers for its calls"), "users"),
    "quality_reviewer": (_("Listens to redacted recordings"), "ear"),
    "data_protection_officer": (_("Decides on consent, retention and requests"), "scale"),
    "security_administrator": (_("Grants access, keeps the keys"), "shield-lock"),
    "system_administrator": (_("Keeps the system running, sees no calls"), "settings"),
    "auditor": (_("Verifies who opened what, and when"), "certificate"),
    "partner_manager": (_("Vets partners and their agreements"), "heart-handshake"),
}


@dataclass(frozen=True)
class DemoRole:
    label: Text
    errand: Text
    icon: str
    href: str


def link_for(role: str) -> str:
    """Site-relative address that signs in as `role`; for the start-up message and the landing page.

    Raises:
        KeyError: there is no such role.
    """
    ERRANDS[role]
    return reverse("console:demo_enter", args=[signing.dumps(role, salt=SALT)])


def demo_links(base_url: str) -> list[tuple[str, str]]:
    """(role, complete address) for every role; printed when the demonstration has started."""
    return [(role, base_url.rstrip("/") + link_for(role)) for role in ERRANDS]


@login_not_required
def landing(request: HttpRequest) -> HttpResponse:
    """The eight roles of the demonstration, each a way in."""
    _only_in_demo()
    roles = [DemoRole(ROLE_LABELS[role], errand, icon, link_for(role)) for role, (errand, icon) in ERRANDS.items()]
    return render(request, "console/demo.html", {"roles": roles})


@login_not_required
def enter(request: HttpRequest, link: str) -> HttpResponse:
    """Sign in by a demonstration link."""
    _only_in_demo()
    try:
        role = signing.loads(link, salt=SALT)
    except signing.BadSignature:
        raise Http404 from None
    user = _demo_person(role)
    if user is None:
        return render(request, "console/demo_missing.html", status=404)
    login(request, user, backend=BACKEND)
    return HttpResponseRedirect(settings.LOGIN_REDIRECT_URL)


def _demo_person(role: str) -> User | None:
    """Somebody invented: a person who could sign in by themselves is real, and is entered by nobody else's link."""
    invented = User.objects.filter(roles=[role], is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    with_factor = Authenticator.objects.values("user")
    return invented.exclude(pk__in=with_factor).order_by("date_joined").first()


def _only_in_demo() -> None:
    if not settings.DEMO:
        raise Http404
