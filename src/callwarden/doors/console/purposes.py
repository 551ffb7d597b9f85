"""Which purpose a viewer looks for: one of those their roles have, on the page, kept until they choose another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import HttpRequest

from callwarden.doors.console.components import Option
from callwarden.doors.console.labels import PURPOSES
from callwarden.flows.actors import Actor
from callwarden.flows.calls import purposes_for
from callwarden.flows.names import named
from callwarden.lawful.purposes.models import Purpose

KEPT = "console_purpose"
# What each role most often looks for; the first that is open to them is chosen until they say otherwise.
USUAL = {
    "agent": ("service", "outbound_service"),
    "team_leader": ("complaint_handling",),
    "quality_reviewer": ("quality",),
    "data_protection_officer": ("subject_request",),
    "security_administrator": ("security_investigation",),
    "system_administrator": ("administration",),
    "auditor": ("audit",),
    "partner_manager": ("partner_sharing",),
}


def open_to(actor: Actor, action: str, categories: Iterable[str]) -> list[str]:
    """Purposes for which this person may do this to at least one of the categories, in the order of the matrix."""
    granted = [purposes_for(actor, action, category) for category in categories]
    return list(dict.fromkeys(purpose for purposes in granted for purpose in purposes))


def chosen(request: HttpRequest, purposes: Sequence[str]) -> str:
    """The purpose asked for, else the one chosen before, else the usual one of the role; empty when there is none."""
    given = request.POST if request.method == "POST" else request.GET
    if (asked := given.get("purpose", "")) in purposes:
        request.session[KEPT] = asked
        return asked
    return usual(request, purposes)


def usual(request: HttpRequest, purposes: Sequence[str]) -> str:
    """The purpose chosen before, else the usual one of the role; empty when there is none."""
    roles = getattr(request.user, "roles", [])
    of_roles = [purpose for role in roles for purpose in USUAL.get(role, ())]
    candidates = [request.session.get(KEPT, ""), *of_roles, *purposes]
    return next((purpose for purpose in candidates if purpose in purposes), "")


def options(purposes: Iterable[str]) -> list[Option]:
    """Purposes to choose from, by their names in the viewer's language."""
    own = {row.slug: named(row) for row in Purpose.objects.filter(slug__in=set(purposes) - set(PURPOSES))}
    return [Option(purpose, PURPOSES.get(purpose) or own.get(purpose, purpose)) for purpose in purposes]
