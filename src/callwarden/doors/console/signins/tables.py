"""What the pages of signing in show."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from callwarden.doors.console import whereabouts
from callwarden.doors.console.chapters.plain import Button, PlainTable
from callwarden.doors.console.components import Action, Badge, Empty, Fact, Facts, Link, Option, Row, Text
from callwarden.doors.console.listing import Column, Filter, ListQuery
from callwarden.doors.console.shell import ROLE_LABELS, role_name
from callwarden.kernel import clock, sessions
from callwarden.kernel.models import User
from callwarden.protection.signin import identities, lockouts, passwords, profiles
from callwarden.protection.signin.lockouts import Standing
from callwarden.protection.signin.models import Identity
from callwarden.protection.signin.saml import descriptions

Kind = Authenticator.Type
SET_UP = pgettext_lazy("second factor", "Set up")
COLUMNS = (
    Column("name", _("Who"), sortable=True),
    Column("factor", _("Second factor")),
    Column("password", _("Password set")),
    Column("seen", _("Signed in last"), sortable=True),
    Column("sessions", _("Sessions"), end=True),
    Column("state", _("State")),
)
FILTERS = (
    Filter("q", _("Name"), "search", placeholder=_("Part of a name")),
    Filter("role", _("Role"), options=[Option(role, label) for role, label in ROLE_LABELS.items()]),
    Filter(
        "factor",
        _("Second factor"),
        options=[Option("with", SET_UP), Option("without", _("None"))],
    ),
)
_ORDERS = {"name": "username", "seen": "last_login"}


def rules() -> Facts:
    """What the profile in force asks, in words."""
    profile = profiles.present()
    minutes = round(profile.closed_for.total_seconds() / 60)
    facts = [Fact(pgettext_lazy("sign-in", "Profile"), profile.label), Fact(_("Shortest password"), _lengths(profile))]
    if profile.classes:
        says = _("%(classes)d of: small letters, capitals, digits, signs")
        facts.append(Fact(_("Kinds of characters"), says % {"classes": profile.classes}))
    age = profile.max_age
    facts += [
        Fact(_("Changed after"), _days(age.days) if age else _("never because of its age")),
        Fact(_("Former passwords refused"), profile.former + 1),
        Fact(
            _("Closed after wrong proofs"),
            _("%(pair)d from one place, %(account)d of one account, %(address)d from one address")
            % {"pair": profile.of_pair, "account": profile.of_account, "address": profile.of_address},
        ),
        Fact(_("Stays closed for"), _minutes(minutes)),
        Fact(_("Session ends unused after"), _minutes(round(settings.CALLWARDEN_SESSION_IDLE / 60))),
        Fact(
            _("Session ends at the latest after"),
            ngettext_lazy("%(count)d hour", "%(count)d hours", round(settings.CALLWARDEN_SESSION_LIFE / 3600))
            % {"count": round(settings.CALLWARDEN_SESSION_LIFE / 3600)},
        ),
    ]
    return Facts(facts)


def _lengths(profile: profiles.Profile) -> Text:
    if profile.alone == profile.with_factor:
        return profile.alone
    says = _("%(with)d with a second factor, %(alone)d without")
    return says % {"with": profile.with_factor, "alone": profile.alone}


def _days(count: int) -> Text:
    return ngettext_lazy("%(count)d day", "%(count)d days", count) % {"count": count}


def _minutes(count: int) -> Text:
    return ngettext_lazy("%(count)d minute", "%(count)d minutes", count) % {"count": count}


def found(query: ListQuery) -> QuerySet[User]:
    """People as the list was asked for them."""
    factor = Authenticator.objects.filter(user=OuterRef("pk"), type__in=[Kind.TOTP, Kind.WEBAUTHN])
    now = clock.now()
    live = Q(sessions__revoked_at=None, sessions__expires_at__gt=now)
    people = User.objects.filter(is_active=True).annotate(
        with_factor=Exists(factor), open_sessions=Count("sessions", filter=live, distinct=True)
    )
    if text := query.values["q"]:
        people = people.filter(Q(username__icontains=text) | Q(display_name__icontains=text))
    if role := query.values["role"]:
        people = people.filter(roles__contains=[role])
    if query.values["factor"]:
        people = people.filter(with_factor=query.values["factor"] == "with")
    order = _ORDERS[query.sort.removeprefix("-")]
    return people.order_by(("-" if query.sort.startswith("-") else "") + order, "pk")


def row(user: User, standing: Standing) -> Row:
    with_factor: bool = user.with_factor  # type: ignore[attr-defined]
    return Row(
        (
            Link(user.get_full_name(), reverse("console:sign_in_person", args=[user.pk]), roles_of(user)),
            factor_badge(with_factor),
            passwords.set_at(user) if user.has_usable_password() else _("None"),
            user.last_login,
            user.open_sessions,  # type: ignore[attr-defined]
            badge(standing),
        )
    )


def roles_of(user: User) -> Text:
    return ", ".join(str(role_name(role)) for role in user.roles)


def factor_badge(there: bool) -> Badge:
    return Badge(SET_UP, "pass", "fingerprint") if there else Badge(_("None"), "warn", "fingerprint")


def badge(standing: Standing) -> Badge:
    if standing.everywhere:
        return Badge(_("Closed for unknown browsers"), "fail", "lock")
    if standing.somewhere:
        return Badge(_("Closed from one place"), "warn", "lock")
    return Badge(pgettext_lazy("sign-in", "Open"), "pass", "lock-open")


def closed(*, may_open: bool) -> PlainTable:
    """People for whom sign-in is closed now."""
    people = list(User.objects.filter(is_active=True).order_by("username"))
    standings = lockouts.standings(people)
    rows = []
    for user in people:
        standing = standings.get(user.pk, Standing())
        if not standing.closed:
            continue
        cells: list[object] = [
            Link(user.get_full_name(), reverse("console:sign_in_person", args=[user.pk]), roles_of(user)),
            standing.failures,
            standing.addresses,
            badge(standing),
            standing.until,
        ]
        if may_open:
            cells.append(Button(_open_again("console:sign_in_open", user.pk)))
        rows.append(Row(cells))
    headings = (_("Who"), _("Wrong proofs"), _("From addresses"), _("State"), _("Opens by itself"))
    empty = Empty(
        _("Sign-in is open for everybody"), _("Whoever is shut out by wrong proofs appears here."), "lock-open"
    )
    return PlainTable(_("Shut out now"), headings + (("",) if may_open else ()), rows, empty)


def closed_addresses(*, may_open: bool) -> PlainTable | None:
    """Addresses from which no unknown browser signs in now; None when there is none."""
    rows = []
    for address, failures, until in lockouts.closed_addresses():
        cells: list[object] = [address, failures, until]
        if may_open:
            href = reverse("console:sign_in_address_open")
            again = Action(_("Open again"), href, "lock-open", method="post", name="address", value=address)
            cells.append(Button(again))
        rows.append(Row(cells))
    headings = (_("Address"), _("Wrong proofs"), _("Opens by itself"))
    return PlainTable(_("Addresses shut out now"), headings + (("",) if may_open else ()), rows) if rows else None


def providers(request: HttpRequest) -> PlainTable | None:
    """Identity providers of the site, and what each has to be told of it; None where there is none."""
    rows = []
    for one in identities.providers().values():
        name = "sso_metadata" if one.saml else "sso_callback"
        address = request.build_absolute_uri(reverse(name, args=[one.slug]))
        ends = descriptions.ends(one.saml.certificates) if one.saml else ""
        rows.append(Row((one.label, "SAML 2.0" if one.saml else "OpenID Connect", address, ends)))
    headings = (_("Identity provider"), _("Protocol"), _("Address to give it"), _("Its certificate ends"))
    return PlainTable(_("Identity providers"), headings, rows) if rows else None


def _open_again(name: str, pk: object) -> Action:
    return Action(_("Open again"), reverse(name, args=[pk]), "lock-open", method="post")


def facts(user: User) -> Facts:
    """How one person signs in, and how it stands."""
    kinds = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    standing = lockouts.standing(user)
    due = passwords.due(user)
    return Facts(
        [
            Fact(_("Role"), roles_of(user)),
            Fact(_("Sign-in"), badge(standing)),
            Fact(_("Wrong proofs lately"), standing.failures),
            Fact(_("Authenticator app"), factor_badge(Kind.TOTP in kinds)),
            Fact(_("Passkeys and security keys"), kinds.count(Kind.WEBAUTHN)),
            Fact(_("Recovery codes"), _("Yes") if Kind.RECOVERY_CODES in kinds else _("No")),
            Fact(_("Password set"), passwords.set_at(user) if user.has_usable_password() else _("None")),
            *((Fact(_("Password"), _DUE[due]),) if due else ()),
            Fact(_("Browsers known"), user.known_devices.count()),
        ]
    )


_DUE = {
    "given": Badge(_("To be changed: chosen by somebody else"), "warn", "password"),
    "old": Badge(_("To be changed: too old"), "warn", "password"),
}


def sessions_of(user: User, *, may_end: bool, own: object) -> PlainTable:
    rows = []
    for session in sessions.live(user):
        end = Action(_("End it"), reverse("console:session_revoke", args=[session.pk]), "logout", method="post")
        cells: list[object] = [session.created_at, *whereabouts.cells(session.place)]
        cells += [session.last_seen_at, session.ends_at]
        if may_end:
            cells.append(_("This one") if session.pk == own else Button(end))
        rows.append(Row(cells))
    headings = (_("Signed in"), *whereabouts.heading(), _("Seen last"), _("Ends at the latest"))
    empty = Empty(_("Not signed in"), _("Sessions appear here as soon as this person signs in."), "logout")
    return PlainTable(_("Sessions"), headings + (("",) if may_end else ()), rows, empty)


def identities_of(user: User, *, may_end: bool) -> PlainTable | None:
    """Links to identity providers; None where the site has no provider."""
    known = identities.providers()
    if not known:
        return None
    rows = []
    for one in identities.of(user):
        href = reverse("console:sign_in_unlink", args=[user.pk])
        end = Action(_("End it"), href, "x", method="post", name="provider", value=one.provider)
        label = known[one.provider].label if one.provider in known else one.provider
        cells: list[object] = [label, Identity.How(one.how).label, one.linked_at, one.used_at]
        rows.append(Row([*cells, Button(end)] if may_end else cells))
    headings = (_("Identity provider"), _("Linked"), _("Since"), _("Used last"))
    empty = Empty(_("Not linked"), _("Without a link this person cannot sign in by a provider."), "users")
    return PlainTable(_("Identity providers"), headings + (("",) if may_end else ()), rows, empty)


def standings_of(people: Iterable[User]) -> dict[object, Standing]:
    return lockouts.standings(people)
