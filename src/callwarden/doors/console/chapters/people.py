"""Who holds which role."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody.models import Line
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Chips, Row
from callwarden.doors.console.shell import role_name
from callwarden.flows.controls.protection import SECOND_FACTORS
from callwarden.flows.names import named
from callwarden.kernel.models import User


def table() -> PlainTable:
    """Every account with its roles, its lines and its second factor."""
    names = {line.id: named(line) for line in Line.objects.all()}
    having = set(Authenticator.objects.filter(type__in=SECOND_FACTORS).values_list("user_id", flat=True))
    rows = [
        Row(
            (
                person.get_full_name(),
                Chips([Badge(role_name(role)) for role in person.roles]),
                _("All") if person.lines is None else ", ".join(names.get(one, "") for one in person.lines),
                Badge(pgettext_lazy("second factor", "Set up"), "pass", "fingerprint")
                if person.pk in having
                else Badge.of("not_measured")
                if not person.has_usable_password()
                else Badge(_("Missing"), "warn", "fingerprint"),
                person.last_login,
                _account(person),
            )
        )
        for person in User.objects.order_by("display_name", "username")[:500]
    ]
    headings = (_("Who"), _("Roles"), _("Lines"), _("Second factor"), _("Signed in last"), _("Account"))
    return PlainTable(_("People and roles"), headings, rows)


def _account(person: User) -> Badge:
    if person.frozen_at is not None:
        return Badge(_("Frozen"), "warn", "snowflake")
    return Badge.of("active") if person.is_active else Badge(_("Closed"), "neutral", "lock")
