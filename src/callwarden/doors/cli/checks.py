"""What can be checked about a running installation. Each check has one of four outcomes and says what to do.

`callwarden doctor` prints all of them; the readiness address answers with the few marked `readiness`.
Nothing here returns personal data or secrets.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import ssl
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from callwarden.doors.cli import checks_outside
from callwarden.doors.cli.results import Outcome, Result, failed, not_applicable, passed, unmeasured

__all__ = ["CHECKS", "Check", "Outcome", "Result", "outcome_of"]

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRES = 150000  # as libpq counts: major times 10,000
LAG_WARNING_SECONDS = 60.0


@dataclass(frozen=True)
class Check:
    name: str
    title: str
    run: Callable[[], Result]
    readiness: bool = False


# This machine


def python() -> Result:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        return failed(_("Python {version} is too old; install Python 3.11 or newer.").format(version=version))
    return passed(_("Python {version}.").format(version=version))


def disk() -> Result:
    folder = Path(settings.DATA_DIR)
    if not folder.exists():
        return unmeasured(_("There is no data folder yet; it is made by “callwarden up”."))
    usage = shutil.disk_usage(folder)
    share = usage.free / usage.total
    shown = f"{share:.0%}"
    if share < settings.DISK_RESERVE:
        return failed(_("Only {share} of the disk is free; intake is refused. Make room.").format(share=shown))
    return passed(_("{share} of the disk is free.").format(share=shown))


def folders() -> Result:
    """No folder of the data folder may be readable or writable by strangers."""
    data = Path(settings.DATA_DIR)
    if not data.exists():
        return unmeasured(_("There is no data folder yet; it is made by “callwarden up”."))
    try:
        open_to_all = [name for name, mode in _modes(data) if mode & 0o006]
    except PermissionError:
        return unmeasured(_("This account may not look into the data folder; run the check as its owner."))
    if open_to_all:
        return failed(
            _(
                "Others can read or write: {names}. Restart Callwarden, which mends it, or run chmod o-rw on them."
            ).format(names=", ".join(sorted(open_to_all)))
        )
    return passed(_("No folder is open to other accounts."))


def _modes(data: Path) -> Iterator[tuple[str, int]]:
    yield data.name, data.stat().st_mode
    for entry in data.iterdir():
        if not entry.is_symlink():
            yield entry.name, entry.stat().st_mode


def time_sync() -> Result:
    """Whether the kernel says that somebody disciplines its clock (adjtimex(2), STA_UNSYNC)."""
    buffer = ctypes.create_string_buffer(512)
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    except (OSError, AttributeError):
        return unmeasured(_("This system does not say whether its clock is synchronised."))
    time_error = 5
    if state < 0:
        return unmeasured(_("This system does not say whether its clock is synchronised."))
    if state == time_error:
        if _in_container():
            return unmeasured(_("The clock belongs to the host of this container; check it there."))
        return failed(_("The clock is not synchronised. Start a time service, such as chrony or systemd-timesyncd."))
    return passed(_("The clock is synchronised."))


def time_steady() -> Result:
    """Whether time passes evenly, by the looks of the clock job; nothing is destroyed while it does not."""
    from callwarden.custody import times
    from callwarden.custody.models import ClockLook
    from callwarden.custody.steady import GAP, SLACK
    from callwarden.kernel import clock

    seen = ClockLook.objects.first()
    if seen is None:
        return unmeasured(_("Nobody has looked at the clock yet; Callwarden does it every minute while it runs."))
    if abs(clock.now() - times.database_now()) > SLACK:
        return failed(_("This host and the database do not agree on the time. Set both by the same time service."))
    if clock.now() < seen.at - SLACK:
        return failed(_("The clock was set back. Check it against a time service; nothing is destroyed meanwhile."))
    if clock.now() > seen.at + GAP:
        return unmeasured(_("Nobody has looked at the clock for a while; see whether the clock process runs."))
    if not times.steady():
        return unmeasured(_("Time has not passed evenly for an hour yet; until then nothing is destroyed."))
    return passed(_("Time passes evenly, here and in the database."))


def _in_container() -> bool:
    return Path("/.dockerenv").exists() or "container" in os.environ or Path("/run/.containerenv").exists()


def tls() -> Result:
    if not settings.TLS:
        if settings.DEMO:
            return not_applicable(_("The demonstration listens on this machine only."))
        return unmeasured(_("TLS is ended elsewhere or not at all; browsers must reach this site over https."))
    return passed(
        _("Cookies are for TLS only; {version} is available.").format(version=ssl.OPENSSL_VERSION.split(" (")[0])
    )


def locale() -> Result:
    if sys.getfilesystemencoding().lower() != "utf-8":
        return failed(_("File names are not UTF-8 here. Set LANG=C.UTF-8."))
    found = (Path(settings.LOCALE_PATHS[0]) / "zh_Hans" / "LC_MESSAGES" / "django.mo").is_file()
    if not found:
        return failed(_("The Chinese catalogue is not compiled; run “make setup” or install the released package."))
    return passed(_("English and Chinese are complete."))


# The database


def database() -> Result:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return _no_database(error)
    version: int = connection.connection.info.server_version
    shown = f"{version // 10000}.{version % 10000}"
    if version < OLDEST_POSTGRES:
        return failed(_("PostgreSQL {version} is too old; use version 15 or newer.").format(version=shown))
    return passed(_("PostgreSQL {version} answers.").format(version=shown))


def _no_database(error: Exception) -> Result:
    return failed(
        _("The database does not answer ({kind}). Start it, or check CALLWARDEN_DATABASE_URL.").format(
            kind=type(error).__name__
        )
    )


def database_settings() -> Result:
    """Settings without which commits may be lost or values may reach the server's log."""
    wanted = {
        "fsync": {"on"},
        "full_page_writes": {"on"},
        "synchronous_commit": {"on", "remote_write", "remote_apply"},
        "log_min_messages": {"log", "fatal", "panic"},
        "log_error_verbosity": {"terse"},
        "log_min_error_statement": {"log", "fatal", "panic"},
        "log_statement": {"none"},
        "log_min_duration_statement": {"-1"},
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(wanted)])
            found = dict(cursor.fetchall())
    except DatabaseError:
        return unmeasured(_("The database does not answer."))
    if wrong := sorted(name for name, values in wanted.items() if found.get(name) not in values):
        return failed(
            _("Change in the database's settings (see deploy/postgresql.conf): {names}.").format(names=", ".join(wrong))
        )
    return passed(_("The database keeps commits and logs no values."))


def roles() -> Result:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = ANY(%s)",
                [list(settings.DATABASE_ROLES)],
            )
            found = dict(cursor.fetchall())
    except DatabaseError:
        return unmeasured(_("The database does not answer."))
    if missing := sorted(set(settings.DATABASE_ROLES) - set(found)):
        return failed(
            _("Database roles are missing: {names}. Run “callwarden up” once.").format(names=", ".join(missing))
        )
    if strong := sorted(name for name, above_rules in found.items() if above_rules):
        return failed(_("These roles are above row security: {names}.").format(names=", ".join(strong)))
    return passed(_("The three process roles exist and are bound by row security."))


def migrations() -> Result:
    try:
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return unmeasured(_("The database does not answer."))
    if missing:
        return failed(_("{count} migrations are missing. Restart Callwarden.").format(count=missing))
    return passed(_("The database fits this version."))


# The keeper and the ledger


def _keeper_status() -> dict[str, object] | None:
    from callwarden.custody.keeper import client
    from callwarden.kernel.errors import CallwardenError

    try:
        return client.status()
    except CallwardenError:
        return None


def keeper() -> Result:
    if _keeper_status() is None:
        return failed(_("The keeper does not answer: nothing sealed can be opened. Look into logs/keeper.log."))
    return passed(_("The keeper answers."))


def provider() -> Result:
    status = _keeper_status()
    if status is None:
        return unmeasured(_("The keeper does not answer."))
    if not status.get("ready"):
        return failed(_("The key provider does not answer: opening ends when the short key cache does."))
    return passed(_("The key provider answers."))


def root() -> Result:
    """A key that protects nothing is wrapped and unwrapped by whoever holds the root."""
    from callwarden.custody.keeper import client
    from callwarden.kernel.errors import CallwardenError

    try:
        held = client.root()
        if held["detail"] == "locked":
            return failed(_("The root is locked. Unlock it: callwarden recovery unlock."))
        client.probe()
    except CallwardenError as error:
        if error.code == "keeper_unavailable" and error.data.get("cause") == "keeper_unreachable":
            return unmeasured(_("The keeper does not answer."))
        return failed(
            _("The key provider did not wrap and unwrap a probe. See whether it runs, and its settings and files.")
        )
    if held["kind"] != held["configured"]:
        return failed(
            _("The root is held by “{kind}”, the settings say “{configured}”. Set CALLWARDEN_KEY_PROVIDER.").format(
                kind=held["kind"], configured=held["configured"]
            )
        )
    return passed(_("“{kind}” wraps and unwraps; root {root}.").format(kind=held["kind"], root=held["root"][:8]))


def sequencer() -> Result:
    from callwarden.custody.ledger.health import health

    try:
        now = health()
    except DatabaseError:
        return unmeasured(_("The database does not answer."))
    if now.fault:
        return failed(
            _("The operation log does not hold ({code}); only masked views are shown.").format(code=now.fault)
        )
    lag = now.lag_seconds
    if lag > LAG_WARNING_SECONDS:
        return failed(
            _("The operation log is {seconds:.0f} s behind; only masked views are shown.").format(seconds=lag)
        )
    return passed(_("The operation log is up to date."))


def checkpoint() -> Result:
    """Whether signed heads of the ledger leave this host; only then is the ledger tamper-evident."""
    from callwarden.custody.ledger.health import heads_stay_here, health, sinks
    from callwarden.custody.ledger.sinks import BadSink, check_all

    try:
        newest = health()
        check_all()
    except BadSink as error:
        return failed(_("CALLWARDEN_LEDGER_SINKS cannot be used: {why}").format(why=error))
    except DatabaseError:
        return unmeasured(_("The database does not answer."))
    if newest.silent_seconds > settings.LEDGER_SINK_SILENCE_SECONDS:
        return failed(
            _("No checkpoint has left this host for {minutes:.0f} minutes.").format(minutes=newest.silent_seconds / 60)
        )
    if heads_stay_here():
        if settings.DEMO:
            return not_applicable(_("The demonstration keeps its checkpoints on this machine."))
        return failed(_("Checkpoints do not leave this host. Set CALLWARDEN_LEDGER_SINKS to a folder on another host."))
    if newest.exported_at is None:
        return unmeasured(_("No checkpoint has been sent yet."))
    if failing := [sink.name for sink in sinks() if sink.failures]:
        return failed(_("Places that take no checkpoint: {names}.").format(names=", ".join(failing)))
    return passed(_("The newest checkpoint has left this host."))


def watch() -> Result:
    """Whether the log is watched for misuse as it is written."""
    from callwarden.control.alerts.queries import pulse

    try:
        now = pulse()
    except DatabaseError:
        return unmeasured(_("The database does not answer."))
    if now.beat_at is None:
        return unmeasured(_("Nobody has watched the log for misuse yet; the process “watch” does."))
    if not now.beats:
        return failed(_("Nobody watches the log for misuse. See whether the process “watch” runs."))
    if not now.keeps_up:
        return failed(
            _("The watch for misuse is {seconds:.0f} s behind; {count} entries wait for it.").format(
                seconds=now.lag_s, count=now.waiting
            )
        )
    return passed(_("The log is watched for misuse; {count} entries wait.").format(count=now.waiting))


def spool() -> Result:
    folder = Path(settings.DATA_DIR) / "spool"
    if not folder.exists():
        return unmeasured(_("There is no data folder yet; it is made by “callwarden up”."))
    if not os.access(folder, os.W_OK | os.X_OK):
        return unmeasured(_("This account may not look into the spool; run the check as its owner."))
    left = sum(1 for _path in folder.rglob("*.part"))
    return passed(_("The spool can be written; {count} arrivals are unfinished.").format(count=left))


CHECKS: tuple[Check, ...] = (
    Check("python", gettext_noop("Python"), python),
    Check("disk", gettext_noop("Free disk space"), disk, readiness=True),
    Check("folders", gettext_noop("Folder modes"), folders),
    Check("database", gettext_noop("Database"), database, readiness=True),
    Check("database_settings", gettext_noop("Database settings"), database_settings),
    Check("roles", gettext_noop("Database roles"), roles),
    Check("migrations", gettext_noop("Migrations"), migrations),
    Check("keeper", gettext_noop("Keeper"), keeper, readiness=True),
    Check("provider", gettext_noop("Key provider"), provider, readiness=True),
    Check("root", gettext_noop("Root key"), root),
    Check("sequencer", gettext_noop("Operation log"), sequencer, readiness=True),
    Check("checkpoint", gettext_noop("Checkpoints"), checkpoint),
    Check("watch", gettext_noop("Watch for misuse"), watch),
    Check("spool", gettext_noop("Spool"), spool),
    Check("database_transport", gettext_noop("Way to the database"), checks_outside.database_transport),
    Check("scanner", gettext_noop("Malware scanner"), checks_outside.scanner),
    Check("messages", gettext_noop("Messages"), checks_outside.messages),
    Check("backups", gettext_noop("Backups"), checks_outside.backups),
    Check("time", gettext_noop("Clock"), time_sync),
    Check("time_steady", gettext_noop("Passing of time"), time_steady),
    Check("tls", gettext_noop("TLS"), tls),
    Check("locale", gettext_noop("Languages"), locale),
)


def outcome_of(check: Check) -> Result:
    """Run a check; one that breaks has measured nothing, and says so."""
    try:
        return check.run()
    except Exception as error:
        return unmeasured(_("The check itself failed ({kind}).").format(kind=type(error).__name__))
