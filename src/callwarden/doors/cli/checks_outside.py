"""Checks of what lies outside this installation and has to answer: the malware scanner, mail and webhooks, the way to
the database.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext as _

from callwarden.doors.cli.results import Result, failed, not_applicable, passed, unmeasured

LATELY = timedelta(days=7)
_VERIFIED = {"verify-ca", "verify-full"}


def database_transport() -> Result:
    """Wrapped keys and sessions cross the way to the database, so nobody may listen or stand in the middle."""
    values = settings.DATABASES["default"]
    options = values.get("OPTIONS")
    host, mode = str(values.get("HOST") or ""), str(options.get("sslmode", "")) if isinstance(options, dict) else ""
    if not host or host.startswith("/") or _is_here(host):
        return passed(_("The database is on this machine."))
    if mode in _VERIFIED:
        return passed(_("The way to the database is encrypted and its certificate is checked."))
    return failed(
        _("The database is on another machine and its certificate is not checked. Add ?sslmode=verify-full to its URL.")
    )


def scanner() -> Result:
    from callwarden.kernel import malware

    setting = settings.CALLWARDEN_MALWARE_SCANNER
    if setting == malware.NONE_ACCEPTED:
        if settings.DEMO:
            return not_applicable(_("The demonstration has no malware scanner; its uploads are not scanned."))
        return failed(_("This site accepts uploads that nobody scanned. Install ClamAV and set its address."))
    found = malware.configured()
    if found is None:
        return failed(_("No malware scanner is set, so every upload is refused. Set CALLWARDEN_MALWARE_SCANNER."))
    if not found.answers():
        return failed(_("The malware scanner does not answer, so every upload is refused. Start it."))
    return passed(_("The malware scanner answers."))


def messages() -> Result:
    """Whether anybody is told when something waits for them, and whether that has worked lately."""
    from callwarden.kernel import clock
    from callwarden.kernel.models import OutboxMessage

    if not settings.EMAIL_HOST and not settings.CALLWARDEN_WEBHOOKS:
        if settings.DEMO:
            return not_applicable(_("The demonstration sends no messages."))
        return failed(_("Nobody is told of approvals, findings and incidents. Set CALLWARDEN_SMTP_HOST or a webhook."))
    try:
        lost = OutboxMessage.objects.filter(
            state=OutboxMessage.State.FAILED, created_at__gt=clock.now() - LATELY
        ).count()
        stuck = OutboxMessage.objects.filter(state=OutboxMessage.State.QUEUED, attempts__gt=2).count()
    except DatabaseError:
        return unmeasured(_("The database does not answer."))
    if lost or stuck:
        return failed(
            _(
                "{lost} messages of this week were given up, {stuck} are tried again. Check mail server and webhooks."
            ).format(lost=lost, stuck=stuck)
        )
    return passed(_("Messages leave."))


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def backups() -> Result:
    """Whether there are fresh copies, and whether a restore was practised."""
    from callwarden.protection.backup.queries import standing

    if not settings.BACKUP_TARGET:
        if settings.DEMO:
            return not_applicable(_("The demonstration keeps nothing that would have to come back."))
        return failed(_("No backup is made. Set CALLWARDEN_BACKUP_TARGET and CALLWARDEN_KEY_BACKUP_TARGET."))
    try:
        now = standing()
    except DatabaseError:
        return unmeasured(_("The database does not answer."))
    if now.data_overdue or now.keys_overdue:
        return failed(_("There is no fresh backup. See that the backup process runs and its target answers."))
    if now.stuck:
        return failed(_("Log, journal or objects do not reach the backup target. Make room or mend it."))
    if now.drill_overdue:
        return failed(_("No restore was practised within seven days. Run “callwarden drill”."))
    return passed(_("A fresh backup was read back, and a restore from it was practised this week."))
