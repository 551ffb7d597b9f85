"""Chapter 2 as it is: keys and their ages, suites, who is signed in, and the state of the site."""

from __future__ import annotations

from collections import Counter

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import BucketKey, Client, DataKey, IntakeKey, Line, Record, SubjectKey
from callwarden.custody.scope import client_scope
from callwarden.doors.cli.checks import CHECKS, outcome_of
from callwarden.doors.console.chapters.plain import Button, PlainTable
from callwarden.doors.console.components import Action, Badge, Empty, Fact, Facts, Row, Text
from callwarden.doors.console.shell import role_name
from callwarden.flows.names import named
from callwarden.kernel import clock
from callwarden.kernel.models import Session
from callwarden.protection.signin.models import ServiceKey

SUITES: dict[int, Text] = {
    Line.Suite.AES: _("AES-256-GCM with SHA-256 protects what is stored."),
    Line.Suite.SM4: _(
        "SM4-GCM with SM3 protects what is stored. This is not an all-domestic chain: arrivals are sealed with X25519,"
        " the log and day keys are signed with Ed25519, the root passphrase is stretched with Argon2id, and TLS uses"
        " what browser and proxy agree on."
    ),
}


def day_keys() -> PlainTable:
    rows = [
        Row(
            (
                key.day.isoformat(),
                Badge(_("Destroyed"), "neutral", "flame") if key.destroyed_at else Badge(_("Alive"), "pass", "key"),
                key.expires_at,
                key.destroyed_at or "",
            )
        )
        for key in IntakeKey.objects.order_by("-day")[:14]
    ]
    headings = (_("Day"), _("State"), _("Dies by"), _("Destroyed at"))
    empty = Empty(_("No day key yet"), _("The clock worker makes them ahead of time."), "key")
    return PlainTable(_("Day keys"), headings, rows, empty)


def key_counts() -> Facts:
    """How many keys there are of each kind; what each would open if it were lost to somebody."""
    return Facts(
        [
            Fact(_("Keys of people"), SubjectKey.objects.count()),
            Fact(_("Keys of retention weeks"), BucketKey.objects.count()),
            Fact(_("Keys of records"), DataKey.objects.count()),
        ]
    )


def suites() -> list[tuple[str, int, list[str], Text]]:
    """(name, records under it, lines that use it, what it is) of each suite."""
    stored: Counter[int] = Counter()
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            live = Record.objects.filter(client_id=client).exclude(state=Record.State.DESTROYED).order_by()
            for suite in Line.Suite.values:
                stored[suite] += live.filter(suite=suite).count()
    lines = list(Line.objects.order_by("slug"))
    return [
        (suite.label, stored[suite], [named(line) for line in lines if line.suite == suite], SUITES[suite])
        for suite in Line.Suite
    ]


def sessions(*, may_revoke: bool, own: object) -> PlainTable:
    """Everybody who is signed in now."""
    now = clock.now()
    live = Session.objects.select_related("user").filter(revoked_at=None, expires_at__gt=now, user__is_active=True)
    rows = []
    for session in live.order_by("-last_seen_at")[:200]:
        end = Action(_("End it"), reverse("console:session_revoke", args=[session.pk]), "logout", method="post")
        cells: list[object] = [
            session.user.get_full_name(),
            ", ".join(str(role_name(role)) for role in session.user.roles),
            session.created_at,
            session.last_seen_at,
            _factor(session),
        ]
        if may_revoke:
            cells.append(_("This one") if session.pk == own else Button(end))
        rows.append(Row(cells))
    headings = (_("Who"), _("Role"), _("Signed in"), _("Seen last"), _("Second factor"))
    return PlainTable(_("Who is signed in"), headings + (("",) if may_revoke else ()), rows)


def _factor(session: Session) -> Badge:
    if session.mfa_at:
        return Badge(_("Proved"), "pass", "fingerprint")
    if session.demo:
        return Badge(_("Demonstration link"), "unmeasured", "circle-dashed")
    return Badge(_("Not yet"), "warn", "fingerprint")


def programs() -> PlainTable:
    """Keys of programs: what each may do, and until when."""
    rows = [
        Row(
            (
                key.prefix,
                key.purpose,
                ", ".join(str(ServiceKey.Scope(scope).label) for scope in key.scopes),
                key.owner.get_full_name(),
                key.last_used_at,
                Badge(_("Alive"), "pass", "key") if key.is_live(clock.now()) else Badge(_("Ended"), "neutral", "ban"),
                key.expires_at,
            )
        )
        for key in ServiceKey.objects.select_related("owner").order_by("-created_at")[:100]
    ]
    headings = (
        _("Key begins with"), _("For"), _("May"), _("Answered for by"), _("Used last"), _("State"), _("Ends"),
    )  # fmt: skip
    empty = Empty(_("No program has a key"), _("Systems that hand in calls by themselves get one each."), "key")
    return PlainTable(_("Keys of programs"), headings, rows, empty)


def health() -> list[tuple[Text, Badge, str]]:
    """The doctor's findings about this site, in the reader's language."""
    from django.utils.translation import gettext

    results = [(check, outcome_of(check)) for check in CHECKS]
    return [(gettext(check.title), Badge.of(result.outcome.value), result.says) for check, result in results]


def limits() -> Facts:
    """Settings a site sees and does not change here."""
    return Facts(
        [
            Fact(_("Quarantine ends after, hours"), settings.QUARANTINE_HOURS),
            Fact(_("Arrivals wait at most, hours"), settings.INTAKE_HOURS),
            Fact(_("Log may lag, seconds"), round(settings.LEDGER_LAG_SECONDS)),
            Fact(_("Session ends unused after, minutes"), getattr(settings, "CALLWARDEN_SESSION_IDLE", 900) // 60),
            Fact(
                _("Session ends at the latest after, hours"),
                getattr(settings, "CALLWARDEN_SESSION_LIFE", 43200) // 3600,
            ),
        ]
    )
