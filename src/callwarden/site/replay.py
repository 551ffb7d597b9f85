"""Replays the journal of a backup target into the database of this process's settings, and says what became of it.

Run apart from whoever restores, so that a drill never touches the database it is drilled for. Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import django


def main() -> None:
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from callwarden.flows.replay import replay
    from callwarden.protection.backup import journal
    from callwarden.protection.backup.actions import opening
    from callwarden.protection.backup.models import Restore
    from callwarden.protection.backup.vault import DATA, BackupKey, Vault

    given = json.load(sys.stdin)
    call_command("migrate", interactive=False, verbosity=0)
    vault = Vault(settings.BACKUP_TARGET, BackupKey.read(Path(settings.BACKUP_KEY)).seal_key(DATA))
    result = replay(journal.read(vault))
    act = {}
    if given:
        restore = Restore.objects.create(**given, replayed=sum(result.done.values()))
        act = dict(opening(restore).parameters)
    told = {
        "act": act,
        "done": dict(result.done),
        "unplaced": dict(result.unplaced),
        "kept": result.kept,
        "requests": result.requests,
        "lifted": result.lifted,
        "answered": result.answered,
        "epochs": result.epochs,
        "clients": result.clients,
        "indexes": result.indexes,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
