"""What the pages of accounts show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.control.accounts import queries, rules
from callwarden.control.accounts.rules import Post, Tenure
from callwarden.control.training import queries as training
from callwarden.control.training.rules import Standing
from callwarden.custody.models import Line
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Chips, Empty, Fact, Facts, Link, Option, Row, Text
from callwarden.doors.console.deeds import named_actor
from callwarden.doors.console.listing import Column, Filter
from callwarden.doors.console.shell import ROLE_LABELS, role_name
from callwarden.flows.controls.protection import SECOND_FACTORS
from callwarden.flows.names import named
from callwarden.kernel import clock
from callwarden.kernel.models import User
from callwarden.kernel.roles import SENSITIVE

COLUMNS = (
    Column("name", pgettext_lazy("account", "Who"), sortable=True),
    Column("roles", _("Roles")),
    Column("lines", _("Lines")),
    Column("factor", _("Second factor")),
    Column("seen", _("Seen last"), sortable=True),
    Column("post", _("Post ends")),
    Column("state", _("Account")),
)
ORDERS = {"name": ("display_name", "username"), "seen": ("seen_at",)}
SEARCH = Filter("q", _("Name or account"), "search")
FILTERS = (
    SEARCH,
    Filter("role", _("Role"), options=[Option(slug, label) for slug, label in ROLE_LABELS.items()]),
    Filter(
        "state",
        _("Account"),
        options=[
            Option("open", pgettext_lazy("account", "Open")),
            Option("closed", pgettext_lazy("account", "Closed")),
            Option("frozen", _("Frozen")),
            Option("dormant", _("Not used for 45 days")),
            Option("sensitive", _("Holds a sensitive role")),
        ],
    ),
)
EMPTY = Empty(_("No account fits"), _("Change the filter, or open an account for a new colleague."), "users")
POSTS: Mapping[Post, tuple[str, str]] = {
    Post.IN_TIME: ("neutral", "calendar"),
    Post.ENDING: ("warn", "clock"),
    Post.OVER: ("fail", "clock"),
}


TRAINING: Mapping[str, Badge] = {
    Standing.VALID: Badge(_("Current"), "pass", "check"),
    Standing.LAPSED: Badge(_("Lapsed"), "fail", "clock"),
    Standing.NONE: Badge(_("Never entered"), "warn", "circle-dashed"),
}


def state_badge(person: User) -> Badge:
    if person.frozen_at is not None:
        return Badge(_("Frozen"), "fail", "snowflake")
    return Badge.of("active") if person.is_active else Badge(pgettext_lazy("account", "Closed"), "neutral", "lock")


def role_chips(roles: Iterable[str]) -> Chips:
    """Roles; those two people have to give stand out."""
    return Chips(
        [Badge(role_name(role), *(("seal", "user-shield") if role in SENSITIVE else ("neutral", ""))) for role in roles]
    )


def factor_badge(person: User, having: Collection[UUID]) -> Badge:
    if person.pk in having:
        return Badge(pgettext_lazy("second factor", "Set up"), "pass", "fingerprint")
    if not person.has_usable_password():
        return Badge.of("not_measured")
    return Badge(_("Missing"), "warn", "fingerprint")


def training_badge(person: User) -> Badge:
    return TRAINING[training.trained([person.pk])[person.pk].standing]


def post_badges(held: Sequence[Tenure], now: datetime) -> object:
    if not held:
        return ""
    first = min(held, key=lambda one: one.ends)
    tone, icon = POSTS[first.judged(now)]
    return Badge(first.ends.date().isoformat(), tone, icon)


def rows(people: Sequence[User]) -> list[Row]:
    ids = [person.pk for person in people]
    names = {line.id: named(line) for line in Line.objects.all()}
    having = set(Authenticator.objects.filter(type__in=SECOND_FACTORS, user__in=ids).values_list("user_id", flat=True))
    tenures, now = queries.tenures(ids), clock.now()
    return [
        Row(
            (
                Link(person.get_full_name(), reverse("console:account", args=[person.pk]), person.username),
                role_chips(person.roles) if person.roles else Badge(_("No role"), "warn", "ban"),
                lines_told(person, names),
                factor_badge(person, having),
                person.seen_at,  # type: ignore[attr-defined]
                post_badges(tenures.get(person.pk, ()), now),
                state_badge(person),
            ),
            reverse("console:account", args=[person.pk]),
        )
        for person in people
    ]


def lines_told(person: User, names: Mapping[UUID, str] | None = None) -> Text:
    if person.lines is None:
        return _("All")
    known = names if names is not None else {line.id: named(line) for line in Line.objects.all()}
    return ", ".join(known.get(one, "") for one in person.lines) or _("None")


def facts(person: User, seen_at: datetime | None) -> Facts:
    having = set(Authenticator.objects.filter(type__in=SECOND_FACTORS, user=person).values_list("user_id", flat=True))
    found = [
        Fact(_("Account name"), person.username),
        Fact(_("E-mail address"), person.email),
        Fact(_("Roles"), role_chips(person.roles) if person.roles else Badge(_("No role"), "warn", "ban")),
        Fact(_("Lines"), lines_told(person)),
        Fact(_("Second factor"), factor_badge(person, having)),
        Fact(_("Seen last"), seen_at),
        Fact(_("Opened"), person.date_joined),
        Fact(_("Training in security"), training_badge(person)),
    ]
    if person.external_id:
        found.append(Fact(_("Provisioned"), Badge(_("By the directory (SCIM)"), "info", "refresh")))
    if person.frozen_at:
        found.append(Fact(_("Frozen since"), person.frozen_at))
    if rules.is_dormant(last_seen=seen_at, opened=person.date_joined, now=clock.now()) and person.is_active:
        found.append(Fact(_("Use"), Badge(_("Not used for 45 days"), "warn", "hourglass")))
    return Facts(found)


def roles_held(person: User) -> PlainTable:
    """Every role and since when; for sensitive ones the day on which somebody else should hold it."""
    now = clock.now()
    shown = []
    for one in queries.history(person):
        held = rules.tenure(one.role, one.since, months=settings.TENURE_MONTHS) if one.until is None else None
        tone, icon = POSTS[held.judged(now)] if held else ("", "")
        shown.append(
            Row(
                (
                    Badge(role_name(one.role), "seal" if one.role in SENSITIVE else "neutral"),
                    one.since,
                    one.until or Badge(_("Held now"), "pass", "circle-check"),
                    Badge(held.ends.date().isoformat(), tone, icon) if held else "",
                    named_actor(one.given_by),
                )
            )
        )
    headings = (_("Role"), _("Since"), _("Until"), _("Somebody else by"), _("Given by"))
    empty = Empty(_("No role yet"), _("Roles are given on this page."), "user-shield")
    return PlainTable(_("Roles over time"), headings, shown, empty)


def role_names(roles: object) -> str:
    """Roles by name, from what an act or an entry lists."""
    listed = roles if isinstance(roles, list | tuple) else []
    return ", ".join(str(role_name(role)) for role in listed)
