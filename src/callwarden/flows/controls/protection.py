"""Chapter 2, looked at: sealed under two locks, keys alive and dying in time, doors shut."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, timedelta

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, OuterRef
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import Call, Client, DataKey, Epoch, IntakeKey, Line, Record, SealedField
from callwarden.custody.models._owned import ClientOwned
from callwarden.custody.objects import ObjectRange
from callwarden.custody.scope import client_scope
from callwarden.flows.controls.reading import Fact, Reading, failed, not_applicable, passed, unmeasured
from callwarden.flows.names import named_lazily
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.malware import NONE_ACCEPTED
from callwarden.kernel.models import ScanVerdict, User
from callwarden.protection.backup import queries as copies
from callwarden.protection.signin import lockouts, passwords, profiles
from callwarden.protection.signin.models import Identity
from callwarden.protection.signin.providers import providers

SAMPLED_OBJECTS = 25
# Epochs turn by a clock job; one that did not run for an hour is a fault.
TURN_LATE = timedelta(hours=1)
DAY_KEY_LATE = timedelta(minutes=15)
REDACTION_LATE = timedelta(hours=1)
SCAN_FRESH = timedelta(days=30)
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def sealed() -> Reading:
    """Every record in store has its own data key and its ciphertext."""
    suites: Counter[int] = Counter()
    keyless = empty = lost = 0
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            live = Record.objects.filter(client_id=client).exclude(state=Record.State.DESTROYED)
            suites.update(dict(live.values_list("suite").annotate(Count("id"))))
            keyless += live.filter(~Exists(DataKey.objects.filter(record=OuterRef("pk")))).count()
            fields = SealedField.objects.filter(record=OuterRef("pk"))
            empty += live.filter(~Exists(fields), object_key="").count()
            newest = live.exclude(object_key="").order_by("-created_at")[:SAMPLED_OBJECTS]
            lost += sum(not _is_there(record) for record in newest)
    facts = (
        *(Fact(Line.Suite(suite).label, count) for suite, count in sorted(suites.items())),
        Fact(_("Without a data key"), keyless),
        Fact(_("Without ciphertext"), empty + lost),
    )
    if keyless or empty or lost:
        return failed(_("Some records cannot be opened by anybody. Look at the object store and restore it."), *facts)
    if not suites:
        return unmeasured(_("Nothing is stored yet."), *facts)
    return passed(_("Every record is sealed under a key of its own."), *facts)


def _is_there(record: Record) -> bool:
    try:
        return len(ObjectRange(record.object_key, record.sealed_size).read_at(0, 1)) == 1
    except CallwardenError:
        return False


def row_security() -> Reading:
    """The database itself shows no row of a client to whoever does not work for that client."""
    tables = sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, ClientOwned))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relrowsecurity AND relforcerowsecurity AND EXISTS"
            " (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid)"
            " FROM pg_class c WHERE relname = ANY(%s) AND relnamespace = current_schema()::regnamespace",
            [tables],
        )
        walled = dict(cursor.fetchall())
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolbypassrls)",
            [list(settings.DATABASE_ROLES)],
        )
        above = [name for (name,) in cursor.fetchall()]
    faults = (
        *(format_lazy(_("Table {name} has no wall."), name=name) for name in tables if not walled.get(name)),
        *(format_lazy(_("Role {name} is above the walls."), name=name) for name in above),
    )
    facts = (Fact(_("Tables of clients"), len(tables)), Fact(_("With a wall"), sum(map(bool, walled.values()))))
    if faults:
        return failed(_("The second wall has a gap. Run the migrations again."), *facts, faults=faults)
    return passed(_("Row security is on and forced for every table of a client."), *facts)


def answering() -> Reading:
    """The keeper answers, and so does the key provider behind it."""
    try:
        status = keeper.status()
    except CallwardenError:
        return failed(_("The keeper does not answer: nothing sealed can be opened. Restart it."))
    facts = (Fact(_("Key provider"), status.get("provider")),)
    if not status.get("ready"):
        return failed(_("The key provider does not answer: opening ends when the short key cache does."), *facts)
    return passed(_("Keeper and key provider answer."), *facts)


def epochs() -> Reading:
    """The keys everything hangs on are turned in time."""
    limit = timedelta(days=settings.EPOCH_DAYS)
    faults, facts = [], []
    for client in Client.objects.filter(closed_at=None).order_by("slug"):
        with client_scope(client.id):
            active = Epoch.objects.filter(client=client, state=Epoch.State.ACTIVE).first()
        facts.append(Fact(named_lazily(client), active.opened_at if active else None))
        if active is None:
            faults.append(format_lazy(_("{client}: no epoch is active."), client=named_lazily(client)))
        elif clock.now() - active.opened_at > limit + TURN_LATE:
            says = _("{client}: the epoch is older than {days} days.")
            faults.append(format_lazy(says, client=named_lazily(client), days=limit.days))
    if faults:
        return failed(
            _("An epoch has to be turned, or what was destroyed stays in old copies."), *facts, faults=tuple(faults)
        )
    if not facts:
        return unmeasured(_("No client is set up yet."))
    says = _("Every client has an epoch younger than {days} days.")
    return passed(format_lazy(says, days=limit.days), *facts)


def day_keys() -> Reading:
    """Arrivals are sealed to a key of their day, and day keys die within a week."""
    now = clock.now()
    today = now.astimezone(UTC).date()
    overdue = IntakeKey.objects.filter(expires_at__lt=now - DAY_KEY_LATE, destroyed_at__isnull=True).count()
    alive = IntakeKey.objects.filter(destroyed_at__isnull=True)
    facts = (
        Fact(_("Alive"), alive.count()),
        Fact(_("Destroyed"), IntakeKey.objects.filter(destroyed_at__isnull=False).count()),
        Fact(_("Outlived their week"), overdue),
    )
    if overdue:
        return failed(_("Day keys outlived their week. Look whether the clock worker runs."), *facts)
    if not IntakeKey.objects.exists():
        return unmeasured(_("No day key has been made yet."), *facts)
    if not alive.filter(day=today).exists():
        return failed(_("There is no key for today. Look whether the keeper and the clock worker run."), *facts)
    return passed(_("Today has its key, and no key outlived its week."), *facts)


def redaction() -> Reading:
    """Admitted calls are redacted within the hour, and what could not be redacted is shown to nobody."""
    late_before, counts = clock.now() - REDACTION_LATE, Counter[str]()
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            mine = Call.objects.filter(client_id=client)
            for state in Call.Redaction.values:
                counts[state] += mine.filter(redaction=state).count()
            counts["late"] += mine.filter(redaction=Call.Redaction.PENDING, admitted_at__lt=late_before).count()
    facts = (
        *(Fact(state.label, counts[state]) for state in Call.Redaction),
        Fact(_("Waiting for more than an hour"), counts["late"]),
    )
    if counts["late"]:
        return failed(_("Redaction is behind. Look whether the workers run."), *facts)
    if counts[Call.Redaction.FAILED]:
        return failed(
            _("Some calls could not be redacted. They stay restricted; deliver usable words for them."), *facts
        )
    if not counts.total():
        return unmeasured(_("No call has been admitted yet."), *facts)
    return passed(_("Every admitted call is redacted."), *facts)


def second_factor() -> Reading:
    """Everybody proves a second factor when they sign in."""
    people = User.objects.filter(is_active=True)
    having = people.filter(Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS))).count()
    total = people.count()
    facts = (Fact(_("Active accounts"), total), Fact(_("With a second factor"), having))
    if settings.DEMO:
        return unmeasured(_("The demonstration signs in by links, without a second factor."), *facts)
    if not total:
        return unmeasured(_("There is no account yet."), *facts)
    if having < total:
        says = _("{count} accounts have no second factor yet. They are asked for one at their next sign-in.")
        return failed(format_lazy(says, count=total - having), *facts)
    return passed(_("Every account has a second factor."), *facts)


def sign_in_rules() -> Reading:
    """What the profile asks is what this site is really set to ask, and nobody works with a password past its time."""
    profile = profiles.present()
    asked = {one["NAME"].rpartition(".")[2] for one in settings.AUTH_PASSWORD_VALIDATORS}
    people = list(User.objects.filter(is_active=True))
    due = sum(passwords.due(user) is not None for user in people)
    closed = sum(standing.closed for standing in lockouts.standings(people).values())
    facts = (
        Fact(pgettext_lazy("sign-in", "Profile"), profile.label),
        Fact(_("Shut out now"), closed),
        Fact(_("Passwords to be changed at the next sign-in"), due),
    )
    if not asked >= {"LengthAndClasses", "NotGuessable", "CommonPasswordValidator", "NotUsedBefore"}:
        return failed(_("Passwords are not checked by the rules of the profile. Correct the settings."), *facts)
    if settings.AUTHENTICATION_BACKENDS[0] != "axes.backends.AxesStandaloneBackend":
        return failed(_("Wrong proofs do not close sign-in. Correct the settings."), *facts)
    if settings.DEMO or not people:
        return unmeasured(_("Nobody signs in by password here yet."), *facts)
    return passed(_("The rules of the profile are in force."), *facts)


def identity_providers() -> Reading:
    """Whoever comes from an identity provider is registered here, and shows two factors somewhere."""
    known = providers()
    linked = dict(Identity.objects.values_list("provider").annotate(Count("id")))
    facts = tuple(Fact(one.label, linked.get(slug, 0)) for slug, one in known.items())
    if not known:
        return not_applicable(_("No identity provider is set; people sign in here."))
    if gone := sorted(set(linked) - set(known)):
        says = _("People are linked to providers that are no longer set: {names}. End these links.")
        return failed(format_lazy(says, names=", ".join(gone)), *facts)
    if not linked:
        return unmeasured(_("Nobody is linked to an identity provider yet."), *facts)
    return passed(_("Only people who are registered here enter by an identity provider."), *facts)


def transport() -> Reading:
    """Browsers reach this site over TLS alone."""
    facts = (Fact(_("Cookies over TLS alone"), _("Yes") if settings.SESSION_COOKIE_SECURE else _("No")),)
    if settings.TLS and not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        return failed(_("TLS is on, yet cookies would travel without it. Correct the settings."), *facts)
    if settings.TLS:
        return passed(_("TLS is on; cookies travel over nothing else."), *facts)
    if settings.DEMO:
        return not_applicable(_("The demonstration listens on this machine only."), *facts)
    return unmeasured(
        _("TLS ends elsewhere or nowhere. Set CALLWARDEN_TLS once browsers reach this site over https."), *facts
    )


def malware() -> Reading:
    """Uploaded files come in only with the verdict of a scanner."""
    setting = settings.CALLWARDEN_MALWARE_SCANNER
    newest = ScanVerdict.objects.exclude(outcome=ScanVerdict.Outcome.NOT_SCANNED).order_by("-at").first()
    facts = (
        Fact(_("Verdicts"), ScanVerdict.objects.count()),
        Fact(_("Newest verdict of a scanner"), newest.at if newest else None),
    )
    if setting == NONE_ACCEPTED:
        return failed(
            _("This site accepts uploads that nobody scanned. Install ClamAV and set CALLWARDEN_MALWARE_SCANNER."),
            *facts,
        )
    if not setting:
        return unmeasured(_("No scanner is set, so every upload is refused. Set CALLWARDEN_MALWARE_SCANNER."), *facts)
    if newest is None or clock.now() - newest.at > SCAN_FRESH:
        return unmeasured(_("A scanner is set; it has judged no file in the last 30 days."), *facts)
    return passed(_("Every upload is scanned first."), *facts)


def firewall() -> Reading:
    return unmeasured(_("Open ports are not measured here yet. Scan this host from outside and keep the report."))


def vulnerabilities() -> Reading:
    return unmeasured(_("Known weaknesses are not measured here yet. Follow the advisories of the operating system."))


def backups() -> Reading:
    """There is a fresh copy that was read back, and a restore was practised within the week."""
    now = copies.standing()
    facts = (
        Fact(_("Newest good copy of the data"), now.data.started_at if now.data else None),
        Fact(_("Newest good copy of key files"), now.keys.started_at if now.keys else None),
        Fact(_("Newest drill"), now.drill.finished_at if now.drill else None),
        Fact(_("Lost at most, in seconds"), now.drill.rpo_seconds if now.drill else None),
        Fact(_("Open again after, in seconds"), now.drill.rto_seconds if now.drill else None),
    )
    if settings.DEMO and not settings.BACKUP_TARGET:
        return not_applicable(_("The demonstration keeps nothing that would have to come back."), *facts)
    if not settings.BACKUP_TARGET:
        return failed(_("No backup is made. Set CALLWARDEN_BACKUP_TARGET and CALLWARDEN_KEY_BACKUP_TARGET."), *facts)
    if now.data_overdue or now.keys_overdue:
        return failed(_("There is no fresh backup. See that the backup process runs and its target answers."), *facts)
    if now.stuck:
        return failed(_("Log, journal or objects do not reach the backup target. Make room or mend it."), *facts)
    if now.drill is not None and now.drill.state == now.drill.State.FAILED:
        return failed(_("The newest restore for practice failed. Read what it found."), *facts)
    if now.drill_overdue:
        return failed(_("No restore was practised within seven days. Run “callwarden drill”."), *facts)
    return passed(_("A fresh backup was read back, and a restore from it was practised this week."), *facts)
