"""`callwarden export-ledger DIR`: write the operation log as a folder that `callwarden verify` checks anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from callwarden.doors.cli._installation import Usage, installation
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.recovery import DataDir

Who = Annotated[str, typer.Option("--who", help=gettext("Your account name; it is entered in the operation log."))]
Reason = Annotated[str, typer.Option("--reason", help=gettext("What for; kept sealed beside the operation log."))]


def command(
    folder: Annotated[Path, typer.Argument(help=gettext("An empty or new folder."))],
    who: Who,
    reason: Reason,
    data_dir: DataDir = None,
) -> None:
    """Write the whole log and its public key, for checking on another machine. The export is entered in it first."""
    with installation(data_dir):
        from callwarden.custody.ledger.sequencer import verifier_key
        from callwarden.flows import at_host, trail
        from callwarden.kernel.events import Event

        if folder.exists() and any(folder.iterdir()):
            raise Usage(gettext("The folder is not empty. Name an empty or a new one."))
        at_host.enter(Event.LEDGER_EXPORTED, who=who, reason=reason)
        size, key = trail.export(folder), folder / "verifier.key"
        key.write_text(verifier_key() + "\n", encoding="utf-8")
        checked_by = gettext("{count} entries. Check them with: callwarden verify {folder} --key {key}")
        typer.echo(checked_by.format(count=size, folder=folder, key=key))
