"""`callwarden drill`: restore the newest copy into a scratch folder, look it through, measure, keep the evidence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from callwarden.doors.cli._installation import REFUSED, installation
from callwarden.doors.cli.language import gettext as _
from callwarden.site.accounts import DATABASE, system_account
from callwarden.site.postgres import EmbeddedPostgres


def command(
    asked: Annotated[str, typer.Option(help=_("Number of a drill somebody asked for."))] = "",
    scratch: Annotated[Path | None, typer.Option(help=_("Folder to restore into; emptied."))] = None,
    data_dir: Annotated[Path | None, typer.Option(help=_("Folder that holds all data."))] = None,
) -> None:
    passed = False
    with installation(data_dir), ExitStack() as locks:
        from callwarden.protection.backup import actions, drilling
        from callwarden.protection.backup.models import Drill
        from callwarden.site import copies

        site = copies.configured()
        locks.enter_context(copies.one_at_a_time(site.folder, "drill"))
        actions.settle_drills()
        drill = Drill.objects.get(pk=UUID(asked)) if asked else actions.ask_drill(by="system")
        actions.start_drill(drill)
        folder = scratch or site.folder / "backup" / "drill"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o711)
        folder.chmod(0o711)
        if scratch is None and not system_account(DATABASE).is_current:
            folder.parent.chmod(0o711)  # the scratch server's account passes through
        database = EmbeddedPostgres(folder / "db")
        try:
            drilling.run(
                drill,
                site.server,
                site.data,
                site.keys,
                site.key,
                drilling.Scratch(folder, database, copies.server_of(database), lambda: replay(folder, database, {})),
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        actions.finish_drill(drill)
        passed = drill.state == Drill.State.PASSED
        for check in drill.checks:
            typer.echo(f"{'✓' if check['outcome'] == 'pass' else '✗'} {check['check']} {json.dumps(check['measured'])}")
        typer.echo(
            _("Lost at most {rpo} s of work; open again after {rto} s. Evidence {evidence}").format(
                rpo=drill.rpo_seconds, rto=drill.rto_seconds, evidence=drill.evidence
            )
        )
    if not passed:
        raise typer.Exit(REFUSED)


def replay(data: Path, database: EmbeddedPostgres, restore: dict[str, Any], *, objects: str = "") -> dict[str, Any]:
    """Replay the journal into this database, in a process that knows no other.

    Raises:
        BackupRefused: it could not be replayed; nothing may open.
    """
    from django.conf import settings

    from callwarden.protection.backup.rules import refused

    taken_out = ("CALLWARDEN_OBJECTS", "CALLWARDEN_DATABASE_ROLE", "CALLWARDEN_APP_DATABASE_URL")
    environment = {name: value for name, value in os.environ.items() if name not in taken_out} | {
        "DJANGO_SETTINGS_MODULE": "callwarden.site.settings",
        "CALLWARDEN_DATA_DIR": str(data),
        "CALLWARDEN_DATABASE_URL": database.url,
        "CALLWARDEN_BACKUP_TARGET": settings.BACKUP_TARGET,
        "CALLWARDEN_BACKUP_KEY": str(settings.BACKUP_KEY),
        "CALLWARDEN_LOG_LEVEL": "CRITICAL",
    }
    if objects:
        environment["CALLWARDEN_OBJECTS"] = objects
    done = subprocess.run(
        [sys.executable, "-m", "callwarden.site.replay"],
        input=json.dumps(restore).encode(),
        capture_output=True,
        env=environment,
        check=False,
    )
    if done.returncode != 0:
        raise refused("journal_broken", part="replay")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told
