"""What the pages of service keys show."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Chips, Empty, Fact, Facts, Link, Option, Row, Text
from callwarden.doors.console.listing import Column, Filter
from callwarden.flows.names import named
from callwarden.kernel import clock
from callwarden.kernel.models import User
from callwarden.protection.signin import rules
from callwarden.protection.signin.models import ServiceKey

Scope = ServiceKey.Scope
COLUMNS = (
    Column("purpose", _("Program"), sortable=True),
    Column("scopes", _("May")),
    Column("owner", _("Answered for by"), sortable=True),
    Column("used", _("Used last"), sortable=True),
    Column("expires_at", _("Ends"), sortable=True),
    Column("state", _("State")),
)
ORDERS = {"purpose": "purpose", "owner": "owner__display_name", "used": "last_used_at", "expires_at": "expires_at"}
FILTERS = (
    Filter(
        "state",
        _("State"),
        options=[
            Option("live", _("Alive")),
            Option("due", _("Ends within 14 days")),
            Option("idle", _("Not used for three weeks")),
            Option("ended", _("Ended")),
        ],
    ),
    Filter("scope", _("May"), options=[Option(*pair) for pair in Scope.choices]),
)
EMPTY = Empty(
    _("No service key fits"),
    _("A system that hands in calls or opens accounts by itself gets a key of its own."),
    "key",
)
# Shorter than the sentences of the scopes, for lists.
SCOPES: dict[str, Text] = {
    Scope.INTAKE: _("Intake"),
    Scope.CONSENT: _("Consent"),
    Scope.CUSTOMERS: _("Customers"),
    Scope.CALLS: _("Calls"),
    Scope.DIALLER: _("Dialler"),
    Scope.DECIDE: _("Decisions on use"),
    Scope.RETENTION: _("Retention"),
    Scope.REQUESTS: _("Subject requests"),
    Scope.PROVISION: _("Provisioning"),
    Scope.WORK: _("Tickets and shifts"),
    Scope.NEIGHBOURS: _("Neighbours' logs"),
}
REASONS: dict[str, Text] = {
    "idle": _("disabled: nobody used it"),
    "leaver": _("its owner left"),
    "leaked": _("it may have leaked"),
    "alert": _("an alert was raised about it"),
    "not_needed": _("not needed any more"),
    "replaced": _("replaced"),
}


def state_badge(key: ServiceKey, now: datetime) -> Badge:
    """Alive, about to end, unused, or ended and why."""
    if not key.is_live(now):
        why = REASONS.get(key.ended_for)
        return Badge(_("Ended: %(why)s") % {"why": why} if why else _("Ended"), "neutral", "ban")
    if rules.idle_for(created=key.created_at, used=key.last_used_at, now=now) >= rules.IDLE_TOLD:
        return Badge(_("Not used"), "warn", "hourglass")
    if key.expires_at - now <= rules.DUE:
        return Badge(_("Ends soon"), "warn", "clock")
    return Badge(_("Alive"), "pass", "key")


def scope_chips(key: ServiceKey) -> Chips:
    return Chips([Badge(SCOPES.get(scope, scope), "plain") for scope in key.scopes])


def row(key: ServiceKey, now: datetime) -> Row:
    here = reverse("console:program", args=[key.pk])
    return Row(
        (
            Link(key.purpose, here, f"cw_{key.prefix}_…"),
            scope_chips(key),
            key.owner.get_full_name(),
            key.last_used_at,
            key.expires_at,
            state_badge(key, now),
        ),
        here,
    )


def facts(key: ServiceKey, now: datetime) -> Facts:
    lines = None if key.lines is None else ", ".join(named(one) for one in Line.objects.filter(id__in=key.lines))
    return Facts(
        [
            Fact(_("Begins with"), f"cw_{key.prefix}_"),
            Fact(_("May"), Chips([Badge(Scope(scope).label, "plain") for scope in key.scopes])),
            Fact(_("Client"), named(key.client)),
            Fact(_("Lines"), _("All") if lines is None else lines),
            Fact(_("Networks"), ", ".join(key.networks) or _("From anywhere")),
            Fact(
                _("Answered for by"), Link(key.owner.get_full_name(), reverse("console:account", args=[key.owner_id]))
            ),
            Fact(_("Made"), key.created_at),
            Fact(_("Used last"), key.last_used_at),
            Fact(_("Ends"), key.revoked_at or key.expires_at),
        ]
    )


def keys_of(person: User) -> PlainTable:
    """The live keys somebody answers for: they end with the account unless they are handed over before."""
    now = clock.now()
    live = ServiceKey.objects.select_related("owner").filter(owner=person, revoked_at=None, expires_at__gt=now)
    rows = [
        Row(
            (
                Link(key.purpose, reverse("console:program", args=[key.pk])),
                scope_chips(key),
                key.expires_at,
                state_badge(key, now),
            )
        )
        for key in live.order_by("purpose", "created_at")
    ]
    empty = Empty(_("Answers for no service key"), _("Nothing of programs would stop if this account closed."), "key")
    return PlainTable(_("Service keys they answer for"), (_("Program"), _("May"), _("Ends"), _("State")), rows, empty)


def beside(keys: Iterable[ServiceKey], now: datetime) -> PlainTable:
    """The other keys of the same program, the latest first."""
    rows = [
        Row(
            (
                Link(f"cw_{key.prefix}_…", reverse("console:program", args=[key.pk])),
                key.created_at,
                key.last_used_at,
                key.revoked_at or key.expires_at,
                state_badge(key, now),
            )
        )
        for key in keys
    ]
    empty = Empty(_("The only key so far"), _("Rotate it before it ends; the old one lives on for a while."), "key")
    headings = (_("Begins with"), _("Made"), _("Used last"), _("Ends"), _("State"))
    return PlainTable(_("Other keys of this program"), headings, rows, empty)
