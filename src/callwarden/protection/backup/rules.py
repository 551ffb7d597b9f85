"""How long copies live, when one is overdue, and the sentences with which a copy is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from callwarden.custody.keeper.restored import RESTORE_OPEN as RESTORE_OPEN
from callwarden.kernel.errors import CallwardenError, Refused, Translatable

OVERDUE: Final = timedelta(hours=26)  # a copy a day, and two hours for making it
DRILL_EVERY: Final = timedelta(days=7)
COPY_EVERY: Final = timedelta(days=1)


class BackupRefused(Refused):
    """A copy that may not, or cannot, become an installation."""


class BackupFailed(CallwardenError):
    """A copy could not be made; earlier ones are as they were."""

    http_status = 503


def refused(code: str, **data: str | int) -> BackupRefused:
    """The refusal of this code, in words that say what to do."""
    return BackupRefused(code, REFUSALS[code], data=data)


REFUSALS: Final[dict[str, Translatable]] = {
    "backup_damaged": _("Part “%(part)s” of the backup was changed or damaged. Restore another backup."),
    "backup_truncated": _("The end of part “%(part)s” of the backup is missing. Restore another backup."),
    "backup_wrong_key": _("The backup key does not open part “%(part)s”. Give the key the backup was made with."),
    "backup_part_missing": _("Part “%(part)s” of the backup is missing. Restore another backup."),
    "backup_too_old": _(
        "This backup is older than the %(days)s days within which erasure is promised. It may not be restored; "
        "restore a newer one."
    ),
    "backup_none": _(
        "There is no finished backup here from before that moment. See what there is: callwarden backup --list."
    ),
    "backup_not_reached": _(
        "The database could not be brought to that moment; the log does not reach it. Choose an earlier one, or leave "
        "--to away for the latest."
    ),
    "backup_log_gap": _("A piece of the write-ahead log is missing after “%(part)s”. Restore to an earlier moment."),
    "journal_broken": _(
        "The journal of erasures and withdrawals is damaged or has a gap at “%(part)s”. Nothing is opened; restore the "
        "journal from another copy of the target."
    ),
    "folder_not_empty": _("The folder is not empty. Restore into a new one with --data-dir."),
    "verify_failed": _("PostgreSQL found the copied database damaged. Restore another backup."),
}


def life_of_data() -> timedelta:
    """How long a copy of the data may live and be restored."""
    return timedelta(days=settings.BACKUP_DAYS)


def life_of_keys() -> timedelta:
    """How long a copy of a key file outlives the key."""
    return timedelta(days=settings.KEY_BACKUP_DAYS)


def check_age(made_at: datetime, now: datetime) -> None:
    """
    Raises:
        BackupRefused: the copy is older than what was promised to people.
    """
    if now - made_at > life_of_data():
        raise refused("backup_too_old", days=life_of_data().days)
