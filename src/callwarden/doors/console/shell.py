"""The frame around every page: who is looking, where they can go, in which theme and scope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Option, Text
from callwarden.doors.console.navigation import Section, Signpost, bottom_bar, sections_for
from callwarden.flows.names import named_lazily
from callwarden.kernel import clock
from callwarden.kernel.roles import own_role, own_roles

THEME_COOKIE = "callwarden_theme"
THEMES: tuple[tuple[str, Text, str], ...] = (
    ("light", _("Light"), "sun"),
    ("dark", _("Dark"), "moon"),
    ("auto", _("System"), "device-desktop"),
)
ROLE_LABELS: dict[str, Text] = {
    "agent": _("Agent"),
    "team_leader": _("Team leader"),
    "quality_reviewer": _("Quality reviewer"),
    "data_protection_officer": _("Data protection officer"),
    "security_administrator": _("Security administrator"),
    "system_administrator": _("System administrator"),
    "auditor": _("Auditor"),
    "partner_manager": _("Partner manager"),
}


def role_name(role: str) -> Text:
    """What people call a role: a shipped one, or one that the site added; its slug where it is none."""
    if shipped := ROLE_LABELS.get(role):
        return shipped
    own = own_role(role)
    return named_lazily(own) if own else role


def roles_to_give() -> list[tuple[str, Text]]:
    """Every role that people may hold, shipped ones first."""
    return [*ROLE_LABELS.items(), *((own.slug, named_lazily(own)) for own in own_roles())]


@dataclass(frozen=True)
class Scope:
    """Which client and lines the viewer looks at; shown only where there is more than one to choose."""

    label: Text
    options: tuple[Option, ...]
    chosen: str


@dataclass(frozen=True)
class Shell:
    name: str
    initial: str
    roles: tuple[Text, ...]
    sections: tuple[Section, ...]
    bottom: tuple[Signpost, ...]
    ends_at: datetime | None
    scope: Scope | None
    now: datetime | None = None


def theme_of(request: HttpRequest) -> str:
    """The viewer's theme: light, dark, or auto (follows the system)."""
    chosen = request.COOKIES.get(THEME_COOKIE, "auto")
    return chosen if chosen in {name for name, _label, _icon in THEMES} else "auto"


def shell_for(request: HttpRequest, *, counts: Mapping[str, int] | None = None) -> Shell:
    """The frame for this request. `counts` are the numbers beside places (`approvals`, `findings`)."""
    user = request.user
    roles = tuple(getattr(user, "roles", ()))
    name = user.get_full_name() if user.is_authenticated else ""
    sections = sections_for(roles, request.path, counts or {}) if roles else []
    return Shell(
        name=name,
        initial=name[:1].upper(),
        roles=tuple(role_name(role) for role in roles),
        sections=tuple(sections),
        bottom=tuple(bottom_bar(sections)),
        ends_at=getattr(request, "session_ends_at", None),
        scope=getattr(request, "console_scope", None),
        now=clock.now(),
    )
